//! Does somebody read the mails of an address?
//!
//! Three things end here: a registration that waits for it, the address of an account, and an address that is to take its
//! place. Whoever asks for another mail gets one answer, whatever there is to verify.

use portcullis_crypto::secret::Password;

use super::Trouble;
use super::one_time::{OneTimeError, Proof};
use super::request_mail::RequestMailError;
use crate::Auth;
use crate::model::{AuditKind, Client, Email, MailKind, Purpose, StoredToken};
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

    /// Takes the proof that somebody reads the mails of an address. `password` is asked for where it makes an account: the one
    /// that was chosen at the registration.
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
            Purpose::ChangeEmail => self.complete_email_change(token, client).await?,
            _ => self.complete_verification(&token, client).await?,
        }
        Ok(verified)
    }

    async fn complete_verification(&self, token: &StoredToken, client: &Client) -> Result<(), OneTimeError> {
        let account_id = token.account_id.ok_or(OneTimeError::Invalid)?;
        let now = self.now();
        let event = self.event(AuditKind::EmailVerified, account_id, client, now);
        let spent = TokenUse { id: token.id, now };
        match self.store().verify_email(spent, &event).await.map_err(Trouble::from)? {
            EmailVerification::Verified => Ok(()),
            EmailVerification::Spent | EmailVerification::OtherAddress => Err(OneTimeError::Invalid),
        }
    }
}
