//! What waits to be sent, what was, and how does an operator let it be tried again?

use super::Trouble;
use super::administer::{AdministerError, Administrator};
use crate::Auth;
use crate::model::{AccountId, AuditKind, MailFilter, MailId, MailState, Page, PageRequest, QueuedMail};

impl Auth {
    /// The outbox, newest first.
    pub async fn list_mails(
        &self,
        _by: &Administrator,
        filter: &MailFilter,
        page: PageRequest<MailId>,
    ) -> Result<Page<QueuedMail, MailId>, AdministerError> {
        Ok(self.store().list_mails(filter, page).await.map_err(Trouble::from)?)
    }

    /// Lets a mail that is dead or pending be tried at once; all of those, when none is given. Answers how many.
    pub async fn retry_mails(&self, _by: &Administrator, id: Option<MailId>) -> Result<u64, AdministerError> {
        let retried = self.store().retry_mails(id, self.now()).await.map_err(Trouble::from)?;
        self.wake_outbox();
        Ok(retried)
    }

    /// How many mails there are of each state.
    pub async fn count_mails(&self) -> Result<Vec<(MailState, u64)>, Trouble> {
        Ok(self.store().count_mails_by_state().await?)
    }

    /// Notes that the address of an account is verified, as an administrator knows.
    pub async fn mark_email_verified(
        &self,
        by: &Administrator,
        id: AccountId,
    ) -> Result<(), AdministerError> {
        by.check_recent()?;
        let account = self.account(by, id).await?;
        let email = account.email.ok_or(AdministerError::NoEmail)?;
        let event = self.event_by(by, AuditKind::EmailVerified, id);
        let is_marked = self.store().mark_email_verified(id, &email, &event).await.map_err(Trouble::from)?;
        if is_marked { Ok(()) } else { Err(AdministerError::NoAccount) }
    }
}
