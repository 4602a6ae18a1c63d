//! Which older contracts are spoken, by which rules, and what about them is refused?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::crypto::password::Scheme;
use portcullis_store::DatabaseOptions;
use portcullis_store::options::Tls;

use super::super::meant::DialectSettings;
use super::super::report;
use super::{Place, sqlite_path};

/// Random, and used nowhere else. 44 bytes.
pub(super) const SECRET: &str = "0Vb7sGqf3mZpR1xK9tYcN5wLhJ2dAeU8oTi4XnQrMzE=";

const fn days(days: u64) -> Duration {
    Duration::from_hours(24 * days)
}

impl Place {
    pub(super) fn dialects(self, text: &str) -> Self {
        self.variable("PORTCULLIS_DIALECTS", text)
    }

    pub(super) fn only(self) -> DialectSettings {
        let mut settings = self.settings();
        assert_eq!(settings.dialects.len(), 1);
        settings.dialects.remove(0)
    }

    /// What is warned of, with the advice below it.
    pub(super) fn warnings(self) -> String {
        let warnings = self.settings().warnings;
        let lines: Vec<_> =
            warnings.iter().map(|w| format!("{}: {}\n  {}", w.about, w.what, w.advice)).collect();
        lines.join("\n")
    }

    /// The lines of `portcullis config` about some keys.
    fn lines(self, keys: &[&str]) -> String {
        let table = report::table(&self.load().effective);
        let is_asked_for =
            |line: &&str| line.split_whitespace().next().is_some_and(|key| keys.contains(&key));
        let lines = table.lines().filter(is_asked_for);
        let lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn port(place: Place) -> u16 {
    place.settings().listen.port()
}

#[test]
fn a_single_dialect_brings_its_own_port_and_several_do_not() {
    for (dialect, expected) in [
        ("bearer-pair", 3000),
        ("users-cookies", 5000),
        ("api-session", 8000),
        ("bearer-single", 3000),
        ("auth-router=/old", 3000),
    ] {
        assert_eq!(port(Place::new().dialects(dialect)), expected, "{dialect}");
    }
    assert_eq!(port(Place::new().dialects("users-cookies,api-session")), 3000);
    assert_eq!(port(Place::new().dialects("users-cookies").dot_env("PORT=4000")), 4000);
    let settings = Place::new().dialects("users-cookies").settings();
    assert_eq!(settings.public_url.as_str(), "http://localhost:5000");
}

#[test]
fn what_is_mounted_is_shown_with_where_each_value_comes_from() {
    let keys = [
        "port",
        "dialects",
        "password.algorithm",
        "legacy.access_token_secret",
        "legacy.refresh_token_secret",
        "legacy.jwt_secret",
        "legacy.access_token_expiry",
        "legacy.refresh_token_expiry",
        "legacy.jwt_expires_in",
        "legacy.issuer",
    ];
    let place = Place::new().dialects("users-cookies").dot_env(&format!(
        "ACCESS_TOKEN_SECRET={SECRET}\nACCESS_TOKEN_EXPIRY=2h\nJWT_SECRET=x\nJWT_EXPIRES_IN=x"
    ));
    assert_snapshot!(place.lines(&keys), @r"
    port 5000 default of users-cookies
    dialects users-cookies environment PORTCULLIS_DIALECTS
    legacy.access_token_secret ******** .env:1 ACCESS_TOKEN_SECRET
    legacy.refresh_token_secret ******** made from the master key
    legacy.jwt_secret - default
    legacy.access_token_expiry 2h .env:2 ACCESS_TOKEN_EXPIRY
    legacy.refresh_token_expiry 7d default of users-cookies
    legacy.jwt_expires_in - default
    legacy.issuer - default
    password.algorithm bcrypt default of users-cookies
    ");
    let place = Place::new().dialects("bearer-single,auth-router").dot_env("JWT_SECRET=secret");
    assert_snapshot!(place.lines(&keys), @r"
    port 3000 default
    dialects bearer-single,auth-router environment PORTCULLIS_DIALECTS
    legacy.access_token_secret ******** made from the master key
    legacy.refresh_token_secret ******** made from the master key
    legacy.jwt_secret ******** made from the master key, not .env:1 JWT_SECRET
    legacy.access_token_expiry - default
    legacy.refresh_token_expiry 1y default of auth-router
    legacy.jwt_expires_in 1h default of bearer-single
    legacy.issuer localhost:3000 default of auth-router
    password.algorithm bcrypt default of the dialects
    ");
}

#[test]
fn nothing_is_spoken_where_nothing_is_written() {
    let place = Place::new().dot_env("JWT_SECRET=x\nACCESS_TOKEN_SECRET=x\nACCESS_TOKEN_EXPIRY=never\n");
    let settings = place.settings();
    assert!(settings.dialects.is_empty() && settings.warnings.is_empty());
}

#[test]
fn an_unknown_dialect_is_refused_with_the_nearest() {
    assert_snapshot!(Place::new().dialects("bearer-pear").problems(), @r"
    the configuration has a problem:
      `dialects` = `bearer-pear` (environment PORTCULLIS_DIALECTS) has no dialect `bearer-pear`
        fix: did you mean `bearer-pair`?
    ");
    assert_snapshot!(Place::new().toml("dialects = ['bearer-pair', 'bearer-pair=/b']").problems(), @r"
    the configuration has a problem:
      `dialects` = `bearer-pair,bearer-pair=/b` (portcullis.toml:1) has `bearer-pair` twice
        fix: write `bearer-pair` once; a dialect stands under one prefix
    ");
}

#[test]
fn two_dialects_at_one_path_are_refused_with_both_routes_and_a_list_that_works() {
    let text = Place::new().dialects("bearer-pair,bearer-single").problems();
    assert_snapshot!(text, @r"
    the configuration has a problem:
      `dialects` = `bearer-pair,bearer-single` (environment PORTCULLIS_DIALECTS) has two routes at one path: POST /register of bearer-pair and POST /register of bearer-single; POST /login of bearer-pair and POST /login of bearer-single; GET /protected of bearer-pair and GET /protected of bearer-single; POST /forgot-password of bearer-pair and POST /forgot-password of bearer-single; POST /reset-password of bearer-pair and POST /reset-password of bearer-single; POST /verify-email of bearer-pair and POST /verify-email of bearer-single; POST /resend-verification of bearer-pair and POST /resend-verification of bearer-single
        fix: give one a prefix of its own: PORTCULLIS_DIALECTS=bearer-pair,bearer-single=/single
    ");
    let (_, list) = text.rsplit_once("PORTCULLIS_DIALECTS=").unwrap();
    let settings = Place::new().dialects(list).settings();
    let prefixes: Vec<_> = settings.dialects.iter().map(|spoken| spoken.prefix.as_str().to_owned()).collect();
    assert_eq!(prefixes, ["", "/single"]);
}

#[test]
fn all_dialects_can_be_spoken_at_once() {
    let all = "bearer-pair,users-cookies,api-session,bearer-single=/single,auth-router";
    assert_eq!(Place::new().dialects(all).settings().dialects.len(), 5);
}

#[test]
fn lifetimes_are_those_of_the_dialect_or_of_the_env_file() {
    let lifetimes = |place: Place| {
        let spoken = place.only();
        (spoken.access, spoken.refresh)
    };
    let minutes = Duration::from_mins;
    assert_eq!(lifetimes(Place::new().dialects("bearer-pair")), (minutes(15), Some(days(7))));
    assert_eq!(lifetimes(Place::new().dialects("users-cookies")), (days(1), Some(days(7))));
    assert_eq!(lifetimes(Place::new().dialects("api-session")), (days(7), None));
    assert_eq!(lifetimes(Place::new().dialects("bearer-single")), (minutes(60), None));
    let place = Place::new()
        .dialects("users-cookies")
        .dot_env("ACCESS_TOKEN_EXPIRY=900\nREFRESH_TOKEN_EXPIRY=2 days");
    assert_eq!(lifetimes(place), (minutes(15), Some(days(2))));
    let place = Place::new().dialects("api-session").dot_env("JWT_EXPIRES_IN=3600");
    assert_eq!(lifetimes(place), (minutes(60), None));
    // Fixed in the source of such a backend.
    let place = Place::new().dialects("bearer-pair").dot_env("ACCESS_TOKEN_EXPIRY=5d");
    assert_eq!(lifetimes(place).0, minutes(15));
}

#[test]
fn a_lifetime_that_is_none_or_too_long_is_refused() {
    let place = Place::new().dialects("bearer-single").dot_env("JWT_EXPIRES_IN=2w");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `legacy.jwt_expires_in` = `14d`, written `2w` (.env:1 JWT_EXPIRES_IN) is longer than `bearer-single` takes
        fix: write 7d at most
    ");
    let place =
        Place::new().dialects("users-cookies").dot_env("ACCESS_TOKEN_EXPIRY=0\nREFRESH_TOKEN_EXPIRY=soon");
    assert_snapshot!(place.problems(), @r"
    the configuration has 2 problems:
      `legacy.access_token_expiry` = `0` (.env:1 ACCESS_TOKEN_EXPIRY) is too short: a token lives for a second at least
        fix: write a duration as the npm package `ms` reads it, such as `15m`, `1.5h`, `7 days` or `1y`; a number alone is seconds; PORTCULLIS_LEGACY_ACCESS_TOKEN_EXPIRY wins over ACCESS_TOKEN_EXPIRY
      `legacy.refresh_token_expiry` = `soon` (.env:2 REFRESH_TOKEN_EXPIRY) is not a duration
        fix: write a duration as the npm package `ms` reads it, such as `15m`, `1.5h`, `7 days` or `1y`; a number alone is seconds; PORTCULLIS_LEGACY_REFRESH_TOKEN_EXPIRY wins over REFRESH_TOKEN_EXPIRY
    ");
}

#[test]
fn lifetimes_of_a_dialect_that_contradict_each_other_are_refused() {
    let place =
        Place::new().dialects("users-cookies").dot_env("ACCESS_TOKEN_EXPIRY=7d\nREFRESH_TOKEN_EXPIRY=1d");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `legacy.access_token_expiry` = `7d` (.env:1 ACCESS_TOKEN_EXPIRY) is not shorter than `legacy.refresh_token_expiry` = `1d` (.env:2 REFRESH_TOKEN_EXPIRY)
        fix: shorten the one or lengthen the other: a refresh token is there to outlive access tokens
    ");
    let place = Place::new().dialects("users-cookies").dot_env("ACCESS_TOKEN_EXPIRY=30");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `session.refresh_grace` = `30s` (default) is not shorter than `legacy.access_token_expiry` = `30s`, written `30` (.env:1 ACCESS_TOKEN_EXPIRY)
        fix: shorten `session.refresh_grace` or lengthen `legacy.access_token_expiry`; a number alone is seconds
    ");
}

#[test]
fn a_number_that_was_meant_as_milliseconds_is_told_as_it_was_written() {
    let place = Place::new().dialects("users-cookies").dot_env("ACCESS_TOKEN_EXPIRY=900000");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `legacy.access_token_expiry` = `250h`, written `900000` (.env:1 ACCESS_TOKEN_EXPIRY) is not shorter than the lifetime of the refresh tokens of `users-cookies` (7d)
        fix: shorten the one or lengthen the other: a refresh token is there to outlive access tokens; a number alone is seconds
    ");
    let place = Place::new().dialects("api-session").dot_env("JWT_EXPIRES_IN=604800000");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `legacy.jwt_expires_in` = `7000d`, written `604800000` (.env:1 JWT_EXPIRES_IN) is longer than `api-session` takes
        fix: write 365d at most; a number alone is seconds
    ");
}

#[test]
fn what_is_wrong_with_a_prefix_is_told_with_where_it_stands() {
    assert_snapshot!(Place::new().dialects("bearer-pair=/Users").problems(), @r"
    the configuration has a problem:
      `dialects` = `bearer-pair=/Users` (environment PORTCULLIS_DIALECTS) has no prefix after `bearer-pair=`: `/Users` has a capital letter
        fix: a prefix is like /auth: lower-case letters, digits, `-`, `_` and `.` after each slash
    ");
}

#[test]
fn a_key_of_ours_that_no_dialect_asks_for_is_refused_and_an_old_name_is_passed_over() {
    let place = Place::new()
        .dialects("bearer-pair")
        .variable("PORTCULLIS_LEGACY_JWT_SECRET", SECRET)
        .dot_env("JWT_SECRET=secret\nJWT_EXPIRES_IN=never\n")
        .toml("[legacy]\naccess_token_expiry = '1h'\nissuer = 'me'");
    assert_snapshot!(place.problems(), @r"
    the configuration has 3 problems:
      `legacy.jwt_secret` (environment PORTCULLIS_LEGACY_JWT_SECRET) has no effect: no dialect is mounted that asks for it
        fix: remove it, or mount `api-session` or `bearer-single` with PORTCULLIS_DIALECTS
      `legacy.access_token_expiry` = `1h` (portcullis.toml:2) has no effect: no dialect is mounted that asks for it
        fix: remove it, or mount `users-cookies` with PORTCULLIS_DIALECTS
      `legacy.issuer` = `me` (portcullis.toml:3) has no effect: no dialect is mounted that asks for it
        fix: remove it, or mount `auth-router` with PORTCULLIS_DIALECTS
    ");
}

#[test]
fn the_issuer_is_that_of_the_dialect_or_the_written_one() {
    assert_eq!(Place::new().dialects("auth-router").only().issuer.as_deref(), Some("localhost:3000"));
    let place = Place::new().dialects("auth-router").toml("[legacy]\nissuer = 'auth.example.com'");
    assert_eq!(place.only().issuer.as_deref(), Some("auth.example.com"));
    assert_eq!(Place::new().dialects("bearer-pair").only().issuer, None);
}

#[test]
fn passwords_are_kept_so_that_the_older_backend_can_read_them() {
    let scheme = |place: Place| place.dialects("bearer-pair").settings().password.scheme;
    assert_eq!(scheme(Place::new()), Scheme::Bcrypt { cost: 10 });
    let argon2 = || Place::new().variable("PORTCULLIS_PASSWORD_ALGORITHM", "argon2id");
    assert!(matches!(scheme(argon2()), Scheme::Argon2id { .. }));
    let place = argon2().dialects("api-session").variable("JWT_SECRET", SECRET);
    assert_snapshot!(place.warnings(), @r"
    passwords: `password.algorithm` = `argon2id` (environment PORTCULLIS_PASSWORD_ALGORITHM): an older backend cannot check what is hashed so
      fine when there is no way back to it; else remove the setting, so that bcrypt is used
    ");
}

#[test]
fn the_fewest_characters_of_a_password_are_the_written_ones_then_those_of_the_dialect() {
    let fewest = |place: Place| place.only().min_password_chars;
    assert_eq!(fewest(Place::new().dialects("api-session")), Some(6));
    assert_eq!(fewest(Place::new().dialects("bearer-pair")), None);
    let written = || Place::new().variable("PORTCULLIS_PASSWORD_MIN_LENGTH", "10");
    assert_eq!(fewest(written().dialects("api-session")), None);
    assert_eq!(fewest(written().dialects("bearer-pair")), None);
    assert_eq!(written().settings().password.min_chars, 10);
}

#[test]
fn the_env_file_of_api_session_means_sqlite_in_development_and_checked_postgresql_in_production() {
    let text = "PORT=8000\nDB_FILE=db/dev.db\nJWT_SECRET=your_secret_here\nJWT_EXPIRES_IN=604800\n\
                SCHEMA=your_schema_name_here\n";
    let settings = Place::new().dialects("api-session").dot_env(text).settings();
    assert_eq!((settings.listen.port(), sqlite_path(&settings)), (8000, "db/dev.db"));
    assert_eq!(settings.dialects[0].access, days(7));
    let settings = Place::new()
        .in_production()
        .dialects("api-session")
        .dot_env(text)
        .variable("DATABASE_URL", "postgres://app:hunter2@db.internal/app")
        .variable("JWT_SECRET", SECRET)
        .settings();
    let DatabaseOptions::Postgres(options) = settings.database.options else { panic!("not PostgreSQL") };
    assert_eq!(options.schema.unwrap().as_str(), "your_schema_name_here");
    assert!(matches!(options.server.tls, Tls::VerifyFull { .. }));
}

#[test]
fn settings_know_the_files_that_they_come_from() {
    let place = Place::new().dot_env("PORT=4000").toml("");
    let directory = place.directory.path().to_owned();
    assert_eq!(place.settings().files, [directory.join(".env"), directory.join("portcullis.toml")]);
    assert!(Place::new().settings().files.is_empty());
}
