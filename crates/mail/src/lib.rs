//! How are mails written and sent?
//!
//! ```text
//! Letter ─▶ templates ─▶ message ─▶ smtp | folder | console
//!           words        headers    who takes it
//! ```
//!
//! Invariants
//! - A mail says the same at every try, down to its bytes: a mailbox can tell a second copy by its `Message-ID`.
//! - Nothing that a stranger sent (address, program) becomes a header, markup or a link.
//! - A cause of a failure contains no link, code or token. A mail server that is set up wrongly kills no mail: only what
//!   is said about the mail itself or its recipient is final.
//! - Every template has been rendered before the first mail is sent.

mod console;
mod folder;
mod message;
mod preview;
mod program;
mod settings;
mod smtp;
mod templates;
#[cfg(feature = "testing")]
pub mod testing;
mod transport;
mod words;
mod writer;

pub use preview::{PreviewError, Sample, preview, render_samples};
pub use settings::{MailSettings, Timeouts};
pub use templates::TemplateError;
pub use transport::{Encryption, Login, SmtpServer, Transport, TransportError};
pub use writer::{OpenError, Writer, open};
