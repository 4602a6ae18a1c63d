#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use portcullis_core::flows::verify_email::Verified;
use portcullis_core::model::{EmailError, ProfileTextError, Purpose, UsernameError};
use portcullis_core::policy::PasswordProblem;

use super::*;

const TOKEN: &str = "pc_ot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What an operator calls the service.
const APP: &str = "Ada & <Co>";

fn with_token() -> Sent {
    Sent::of("token", TOKEN.to_owned())
}

fn drawn(page: Page, locale: Locale, shown: &Shown<'_>, sent: &Sent) -> String {
    view::page(Look { page, locale, app_name: Some(APP), min_chars: 12 }, shown, sent)
}

fn every_done() -> Vec<Done> {
    let email = Email::parse("ada.lovelace@analytical-engine.example").unwrap();
    let verified = |purpose| Done::Verified(Verified { email: email.clone(), purpose });
    vec![
        verified(Purpose::Register),
        verified(Purpose::VerifyEmail),
        verified(Purpose::ChangeEmail),
        Done::PasswordSet,
        Done::EmailBack(email.clone()),
        Done::AccountKept,
        Done::Registered,
    ]
}

const EVERY_REASON: [Reason; 9] = [
    Reason::Incomplete,
    Reason::NotGood,
    Reason::EmailTaken,
    Reason::UsernameTaken,
    Reason::AccountDisabled,
    Reason::TooMany,
    Reason::Busy,
    Reason::Unreadable,
    Reason::Broken,
];

/// Each fault, and the page on which it is found.
fn every_fault() -> Vec<(Page, Fault)> {
    let passwords = [
        PasswordProblem::TooShort { min_chars: 12 },
        PasswordProblem::TooLong { limit_bytes: 1024 },
        PasswordProblem::ContainsNul,
        PasswordProblem::Common,
        PasswordProblem::MadeOfIdentifier,
        PasswordProblem::MadeOfBlockedWord,
        PasswordProblem::Breached,
    ];
    let mut faults = vec![
        (Page::Confirm, Fault::Email(EmailError::Empty)),
        (Page::Confirm, Fault::Email(EmailError::NotAnAddress)),
        (Page::Confirm, Fault::Code),
        (Page::Register, Fault::Username(UsernameError::Length)),
        (Page::Register, Fault::Username(UsernameError::Character)),
        (Page::Register, Fault::UsernameTaken),
        (Page::Register, Fault::Name(ProfileTextError::ContainsNul)),
        (Page::Register, Fault::Name(ProfileTextError::TooLong { limit_chars: 100 })),
    ];
    faults.extend(passwords.map(|problem| (Page::ResetPassword, Fault::Password(problem))));
    for fault in [Fault::ChosenPasswordMissing, Fault::ChosenPasswordWrong] {
        faults.push((Page::Confirm, fault));
    }
    faults
}

/// Every page that there is, with a name.
fn every_page() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for locale in Locale::ALL {
        let language = locale.as_str();
        let mut add = |name: String, page, shown: &Shown<'_>, sent: &Sent| {
            pages.push((format!("{language}-{name}"), drawn(page, locale, shown, sent)));
        };
        for fault in [None, Some(Fault::Incomplete)] {
            let name = format!("by-code-{}", fault.is_some());
            add(name, Page::Confirm, &Shown::Form(fault), &Sent::default());
        }
        for page in Page::ALL {
            add(format!("{page:?}"), page, &Shown::Form(None), &with_token());
            for reason in EVERY_REASON {
                add(format!("{page:?}-{reason:?}"), page, &Shown::Refused(reason), &with_token());
            }
        }
        for (number, (page, fault)) in every_fault().into_iter().enumerate() {
            let sent = if page == Page::Confirm { Sent::default() } else { with_token() };
            add(format!("fault-{number}"), page, &Shown::Form(Some(fault)), &sent);
        }
        for (number, done) in every_done().iter().enumerate() {
            add(format!("done-{number}"), Page::Confirm, &Shown::Done(done), &with_token());
        }
    }
    pages
}

#[test]
fn a_page_has_no_script_and_nothing_from_elsewhere() {
    for (name, page) in every_page() {
        for active in
            ["<script", "<style", "<iframe", "<img", " style=", " src=", " onclick=", "http:", "https:"]
        {
            assert!(!page.contains(active), "{name}: {active}");
        }
    }
}

#[test]
fn a_page_says_its_language_and_has_one_title_and_one_heading() {
    for (name, page) in every_page() {
        let language = name.split('-').next().unwrap();
        assert!(page.contains(&format!("<html lang=\"{language}\">")), "{name}");
        for once in ["<main ", "<h1>", "<title>"] {
            assert_eq!(page.matches(once).count(), 1, "{name}: {once}");
        }
        assert!(page.matches(" autofocus=").count() <= 1, "{name}");
    }
}

#[test]
fn a_page_says_whose_it_is() {
    for (name, page) in every_page() {
        assert_eq!(
            page.matches("Ada &amp; &lt;Co&gt;").count(),
            2,
            "{name}: in the title and above the heading"
        );
    }
    let nobodys = Look { page: Page::KeepAccount, locale: Locale::En, app_name: None, min_chars: 12 };
    let page = view::page(nobodys, &Shown::Form(None), &with_token());
    assert!(page.contains("<main id=\"content\"><h1>") && !page.contains(" \u{b7} "), "{page}");
}

#[test]
fn every_text_is_there_in_both_languages() {
    let pages = every_page();
    let (english, german) = pages.split_at(pages.len() / 2);
    for ((name, english), (_, german)) in english.iter().zip(german) {
        let content = |page: &str| page.split("<main").nth(1).map(str::to_owned);
        assert_ne!(content(english), content(german), "{name}");
    }
}

#[test]
fn a_field_has_a_label_and_says_what_is_wrong_with_it() {
    for (page, fault) in every_fault() {
        let sent = if page == Page::Confirm { Sent::default() } else { with_token() };
        let page = drawn(page, Locale::En, &Shown::Form(Some(fault)), &sent);
        assert_eq!(page.matches("aria-invalid=\"true\"").count(), 1, "{fault:?}");
        assert_eq!(page.matches("role=\"alert\"").count(), 1, "{fault:?}");
        let marked = page.split("<input").find(|input| input.contains("aria-invalid")).unwrap();
        let id = marked.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(marked.contains("autofocus"), "{fault:?}");
        assert!(marked.contains(&format!("aria-describedby=\"{id}-fault")), "{fault:?}");
        assert!(page.contains(&format!("<label for=\"{id}\">")), "{fault:?}");
    }
}

#[test]
fn a_registration_is_confirmed_with_the_password_that_there_is() {
    for sent in [with_token(), Sent::default()] {
        let page = drawn(Page::Confirm, Locale::En, &Shown::Form(None), &sent);
        let password = page.split("<input").find(|input| input.contains("type=\"password\"")).unwrap();
        assert!(password.contains("autocomplete=\"current-password\""));
        assert!(!page.contains("minlength") && !page.contains("password-hint"));
    }
}

#[test]
fn half_a_link_is_said_to_be_that_before_the_code_is_asked_for() {
    let drawn = drawn(Page::Confirm, Locale::En, &Shown::Form(Some(Fault::Incomplete)), &Sent::default());
    let (before, form) = drawn.split_once("<form").unwrap();
    assert!(before.contains("role=\"alert\">This link is incomplete"), "{drawn}");
    assert!(form.contains("name=\"code\"") && !form.contains("aria-invalid"), "{drawn}");
}

#[test]
fn no_line_ends_within_a_word_for_mails() {
    for (name, page) in every_page() {
        assert!(!page.contains("E-Mail"), "{name}");
    }
}

#[test]
fn a_form_carries_the_token_to_the_path_without_it() {
    for page in Page::ALL {
        let drawn = drawn(page, Locale::De, &Shown::Form(None), &with_token());
        assert!(drawn.contains(&format!("<form method=\"post\" action=\"{}\">", page.path())));
        assert_eq!(drawn.matches(TOKEN).count(), 1);
        assert_eq!(drawn.matches("<button").count(), 1);
    }
}

#[test]
fn what_was_sent_comes_back_escaped_and_a_password_never() {
    let body = format!("token={TOKEN}&username=%22%3E%3Cscript%3E&name=%3Cb%3E&password=correct+horse");
    let sent = Sent::parse(body.as_bytes()).ok().unwrap();
    let page = drawn(Page::Register, Locale::En, &Shown::Form(Some(Fault::UsernameTaken)), &sent);
    assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;\"") && page.contains("value=\"&lt;b&gt;\""));
    assert!(!page.contains("correct horse") && !page.contains("<script") && !page.contains("<b>"));
}

#[test]
fn a_link_without_a_whole_token_has_none() {
    let link = format!("token={TOKEN}");
    assert_eq!(token_of(&link).as_deref(), Some(TOKEN));
    assert_eq!(token_of(&format!("utm_source=mail&{link}")).as_deref(), Some(TOKEN));
    for query in ["", "token=", "token=pc_ot_AAAA", "code=x", &format!("{link}&{link}"), "token=%"] {
        assert_eq!(token_of(query), None, "{query}");
    }
    for (query, names_one) in [("token=", true), ("a=b&token=x", true), ("token", true), ("tokens=x", false)]
    {
        assert_eq!(names_token(query), names_one, "{query}");
    }
}

#[test]
fn a_page_is_kept_nowhere_and_may_send_its_form_to_this_server_only() {
    let answer = answer(StatusCode::OK, String::new());
    let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-robots-tag"), "noindex");
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert!(header("content-security-policy").contains("form-action 'self'"));
    assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'self';"));
    assert!(!answer.headers().contains_key("set-cookie"));
}
