//! Who are you, and can you prove it?

use std::time::Duration;

use portcullis_crypto::device::DeviceTokens;
use portcullis_crypto::digest::sha256;
use portcullis_crypto::password::StoredHash;
use portcullis_crypto::secret::Password;

use super::{Grant, Trouble};
use crate::Auth;
use crate::hash_gate::Asker;
use crate::model::{
    Account, AccountId, AccountSecret, AuditDetail, AuditKind, Client, Email, Identifier, Locale, MailKind,
    Newcomer, Timestamp,
};
use crate::policy::VerifiedEmail;
use crate::ports::store::SessionCreation;
use crate::throttle::{Ending, Subject, TooManyTries, Try};
use crate::trace;
use tracing::Instrument as _;

/// What a place is named for that somebody logs in from.
const KNOWN_PLACE: &str = "portcullis/known-place/v1";

/// What a login form sends.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// Who is said to log in.
    pub identifier: SentIdentifier,
    /// The password, exactly as it was sent.
    pub password: Password,
}

/// What was sent in the place of an identifier.
#[derive(Clone, PartialEq, Eq)]
pub enum SentIdentifier {
    /// One that an account may have.
    Known(Identifier),
    /// A text that cannot be one, and so belongs to nobody.
    Nobody(String),
}

impl SentIdentifier {
    /// Reads what a person typed into a login form.
    pub fn parse(text: &str) -> Self {
        Self::read(text, Identifier::parse(text))
    }

    /// Whoever says so at a client, in the line to the hashes.
    fn asker(&self, client: &Client) -> Asker {
        match self {
            Self::Known(Identifier::Email(email)) => Asker::new(client, email.key().as_bytes()),
            Self::Known(Identifier::Username(username)) => Asker::new(client, username.key().as_bytes()),
            Self::Nobody(text) => Asker::new(client, text.as_bytes()),
        }
    }

    /// A text, and what a contract of its own took it for.
    pub fn read(text: &str, identifier: Option<Identifier>) -> Self {
        identifier.map_or_else(|| Self::Nobody(text.to_owned()), Self::Known)
    }
}

impl From<Identifier> for SentIdentifier {
    fn from(identifier: Identifier) -> Self {
        Self::Known(identifier)
    }
}

impl std::fmt::Debug for SentIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Personal data stays out of logs.
        match self {
            Self::Known(identifier) => identifier.fmt(f),
            Self::Nobody(_) => f.write_str("Nobody(…)"),
        }
    }
}

/// Why nobody was logged in. An adapter must not tell the first three apart.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// No account has that identifier.
    #[error("there is no such account")]
    UnknownAccount,
    /// The account has no password to log in with.
    #[error("the account has no password")]
    NoPassword,
    /// The password is another.
    #[error("the password is wrong")]
    WrongPassword,
    /// The password is right, but the account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The password is right, but nobody has shown yet that they read the mails to the account's address.
    #[error("the email address is not verified")]
    EmailNotVerified,
    /// Too many passwords were wrong; this one was not looked at.
    #[error("too many passwords were wrong")]
    Throttled {
        /// When the next one is.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Auth {
    /// Logs in with a password and begins a session.
    ///
    /// A failure costs one look-up and one verification, whatever its reason; after too many it costs nothing.
    pub async fn log_in(&self, attempt: LogIn, client: &Client) -> Result<Grant, LogInError> {
        let outcome = self.log_in_limited(attempt, client).instrument(trace::flow("log_in")).await;
        self.tally().logged_in(&outcome);
        outcome
    }

    async fn log_in_limited(&self, attempt: LogIn, client: &Client) -> Result<Grant, LogInError> {
        let begun = self.begin_log_in(&attempt, client).await;
        let begun = begun.map_err(|too_many| LogInError::Throttled { retry_after: too_many.retry_after })?;
        let outcome = self.log_in_unlimited(&attempt, client).await;
        begun
            .end(match &outcome {
                Ok(_) => Ending::Right,
                // SECURITY: an adapter may answer the last like the others, and its weight must not tell it apart either.
                Err(
                    LogInError::UnknownAccount
                    | LogInError::NoPassword
                    | LogInError::WrongPassword
                    | LogInError::AccountDisabled
                    | LogInError::EmailNotVerified,
                ) => Ending::Wrong,
                Err(LogInError::Throttled { .. } | LogInError::Trouble(_)) => Ending::Unknown,
            })
            .await;
        outcome
    }

    /// Begins the try. A device that was recognised costs a look at its account, which may have done with it since.
    async fn begin_log_in(&self, attempt: &LogIn, client: &Client) -> Result<Try<'_>, TooManyTries> {
        let subject = Subject::Sent(&attempt.identifier, &attempt.password);
        let begun = self.begin_try(subject, client).await?;
        let (Some(device), SentIdentifier::Known(identifier)) = (begun.device(), &attempt.identifier) else {
            return Ok(begun);
        };
        // Whoever cannot be looked up now does not get in either.
        let Ok(found) = self.store().find_account_by_identifier(identifier).await else { return Ok(begun) };
        if Self::is_device_current(device, found.as_ref().map(|secret| &secret.account)) {
            return Ok(begun);
        }
        begun.end(Ending::Unknown).await;
        self.begin_try(subject, &client.clone().with_devices(DeviceTokens::default())).await
    }

    async fn log_in_unlimited(&self, attempt: &LogIn, client: &Client) -> Result<Grant, LogInError> {
        if let Some(grant) = self.try_log_in(attempt, client).await? {
            return Ok(grant);
        }
        // Most often another login of the same person has upgraded the hash, and the password is as right as before.
        self.try_log_in(attempt, client).await?.ok_or(LogInError::WrongPassword)
    }

    /// `None` when the hash was replaced while the password was checked against it.
    async fn try_log_in(&self, attempt: &LogIn, client: &Client) -> Result<Option<Grant>, LogInError> {
        let asker = attempt.identifier.asker(client);
        let found = match &attempt.identifier {
            SentIdentifier::Known(identifier) => {
                self.store().find_account_by_identifier(identifier).await.map_err(Trouble::from)?
            }
            SentIdentifier::Nobody(_) => None,
        };
        let account_id = found.as_ref().map(|secret| secret.account.id);
        let begun = self.prove_and_begin(found, &attempt.password, asker, client).await;
        let (hash, grant) = begun.inspect_err(|error| self.note_failed_login(error, account_id, client))?;
        if let Some(grant) = &grant {
            self.upgrade(&grant.account, &hash, &attempt.password, asker).await;
        }
        Ok(grant)
    }

    async fn prove_and_begin(
        &self,
        found: Option<AccountSecret>,
        password: &Password,
        asker: Asker,
        client: &Client,
    ) -> Result<(StoredHash, Option<Grant>), LogInError> {
        let now = self.now();
        let (account, hash) = self.prove(found, password, asker).await?;
        if account.is_disabled() {
            return Err(LogInError::AccountDisabled);
        }
        self.check_verified(&account)?;
        let grant = self.begin_session(account, &hash, client, now).await?;
        Ok((hash, grant))
    }

    /// Somebody was kept out. Whether there is such an account makes no difference to the time it takes.
    fn note_failed_login(&self, error: &LogInError, account_id: Option<AccountId>, client: &Client) {
        let why = match error {
            LogInError::UnknownAccount => "unknown_account",
            LogInError::NoPassword => "no_password",
            LogInError::WrongPassword => "wrong_password",
            LogInError::AccountDisabled => "account_disabled",
            LogInError::EmailNotVerified => "email_not_verified",
            LogInError::Throttled { .. } | LogInError::Trouble(_) => return,
        };
        let mut event = self.event_of_nobody(AuditKind::LoginFailed, client);
        event.account_id = account_id;
        self.note(event.with_detail(AuditDetail::word(why)));
    }

    /// Checks the password of the account that was found, or of nobody at the same cost.
    pub(super) async fn prove(
        &self,
        found: Option<AccountSecret>,
        password: &Password,
        asker: Asker,
    ) -> Result<(Account, StoredHash), LogInError> {
        // SECURITY: without the decoy a stranger tells by the time who has an account and who has a password.
        let decoy = self.decoy(asker).await.map_err(Trouble::from)?;
        let stored = found.as_ref().and_then(|secret| secret.password.as_ref());
        let hash = stored.unwrap_or(&decoy);
        let fits = self.verify_hash(hash, password, asker).await.map_err(Trouble::from)?;
        // SECURITY: bcrypt looks at 72 bytes. Only an older backend may have made a hash of a longer password: what is
        // longer than any that was set here is another password.
        let is_cut = found.as_ref().is_some_and(|secret| {
            stored.is_some_and(|hash| hash.scheme_refuses(password)) && !secret.is_password_from_elsewhere()
        });
        let fits = fits && !is_cut;
        match found {
            None => Err(LogInError::UnknownAccount),
            Some(AccountSecret { password: None, .. }) => Err(LogInError::NoPassword),
            Some(AccountSecret { password: Some(_), .. }) if !fits => Err(LogInError::WrongPassword),
            Some(AccountSecret { password: Some(hash), account, .. }) => Ok((account, hash)),
        }
    }

    async fn begin_session(
        &self,
        account: Account,
        checked: &StoredHash,
        client: &Client,
        now: Timestamp,
    ) -> Result<Option<Grant>, LogInError> {
        let mut session = self.new_session(account.id, client, now);
        session.newcomer = self.newcomer(account.id, account.email.as_ref(), account.locale, client);
        let mut event = self.event(AuditKind::LoggedIn, account.id, client, now);
        event.session_id = Some(session.id);
        match self.store().create_session(&session, Some(checked), &event).await.map_err(Trouble::from)? {
            SessionCreation::Created => {}
            SessionCreation::CreatedInPlaceOf { .. } => self.take_in_feed().await,
            SessionCreation::NoAccount => return Err(LogInError::UnknownAccount),
            SessionCreation::AccountDisabled => return Err(LogInError::AccountDisabled),
            SessionCreation::PasswordChanged => return Ok(None),
        }
        Ok(Some(Grant { account, session: session.begin(), now }))
    }

    /// Whether an account may log in before its address is verified. One without an address may: there is nothing to verify,
    /// and nobody registers without one where this is asked for.
    fn check_verified(&self, account: &Account) -> Result<(), LogInError> {
        let is_asked = self.policy().verified_email == VerifiedEmail::BeforeLogIn;
        if is_asked && account.email.is_some() && account.email_verified_at.is_none() {
            return Err(LogInError::EmailNotVerified);
        }
        Ok(())
    }

    /// Who to write to, where mails are sent, should nobody have logged in to the account before with this program (whatever
    /// its version) from this network.
    pub(super) fn newcomer(
        &self,
        id: AccountId,
        email: Option<&Email>,
        locale: Option<Locale>,
        client: &Client,
    ) -> Option<Box<Newcomer>> {
        email?;
        let mut mail = self.notice(MailKind::NewClient, id, client)?;
        mail.locale = locale.or(mail.locale);
        let program = client.user_agent.as_deref().unwrap_or_default();
        let program: String = program.chars().filter(|c| !c.is_ascii_digit()).collect();
        let network = client.network().map(|network| network.to_string()).unwrap_or_default();
        let border: &[u8] = b"\0";
        let place = sha256(KNOWN_PLACE, &[&id.into_bytes(), program.as_bytes(), border, network.as_bytes()]);
        Some(Box::new(Newcomer { place, mail }))
    }

    /// Replaces a hash that is weaker than what new passwords get. A failure costs nothing but another try
    /// at the next login, so it does not fail this one.
    async fn upgrade(&self, account: &Account, hash: &StoredHash, password: &Password, asker: Asker) {
        let scheme = self.policy().password.scheme;
        if !hash.is_weaker_than(&scheme) || scheme.check(password).is_err() {
            return;
        }
        let Ok(better) = self.make_hash(scheme, password, asker).await else {
            return;
        };
        if let Err(error) = self.store().upgrade_password_hash(account.id, hash, &better).await {
            tracing::warn!(%error, "a password hash could not be upgraded");
        }
    }
}
