//! Is it still the same person, and how long ago was that proved?
//!
//! A stolen session can do what its owner can, so what is sensitive asks for a proof that is recent: a login, or the
//! password once more. The access token says when that was (`auth_time`).

use std::time::Duration;

use portcullis_crypto::secret::Password;

use super::authenticate::Principal;
use super::log_in::LogInError;
use super::{Actor, Grant, Trouble};
use crate::Auth;
use crate::hash_gate::Asker;
use crate::model::AuditKind;
use crate::ports::store::{Reauthentication, ReauthenticationOutcome};
use crate::throttle::{Ending, Subject};

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
        let begun = self.begin_try(Subject::Account(actor.principal.account_id), &actor.client).await;
        let begun =
            begun.map_err(|too_many| ReauthenticateError::Throttled { retry_after: too_many.retry_after })?;
        let outcome = self.reauthenticate_unlimited(actor, password).await;
        begun
            .end(match &outcome {
                Ok(_) => Ending::Right,
                Err(ReauthenticateError::WrongPassword) => Ending::Wrong,
                Err(
                    ReauthenticateError::SessionOver
                    | ReauthenticateError::NoAccount
                    | ReauthenticateError::AccountDisabled
                    | ReauthenticateError::Throttled { .. }
                    | ReauthenticateError::Trouble(_),
                ) => Ending::Unknown,
            })
            .await;
        if let Err(ReauthenticateError::WrongPassword) = &outcome {
            self.note_wrong_password(actor, "reauthenticate");
        }
        outcome
    }

    async fn reauthenticate_unlimited(
        &self,
        actor: &Actor,
        password: &Password,
    ) -> Result<Grant, ReauthenticateError> {
        if let Some(grant) = self.try_reauthenticate(actor, password).await? {
            return Ok(grant);
        }
        // A login may have upgraded the hash meanwhile. If the password itself was changed, this finds it wrong.
        self.try_reauthenticate(actor, password).await?.ok_or(ReauthenticateError::WrongPassword)
    }

    /// `None` when the password was replaced while the old one was being checked.
    async fn try_reauthenticate(
        &self,
        actor: &Actor,
        password: &Password,
    ) -> Result<Option<Grant>, ReauthenticateError> {
        let Actor { principal: Principal { account_id, session_id, .. }, client } = actor;
        let asker = Asker::new(client, &account_id.into_bytes());
        let found = self.store().find_account_secret(*account_id).await.map_err(Trouble::from)?;
        let (account, checked) = self.prove(found, password, asker).await.map_err(|error| match error {
            LogInError::UnknownAccount => ReauthenticateError::NoAccount,
            LogInError::NoPassword | LogInError::WrongPassword => ReauthenticateError::WrongPassword,
            LogInError::AccountDisabled => ReauthenticateError::AccountDisabled,
            LogInError::Throttled { retry_after } => ReauthenticateError::Throttled { retry_after },
            LogInError::Trouble(trouble) => ReauthenticateError::Trouble(trouble),
        })?;
        if account.is_disabled() {
            return Err(ReauthenticateError::AccountDisabled);
        }
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
