//! How does somebody get to register where not everybody may?

use secrecy::SecretString;

use super::Trouble;
use super::administer::{AdministerError, Administrator};
use crate::Auth;
use crate::model::mail::MailKind;
use crate::model::{
    AuditDetail, AuditKind, Email, Identifier, Page, PageRequest, Purpose, Role, StoredToken, TokenId,
};

/// Whom an administrator invites.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Who may register with this address, and no other.
    pub email: Email,
    /// As what.
    pub role: Role,
}

/// Somebody is invited.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// What stands for it.
    pub token: StoredToken,
    /// The link, where no mail brings it: to be handed over by whoever invites.
    pub link: Option<SecretString>,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The address has an account.
    #[error("the email address belongs to an account")]
    EmailTaken,
    /// The administrator may not, or could not.
    #[error(transparent)]
    Administer(#[from] AdministerError),
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Invites somebody to register. An invitation of before to the same address dies.
    pub async fn invite(&self, by: &Administrator, invite: Invite) -> Result<Invitation, InviteError> {
        by.check_recent().map_err(AdministerError::from)?;
        let Invite { email, role } = invite;
        let found = self.store().find_account_by_identifier(&Identifier::Email(email.clone())).await;
        if found.map_err(Trouble::from)?.is_some() {
            return Err(InviteError::EmailTaken);
        }
        let sends_mails = self.mail_policy().is_some();
        let policy = self.mail_policy().cloned().unwrap_or_default();
        let now = self.now();
        let token = self.stored_token(&policy, Purpose::Invite, None, email.clone(), now);
        let token = StoredToken { payload: Some(role.as_str().to_owned()), ..token };
        let mut mail = self.mail_to(MailKind::Invite, Some(email), by.client());
        mail.token_id = Some(token.id);
        // The administrator's language is not that of who is invited.
        mail.locale = None;
        let mut event = self.event_of_nobody(AuditKind::Invited, by.client());
        event.actor_id = by.account_id();
        let event = event.with_detail(AuditDetail::told(token.id));
        if sends_mails {
            self.store().request_mail(&mail, Some(&token), Some(&event)).await.map_err(Trouble::from)?;
            self.wake_outbox();
            return Ok(Invitation { token, link: None });
        }
        self.store().keep_token(&token, &event).await.map_err(Trouble::from)?;
        let link = self.link(Purpose::Invite, &self.token(token.id));
        Ok(Invitation { token, link: Some(link) })
    }

    /// The invitations that are good now.
    pub async fn list_invitations(
        &self,
        _by: &Administrator,
        page: PageRequest<TokenId>,
    ) -> Result<Page<StoredToken, TokenId>, AdministerError> {
        Ok(self.store().list_invitations(self.now(), page).await.map_err(Trouble::from)?)
    }

    /// Takes an invitation back. False when there is none of that id.
    pub async fn withdraw_invitation(
        &self,
        by: &Administrator,
        id: TokenId,
    ) -> Result<bool, AdministerError> {
        let found = self.store().find_token_by_id(id).await.map_err(Trouble::from)?;
        if found.is_none_or(|token| token.purpose != Purpose::Invite) {
            return Ok(false);
        }
        let mut event = self.event_of_nobody(AuditKind::InvitationWithdrawn, by.client());
        event.actor_id = by.account_id();
        let event = event.with_detail(AuditDetail::told(id));
        Ok(self.store().delete_token(id, Some(&event)).await.map_err(Trouble::from)?)
    }
}
