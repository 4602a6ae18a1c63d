//! Is what signs the tokens of older contracts secret, and what if not?

use insta::assert_snapshot;
use secrecy::ExposeSecret;

use super::super::meant::{DialectSettings, Purpose, SecretSettings, SecretSource};
use super::super::report;
use super::dialects::SECRET;
use super::{Place, Settings};

const OTHER: &str = "Wk3LxPz8RdQvT6mYbN1cHf5JgS9aEuC2oKi7XnVtMyA=";

fn secret(source: &SecretSource) -> &str {
    match source {
        SecretSource::Written(secret) => secret.expose_secret(),
        SecretSource::MasterKey(Purpose::Access) => "made for access tokens",
        SecretSource::MasterKey(Purpose::Refresh) => "made for refresh tokens",
        SecretSource::MasterKey(Purpose::Jwt) => "made for all tokens",
    }
}

/// All secrets of a dialect.
fn secrets(spoken: &DialectSettings) -> Vec<&str> {
    match &spoken.secrets {
        SecretSettings::Pair { access, refresh } => vec![secret(access), secret(refresh)],
        SecretSettings::Single(source) => vec![secret(source)],
    }
}

#[test]
fn production_says_which_secret_is_missing_and_who_needs_it() {
    let place = Place::new().in_production().dialects("bearer-pair,api-session");
    assert_snapshot!(place.problems(), @r"
    the configuration has 3 problems:
      ACCESS_TOKEN_SECRET is missing, and `bearer-pair` needs it in production
        fix: set ACCESS_TOKEN_SECRET to the secret of the older backend, so that its tokens go on working; without one, to the output of `openssl rand -base64 32`
      REFRESH_TOKEN_SECRET is missing, and `bearer-pair` needs it in production
        fix: set REFRESH_TOKEN_SECRET to the secret of the older backend, so that its tokens go on working; without one, to the output of `openssl rand -base64 32`
      JWT_SECRET is missing, and `api-session` needs it in production
        fix: set JWT_SECRET to the secret of the older backend, so that its tokens go on working; without one, to the output of `openssl rand -base64 32`
    ");
}

#[test]
fn production_refuses_secrets_that_are_none_without_quoting_them() {
    let place = Place::new().in_production().dialects("bearer-pair,bearer-single=/single").dot_env(
        "ACCESS_TOKEN_SECRET=your_access_secret\nREFRESH_TOKEN_SECRET=qX9-tiny\nJWT_SECRET='Keyboard Cat'\n",
    );
    assert_snapshot!(place.problems(), @r"
    the configuration has 3 problems:
      `legacy.access_token_secret` (.env:1 ACCESS_TOKEN_SECRET) is no secret: it stands in tutorials, or can be guessed at once, which production refuses
        fix: run `openssl rand -base64 32` and write the output in its place; tokens of the older backend end with that, passwords stay
      `legacy.refresh_token_secret` (.env:2 REFRESH_TOKEN_SECRET) has 8 bytes, and is found by trying from any token, which production refuses
        fix: run `openssl rand -base64 32` and write the output in its place; tokens of the older backend end with that, passwords stay
      `legacy.jwt_secret` (.env:3 JWT_SECRET) is no secret: it stands in tutorials, or can be guessed at once, which production refuses
        fix: run `openssl rand -base64 32` and write the output in its place; tokens of the older backend end with that, passwords stay
    ");
}

#[test]
fn production_takes_good_secrets_and_warns_of_meagre_ones() {
    let good = format!("ACCESS_TOKEN_SECRET={SECRET}\nREFRESH_TOKEN_SECRET={OTHER}\n");
    let settings = Place::new().in_production().dialects("bearer-pair").dot_env(&good).settings();
    assert_eq!(settings.warnings, []);
    assert_eq!(secrets(&settings.dialects[0]), [SECRET, OTHER]);
    let place = Place::new().in_production().dialects("api-session").dot_env("JWT_SECRET=pT3mfQ9xZb1Wc4==");
    assert_snapshot!(place.warnings(), @r"
    secrets: `legacy.jwt_secret` (.env:1 JWT_SECRET) has 16 bytes; RFC 7518 (section 3.2) asks for 32
      put the output of `openssl rand -base64 32` in its place and this one into `legacy.jwt_secret_previous`: nobody is logged out by it
    ");
}

#[test]
fn the_length_of_a_secret_is_that_of_its_bytes_and_white_space_in_it_counts() {
    let refused = |secret: &str| {
        let place = Place::new().in_production().dialects("api-session").variable("JWT_SECRET", secret);
        place.load().settings.is_err()
    };
    assert!(refused("pT3mfQ9xZb1Wc4="));
    assert!(!refused("pT3mfQ9xZb1Wc4=="));
    assert!(!refused("pT3mfQ9xZb1Wcäß"));
    let place = Place::new().dialects("api-session").dot_env(&format!("JWT_SECRET=\" {SECRET} \""));
    assert_eq!(secrets(&place.only()), [format!(" {SECRET} ")]);
}

#[test]
fn development_makes_what_is_missing_and_warns_of_what_is_weak() {
    let place = Place::new().dialects("users-cookies").dot_env("ACCESS_TOKEN_SECRET=your_access_secret");
    assert_eq!(secrets(&place.only()), ["your_access_secret", "made for refresh tokens"]);
    let place = Place::new().dialects("users-cookies").dot_env("ACCESS_TOKEN_SECRET=your_access_secret");
    assert_snapshot!(place.warnings(), @r"
    secrets: `legacy.access_token_secret` (.env:1 ACCESS_TOKEN_SECRET) is no secret: it stands in tutorials, or can be guessed at once
      fine on this machine only; production refuses it: run `openssl rand -base64 32` and write the output in its place
    secrets: REFRESH_TOKEN_SECRET is missing: the refresh tokens of `users-cookies` are signed with a secret that is made from the master key, and those of the older backend are not accepted
      fine where nobody has such tokens; else set REFRESH_TOKEN_SECRET to the secret of the older backend
    ");
}

#[test]
fn development_warns_of_each_missing_secret_with_who_signs_what() {
    let place = Place::new().dialects("bearer-pair,users-cookies,api-session");
    assert_snapshot!(place.warnings(), @r"
    secrets: ACCESS_TOKEN_SECRET is missing: the access tokens of `bearer-pair` and `users-cookies` are signed with a secret that is made from the master key, and those of the older backend are not accepted
      fine where nobody has such tokens; else set ACCESS_TOKEN_SECRET to the secret of the older backend
    secrets: REFRESH_TOKEN_SECRET is missing: the refresh tokens of `bearer-pair` and `users-cookies` are signed with a secret that is made from the master key, and those of the older backend are not accepted
      fine where nobody has such tokens; else set REFRESH_TOKEN_SECRET to the secret of the older backend
    secrets: JWT_SECRET is missing: the tokens of `api-session` are signed with a secret that is made from the master key, and those of the older backend are not accepted
      fine where nobody has such tokens; else set JWT_SECRET to the secret of the older backend
    ");
    assert_eq!(Place::new().settings().warnings, []);
}

#[test]
fn a_secret_under_a_misspelled_name_is_pointed_at_without_its_value() {
    let text = format!("ACESS_TOKEN_SECRET={SECRET}\nREFRESH_TOKEN_SECRET={OTHER}\n");
    assert_snapshot!(Place::new().dialects("bearer-pair").dot_env(&text).warnings(), @r"
    secrets: ACCESS_TOKEN_SECRET is missing: the access tokens of `bearer-pair` are signed with a secret that is made from the master key, and those of the older backend are not accepted
      ACESS_TOKEN_SECRET (.env:1) is passed over: did you mean `ACCESS_TOKEN_SECRET`?
    ");
    assert_snapshot!(Place::new().in_production().dialects("bearer-pair").dot_env(&text).problems(), @r"
    the configuration has a problem:
      ACCESS_TOKEN_SECRET is missing, and `bearer-pair` needs it in production
        fix: ACESS_TOKEN_SECRET (.env:1) is passed over: did you mean `ACCESS_TOKEN_SECRET`?
    ");
    let advice = |name: &str, value: &str| {
        let settings = Place::new().dialects("api-session").variable(name, value).settings();
        settings.warnings[0].advice.clone()
    };
    assert_eq!(
        advice("JWT_SECERT", SECRET),
        "JWT_SECERT (environment) is passed over: did you mean `JWT_SECRET`?"
    );
    for (name, value) in [("API_SECRET", SECRET), ("JWT_SECERT", ""), ("SESSION_SECRET", SECRET)] {
        assert!(advice(name, value).starts_with("fine where"), "{name}");
    }
}

#[test]
fn a_dialect_that_takes_no_weak_secret_gets_a_made_one_beside_one_that_takes_it() {
    let place = || Place::new().dialects("api-session,bearer-single").dot_env("JWT_SECRET=your-secret-key");
    let settings = place().settings();
    let both: Vec<_> = settings.dialects.iter().flat_map(secrets).collect();
    assert_eq!(both, ["your-secret-key", "made for all tokens"]);
    assert_snapshot!(place().warnings(), @r"
    secrets: `legacy.jwt_secret` (.env:1 JWT_SECRET) is no secret: it stands in tutorials, or can be guessed at once
      fine on this machine only; production refuses it: run `openssl rand -base64 32` and write the output in its place
    secrets: `legacy.jwt_secret` (.env:1 JWT_SECRET) is not used by `bearer-single`, because everybody could find it: a secret that is made from the master key takes its place
      run `openssl rand -base64 32` and write the output in its place, here and in what checks the tokens
    ");
    let place = Place::new().dialects("bearer-single").dot_env("JWT_SECRET=short");
    assert_eq!(secrets(&place.only()), ["made for all tokens"]);
    let place = Place::new().dialects("bearer-single").dot_env("JWT_SECRET=pT3mfQ9xZb1Wc4==");
    assert_eq!(secrets(&place.only()), ["pT3mfQ9xZb1Wc4=="]);
}

#[test]
fn one_secret_for_both_kinds_of_tokens_is_warned_of() {
    let text = format!("ACCESS_TOKEN_SECRET={SECRET}\nREFRESH_TOKEN_SECRET={SECRET}\n");
    assert_snapshot!(Place::new().dialects("bearer-pair").dot_env(&text).warnings(), @r"
    secrets: `legacy.access_token_secret` (.env:1 ACCESS_TOKEN_SECRET) and `legacy.refresh_token_secret` (.env:2 REFRESH_TOKEN_SECRET) are one secret: what the older backend issued is told apart by its lifetime alone
      give each kind of token a secret of its own
    ");
}

#[test]
fn settings_and_reports_do_not_print_secrets() {
    let place = || {
        let text = format!("ACCESS_TOKEN_SECRET={SECRET}\nREFRESH_TOKEN_SECRET=your_refresh_secret\n");
        Place::new().dialects("bearer-pair").dot_env(&text)
    };
    let settings: Settings = place().settings();
    let configuration = place().load();
    let shown = format!(
        "{settings:?} {} {}",
        report::table(&configuration.effective),
        report::json(&configuration.effective)
    );
    assert!(!shown.contains(SECRET) && !shown.contains("your_refresh_secret"), "{shown}");
}
