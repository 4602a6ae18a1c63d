//! How is somebody written to, who may register, and what is an address good for before it is verified?

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use portcullis_crypto::one_time::OneTimeToken;
use secrecy::SecretString;

use crate::model::mail::MailKind;
use crate::model::one_time::Purpose;
use crate::model::{Email, Locale};

/// The rules for mails. Where there are none, none is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailPolicy {
    /// The language of those who have not said any that there is.
    pub locale: Locale,
    /// How many mails of one kind go to one address in an hour. More are dropped: as long as [`Self::lifetime`] of a link is an
    /// hour or more, one that was sent before them is still good.
    pub per_address_hourly: u32,
    /// How many of each kind that anybody can cause go out in an hour in all. More wait.
    pub hourly: u32,
    /// For how long invitations are good.
    pub invitation: Duration,
    /// For how long an account stays that its owner has deleted. Zero: it is gone at once.
    pub deletion_grace: Duration,
}

impl Default for MailPolicy {
    /// English, an hour 5 of a kind to an address and 1000 of a kind in all, invitations for a week, a week of grace.
    fn default() -> Self {
        Self {
            locale: Locale::En,
            per_address_hourly: 5,
            hourly: 1000,
            invitation: Duration::from_hours(7 * 24),
            deletion_grace: Duration::from_hours(7 * 24),
        }
    }
}

impl MailPolicy {
    /// For how long a token is good.
    pub const fn lifetime(&self, purpose: Purpose) -> Duration {
        match purpose {
            Purpose::Register | Purpose::VerifyEmail | Purpose::UndoEmailChange => Duration::from_hours(24),
            Purpose::ResetPassword | Purpose::ChangeEmail => Duration::from_hours(1),
            // As long as there is something to undo.
            Purpose::UndoDeletion => self.deletion_grace,
            Purpose::Invite => self.invitation,
        }
    }
}

/// The link that a mail carries. `links` is [`super::Policy::links`].
pub(crate) fn link(links: &str, purpose: Purpose, token: &OneTimeToken) -> SecretString {
    let page = match purpose {
        Purpose::Register | Purpose::VerifyEmail | Purpose::ChangeEmail => "confirm",
        Purpose::ResetPassword => "reset-password",
        Purpose::UndoEmailChange => "undo-email-change",
        Purpose::UndoDeletion => "keep-account",
        Purpose::Invite => "register",
    };
    SecretString::from(format!("{links}/{page}?token={}", token.expose()))
}

/// When a mail that nobody took is tried again after so many tries; `None` when it is given up.
///
/// Greylisting lets one in after some minutes (RFC 6647), and RFC 5321 §4.5.4.1 asks to go on for days: 1, 2, 4, … minutes, up
/// to 4 hours apart, for about two days.
pub fn retry_after(attempts: u32) -> Option<Duration> {
    const MOST: u32 = 20;
    const LONGEST: Duration = Duration::from_hours(4);
    if attempts >= MOST {
        return None;
    }
    let minutes = 1_u64 << attempts.saturating_sub(1).min(16);
    Some(Duration::from_mins(minutes).min(LONGEST))
}

/// Until when a mail is worth sending at all, after it was caused: nobody resets a password by a link that is older.
pub const fn worth_sending_for(kind: MailKind) -> Duration {
    match kind {
        MailKind::ResetPassword | MailKind::ChangeEmail | MailKind::VerifyEmail => Duration::from_hours(12),
        MailKind::Register
        | MailKind::Invite
        | MailKind::EmailChanged
        | MailKind::PasswordChanged
        | MailKind::NewClient
        | MailKind::RefreshTokenReused
        | MailKind::DeletionScheduled
        | MailKind::AccountDeleted => Duration::from_hours(3 * 24),
    }
}

/// Who gets an account, and what is said to whom it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegistrationPolicy {
    /// What the answer tells.
    pub answer: RegistrationAnswer,
    /// Who may.
    pub access: RegistrationAccess,
    /// With which addresses.
    pub domains: DomainPolicy,
}

/// What the answer to a registration tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegistrationAnswer {
    /// The account, or that the address or the username is taken.
    #[default]
    Reveal,
    /// That there will be a mail. The account comes to be when its token comes back.
    Conceal,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegistrationAccess {
    /// Everybody.
    #[default]
    Open,
    /// Whoever was invited.
    Invited,
}

/// Which addresses may be those of an account. A name stands for the domain and all below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainPolicy {
    /// Only these, if there are any.
    pub allowed: Arc<HashSet<String>>,
    /// None of these.
    pub blocked: Arc<HashSet<String>>,
}

/// The domain of an address may not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must not be at this domain")]
pub struct DomainRefused;

impl DomainPolicy {
    /// Whether an address may be that of an account.
    pub fn check(&self, email: &Email) -> Result<(), DomainRefused> {
        if self.allowed.is_empty() && self.blocked.is_empty() {
            return Ok(());
        }
        // SECURITY: an older contract takes texts for addresses that have no domain that could be compared.
        if Email::parse(email.as_str()).is_err() {
            return Err(DomainRefused);
        }
        let domain = email.key().rsplit_once('@').map_or("", |(_, domain)| domain);
        let is_in = |names: &HashSet<String>| parents(domain).any(|name| names.contains(name));
        let is_allowed = self.allowed.is_empty() || is_in(&self.allowed);
        if is_allowed && !is_in(&self.blocked) { Ok(()) } else { Err(DomainRefused) }
    }
}

/// A domain and those that it is below.
fn parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, parent)| parent))
}

/// What an account is kept from as long as its address is not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifiedEmail {
    /// Nothing that the core knows of.
    #[default]
    NotAsked,
    /// To log in.
    BeforeLogIn,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Arc<HashSet<String>> {
        Arc::new(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn is_ok(policy: &DomainPolicy, address: &str) -> bool {
        Email::parse(address).is_ok_and(|email| policy.check(&email).is_ok())
    }

    #[test]
    fn a_name_stands_for_the_domain_and_all_below_it() {
        let policy = DomainPolicy { blocked: names(&["trash.example"]), ..DomainPolicy::default() };
        assert!(!is_ok(&policy, "a@trash.example") && !is_ok(&policy, "a@MX.Trash.example"));
        assert!(is_ok(&policy, "a@nottrash.example") && is_ok(&policy, "a@example.com"));
    }

    #[test]
    fn only_what_is_allowed_is_and_blocked_goes_first() {
        let policy = DomainPolicy { allowed: names(&["example.com"]), blocked: names(&["x.example.com"]) };
        assert!(is_ok(&policy, "a@example.com") && is_ok(&policy, "a@y.example.com"));
        assert!(!is_ok(&policy, "a@x.example.com") && !is_ok(&policy, "a@example.org"));
    }

    #[test]
    fn a_mail_is_tried_soon_then_rarely_and_given_up_after_days() {
        let waits: Vec<_> = (1..).map_while(retry_after).collect();
        assert_eq!(waits.iter().take(3).map(Duration::as_secs).collect::<Vec<_>>(), [60, 120, 240]);
        assert!(waits.windows(2).all(|pair| pair.first() <= pair.last()));
        let total: Duration = waits.iter().sum();
        assert!(total > Duration::from_hours(40) && total < Duration::from_hours(60), "{total:?}");
    }
}
