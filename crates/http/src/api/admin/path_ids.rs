//! Which session of which account does a path name?

use axum::RequestPartsExt as _;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use portcullis_core::model::{AccountId, SessionId};

use crate::problem::{Code, Problem};

/// The ids of `/accounts/{id}/sessions/{session_id}`. One that cannot be an id is answered like one that nobody
/// has.
pub(super) struct SessionOfAccount {
    pub(super) account_id: AccountId,
    pub(super) session_id: SessionId,
}

impl<S: Send + Sync> FromRequestParts<S> for SessionOfAccount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let params = parts.extract::<RawPathParams>().await.map_err(|_| Problem::new(Code::NotFound))?;
        let param = |name| params.iter().find(|(known, _)| *known == name).map(|(_, text)| text);
        let account_id = param("id").and_then(|text| text.parse().ok());
        let session_id = param("session_id").and_then(|text| text.parse().ok());
        let (account_id, session_id) =
            account_id.zip(session_id).ok_or_else(|| Problem::new(Code::NotFound))?;
        Ok(Self { account_id, session_id })
    }
}
