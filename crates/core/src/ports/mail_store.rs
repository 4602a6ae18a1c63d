//! What does the core ask of a database for the sake of mails?
//!
//! Invariants every engine keeps (`testing::store_contract` checks them):
//! - A token is consumed at most once, by whoever is first, and with what it is good for in one transaction.
//! - What a mail is about and its entry in the outbox are written in one transaction.
//! - A mail is claimed by one node at a time. One that a node has claimed and not finished is claimed again when the claim
//!   is over: it may be sent twice, and is never lost.

use async_trait::async_trait;
use portcullis_crypto::one_time::Digest;
use portcullis_crypto::password::StoredHash;

use super::StoreError;
use crate::model::mail::{MailFilter, MailKind, MailState, NewMail, QueuedMail};
use crate::model::one_time::{Purpose, StoredToken};
use crate::model::{AccountId, AuditEvent, Email, MailId, Page, PageRequest, SessionId, Timestamp, TokenId};
use crate::ports::store::AccountDeletion;

/// The part of the port that keeps one-time tokens and the outbox.
#[async_trait]
pub trait MailStore: Send + Sync + 'static {
    /// Puts a mail into the outbox, with the token that it carries if that has to exist before. A token of an account takes
    /// the place of those that the account has for the same purpose, an invitation that of those of the same address.
    /// Nothing is looked up: it costs the same whomever the mail is for.
    async fn request_mail(
        &self,
        mail: &NewMail,
        token: Option<&StoredToken>,
        event: Option<&AuditEvent>,
    ) -> Result<(), StoreError>;

    /// Keeps a token that no mail carries. It takes the place of others as with [`Self::request_mail`].
    async fn keep_token(&self, token: &StoredToken, event: &AuditEvent) -> Result<(), StoreError>;

    /// Gives an account a token, which takes the place of those that it has for the same purpose, and notes at the entry of the
    /// outbox that this is the one that its mail carries. False when the account is gone.
    async fn issue_token(&self, token: &StoredToken, mail: MailId) -> Result<bool, StoreError>;

    /// The same as [`Self::request_mail`] for an account that is to have another address, if `request.checked` is still its
    /// password.
    async fn request_email_change(
        &self,
        request: &EmailChangeRequest,
        event: &AuditEvent,
    ) -> Result<EmailChangeRequested, StoreError>;

    /// The token with that digest, expired or not.
    async fn find_token(&self, digest: &Digest) -> Result<Option<StoredToken>, StoreError>;

    /// The token of that id, expired or not.
    async fn find_token_by_id(&self, id: TokenId) -> Result<Option<StoredToken>, StoreError>;

    /// The token for a purpose that was sent to an address with this code, if it has not expired at `now`.
    async fn find_token_by_code(
        &self,
        email: &Email,
        purpose: Purpose,
        code: &Digest,
        now: Timestamp,
    ) -> Result<Option<StoredToken>, StoreError>;

    /// Gives a token that is there its code.
    async fn set_token_code(&self, id: TokenId, code: &Digest) -> Result<(), StoreError>;

    /// The newest token for a purpose that was sent to an address and has not expired at `now`.
    async fn find_newest_token(
        &self,
        email: &Email,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>, StoreError>;

    /// The invitations that have not expired at `now`, by growing id.
    async fn list_invitations(
        &self,
        now: Timestamp,
        page: PageRequest<TokenId>,
    ) -> Result<Page<StoredToken, TokenId>, StoreError>;

    /// Forgets a token. False when there is none.
    async fn delete_token(&self, id: TokenId, event: Option<&AuditEvent>) -> Result<bool, StoreError>;

    /// Consumes a token and notes that the address of its account was verified, if it is still that of the token.
    async fn verify_email(
        &self,
        token: TokenUse,
        event: &AuditEvent,
    ) -> Result<EmailVerification, StoreError>;

    /// Notes that the address of an account is verified, on behalf of an administrator, if it is still `email`. False
    /// when it is not.
    async fn mark_email_verified(
        &self,
        account_id: AccountId,
        email: &Email,
        event: &AuditEvent,
    ) -> Result<bool, StoreError>;

    /// Consumes a token and gives its account another address, which is verified by that. Tokens that the account has die,
    /// but for those that undo: `change.undo` stands beside those of earlier changes.
    async fn change_email(
        &self,
        change: &EmailChange,
        event: &AuditEvent,
    ) -> Result<EmailChanged, StoreError>;

    /// Consumes a token and gives its account the address back that it had. The password is taken away, all sessions end,
    /// the tokens of the account die but for those that undo an earlier change, and it is not deleted any more if it was about to be: whoever changed the address may
    /// have wanted that too. It stays disabled if somebody else disabled it.
    async fn undo_email_change(
        &self,
        undo: &EmailChangeUndo,
        event: &AuditEvent,
    ) -> Result<EmailChanged, StoreError>;

    /// Disables an account, ends all its sessions, and notes when it is to be deleted. With `checked`, only if that is still
    /// its password. [`AccountDeletion::Deleted`] says that it is noted.
    async fn schedule_deletion(
        &self,
        deletion: &DeletionSchedule,
        event: &AuditEvent,
    ) -> Result<AccountDeletion, StoreError>;

    /// Consumes a token and takes back that its account is to be deleted: it may log in again, unless it was disabled
    /// meanwhile by somebody else. False when the token is spent or the account gone.
    async fn undo_deletion(&self, token: TokenUse, event: &AuditEvent) -> Result<bool, StoreError>;

    /// Disabled accounts that are to be deleted at `now` or before, at most 100.
    async fn list_due_deletions(&self, now: Timestamp) -> Result<Vec<AccountId>, StoreError>;

    /// Deletes an account whose time has come at `event.at`, and writes to the address that it had. False when it is to be kept
    /// or gone.
    async fn delete_due_account(
        &self,
        id: AccountId,
        mail: &NewMail,
        event: &AuditEvent,
    ) -> Result<bool, StoreError>;

    /// Takes up to `limit` mails that are due at `claim.now`, the one that is due longest first.
    async fn claim_mails(&self, claim: &MailClaim, limit: u32) -> Result<Vec<QueuedMail>, StoreError>;

    /// Says what became of a mail that `holder` claimed. False when somebody else has it by now.
    async fn finish_mail(&self, id: MailId, holder: &str, end: &MailEnd) -> Result<bool, StoreError>;

    /// How many mails of a kind were sent at `since` or later: to one address, or in all.
    async fn count_sent_mails(
        &self,
        kind: MailKind,
        to: Option<&Email>,
        since: Timestamp,
    ) -> Result<u64, StoreError>;

    /// The outbox, newest first.
    async fn list_mails(
        &self,
        filter: &MailFilter,
        page: PageRequest<MailId>,
    ) -> Result<Page<QueuedMail, MailId>, StoreError>;

    /// Lets a mail that is dead or pending be tried at once, as if for the first time; all of those, when none is given.
    /// Answers how many.
    async fn retry_mails(&self, id: Option<MailId>, now: Timestamp) -> Result<u64, StoreError>;

    /// How many mails there are of each state.
    async fn count_mails_by_state(&self) -> Result<Vec<(MailState, u64)>, StoreError>;

    /// Forgets what is over; answers how many mails.
    async fn prune_mails(&self, pruning: &MailPruning) -> Result<u64, StoreError>;
}

/// A token is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenUse {
    /// Which.
    pub id: TokenId,
    /// When: one that has expired by then is spent.
    pub now: Timestamp,
}

/// What became of an address that was to be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailVerification {
    /// It is verified.
    Verified,
    /// The token was used before, or has expired.
    Spent,
    /// The account has another address by now, or is gone.
    OtherAddress,
}

/// Somebody wants another address for an account.
#[derive(Debug, Clone)]
pub struct EmailChangeRequest {
    /// Whose.
    pub account_id: AccountId,
    /// The hash that the password was checked against.
    pub checked: StoredHash,
    /// The token for the new address.
    pub token: StoredToken,
    /// The mail that brings it.
    pub mail: NewMail,
}

/// What became of a wish for another address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailChangeRequested {
    /// There will be a mail.
    Requested,
    /// The password was replaced while the old one was being checked.
    PasswordChanged,
    /// The account is gone.
    NoAccount,
    /// The account is disabled.
    AccountDisabled,
}

/// An account gets another address.
#[derive(Debug, Clone)]
pub struct EmailChange {
    /// Whose.
    pub account_id: AccountId,
    /// The token that proves the new address.
    pub token: TokenUse,
    /// The address as it was when the change was prepared.
    pub old: Option<Email>,
    /// The address as it shall be.
    pub new: Email,
    /// What undoes it.
    pub undo: Option<StoredToken>,
    /// The mail to the old address, where there was one.
    pub mail: Option<NewMail>,
}

/// What became of a change of the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailChanged {
    /// It is changed.
    Changed {
        /// The sessions that were ended by it.
        revoked: Vec<SessionId>,
    },
    /// The token was used before, or has expired.
    Spent,
    /// The address belongs to another account.
    EmailTaken,
    /// The account has another address than when this was prepared.
    Stale,
    /// There is no such account.
    NoAccount,
}

/// An account gets its address back.
#[derive(Debug, Clone)]
pub struct EmailChangeUndo {
    /// Whose.
    pub account_id: AccountId,
    /// The token that undoes.
    pub token: TokenUse,
    /// The address that the account had.
    pub email: Email,
    /// The mail with which another password is chosen.
    pub mail: NewMail,
}

/// An account is to be deleted.
#[derive(Debug, Clone)]
pub struct DeletionSchedule {
    /// Whose.
    pub account_id: AccountId,
    /// The hash that the password was checked against.
    pub checked: Option<StoredHash>,
    /// When.
    pub due_at: Timestamp,
    /// What undoes it and the mail that says so, where the account has an address.
    pub undo: Option<(StoredToken, NewMail)>,
}

/// A node wants to send mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailClaim {
    /// The node; a name that no other has.
    pub holder: String,
    /// When it asks.
    pub now: Timestamp,
    /// Until when no other node gets them.
    pub until: Timestamp,
}

/// What is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailPruning {
    /// Tokens that have expired by then.
    pub now: Timestamp,
    /// Mails that were sent or given up before then.
    pub finished_before: Timestamp,
    /// Entries with nothing to send that were dropped before then: anybody can cause any number of those.
    pub dropped_before: Timestamp,
    /// Places that nobody has logged in from since then.
    pub seen_before: Timestamp,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailEnd {
    /// It was sent.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// It is to be tried again; the try counts.
    Later {
        /// When.
        due_at: Timestamp,
        /// Why.
        cause: String,
    },
    /// It is to be tried again, and nothing was tried: too many were sent lately.
    Held {
        /// When.
        due_at: Timestamp,
    },
    /// It is given up.
    Dead {
        /// When.
        at: Timestamp,
        /// Why.
        cause: String,
    },
    /// There is nothing to send.
    Dropped {
        /// When.
        at: Timestamp,
        /// Why.
        cause: &'static str,
    },
}
