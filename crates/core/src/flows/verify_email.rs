//! Does somebody read the mails of an address?
//!
//! Three things end here: a registration that waits for it, the address of an account, and an address that is to take its
//! place. Whoever asks for another mail gets one answer, whatever there is to verify.

use portcullis_crypto::secret::Password;

use super::Trouble;
use super::log_in::LogInError;
use super::one_time::{OneTimeError, Proof};
use super::request_mail::RequestMailError;
use crate::Auth;
use crate::hash_gate::Asker;
use crate::model::{Account, AuditKind, Client, Email, MailKind, Purpose, StoredToken};
use crate::ports::mail_store::{EmailVerification, TokenUse};

/// What a link or a code of a mail can be about that asks for an address to be verified.
const PURPOSES: [Purpose; 3] = [Purpose::Register, Purpose::VerifyEmail, Purpose::ChangeEmail];

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The address.
    pub email: Email,
    /// What that ended.
    pub purpose: Purpose,
}

impl Auth {
    /// Asks for another mail with which an address is verified.
    pub async fn request_verification(&self, email: Email, client: &Client) -> Result<(), RequestMailError> {
        self.request_mail(MailKind::VerifyEmail, email, client).await
    }

    /// Takes the proof that somebody reads the mails of an address, and the password: that of the account, if it has one, or
    /// the one that was chosen at the registration where it makes an account.
    pub async fn verify_email(
        &self,
        proof: &Proof,
        password: Option<&Password>,
        client: &Client,
    ) -> Result<Verified, OneTimeError> {
        let token = match proof {
            Proof::Token(token) => self.find_one_time_of(token, &PURPOSES, client).await?,
            Proof::Code { email, code } => self.find_by_code(email, code, &PURPOSES, client).await?,
        };
        let verified = Verified { email: token.email.clone(), purpose: token.purpose };
        match token.purpose {
            Purpose::Register => self.complete_registration(token, password, client).await?,
            Purpose::ChangeEmail => self.complete_email_change(token, password, client).await?,
            _ => self.complete_verification(&token, password, client).await?,
        }
        Ok(verified)
    }

    async fn complete_verification(
        &self,
        token: &StoredToken,
        password: Option<&Password>,
        client: &Client,
    ) -> Result<(), OneTimeError> {
        let account_id = self.prove_account_beside(token, password, client).await?.id;
        let now = self.now();
        let event = self.event(AuditKind::EmailVerified, account_id, client, now);
        let spent = TokenUse { id: token.id, now };
        match self.store().verify_email(spent, &event).await.map_err(Trouble::from)? {
            EmailVerification::Verified => Ok(()),
            EmailVerification::Spent | EmailVerification::OtherAddress => Err(OneTimeError::Invalid),
        }
    }

    /// The account whose address a token is about, if the password is its own. With another password the token is gone.
    ///
    /// SECURITY: whoever has the account may have put in the address of somebody else, who takes the mail for their own.
    /// Without the password nobody makes a stranger's account one whose address is verified.
    pub(super) async fn prove_account_beside(
        &self,
        token: &StoredToken,
        password: Option<&Password>,
        client: &Client,
    ) -> Result<Account, OneTimeError> {
        let account_id = token.account_id.ok_or(OneTimeError::Invalid)?;
        let found = self.store().find_account_secret(account_id).await.map_err(Trouble::from)?;
        let secret = found.ok_or(OneTimeError::Invalid)?;
        let account = secret.account.clone();
        if secret.password.is_some() {
            let password = password.ok_or(OneTimeError::PasswordRequired)?;
            let asker = Asker::new(client, &account_id.into_bytes());
            let fits = async {
                match self.prove(Some(secret), password, asker).await {
                    Ok(_) => Ok(true),
                    Err(LogInError::Trouble(trouble)) => Err(trouble),
                    Err(_) => Ok(false),
                }
            };
            self.prove_beside(token, client, fits).await?;
        }
        Ok(account)
    }
}
