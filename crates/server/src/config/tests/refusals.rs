//! What stops the start, and the words it is said with.

use super::{MASTER_KEY, Place};
use insta::assert_snapshot;

#[test]
fn all_problems_are_told_at_once() {
    let place = Place::new()
        .toml("prot = 80\nhost = 'example.com'\n\n[session]\naccess = '15 minutes'\nidel = '1d'\n")
        .dot_env("PORTCULLIS_DATADIR=/var/lib/x\nAPP=1\n")
        .variable("PORTCULLIS_BCRYPT_COST", "10")
        .variable("PORTCULLIS_PASSWORD_BCRYPT_COST", "3");
    assert_snapshot!(place.problems(), @r"
    the configuration has 7 problems:
      `prot` is not a key that Portcullis knows (portcullis.toml:1)
        fix: did you mean `port`?
      `session.idel` is not a key that Portcullis knows (portcullis.toml:6)
        fix: did you mean `session.idle`?
      PORTCULLIS_DATADIR is not a variable that Portcullis knows (.env:1)
        fix: did you mean `PORTCULLIS_DATA_DIR`?
      PORTCULLIS_BCRYPT_COST is not a variable that Portcullis knows (environment)
        fix: did you mean `PORTCULLIS_PASSWORD_BCRYPT_COST`?
      `host` = `example.com` (portcullis.toml:2) is not an address of this machine
        fix: write an IP address such as `127.0.0.1`, `0.0.0.0` or `::`
      `session.access` = `15 minutes` (portcullis.toml:5) is not a duration
        fix: write a duration from 10s to 1d, such as `900s`, `15m`, `12h` or `30d`
      `password.bcrypt_cost` = `3` (environment PORTCULLIS_PASSWORD_BCRYPT_COST) is too small
        fix: write a number from 4 to 14
    ");
}

#[test]
fn a_key_in_the_wrong_section_or_form_is_told_apart() {
    let place = Place::new()
        .toml("origins = ['https://a.b']\nsession = 5\nport = 1.5\ntelemetry = 'x'\n[env]\na = 1");
    assert_snapshot!(place.problems(), @r"
    the configuration has 5 problems:
      `origins` is not a key that Portcullis knows (portcullis.toml:1)
        fix: did you mean `cors.origins`?
      `session` is a section, not a key (portcullis.toml:2)
        fix: begin it with a line [session]
      `port` is written as a TOML float (portcullis.toml:3)
        fix: write a string, a whole number, true or false, or an array of strings
      `telemetry` is not a key that Portcullis knows (portcullis.toml:4)
        fix: remove it; `portcullis config --reference` lists all names
      `env` is written as a TOML table (portcullis.toml:5)
        fix: write a string, a whole number, true or false, or an array of strings
    ");
}

#[test]
fn a_url_for_one_command_is_not_taken_from_a_file() {
    let place = Place::new().dot_env("PORTCULLIS_IMPORT_URL=mysql://a\nPORTCULLIS_EXPORT_URL=mysql://b\n");
    assert_snapshot!(place.problems(), @r"
    the configuration has 2 problems:
      PORTCULLIS_IMPORT_URL is read from the environment only (.env:1)
        fix: remove it there, and set it in the environment of the one command that it is for
      PORTCULLIS_EXPORT_URL is read from the environment only (.env:2)
        fix: remove it there, and set it in the environment of the one command that it is for
    ");
    assert_eq!(Place::new().variable("PORTCULLIS_IMPORT_URL", "mysql://a").settings().warnings, []);
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    let place = Place::new().toml("port = 80\nhost = 0.0.0.0\n");
    assert_snapshot!(place.problems(), @r#"
    the configuration has a problem:
      portcullis.toml:2 is not TOML: invalid float, expected nothing
        fix: correct the line; strings need quotes, as in host = "0.0.0.0"
    "#);
}

#[test]
fn a_file_that_cannot_be_read_hides_what_may_stand_in_it() {
    let place = Place::new().variable("NODE_ENV", "production").toml("public_url = https://auth.example.com");
    assert_snapshot!(place.problems(), @r#"
    the configuration has a problem:
      portcullis.toml:1 is not TOML: string values must be quoted, expected literal string
        fix: correct the line; strings need quotes, as in host = "0.0.0.0"
    "#);
}

#[test]
fn a_named_file_must_be_there() {
    assert_snapshot!(Place::new().config_file("nowhere.toml").problems(), @r"
    the configuration has a problem:
      the configuration file nowhere.toml cannot be read: No such file or directory (os error 2)
        fix: name a readable file in UTF-8
    ");
}

#[test]
fn production_says_what_it_needs() {
    assert_snapshot!(Place::new().variable("NODE_ENV", "production").problems(), @r"
    the configuration has 3 problems:
      no master key is configured, and production does not make one
        fix: run `openssl rand -hex 32`, keep the output in a safe place, and set PORTCULLIS_MASTER_KEY to it or write it to a file of mode 600 that PORTCULLIS_MASTER_KEY_FILE names
      `host` = `0.0.0.0` (default) may be reached by clients directly, and there is neither TLS nor a proxy that is trusted
        fix: set PORTCULLIS_TLS_CERT and PORTCULLIS_TLS_KEY, or PORTCULLIS_TRUSTED_PROXIES to the addresses that your proxy connects from, such as `10.0.0.0/8`; on this machine also PORTCULLIS_HOST=127.0.0.1
      `public_url` is missing, and production needs it: it is the issuer of tokens and the base of links
        fix: set PORTCULLIS_PUBLIC_URL to the address that clients use, such as https://auth.example.com
    ");
}

#[test]
fn production_refuses_what_is_not_safe() {
    let place = Place::new()
        .in_production()
        .variable("PORTCULLIS_PUBLIC_URL", "http://auth.example.com")
        .toml("[cors]\norigins = '*'");
    assert_snapshot!(place.problems(), @r"
    the configuration has 2 problems:
      `public_url` = `http://auth.example.com` (environment PORTCULLIS_PUBLIC_URL) is not https, which production needs
        fix: write the https address; TLS may end at a proxy in front of this server
      `cors.origins` = `*` (portcullis.toml:2) lets every web site call this server, which production refuses
        fix: list the origins of your web applications
    ");
}

#[test]
fn a_master_key_that_is_not_random_is_refused_and_not_quoted() {
    let refused = |key: &str| Place::new().variable("PORTCULLIS_MASTER_KEY", key).problems();
    for key in ["secret", &"ab".repeat(32), &MASTER_KEY[2..], &MASTER_KEY.replace('6', "g")] {
        let text = refused(key);
        assert!(!text.contains(key), "{text}");
    }
    assert_snapshot!(refused(&"ab".repeat(32)), @r"
    the configuration has a problem:
      `master_key` (environment PORTCULLIS_MASTER_KEY) is refused: the master key is a pattern or a text, not 32 random bytes (make one with `openssl rand -hex 32`)
        fix: take the output of `openssl rand -hex 32`
    ");
    assert_snapshot!(refused("secret"), @r"
    the configuration has a problem:
      `master_key` (environment PORTCULLIS_MASTER_KEY) is refused: the master key must be written in hexadecimal digits
        fix: take the output of `openssl rand -hex 32`
    ");
}

#[test]
fn two_master_keys_are_one_too_many() {
    let place =
        Place::new().variable("PORTCULLIS_MASTER_KEY", MASTER_KEY).toml("master_key_file = '/run/key'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `master_key` (environment PORTCULLIS_MASTER_KEY) and `master_key_file` = `/run/key` (portcullis.toml:1) are both written
        fix: keep one of the two
    ");
}

#[test]
fn a_variable_that_is_there_for_another_program_can_be_overruled() {
    let place = Place::new().variable("HOST", "x86_64-conda-linux-gnu");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `host` = `x86_64-conda-linux-gnu` (environment HOST) is not an address of this machine
        fix: write an IP address such as `127.0.0.1`, `0.0.0.0` or `::`; PORTCULLIS_HOST wins over HOST
    ");
}

#[test]
fn lifetimes_that_contradict_each_other_are_told_with_both_sources() {
    let place = Place::new()
        .toml("[session]\nidle = '1h'\nabsolute = '30m'\naccess = '2h'")
        .variable("PORTCULLIS_SESSION_REFRESH_GRACE", "10m")
        .variable("PORTCULLIS_SESSION_ACCESS", "60");
    assert_snapshot!(place.problems(), @r"
    the configuration has 2 problems:
      `session.idle` = `1h` (portcullis.toml:2) is longer than `session.absolute` = `30m` (portcullis.toml:3)
        fix: shorten `session.idle` or lengthen `session.absolute`
      `session.refresh_grace` = `10m` (environment PORTCULLIS_SESSION_REFRESH_GRACE) is not shorter than `session.access` = `1m` (environment PORTCULLIS_SESSION_ACCESS)
        fix: shorten `session.refresh_grace` or lengthen `session.access`
    ");
}

#[test]
fn hashing_parameters_that_contradict_each_other_are_refused() {
    let place = Place::new().toml("[password]\nargon2_memory_kib = 8\nargon2_parallelism = 4");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      the parameters of Argon2id do not fit each other: `password.argon2_memory_kib` = `8` (portcullis.toml:2), `password.argon2_iterations` = `2` (default), `password.argon2_parallelism` = `4` (portcullis.toml:3)
        fix: write `password.argon2_memory_kib` from 32 to 262144, or change the others
    ");
    let place = Place::new().toml("[password]\nalgorithm = 'bcrypt'\nmin_length = 100");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `password.min_length` = `100` (portcullis.toml:3) is more than `password.algorithm` = `bcrypt` (portcullis.toml:2) takes: 72 bytes
        fix: lower `password.min_length`, or use argon2id
    ");
}

#[test]
fn a_wrong_value_does_not_make_rules_speak_about_its_default() {
    let place = Place::new().toml("[session]\nidle = 'x'\nabsolute = '1h'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `session.idle` = `x` (portcullis.toml:2) is not a duration
        fix: write a duration from 1m to 3650d, such as `900s`, `15m`, `12h` or `30d`
    ");
}

#[test]
fn in_production_nobody_is_served_in_clear_who_may_come_from_anywhere() {
    let place = || Place::new().in_production_without_proxy();
    assert_snapshot!(place().problems(), @r"
    the configuration has a problem:
      `host` = `0.0.0.0` (default) may be reached by clients directly, and there is neither TLS nor a proxy that is trusted
        fix: set PORTCULLIS_TLS_CERT and PORTCULLIS_TLS_KEY, or PORTCULLIS_TRUSTED_PROXIES to the addresses that your proxy connects from, such as `10.0.0.0/8`; on this machine also PORTCULLIS_HOST=127.0.0.1
    ");
    for (name, value) in [
        ("PORTCULLIS_HOST", "127.0.0.1"),
        ("PORTCULLIS_HOST", "::1"),
        ("PORTCULLIS_TRUSTED_PROXIES", "10.0.0.0/8"),
    ] {
        assert!(place().variable(name, value).load().settings.is_ok(), "{name}={value}");
    }
}

#[test]
fn production_warns_of_passwords_that_are_soon_found() {
    let warnings = |name: &str, value: &str| {
        let settings = Place::new().in_production().variable(name, value).settings();
        settings.warnings.iter().map(|warning| warning.what.clone()).collect::<Vec<_>>().join("\n")
    };
    for (name, value, said) in [
        ("PORTCULLIS_PASSWORD_MIN_LENGTH", "7", "`password.min_length` = `7`"),
        ("PORTCULLIS_PASSWORD_ARGON2_MEMORY_KIB", "16384", "`password.argon2_memory_kib` = `16384`"),
    ] {
        let warnings = warnings(name, value);
        assert!(warnings.contains(said), "{name}: {warnings}");
    }
    assert_eq!(warnings("PORTCULLIS_PASSWORD_MIN_LENGTH", "8"), "");
}
