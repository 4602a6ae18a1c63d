//! What may stand in a setting for what was before: a secret, a master key; and how often do keys rotate?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::legacy::PreviousForeign;
use secrecy::ExposeSecret;

use super::super::meant::{MasterKeySource, PreviousSecret};
use super::Place;
use super::dialects::SECRET;

const OTHER: &str = "Wk3LxPz8RdQvT6mYbN1cHf5JgS9aEuC2oKi7XnVtMyA=";
const NEW: &str = "6d1f0c8e25b94a7703fe9b61d84c2a5fe0913b7c46d85a2f11c07e9d3ba4f862";
const OLD: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";

fn told(secret: &PreviousSecret) -> (&str, PreviousForeign) {
    (secret.text.expose_secret(), secret.foreign)
}

#[test]
fn a_secret_before_is_accepted_for_the_dialects_that_have_one_of_its_kind() {
    let place = Place::new()
        .in_production()
        .dialects("bearer-pair,api-session=/old")
        .dot_env(&format!("ACCESS_TOKEN_SECRET={SECRET}\nREFRESH_TOKEN_SECRET={OTHER}\nJWT_SECRET={OTHER}\n"))
        .variable("PORTCULLIS_LEGACY_ACCESS_TOKEN_SECRET_PREVIOUS", OTHER)
        .toml("legacy.jwt_secret_previous = 'pT3mfQ9xZb1Wc4=='\nlegacy.previous_accepted = 'own'");
    let settings = place.settings();
    let [pair, single] = settings.dialects.as_slice() else { panic!("two dialects") };
    assert_eq!(told(pair.previous.access.as_ref().unwrap()), (OTHER, PreviousForeign::Refused));
    assert!(pair.previous.refresh.is_none());
    let jwt = told(single.previous.access.as_ref().unwrap());
    assert_eq!(jwt, ("pT3mfQ9xZb1Wc4==", PreviousForeign::Refused));
    assert_eq!(settings.warnings, []);
    let all =
        Place::new().dialects("api-session").variable("PORTCULLIS_LEGACY_JWT_SECRET_PREVIOUS", OTHER).only();
    assert_eq!(told(all.previous.access.as_ref().unwrap()), (OTHER, PreviousForeign::Believed));
}

#[test]
fn of_a_secret_before_that_is_none_only_our_own_tokens_count_and_it_is_not_quoted() {
    let place = || {
        let text = format!("JWT_SECRET={SECRET}\nPORTCULLIS_LEGACY_JWT_SECRET_PREVIOUS=keyboard-cat\n");
        Place::new().in_production().dialects("api-session").dot_env(&text)
    };
    let settings = place().settings();
    assert_eq!(
        told(settings.dialects[0].previous.access.as_ref().unwrap()),
        ("keyboard-cat", PreviousForeign::Refused)
    );
    assert!(!format!("{settings:?}").contains("keyboard-cat"));
    assert_snapshot!(place().warnings(), @r"
    secrets: `legacy.jwt_secret_previous` (.env:2 PORTCULLIS_LEGACY_JWT_SECRET_PREVIOUS) is no secret: it stands in tutorials, or can be guessed at once: of the tokens under it only those are accepted that this server signed
      remove it when those have expired
    ");
}

#[test]
fn what_has_no_effect_or_is_the_secret_of_today_is_refused() {
    let same = format!("JWT_SECRET={SECRET}\nPORTCULLIS_LEGACY_JWT_SECRET_PREVIOUS={SECRET}\n");
    assert_snapshot!(Place::new().dialects("api-session").dot_env(&same).problems(), @r"
    the configuration has a problem:
      `legacy.jwt_secret_previous` (.env:2 PORTCULLIS_LEGACY_JWT_SECRET_PREVIOUS) is `legacy.jwt_secret` (.env:1 JWT_SECRET) itself
        fix: write the secret before there and the new one in its place, or remove the setting
    ");
    let for_nobody = Place::new()
        .dialects("api-session")
        .variable("PORTCULLIS_LEGACY_ACCESS_TOKEN_SECRET_PREVIOUS", OTHER)
        .variable("PORTCULLIS_LEGACY_PREVIOUS_ACCEPTED", "own");
    assert_snapshot!(for_nobody.problems(), @r"
    the configuration has 2 problems:
      `legacy.access_token_secret_previous` (environment PORTCULLIS_LEGACY_ACCESS_TOKEN_SECRET_PREVIOUS) has no effect: no dialect is mounted that asks for it
        fix: remove it, or mount `bearer-pair` or `users-cookies` or `auth-router` with PORTCULLIS_DIALECTS
      `legacy.previous_accepted` = `own` (environment PORTCULLIS_LEGACY_PREVIOUS_ACCEPTED) has no effect: no secret before is written
        fix: remove it
    ");
}

#[test]
fn a_master_key_before_is_written_or_in_a_file_and_another_than_the_master_key() {
    let place = || Place::new().variable("PORTCULLIS_MASTER_KEY", NEW);
    assert!(place().settings().previous_master_key.is_none());
    let written = place().variable("PORTCULLIS_MASTER_KEY_PREVIOUS", OLD).settings();
    assert!(matches!(written.previous_master_key, Some(MasterKeySource::Given(_))));
    assert!(!format!("{written:?}").contains(&OLD[..8]));
    let in_file = place().variable("PORTCULLIS_MASTER_KEY_PREVIOUS_FILE", "/run/old.key").settings();
    assert!(
        matches!(in_file.previous_master_key, Some(MasterKeySource::File(path)) if path.ends_with("old.key"))
    );
    let both =
        place().variable("PORTCULLIS_MASTER_KEY_PREVIOUS", OLD).toml("master_key_previous_file = '/a'");
    assert_snapshot!(both.problems(), @r"
    the configuration has a problem:
      `master_key_previous` (environment PORTCULLIS_MASTER_KEY_PREVIOUS) and `master_key_previous_file` = `/a` (portcullis.toml:1) are both written
        fix: keep one of the two
    ");
    assert_snapshot!(place().variable("PORTCULLIS_MASTER_KEY_PREVIOUS", NEW).problems(), @r"
    the configuration has a problem:
      `master_key_previous` (environment PORTCULLIS_MASTER_KEY_PREVIOUS) is the master key itself
        fix: write the old master key there and the new one in its place, or remove the setting
    ");
    let one_file = Place::new().toml("master_key_file = '/a'\nmaster_key_previous_file = '/a'");
    assert!(one_file.problems().contains("is the master key itself"));
    let weak = place().variable("PORTCULLIS_MASTER_KEY_PREVIOUS", "secret").problems();
    assert!(weak.contains("must be written in hexadecimal digits"), "{weak}");
}

#[test]
fn keys_rotate_every_three_months_or_as_written_and_no_sooner_than_they_can() {
    let every = |text: &str| Place::new().variable("PORTCULLIS_KEYS_ROTATE_EVERY", text);
    assert_eq!(Place::new().settings().rotate_keys_every, Duration::from_hours(90 * 24));
    assert_eq!(every("30d").settings().rotate_keys_every, Duration::from_hours(30 * 24));
    assert_eq!(every("1h").settings().rotate_keys_every, Duration::from_hours(1));
    assert_eq!(every("0").settings().rotate_keys_every, Duration::ZERO);
    assert_snapshot!(every("59m").problems(), @r"
    the configuration has a problem:
      `keys.rotate_every` = `59m` (environment PORTCULLIS_KEYS_ROTATE_EVERY) is shorter than the hour for which a key is published before it signs
        fix: write an hour or more, or 0 to rotate by hand only
    ");
}
