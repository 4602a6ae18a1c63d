//! What do headers say, and what can nobody make them say?

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use portcullis_core::model::mail::LetterKind;
use portcullis_core::model::{Locale, MailId, Timestamp};

use super::*;
use crate::preview::letters::letter;

fn rendered(subject: &str) -> Rendered {
    Rendered { subject: subject.to_owned(), text: "Hello.\n".to_owned(), html: "<p>Hello.</p>".to_owned() }
}

fn sender() -> Sender {
    Sender::new("no-reply@auth.example.com", Some("Help <help@example.com>"), "My App").unwrap()
}

fn packed(letter: &Letter, subject: &str) -> String {
    String::from_utf8(sender().pack(letter, &rendered(subject)).unwrap().bytes).unwrap()
}

fn headers(message: &str) -> Vec<&str> {
    message.split("\r\n\r\n").next().unwrap().lines().collect()
}

#[test]
fn a_mail_has_its_headers() {
    let letter = letter(LetterKind::Test, Locale::De);
    let message = packed(&letter, "Grüße");
    let headers = headers(&message);
    let id = format!("Message-ID: <{}@auth.example.com>", letter.id);
    for header in [
        id.as_str(),
        "Date: Sat, 21 Nov 2026 20:09:00 +0000",
        "From: \"My App\" <no-reply@auth.example.com>",
        "To: alex@example.com",
        "Reply-To: Help <help@example.com>",
        "Subject: =?utf-8?b?R3LDvMOfZQ==?=",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "Content-Language: de",
        "MIME-Version: 1.0",
    ] {
        assert!(headers.contains(&header), "{header} is not in {headers:#?}");
    }
    assert!(message.is_ascii());
}

#[test]
fn a_letter_gives_the_same_bytes_at_every_try_and_another_one_others() {
    let first = letter(LetterKind::ResetPassword, Locale::En);
    assert_eq!(packed(&first, "A"), packed(&first.clone(), "A"));
    let other = Letter { id: MailId::new(Timestamp::from_millis(1), [1; 10]), ..first.clone() };
    let id = |letter: &Letter| {
        let message = packed(letter, "A");
        headers(&message).into_iter().find(|header| header.starts_with("Message-ID:")).unwrap().to_owned()
    };
    assert_ne!(id(&first), id(&other));
}

#[test]
fn nothing_becomes_a_header() {
    let mut hostile = letter(LetterKind::Test, Locale::En);
    for address in [
        "a@example.com\r\nBcc: victim@example.com",
        "a\r\nBcc: victim@example.com",
        "\"a\r\nBcc: x\"@example.com",
        "a@example.com, victim@example.com",
        "a@example.com> SIZE=1",
        "<a@example.com>",
        "no address at all",
        "@example.com",
        "a@",
    ] {
        hostile.to = Email::from_stored(address.to_owned(), address.to_owned());
        assert!(sender().pack(&hostile, &rendered("A")).is_err(), "{address:?}");
    }
    let sender = Sender::new("a@b.example", None, "App\r\nBcc: victim@example.com").unwrap();
    let letter = letter(LetterKind::Test, Locale::En);
    let message = String::from_utf8(sender.pack(&letter, &rendered("A")).unwrap().bytes).unwrap();
    assert!(
        !headers(&message).iter().any(|header| header.to_ascii_lowercase().starts_with("bcc")),
        "{message}"
    );
}

#[test]
fn an_international_domain_is_written_as_the_network_knows_it() {
    let mut letter = letter(LetterKind::Test, Locale::En);
    letter.to = Email::parse("Zoe@Bücher.example").unwrap();
    let packed = sender().pack(&letter, &rendered("A")).unwrap();
    assert_eq!(packed.envelope.to()[0].to_string(), "Zoe@xn--bcher-kva.example");
    letter.to = Email::parse("zoë@example.com").unwrap();
    let packed = sender().pack(&letter, &rendered("A")).unwrap();
    assert_eq!(packed.envelope.to()[0].to_string(), "zoë@example.com");
}

#[test]
fn a_sender_has_a_name_of_its_own_or_that_of_the_application() {
    let from = |text: &str| Sender::new(text, None, "My App").map(|sender| sender.from.to_string());
    assert_eq!(from("Us <us@example.com>").as_deref(), Ok("Us <us@example.com>"));
    assert_eq!(from("\"Us, them\" <us@example.com>").as_deref(), Ok("\"Us, them\" <us@example.com>"));
    assert_eq!(from(" us@example.com ").as_deref(), Ok("My App <us@example.com>"));
    for wrong in ["", "us", "us@example.com>", "<us@example.com> and more", "us@bücher.example"] {
        assert!(from(wrong).is_err(), "{wrong}");
    }
}
