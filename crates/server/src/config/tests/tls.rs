//! When the server speaks HTTPS itself.

use insta::assert_snapshot;

use super::Place;

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
    assert_eq!(settings.tls.as_ref().unwrap().cert.path.to_str(), Some("chain.pem"));
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
