//! What is wrong when the connection to a database server cannot be protected?

use std::fs;

use sqlx::Error;

use super::pool::ConnectError;
use crate::options::Tls;

/// Whether the file of authorities can be read at all; the driver would not say which file it is.
pub(crate) fn check_authorities(tls: &Tls) -> Result<(), ConnectError> {
    let Tls::VerifyFull { ca: Some(ca) } = tls else { return Ok(()) };
    let read = fs::read(ca);
    let is_pem =
        read.as_ref().is_ok_and(|pem| String::from_utf8_lossy(pem).contains("-----BEGIN CERTIFICATE-----"));
    let cause = match read {
        Err(error) => format!("the certificate authorities {} cannot be read: {error}", ca.display()),
        Ok(_) if !is_pem => format!("{} holds no certificate in PEM form", ca.display()),
        Ok(_) => return Ok(()),
    };
    Err(ConnectError::lasting(cause, "name the PEM file of the authority with PORTCULLIS_DATABASE_TLS_CA"))
}

/// What to do about a failure to agree on encryption; `None` when the failure is another one.
pub(crate) fn explain(error: &Error, tls: &Tls) -> Option<ConnectError> {
    let cause = match error {
        Error::Tls(_) | Error::Configuration(_) => error.to_string(),
        Error::Io(inner) if is_about_certificates(&inner.to_string()) => inner.to_string(),
        _ => return None,
    };
    Some(ConnectError::lasting(cause.clone(), advice(&cause, tls)))
}

fn is_about_certificates(text: &str) -> bool {
    ["certificate", "AlertReceived", "HandshakeFailure", "PeerIncompatible"]
        .iter()
        .any(|word| text.contains(word))
}

/// The words are those of rustls.
fn advice(cause: &str, tls: &Tls) -> &'static str {
    if cause.contains("CaUsedAsEndEntity") {
        return "the server shows a certificate that is its own authority, which nobody may rely on: make an \
                authority and a certificate signed by it, or believe whoever answers: PORTCULLIS_DATABASE_TLS=require";
    }
    if cause.contains("UnknownIssuer") || cause.contains("BadSignature") {
        return match tls {
            Tls::VerifyFull { ca: Some(_) } => {
                "the server's certificate is not by the authority that PORTCULLIS_DATABASE_TLS_CA names"
            }
            _ => "name the PEM file of the server's authority with PORTCULLIS_DATABASE_TLS_CA",
        };
    }
    if cause.contains("NotValidForName") || cause.contains("not valid for name") {
        return "reach the server by a name that is in its certificate";
    }
    if cause.contains("Expired") || cause.contains("NotValidYet") {
        return "renew the server's certificate, or set the clock of this machine";
    }
    if cause.contains("does not support TLS") || cause.contains("not support") {
        return "switch TLS on at the server; for a server on this machine or a network of your own, \
                PORTCULLIS_DATABASE_TLS=off does without";
    }
    "see the server's log; PORTCULLIS_DATABASE_TLS decides what is demanded of it"
}
