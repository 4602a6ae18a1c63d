//! Who gets an account, and what is an address good for before it is verified?

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use portcullis_core::model::Email;
use portcullis_core::policy::{RegistrationAccess, RegistrationAnswer};

use super::{Place, Settings};
use crate::config::meant::{LOGS_IN_AT_REGISTRATION, REGISTERS_WITHOUT_EMAIL};
use crate::config::value::RequiredEmail;

fn with_mail() -> Place {
    Place::new().variable("PORTCULLIS_MAIL_URL", "console:")
}

fn takes(settings: &Settings, address: &str) -> bool {
    settings.registration.domains.check(&Email::parse(address).unwrap()).is_ok()
}

#[test]
fn everybody_gets_an_account_with_any_address() {
    let settings = Place::new().settings();
    assert_eq!(settings.registration.access, RegistrationAccess::Open);
    assert_eq!(settings.account.required_email, RequiredEmail::Never);
    assert!(takes(&settings, "a@example.com"));
    assert_eq!(settings.registration.invitation_lifetime, Duration::from_hours(7 * 24));
    assert_eq!(settings.account.deletion_grace, Duration::from_hours(7 * 24));
}

#[test]
fn invitations_need_no_mail_and_may_reveal() {
    let settings = Place::new().toml("[registration]\naccess = 'invited'").settings();
    assert_eq!(settings.registration.access, RegistrationAccess::Invited);
    let revealing = with_mail().toml("[registration]\nanswer = 'reveal'").settings();
    assert_eq!(revealing.registration.answer, RegistrationAnswer::Reveal);
}

#[test]
fn what_needs_mails_does_not_start_without() {
    let place = Place::new()
        .toml("[registration]\nanswer = 'conceal'")
        .variable("PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL", "login");
    assert_snapshot!(place.problems(), @r"
    the configuration has 2 problems:
      `registration.answer` = `conceal` (portcullis.toml:2) needs mails, and `mail.url` is missing: nobody could get an account
        fix: set PORTCULLIS_MAIL_URL, such as `smtps://user@mail.example.com`, or write `reveal`
      `account.require_verified_email` = `login` (environment PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL) needs mails, and `mail.url` is missing: nobody could verify an address
        fix: set PORTCULLIS_MAIL_URL, such as `smtps://user@mail.example.com`, or write `never`
    ");
}

#[test]
fn domains_are_allowed_and_blocked_in_any_spelling() {
    let place = Place::new().toml(
        "[registration]\nallowed_domains = ['Example.com', 'bücher.example']\nblocked_domains = ['x.example.com']",
    );
    let settings = place.settings();
    for address in ["a@example.com", "a@y.Example.COM", "a@xn--bcher-kva.example"] {
        assert!(takes(&settings, address), "{address}");
    }
    for address in ["a@x.example.com", "a@example.org"] {
        assert!(!takes(&settings, address), "{address}");
    }
    let wrong =
        Place::new().variable("PORTCULLIS_REGISTRATION_ALLOWED_DOMAINS", "example.com, *.example.org");
    assert_snapshot!(wrong.problems(), @r"
    the configuration has a problem:
      `registration.allowed_domains` = `example.com, *.example.org` (environment PORTCULLIS_REGISTRATION_ALLOWED_DOMAINS) has the member `*.example.org`, which is no domain
        fix: write the bare name after the `@`, such as `example.com`: it stands for all below it too
    ");
}

/// The same with a file of domains, which is not looked for in the directory of a test.
fn with_file(text: &str) -> (tempfile::NamedTempFile, Place) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    (file, Place::new().variable("PORTCULLIS_REGISTRATION_BLOCKED_DOMAINS_FILE", &path))
}

#[test]
fn a_file_of_domains_is_read_at_the_start() {
    let (_file, place) = with_file("\u{feff}# thrown away\r\ntrash.example\r\n\r\n  Müll.example  \n");
    let settings = place.variable("PORTCULLIS_REGISTRATION_BLOCKED_DOMAINS", "spam.example").settings();
    for address in ["a@trash.example", "a@b.trash.example", "a@müll.example", "a@spam.example"] {
        assert!(!takes(&settings, address), "{address}");
    }
    assert!(takes(&settings, "a@example.com"));
}

#[test]
fn a_file_of_domains_that_is_none_stops_the_start() {
    let place = Place::new().variable("PORTCULLIS_REGISTRATION_BLOCKED_DOMAINS_FILE", "/nowhere/domains.txt");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `registration.blocked_domains_file` = `/nowhere/domains.txt` (environment PORTCULLIS_REGISTRATION_BLOCKED_DOMAINS_FILE) cannot be read: No such file or directory (os error 2)
        fix: name a text file with one domain a line, readable by the user that the server runs as
    ");
    let (file, place) = with_file("a.example\n\nnot a domain\n");
    let problems = place.problems().replace(file.path().to_str().unwrap(), "[file]");
    assert_snapshot!(problems, @r"
    the configuration has a problem:
      `registration.blocked_domains_file` = `[file]` (environment PORTCULLIS_REGISTRATION_BLOCKED_DOMAINS_FILE) has no domain in line 3
        fix: name a text file with one domain a line, readable by the user that the server runs as
    ");
}

#[test]
fn a_long_file_of_domains_is_read_at_once() {
    let lines: Vec<_> = (0..100_000).map(|n| format!("trash-{n}.example.com")).collect();
    let (_file, place) = with_file(&lines.join("\n"));
    let begun = Instant::now();
    let settings = place.settings();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(settings.registration.domains.blocked.len(), 100_000);
}

#[test]
fn an_address_can_be_asked_for_before_a_login_or_for_some_paths() {
    let required = |text: &str| {
        let place = with_mail().variable("PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL", text);
        place.settings().account.required_email
    };
    assert_eq!(required("login"), RequiredEmail::LogIn);
    assert_eq!(
        required("/v1/me/export, /v1/admin"),
        RequiredEmail::Routes(vec!["/v1/me/export".into(), "/v1/admin".into()])
    );
    let slip = with_mail().variable("PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL", "/v1/admin, /v1/mee");
    assert_snapshot!(slip.problems(), @r"
    the configuration has a problem:
      `account.require_verified_email` = `/v1/admin, /v1/mee` (environment PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL) names `/v1/mee`, and there is no such path
        fix: `portcullis openapi` lists the paths of the API
    ");
    let in_the_way = with_mail().toml("[account]\nrequire_verified_email = ['/v1/me', '/v1/email/verify']");
    assert_snapshot!(in_the_way.problems(), @r"
    the configuration has a problem:
      `account.require_verified_email` = `/v1/me,/v1/email/verify` (portcullis.toml:2) has the member `/v1/email/verify`, and `/v1/email` is needed to verify an address
        fix: name what is to be kept from them more closely, or leave it out
    ");
}

#[test]
fn whoever_mistypes_an_address_is_to_be_able_to_correct_it() {
    let place =
        |text: &str| with_mail().variable("PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL", text).warnings();
    assert_snapshot!(place("/v1/admin, /v1/me"), @r"
    registration: `account.require_verified_email` = `/v1/admin, /v1/me` (environment PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL) keeps people from `/v1/me/email`: whoever has mistyped an address cannot correct it
      name what is to be kept from them more closely, such as `/v1/me/sessions`
    ");
    assert_eq!(place("/v1/me/sessions"), "");
}

#[test]
fn a_deletion_can_be_taken_back_in_production_for_an_hour_at_least() {
    let place = |grace: &str| with_mail().variable("PORTCULLIS_ACCOUNT_DELETION_GRACE", grace);
    assert_eq!(place("5s").settings().account.deletion_grace, Duration::from_secs(5));
    let production = |grace: &str| {
        let files = Place::new().in_production().variable("PORTCULLIS_MAIL_URL", "file:mails");
        files.variable("PORTCULLIS_ACCOUNT_DELETION_GRACE", grace)
    };
    for fine in ["0", "1h", "7d"] {
        assert!(production(fine).load().settings.is_ok(), "{fine}");
    }
    assert_snapshot!(production("59m").problems(), @r"
    the configuration has a problem:
      `account.deletion_grace` = `59m` (environment PORTCULLIS_ACCOUNT_DELETION_GRACE) is too short to take a deletion back
        fix: write `1h` or more, such as `7d`, or `0` to delete at once
    ");
    assert_snapshot!(production("7").problems(), @r"
    the configuration has a problem:
      `account.deletion_grace` = `7` (environment PORTCULLIS_ACCOUNT_DELETION_GRACE) has no unit
        fix: did you mean `7d`?
    ");
}

#[test]
fn a_dialect_that_logs_in_with_the_registration_cannot_wait_for_a_verified_address() {
    let place = |dialects: &str| {
        with_mail().dialects(dialects).variable("PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL", "login")
    };
    assert_snapshot!(place("auth-router,api-session=/old,bearer-pair=/pair").problems(), @r"
    the configuration has a problem:
      `account.require_verified_email` = `login` (environment PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL) cannot hold with `auth-router` and `api-session`: a registration there logs in at once, before an address can be verified
        fix: leave `auth-router` and `api-session` out of `dialects`, or list paths in place of `login`
    ");
    for dialects in ["bearer-pair", "users-cookies", "bearer-single"] {
        assert!(place(dialects).load().settings.is_ok(), "{dialects}");
    }
    assert_snapshot!(place("bearer-single").warnings().lines().take(2).collect::<Vec<_>>().join("\n"), @r"
    secrets: JWT_SECRET is missing: the tokens of `bearer-single` are signed with a secret that is made from the master key, and those of the older backend are not accepted
      fine where nobody has such tokens; else set JWT_SECRET to the secret of the older backend
    ");
    let known = portcullis_http::dialects::ALL.map(|dialect| dialect.name);
    for name in LOGS_IN_AT_REGISTRATION.into_iter().chain(REGISTERS_WITHOUT_EMAIL) {
        assert!(known.contains(&name), "{name}");
    }
}

#[test]
fn what_does_not_hold_for_dialects_is_warned_of() {
    let warnings = |place: Place| {
        let warnings = place.dialects("bearer-pair").settings().warnings;
        let about = warnings.into_iter().filter(|warning| warning.about == "registration");
        about.map(|warning| format!("{}\n  {}", warning.what, warning.advice)).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(warnings(with_mail()), @r"
    `registration.answer` = `conceal` (default) does not hold for `bearer-pair`: whoever registers there is told whether an address has an account
      clients of these backends expect it; once they have moved, leave them out of PORTCULLIS_DIALECTS
    ");
    assert_snapshot!(warnings(Place::new().toml("[registration]\naccess = 'invited'")), @r"
    `registration.access` = `invited` (portcullis.toml:2) closes the registration of `bearer-pair`: there are no invitations there
      fine where nobody registers there any more
    ");
    assert_eq!(warnings(Place::new()), "");
}
