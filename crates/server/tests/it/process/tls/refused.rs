//! What is said about files that no client could be served with?

use std::fs;

use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use serde_json::Value;

use super::super::deployment::Deployment;
use super::authority::{Authority, CERT, KEY, deployment, localhost, set_mode};

const MASTER_KEY: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";

fn good() -> Deployment {
    deployment(&Authority::new().issue(&localhost()))
}

/// Has the server refused over one problem, said with both key and source, and makes nothing.
fn assert_refused(deployment: &Deployment, cited: &str, words: &[&str]) {
    let complaint = deployment.refused().complaint(1);
    let cited = format!("{cited} (environment PORTCULLIS_TLS_");
    for word in words.iter().chain([&cited.as_str(), &"the configuration has a problem:", &"    fix: "]) {
        assert!(complaint.contains(word), "{word:?} is missing:\n{complaint}");
    }
    assert!(!deployment.data_dir().exists());
}

fn assert_cert_refused(deployment: &Deployment, words: &[&str]) {
    assert_refused(deployment, "`tls.cert` = `chain.pem`", words);
}

fn assert_key_refused(deployment: &Deployment, words: &[&str]) {
    assert_refused(deployment, "`tls.key` = `key.pem`", words);
}

#[test]
fn one_file_without_the_other() {
    assert_cert_refused(
        &good().without("PORTCULLIS_TLS_KEY"),
        &["`tls.key` is not", "set PORTCULLIS_TLS_KEY"],
    );
    assert_key_refused(
        &good().without("PORTCULLIS_TLS_CERT"),
        &["`tls.cert` is not", "set PORTCULLIS_TLS_CERT"],
    );
}

#[test]
fn files_that_are_not_there_are_told_together() {
    let deployment = good();
    for file in [CERT, KEY] {
        fs::remove_file(deployment.directory().join(file)).unwrap();
    }
    let complaint = deployment.refused().complaint(1);
    assert!(complaint.contains("the configuration has 2 problems:"), "{complaint}");
    assert_eq!(complaint.matches("cannot be read: No such file").count(), 2, "{complaint}");
}

#[test]
fn a_file_that_cannot_be_read() {
    let deployment = good();
    fs::remove_file(deployment.directory().join(CERT)).unwrap();
    fs::create_dir(deployment.directory().join(CERT)).unwrap();
    assert_cert_refused(&deployment, &["cannot be read: Is a directory", "let the user"]);
}

#[test]
fn what_is_not_pem() {
    for junk in ["", "\u{30}\u{1}", "-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n"] {
        let deployment = good();
        fs::write(deployment.directory().join(CERT), junk).unwrap();
        assert_cert_refused(&deployment, &["does not hold certificates in PEM", "-inform der"]);
    }
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let deployment = good();
    fs::write(deployment.directory().join(CERT), empty).unwrap();
    assert_cert_refused(&deployment, &["cannot be understood"]);
}

#[test]
fn a_key_that_is_not_one_is_not_quoted() {
    for (junk, word) in [
        ("swordfish", "does not hold a private key in PEM"),
        ("-----BEGIN PRIVATE KEY-----\nswordfish\n-----END PRIVATE KEY-----\n", "private key"),
        (
            "-----BEGIN PRIVATE KEY-----\nc3dvcmRmaXNo\n-----END PRIVATE KEY-----\n",
            "no private key that TLS can use",
        ),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "a passphrase",
        ),
    ] {
        let deployment = good();
        fs::write(deployment.directory().join(KEY), junk).unwrap();
        assert_key_refused(&deployment, &[word]);
        assert!(!deployment.refused().complaint(1).contains("swordfish"));
    }
}

#[test]
fn a_key_of_another_certificate() {
    let authority = Authority::new();
    let (cert, _) = authority.issue(&localhost());
    let (_, key) = authority.issue(&localhost());
    assert_cert_refused(&deployment(&(cert, key)), &["is not the certificate of `tls.key`", "comes first"]);
}

#[test]
fn a_certificate_out_of_its_time() {
    let mut params = localhost();
    params.not_after = date_time_ymd(2020, 2, 29);
    let expired = deployment(&Authority::new().issue(&params));
    assert_cert_refused(&expired, &["expired at 2020-02-29T00:00:00.000Z", "renew"]);
    let mut params = localhost();
    params.not_before = date_time_ymd(3000, 1, 1);
    let early = deployment(&Authority::new().issue(&params));
    assert_cert_refused(&early, &["begins at 3000-01-01T00:00:00.000Z", "clock"]);
}

#[test]
fn a_certificate_that_is_for_clients() {
    let mut params = localhost();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_cert_refused(&deployment(&Authority::new().issue(&params)), &["is not for servers", "serverAuth"]);
}

#[tokio::test]
async fn a_key_that_everybody_can_use_in_production_and_nowhere_else() {
    let deployment = good();
    set_mode(&deployment, KEY, 0o644);
    super::listening(&deployment).await;

    let production = |deployment: Deployment| {
        deployment
            .with("PORTCULLIS_ENV", "production")
            .with("PORTCULLIS_HOST", "127.0.0.1")
            .with("PORTCULLIS_PUBLIC_URL", "https://localhost")
            .with("PORTCULLIS_MASTER_KEY", MASTER_KEY)
    };
    let deployment = production(good());
    set_mode(&deployment, KEY, 0o644);
    assert_key_refused(&deployment, &["used by everybody on this machine (mode 644)", "chmod 600 key.pem"]);
    set_mode(&deployment, KEY, 0o640);
    super::listening(&deployment).await;
}

/// What the doctor says about TLS.
pub(super) fn diagnosis(deployment: &Deployment) -> (String, String) {
    let outcome = deployment.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["check"] == "tls").unwrap();
    let text = |name: &str| finding[name].as_str().unwrap().to_owned();
    (text("verdict"), text("seen"))
}

#[test]
fn the_doctor_looks_at_the_certificate() {
    let said = |verdict: &str, seen: &str| (verdict.to_owned(), seen.to_owned());
    let until = "a certificate for localhost until 4096-01-01T00:00:00.000Z";
    assert_eq!(diagnosis(&good()), said("ok", until));

    let elsewhere = good().with("PORTCULLIS_PUBLIC_URL", "https://auth.example.com/x");
    assert_eq!(diagnosis(&elsewhere), said("warn", "the certificate is not for auth.example.com"));

    let mut params = localhost();
    params.not_after = time::OffsetDateTime::now_utc() + time::Duration::days(7);
    let (verdict, seen) = diagnosis(&deployment(&Authority::new().issue(&params)));
    assert_eq!(verdict, "warn");
    assert!(seen.starts_with("the certificate for localhost expires at "), "{seen}");

    let deployment = good();
    fs::remove_file(deployment.directory().join(KEY)).unwrap();
    let (verdict, seen) = diagnosis(&deployment);
    assert_eq!(verdict, "fail");
    assert!(seen.contains("`tls.key` = `key.pem` (environment PORTCULLIS_TLS_KEY) cannot be read"), "{seen}");
}
