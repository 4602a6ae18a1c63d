//! When the server speaks HTTPS itself.

use insta::assert_snapshot;
use portcullis_http::Hsts;

use super::Place;
use crate::config::meant::{AcmeSettings, CertificateSource};
use crate::config::value::AcmeDirectory;

fn with_both() -> Place {
    Place::new().toml("[tls]\ncert = 'chain.pem'\nkey = 'key.pem'")
}

#[test]
fn without_files_the_server_speaks_plain_http() {
    assert!(Place::new().settings().tls.is_none());
}

#[test]
fn with_both_files_the_address_of_a_server_in_development_is_https() {
    let mut settings = with_both().flag_port("0").settings();
    let CertificateSource::Files(files) = &settings.tls.as_ref().unwrap().certificate else {
        panic!("{settings:?}");
    };
    assert_eq!(files.cert.path.to_str(), Some("chain.pem"));
    settings.settle_on("127.0.0.1:4567".parse().unwrap());
    assert_eq!(settings.public_url.as_str(), "https://localhost:4567");
    assert_eq!(settings.token.issuer, "https://localhost:4567");
}

#[test]
fn an_address_that_was_written_stays_as_it_is() {
    let mut settings =
        with_both().flag_port("0").variable("PORTCULLIS_PUBLIC_URL", "https://auth.example.com").settings();
    settings.settle_on("127.0.0.1:4567".parse().unwrap());
    assert_eq!(settings.public_url.as_str(), "https://auth.example.com");
}

#[test]
fn one_file_without_the_other_is_refused() {
    assert_snapshot!(Place::new().toml("[tls]\ncert = 'chain.pem'").problems(), @r"
    the configuration has a problem:
      `tls.cert` = `chain.pem` (portcullis.toml:2) is written, and `tls.key` is not
        fix: set PORTCULLIS_TLS_KEY to the other file, or leave both out
    ");
    assert_snapshot!(Place::new().variable("PORTCULLIS_TLS_KEY", "key.pem").problems(), @r"
    the configuration has a problem:
      `tls.key` = `key.pem` (environment PORTCULLIS_TLS_KEY) is written, and `tls.cert` is not
        fix: set PORTCULLIS_TLS_CERT to the other file, or leave both out
    ");
}

fn with_acme(toml: &str) -> Place {
    Place::new().toml(&format!("[tls]\nacme_domains = ['auth.example.com', 'login.example.com']\n{toml}"))
}

fn acme(place: Place) -> AcmeSettings {
    let settings = place.settings();
    match settings.tls.unwrap().certificate {
        CertificateSource::Acme(acme) => acme,
        other @ CertificateSource::Files(_) => panic!("{other:?}"),
    }
}

#[test]
fn a_certificate_can_be_ordered_for_some_names() {
    let ordered = acme(with_acme("acme_directory = 'letsencrypt-staging'\nacme_contact = 'a@example.com'"));
    assert_eq!(ordered.domains, ["auth.example.com", "login.example.com"]);
    assert_eq!(ordered.directory, AcmeDirectory::LetsEncryptStaging);
    assert_eq!(ordered.contact.as_deref(), Some("a@example.com"));
    let place = ordered.kept_in.to_str();
    assert_eq!(place, Some("./data/acme/acme-staging-v02.api.letsencrypt.org_directory"));
}

#[test]
fn what_is_wanted_of_an_authority_and_cannot_work_is_refused() {
    assert_snapshot!(with_acme("").problems(), @r"
    the configuration has a problem:
      `tls.acme_domains` = `auth.example.com, login.example.com` (portcullis.toml:2) orders real certificates from development
        fix: set PORTCULLIS_TLS_ACME_DIRECTORY=letsencrypt-staging for a trial, or PORTCULLIS_ENV=production
    ");
    assert_snapshot!(with_acme("acme_directory = 'letsencrypt-staging'\ncert = 'a'\nkey = 'b'").problems(), @r"
    the configuration has a problem:
      `tls.cert` = `a` (portcullis.toml:4) and `tls.acme_domains` = `auth.example.com, login.example.com` (portcullis.toml:2) are two certificates
        fix: keep the files, or have one issued: leave the others out
    ");
    assert_snapshot!(Place::new().toml("[tls]\nacme_contact = 'a@example.com'").problems(), @r"
    the configuration has a problem:
      `tls.acme_contact` = `a@example.com` (portcullis.toml:2) says nothing without `tls.acme_domains`
        fix: set PORTCULLIS_TLS_ACME_DOMAINS to the names of this server, or leave it out
    ");
    assert_snapshot!(Place::new().variable("PORTCULLIS_TLS_ACME_DOMAINS", "192.0.2.1").problems(), @r"
    the configuration has a problem:
      `tls.acme_domains` = `192.0.2.1` (environment PORTCULLIS_TLS_ACME_DOMAINS) has the member `192.0.2.1`, which is an address
        fix: write a name; for an address name files with `tls.cert` and `tls.key`
    ");
}

#[test]
fn names_and_ports_that_an_authority_will_not_find_are_warned_of() {
    let settings = with_acme("acme_directory = 'letsencrypt-staging'").settings();
    let warnings: Vec<_> = settings.warnings.iter().map(|warning| warning.what.as_str()).collect();
    assert_snapshot!(warnings.join("\n"), @r"
    the authority connects to port 443, and this server listens on 3000
    `public_url` leads to localhost, which is not in `tls.acme_domains` = `auth.example.com, login.example.com` (portcullis.toml:2)
    ");
    let place = with_acme("acme_directory = 'letsencrypt-staging'").variable("PORTCULLIS_PORT", "443");
    let place = place.variable("PORTCULLIS_PUBLIC_URL", "https://login.example.com");
    assert!(place.settings().warnings.is_empty());
}

#[test]
fn a_port_for_plain_http_needs_https_beside_it_and_a_number_of_its_own() {
    let redirect = ("PORTCULLIS_TLS_REDIRECT_PORT", "8080");
    let settings = with_both().variable(redirect.0, redirect.1).settings();
    assert_eq!(settings.tls.unwrap().redirect_port, Some(8080));
    assert_snapshot!(Place::new().variable(redirect.0, redirect.1).problems(), @r"
    the configuration has a problem:
      `tls.redirect_port` = `8080` (environment PORTCULLIS_TLS_REDIRECT_PORT) sends to HTTPS, which this server does not speak
        fix: leave it out, and let the proxy that ends TLS do it; or set `tls.cert` and `tls.key`
    ");
    assert_snapshot!(with_both().variable(redirect.0, redirect.1).variable("PORT", "8080").problems(), @r"
    the configuration has a problem:
      `tls.redirect_port` = `8080` (environment PORTCULLIS_TLS_REDIRECT_PORT) is the port of HTTPS itself: `port` = `8080` (environment PORT)
        fix: take another, commonly 80 beside 443
    ");
}

#[test]
fn browsers_are_held_to_https_in_production_and_where_somebody_wants_it() {
    assert_eq!(Place::new().settings().hsts, Hsts::Off);
    let written = |place: Place, word: &str| place.variable("PORTCULLIS_TLS_HSTS", word);
    assert_eq!(written(with_both(), "host").settings().hsts, Hsts::Host);
    assert_eq!(written(Place::new(), "off").settings().hsts, Hsts::Off);
    assert_snapshot!(written(Place::new(), "subdomains").problems(), @r"
    the configuration has a problem:
      `tls.hsts` = `subdomains` (environment PORTCULLIS_TLS_HSTS) would lock browsers out: `public_url` = `http://localhost:3000` (default) is not https
        fix: leave it out; production has it by itself
    ");
}
