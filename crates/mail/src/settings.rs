//! What does an operator say about mails?

use std::path::PathBuf;
use std::time::Duration;

use crate::Transport;

/// How mails are written and sent.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Who takes them.
    pub transport: Transport,
    /// Who they are from: `no-reply@example.com`, or `Example <no-reply@example.com>`. Without a name it is
    /// [`MailSettings::app_name`].
    pub from: String,
    /// Where answers go, in the same form.
    pub reply_to: Option<String>,
    /// What the application is called.
    pub app_name: String,
    /// A directory of templates that take the place of those built in.
    pub templates: Option<PathBuf>,
    /// Certificates (PEM) of authorities that are trusted beside those of the web.
    pub ca_file: Option<PathBuf>,
    /// How long a mail server may take.
    pub timeouts: Timeouts,
}

impl MailSettings {
    /// What has to be said; the rest is as it is by default.
    pub fn new(transport: Transport, from: impl Into<String>, app_name: impl Into<String>) -> Self {
        Self {
            transport,
            from: from.into(),
            reply_to: None,
            app_name: app_name.into(),
            templates: None,
            ca_file: None,
            timeouts: Timeouts::default(),
        }
    }
}

/// How long a mail server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To one step: a connection, a handshake, the answer to a command.
    pub step: Duration,
    /// To a whole mail.
    pub mail: Duration,
}

impl Default for Timeouts {
    /// 10 and 30 seconds.
    fn default() -> Self {
        Self { step: Duration::from_secs(10), mail: Duration::from_secs(30) }
    }
}
