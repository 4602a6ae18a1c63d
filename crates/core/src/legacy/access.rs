//! Who is calling with an access token of an older contract's form?

use std::time::Duration;

use portcullis_crypto::access_jwt::{self, OpenError, Opened, Statement};
use portcullis_verifier::VerifyError;
use serde_json::{Map, Value};

use super::refresh::ForeignLogin;
use super::{LegacyAuth, PreviousForeign, Unexpiring, foreign_session};
use crate::flows::authenticate::Principal;
use crate::flows::log_out::LogOut;
use crate::flows::{Actor, Trouble};
use crate::model::{
    Account, AccountId, AccountName, AuditDetail, AuditKind, Client, RevokeReason, Role, SessionId, Timestamp,
};
use crate::ports::store::Adoption;

/// For how long a token without `exp` is believed.
const UNEXPIRING_FOR: Duration = Duration::from_hours(7 * 24);

/// For how long what an older backend issued is believed, and therefore its sessions are remembered. Older backends give
/// a token a year at most.
pub(super) const REMEMBERED_FOR: Duration = Duration::from_hours(400 * 24);

/// By how much the clock of another service that holds the shared secret may be slow.
const CLOCKS_DIFFER_BY_S: i64 = 60;

/// Why a token proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum LegacyAuthenticateError {
    /// Not signed under the shared secret, or not an access token of this contract.
    #[error("the access token is not good: {0}")]
    Token(VerifyError),
    /// It says that this server made it, and that is not so.
    #[error("the access token is not one of ours")]
    Forged,
    /// It is no access token: a refresh token under the same secret.
    #[error("the token is no access token")]
    NotAccess,
    /// Its time is over.
    #[error("the access token has expired")]
    Expired,
    /// It has no `exp`, and is not believed without.
    #[error("the access token has no end and is not believed without one")]
    Unexpiring,
    /// The account that it names is not there, or does not get by with what the claims say.
    #[error("there is no such account")]
    NoAccount,
    /// The account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// Its session was ended.
    #[error("the session was ended")]
    SessionRevoked,
    /// It is nobody's, like very many before it from there.
    #[error("too many access tokens were nobody's")]
    Throttled {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// Not the caller's fault.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

use LegacyAuthenticateError as Error;

impl LegacyAuth {
    /// Checks an access token. Reads nothing but memory for one of our own; a foreign one's account is looked up.
    ///
    /// The principal of such a token has no role beyond that of a user: an older contract has no admin routes.
    pub async fn authenticate(&self, token: &str, client: &Client) -> Result<Principal, Error> {
        let authenticated = self.authenticate_unlimited(token).await;
        authenticated.map_err(|error| self.refuse_junk(error, client))
    }

    /// The same error, unless too many tokens from there were nobody's: then that.
    fn refuse_junk(&self, error: Error, client: &Client) -> Error {
        match &error {
            Error::Token(VerifyError::Expired)
            // When keys are revoked, what we made with them cannot be told from what others claim we did.
            | Error::Forged
            | Error::Expired
            | Error::Unexpiring
            | Error::NoAccount
            | Error::AccountDisabled
            | Error::SessionRevoked
            | Error::Throttled { .. }
            | Error::Trouble(_) => return error,
            Error::Token(_) | Error::NotAccess => {}
        }
        match self.auth.count_junk(client) {
            Err(retry_after) => Error::Throttled { retry_after },
            Ok(()) => error,
        }
    }

    async fn authenticate_unlimited(&self, token: &str) -> Result<Principal, Error> {
        let principal = match self.open_access(token) {
            Err(OpenError::UnknownKey) => {
                // Another node may have made it with a key that is a moment old.
                self.auth.look_for_new_keys().await?;
                self.open_access(token)
            }
            opened => opened,
        };
        let principal = match principal.map_err(refusal)? {
            Opened::Own(statement, claims) => self.own(&statement, &claims)?,
            Opened::Foreign(claims) => self.foreign(&claims).await?,
        };
        if self.auth.revoked().contains(principal.session_id) {
            return Err(Error::SessionRevoked);
        }
        Ok(principal)
    }

    /// Ends the session of the caller; false when it had ended before. With that of a foreign token ends all that the
    /// older backend issued at that login.
    pub async fn log_out(&self, actor: &Actor) -> Result<bool, Trouble> {
        let Principal { account_id, session_id, issued_at, expires_at, .. } = actor.principal;
        if !session_id.is_derived() {
            return Ok(self.auth.log_out(actor, LogOut::ThisSession).await? > 0);
        }
        let issued_at_s = issued_at.as_seconds();
        let expires_at_s = issued_at.plus(REMEMBERED_FOR).as_seconds();
        let login = ForeignLogin { account_id, issued_at_s, expires_at_s };
        let mut adoption = self.adoption(login, &actor.client);
        // An access token of our own for an adopted session has a later time of issue than the login.
        adoption.session.id = session_id;
        self.end_foreign(&adoption, expires_at, &actor.client).await
    }

    /// Ends the session of a foreign login, whether it was ever adopted or not.
    pub(super) async fn end_foreign(
        &self,
        adoption: &Adoption,
        access_expires_at: Timestamp,
        client: &Client,
    ) -> Result<bool, Trouble> {
        let session = &adoption.session;
        let now = self.auth.now();
        let mut event = self.auth.event(AuditKind::SessionRevoked, session.account_id, client, now);
        event.session_id = Some(session.id);
        event.detail = Some(AuditDetail::word(RevokeReason::LoggedOut.as_str()));
        let ended = self.auth.store().end_foreign_session(adoption, access_expires_at, &event).await?;
        self.auth.take_in_feed().await;
        Ok(ended)
    }

    fn open_access(&self, token: &str) -> Result<Opened, OpenError> {
        let keyring = self.auth.keyring();
        let open = |secret| access_jwt::open(token, secret, |id| keyring.refresh_key_by_id(id));
        let wrong = OpenError::Signature(VerifyError::BadSignature);
        match (open(&self.rules.access_secret), &self.rules.previous_access) {
            (Err(error), Some(previous)) if error == wrong => match open(&previous.secret)? {
                Opened::Foreign(_) if previous.foreign == PreviousForeign::Refused => Err(wrong),
                opened => Ok(opened),
            },
            (opened, _) => opened,
        }
    }

    fn own(&self, statement: &Statement, claims: &Map<String, Value>) -> Result<Principal, Error> {
        if !self.is_from_issuer(claims) {
            return Err(Error::Token(VerifyError::WrongIssuer));
        }
        if statement.exp_s <= self.auth.now().as_seconds() {
            return Err(Error::Expired);
        }
        Ok(Principal {
            account_id: AccountId::from_uuid(statement.account),
            session_id: SessionId::from_uuid(statement.session),
            role: Role::User,
            authenticated_at: None,
            // Such a token does not say: it is looked up where it matters.
            email_verified: false,
            issued_at: Timestamp::from_seconds(statement.iat_s),
            expires_at: Timestamp::from_seconds(statement.exp_s),
        })
    }

    async fn foreign(&self, claims: &Map<String, Value>) -> Result<Principal, Error> {
        if !self.is_from_issuer(claims) {
            return Err(Error::Token(VerifyError::WrongIssuer));
        }
        let times = ForeignTimes::read(claims).map_err(|claim| Error::Token(VerifyError::Claim(claim)))?;
        let now = self.auth.now().as_seconds();
        if times.not_before.is_some_and(|at| at > now) {
            return Err(Error::Token(VerifyError::NotYetValid));
        }
        if times.is_from_the_future(now) {
            return Err(Error::Token(VerifyError::IssuedInFuture));
        }
        if times.believed_until(now).is_some_and(|at| at <= now) {
            return Err(Error::Expired);
        }
        if self.is_foreign_refresh(&times) {
            return Err(Error::NotAccess);
        }
        let account = self.foreign_account(claims).await?.ok_or(Error::NoAccount)?;
        if account.is_disabled() {
            return Err(Error::AccountDisabled);
        }
        // SECURITY: an administrator who never was in the older backend has nothing that its secret should open.
        if account.role == Role::Admin && account.cut_over_at.is_none() {
            return Err(Error::NoAccount);
        }
        let expires_at_s = match times.believed_until(now) {
            Some(at) => at,
            None => self.end_of_unexpiring(&account, times.issued_at, now)?,
        };
        let issued_at_s = times.issued_at.unwrap_or(expires_at_s);
        // Without a time of its own a token may be from any.
        if is_disowned(&account, times.issued_at.unwrap_or(0)) {
            return Err(Error::SessionRevoked);
        }
        let session_id = foreign_session(account.id, issued_at_s);
        // The memory of what was ended keeps it as long as tokens of our own live; this one may live for longer.
        if self.auth.store().has_foreign_session_ended(session_id).await.map_err(Trouble::from)? {
            return Err(Error::SessionRevoked);
        }
        Ok(Principal {
            account_id: account.id,
            session_id,
            role: Role::User,
            authenticated_at: None,
            // Such a token does not say: it is looked up where it matters.
            email_verified: false,
            issued_at: Timestamp::from_seconds(issued_at_s),
            expires_at: Timestamp::from_seconds(expires_at_s),
        })
    }

    /// SECURITY: a token without an end would be good for ever to whoever finds it. It is taken only from before the
    /// cut-over, when nobody could know better.
    fn end_of_unexpiring(
        &self,
        account: &Account,
        issued_at_s: Option<i64>,
        now_s: i64,
    ) -> Result<i64, Error> {
        let issued_at_s = match (self.rules.unexpiring, issued_at_s) {
            (Unexpiring::BeforeCutOver, Some(at)) => at,
            (Unexpiring::Refused, _) | (Unexpiring::BeforeCutOver, None) => return Err(Error::Unexpiring),
        };
        let ends_at = issued_at_s.saturating_add(UNEXPIRING_FOR.as_secs().cast_signed());
        if !is_from_before_cut_over(account, issued_at_s) || ends_at <= now_s {
            return Err(Error::Unexpiring);
        }
        Ok(ends_at)
    }

    /// The account that foreign claims name.
    pub(super) async fn foreign_account(
        &self,
        claims: &Map<String, Value>,
    ) -> Result<Option<Account>, Trouble> {
        let Some(name) = (self.rules.shape.account)(claims) else { return Ok(None) };
        let found = self.auth.store().find_account_by_name(&name).await?;
        // SECURITY: an account that came with an id that is no number got one here. To the older backend that was
        // another account's, or nobody's.
        let has_number_from_elsewhere =
            |account: &Account| account.cut_over_at.is_none() || account.external_id.is_none();
        Ok(match name {
            AccountName::Number(_) => found.filter(has_number_from_elsewhere),
            AccountName::ExternalId(_) | AccountName::Id(_) | AccountName::Username(_) => found,
        })
    }

    /// Where both kinds are signed under one secret, a foreign token is a refresh token if it lives as long as one.
    pub(super) fn is_foreign_refresh(&self, times: &ForeignTimes) -> bool {
        let is_shared = self.rules.refresh.as_ref().is_some_and(|refresh| refresh.is_shared);
        let lifetime = times.issued_at.zip(times.expires_at).map(|(issued, expires)| expires - issued);
        let access = self.auth.policy().session.access.as_secs().cast_signed();
        is_shared && lifetime.is_some_and(|lifetime| lifetime > access)
    }
}

/// Whether the older backend, and nobody who found its secret later, may have issued a token then.
pub(super) fn is_from_before_cut_over(account: &Account, issued_at_s: i64) -> bool {
    account.cut_over_at.is_some_and(|at| issued_at_s < at.as_seconds() && !is_disowned(account, issued_at_s))
}

/// Whether nothing of then counts: all sessions of the account were ended since, or it was made here later, and has the
/// name of one that is gone.
fn is_disowned(account: &Account, issued_at_s: i64) -> bool {
    let is_ended = account.disowned_at.is_some_and(|since| issued_at_s <= since.as_seconds());
    // SECURITY: a username is given again. What was signed for its last owner must not open the account of the next.
    let made_at_s = account.created_at.as_seconds();
    let is_of_another =
        account.cut_over_at.is_none() && issued_at_s.saturating_add(CLOCKS_DIFFER_BY_S) < made_at_s;
    is_ended || is_of_another
}

/// The times that foreign claims state, in whole seconds. RFC 7519 §2: a `NumericDate` may have a fraction.
pub(super) struct ForeignTimes {
    pub(super) issued_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
    not_before: Option<i64>,
}

impl ForeignTimes {
    /// Whether whoever signed it says that it was issued later than now.
    pub(super) fn is_from_the_future(&self, now_s: i64) -> bool {
        self.issued_at.is_some_and(|at| at > now_s.saturating_add(CLOCKS_DIFFER_BY_S))
    }

    /// When it ends, if it says so: no later than what is known of its session is remembered.
    pub(super) fn believed_until(&self, now_s: i64) -> Option<i64> {
        let since = self.issued_at.unwrap_or(now_s);
        let limit = since.saturating_add(REMEMBERED_FOR.as_secs().cast_signed());
        self.expires_at.map(|at| at.min(limit))
    }

    /// # Errors
    /// The claim that is no number.
    pub(super) fn read(claims: &Map<String, Value>) -> Result<Self, &'static str> {
        let seconds = |name: &'static str| match claims.get(name) {
            None => Ok(None),
            Some(value) => whole_seconds(value).map(Some).ok_or(name),
        };
        Ok(Self { issued_at: seconds("iat")?, expires_at: seconds("exp")?, not_before: seconds("nbf")? })
    }
}

fn whole_seconds(value: &Value) -> Option<i64> {
    // The end of the year 9999, and far below what a float holds exactly.
    const LATEST: f64 = 253_402_300_799.0;
    let seconds = value.as_f64().filter(|seconds| (0.0..=LATEST).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "in range, as was just checked; the fraction goes")]
    Some(seconds as i64)
}

fn refusal(error: OpenError) -> Error {
    match error {
        OpenError::Signature(error) => Error::Token(error),
        OpenError::NotAccess => Error::NotAccess,
        OpenError::UnknownKey | OpenError::Forged => Error::Forged,
    }
}
