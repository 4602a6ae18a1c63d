//! Who are you, and can you prove it?

use portcullis_crypto::password::StoredHash;
use portcullis_crypto::secret::Password;

use super::{Grant, Trouble};
use crate::Auth;
use crate::model::{Account, AccountSecret, AuditKind, Client, Identifier, Timestamp};
use crate::ports::store::SessionCreation;

/// What a login form sends.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The identifier; `None` when the text that was sent cannot be one, and so belongs to nobody.
    pub identifier: Option<Identifier>,
    /// The password, exactly as it was sent.
    pub password: Password,
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
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Logs in with a password and begins a session.
    ///
    /// A failure costs one look-up and one verification, whatever its reason.
    pub async fn log_in(&self, attempt: LogIn, client: &Client) -> Result<Grant, LogInError> {
        if let Some(grant) = self.try_log_in(&attempt, client).await? {
            return Ok(grant);
        }
        // Most often another login of the same person has upgraded the hash, and the password is as right as before.
        self.try_log_in(&attempt, client).await?.ok_or(LogInError::WrongPassword)
    }

    /// `None` when the hash was replaced while the password was checked against it.
    async fn try_log_in(&self, attempt: &LogIn, client: &Client) -> Result<Option<Grant>, LogInError> {
        let now = self.now();
        let found = match &attempt.identifier {
            Some(identifier) => {
                self.store().find_account_by_identifier(identifier).await.map_err(Trouble::from)?
            }
            None => None,
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
        match found {
            None => Err(LogInError::UnknownAccount),
            Some(AccountSecret { password: None, .. }) => Err(LogInError::NoPassword),
            Some(AccountSecret { password: Some(_), .. }) if !fits => Err(LogInError::WrongPassword),
            Some(AccountSecret { password: Some(hash), account }) => Ok((account, hash)),
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
