//! How mails are sent, and what about them stops the start.

use insta::assert_snapshot;
use portcullis_core::model::Locale;
use portcullis_core::policy::RegistrationAnswer;
use secrecy::ExposeSecret as _;

use super::Place;
use crate::config::meant::{MailSecret, MailSettings};
use crate::config::report;
use crate::config::value::Value as _;

fn place(variables: &[(&str, &str)]) -> Place {
    variables.iter().fold(Place::new(), |place, (name, value)| place.variable(name, value))
}

fn mail(variables: &[(&str, &str)]) -> MailSettings {
    place(variables).settings().mail.unwrap()
}

const SMTP: [(&str, &str); 3] = [
    ("PORTCULLIS_MAIL_URL", "smtps://me@mail.example.com"),
    ("PORTCULLIS_MAIL_PASSWORD", "s3cret: 100%"),
    ("PORTCULLIS_MAIL_FROM", "Acme <no-reply@example.com>"),
];

#[test]
fn no_mail_is_sent_unless_somebody_says_how() {
    let settings = Place::new().settings();
    assert!(settings.mail.is_none());
    assert_eq!(settings.registration.answer, RegistrationAnswer::Reveal);
}

#[test]
fn the_console_needs_nothing_else() {
    let settings = place(&[("PORTCULLIS_MAIL_URL", "console:"), ("PORTCULLIS_PORT", "4000")]).settings();
    assert_eq!(settings.warnings, []);
    assert_eq!(settings.registration.answer, RegistrationAnswer::Conceal);
    assert_eq!(settings.links.as_str(), "http://localhost:4000/account");
    let mail = settings.mail.unwrap();
    assert_eq!(mail.from.show(), "Portcullis <no-reply@localhost>");
    assert_eq!((mail.locale, mail.per_address_hourly, mail.hourly), (Locale::En, 5, 1000));
}

#[test]
fn links_follow_a_port_that_the_system_gives() {
    let mut settings = place(&[("PORTCULLIS_MAIL_URL", "console:"), ("PORTCULLIS_PORT", "0")]).settings();
    settings.settle_on("127.0.0.1:4711".parse().unwrap());
    assert_eq!(settings.links.as_str(), "http://localhost:4711/account");
}

#[test]
fn the_sender_that_is_made_up_is_called_like_the_application_at_the_host_of_the_server() {
    let from = |name: &str, url: &str| {
        let console = ("PORTCULLIS_MAIL_URL", "console:");
        mail(&[console, ("PORTCULLIS_MAIL_APP_NAME", name), ("PORTCULLIS_PUBLIC_URL", url)]).from.show()
    };
    assert_eq!(from("Acme", "https://auth.acme.com"), "Acme <no-reply@auth.acme.com>");
    assert_eq!(from("Acme: Shop", "https://auth.acme.com"), "no-reply@auth.acme.com");
    assert_eq!(from("Acme", "https://[::1]:1"), "no-reply@localhost");
}

#[test]
fn a_mail_server_is_told_who_we_are_and_its_password_is_not_shown() {
    let configuration = place(&SMTP).load();
    let shown = report::table(&configuration.effective) + &report::json(&configuration.effective).to_string();
    assert!(!shown.contains("s3cret"));
    let settings = configuration.settings.unwrap();
    assert!(!format!("{settings:?}").contains("s3cret"));
    let mail = settings.mail.unwrap();
    assert_eq!((mail.url.show().as_str(), mail.from.show().as_str()), (SMTP[0].1, SMTP[2].1));
    let Some(MailSecret::Given(password)) = mail.password else { panic!("no password") };
    assert_eq!(password.expose_secret(), SMTP[1].1);
    let [url, _, from] = SMTP;
    let in_file = mail_of_file(&[url, from]);
    assert!(matches!(in_file.password, Some(MailSecret::File(path)) if path.ends_with("mail.password")));
}

fn mail_of_file(variables: &[(&str, &str)]) -> MailSettings {
    place(variables).variable("PORTCULLIS_MAIL_PASSWORD_FILE", "mail.password").settings().mail.unwrap()
}

#[test]
fn a_mail_server_needs_a_sender_and_a_user_a_password() {
    let [url, password, from] = SMTP;
    assert_snapshot!(place(&[url]).problems(), @r"
    the configuration has 2 problems:
      `mail.from` is missing, and `mail.url` = `smtps://me@mail.example.com` (environment PORTCULLIS_MAIL_URL) needs it
        fix: set PORTCULLIS_MAIL_FROM to an address that the mail server may send for, such as `Acme <no-reply@example.com>`
      `mail.url` = `smtps://me@mail.example.com` (environment PORTCULLIS_MAIL_URL) names a user, and there is no password
        fix: set PORTCULLIS_MAIL_PASSWORD or PORTCULLIS_MAIL_PASSWORD_FILE; if the server asks for none, leave the user out of the URL
    ");
    let without_user = ("PORTCULLIS_MAIL_URL", "smtps://mail.example.com");
    assert_snapshot!(place(&[without_user, password, from]).problems(), @r"
    the configuration has a problem:
      `mail.password` (environment PORTCULLIS_MAIL_PASSWORD) is written, and `mail.url` = `smtps://mail.example.com` (environment PORTCULLIS_MAIL_URL) names no user
        fix: write the user into the URL, as in `smtps://user@mail.example.com`, or remove the password
    ");
    assert!(place(&[without_user, from]).load().settings.is_ok());
    let twice = place(&SMTP).variable("PORTCULLIS_MAIL_PASSWORD_FILE", "x");
    assert_snapshot!(twice.problems(), @r"
    the configuration has a problem:
      `mail.password` (environment PORTCULLIS_MAIL_PASSWORD) and `mail.password_file` = `x` (environment PORTCULLIS_MAIL_PASSWORD_FILE) are both written
        fix: keep one of the two
    ");
}

#[test]
fn a_password_stays_out_of_the_url_and_is_sent_over_tls_only() {
    let problems = |url: &str| place(&[SMTP[1], SMTP[2], ("PORTCULLIS_MAIL_URL", url)]).problems();
    assert_snapshot!(problems("smtps://me:hunter2@mail.example.com"), @r"
    the configuration has a problem:
      `mail.url` = `smtps://me:********@********` (environment PORTCULLIS_MAIL_URL) has a password, which would be seen in logs and by other users
        fix: write it as `mail.password`, or into a file that `mail.password_file` names
    ");
    assert_snapshot!(problems("smtp://me@mail.example.com?tls=none"), @r"
    the configuration has a problem:
      `mail.url` = `smtp://me@********` (environment PORTCULLIS_MAIL_URL) would send the password over the network in plain text
        fix: leave `?tls=…` out, or let a relay on this machine send, without a user
    ");
    assert_snapshot!(problems("smtp://me@mail.example.com?tls=opportunistic"), @r"
    the configuration has a problem:
      `mail.url` = `smtp://me@********` (environment PORTCULLIS_MAIL_URL) would send the password over the network in plain text
        fix: leave `?tls=…` out, or let a relay on this machine send, without a user
    ");
    let here = [SMTP[1], SMTP[2], ("PORTCULLIS_MAIL_URL", "smtp://me@localhost:1025?tls=none")];
    assert!(place(&here).load().settings.is_ok());
}

#[test]
fn what_is_said_about_mails_needs_a_way_to_send_them() {
    let place =
        Place::new().toml("[mail]\nfrom = 'a@example.com'\nhourly = 7\n[account]\ndeletion_grace = '1d'");
    assert_snapshot!(place.problems(), @r"
    the configuration has 3 problems:
      `mail.from` = `a@example.com` (portcullis.toml:2) says nothing without `mail.url`
        fix: set PORTCULLIS_MAIL_URL, such as `smtps://user@mail.example.com`, or leave it out
      `mail.hourly` = `7` (portcullis.toml:3) says nothing without `mail.url`
        fix: set PORTCULLIS_MAIL_URL, such as `smtps://user@mail.example.com`, or leave it out
      `account.deletion_grace` = `1d` (portcullis.toml:5) says nothing without `mail.url`: there would be no link to keep an account
        fix: set PORTCULLIS_MAIL_URL, such as `smtps://user@mail.example.com`, or leave it out: accounts are deleted at once
    ");
    let none = Place::new().toml("[account]\ndeletion_grace = 0");
    assert!(none.load().settings.is_ok());
    let files = Place::new().toml("[mail]\nurl = 'file:mails'\npassword = 'x'\nca_file = 'ca.pem'");
    assert_snapshot!(files.problems(), @r"
    the configuration has 2 problems:
      `mail.password` (portcullis.toml:3) has no effect: `mail.url` = `file:mails` (portcullis.toml:2) asks no mail server
        fix: remove `mail.password`
      `mail.ca_file` = `ca.pem` (portcullis.toml:4) has no effect: `mail.url` = `file:mails` (portcullis.toml:2) asks no mail server
        fix: remove `mail.ca_file`
    ");
}

#[test]
fn production_sends_no_links_to_the_console_and_leads_to_https_only() {
    let console = Place::new().in_production().variable("PORTCULLIS_MAIL_URL", "console:");
    assert_snapshot!(console.problems(), @r"
    the configuration has a problem:
      `mail.url` = `console:` (environment PORTCULLIS_MAIL_URL) writes links into the log, which production refuses
        fix: name a mail server, as in `smtps://user@mail.example.com`
    ");
    let plain =
        place(&SMTP).in_production().variable("PORTCULLIS_MAIL_LINKS", "http://app.example.com/account");
    assert_snapshot!(plain.problems(), @r"
    the configuration has a problem:
      `mail.links` = `http://app.example.com/account` (environment PORTCULLIS_MAIL_LINKS) is not https, which production needs
        fix: write the https address: the links open accounts
    ");
    let settings = place(&SMTP).in_production().settings();
    assert_eq!(settings.warnings, []);
    assert_eq!(settings.links.as_str(), "https://auth.example.com/account");
    let files = Place::new().in_production().variable("PORTCULLIS_MAIL_URL", "file:/var/spool/portcullis");
    assert_snapshot!(files.warnings(), @r"
    mail: `mail.url` = `file:/var/spool/portcullis` (environment PORTCULLIS_MAIL_URL) writes mails into files, and delivers none
      fine where something delivers them from there; let nobody else read that directory: the links open accounts
    ");
}
