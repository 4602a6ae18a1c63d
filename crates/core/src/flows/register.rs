//! How does an account come to be?

pub(super) mod pending;

use std::time::Duration;

use portcullis_crypto::secret::Password;

use super::judge_password::identifiers;
use super::one_time::OneTimeError;
use super::{Grant, Trouble};
use crate::Auth;
use crate::flows::administer::Administrator;
use crate::hash_gate::{Asker, HashError};
use crate::model::{
    Account, AuditEvent, AuditKind, Client, Email, MailKind, NewAccount, NewSession, Profile, ProfileField,
    ProfileTextError, Role, Timestamp, Username,
};
use crate::policy::mail::DomainRefused;
use crate::policy::{PasswordProblem, RegistrationAccess, VerifiedEmail};
use crate::ports::store::AccountCreation;
use crate::trace;
use tracing::Instrument as _;

/// What a new account is made of.
#[derive(Debug, Clone)]
pub struct Register {
    /// The email address. An account has this, a username, or both.
    pub email: Option<Email>,
    /// The username.
    pub username: Option<Username>,
    /// The password, exactly as it was sent.
    pub password: Password,
    /// What the account says about itself.
    pub profile: Profile,
    /// A name of our making in the form of the ids of an older system, which may get the account back.
    pub external_id: Option<String>,
}

impl Register {
    /// Whoever registers at a client, in the line to the hashes.
    fn asker(&self, client: &Client) -> Asker {
        let email = self.email.as_ref().map(Email::key);
        let name = email.or_else(|| self.username.as_ref().map(Username::key));
        Asker::new(client, name.unwrap_or_default().as_bytes())
    }
}

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Neither an email address nor a username.
    #[error("an account needs an email address or a username")]
    NoIdentifier,
    /// The password does not meet the policy.
    #[error("the password {0}")]
    Password(PasswordProblem),
    /// A profile text that does not fit.
    #[error("{0:?} {1}")]
    Profile(ProfileField, ProfileTextError),
    /// No email address, where it is to be verified.
    #[error("an account needs an email address")]
    EmailRequired,
    /// No account may have an address at this domain.
    #[error("the email address {0}")]
    Domain(#[from] DomainRefused),
    /// Only those may register who were invited.
    #[error("only those may register who were invited")]
    InvitationRequired,
    /// The invitation is none, was used, or has expired.
    #[error("the invitation is not good (any more)")]
    InvitationInvalid,
    /// The invitation went to another address.
    #[error("the invitation went to another email address")]
    OtherAddressInvited,
    /// A mail is needed, and this server sends none.
    #[error("this server sends no mails")]
    MailNotConfigured,
    /// The email address belongs to somebody.
    #[error("the email address is taken")]
    EmailTaken,
    /// The username belongs to somebody.
    #[error("the username is taken")]
    UsernameTaken,
    /// Too many registered from there.
    #[error("too many accounts were registered from there")]
    Throttled {
        /// When the next one may.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl From<OneTimeError> for RegisterError {
    fn from(error: OneTimeError) -> Self {
        match error {
            OneTimeError::Invalid | OneTimeError::PasswordRequired | OneTimeError::WrongPassword => {
                Self::InvitationInvalid
            }
            OneTimeError::EmailTaken => Self::EmailTaken,
            OneTimeError::UsernameTaken => Self::UsernameTaken,
            OneTimeError::Throttled { retry_after } => Self::Throttled { retry_after },
            OneTimeError::Trouble(trouble) => Self::Trouble(trouble),
        }
    }
}

impl Auth {
    /// Registers an account, which is an ordinary user.
    pub async fn register(&self, new: Register, client: &Client) -> Result<Account, RegisterError> {
        let outcome = self.make_account(new, client).instrument(trace::flow("register")).await;
        self.tally().registered(&outcome);
        outcome
    }

    /// Registers an account and logs it in, in one transaction.
    pub async fn register_and_log_in(&self, new: Register, client: &Client) -> Result<Grant, RegisterError> {
        let making = self.make_account_and_session(new, client);
        let outcome = making.instrument(trace::flow("register_and_log_in")).await;
        self.tally().registered(&outcome);
        outcome
    }

    async fn make_account(&self, new: Register, client: &Client) -> Result<Account, RegisterError> {
        self.admit(&new, client)?;
        let now = self.now();
        let account = self.prepare(new, Role::User, client, now).await?;
        let event = self.event(AuditKind::AccountCreated, account.id, client, now);
        self.create(account, None, &event).await
    }

    async fn make_account_and_session(&self, new: Register, client: &Client) -> Result<Grant, RegisterError> {
        self.admit(&new, client)?;
        let now = self.now();
        let account = self.prepare(new, Role::User, client, now).await?;
        let mut session = self.new_session(account.id, client, now);
        session.newcomer = self.newcomer(account.id, account.email.as_ref(), account.locale, client);
        let mut event = self.event(AuditKind::AccountCreated, account.id, client, now);
        event.session_id = Some(session.id);
        let account = self.create(account, Some(&session), &event).await?;
        Ok(Grant { account, session: session.begin(), now })
    }

    /// Creates an account of any role, on behalf of an administrator.
    pub async fn create_account(
        &self,
        by: &Administrator,
        new: Register,
        role: Role,
    ) -> Result<Account, RegisterError> {
        self.check(&new)?;
        let now = self.now();
        let account = self.prepare(new, role, by.client(), now).await?;
        let event = self.event_by(by, AuditKind::AccountCreated, account.id);
        self.create(account, None, &event).await
    }

    /// Counts a registration, unless something is wrong with it that costs nothing to find out: people who correct
    /// themselves are no flood.
    fn admit(&self, new: &Register, client: &Client) -> Result<(), RegisterError> {
        let rules = &self.policy().registration;
        if rules.access == RegistrationAccess::Invited {
            return Err(RegisterError::InvitationRequired);
        }
        self.check(new)?;
        match &new.email {
            Some(email) => rules.domains.check(email)?,
            None if self.policy().verified_email == VerifiedEmail::BeforeLogIn => {
                return Err(RegisterError::EmailRequired);
            }
            None => {}
        }
        self.admit_registration(client).map_err(|retry_after| RegisterError::Throttled { retry_after })
    }

    fn check(&self, new: &Register) -> Result<(), RegisterError> {
        if new.email.is_none() && new.username.is_none() {
            return Err(RegisterError::NoIdentifier);
        }
        new.profile.check().map_err(|(field, error)| RegisterError::Profile(field, error))?;
        let identifiers = identifiers(new.email.as_ref(), new.username.as_ref());
        self.policy().password.check(&new.password, &identifiers).map_err(RegisterError::Password)
    }

    /// What is to be stored of a registration that was checked.
    async fn prepare(
        &self,
        new: Register,
        role: Role,
        client: &Client,
        now: Timestamp,
    ) -> Result<NewAccount, RegisterError> {
        let policy = &self.policy().password;
        self.check_breached(&new.password).await.map_err(RegisterError::Password)?;
        // Taken or not is found out by the store after the hash is made: equal work for both.
        let asker = new.asker(client);
        let hash = self.make_hash(policy.scheme, &new.password, asker).await.map_err(trouble)?;
        let id = self.new_account_id(now);
        Ok(NewAccount {
            id,
            external_id: new.external_id,
            email: new.email,
            username: new.username,
            profile: new.profile,
            role,
            password: Some(hash),
            locale: client.locale,
            email_verified_at: None,
            token_id: None,
            mail: self.notice(MailKind::VerifyEmail, id, client),
            created_at: now,
        })
    }

    async fn create(
        &self,
        new: NewAccount,
        session: Option<&NewSession>,
        event: &AuditEvent,
    ) -> Result<Account, RegisterError> {
        let outcome = self.store().create_account(&new, session, event).await.map_err(trouble)?;
        if new.mail.is_some() {
            self.wake_outbox();
        }
        match outcome {
            AccountCreation::Created { number } => Ok(Account {
                id: new.id,
                number,
                external_id: new.external_id,
                email: new.email,
                username: new.username,
                profile: new.profile,
                role: new.role,
                disabled_at: None,
                cut_over_at: None,
                disowned_at: None,
                locale: new.locale,
                email_verified_at: new.email_verified_at,
                deletion: None,
                created_at: new.created_at,
                updated_at: new.created_at,
            }),
            AccountCreation::EmailTaken => Err(RegisterError::EmailTaken),
            AccountCreation::UsernameTaken => Err(RegisterError::UsernameTaken),
            AccountCreation::TokenSpent => Err(RegisterError::InvitationInvalid),
            AccountCreation::ExternalIdTaken => {
                Err(Trouble::Minting { cause: "an account without an external id collided with one".into() }
                    .into())
            }
        }
    }
}

fn trouble<E: Into<Trouble>>(error: E) -> RegisterError {
    match error.into() {
        Trouble::Hash(HashError::Password(problem)) => RegisterError::Password(problem.into()),
        other => RegisterError::Trouble(other),
    }
}
