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
    assert_snapshot!(place.problems(), @"");
}

#[test]
fn a_key_in_the_wrong_section_or_form_is_told_apart() {
    let place = Place::new().toml("origins = ['https://a.b']\nsession = 5\nport = 1.5\nmail = 'x'\n[env]\na = 1");
    assert_snapshot!(place.problems(), @"");
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    let place = Place::new().toml("port = 80\nhost = 0.0.0.0\n");
    assert_snapshot!(place.problems(), @"");
}

#[test]
fn a_named_file_must_be_there() {
    assert_snapshot!(Place::new().config_file("nowhere.toml").problems(), @"");
}

#[test]
fn production_says_what_it_needs() {
    assert_snapshot!(Place::new().variable("NODE_ENV", "production").problems(), @"");
}

#[test]
fn production_refuses_what_is_not_safe() {
    let place = Place::new()
        .in_production()
        .variable("PORTCULLIS_PUBLIC_URL", "http://auth.example.com")
        .toml("[cors]\norigins = '*'");
    assert_snapshot!(place.problems(), @"");
}

#[test]
fn a_master_key_that_is_not_random_is_refused_and_not_quoted() {
    let refused = |key: &str| Place::new().variable("PORTCULLIS_MASTER_KEY", key).problems();
    for key in ["secret", &"ab".repeat(32), &MASTER_KEY[2..], &MASTER_KEY.replace('6', "g")] {
        let text = refused(key);
        assert!(!text.contains(key), "{text}");
    }
    assert_snapshot!(refused(&"ab".repeat(32)), @"");
    assert_snapshot!(refused("secret"), @"");
}

#[test]
fn two_master_keys_are_one_too_many() {
    let place = Place::new().variable("PORTCULLIS_MASTER_KEY", MASTER_KEY).toml("master_key_file = '/run/key'");
    assert_snapshot!(place.problems(), @"");
}

#[test]
fn a_database_that_this_build_does_not_know_is_told_without_its_password() {
    let place = Place::new().dot_env("DATABASE_URL=postgres://app:hunter2@db.internal/app");
    assert_snapshot!(place.problems(), @"");
}

#[test]
fn lifetimes_that_contradict_each_other_are_told_with_both_sources() {
    let place = Place::new()
        .toml("[session]\nidle = '1h'\nabsolute = '30m'\naccess = '2h'")
        .variable("PORTCULLIS_SESSION_REFRESH_GRACE", "10m")
        .variable("PORTCULLIS_SESSION_ACCESS", "60");
    assert_snapshot!(place.problems(), @"");
}

#[test]
fn hashing_parameters_that_contradict_each_other_are_refused() {
    let place = Place::new().toml("[password]\nargon2_memory_kib = 8\nargon2_parallelism = 4");
    assert_snapshot!(place.problems(), @"");
    let place = Place::new().toml("[password]\nalgorithm = 'bcrypt'\nmin_length = 100");
    assert_snapshot!(place.problems(), @"");
}

#[test]
fn a_wrong_value_does_not_make_rules_speak_about_its_default() {
    let place = Place::new().toml("[session]\nidle = 'x'\nabsolute = '1h'");
    assert_snapshot!(place.problems(), @"");
}
