//! What happens to sessions in the store, and what becomes of it?

use std::time::Duration;

use portcullis_crypto::password::StoredHash;

use crate::model::{Account, AccountId, Client, EventId, MailId, NewSession, Session, SessionId, Timestamp};
use crate::policy::refresh::Repeat;

/// What became of a new session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionCreation {
    /// It has begun.
    Created,
    /// It has begun, and others have ended to make room for it.
    CreatedInPlaceOf {
        /// How many.
        ended: usize,
    },
    /// The account is gone.
    NoAccount,
    /// The account is disabled.
    AccountDisabled,
    /// The password was replaced while the old one was being checked.
    PasswordChanged,
}

/// A session that began at an older system and shall go on here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// As it is to be here; its id follows from the tokens of the older system.
    pub session: NewSession,
    /// When the older system issued those.
    pub issued_at: Timestamp,
    /// Until when it is remembered that this happened: the end of the session and of its account included.
    pub remembered_until: Timestamp,
}

/// What became of a session that was to be adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionAdoption {
    /// It has begun, at generation 1.
    Adopted,
    /// The same, and others have ended to make room for it.
    AdoptedInPlaceOf {
        /// How many.
        ended: usize,
    },
    /// It had been adopted before, and may have ended since.
    Known,
    /// The account is gone.
    NoAccount,
    /// The account is disabled.
    AccountDisabled,
    /// All sessions of the account were ended since the tokens were issued.
    Disowned,
}

/// Somebody with a session proved again who they are.
#[derive(Debug, Clone)]
pub struct Reauthentication {
    /// Who.
    pub account_id: AccountId,
    /// In which session.
    pub session_id: SessionId,
    /// The hash that the password was checked against.
    pub checked: StoredHash,
    /// How long a refresh token may be retried after this: [`crate::policy::Policy::refresh_grace`].
    pub grace: Duration,
    /// How long the session lives on without a refresh.
    pub idle: Duration,
    /// How long the access token lives that is made for the answer.
    pub access: Duration,
}

/// What became of the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReauthenticationOutcome {
    /// It is noted; `session` is as it is now, its `generation` the one to hand out.
    Noted {
        /// The session after it.
        session: Box<Session>,
        /// Its account.
        account: Box<Account>,
    },
    /// The password was replaced while the old one was being checked.
    PasswordChanged,
    /// The account has no such session, or it has ended or expired.
    SessionOver,
    /// The account is gone.
    NoAccount,
    /// The account is disabled.
    AccountDisabled,
}

/// A refresh token that came in.
#[derive(Debug, Clone)]
pub struct SessionRotation {
    /// The session it names.
    pub session_id: SessionId,
    /// The generation it names.
    pub generation: u32,
    /// Who presents it.
    pub client: Client,
    /// When.
    pub now: Timestamp,
    /// [`crate::policy::Policy::refresh_grace`]
    pub grace: Duration,
    /// How long the session lives on without another refresh.
    pub idle: Duration,
    /// How long the access token lives that is made for the answer.
    pub access: Duration,
    /// The name of the audit entry, should there be one.
    pub event_id: EventId,
    /// The name of the mail to the account, should the token have been stolen; none is sent where there is none.
    pub mail_id: Option<MailId>,
}

/// What became of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotationOutcome {
    /// The session continues; `session` is as it is now, its `generation` the one to hand out.
    Continued {
        /// The session after the exchange.
        session: Box<Session>,
        /// Its account.
        account: Box<Account>,
        /// `None` when the token was exchanged just now; else it had been before.
        repeated: Option<Repeat>,
    },
    /// It had been exchanged before, by somebody else: the session has been ended.
    Reused {
        /// Whose session it was.
        account_id: AccountId,
        /// From when on no access token of it is alive.
        access_expires_at: Timestamp,
    },
    /// The session was ended earlier.
    Revoked,
    /// The session is over.
    Expired,
    /// There is no such session or generation.
    Unknown,
    /// The account is disabled.
    AccountDisabled,
}
