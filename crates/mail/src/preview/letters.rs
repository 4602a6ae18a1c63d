//! Which letters are templates tried with?

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use portcullis_core::model::mail::{Letter, LetterKind};
use portcullis_core::model::{Email, Locale, MailId, Timestamp};
use portcullis_crypto::one_time::OneTimeCode;
use secrecy::SecretString;

/// 21 November 2026, 20:09 UTC.
const AT: Timestamp = Timestamp::from_seconds(1_795_291_740);
const PROGRAM: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const LINK: &str =
    "https://auth.example.com/account/PAGE?token=pc_ot_this-is-only-a-sample-and-opens-nothing-at-all";

/// Every kind in every language.
pub(crate) fn all() -> impl Iterator<Item = Letter> {
    Locale::ALL
        .into_iter()
        .flat_map(|locale| LetterKind::ALL.into_iter().map(move |kind| letter(kind, locale)))
}

/// The same, of clients that nothing is known of. To an address that was never verified a change of it is told without a
/// way to undo it.
pub(crate) fn sparse() -> impl Iterator<Item = Letter> {
    all().map(|letter| {
        let letter = Letter { address: None, user_agent: None, due_at: None, ..letter };
        if letter.kind == LetterKind::EmailChanged { to_unverified(letter) } else { letter }
    })
}

/// All that a preview shows, by the names of its files: `en-reset_password`.
pub(crate) fn named() -> impl Iterator<Item = (String, Letter)> {
    let name = |letter: &Letter| format!("{}-{}", letter.locale.as_str(), letter.kind.as_str());
    let unverified = Locale::ALL.into_iter().map(move |locale| {
        let letter = to_unverified(letter(LetterKind::EmailChanged, locale));
        (format!("{}_unverified", name(&letter)), letter)
    });
    all().map(move |letter| (name(&letter), letter)).chain(unverified)
}

/// A letter to an address that was never verified.
fn to_unverified(letter: Letter) -> Letter {
    Letter { link: None, valid_for: None, other_email: None, ..letter }
}

/// A letter with all that its kind has.
pub(crate) fn letter(kind: LetterKind, locale: Locale) -> Letter {
    let page = page(kind);
    let hours = lifetime_hours(kind);
    let is_of_client = !matches!(kind, LetterKind::Invite | LetterKind::Test);
    Letter {
        id: MailId::new(AT, [7; 10]),
        to: email("alex@example.com"),
        locale,
        kind,
        link: page.map(|page| SecretString::from(LINK.replace("PAGE", page))),
        code: OneTimeCode::parse("7KQ4-M2XD").filter(|_| has_code(kind)),
        valid_for: page.map(|_| Duration::from_hours(hours)),
        at: AT,
        address: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))).filter(|_| is_of_client),
        user_agent: Some(PROGRAM.to_owned()).filter(|_| is_of_client),
        other_email: (kind == LetterKind::EmailChanged).then(|| email("alex.new@example.com")),
        due_at: (kind == LetterKind::DeletionScheduled).then(|| AT.plus(Duration::from_hours(hours))),
    }
}

fn email(address: &str) -> Email {
    Email::from_stored(address.to_owned(), address.to_owned())
}

/// Where the link of a kind leads, if it has one.
pub(crate) fn page(kind: LetterKind) -> Option<&'static str> {
    match kind {
        LetterKind::ConfirmRegistration | LetterKind::VerifyEmail | LetterKind::ConfirmNewEmail => {
            Some("confirm")
        }
        LetterKind::ResetPassword => Some("reset-password"),
        LetterKind::EmailChanged => Some("undo-email-change"),
        LetterKind::DeletionScheduled => Some("keep-account"),
        LetterKind::Invite => Some("register"),
        LetterKind::AddressInUse
        | LetterKind::UsernameTaken
        | LetterKind::PasswordChanged
        | LetterKind::NewClient
        | LetterKind::RefreshTokenReused
        | LetterKind::AccountDeleted
        | LetterKind::Test => None,
    }
}

pub(crate) fn has_code(kind: LetterKind) -> bool {
    matches!(kind, LetterKind::ConfirmRegistration | LetterKind::VerifyEmail | LetterKind::ConfirmNewEmail)
}

fn lifetime_hours(kind: LetterKind) -> u64 {
    match kind {
        LetterKind::ResetPassword | LetterKind::ConfirmNewEmail => 1,
        LetterKind::DeletionScheduled | LetterKind::Invite => 7 * 24,
        _ => 24,
    }
}
