//! What may somebody do who has read a mail?

use std::fmt;

use portcullis_crypto::one_time::Digest;

use super::{AccountId, Email, Timestamp, TokenId};

/// What a one-time token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// To become an account: what was asked for at the registration is in the payload.
    Register,
    /// To show that an account's address is its owner's.
    VerifyEmail,
    /// To set another password.
    ResetPassword,
    /// To make an address that of the account.
    ChangeEmail,
    /// To take back a change of the address.
    UndoEmailChange,
    /// To keep an account that is about to be deleted.
    UndoDeletion,
    /// To register where only those may who were invited.
    Invite,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Register,
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::ChangeEmail,
        Self::UndoEmailChange,
        Self::UndoDeletion,
        Self::Invite,
    ];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::UndoEmailChange => "undo_email_change",
            Self::UndoDeletion => "undo_deletion",
            Self::Invite => "invite",
        }
    }

    /// The purpose of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }

    /// Whether tokens for it outlive a change of the password.
    ///
    /// SECURITY: what undoes must. Whoever has taken an account over changes its password too, and would cut off its
    /// owner by that.
    pub const fn outlives_password(self) -> bool {
        matches!(self, Self::UndoEmailChange | Self::UndoDeletion)
    }
}

/// A one-time token as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// Its name; the token itself follows from it.
    pub id: TokenId,
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose it is; nobody's as long as there is no account.
    pub account_id: Option<AccountId>,
    /// The address that it was sent to, or that it is about.
    pub email: Email,
    /// What the token is known by.
    pub digest: Digest,
    /// What its code is known by, if it has one.
    pub code: Option<Digest>,
    /// What else belongs to it, as JSON: of a registration all but its address, of an invitation the role.
    pub payload: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires_at: Timestamp,
}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The payload of a registration has a password hash and personal data in it.
        f.debug_struct("StoredToken")
            .field("id", &self.id)
            .field("purpose", &self.purpose)
            .field("account_id", &self.account_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl StoredToken {
    /// Whether it is good for nothing any more at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}
