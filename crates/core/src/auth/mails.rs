//! What do flows write into the outbox, and with which tokens?

use portcullis_crypto::one_time::{Digest, OneTimeCode, OneTimeKey, OneTimeToken};
use secrecy::SecretString;

use super::Auth;
use crate::model::one_time::{Purpose, StoredToken};
use crate::model::{Account, AccountId, Client, Email, MailId, MailKind, NewMail, Timestamp, TokenId};
use crate::policy::MailPolicy;
use crate::policy::mail;
use crate::ports::Mailer;

impl Auth {
    /// The rules for mails, where any are sent.
    pub(crate) fn mail_policy(&self) -> Option<&MailPolicy> {
        self.policy().mail.as_ref()
    }

    pub(crate) fn mailer(&self) -> Option<&dyn Mailer> {
        self.shared.deps.mailer.as_deref()
    }

    /// The keys that tokens follow from: the one that new ones get, and the one of the master key before.
    pub(crate) fn one_time_keys(&self) -> impl Iterator<Item = &OneTimeKey> {
        [Some(&self.shared.one_time), self.shared.previous_one_time.as_ref()].into_iter().flatten()
    }

    fn one_time(&self) -> &OneTimeKey {
        &self.shared.one_time
    }

    /// The token and the code that a stored token stands for. `None` when it was made under a master key that is gone.
    pub(crate) fn token_as_stored(&self, stored: &StoredToken) -> Option<(OneTimeToken, OneTimeCode)> {
        let id = stored.id.into_bytes();
        let mut made = self.one_time_keys().map(|key| (key.token(&id), key.code(&id)));
        made.find(|(token, _)| token.digest().is(&stored.digest))
    }

    /// What the code of a stored token is known by. `None` when it was made under a master key that is gone.
    pub(crate) fn code_as_stored(&self, stored: &StoredToken) -> Option<Digest> {
        let (_, code) = self.token_as_stored(stored)?;
        Some(self.one_time().code_digest(stored.purpose.as_str(), stored.email.key(), &code))
    }

    /// Lets a mail go out that was written just now. Mails that are lost with this are found within a second.
    pub(crate) fn wake_outbox(&self) {
        self.shared.outbox.notify_one();
    }

    /// Waits until this process has put something into the outbox.
    pub async fn wait_for_mail(&self) {
        self.shared.outbox.notified().await;
    }

    pub(crate) fn new_mail_id(&self, now: Timestamp) -> MailId {
        MailId::new(now, self.random())
    }

    /// A mail to an address, caused by a client.
    pub(crate) fn mail_to(&self, kind: MailKind, email: Option<Email>, client: &Client) -> NewMail {
        let at = self.now();
        NewMail {
            id: self.new_mail_id(at),
            kind,
            account_id: None,
            email,
            locale: client.locale,
            client: client.clone(),
            token_id: None,
            detail: None,
            at,
        }
    }

    /// A mail to an account about what has happened to it, where mails are sent.
    pub(crate) fn notice(&self, kind: MailKind, account_id: AccountId, client: &Client) -> Option<NewMail> {
        self.mail_policy()?;
        let mut mail = self.mail_to(kind, None, client);
        mail.account_id = Some(account_id);
        Some(mail)
    }

    /// A mail to an account at an address, in the account's language, and a token that it carries.
    pub(crate) fn mail_with_token(
        &self,
        policy: &MailPolicy,
        (kind, purpose): (MailKind, Purpose),
        account: &Account,
        email: Email,
        client: &Client,
    ) -> (NewMail, StoredToken) {
        let mut mail = self.mail_to_account(kind, account, email.clone(), client);
        let token = self.stored_token(policy, purpose, Some(account.id), email, mail.at);
        mail.token_id = Some(token.id);
        (mail, token)
    }

    /// A mail to an account at an address that need not be the one that it has, in the account's language.
    pub(crate) fn mail_to_account(
        &self,
        kind: MailKind,
        account: &Account,
        email: Email,
        client: &Client,
    ) -> NewMail {
        let mut mail = self.mail_to(kind, Some(email), client);
        mail.account_id = Some(account.id);
        mail.locale = account.locale.or(mail.locale);
        mail
    }

    /// A new token that a mail to this address carries.
    pub(crate) fn stored_token(
        &self,
        policy: &MailPolicy,
        purpose: Purpose,
        account_id: Option<AccountId>,
        email: Email,
        now: Timestamp,
    ) -> StoredToken {
        let id = TokenId::new(now, self.random());
        let code = match purpose {
            Purpose::VerifyEmail | Purpose::ChangeEmail => {
                let code = self.one_time().code(&id.into_bytes());
                Some(self.one_time().code_digest(purpose.as_str(), email.key(), &code))
            }
            // SECURITY: anybody can register an address over and over. A code is good once there is a mail with it, so that
            // nobody makes it easier to guess one.
            Purpose::Register
            | Purpose::ResetPassword
            | Purpose::UndoEmailChange
            | Purpose::UndoDeletion
            | Purpose::Invite => None,
        };
        StoredToken {
            id,
            purpose,
            account_id,
            digest: self.token(id).digest(),
            code,
            email,
            payload: None,
            created_at: now,
            expires_at: now.plus(policy.lifetime(purpose)),
        }
    }

    /// The link that leads to what a token is good for.
    pub(crate) fn link(&self, purpose: Purpose, token: &OneTimeToken) -> SecretString {
        mail::link(&self.policy().links, purpose, token)
    }

    /// The token of that id, if it is made now.
    pub(crate) fn token(&self, id: TokenId) -> OneTimeToken {
        self.one_time().token(&id.into_bytes())
    }
}
