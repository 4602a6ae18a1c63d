//! What became of the rows of an older backend?
//!
//! Rows are named by their id or their place; no other text of theirs is in a report, but for the words of roles.

use std::collections::BTreeMap;
use std::fmt;

use super::mapping::Described;
use crate::transfer::HashKinds;

/// How many rows are named for each reason.
const NAMED: usize = 20;
/// More words for roles than that are counted as one, and longer ones too.
const MOST_ROLES: usize = 20;
const LONGEST_ROLE: usize = 40;

/// What became of the rows.
#[derive(Debug, Clone, Default)]
pub struct TakeoverReport {
    /// How many were read.
    pub rows: u64,
    /// Accounts that came, or would.
    pub new: u64,
    /// Accounts that were there.
    pub there: u64,
    /// Rows that cannot come.
    pub refused: BTreeMap<Reason, Refusals>,
    /// What the passwords of those that came or were there are hashed with.
    pub hashes: HashKinds,
    /// How many of these hashes no library of the older backends reads: others than bcrypt's.
    pub strange_hashes: u64,
    /// Of those that came or were there: without a password.
    pub without_password: u64,
    /// Of those: disabled.
    pub disabled: u64,
    /// Of those: administrators.
    pub admins: u64,
    /// Words for roles that are none of ours. Their accounts are users.
    pub other_roles: BTreeMap<String, u64>,
    /// What became of stored refresh tokens.
    pub sessions: SessionTally,
    /// Which columns were read.
    pub described: Described,
    /// What the place of a row counts: `row`, `line` or `document`.
    pub places: &'static str,
}

/// What became of stored refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionTally {
    /// They became sessions, or would.
    pub new: u64,
    /// Their sessions had come before.
    pub there: u64,
    /// They had expired.
    pub expired: u64,
    /// They were issued after the cut-over.
    pub late: u64,
    /// They are no JWT with `iat` and `exp`.
    pub unreadable: u64,
}

impl SessionTally {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.new + self.there + self.expired + self.late + self.unreadable
    }
}

/// The rows that cannot come for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: Vec<RowName>,
}

/// By what a row can be found in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowName {
    /// Its id.
    pub id: Option<String>,
    /// Where it stands.
    pub place: u64,
}

impl TakeoverReport {
    /// How many rows cannot come.
    pub fn refused_total(&self) -> u64 {
        self.refused.values().map(|refusals| refusals.count).sum()
    }

    pub(super) fn refuse(&mut self, reason: Reason, row: RowName) {
        let refusals = self.refused.entry(reason).or_default();
        refusals.count += 1;
        if refusals.first.len() < NAMED {
            refusals.first.push(row);
        }
    }

    pub(super) fn count_role(&mut self, word: &str) {
        let is_plain = word.chars().count() <= LONGEST_ROLE && !word.contains(char::is_control);
        let is_counted = self.other_roles.contains_key(word);
        let fits = is_counted || self.other_roles.len() < MOST_ROLES;
        let word = if is_plain && fits && !word.is_empty() { word } else { "(others)" };
        *self.other_roles.entry(word.to_owned()).or_default() += 1;
    }
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $text:literal;)*) => {
        /// Why a row cannot come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Reason {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word for it in a report.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

reasons! {
    /// There is none.
    NoId = "no_id", "it has no id";
    /// It is neither a number from 1 nor a text.
    Id = "id", "its id is neither a number from 1 to 9223372036854775806 nor a text of up to 255 bytes";
    /// There is none.
    NoEmail = "no_email", "it has no email address";
    /// Too long, or with control characters.
    Email = "email", "its email address is longer than 254 bytes or has control characters";
    /// There is none.
    NoUsername = "no_username", "it has no username";
    /// Too long, or with control characters.
    Username = "username", "its username is longer than 255 bytes or has control characters";
    /// There is none.
    NoPassword = "no_password", "it has no password (--without-password keep brings it without one)";
    /// No algorithm that we know.
    HashUnknown = "hash_unknown", "its password hash is of an unknown kind, or no hash";
    /// Cut off or changed.
    HashMalformed = "hash_malformed", "its password hash is cut off or malformed";
    /// It would cost too much to check.
    HashTooExpensive = "hash_too_expensive", "its password hash asks for more work than the server does for one login";
    /// Too long, or with a NUL.
    Profile = "profile", "its name, bio or contact is longer than 200, 16000 or 200 characters, has a NUL, or is no text";
    /// No time.
    Time = "time", "the time at which it was made or changed is in no form that is understood";
    /// Neither a flag nor a time.
    Disabled = "disabled", "the column for `disabled` holds neither yes or no nor a time";
    /// An earlier row has its id.
    IdTwice = "id_twice", "an earlier row has its id";
    /// An earlier row has its email address.
    EmailTwice = "email_twice", "an earlier row has its email address, spelled the same or with other capital letters";
    /// An earlier row has its username.
    UsernameTwice = "username_twice", "an earlier row has its username";
    /// Another account has its id.
    IdTaken = "id_taken", "another account in the database has its id";
    /// Another account has its email address.
    EmailTaken = "email_taken", "another account in the database has its email address";
    /// Another account has its username.
    UsernameTaken = "username_taken", "another account in the database has its username";
    /// It is there with other content.
    Differs = "differs", "it came before and has changed since, here or there";
}

impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            // It comes from somebody else's database: it shall not move the cursor of a terminal.
            Some(id) => f.write_str(&id.replace(char::is_control, "\u{fffd}")),
            None => write!(f, "at {}", self.place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_of_a_reason_are_named_and_all_are_counted() {
        let mut report = TakeoverReport::default();
        for place in 1..=30 {
            report.refuse(Reason::Email, RowName { id: None, place });
        }
        let named = report.refused.get(&Reason::Email).map(|refusals| refusals.first.len());
        assert_eq!((named, report.refused_total()), (Some(20), 30));
    }

    #[test]
    fn words_for_roles_are_counted_as_long_as_there_are_few() {
        let mut report = TakeoverReport::default();
        for word in ["editor", "editor", "", "a\nb", &"x".repeat(41)] {
            report.count_role(word);
        }
        assert_eq!(report.other_roles.get("editor"), Some(&2));
        assert_eq!(report.other_roles.get("(others)"), Some(&3));
        (0..100).for_each(|number| report.count_role(&format!("role {number}")));
        assert!(report.other_roles.len() <= MOST_ROLES + 1);
        assert_eq!(report.other_roles.values().sum::<u64>(), 105);
    }
}
