//! May this session go on?

use std::time::Duration;

use portcullis_crypto::refresh::{self, RefreshTokenError, Statement};

use super::{Grant, Trouble};
use crate::Auth;
use crate::model::{AccountId, AuditDetail, AuditKind, Client, Revocation, SessionId};
use crate::ports::store::{RotationOutcome, SessionRotation};
use crate::trace;
use tracing::Instrument as _;

/// Why a session does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Not a refresh token of this server. Costs no look into the database, unless it names an unknown key: then one
    /// that all such tokens of a tenth of a second share.
    #[error("the refresh token is not one of ours: {0}")]
    Invalid(RefreshTokenError),
    /// A good token of a session or generation that the database does not know.
    #[error("the session is unknown")]
    Unknown,
    /// The session has outlived itself.
    #[error("the session has expired")]
    Expired,
    /// The session was ended before.
    #[error("the session was ended")]
    Revoked,
    /// The token had been exchanged by somebody else: the session has just been ended.
    #[error("the refresh token was used twice; the session was ended")]
    Reused {
        /// Whose session it was.
        account_id: AccountId,
    },
    /// The account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// A token that an older backend may have issued, but not one that counts here.
    #[error("the refresh token of an older backend is not believed")]
    NotBelieved,
    /// None of ours, like very many before it from there.
    #[error("too many refresh tokens were none of ours")]
    Throttled {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Exchanges a native refresh token.
    pub async fn refresh(&self, token: &str, client: &Client) -> Result<Grant, RefreshError> {
        let read = self.read_refresh_token(token).await.map_err(|error| self.refuse_junk(error, client));
        let statement = read.inspect_err(|error| self.tally().not_refreshed(error))?;
        self.refresh_statement(statement, client).await
    }

    /// Exchanges what an authentic refresh token of any form states.
    pub async fn refresh_statement(
        &self,
        statement: Statement,
        client: &Client,
    ) -> Result<Grant, RefreshError> {
        let rotated = self.rotate(statement, client).instrument(trace::flow("refresh")).await;
        rotated.inspect_err(|error| self.tally().not_refreshed(error))
    }

    async fn rotate(&self, statement: Statement, client: &Client) -> Result<Grant, RefreshError> {
        // Before the token is used up: whoever comes again with it would be taken for a thief.
        self.check_keys()?;
        let now = self.now();
        let policy = self.policy();
        let session_id = session_of(statement);
        let rotation = SessionRotation {
            session_id,
            generation: statement.generation,
            client: client.clone(),
            now,
            grace: policy.refresh_grace,
            idle: policy.session.idle,
            access: policy.session.access,
            event_id: self.new_event_id(now),
            mail_id: self.mail_policy().map(|_| self.new_mail_id(now)),
        };
        let refused = |error: RefreshError, why| {
            let mut event = self.event_of_nobody(AuditKind::RefreshRefused, client);
            event.session_id = Some(session_id);
            self.note(event.with_detail(AuditDetail::word(why)));
            Err(error)
        };
        match self.store().rotate_session(&rotation).await.map_err(Trouble::from)? {
            RotationOutcome::Continued { session, account, repeated } => {
                self.tally().refreshed(repeated);
                Ok(Grant { account: *account, session: *session, now })
            }
            RotationOutcome::Reused { account_id, access_expires_at } => {
                let ended = Revocation { session_id, revoked_at: now, expires_at: access_expires_at };
                self.revoked().add(ended);
                self.wake_outbox();
                let network = client.network().map(tracing::field::display);
                tracing::warn!(%account_id, %session_id, network, "a refresh token was used twice; the session was ended");
                Err(RefreshError::Reused { account_id })
            }
            RotationOutcome::Revoked => refused(RefreshError::Revoked, "session_ended"),
            RotationOutcome::Expired => refused(RefreshError::Expired, "session_expired"),
            RotationOutcome::Unknown => refused(RefreshError::Unknown, "session_unknown"),
            RotationOutcome::AccountDisabled => refused(RefreshError::AccountDisabled, "account_disabled"),
        }
    }

    /// The same error, unless too many tokens from there were nobody's: then that. A good token never gets here.
    pub fn refuse_junk(&self, error: RefreshError, client: &Client) -> RefreshError {
        let is_junk = match &error {
            RefreshError::Invalid(RefreshTokenError::Malformed | RefreshTokenError::Forged)
            | RefreshError::NotBelieved => true,
            // When keys are revoked all tokens of all honest clients name one that is gone.
            RefreshError::Invalid(RefreshTokenError::UnknownKey)
            | RefreshError::Unknown
            | RefreshError::Expired
            | RefreshError::Revoked
            | RefreshError::Reused { .. }
            | RefreshError::AccountDisabled
            | RefreshError::Throttled { .. }
            | RefreshError::Trouble(_) => false,
        };
        if !is_junk {
            return error;
        }
        match self.count_junk(client) {
            Err(retry_after) => RefreshError::Throttled { retry_after },
            Ok(()) => error,
        }
    }

    /// The session that an authentic native refresh token names, alive or not.
    ///
    /// # Errors
    /// [`RefreshError::Invalid`]; [`RefreshError::Trouble`] when the token names an unknown key and the database
    /// cannot be asked for it.
    pub async fn session_of_refresh_token(&self, token: &str) -> Result<SessionId, RefreshError> {
        self.read_refresh_token(token).await.map(session_of)
    }

    async fn read_refresh_token(&self, token: &str) -> Result<Statement, RefreshError> {
        let opened = match self.open_refresh_token(token) {
            Err(RefreshTokenError::UnknownKey) => {
                // Another node may have made it with a key that is a moment old: its owner must not be logged out.
                self.look_for_new_keys().await?;
                self.open_refresh_token(token)
            }
            opened => opened,
        };
        opened.map_err(RefreshError::Invalid)
    }

    /// What a native refresh token states, if it was made with a key that is known here. Does not look into the
    /// database for others.
    pub fn open_refresh_token(&self, token: &str) -> Result<Statement, RefreshTokenError> {
        let keyring = self.keyring();
        refresh::open(token, |id| keyring.refresh_key_by_id(id))
    }
}

fn session_of(statement: Statement) -> SessionId {
    SessionId::from_uuid(uuid::Uuid::from_bytes(statement.session))
}
