//! What is in the outbox, and what becomes of it?
//!
//! ```text
//!                     ┌── sent        a mail server has taken it
//!  pending ─── try ───┼── pending     later again: the mail server is away, or tells us to come back
//!                     ├── dead        it was refused, or nobody took it for days: an operator may try again
//!                     └── dropped     there was nobody to write to, or too much to one address
//! ```
//!
//! An entry says what happened or was asked for. To whom it matters, what the mail says and which token it carries is found
//! out when it is sent: whoever asks for a mail cannot tell from the answer whether there will be one.

use std::net::IpAddr;
use std::time::Duration;

use portcullis_crypto::one_time::OneTimeCode;
use secrecy::SecretString;

use super::{AccountId, Client, Email, Locale, MailId, Timestamp, TokenId};

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MailKind {
    /// Somebody registers with this address.
    Register,
    /// Somebody wants the address of their account to be verified.
    VerifyEmail,
    /// Somebody has forgotten a password.
    ResetPassword,
    /// An account is to have this address.
    ChangeEmail,
    /// Somebody is invited to register.
    Invite,
    /// The account has another address now.
    EmailChanged,
    /// The account has another password now.
    PasswordChanged,
    /// Somebody logged in from where nobody has before.
    NewClient,
    /// A session was ended because its refresh token was used twice.
    RefreshTokenReused,
    /// The account is about to be deleted.
    DeletionScheduled,
    /// The account is gone.
    AccountDeleted,
}

impl MailKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Register,
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::ChangeEmail,
        Self::Invite,
        Self::EmailChanged,
        Self::PasswordChanged,
        Self::NewClient,
        Self::RefreshTokenReused,
        Self::DeletionScheduled,
        Self::AccountDeleted,
    ];

    /// The word in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::Invite => "invite",
            Self::EmailChanged => "email_changed",
            Self::PasswordChanged => "password_changed",
            Self::NewClient => "new_client",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::DeletionScheduled => "deletion_scheduled",
            Self::AccountDeleted => "account_deleted",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether somebody who has proved nothing can cause it: only so many of those go to one address.
    pub const fn is_asked_for_by_anybody(self) -> bool {
        matches!(self, Self::Register | Self::VerifyEmail | Self::ResetPassword | Self::ChangeEmail)
    }
}

/// What became of an entry of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MailState {
    /// It is to be sent.
    Pending,
    /// A mail server has taken it.
    Sent,
    /// It will not be sent by itself.
    Dead,
    /// There was nothing to send, or too much.
    Dropped,
}

impl MailState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Sent, Self::Dead, Self::Dropped];

    /// The word in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Dropped => "dropped",
        }
    }

    /// The state of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Which entries of the outbox are listed. Nothing said: all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailFilter {
    /// Those of this state.
    pub state: Option<MailState>,
    /// Those to this address, however it was written.
    pub email: Option<Email>,
}

/// A mail that goes into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// Its name.
    pub id: MailId,
    /// What it is about.
    pub kind: MailKind,
    /// The account that it is about, if that is known.
    pub account_id: Option<AccountId>,
    /// Where it goes. `None`: to the account, which gets none if it has no address.
    pub email: Option<Email>,
    /// The language of whoever caused it, for where the account has none.
    pub locale: Option<Locale>,
    /// Who caused it.
    pub client: Client,
    /// The token that it carries, if that exists already.
    pub token_id: Option<TokenId>,
    /// What its kind leaves open: the new address after a change.
    pub detail: Option<String>,
    /// When it was caused.
    pub at: Timestamp,
}

/// An entry of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMail {
    /// Its name.
    pub id: MailId,
    /// What it is about.
    pub kind: MailKind,
    /// The account that it is about.
    pub account_id: Option<AccountId>,
    /// Where it goes.
    pub email: Email,
    /// The language: of the account, else of whoever caused it.
    pub locale: Option<Locale>,
    /// Who caused it: address and user agent.
    pub client: Client,
    /// The token that it carries, if that existed already.
    pub token_id: Option<TokenId>,
    /// [`NewMail::detail`]
    pub detail: Option<String>,
    /// When it was caused.
    pub created_at: Timestamp,
    /// What became of it.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it is pending.
    pub due_at: Timestamp,
    /// Why the last try failed, or why it was dropped.
    pub last_error: Option<String>,
    /// When it was sent, given up or dropped.
    pub finished_at: Option<Timestamp>,
}

/// What a mail says: the name of its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LetterKind {
    /// Confirm that you register. Link and code.
    ConfirmRegistration,
    /// Somebody tried to use your address for an account; it is that of one already. No link.
    AddressInUse,
    /// You registered, but the username is taken. No link.
    UsernameTaken,
    /// Confirm that this is your address. Link and code.
    VerifyEmail,
    /// Choose another password. Link.
    ResetPassword,
    /// Confirm your new address. Link and code.
    ConfirmNewEmail,
    /// Your account has another address now: link to undo. To the old address; the new one is [`Letter::other_email`].
    EmailChanged,
    /// Your account has another password now. No link.
    PasswordChanged,
    /// Somebody logged in from where nobody has before. No link.
    NewClient,
    /// A session was ended: its refresh token was used twice. No link.
    RefreshTokenReused,
    /// Your account will be deleted: link to keep it. When: [`Letter::due_at`].
    DeletionScheduled,
    /// Your account is gone. No link.
    AccountDeleted,
    /// You are invited. Link.
    Invite,
    /// Mails arrive. No link.
    Test,
}

impl LetterKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::ConfirmRegistration,
        Self::AddressInUse,
        Self::UsernameTaken,
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::ConfirmNewEmail,
        Self::EmailChanged,
        Self::PasswordChanged,
        Self::NewClient,
        Self::RefreshTokenReused,
        Self::DeletionScheduled,
        Self::AccountDeleted,
        Self::Invite,
        Self::Test,
    ];

    /// The name of its templates.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmRegistration => "confirm_registration",
            Self::AddressInUse => "address_in_use",
            Self::UsernameTaken => "username_taken",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::ConfirmNewEmail => "confirm_new_email",
            Self::EmailChanged => "email_changed",
            Self::PasswordChanged => "password_changed",
            Self::NewClient => "new_client",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::DeletionScheduled => "deletion_scheduled",
            Self::AccountDeleted => "account_deleted",
            Self::Invite => "invite",
            Self::Test => "test",
        }
    }
}

/// A mail, ready to be written and sent.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its name: the same at every try, so that a mailbox can tell a second copy.
    pub id: MailId,
    /// Where it goes.
    pub to: Email,
    /// In which language.
    pub locale: Locale,
    /// What it says.
    pub kind: LetterKind,
    /// The link that it is about, with its token.
    pub link: Option<SecretString>,
    /// The code that does the same.
    pub code: Option<OneTimeCode>,
    /// For how long link and code are good.
    pub valid_for: Option<Duration>,
    /// When what it tells of happened.
    pub at: Timestamp,
    /// From which address.
    pub address: Option<IpAddr>,
    /// By which program.
    pub user_agent: Option<String>,
    /// Another address that it is about.
    pub other_email: Option<Email>,
    /// When what it announces happens.
    pub due_at: Option<Timestamp>,
}
