//! What does the core need from the world?

pub mod audit_store;
pub mod breached;
pub mod clock;
pub mod entropy;
pub mod mail_store;
pub mod mailer;
pub mod store;
pub mod throttle;

pub use audit_store::AuditStore;
pub use breached::BreachedPasswords;
pub use clock::Clock;
pub use entropy::Entropy;
pub use mail_store::MailStore;
pub use mailer::{Mailer, SendError};
pub use store::{Store, StoreError};
pub use throttle::ThrottleCounters;
