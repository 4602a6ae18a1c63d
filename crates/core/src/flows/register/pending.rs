//! How is a registration kept that waits for its address to be verified, and how does it become an account?
//!
//! SECURITY: nothing is looked up when it is kept. Who asks whether an address or a username is taken gets the answer by
//! mail, and so only for a mailbox of their own.

use portcullis_crypto::one_time::OneTimeToken;
use portcullis_crypto::password::StoredHash;
use portcullis_crypto::secret::Password;
use serde_json::{Value, json};

use super::{Register, RegisterError};
use crate::Auth;
use crate::flows::Trouble;
use crate::flows::one_time::OneTimeError;
use crate::flows::request_mail::RequestMailError;
use crate::hash_gate::Asker;
use crate::model::{
    Account, AuditKind, Client, Locale, MailKind, NewAccount, Profile, Purpose, Role, StoredToken, Username,
};
use crate::policy::RegistrationAnswer;
use crate::ports::store::AccountCreation;

/// What of a registration stands in the payload of its token.
pub(in crate::flows) struct Pending {
    pub(in crate::flows) username: Option<Username>,
    profile: Profile,
    password: StoredHash,
    locale: Option<Locale>,
}

impl Pending {
    fn of(account: &NewAccount) -> Option<Self> {
        Some(Self {
            username: account.username.clone(),
            profile: account.profile.clone(),
            password: account.password.clone()?,
            locale: account.locale,
        })
    }

    fn to_payload(&self) -> String {
        json!({
            "username": self.username.as_ref().map(Username::as_str),
            "name": self.profile.name,
            "bio": self.profile.bio,
            "contact": self.profile.contact,
            "password": self.password.as_str(),
            "locale": self.locale.map(Locale::as_str),
        })
        .to_string()
    }

    /// Reads what [`Self::to_payload`] wrote.
    pub(in crate::flows) fn read(payload: Option<&str>) -> Option<Self> {
        let value: Value = serde_json::from_str(payload?).ok()?;
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let owned = |name: &str| text(name).map(str::to_owned);
        Some(Self {
            username: match text("username") {
                Some(name) => Some(Username::parse(name).ok()?),
                None => None,
            },
            profile: Profile { name: owned("name"), bio: owned("bio"), contact: owned("contact") },
            password: StoredHash::parse(text("password")?).ok()?,
            locale: text("locale").and_then(Locale::parse),
        })
    }
}

impl From<RequestMailError> for RegisterError {
    fn from(error: RequestMailError) -> Self {
        match error {
            // Only a wrong configuration comes here: to conceal takes mails.
            RequestMailError::NotConfigured => Self::MailNotConfigured,
            RequestMailError::Throttled { retry_after } => Self::Throttled { retry_after },
            RequestMailError::Trouble(trouble) => Self::Trouble(trouble),
        }
    }
}

impl Auth {
    /// Whether a registration tells what is taken.
    pub fn registration_answer(&self) -> RegistrationAnswer {
        self.policy().registration.answer
    }

    /// Registers an account that comes to be when its address is verified. The work is the same whether address and username
    /// are taken or not.
    pub async fn register_concealed(&self, new: Register, client: &Client) -> Result<(), RegisterError> {
        let outcome = self.keep_registration(new, client).await;
        self.tally().registration_kept(&outcome);
        outcome
    }

    async fn keep_registration(&self, new: Register, client: &Client) -> Result<(), RegisterError> {
        self.admit(&new, client)?;
        let email = new.email.clone().ok_or(RegisterError::EmailRequired)?;
        let policy = self.admit_mail(client)?;
        let now = self.now();
        let account = self.prepare(new, Role::User, client, now).await?;
        let pending = Pending::of(&account)
            .ok_or_else(|| Trouble::Minting { cause: "a registration without a password".into() })?;
        let token = self.stored_token(policy, Purpose::Register, None, email.clone(), now);
        let token = StoredToken { payload: Some(pending.to_payload()), ..token };
        let mut mail = self.mail_to(MailKind::Register, Some(email), client);
        mail.token_id = Some(token.id);
        Ok(self.put_into_outbox(&mail, Some(&token)).await?)
    }

    /// Makes the account of a registration whose address is verified now.
    ///
    /// SECURITY: anybody can register with the address of somebody else, who may take the mail for their own. Without the
    /// password that was chosen there they do not make the stranger's account by it.
    pub(in crate::flows) async fn complete_registration(
        &self,
        token: StoredToken,
        password: Option<&Password>,
        client: &Client,
    ) -> Result<(), OneTimeError> {
        let pending = Pending::read(token.payload.as_deref()).ok_or(OneTimeError::Invalid)?;
        let password = password.ok_or(OneTimeError::PasswordRequired)?;
        let asker = Asker::new(client, token.email.key().as_bytes());
        let fits = self.verify_hash(&pending.password, password, asker);
        self.prove_beside(&token, client, async { Ok(fits.await?) }).await?;
        let now = self.now();
        let account = NewAccount {
            id: self.new_account_id(now),
            external_id: None,
            email: Some(token.email),
            username: pending.username,
            profile: pending.profile,
            role: Role::User,
            password: Some(pending.password),
            locale: pending.locale,
            email_verified_at: Some(now),
            token_id: Some(token.id),
            mail: None,
            created_at: now,
        };
        let event = self.event(AuditKind::AccountCreated, account.id, client, now);
        let created = self.store().create_account(&account, None, &event).await.map_err(Trouble::from)?;
        match created {
            AccountCreation::Created { .. } => Ok(()),
            AccountCreation::EmailTaken => Err(OneTimeError::EmailTaken),
            AccountCreation::UsernameTaken => Err(OneTimeError::UsernameTaken),
            AccountCreation::TokenSpent | AccountCreation::ExternalIdTaken => Err(OneTimeError::Invalid),
        }
    }

    /// Registers somebody who was invited, with the address that the invitation went to: it is verified by that.
    pub async fn register_invited(
        &self,
        new: Register,
        invitation: &OneTimeToken,
        client: &Client,
    ) -> Result<Account, RegisterError> {
        let outcome = self.make_invited(new, invitation, client).await;
        self.tally().registered(&outcome);
        outcome
    }

    async fn make_invited(
        &self,
        mut new: Register,
        invitation: &OneTimeToken,
        client: &Client,
    ) -> Result<Account, RegisterError> {
        let token = self.find_one_time(invitation, Purpose::Invite, client).await?;
        if new.email.as_ref().is_some_and(|email| email.key() != token.email.key()) {
            return Err(RegisterError::OtherAddressInvited);
        }
        // As it was written to: nobody has proved another spelling.
        new.email = Some(token.email.clone());
        self.check(&new)?;
        self.admit_registration(client).map_err(|retry_after| RegisterError::Throttled { retry_after })?;
        let role = token.payload.as_deref().and_then(Role::parse).unwrap_or_default();
        let now = self.now();
        let mut account = self.prepare(new, role, client, now).await?;
        (account.email_verified_at, account.token_id, account.mail) = (Some(now), Some(token.id), None);
        let event = self.event(AuditKind::AccountCreated, account.id, client, now);
        self.create(account, None, &event).await
    }
}
