//! What does an older backend get to know about an account?
//!
//! ```text
//! password          what is written
//! $2a$ $2b$         as it is
//! $2y$              as it is; as $2b$ where npm `bcrypt` reads it
//! any other hash    as it is, or `!unreadable`: nobody gets in
//! disabled          `!disabled`, unless a column says that it is
//! ```

use portcullis_core::model::{Account, Email, Role, Timestamp, Username};

use super::super::cell::{Cell, Disabled};
use super::super::shape::{Field, Shape, UsernameRule};
use super::report::Finding;
use crate::transfer::AccountRecord;

/// What no password matches, in the place of a hash.
const DISABLED: &str = "!disabled";
const UNREADABLE: &str = "!unreadable";
pub(super) const NONE: &str = "!none";
/// bcryptjs takes every text of this length for a hash of bcrypt, and fails when it is none.
const BCRYPT_LENGTH: usize = 60;

/// By which rules accounts become rows.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) shape: &'static Shape,
    /// Whether a column says that an account is disabled.
    pub(super) tells_disabled: bool,
}

/// What stands in a field.
#[derive(Clone)]
pub(super) enum Given {
    /// Nothing.
    Nothing,
    /// A text.
    Text(String),
    /// A point in time.
    Time(Timestamp),
    /// Since when it may not log in, if it may not.
    Disabled(Option<Timestamp>),
}

/// An account as an older backend gets to know it.
pub(super) struct Entry {
    pub(super) account: Account,
    /// What stands where a hash is looked for.
    password: Option<String>,
    /// When anything of it last changed.
    updated_at: Timestamp,
    /// What is to be told about its password.
    pub(super) finding: Option<Finding>,
}

impl Entry {
    pub(super) fn of(record: AccountRecord, rules: Rules) -> Self {
        let AccountRecord { mut account, password } = record;
        if rules.shape.usernames == UsernameRule::Exact {
            // SECURITY: by their spelling, an account that was made elsewhere as `Bob` would be the `Bob` of the table.
            account.username = account.username.and_then(|name| Username::exact(name.key()).ok());
        }
        let changed_at = password.as_ref().map(|password| password.updated_at);
        let hash = password.as_ref().map(|password| password.hash.as_str());
        let (password, finding) = match hash {
            // SECURITY: the older backend has no word for it: with its hash a disabled account would be let in again.
            _ if account.is_disabled() && !rules.tells_disabled => {
                (Some(DISABLED.to_owned()), Some(Finding::DisabledLocked))
            }
            Some(hash) => written(hash, rules.shape),
            None => (None, None),
        };
        let updated_at = changed_at.map_or(account.updated_at, |at| at.max(account.updated_at));
        Self { account, password, updated_at, finding }
    }

    /// Whether it is locked by its password, as the table has no word for that.
    pub(super) fn is_locked(&self) -> bool {
        self.finding == Some(Finding::DisabledLocked)
    }

    /// What people call it: the id that the older backend knows.
    pub(super) fn name(&self) -> String {
        self.account.external_id.clone().unwrap_or_else(|| self.account.number.to_string())
    }

    /// What stands in a field; the id is not among it.
    pub(super) fn give(&self, field: Field) -> Given {
        let account = &self.account;
        let text = |text: Option<&str>| text.map_or(Given::Nothing, |text| Given::Text(text.to_owned()));
        match field {
            Field::Email => text(account.email.as_ref().map(Email::as_str)),
            Field::Username => text(account.username.as_ref().map(Username::as_str)),
            Field::Name => text(account.profile.name.as_deref()),
            Field::Bio => text(account.profile.bio.as_deref()),
            Field::Contact => text(account.profile.contact.as_deref()),
            Field::Password => text(self.password.as_deref()),
            Field::Role => text(Some(account.role.as_str())),
            Field::CreatedAt => Given::Time(account.created_at),
            Field::UpdatedAt => Given::Time(self.updated_at),
            Field::Disabled => Given::Disabled(account.disabled_at),
            Field::Id | Field::RefreshToken => Given::Nothing,
        }
    }

    /// Whether a row says already what it should in a field that follows the account.
    pub(super) fn is_in(&self, field: Field, cell: Cell) -> bool {
        match field {
            // Words of the older backend for a role that is no administrator's are its own.
            Field::Role => {
                let word = cell.into_text().ok().flatten();
                word.as_deref().and_then(Role::parse).unwrap_or_default() == self.account.role
            }
            Field::Disabled => cell
                .into_disabled()
                .is_ok_and(|disabled| (disabled != Disabled::No) == self.account.is_disabled()),
            Field::RefreshToken => cell.is_blank(),
            // An empty hash is none.
            Field::Password if self.password.is_none() => {
                cell.is_blank() || cell == Cell::Text(NONE.to_owned())
            }
            _ => match (self.give(field), cell.into_text()) {
                (Given::Nothing, Ok(None)) => true,
                (Given::Text(given), Ok(Some(there))) => given == there,
                _ => false,
            },
        }
    }

    /// Whether a row is of this account. Of one that came from there its id tells; one that was made here is known by
    /// what it was written with.
    pub(super) fn owns(&self, row: &[(Field, Cell)]) -> bool {
        if self.account.cut_over_at.is_some() {
            return true;
        }
        let cell = |field: Field| row.iter().find(|(known, _)| *known == field).map(|(_, cell)| cell.clone());
        let text = |field| cell(field).and_then(|cell| cell.into_text().ok().flatten());
        let email = text(Field::Email).and_then(|text| Email::lenient(&text).ok());
        let username = text(Field::Username).and_then(|text| Username::lenient(&text).ok());
        let is_email = email
            .is_some_and(|there| self.account.email.as_ref().is_some_and(|email| email.key() == there.key()));
        let is_username = username.is_some_and(|there| {
            let username =
                self.account.username.as_ref().and_then(|name| Username::lenient(name.as_str()).ok());
            username.is_some_and(|username| username.key() == there.key())
        });
        let seconds = |time: Timestamp| time.as_millis().div_euclid(1000);
        let made_at = cell(Field::CreatedAt).and_then(|cell| cell.into_time().ok().flatten());
        is_email || is_username || made_at.map(seconds) == Some(seconds(self.account.created_at))
    }

    /// The key by which it is found where there is no id.
    pub(super) fn identifier(&self, field: Field, rule: UsernameRule) -> Option<String> {
        match self.give(field) {
            Given::Text(text) => folded(field, &text, rule),
            _ => None,
        }
    }
}

/// By what an identifier is found.
pub(super) fn folded(field: Field, text: &str, rule: UsernameRule) -> Option<String> {
    match (field, rule) {
        (Field::Username, UsernameRule::Exact) => Some(text.to_owned()),
        (Field::Username, UsernameRule::Folded) => {
            Username::lenient(text).ok().map(|name| name.key().to_owned())
        }
        _ => Email::lenient(text).ok().map(|email| email.key().to_owned()),
    }
}

/// A hash as the older backend reads it, if it does.
fn written(hash: &str, shape: &Shape) -> (Option<String>, Option<Finding>) {
    // Which of the npm packages these backends check with.
    let is_native = matches!(shape.name, "users-cookies" | "mongoose");
    if let (true, Some(rest)) = (is_native, hash.strip_prefix("$2y$")) {
        return (Some(format!("$2b${rest}")), Some(Finding::Renamed));
    }
    if ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix)) {
        return (Some(hash.to_owned()), None);
    }
    // SECURITY: a text as long as a hash that is none makes bcryptjs fail, which ends the process of such backends.
    let text = if hash.len() == BCRYPT_LENGTH { UNREADABLE } else { hash };
    (Some(text.to_owned()), Some(Finding::Unreadable))
}

#[cfg(test)]
mod tests {
    use super::super::super::shape::{MONGOOSE, SEQUELIZE_USERS};
    use super::*;

    const SALT_AND_HASH: &str = "10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

    #[test]
    fn a_hash_is_written_byte_for_byte_unless_it_could_not_be_read() {
        let written_as = |prefix: &str, shape| written(&format!("{prefix}{SALT_AND_HASH}"), shape);
        for prefix in ["$2a$", "$2b$"] {
            let expected = (Some(format!("{prefix}{SALT_AND_HASH}")), None);
            assert_eq!(written_as(prefix, &SEQUELIZE_USERS), expected);
            assert_eq!(written_as(prefix, &MONGOOSE), expected);
        }
        assert_eq!(written_as("$2y$", &SEQUELIZE_USERS), (Some(format!("$2y${SALT_AND_HASH}")), None));
        let renamed = (Some(format!("$2b${SALT_AND_HASH}")), Some(Finding::Renamed));
        assert_eq!(written_as("$2y$", &MONGOOSE), renamed);
        let replaced = (Some(UNREADABLE.to_owned()), Some(Finding::Unreadable));
        assert_eq!(written_as("$2x$", &SEQUELIZE_USERS), replaced);
        let argon2 = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";
        let kept = (Some(argon2.to_owned()), Some(Finding::Unreadable));
        assert_eq!(written(argon2, &MONGOOSE), kept);
    }
}
