//! How does what is in the outbox get to those whom it is about?
//!
//! Each node takes what is due, finds out what is to be said and to whom, and hands it to the mailer. What it has taken it has
//! for a minute; a node that dies meanwhile leaves it to another.

use std::time::Duration;

use super::Trouble;
use super::register::pending::Pending;
use crate::Auth;
use crate::model::mail::{Letter, LetterKind};
use crate::model::{
    Account, AuditKind, Email, Identifier, MailKind, Purpose, QueuedMail, StoredToken, Timestamp,
};
use crate::policy::MailPolicy;
use crate::policy::mail::{retry_after, worth_sending_for};
use crate::ports::mail_store::{MailClaim, MailEnd};
use crate::ports::{Mailer, SendError, StoreError};

/// How many mails are taken at once: who has one only leaves one behind.
const TAKEN_AT_ONCE: u32 = 1;
/// For how long. A mailer gives up a mail after half a minute.
const HELD_FOR: Duration = Duration::from_mins(1);
/// When mails are looked at again that wait because too many were sent.
const HELD_BACK_FOR: Duration = Duration::from_mins(1);
/// What limits on mails count by.
const HOUR: Duration = Duration::from_hours(1);

/// Why there is nothing to send when no key is left that a token follows from.
const MASTER_KEY_GONE: &str = "its token was made under a master key that is gone";

/// What came of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailRound {
    /// Mails that were sent.
    pub sent: u64,
    /// Mails that are tried again later.
    pub postponed: u64,
    /// Mails that were not tried, because too many were sent lately.
    pub held: u64,
    /// Mails that were given up.
    pub dead: u64,
    /// Entries with nobody to write to, or too much to one address.
    pub dropped: u64,
    /// Whether there may be more.
    pub more: bool,
}

/// What an entry of the outbox comes to.
enum Composed {
    Letter(Box<Letter>),
    Nothing(&'static str),
}

impl Auth {
    /// Sends some of the mails that are due. To be called until there are no more.
    pub async fn deliver_mails(&self) -> Result<MailRound, Trouble> {
        let mut round = MailRound::default();
        let (Some(mailer), Some(policy)) = (self.mailer(), self.mail_policy()) else { return Ok(round) };
        let now = self.now();
        let holder = self.node().to_owned();
        let claim = MailClaim { holder: holder.clone(), now, until: now.plus(HELD_FOR) };
        let taken = self.store().claim_mails(&claim, TAKEN_AT_ONCE).await?;
        round.more = !taken.is_empty();
        for mail in taken {
            let end = self.deliver(&mail, mailer, policy).await?;
            match &end {
                MailEnd::Sent { .. } => round.sent += 1,
                MailEnd::Later { .. } => round.postponed += 1,
                MailEnd::Held { .. } => round.held += 1,
                MailEnd::Dead { .. } => round.dead += 1,
                MailEnd::Dropped { .. } => round.dropped += 1,
            }
            tell(&mail, &end);
            self.store().finish_mail(mail.id, &holder, &end).await?;
        }
        self.tally().mails(&round);
        Ok(round)
    }

    async fn deliver(
        &self,
        mail: &QueuedMail,
        mailer: &dyn Mailer,
        policy: &MailPolicy,
    ) -> Result<MailEnd, StoreError> {
        let at = self.now();
        // What was never tried, or is to be again because an operator says so, is tried once however old it is.
        if mail.attempts > 0 && at.since(mail.created_at) > worth_sending_for(mail.kind) {
            let cause = mail.last_error.clone().unwrap_or_else(|| "nobody sent it in time".to_owned());
            return Ok(MailEnd::Dead { at, cause });
        }
        if let Some(end) = self.hold_back(mail, policy, at).await? {
            return Ok(end);
        }
        let letter = match self.compose(mail, policy).await? {
            // An older contract takes texts for addresses that no mail server knows.
            Composed::Letter(letter) if Email::parse(letter.to.as_str()).is_err() => {
                return Ok(MailEnd::Dropped { at, cause: "not an address that mails can be sent to" });
            }
            Composed::Letter(letter) => letter,
            Composed::Nothing(cause) => return Ok(MailEnd::Dropped { at, cause }),
        };
        let sent = mailer.send(&letter).await;
        let at = self.now();
        Ok(match sent {
            Ok(()) => MailEnd::Sent { at },
            Err(SendError::Refused { cause }) => MailEnd::Dead { at, cause },
            Err(SendError::Later { cause }) => match retry_after(mail.attempts.saturating_add(1)) {
                Some(wait) => MailEnd::Later { due_at: at.plus(wait), cause },
                None => MailEnd::Dead { at, cause },
            },
        })
    }

    /// Whether too much of a kind was sent lately: to one address, or in all of a kind that anybody can cause.
    ///
    /// SECURITY: an account that somebody made with the address of a stranger has notices as well. What an owner must hear
    /// waits for nobody: before it is dropped, as many of its kind have arrived within the hour.
    async fn hold_back(
        &self,
        mail: &QueuedMail,
        policy: &MailPolicy,
        now: Timestamp,
    ) -> Result<Option<MailEnd>, StoreError> {
        let to = Some(&mail.email);
        if self.store().count_sent_mails(mail.kind, to, now.minus(HOUR)).await?
            >= policy.per_address_hourly.into()
        {
            return Ok(Some(MailEnd::Dropped { at: now, cause: "too many mails to this address" }));
        }
        if !mail.kind.is_asked_for_by_anybody()
            || self.store().count_sent_mails(mail.kind, None, now.minus(HOUR)).await? < policy.hourly.into()
        {
            return Ok(None);
        }
        if now.since(mail.created_at) > worth_sending_for(mail.kind) {
            return Ok(Some(MailEnd::Dropped { at: now, cause: "too many mails of this kind" }));
        }
        Ok(Some(MailEnd::Held { due_at: now.plus(HELD_BACK_FOR) }))
    }

    async fn compose(&self, mail: &QueuedMail, policy: &MailPolicy) -> Result<Composed, StoreError> {
        let plain = |kind| Ok(Composed::Letter(Box::new(letter(mail, policy, kind))));
        match mail.kind {
            MailKind::Register => self.compose_registration(mail, policy).await,
            MailKind::VerifyEmail => self.compose_verification(mail, policy).await,
            MailKind::ResetPassword => self.compose_reset(mail, policy).await,
            MailKind::ChangeEmail => self.compose_change(mail, policy).await,
            MailKind::Invite => self.compose_with_token(mail, policy, LetterKind::Invite).await,
            MailKind::EmailChanged => {
                // SECURITY: whoever has lost an address hears of it, also when it is too late for the link.
                let token = self.token_of(mail).await?.filter(|token| !token.is_expired(self.now()));
                match token {
                    Some(token) => Ok(self.with_token(mail, policy, LetterKind::EmailChanged, &token)),
                    None => plain(LetterKind::EmailChanged),
                }
            }
            MailKind::DeletionScheduled => {
                self.compose_with_token(mail, policy, LetterKind::DeletionScheduled).await
            }
            MailKind::PasswordChanged => plain(LetterKind::PasswordChanged),
            MailKind::NewClient => plain(LetterKind::NewClient),
            MailKind::RefreshTokenReused => plain(LetterKind::RefreshTokenReused),
            MailKind::AccountDeleted => plain(LetterKind::AccountDeleted),
        }
    }

    async fn compose_registration(
        &self,
        mail: &QueuedMail,
        policy: &MailPolicy,
    ) -> Result<Composed, StoreError> {
        let Some(token) = self.token_of(mail).await? else { return Ok(Composed::Nothing("expired")) };
        match self.account_at(&mail.email).await? {
            // Nobody gets the token: it ends with its time.
            Some(account) => Ok(address_in_use(mail, policy, account)),
            None => self.compose_confirmation(mail, policy, token).await,
        }
    }

    /// What somebody hears who waits for an account, and whose address is free.
    async fn compose_confirmation(
        &self,
        mail: &QueuedMail,
        policy: &MailPolicy,
        mut token: StoredToken,
    ) -> Result<Composed, StoreError> {
        let username = Pending::read(token.payload.as_deref()).and_then(|pending| pending.username);
        if let Some(name) = username
            && self.store().find_account_by_identifier(&Identifier::Username(name)).await?.is_some()
        {
            return Ok(Composed::Letter(Box::new(letter(mail, policy, LetterKind::UsernameTaken))));
        }
        let mail = QueuedMail { email: token.email.clone(), ..mail.clone() };
        let Some(code) = self.code_as_stored(&token) else { return Ok(Composed::Nothing(MASTER_KEY_GONE)) };
        if token.code != Some(code) {
            self.store().set_token_code(token.id, &code).await?;
            token.code = Some(code);
        }
        Ok(self.with_token(&mail, policy, LetterKind::ConfirmRegistration, &token))
    }

    async fn compose_verification(
        &self,
        mail: &QueuedMail,
        policy: &MailPolicy,
    ) -> Result<Composed, StoreError> {
        let Some(account) = self.account_at(&mail.email).await? else {
            // Somebody who has registered, and lost the mail or not got it.
            let now = self.now();
            let waiting = self.store().find_newest_token(&mail.email, Purpose::Register, now).await?;
            return match waiting {
                Some(token) => self.compose_confirmation(mail, policy, token).await,
                None => Ok(Composed::Nothing("nothing to verify")),
            };
        };
        if account.email_verified_at.is_some() {
            return Ok(Composed::Nothing("verified before"));
        }
        let kind = LetterKind::VerifyEmail;
        self.compose_with_new_token(mail, policy, kind, (Purpose::VerifyEmail, &account)).await
    }

    async fn compose_reset(&self, mail: &QueuedMail, policy: &MailPolicy) -> Result<Composed, StoreError> {
        let Some(account) = self.account_at(&mail.email).await? else {
            return Ok(Composed::Nothing("no account"));
        };
        if account.is_disabled() {
            return Ok(Composed::Nothing("the account is disabled"));
        }
        let mut event = self.event(AuditKind::PasswordResetRequested, account.id, &mail.client, self.now());
        event.actor_id = None;
        let kind = LetterKind::ResetPassword;
        let composed =
            self.compose_with_new_token(mail, policy, kind, (Purpose::ResetPassword, &account)).await?;
        if mail.attempts == 0 {
            self.note(event);
        }
        Ok(composed)
    }

    async fn compose_change(&self, mail: &QueuedMail, policy: &MailPolicy) -> Result<Composed, StoreError> {
        let Some(token) = self.token_of(mail).await? else { return Ok(Composed::Nothing("expired")) };
        if let Some(other) = self.account_at(&mail.email).await?
            && Some(other.id) != token.account_id
        {
            return Ok(address_in_use(mail, policy, other));
        }
        Ok(self.with_token(mail, policy, LetterKind::ConfirmNewEmail, &token))
    }

    /// A letter with a token that was issued with the entry of the outbox.
    async fn compose_with_token(
        &self,
        mail: &QueuedMail,
        policy: &MailPolicy,
        kind: LetterKind,
    ) -> Result<Composed, StoreError> {
        Ok(match self.token_of(mail).await? {
            Some(token) => self.with_token(mail, policy, kind, &token),
            None => Composed::Nothing("expired"),
        })
    }

    /// A letter to an account with a token that is issued now, and is the same at the next try.
    ///
    /// SECURITY: it goes to the address that the account has, however that was written by whoever asked. A token that was
    /// noted and is gone was used or replaced: a mail that was sent without our knowing must not bring it back to life.
    async fn compose_with_new_token(
        &self,
        mail: &QueuedMail,
        policy: &MailPolicy,
        kind: LetterKind,
        (purpose, account): (Purpose, &Account),
    ) -> Result<Composed, StoreError> {
        let now = self.now();
        let Some(email) = account.email.clone() else { return Ok(Composed::Nothing("no address")) };
        let token = match (mail.token_id, self.token_of(mail).await?) {
            (Some(_), None) => return Ok(Composed::Nothing("used or replaced")),
            (_, Some(token)) if !token.is_expired(now) => token,
            // It took longer than a token is good for to find somebody who takes the mail, or this is the first try.
            _ => {
                let token = self.stored_token(policy, purpose, Some(account.id), email.clone(), now);
                if !self.store().issue_token(&token, mail.id).await? {
                    return Ok(Composed::Nothing("no account"));
                }
                token
            }
        };
        let mail = QueuedMail { email, locale: account.locale.or(mail.locale), ..mail.clone() };
        Ok(self.with_token(&mail, policy, kind, &token))
    }

    /// A letter with the link and the code of a token.
    fn with_token(
        &self,
        mail: &QueuedMail,
        policy: &MailPolicy,
        kind: LetterKind,
        token: &StoredToken,
    ) -> Composed {
        let now = self.now();
        if token.is_expired(now) {
            return Composed::Nothing("expired");
        }
        let Some((secret, code)) = self.token_as_stored(token) else {
            return Composed::Nothing(MASTER_KEY_GONE);
        };
        let announced = kind == LetterKind::DeletionScheduled;
        Composed::Letter(Box::new(Letter {
            link: Some(self.link(token.purpose, &secret)),
            code: token.code.map(|_| code),
            valid_for: Some(token.expires_at.since(token.created_at)),
            due_at: announced.then_some(token.expires_at),
            ..letter(mail, policy, kind)
        }))
    }

    async fn token_of(&self, mail: &QueuedMail) -> Result<Option<StoredToken>, StoreError> {
        match mail.token_id {
            Some(id) => self.store().find_token_by_id(id).await,
            None => Ok(None),
        }
    }

    async fn account_at(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let found = self.store().find_account_by_identifier(&Identifier::Email(email.clone())).await?;
        Ok(found.map(|secret| secret.account))
    }
}

/// What somebody hears whose address was wanted for another account: at the address as it is theirs.
fn address_in_use(mail: &QueuedMail, policy: &MailPolicy, account: Account) -> Composed {
    let letter = letter(mail, policy, LetterKind::AddressInUse);
    let to = account.email.unwrap_or_else(|| mail.email.clone()).mailbox();
    // Not that of whoever asked, which is nobody's business.
    let locale = account.locale.unwrap_or(policy.locale);
    Composed::Letter(Box::new(Letter { to, locale, ..letter }))
}

/// A letter that carries nothing.
fn letter(mail: &QueuedMail, policy: &MailPolicy, kind: LetterKind) -> Letter {
    let other_email = mail.detail.as_deref().and_then(|address| Email::lenient(address).ok());
    Letter {
        id: mail.id,
        to: mail.email.mailbox(),
        locale: mail.locale.unwrap_or(policy.locale),
        kind,
        link: None,
        code: None,
        valid_for: None,
        at: mail.created_at,
        address: mail.client.address,
        user_agent: mail.client.user_agent.clone(),
        other_email,
        due_at: None,
    }
}

/// Says in the log what an operator has to know. To whom a mail goes is not among it.
fn tell(mail: &QueuedMail, end: &MailEnd) {
    let (id, kind) = (mail.id, mail.kind.as_str());
    match end {
        MailEnd::Sent { .. } => tracing::debug!(mail = %id, kind, "a mail was sent"),
        MailEnd::Dropped { cause, .. } => {
            tracing::debug!(mail = %id, kind, cause, "there is no mail to send");
        }
        MailEnd::Held { .. } => tracing::warn!(
            mail = %id,
            kind,
            "a mail waits: as many as `mail.hourly` lets out in an hour were sent"
        ),
        MailEnd::Later { cause, .. } => {
            tracing::warn!(mail = %id, kind, cause, "a mail could not be sent; it is tried again");
        }
        MailEnd::Dead { cause, .. } => tracing::error!(
            mail = %id,
            kind,
            cause,
            "a mail was given up; `portcullis mail retry` tries it again"
        ),
    }
}
