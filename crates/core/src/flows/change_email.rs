//! How does an account get another address?
//!
//! ```text
//!  password and new address ──▶ mail to the new one ── its link or code, and the password ──▶ changed
//!                                                                                                │
//!                                                                                     mail to the old one
//!                                                                                                │
//!             the old address again, no password, no session, a mail to choose one ◀── its link, for a day
//! ```

use std::time::Duration;

use portcullis_crypto::one_time::OneTimeToken;
use portcullis_crypto::secret::Password;

use super::one_time::OneTimeError;
use super::prove_again::{NotProved, Proving};
use super::request_mail::RequestMailError;
use super::{Actor, Trouble};
use crate::Auth;
use crate::model::{Account, AuditKind, Client, Email, MailKind, NewMail, Purpose, StoredToken};
use crate::policy::mail::DomainRefused;
use crate::ports::mail_store::{
    EmailChange, EmailChangeRequest, EmailChangeRequested, EmailChangeUndo, EmailChanged, TokenUse,
};

/// Why no mail goes to the new address. Whether that belongs to another account is not among it.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    /// The password is wrong, or there is none.
    #[error("the password is wrong")]
    WrongPassword,
    /// The account is gone.
    #[error("there is no such account")]
    NoAccount,
    /// The account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// No account may have an address at this domain.
    #[error("the email address {0}")]
    Domain(#[from] DomainRefused),
    /// This server sends no mails.
    #[error("this server sends no mails")]
    NotConfigured,
    /// Too many passwords were wrong; this one was not looked at.
    #[error("too many passwords were wrong")]
    Throttled {
        /// When the next one is.
        retry_after: Duration,
    },
    /// Too many mails were asked for from there.
    #[error("too many mails were asked for from there")]
    TooManyMails {
        /// When the next one may.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl From<NotProved> for ChangeEmailError {
    fn from(error: NotProved) -> Self {
        match error {
            NotProved::NoAccount => Self::NoAccount,
            NotProved::WrongPassword => Self::WrongPassword,
            NotProved::AccountDisabled => Self::AccountDisabled,
            NotProved::Throttled { retry_after } => Self::Throttled { retry_after },
            NotProved::Trouble(trouble) => Self::Trouble(trouble),
        }
    }
}

impl From<RequestMailError> for ChangeEmailError {
    fn from(error: RequestMailError) -> Self {
        match error {
            RequestMailError::NotConfigured => Self::NotConfigured,
            RequestMailError::Throttled { retry_after } => Self::TooManyMails { retry_after },
            RequestMailError::Trouble(trouble) => Self::Trouble(trouble),
        }
    }
}

impl Auth {
    /// Asks for a mail to the address that the caller's account shall have. The password is asked for again.
    pub async fn change_email(
        &self,
        actor: &Actor,
        new: Email,
        password: &Password,
    ) -> Result<(), ChangeEmailError> {
        self.policy().registration.domains.check(&new)?;
        self.mail_policy().ok_or(ChangeEmailError::NotConfigured)?;
        let proving = self.begin_proving(actor, "change_email").await?;
        let is_wrong = |error: &_| matches!(error, ChangeEmailError::WrongPassword);
        let outcome = match self.try_change_email(&proving, actor, &new, password).await {
            Ok(None) => self.try_change_email(&proving, actor, &new, password).await,
            outcome => outcome,
        };
        proving.settle(outcome, is_wrong).await
    }

    /// `None` when the password was replaced while the old one was being checked.
    ///
    /// SECURITY: whoever knew the old one must not slip in behind its owner, who has just changed it or taken the account back.
    async fn try_change_email(
        &self,
        proving: &Proving<'_>,
        actor: &Actor,
        new: &Email,
        password: &Password,
    ) -> Result<Option<()>, ChangeEmailError> {
        let (account, checked) = proving.prove(proving.account().await?, password).await?;
        let policy = self.admit_mail(&actor.client)?;
        let about = (MailKind::ChangeEmail, Purpose::ChangeEmail);
        let (mail, token) = self.mail_with_token(policy, about, &account, new.clone(), &actor.client);
        let request = EmailChangeRequest { account_id: account.id, checked, token, mail };
        let event = self.event_of(AuditKind::EmailChangeRequested, actor);
        let asked = self.store().request_email_change(&request, &event).await.map_err(Trouble::from)?;
        self.wake_outbox();
        match asked {
            EmailChangeRequested::Requested => Ok(Some(())),
            EmailChangeRequested::PasswordChanged => Ok(None),
            EmailChangeRequested::NoAccount => Err(ChangeEmailError::NoAccount),
            EmailChangeRequested::AccountDisabled => Err(ChangeEmailError::AccountDisabled),
        }
    }

    /// Gives an account the address that a token proves.
    pub(super) async fn complete_email_change(
        &self,
        token: StoredToken,
        password: Option<&Password>,
        client: &Client,
    ) -> Result<(), OneTimeError> {
        let account = self.prove_account_beside(&token, password, client).await?;
        let account_id = account.id;
        if account.is_disabled() {
            return Err(OneTimeError::Invalid);
        }
        let now = self.now();
        // Another spelling may be another mailbox.
        let old = account.email.clone().filter(|old| old.as_str() != token.email.as_str());
        let (mail, undo) = match old {
            Some(old) => self.news_for_old_address(&account, old, &token.email, client),
            None => (None, None),
        };
        let spent = TokenUse { id: token.id, now };
        let change =
            EmailChange { account_id, token: spent, old: account.email, new: token.email, undo, mail };
        let event = self.event(AuditKind::EmailChanged, account_id, client, now);
        let changed = self.store().change_email(&change, &event).await.map_err(Trouble::from)?;
        self.after_email_change(changed).await
    }

    /// What undoes a change of the address, and the mail about it to the old one.
    ///
    /// SECURITY: an old address that nobody has verified may be a stranger's, by a slip of the pen. They hear that something
    /// changed, and get neither the new address nor a link that would give them the account.
    fn news_for_old_address(
        &self,
        account: &Account,
        old: Email,
        new: &Email,
        client: &Client,
    ) -> (Option<NewMail>, Option<StoredToken>) {
        let Some(policy) = self.mail_policy() else { return (None, None) };
        let kind = MailKind::EmailChanged;
        if account.email_verified_at.is_none() {
            return (Some(self.mail_to_account(kind, account, old, client)), None);
        }
        let about = (kind, Purpose::UndoEmailChange);
        let (mut mail, token) = self.mail_with_token(policy, about, account, old, client);
        mail.detail = Some(new.as_str().to_owned());
        (Some(mail), Some(token))
    }

    /// Gives an account the address back that it had, by the token of the mail to that. Whoever changed it knew the password:
    /// that is taken away, and a mail to choose another goes to the address. All sessions end.
    pub async fn undo_email_change(
        &self,
        token: &OneTimeToken,
        client: &Client,
    ) -> Result<Email, OneTimeError> {
        let token = self.find_one_time(token, Purpose::UndoEmailChange, client).await?;
        let account_id = token.account_id.ok_or(OneTimeError::Invalid)?;
        let now = self.now();
        let mut mail = self.mail_to(MailKind::ResetPassword, Some(token.email.clone()), client);
        mail.account_id = Some(account_id);
        let undo = EmailChangeUndo {
            account_id,
            token: TokenUse { id: token.id, now },
            email: token.email.clone(),
            mail,
        };
        let event = self.event(AuditKind::EmailChangeUndone, account_id, client, now);
        let changed = self.store().undo_email_change(&undo, &event).await.map_err(Trouble::from)?;
        self.after_email_change(changed).await?;
        Ok(token.email)
    }

    async fn after_email_change(&self, changed: EmailChanged) -> Result<(), OneTimeError> {
        match changed {
            EmailChanged::Changed { revoked } => {
                if !revoked.is_empty() {
                    self.take_in_feed().await;
                }
                self.wake_outbox();
                Ok(())
            }
            EmailChanged::EmailTaken => Err(OneTimeError::EmailTaken),
            EmailChanged::Spent | EmailChanged::Stale | EmailChanged::NoAccount => Err(OneTimeError::Invalid),
        }
    }
}
