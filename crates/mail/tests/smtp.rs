//! What do mail servers take, and what do we make of it when they do not?

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use portcullis_core::model::mail::{Letter, LetterKind};
use portcullis_core::model::{Email, Locale, MailId, Timestamp};
use portcullis_core::ports::{Mailer as _, SendError};
use portcullis_crypto::one_time::OneTimeCode;
use portcullis_mail::testing::{
    Addresses, Behaviour, ServerCertificate, ServerOptions, ServerTls, TestMailServer,
};
use portcullis_mail::{MailSettings, Transport, Writer};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use secrecy::SecretString;
use tempfile::TempDir;

const USER: &str = "portcullis@example.com";
const PASSWORD: &str = "correct horse battery staple";
const TOKEN: &str = "pc_ot_bm9ib2R5LWhhcy1ldmVyLXVzZWQtdGhpcy10b2tlbi4";

fn letter(number: u8) -> Letter {
    Letter {
        id: MailId::new(Timestamp::from_seconds(1_795_291_740), [number; 10]),
        to: Email::parse("alex@example.org").unwrap(),
        locale: Locale::De,
        kind: LetterKind::VerifyEmail,
        link: Some(SecretString::from(format!("https://auth.example.com/account/confirm?token={TOKEN}"))),
        code: OneTimeCode::parse("7KQ4-M2XD"),
        valid_for: Some(Duration::from_hours(24)),
        at: Timestamp::from_seconds(1_795_291_740),
        address: None,
        user_agent: None,
        other_email: None,
        due_at: None,
    }
}

fn settings(url: &str, password: Option<&str>) -> MailSettings {
    let transport = Transport::parse(url, password.map(SecretString::from)).unwrap();
    let mut settings = MailSettings::new(transport, "My App <no-reply@example.com>", "My App");
    settings.timeouts.step = Duration::from_secs(5);
    settings.timeouts.mail = Duration::from_secs(10);
    settings
}

fn mailer(settings: &MailSettings) -> Arc<Writer> {
    portcullis_mail::open(settings).unwrap()
}

/// An authority and a certificate of it, in files.
struct Certificates {
    folder: TempDir,
}

impl Certificates {
    fn of(host: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let root = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        for (name, text) in [("ca", root.pem()), ("server", certificate.pem()), ("key", key.serialize_pem())]
        {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca")
    }

    fn of_server(&self) -> ServerCertificate {
        ServerCertificate {
            certificate: self.folder.path().join("server"),
            key: self.folder.path().join("key"),
        }
    }
}

/// A server that asks for a password after STARTTLS, and what it takes to use it.
async fn careful_server(certificates: &Certificates) -> (TestMailServer, MailSettings) {
    let server = TestMailServer::start(ServerOptions {
        tls: ServerTls::StartTls(certificates.of_server()),
        login: Some((USER.to_owned(), PASSWORD.to_owned())),
        ..ServerOptions::default()
    })
    .await;
    let mut settings = settings(&format!("smtp://{USER}@127.0.0.1:{}", server.port()), Some(PASSWORD));
    settings.ca_file = Some(certificates.ca_file());
    (server, settings)
}

fn later(outcome: Result<(), SendError>) -> String {
    match outcome {
        Err(SendError::Later { cause }) => cause,
        other => unreachable!("{other:?}"),
    }
}

fn refused(outcome: Result<(), SendError>) -> String {
    match outcome {
        Err(SendError::Refused { cause }) => cause,
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mail_arrives_by_starttls_and_with_a_password() {
    let certificates = Certificates::of("127.0.0.1");
    let (mut server, settings) = careful_server(&certificates).await;
    mailer(&settings).send(&letter(1)).await.unwrap();
    let mail = server.next_mail().await;
    assert!(mail.tls);
    assert_eq!(mail.user.as_deref(), Some(USER));
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("no-reply@example.com", &["alex@example.org".to_owned()][..])
    );
    assert_eq!(mail.subject, "Bestätigen Sie Ihre E-Mail-Adresse für My App");
    assert_eq!((mail.token(), mail.code()), (Some(TOKEN), Some("7KQ4-M2XD")));
    assert!(mail.html.contains("für Ihr Konto bei My App") && mail.text.contains("gehört"));
    assert_eq!(mail.headers["message-id"], format!("<{}@example.com>", letter(1).id));
    assert_eq!(mail.headers["auto-submitted"], "auto-generated");
}

#[tokio::test]
async fn a_mail_arrives_by_tls_from_the_start() {
    let certificates = Certificates::of("127.0.0.1");
    let tls = ServerTls::Implicit(certificates.of_server());
    let login = Some((USER.to_owned(), PASSWORD.to_owned()));
    let mut server = TestMailServer::start(ServerOptions { tls, login, ..ServerOptions::default() }).await;
    let mut settings = settings(&format!("smtps://{USER}@127.0.0.1:{}", server.port()), Some(PASSWORD));
    settings.ca_file = Some(certificates.ca_file());
    mailer(&settings).send(&letter(1)).await.unwrap();
    assert!(server.next_mail().await.tls);
}

#[tokio::test]
async fn a_wrong_password_kills_no_mail() {
    let certificates = Certificates::of("127.0.0.1");
    let (mut server, settings) = careful_server(&certificates).await;
    let url = format!("smtp://{USER}@127.0.0.1:{}", server.port());
    let wrong = MailSettings { transport: Transport::parse(&url, Some("wrong".into())).unwrap(), ..settings };
    let cause = later(mailer(&wrong).send(&letter(1)).await);
    assert!(cause.contains("login") && cause.contains("mail.password") && cause.contains("535"), "{cause}");
    assert_eq!(server.state().await.mails, 0);
}

#[tokio::test]
async fn a_login_that_is_missing_kills_no_mail() {
    let certificates = Certificates::of("127.0.0.1");
    let (server, settings) = careful_server(&certificates).await;
    let url = format!("smtp://127.0.0.1:{}", server.port());
    let anonymous = MailSettings { transport: Transport::parse(&url, None).unwrap(), ..settings };
    let cause = later(mailer(&anonymous).send(&letter(1)).await);
    assert!(cause.contains("530"), "{cause}");
}

#[tokio::test]
async fn a_certificate_that_nobody_we_trust_made_or_of_another_host_stops_everything() {
    let (ours, others) = (Certificates::of("127.0.0.1"), Certificates::of("mail.example.com"));
    let (mut server, mut settings) = careful_server(&ours).await;
    settings.ca_file = None;
    let cause = later(mailer(&settings).send(&letter(1)).await);
    assert!(cause.contains("STARTTLS") && cause.contains("UnknownIssuer"), "{cause}");
    assert!(cause.ends_with("name its certificate in `mail.ca_file`"), "{cause}");
    assert_eq!(server.state().await.mails, 0);

    let (mut server, settings) = careful_server(&others).await;
    let cause = later(mailer(&settings).send(&letter(1)).await);
    assert!(cause.contains("not valid for name"), "{cause}");
    assert_eq!(server.state().await.mails, 0);
}

#[tokio::test]
async fn nothing_is_sent_without_tls_where_tls_was_asked_for() {
    let mut server = TestMailServer::plain().await;
    let cause =
        later(mailer(&settings(&format!("smtp://127.0.0.1:{}", server.port()), None)).send(&letter(1)).await);
    assert!(cause.contains("offers no STARTTLS"), "{cause}");
    assert_eq!(server.state().await.mails, 0);
}

#[tokio::test]
async fn what_is_opportunistic_takes_tls_where_it_is_offered() {
    let certificates = Certificates::of("127.0.0.1");
    let mut plain = TestMailServer::plain().await;
    let tls = ServerTls::StartTls(certificates.of_server());
    let mut encrypted = TestMailServer::start(ServerOptions { tls, ..ServerOptions::default() }).await;
    for server in [&mut plain, &mut encrypted] {
        let mut settings = settings(&format!("smtp://127.0.0.1:{}?tls=opportunistic", server.port()), None);
        settings.ca_file = Some(certificates.ca_file());
        mailer(&settings).send(&letter(1)).await.unwrap();
    }
    assert_eq!((plain.next_mail().await.tls, encrypted.next_mail().await.tls), (false, true));
}

#[tokio::test]
async fn a_greylisted_mail_is_the_same_when_it_comes_again() {
    let mut server = TestMailServer::plain().await;
    let mailer = mailer(&settings(&server.url(), None));
    server.behave(Behaviour::Greylist).await;
    let cause = later(mailer.send(&letter(1)).await);
    assert!(cause.contains("RCPT TO") && cause.contains("451"), "{cause}");
    mailer.send(&letter(1)).await.unwrap();
    mailer.send(&letter(1)).await.unwrap();
    let (first, second) = (server.next_mail().await, server.next_mail().await);
    assert_eq!(first.data, second.data);
}

#[tokio::test]
async fn a_refusal_is_final_when_it_is_about_the_mail() {
    let mut server = TestMailServer::plain().await;
    let mailer = mailer(&settings(&server.url(), None));
    server.behave(Behaviour::Refuse).await;
    assert!(refused(mailer.send(&letter(1)).await).contains("550"));
    server.behave(Behaviour::RefuseSender).await;
    assert!(later(mailer.send(&letter(1)).await).contains("MAIL FROM"));
    server.behave(Behaviour::Scold).await;
    let cause = refused(mailer.send(&letter(1)).await);
    assert!(cause.contains("we do not like […]") && !cause.contains("pc_ot_"), "{cause}");
    server.behave(Behaviour::Accept).await;
    mailer.send(&letter(1)).await.unwrap();
}

#[tokio::test]
async fn a_server_that_takes_too_long_or_hangs_up_gets_the_mail_again() {
    let mut server = TestMailServer::plain().await;
    let mut settings = settings(&server.url(), None);
    settings.timeouts.mail = Duration::from_millis(500);
    let hurried = mailer(&settings);
    server.behave(Behaviour::Slow(60_000)).await;
    let cause = later(hurried.send(&letter(1)).await);
    assert!(cause.contains("within 500ms"), "{cause}");
    server.behave(Behaviour::Drop).await;
    later(hurried.send(&letter(1)).await);
    server.behave(Behaviour::Accept).await;
    hurried.send(&letter(1)).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_away_gets_the_mail_later() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cause = later(mailer(&settings(&format!("smtp://127.0.0.1:{free}"), None)).send(&letter(1)).await);
    assert!(cause.starts_with(&format!("127.0.0.1:{free}: the connection failed: ")), "{cause}");
    assert!(cause.contains("refused"), "{cause}");
}

#[tokio::test]
async fn a_connection_serves_one_mail_after_another_until_it_is_gone() {
    let mut server = TestMailServer::plain().await;
    let mailer = mailer(&settings(&server.url(), None));
    for number in 1..=3 {
        mailer.send(&letter(number)).await.unwrap();
    }
    assert_eq!(server.state().await.connections, 1);
    server.hang_up().await;
    mailer.send(&letter(4)).await.unwrap();
    assert_eq!((server.state().await.connections, server.mails().await.len()), (2, 4));
}

#[tokio::test]
async fn an_address_with_letters_beyond_ascii_needs_a_server_that_takes_it() {
    let mut modern = TestMailServer::plain().await;
    let old =
        TestMailServer::start(ServerOptions { addresses: Addresses::Ascii, ..ServerOptions::default() })
            .await;
    let letter = Letter { to: Email::parse("zoë@bücher.example").unwrap(), ..letter(1) };
    mailer(&settings(&modern.url(), None)).send(&letter).await.unwrap();
    assert_eq!(modern.next_mail().await.to, ["zoë@xn--bcher-kva.example"]);
    let cause = refused(mailer(&settings(&old.url(), None)).send(&letter).await);
    assert!(cause.contains("beyond ASCII"), "{cause}");
}

#[tokio::test]
async fn a_check_sends_nothing_and_is_told_of_a_sender_that_is_refused() {
    let mut server = TestMailServer::plain().await;
    let mailer = mailer(&settings(&server.url(), None));
    mailer.check().await.unwrap();
    server.behave(Behaviour::RefuseSender).await;
    let cause = later(mailer.check().await);
    assert!(cause.contains("MAIL FROM failed"), "{cause}");
    assert!(server.mails().await.is_empty());
}

#[tokio::test]
async fn a_port_that_is_spoken_to_in_the_wrong_way_says_which_is_right() {
    let certificates = Certificates::of("127.0.0.1");
    let plain = TestMailServer::plain().await;
    let cause = later(mailer(&settings(&format!("smtps://127.0.0.1:{}", plain.port()), None)).check().await);
    assert!(cause.ends_with("is this port for STARTTLS? then write smtp://"), "{cause}");

    let tls = ServerTls::Implicit(certificates.of_server());
    let encrypted = TestMailServer::start(ServerOptions { tls, ..ServerOptions::default() }).await;
    let mut settings = settings(&format!("smtp://127.0.0.1:{}", encrypted.port()), None);
    settings.timeouts.step = Duration::from_millis(500);
    let cause = later(mailer(&settings).check().await);
    assert!(cause.contains("gave no answer to the connection within 500ms"), "{cause}");
    assert!(cause.ends_with("then write smtps://"), "{cause}");
}

#[tokio::test]
async fn the_certificate_of_an_authority_is_none_for_a_server() {
    let certificates = Certificates::of("127.0.0.1");
    let mut authority = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&key).unwrap();
    for (name, text) in [("ca", root.pem()), ("server", root.pem()), ("key", key.serialize_pem())] {
        std::fs::write(certificates.folder.path().join(name), text).unwrap();
    }
    let (_server, settings) = careful_server(&certificates).await;
    let cause = later(mailer(&settings).check().await);
    assert!(cause.ends_with("issue one for the server with it"), "{cause}");
}
