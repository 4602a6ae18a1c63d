//! Which URLs are read, and what is said about the others?

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use secrecy::ExposeSecret as _;

use super::*;

fn parsed(url: &str, password: Option<&str>) -> Result<String, TransportError> {
    Transport::parse(url, password.map(SecretString::from)).map(|transport| match transport {
        Transport::Smtp(SmtpServer { host, port, encryption, login }) => {
            let login = login.map(|login| format!(" {}={}", login.user, login.password.expose_secret()));
            format!("{host} {port} {encryption:?}{}", login.unwrap_or_default())
        }
        Transport::File(directory) => format!("file {}", directory.display()),
        Transport::Console => "console".to_owned(),
    })
}

#[test]
fn a_url_says_where_and_how() {
    for (url, password, read) in [
        ("smtp://mail.example.com", None, "mail.example.com 587 StartTls"),
        ("SMTP://mail.example.com:2525/", None, "mail.example.com 2525 StartTls"),
        ("smtps://mail.example.com", None, "mail.example.com 465 Implicit"),
        ("smtp://me@mail.example.com", Some("pw"), "mail.example.com 587 StartTls me=pw"),
        (
            "smtps://me@example.com@mail.example.com",
            Some("pw"),
            "mail.example.com 465 Implicit me@example.com=pw",
        ),
        (
            "smtps://me%40example.com@mail.example.com:1",
            Some("p:@%"),
            "mail.example.com 1 Implicit me@example.com=p:@%",
        ),
        ("smtp://localhost?tls=none", None, "localhost 25 None"),
        ("smtp://127.0.0.1:1025?tls=none", None, "127.0.0.1 1025 None"),
        ("smtp://me@[::1]:1025?tls=none", Some("pw"), "::1 1025 None me=pw"),
        ("smtp://[::ffff:127.0.0.1]?tls=none", None, "::ffff:127.0.0.1 25 None"),
        ("smtp://relay?tls=opportunistic", None, "relay 587 Opportunistic"),
        ("smtp://me@localhost?tls=opportunistic", Some("pw"), "localhost 587 Opportunistic me=pw"),
        ("file:mails", None, "file mails"),
        ("file:/var/mails", None, "file /var/mails"),
        ("file:///var/mails", None, "file /var/mails"),
        (" console: ", None, "console"),
    ] {
        assert_eq!(parsed(url, password).as_deref(), Ok(read), "{url}");
    }
}

#[test]
fn what_is_wrong_with_a_url_is_said() {
    let remote = || "mail.example.com".to_owned();
    for (url, password, error) in [
        ("", None, TransportError::Scheme(String::new())),
        ("smtp", None, TransportError::Scheme("smtp".to_owned())),
        ("http://mail.example.com", None, TransportError::Scheme("http".to_owned())),
        ("smtp://", None, TransportError::NoHost),
        ("smtp://:587", None, TransportError::NoHost),
        ("smtp://::1", None, TransportError::NoHost),
        ("smtp://fe80::1", None, TransportError::Host("fe80::1".to_owned())),
        ("smtp://[::1]x", None, TransportError::Host("[::1]x".to_owned())),
        ("smtp://[nonsense]", None, TransportError::Host("[nonsense]".to_owned())),
        ("smtp://mail example", None, TransportError::Host("mail example".to_owned())),
        ("smtp://mail:0", None, TransportError::Port("0".to_owned())),
        ("smtp://mail:smtp", None, TransportError::Port("smtp".to_owned())),
        ("smtp://mail:70000", None, TransportError::Port("70000".to_owned())),
        ("smtp://mail/inbox", None, TransportError::Path),
        ("smtp://mail?tls=yes", None, TransportError::Parameter("tls=yes".to_owned())),
        ("smtps://localhost?tls=none", None, TransportError::Parameter("tls=none".to_owned())),
        ("smtp://me%4@mail", Some("pw"), TransportError::Encoding),
        ("smtp://me%0d%0a@mail", Some("pw"), TransportError::Encoding),
        ("smtp://me:pw@mail", None, TransportError::PasswordInUrl),
        ("smtp://me@mail", None, TransportError::NoPassword("me".to_owned())),
        ("smtp://mail", Some("pw"), TransportError::NoUser),
        ("smtp://mail.example.com?tls=none", None, TransportError::RemoteWithoutTls(remote())),
        ("smtp://me@mail.example.com?tls=none", Some("pw"), TransportError::LoginWithoutTls(remote())),
        (
            "smtp://me@mail.example.com?tls=opportunistic",
            Some("pw"),
            TransportError::LoginWithoutTls(remote()),
        ),
        ("file:", None, TransportError::NoDirectory),
        ("console:now", None, TransportError::ConsoleTakesNothing),
    ] {
        assert_eq!(parsed(url, password), Err(error), "{url}");
    }
}

#[test]
fn a_password_does_not_print() {
    let transport = Transport::parse("smtps://me@mail", Some(SecretString::from("very secret"))).unwrap();
    assert!(!format!("{transport:?}").contains("very secret"));
}
