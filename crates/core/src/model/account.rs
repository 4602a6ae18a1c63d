//! What is an account?

use portcullis_crypto::password::StoredHash;

use super::{AccountId, Email, Locale, NewMail, Profile, Timestamp, TokenId, Username};

/// A person or machine that can be authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name, for ever.
    pub id: AccountId,
    /// A number that grows with each account and is never given twice.
    pub number: i64,
    /// The id it had in the system that it was imported from, when that was not an integer.
    pub external_id: Option<String>,
    /// The email address, if it has one.
    pub email: Option<Email>,
    /// The username, if it has one.
    pub username: Option<Username>,
    /// What the account says about itself.
    pub profile: Profile,
    /// What it may do.
    pub role: Role,
    /// Since when it may not log in.
    pub disabled_at: Option<Timestamp>,
    /// Up to when an older system kept it. What that system issued for it before then is believed; `None` for an
    /// account that was made here.
    pub cut_over_at: Option<Timestamp>,
    /// When all its sessions were last ended: what other systems signed for it before is not believed any more.
    pub disowned_at: Option<Timestamp>,
    /// In which language it is written to.
    pub locale: Option<Locale>,
    /// When its owner showed that they read mails to the address that it has.
    pub email_verified_at: Option<Timestamp>,
    /// That it is about to be deleted. Until then it is disabled.
    pub deletion: Option<PendingDeletion>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
}

impl Account {
    /// Whether the account may not log in, refresh or be acted for.
    pub const fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }
}

/// An account is about to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingDeletion {
    /// When its owner wanted it. [`Account::disabled_at`] is the same, unless it was disabled by somebody else since.
    pub requested_at: Timestamp,
    /// When it is deleted.
    pub due_at: Timestamp,
}

/// How a system that an account comes from, or a token that such a system understands, names it.
#[derive(Clone, PartialEq, Eq)]
pub enum AccountName {
    /// [`Account::number`]
    Number(i64),
    /// [`Account::external_id`]
    ExternalId(String),
    /// [`Account::id`]
    Id(AccountId),
    /// [`Account::username`]
    Username(Username),
}

impl std::fmt::Debug for AccountName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Personal data stays out of logs.
        f.write_str("AccountName(…)")
    }
}

/// An account with what proves it.
#[derive(Debug, Clone)]
pub struct AccountSecret {
    /// The account.
    pub account: Account,
    /// Its password hash; absent for an account that logs in by other means.
    pub password: Option<StoredHash>,
    /// When that password was set.
    pub password_set_at: Option<Timestamp>,
}

impl AccountSecret {
    /// Whether an older system set the password, by rules of its own.
    pub fn is_password_from_elsewhere(&self) -> bool {
        self.account.cut_over_at.zip(self.password_set_at).is_some_and(|(cut_over, set)| set <= cut_over)
    }
}

/// An account that is about to be created.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its name, for ever.
    pub id: AccountId,
    /// The id of the system it comes from.
    pub external_id: Option<String>,
    /// The email address.
    pub email: Option<Email>,
    /// The username.
    pub username: Option<Username>,
    /// What the account says about itself.
    pub profile: Profile,
    /// What it may do.
    pub role: Role,
    /// Its password hash.
    pub password: Option<StoredHash>,
    /// In which language it is written to.
    pub locale: Option<Locale>,
    /// When its owner showed that they read mails to that address.
    pub email_verified_at: Option<Timestamp>,
    /// The token that it comes to be by, which is spent by that.
    pub token_id: Option<TokenId>,
    /// The mail that asks for the address to be verified.
    pub mail: Option<NewMail>,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// What an account may do in the native API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Its own account only.
    #[default]
    User,
    /// The admin routes as well.
    Admin,
}

impl Role {
    /// The word in the database, in tokens and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// The role of that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "user" => Some(Self::User),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}
