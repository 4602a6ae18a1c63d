//! What are the things that Portcullis knows about?
//!
//! Plain data with its invariants: no I/O, no clock, no database.

pub mod account;
pub mod audit;
pub mod client;
pub mod id;
pub mod identifier;
pub mod locale;
pub mod mail;
pub mod one_time;
pub mod page;
pub mod profile;
pub mod session;
pub mod timestamp;

pub use account::{Account, AccountName, AccountSecret, NewAccount, PendingDeletion, Role};
pub use audit::{AuditDetail, AuditEntry, AuditEvent, AuditKind, AuditOutcome, AuditSeal};
pub use client::Client;
pub use id::{AccountId, EventId, MailId, SessionId, TokenId};
pub use identifier::{Email, EmailError, Identifier, Username, UsernameError};
pub use locale::Locale;
pub use mail::{MailFilter, MailKind, MailState, NewMail, QueuedMail};
pub use one_time::{Purpose, StoredToken};
pub use page::{Page, PageRequest};
pub use profile::{Change, Profile, ProfileChange, ProfileField, ProfileTextError};
pub use session::{NewSession, Newcomer, Revocation, RevokeReason, Session, SessionLimit};
pub use timestamp::Timestamp;
