//! Which account would a row become?
//!
//! The id of the account follows from the row: from when it was made, the id it had and what people log in with. So a
//! row that came before is known again, whatever the table is called and on whatever engine.

use portcullis_core::crypto::digest;
use portcullis_core::crypto::password::StoredHash;
use portcullis_core::legacy::foreign_session;
use portcullis_core::model::{
    Account, AccountId, Client, Email, Profile, Role, Session, SessionId, Timestamp, Username,
};
use portcullis_core::policy::refresh::Rotations;

use super::Plan;
use super::cell::{Disabled, SourceId};
use super::token::Token;
use crate::transfer::{AccountRecord, AdoptedSession, PasswordRecord, Record};

/// A row that can be an account.
pub(super) struct Candidate {
    /// That of the account.
    pub(super) id: AccountId,
    pub(super) source_id: Option<SourceId>,
    pub(super) email: Option<Email>,
    pub(super) username: Option<Username>,
    pub(super) profile: Profile,
    pub(super) role: Role,
    pub(super) password: Option<StoredHash>,
    pub(super) disabled: Disabled,
    pub(super) created_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) token: Option<Token>,
}

/// The id of the account that a row becomes.
pub(super) fn account_id(
    source_id: Option<&SourceId>,
    email: Option<&Email>,
    username: Option<&Username>,
    created_at: Option<Timestamp>,
) -> AccountId {
    let source_id = match source_id {
        Some(SourceId::Number(number)) => number.to_string(),
        Some(SourceId::Other(id)) => id.clone(),
        None => String::new(),
    };
    let name = email.map(Email::key).or_else(|| username.map(Username::key)).unwrap_or_default();
    let parts: [&[u8]; 3] = [source_id.as_bytes(), b"\0", name.as_bytes()];
    let digest = digest::sha256("portcullis/takeover/account/v1", &parts);
    let mut random = [0; 10];
    random.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    AccountId::new(created_at.unwrap_or(Timestamp::from_millis(0)), random)
}

impl Candidate {
    /// The number it had.
    pub(super) const fn number(&self) -> Option<i64> {
        match &self.source_id {
            Some(SourceId::Number(number)) => Some(*number),
            Some(SourceId::Other(_)) | None => None,
        }
    }

    /// The id it had, when that was no number.
    pub(super) fn external_id(&self) -> Option<&str> {
        match &self.source_id {
            Some(SourceId::Other(id)) => Some(id),
            Some(SourceId::Number(_)) | None => None,
        }
    }

    /// Whether it may not log in.
    pub(super) fn is_disabled(&self) -> bool {
        self.disabled != Disabled::No
    }

    /// The account that it becomes.
    pub(super) fn record(&self, number: i64, plan: &Plan) -> AccountRecord {
        // What nobody knows the time of was made at the latest when it was taken over.
        let unknown = plan.cut_over.min(plan.now);
        let created_at = self.created_at.or(self.updated_at).unwrap_or(unknown);
        let updated_at = self.updated_at.unwrap_or(created_at);
        let account = Account {
            id: self.id,
            number,
            external_id: self.external_id().map(str::to_owned),
            email: self.email.clone(),
            username: self.username.clone(),
            profile: self.profile.clone(),
            role: self.role,
            disabled_at: match self.disabled {
                Disabled::No => None,
                Disabled::Yes => Some(updated_at),
                Disabled::Since(time) => Some(time),
            },
            cut_over_at: Some(plan.cut_over),
            disowned_at: None,
            locale: None,
            email_verified_at: None,
            deletion: None,
            created_at,
            updated_at,
        };
        let password = self.password.clone().map(|hash| PasswordRecord { hash, updated_at });
        AccountRecord { account, password }
    }

    /// Whether an account of its id is what it would become. Times that the source does not tell, and the one of the
    /// last change, are not looked at.
    pub(super) fn is(&self, there: &AccountRecord) -> bool {
        let account = &there.account;
        let hash = |password: &Option<StoredHash>| password.as_ref().map(|hash| hash.as_str().to_owned());
        let hash_there = there.password.as_ref().map(|password| password.hash.as_str().to_owned());
        self.number().is_none_or(|number| number == account.number)
            && self.external_id() == account.external_id.as_deref()
            && self.email == account.email
            && self.username == account.username
            && self.profile == account.profile
            && self.role == account.role
            && hash(&self.password) == hash_there
            && self.is_disabled() == account.is_disabled()
            && self.created_at.is_none_or(|time| time == account.created_at)
    }

    /// The session that its stored refresh token stands for, and when it was issued, in seconds since 1970.
    pub(super) fn session_id(&self) -> Option<(SessionId, i64)> {
        match self.token {
            Some(Token::Good { issued_at_s, .. }) => {
                Some((foreign_session(self.id, issued_at_s), issued_at_s))
            }
            _ => None,
        }
    }

    /// The same with what remembers that it began.
    pub(super) fn session(&self) -> Option<[Record; 2]> {
        let Some(Token::Good { issued_at_s, expires_at }) = self.token else { return None };
        let (id, _) = self.session_id()?;
        let created_at = Timestamp::from_seconds(issued_at_s);
        let session = Session {
            id,
            account_id: self.id,
            generation: 1,
            rotations: Rotations::default(),
            client: Client::default(),
            created_at,
            authenticated_at: created_at,
            last_seen_at: created_at,
            expires_at,
            idle_expires_at: expires_at,
            // How long the older backend let access tokens live is not in its database; not longer than this.
            access_expires_at: expires_at,
            revoked: None,
        };
        Some([
            Record::Session(session),
            Record::AdoptedSession(AdoptedSession { session_id: id, expires_at }),
        ])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn id(id: &str, email: &str) -> AccountId {
        let id = SourceId::Other(id.into());
        let at = Timestamp::from_millis(1_700_000_000_000);
        account_id(Some(&id), Some(&Email::lenient(email).unwrap()), None, Some(at))
    }

    #[test]
    fn the_id_follows_from_the_row_and_from_nothing_else() {
        let ada = id("a", "ada@example.com");
        assert_eq!(ada, id("a", "Ada@Example.com"));
        assert_ne!(ada, id("b", "ada@example.com"));
        assert_ne!(ada, id("a", "bob@example.com"));
        assert_eq!(ada.to_string().get(..13), Some("018bcfe5-6800"), "{ada}");
        assert_eq!(ada.as_uuid().get_version_num(), 7);
    }
}
