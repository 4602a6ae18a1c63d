//! What became of the accounts that were given back?
//!
//! Accounts and rows are named by their id; no other text of theirs is in a report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::super::mapping::Described;
use super::super::report::{Refusals, RowName};

/// How many are named for each finding.
const NAMED: usize = 20;

/// What became of the accounts.
#[derive(Debug, Clone, Default)]
pub struct GiveBackReport {
    /// How many there are here.
    pub accounts: u64,
    /// Rows that were added, or would be.
    pub inserted: u64,
    /// Rows that were changed.
    pub updated: u64,
    /// Rows that were as they should be.
    pub unchanged: u64,
    /// Rows without an account that were deleted.
    pub deleted: u64,
    /// What is to be known about some of them.
    pub findings: BTreeMap<Finding, Refusals>,
    /// The codes with which the database refused rows.
    pub codes: BTreeSet<String>,
    /// The columns that were written, and those that were left alone.
    pub described: Described,
    /// Whether the next row that the older backend makes may get a number that an account here has or had.
    pub numbers_may_repeat: bool,
}

impl GiveBackReport {
    pub(super) fn note(&mut self, finding: Finding, name: Option<&str>) {
        let noted = self.findings.entry(finding).or_default();
        noted.count += 1;
        if noted.first.len() < NAMED {
            noted.first.push(RowName { id: name.map(str::to_owned), place: noted.count });
        }
    }

    /// How many accounts the older backend does not have as they are here.
    pub fn not_given_back(&self) -> u64 {
        let failed = self.findings.iter().filter(|(finding, _)| finding.is_failure());
        failed.map(|(_, noted)| noted.count).sum()
    }

    /// How many there are of a finding.
    pub fn count(&self, finding: Finding) -> u64 {
        self.findings.get(&finding).map_or(0, |noted| noted.count)
    }
}

macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $text:literal;)*) => {
        /// What is to be known about an account or a row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Finding {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Finding {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word for it in a report.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }

        impl fmt::Display for Finding {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

findings! {
    /// It has no email address, and the table needs one.
    NoEmail = "no_email", "not given back: no email address, and there must be one";
    /// It has no username, and the table needs one.
    NoUsername = "no_username", "not given back: no username, and there must be one";
    /// It has no password, and there is no row of it.
    NoPassword = "no_password", "not given back: no password";
    /// Something else is missing that the table needs.
    Lacking = "lacking", "not given back: a column must have a value that the account has not";
    /// Its id cannot stand in the column.
    Id = "id", "not given back: its id is none that the column can hold";
    /// The row of its id is somebody else's.
    IdTaken = "id_taken", "not given back: the older backend has given its id to somebody else (map another table, or change that row)";
    /// Another row has what must be unique.
    Taken = "taken", "not given back: another row has its email address, username or id";
    /// The table takes it not.
    Refused = "refused", "not given back: the database refused the row (too long, or against a rule of the table)";
    /// It is disabled and has no row.
    DisabledLeftOut = "disabled_left_out", "disabled, so there is no row of it";
    /// It is disabled; the password in its row was replaced.
    DisabledLocked = "disabled_locked", "disabled: the table cannot say so, so the password in its row became `!disabled`, which none matches";
    /// The older backend cannot check its hash.
    Unreadable = "unreadable_hash", "the older backend cannot check its password hash and lets nobody in: configure PORTCULLIS_PASSWORD_ALGORITHM=bcrypt, have the owner set a password here again (a login replaces only hashes that are weaker), and run this again";
    /// `$2y$` became `$2b$`.
    Renamed = "renamed_hash", "its hash is `$2y$`, which npm `bcrypt` does not know; written as `$2b$`, the same computation";
    /// It has no password here, its row had one.
    PasswordTaken = "password_taken", "no password here: the one in its row became `!none`, which none matches";
    /// A column must have a value that the account has not any more.
    Kept = "kept", "something that was removed here stays in its row, whose column must have a value";
    /// A refresh token of the older backend was removed.
    TokenRemoved = "token_removed", "the refresh token stored in its row was removed";
    /// A row without an account.
    Missing = "no_account", "rows without an account: it was deleted here, or never came. They can log in at the older backend; --delete-missing deletes them";
}

impl Finding {
    /// Whether the older backend does not have the account as it is here.
    pub const fn is_failure(self) -> bool {
        match self {
            Self::NoEmail
            | Self::NoUsername
            | Self::NoPassword
            | Self::Lacking
            | Self::Id
            | Self::IdTaken
            | Self::Taken
            | Self::Refused => true,
            Self::DisabledLeftOut
            | Self::DisabledLocked
            | Self::Unreadable
            | Self::Renamed
            | Self::PasswordTaken
            | Self::Kept
            | Self::TokenRemoved
            | Self::Missing => false,
        }
    }
}
