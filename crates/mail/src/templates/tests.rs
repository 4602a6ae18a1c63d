//! Does every mail say what it has to, and nothing else?

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashSet;

use portcullis_core::model::mail::LetterKind;
use portcullis_core::model::{Email, Locale};
use secrecy::{ExposeSecret as _, SecretString};

use super::*;
use crate::preview::letters::{all, has_code, letter, page, sparse};

fn built_in() -> Templates {
    Templates::load(None).unwrap()
}

fn render(letter: &Letter) -> Rendered {
    built_in().render(letter, "My App").unwrap()
}

/// Without markup, as somebody reads it.
fn seen(html: &str) -> String {
    let body = html.split_once("<body").unwrap().1;
    let text: String =
        body.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text)).collect();
    text.replace("&#x2f;", "/")
        .replace("&#x27;", "'")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[test]
fn every_kind_says_what_it_is_about_in_every_language() {
    let mut subjects = HashSet::new();
    for letter in all() {
        let Rendered { subject, text, html } = render(&letter);
        let context = format!("{} {}:\n{subject}\n{text}", letter.locale.as_str(), letter.kind.as_str());
        assert!(subjects.insert(subject.clone()), "two mails have one subject: {context}");
        assert!(subject.chars().count() <= 70, "{context}");
        for said in [&text, &seen(&html)] {
            assert!(said.contains("My App") && said.contains("alex@example.com"), "{context}");
            for odd in ["none", "undefined", "{{", "{%", "%}"] {
                assert!(!said.contains(odd), "{odd} in {context}");
            }
            match &letter.link {
                Some(link) => assert_eq!(said.matches(link.expose_secret()).count(), 1, "{context}"),
                None => assert!(!said.contains("http"), "{context}"),
            }
            assert_eq!(said.contains("7KQ4-M2XD"), has_code(letter.kind), "{context}");
            let is_told_who = !matches!(letter.kind, LetterKind::Invite | LetterKind::Test);
            let program =
                if letter.locale == Locale::En { "Firefox on Linux" } else { "Firefox unter Linux" };
            for fact in ["203.0.113.7", program] {
                assert_eq!(said.contains(fact), is_told_who, "{fact} in {context}");
            }
            assert_eq!(
                said.contains("alex.new@example.com"),
                letter.kind == LetterKind::EmailChanged,
                "{context}"
            );
        }
        assert_eq!(html.contains("<a href="), letter.link.is_some(), "{context}");
        assert!(html.contains(&format!("<html lang=\"{}\"", letter.locale.as_str())), "{context}");
        assert_eq!(html.matches("<h1").count(), 1, "{context}");
        assert!(!html.contains("<img") && !html.contains("<script"), "{context}");
    }
}

#[test]
fn a_link_stands_alone_on_its_line_and_no_other_line_is_long() {
    for letter in all() {
        let text = render(&letter).text;
        let link = letter.link.as_ref().map_or("", |link| link.expose_secret());
        for line in text.lines() {
            assert!(line.chars().count() <= 76 || line == link, "{line}");
        }
        assert!(page(letter.kind).is_none() || text.lines().any(|line| line == link), "{text}");
    }
}

#[test]
fn a_mail_says_for_how_long_it_is_good() {
    for (kind, en, de) in [
        (LetterKind::ResetPassword, "good for 1 hour", "1 Stunde lang gültig"),
        (LetterKind::VerifyEmail, "good for 24 hours", "24 Stunden lang gültig"),
        (LetterKind::Invite, "good for 7 days", "7 Tage lang gültig"),
    ] {
        for (locale, words) in [(Locale::En, en), (Locale::De, de)] {
            let rendered = render(&letter(kind, locale));
            assert!(rendered.text.contains(words) && rendered.html.contains(words), "{}", rendered.text);
        }
    }
    let deletion = render(&letter(LetterKind::DeletionScheduled, Locale::En));
    assert!(deletion.text.replace('\n', " ").contains("on 28 November 2026, 20:09 UTC"), "{}", deletion.text);
}

#[test]
fn a_client_of_which_nothing_is_known_leaves_no_gap() {
    for letter in sparse() {
        let text = render(&letter).text;
        for label in ["IP address", "Program", "IP-Adresse", "Programm"] {
            assert!(!text.contains(label), "{text}");
        }
    }
}

#[test]
fn what_strangers_send_is_text() {
    const HOSTILE: &str = "<script>alert(1)</script>\r\nBcc: x@y.example\r\n\r\n<img src=x>\"'&{{ link }}";
    let templates = built_in();
    for letter in all() {
        let address = "\"<b>\r\n.\r\n\"@example.com".to_owned();
        let hostile = Letter {
            user_agent: Some(HOSTILE.to_owned()),
            other_email: letter
                .other_email
                .as_ref()
                .map(|_| Email::from_stored(HOSTILE.to_owned(), HOSTILE.to_owned())),
            link: letter
                .link
                .as_ref()
                .map(|_| SecretString::from(format!("https://a.example/?token={HOSTILE}"))),
            to: Email::from_stored(address.clone(), address),
            ..letter
        };
        let Rendered { subject, text, html } = templates.render(&hostile, HOSTILE).unwrap();
        assert!(!subject.contains(char::is_control), "{subject:?}");
        for raw in ["<script", "<img", "<b>"] {
            assert!(!html.contains(raw), "{raw} in {html}");
        }
        assert!(
            !text.contains('\r') && !text.lines().any(|line| line.starts_with("Bcc") || line == "."),
            "{text}"
        );
    }
}

#[test]
fn a_file_takes_the_place_of_what_is_built_in() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("en")).unwrap();
    fs::write(folder.path().join(".swp"), "an editor's").unwrap();
    fs::write(folder.path().join("en/test.txt"), "Subject: Own {{ app_name }}\n\nOwn words.\n").unwrap();
    let templates = Templates::load(Some(folder.path())).unwrap();
    let own = templates.render(&letter(LetterKind::Test, Locale::En), "My App").unwrap();
    assert_eq!((own.subject.as_str(), own.text.as_str()), ("Own My App", "Own words.\n"));
    let other = templates.render(&letter(LetterKind::Test, Locale::De), "My App").unwrap();
    assert_eq!(other.subject, "Test-Mail von My App");
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    let error = |name: &str, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let settings = crate::MailSettings {
            templates: Some(folder.path().to_owned()),
            ..crate::MailSettings::new(crate::Transport::Console, "a@b.example", "App")
        };
        let error = crate::open(&settings).unwrap_err().to_string();
        error.replace(&folder.path().display().to_string(), "DIR")
    };
    for (name, text, said) in [
        ("en/test.txt", "Subject: A\n\n{{ app_name", "DIR/en/test.txt, line 3: syntax error"),
        ("en/test.html", "<p>\n{{ nonsense }}", "DIR/en/test.html, line 2: undefined value"),
        (
            "en/test.txt",
            "Subject: A\n\n{{ link }}",
            "DIR/en/test.txt, line 3: undefined value: some mails do not",
        ),
        (
            "de/new_client.txt",
            "Subject: A\n{{ address }}",
            "DIR/de/new_client.txt, line 2: undefined value: some",
        ),
        ("en/test.txt", "{% extends 'en/nonsense.txt' %}", "DIR/en/test.txt, line 1: template not found"),
        ("layout.html", "<p>\n\n{{ oops }}", "DIR/layout.html, line 3: undefined value"),
        ("en/test.txt", "Hello.\n", "DIR/en/test.txt, line 1: the first line has to be `Subject: …`"),
        ("en/test.txt", "Subject:  \nHello.\n", "DIR/en/test.txt, line 1: the first line has to be"),
        (
            "en/tset.txt",
            "",
            "DIR/en/tset.txt is the template of nothing; the names are layout.html, layout.txt, en/",
        ),
        ("fr/test.txt", "", "DIR/fr/test.txt is the template of nothing"),
        (
            "en/test.html",
            "{% extends 'en/layout.html' %}\n{% block titel %}{% endblock %}",
            "DIR/en/test.html, line 2: no layout has a block `titel`; there are body, button, code_help",
        ),
        (
            "en/reset_password.txt",
            "Subject: A\n\nClick.\n",
            "DIR/en/reset_password.txt does not show {{ link }}, without which",
        ),
        ("de/invite.html", "<p>Willkommen</p>", "DIR/de/invite.html does not show {{ link }}"),
        (
            "de/verify_email.html",
            "<a href=\"{{ link }}\">OK</a>",
            "DIR/de/verify_email.html does not show {{ code }}",
        ),
        (
            "en/layout.txt",
            "Subject: {{ kind }}\n{% block body %}{% endblock %}",
            "DIR/en/layout.txt does not show {{ link }}",
        ),
        (
            "en/email_changed.txt",
            "Subject: A\n\n{{ link }}",
            "DIR/en/email_changed.txt, line 3: undefined value: some mails do not",
        ),
    ] {
        let error = error(name, text);
        assert!(error.starts_with(said), "{error}");
    }
    let missing = Templates::load(Some(Path::new("/nowhere"))).err().unwrap();
    assert!(missing.to_string().starts_with("cannot read /nowhere: "), "{missing}");
}
