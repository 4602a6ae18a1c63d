//! How does somebody who has proved nothing ask for a mail?
//!
//! SECURITY: by one insert into the outbox, whatever the address. Whether there is an account is found out when the mail is
//! to be sent (`deliver_mails`), so that neither the answer nor its time tells (OWASP ASVS 5.0 V6.3.8).

use std::time::Duration;

use super::Trouble;
use crate::Auth;
use crate::model::{Client, Email, MailKind, NewMail, StoredToken};
use crate::policy::MailPolicy;

/// Why there will be no mail. None of it is about the address.
#[derive(Debug, thiserror::Error)]
pub enum RequestMailError {
    /// This server sends none.
    #[error("this server sends no mails")]
    NotConfigured,
    /// Too many were asked for from there.
    #[error("too many mails were asked for from there")]
    Throttled {
        /// When the next one may.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Asks for a mail to an address.
    pub(super) async fn request_mail(
        &self,
        kind: MailKind,
        email: Email,
        client: &Client,
    ) -> Result<(), RequestMailError> {
        self.admit_mail(client)?;
        let mail = self.mail_to(kind, Some(email), client);
        Ok(self.put_into_outbox(&mail, None).await?)
    }

    /// Counts somebody who asks for a mail; the rules by which it is sent.
    pub(super) fn admit_mail(&self, client: &Client) -> Result<&MailPolicy, RequestMailError> {
        let policy = self.mail_policy().ok_or(RequestMailError::NotConfigured)?;
        self.count_mail(client).map_err(|retry_after| RequestMailError::Throttled { retry_after })?;
        Ok(policy)
    }

    pub(super) async fn put_into_outbox(
        &self,
        mail: &NewMail,
        token: Option<&StoredToken>,
    ) -> Result<(), Trouble> {
        self.store().request_mail(mail, token, None).await?;
        self.wake_outbox();
        Ok(())
    }
}
