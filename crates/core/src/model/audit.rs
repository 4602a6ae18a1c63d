//! What is written down about who did what?

use super::{AccountId, Client, EventId, SessionId, Timestamp};

/// One entry of the audit log. Entries are only ever added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its name; grows with time.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: AuditKind,
    /// Who did it; `None` for somebody unknown or the operator's command line.
    pub actor_id: Option<AccountId>,
    /// To which account it happened.
    pub account_id: Option<AccountId>,
    /// In which session.
    pub session_id: Option<SessionId>,
    /// From where.
    pub client: Client,
}

macro_rules! audit_kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// What can happen that is worth an entry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum AuditKind { $($(#[$doc])* $variant,)* }

        impl AuditKind {
            /// The word in the database and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The kind of that word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

audit_kinds! {
    /// An account was registered or created.
    AccountCreated = "account_created",
    /// An account was deleted.
    AccountDeleted = "account_deleted",
    /// An account was disabled.
    AccountDisabled = "account_disabled",
    /// An account was enabled again.
    AccountEnabled = "account_enabled",
    /// An account got another role.
    RoleChanged = "role_changed",
    /// Somebody logged in.
    LoggedIn = "logged_in",
    /// A refresh token of an older system was exchanged for the first time: its session goes on here.
    SessionAdopted = "session_adopted",
    /// A session was ended by its owner or an administrator.
    SessionRevoked = "session_revoked",
    /// Several sessions of an account were ended at once.
    SessionsRevoked = "sessions_revoked",
    /// A password was changed.
    PasswordChanged = "password_changed",
    /// A refresh token was retried by the same client after the grace was over.
    RefreshRetriedLate = "refresh_retried_late",
    /// A refresh token that had been exchanged came back: the session was ended.
    RefreshTokenReused = "refresh_token_reused",
    /// A signing key took the place of another.
    KeysRotated = "keys_rotated",
}
