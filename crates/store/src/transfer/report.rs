//! What became of the records of an import?

use std::fmt;

use super::record::{Counts, Key};

/// What became of the records.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// How many of each kind.
    pub tally: Tally,
    /// Those that were not written because something was in their way.
    pub conflicts: Vec<Conflict>,
    /// How many seals of the audit log were left out, because the store has seals of its own that they do not belong to.
    pub seals_left_out: u64,
}

/// How many records were of which sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Written, or to be written.
    pub new: Counts,
    /// There already, with the same content.
    pub there: Counts,
    /// In conflict.
    pub conflicts: Counts,
}

/// A record that was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What [`Importer::add`](super::Importer::add) was told: the line of the file.
    pub line: u64,
    /// Which record.
    pub key: Key,
    /// What was in its way.
    pub kind: ConflictKind,
}

/// What was in the way of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConflictKind {
    /// It is there with other content.
    Differs,
    /// Another account has its number.
    Number,
    /// Another account has its id.
    Id,
    /// Another account has its external id.
    ExternalId,
    /// Another account has its email address.
    Email,
    /// Another account has its username.
    Username,
    /// Its account does not exist.
    NoAccount,
    /// Its account was in conflict.
    AccountRefused,
}

impl ConflictKind {
    /// The word for it in a report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Differs => "differs",
            Self::Number => "number",
            Self::Id => "id",
            Self::ExternalId => "external_id",
            Self::Email => "email",
            Self::Username => "username",
            Self::NoAccount => "no_account",
            Self::AccountRefused => "account_refused",
        }
    }
}

impl fmt::Display for ConflictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Differs => "it is there already, with other content",
            Self::Number => "another account has its number",
            Self::Id => "another account has its id",
            Self::ExternalId => "another account has its external id",
            Self::Email => "another account has its email address",
            Self::Username => "another account has its username",
            Self::NoAccount => "its account does not exist",
            Self::AccountRefused => "its account was in conflict",
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SigningKey(purpose, kid) => write!(f, "signing key {kid} ({purpose})"),
            Self::Account(number) => write!(f, "account number {number}"),
            Self::Session(id) => write!(f, "session {id}"),
            Self::Revocation(id) => write!(f, "revocation of session {id}"),
            Self::AuditEvent(id) => write!(f, "audit event {id}"),
            Self::AdoptedSession(id) => write!(f, "adopted session {id}"),
            Self::AuditSeal(seq) => write!(f, "audit seal {seq}"),
            Self::OneTimeToken(id) => write!(f, "one-time token {id}"),
            Self::Mail(id) => write!(f, "mail {id}"),
            Self::KnownClient(id, _) => write!(f, "known client of account {id}"),
        }
    }
}
