//! Who are you, and can you prove it?

use std::time::Duration;

use portcullis_crypto::password::StoredHash;
use portcullis_crypto::secret::Password;

use super::{Grant, Trouble};
use crate::Auth;
use crate::model::{Account, AccountSecret, AuditKind, Client, Identifier, Timestamp};
use crate::ports::store::SessionCreation;
use crate::throttle::{Ending, Subject};

/// What a login form sends.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// Who is said to log in.
    pub identifier: SentIdentifier,
    /// The password, exactly as it was sent.
    pub password: Password,
}

/// What was sent in the place of an identifier.
#[derive(Clone, PartialEq, Eq)]
pub enum SentIdentifier {
    /// One that an account may have.
    Known(Identifier),
    /// A text that cannot be one, and so belongs to nobody.
    Nobody(String),
}

impl SentIdentifier {
    /// Reads what a person typed into a login form.
    pub fn parse(text: &str) -> Self {
        Self::read(text, Identifier::parse(text))
    }

    /// A text, and what a contract of its own took it for.
    pub fn read(text: &str, identifier: Option<Identifier>) -> Self {
        identifier.map_or_else(|| Self::Nobody(text.to_owned()), Self::Known)
    }
}

impl From<Identifier> for SentIdentifier {
    fn from(identifier: Identifier) -> Self {
        Self::Known(identifier)
    }
}

impl std::fmt::Debug for SentIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Personal data stays out of logs.
        match self {
            Self::Known(identifier) => identifier.fmt(f),
            Self::Nobody(_) => f.write_str("Nobody(…)"),
        }
    }
}

/// Why nobody was logged in. An adapter must not tell the first three apart.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// No account has that identifier.
    #[error("there is no such account")]
    UnknownAccount,
    /// The account has no password to log in with.
    #[error("the account has no password")]
    NoPassword,
    /// The password is another.
    #[error("the password is wrong")]
    WrongPassword,
    /// The password is right, but the account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// Too many passwords were wrong; this one was not looked at.
    #[error("too many passwords were wrong")]
    Throttled {
        /// When the next one is.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Logs in with a password and begins a session.
    ///
    /// A failure costs one look-up and one verification, whatever its reason; after too many it costs nothing.
    pub async fn log_in(&self, attempt: LogIn, client: &Client) -> Result<Grant, LogInError> {
        let begun = self.begin_try(Subject::Sent(&attempt.identifier), client).await;
        let begun = begun.map_err(|too_many| LogInError::Throttled { retry_after: too_many.retry_after })?;
        let outcome = self.log_in_unlimited(&attempt, client).await;
        begun.end(match &outcome {
            Ok(_) => Ending::Right,
            // SECURITY: an adapter may answer the last like the others, and its weight must not tell it apart either.
            Err(
                LogInError::UnknownAccount
                | LogInError::NoPassword
                | LogInError::WrongPassword
                | LogInError::AccountDisabled,
            ) => Ending::Wrong,
            Err(LogInError::Throttled { .. } | LogInError::Trouble(_)) => Ending::Unknown,
        });
        outcome
    }

    async fn log_in_unlimited(&self, attempt: &LogIn, client: &Client) -> Result<Grant, LogInError> {
        if let Some(grant) = self.try_log_in(attempt, client).await? {
            return Ok(grant);
        }
        // Most often another login of the same person has upgraded the hash, and the password is as right as before.
        self.try_log_in(attempt, client).await?.ok_or(LogInError::WrongPassword)
    }

    /// `None` when the hash was replaced while the password was checked against it.
    async fn try_log_in(&self, attempt: &LogIn, client: &Client) -> Result<Option<Grant>, LogInError> {
        let now = self.now();
        let found = match &attempt.identifier {
            SentIdentifier::Known(identifier) => {
                self.store().find_account_by_identifier(identifier).await.map_err(Trouble::from)?
            }
            SentIdentifier::Nobody(_) => None,
        };
        let (account, hash) = self.prove(found, &attempt.password).await?;
        if account.is_disabled() {
            return Err(LogInError::AccountDisabled);
        }
        let grant = self.begin_session(account, &hash, client, now).await?;
        if let Some(grant) = &grant {
            self.upgrade(&grant.account, &hash, &attempt.password).await;
        }
        Ok(grant)
    }

    /// Checks the password of the account that was found, or of nobody at the same cost.
    pub(super) async fn prove(
        &self,
        found: Option<AccountSecret>,
        password: &Password,
    ) -> Result<(Account, StoredHash), LogInError> {
        // SECURITY: without the dummy a stranger tells by the time who has an account and who has a password.
        let dummy = self.dummy_hash().await.map_err(Trouble::from)?;
        let stored = found.as_ref().and_then(|secret| secret.password.as_ref());
        let fits = self.gate().verify(stored.unwrap_or(dummy), password).await.map_err(Trouble::from)?;
        // SECURITY: bcrypt looks at 72 bytes. Only an older backend may have made a hash of a longer password: what is
        // longer than any that was set here is another password.
        let is_cut = found.as_ref().is_some_and(|secret| {
            stored.is_some_and(|hash| hash.scheme_refuses(password)) && !secret.is_password_from_elsewhere()
        });
        let fits = fits && !is_cut;
        match found {
            None => Err(LogInError::UnknownAccount),
            Some(AccountSecret { password: None, .. }) => Err(LogInError::NoPassword),
            Some(AccountSecret { password: Some(_), .. }) if !fits => Err(LogInError::WrongPassword),
            Some(AccountSecret { password: Some(hash), account, .. }) => Ok((account, hash)),
        }
    }

    async fn begin_session(
        &self,
        account: Account,
        checked: &StoredHash,
        client: &Client,
        now: Timestamp,
    ) -> Result<Option<Grant>, LogInError> {
        let session = self.new_session(account.id, client, now);
        let mut event = self.event(AuditKind::LoggedIn, account.id, client, now);
        event.session_id = Some(session.id);
        match self.store().create_session(&session, Some(checked), &event).await.map_err(Trouble::from)? {
            SessionCreation::Created => Ok(Some(Grant { account, session: session.begin(), now })),
            SessionCreation::NoAccount => Err(LogInError::UnknownAccount),
            SessionCreation::AccountDisabled => Err(LogInError::AccountDisabled),
            SessionCreation::PasswordChanged => Ok(None),
        }
    }

    /// Replaces a hash that is weaker than what new passwords get. A failure costs nothing but another try
    /// at the next login, so it does not fail this one.
    async fn upgrade(&self, account: &Account, hash: &StoredHash, password: &Password) {
        let scheme = self.policy().password.scheme;
        if !hash.is_weaker_than(&scheme) || scheme.check(password).is_err() {
            return;
        }
        let Ok(better) = self.gate().hash(scheme, password, self.random()).await else {
            return;
        };
        if let Err(error) = self.store().upgrade_password_hash(account.id, hash, &better).await {
            tracing::warn!(%error, "a password hash could not be upgraded");
        }
    }
}
