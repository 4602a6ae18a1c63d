//! Is it still the same person, and how long ago was that proved?
//!
//! A stolen session can do what its owner can, so what is sensitive asks for a proof that is recent: a login, or the
//! password once more. The access token says when that was (`auth_time`).

use std::time::Duration;

use portcullis_crypto::secret::Password;

use super::authenticate::Principal;
use super::prove_again::{NotProved, Proving};
use super::{Actor, Grant, Trouble};
use crate::Auth;
use crate::model::AuditKind;
use crate::ports::store::{Reauthentication, ReauthenticationOutcome};

/// Why nothing was proved.
#[derive(Debug, thiserror::Error)]
pub enum ReauthenticateError {
    /// The password is another one, or there is none.
    #[error("the password is wrong")]
    WrongPassword,
    /// The session has ended meanwhile.
    #[error("the session is over")]
    SessionOver,
    /// The account is gone.
    #[error("there is no such account")]
    NoAccount,
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

impl From<NotProved> for ReauthenticateError {
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

/// What was last proved is too old for what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a credential has to be proved again")]
pub struct ReauthenticationRequired {
    /// How old it may be.
    pub max_age: Duration,
}

impl Auth {
    /// Whether a credential was proved recently enough for what is sensitive. An access token that does not say when
    /// proves nothing of the kind.
    pub fn check_recent(&self, principal: &Principal) -> Result<(), ReauthenticationRequired> {
        let (now, max_age) = (self.now(), self.policy().step_up);
        let is_recent = principal.authenticated_at.is_some_and(|at| now.since(at) <= max_age);
        if is_recent { Ok(()) } else { Err(ReauthenticationRequired { max_age }) }
    }

    /// Proves the password once more in the session of the caller. The session goes on with new tokens: those of before
    /// say nothing of the proof, and a copy of the refresh token is of no more use than after a refresh.
    pub async fn reauthenticate(
        &self,
        actor: &Actor,
        password: &Password,
    ) -> Result<Grant, ReauthenticateError> {
        let proving = self.begin_proving(actor, "reauthenticate").await?;
        let is_wrong = |error: &_| matches!(error, ReauthenticateError::WrongPassword);
        let outcome = match self.try_reauthenticate(&proving, actor, password).await {
            Ok(None) => self.try_reauthenticate(&proving, actor, password).await,
            outcome => outcome,
        };
        proving.settle(outcome, is_wrong).await
    }

    /// `None` when the password was replaced while the old one was being checked.
    async fn try_reauthenticate(
        &self,
        proving: &Proving<'_>,
        actor: &Actor,
        password: &Password,
    ) -> Result<Option<Grant>, ReauthenticateError> {
        let Actor { principal: Principal { account_id, session_id, .. }, client } = actor;
        let (_, checked) = proving.prove(proving.account().await?, password).await?;
        let (now, policy) = (self.now(), self.policy());
        let proof = Reauthentication {
            account_id: *account_id,
            session_id: *session_id,
            checked,
            grace: policy.refresh_grace,
            idle: policy.session.idle,
            access: policy.session.access,
        };
        let mut event = self.event(AuditKind::Reauthenticated, *account_id, client, now);
        event.session_id = Some(*session_id);
        match self.store().reauthenticate_session(&proof, &event).await.map_err(Trouble::from)? {
            ReauthenticationOutcome::Noted { session, account } => {
                Ok(Some(Grant { account: *account, session: *session, now }))
            }
            ReauthenticationOutcome::PasswordChanged => Ok(None),
            ReauthenticationOutcome::SessionOver => Err(ReauthenticateError::SessionOver),
            ReauthenticationOutcome::NoAccount => Err(ReauthenticateError::NoAccount),
            ReauthenticationOutcome::AccountDisabled => Err(ReauthenticateError::AccountDisabled),
        }
    }
}
