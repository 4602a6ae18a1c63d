//! Is somebody with a session who they say, for what a stolen access token alone must not do?

use std::time::Duration;

use portcullis_crypto::password::StoredHash;
use portcullis_crypto::secret::Password;

use super::log_in::LogInError;
use super::{Actor, Trouble};
use crate::Auth;
use crate::hash_gate::Asker;
use crate::model::{Account, AccountSecret};
use crate::throttle::{Ending, Subject, Try};

/// Why nothing was proved. An adapter may tell all of them: the caller has a session of the account.
#[derive(Debug, thiserror::Error)]
pub enum NotProved {
    /// The account is gone.
    #[error("there is no such account")]
    NoAccount,
    /// The password is another one, or there is none.
    #[error("the password is wrong")]
    WrongPassword,
    /// The account is disabled.
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

/// A password of somebody with a session is being tried. To be ended by [`Self::settle`].
pub(super) struct Proving<'a> {
    auth: &'a Auth,
    actor: &'a Actor,
    /// What it is asked for, in the audit log.
    what: &'static str,
    begun: Try<'a>,
}

impl Auth {
    /// Begins to try the caller's password, unless too many were wrong.
    pub(super) async fn begin_proving<'a>(
        &'a self,
        actor: &'a Actor,
        what: &'static str,
    ) -> Result<Proving<'a>, NotProved> {
        let begun = self.begin_try(Subject::Account(actor.principal.account_id), &actor.client).await;
        let begun = begun.map_err(|too_many| NotProved::Throttled { retry_after: too_many.retry_after })?;
        Ok(Proving { auth: self, actor, what, begun })
    }
}

impl Proving<'_> {
    /// The caller's account as it is stored.
    pub(super) async fn account(&self) -> Result<Option<AccountSecret>, Trouble> {
        Ok(self.auth.store().find_account_secret(self.actor.principal.account_id).await?)
    }

    /// Checks the password; answers the account and the hash that it was checked against.
    pub(super) async fn prove(
        &self,
        found: Option<AccountSecret>,
        password: &Password,
    ) -> Result<(Account, StoredHash), NotProved> {
        let (account, checked) =
            self.auth.prove(found, password, self.asker()).await.map_err(|error| match error {
                LogInError::UnknownAccount => NotProved::NoAccount,
                LogInError::NoPassword | LogInError::WrongPassword => NotProved::WrongPassword,
                LogInError::AccountDisabled | LogInError::EmailNotVerified => NotProved::AccountDisabled,
                LogInError::Throttled { retry_after } => NotProved::Throttled { retry_after },
                LogInError::Trouble(trouble) => NotProved::Trouble(trouble),
            })?;
        if account.is_disabled() { Err(NotProved::AccountDisabled) } else { Ok((account, checked)) }
    }

    /// The caller in the line to the hashes.
    pub(super) fn asker(&self) -> Asker {
        Asker::new(&self.actor.client, &self.actor.principal.account_id.into_bytes())
    }

    /// Says what became of it: `is_wrong` tells a wrong password from all other failures, which weigh nothing.
    ///
    /// `None` says that the password was replaced while the old one was being checked. The caller has tried twice before it
    /// says so: a login may have upgraded the hash, and a password that was changed is found wrong.
    pub(super) async fn settle<T, E: From<NotProved>>(
        self,
        outcome: Result<Option<T>, E>,
        is_wrong: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        let outcome = outcome.and_then(|done| done.ok_or_else(|| NotProved::WrongPassword.into()));
        self.end(match &outcome {
            Ok(_) => Ending::Right,
            Err(error) if is_wrong(error) => Ending::Wrong,
            Err(_) => Ending::Unknown,
        })
        .await;
        outcome
    }

    async fn end(self, ending: Ending) {
        if ending == Ending::Wrong {
            self.auth.note_wrong_password(self.actor, self.what);
        }
        self.begun.end(ending).await;
    }
}
