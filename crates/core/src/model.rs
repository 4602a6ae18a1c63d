//! What are the things that Portcullis knows about?
//!
//! Plain data with its invariants: no I/O, no clock, no database.

pub mod account;
pub mod audit;
pub mod client;
pub mod id;
pub mod identifier;
pub mod page;
pub mod profile;
pub mod session;
pub mod timestamp;

pub use account::{Account, AccountName, AccountSecret, NewAccount, Role};
pub use audit::{AuditDetail, AuditEntry, AuditEvent, AuditKind, AuditOutcome, AuditSeal};
pub use client::Client;
pub use id::{AccountId, EventId, SessionId};
pub use identifier::{Email, EmailError, Identifier, Username, UsernameError};
pub use page::{Page, PageRequest};
pub use profile::{Change, Profile, ProfileChange, ProfileField, ProfileTextError};
pub use session::{NewSession, Revocation, RevokeReason, Session, SessionLimit};
pub use timestamp::Timestamp;
