//! May a session go on whose refresh token has an older contract's form?

use portcullis_crypto::refresh::{RefreshTokenError, Statement};
use portcullis_crypto::refresh_jwt::{self, OpenError};
use serde_json::{Map, Value};

use super::access::{ForeignTimes, is_from_before_cut_over};
use super::{ForeignRefresh, LegacyAuth, PreviousForeign, foreign_session};
use crate::flows::refresh::RefreshError;
use crate::flows::{Grant, Trouble};
use crate::model::{AccountId, AuditDetail, AuditKind, Client, NewSession, SessionId, Timestamp};
use crate::ports::store::{Adoption, SessionAdoption};

/// The generation that a foreign refresh token stands for.
const FOREIGN_GENERATION: u32 = 1;

/// A refresh token that is well signed.
enum Presented {
    /// We made it.
    Own(Statement),
    /// The older backend did, or somebody who knows its secret.
    Foreign(Map<String, Value>),
}

impl LegacyAuth {
    /// Exchanges a refresh token.
    pub async fn refresh(&self, token: &str, client: &Client) -> Result<Grant, RefreshError> {
        let read = self.statement(token, client).await.map_err(|error| self.auth.refuse_junk(error, client));
        let statement = read.inspect_err(|error| self.auth.tally().not_refreshed(error))?;
        self.auth.refresh_statement(statement, client).await
    }

    /// Ends the session of a refresh token; false when it had ended before.
    pub async fn log_out_by_refresh_token(&self, token: &str, client: &Client) -> Result<bool, RefreshError> {
        match self.presented(token).await? {
            Presented::Own(Statement { session, .. }) => {
                let session = SessionId::from_uuid(uuid::Uuid::from_bytes(session));
                Ok(self.auth.log_out_session(session, client).await?)
            }
            Presented::Foreign(claims) => {
                let login = self.foreign_login(&claims).await?;
                let access_expires_at = Timestamp::from_seconds(login.expires_at_s);
                Ok(self.end_foreign(&self.adoption(login, client), access_expires_at, client).await?)
            }
        }
    }

    /// The session and generation that a token stands for. A foreign one that counts has its session after this.
    async fn statement(&self, token: &str, client: &Client) -> Result<Statement, RefreshError> {
        match self.presented(token).await? {
            Presented::Own(statement) => Ok(statement),
            Presented::Foreign(claims) => {
                let adopted = match self.foreign_login(&claims).await {
                    Ok(login) => self.adopt(login, client).await,
                    Err(error) => Err(error),
                };
                adopted.inspect_err(|error| self.note_disbelief(error, client))
            }
        }
    }

    /// Somebody has the secret of the older backend, and a token that it would not have issued.
    fn note_disbelief(&self, error: &RefreshError, client: &Client) {
        if let RefreshError::NotBelieved = error {
            let event = self.auth.event_of_nobody(AuditKind::RefreshRefused, client);
            self.auth.note(event.with_detail(AuditDetail::word("not_believed")));
        }
    }

    async fn presented(&self, token: &str) -> Result<Presented, RefreshError> {
        match self.open_refresh(token) {
            Err(RefreshError::Invalid(RefreshTokenError::UnknownKey)) => {
                // Another node may have made it with a key that is a moment old: its owner must not be logged out.
                self.auth.look_for_new_keys().await?;
                self.open_refresh(token)
            }
            presented => presented,
        }
    }

    fn open_refresh(&self, token: &str) -> Result<Presented, RefreshError> {
        let rules = self.rules.refresh.as_ref().ok_or(RefreshError::Invalid(RefreshTokenError::Malformed))?;
        let keyring = self.auth.keyring();
        let now = self.auth.now().as_seconds();
        let open = |secret| refresh_jwt::open(token, secret, |id| keyring.refresh_key_by_id(id), now);
        let opened = match (open(&rules.secret), &rules.previous) {
            (Err(OpenError::Forged), Some(previous)) => match open(&previous.secret) {
                Err(OpenError::NotOurs { .. }) if previous.foreign == PreviousForeign::Refused => {
                    Err(OpenError::Forged)
                }
                opened => opened,
            },
            (opened, _) => opened,
        };
        match opened {
            Ok(opened) if !self.is_from_issuer(&opened.claims) => Err(RefreshError::NotBelieved),
            Ok(opened) => Ok(Presented::Own(opened.statement)),
            Err(OpenError::NotOurs { claims }) => Ok(Presented::Foreign(claims)),
            Err(OpenError::Expired) => Err(RefreshError::Expired),
            Err(OpenError::Forged) => Err(RefreshError::Invalid(RefreshTokenError::Forged)),
            Err(OpenError::UnknownKey) => Err(RefreshError::Invalid(RefreshTokenError::UnknownKey)),
            Err(OpenError::Malformed) => Err(RefreshError::Invalid(RefreshTokenError::Malformed)),
        }
    }

    /// The login that a foreign token comes from, if it counts.
    async fn foreign_login(&self, claims: &Map<String, Value>) -> Result<ForeignLogin, RefreshError> {
        let times = ForeignTimes::read(claims).map_err(|_| RefreshError::NotBelieved)?;
        let now_s = self.auth.now().as_seconds();
        let (Some(issued_at_s), Some(expires_at_s)) = (times.issued_at, times.believed_until(now_s)) else {
            return Err(RefreshError::NotBelieved);
        };
        if expires_at_s <= now_s {
            return Err(RefreshError::Expired);
        }
        let rules = self.rules.refresh.as_ref().ok_or(RefreshError::NotBelieved)?;
        if !self.is_from_issuer(claims) || (rules.is_shared && !self.is_foreign_refresh(&times)) {
            return Err(RefreshError::NotBelieved);
        }
        let account = self.foreign_account(claims).await?.ok_or(RefreshError::NotBelieved)?;
        // SECURITY: whoever found the secret can write any date into a token. So this is for accounts only that the
        // older backend could have issued one for.
        if !is_from_before_cut_over(&account, issued_at_s) {
            return Err(RefreshError::NotBelieved);
        }
        Ok(ForeignLogin { account_id: account.id, issued_at_s, expires_at_s })
    }

    /// Begins the session of a foreign login, if it has none yet.
    async fn adopt(&self, login: ForeignLogin, client: &Client) -> Result<Statement, RefreshError> {
        let ForeignLogin { account_id, issued_at_s, .. } = login;
        let rules = self.rules.refresh.as_ref().ok_or(RefreshError::NotBelieved)?;
        if rules.foreign == ForeignRefresh::Adopted {
            let adoption = self.adoption(login, client);
            let mut event = self.auth.event(AuditKind::SessionAdopted, account_id, client, self.auth.now());
            event.session_id = Some(adoption.session.id);
            let adopted = self.auth.store().adopt_session(&adoption, &event).await.map_err(Trouble::from)?;
            match adopted {
                SessionAdoption::Adopted => self.auth.tally().adopted.add(1),
                SessionAdoption::AdoptedInPlaceOf { .. } => {
                    self.auth.tally().adopted.add(1);
                    self.auth.take_in_feed().await;
                }
                SessionAdoption::Known => {}
                SessionAdoption::NoAccount | SessionAdoption::Disowned => {
                    return Err(RefreshError::NotBelieved);
                }
                SessionAdoption::AccountDisabled => return Err(RefreshError::AccountDisabled),
            }
        }
        let session = foreign_session(account_id, issued_at_s).into_bytes();
        Ok(Statement { session, generation: FOREIGN_GENERATION })
    }

    /// The session that a foreign login stands for, as it would go on here.
    pub(super) fn adoption(&self, login: ForeignLogin, client: &Client) -> Adoption {
        let ForeignLogin { account_id, issued_at_s, expires_at_s } = login;
        let now = self.auth.now();
        let [issued_at, remembered_until] = [issued_at_s, expires_at_s].map(Timestamp::from_seconds);
        let session = NewSession {
            id: foreign_session(account_id, issued_at_s),
            authenticated_at: issued_at.min(now),
            ..self.auth.new_session(account_id, client, now)
        };
        Adoption { session, issued_at, remembered_until }
    }
}

/// A login at an older backend, as far as its tokens tell.
#[derive(Clone, Copy)]
pub(super) struct ForeignLogin {
    pub(super) account_id: AccountId,
    pub(super) issued_at_s: i64,
    /// When the last of its tokens ends.
    pub(super) expires_at_s: i64,
}
