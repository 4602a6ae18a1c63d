//! What can be done with Portcullis?
//!
//! One use-case a file; each is a method of [`crate::Auth`] and has an error type of its own that tells
//! precisely what went wrong.

pub mod administer;
pub mod audit;
pub mod authenticate;
pub mod change_email;
pub mod change_password;
pub mod csrf;
pub mod delete_account;
pub mod deliver_mails;
pub mod invite;
pub mod judge_password;
pub mod log_in;
pub mod log_out;
pub mod maintain;
pub mod one_time;
pub mod outbox;
pub mod own_account;
pub mod prove_again;
pub mod publish_revocations;
pub mod reauthenticate;
pub mod refresh;
pub mod register;
pub mod request_mail;
pub mod reseal_keys;
pub mod reset_password;
pub mod rotate_due_keys;
pub mod rotate_keys;
pub mod throttling;
pub mod verify_email;

use portcullis_crypto::jwt::AccessToken;
use portcullis_crypto::refresh::RefreshToken;

use crate::hash_gate::HashError;
use crate::model::{Account, Client, Session, Timestamp};
use crate::policy::audit_chain::SealingRefusal;
use crate::ports::StoreError;

/// Who calls, from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The access token was good for this.
    pub principal: authenticate::Principal,
    /// The program that sent it.
    pub client: Client,
}

/// A session that has just begun or been refreshed, and whose it is. A face of the server makes its tokens
/// out of this: [`crate::Auth::mint`] the native ones.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The account.
    pub account: Account,
    /// The session; its `generation` is the one to hand out.
    pub session: Session,
    /// When the grant was made.
    pub now: Timestamp,
}

/// The native tokens of a session.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// A JWT that services check by themselves.
    pub access: AccessToken,
    /// When it ends.
    pub access_expires_at: Timestamp,
    /// What the next pair is asked for with.
    pub refresh: RefreshToken,
    /// When it ends unless it is used.
    pub refresh_expires_at: Timestamp,
}

/// Something that is not the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hash gate.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A key or a token could not be made. The cause is for the log only.
    #[error("a token could not be made: {cause}")]
    Minting {
        /// What went wrong.
        cause: String,
    },
    /// The audit log is not to be sealed or cut by this node.
    #[error(transparent)]
    Sealing(#[from] SealingRefusal),
}
