//! From where does a request come?

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use portcullis_core::model::Client;

use crate::layers::RequestContext;

/// The program that sent the request.
pub(crate) struct FromClient(pub(crate) Client);

impl<S: Send + Sync> FromRequestParts<S> for FromClient {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address =
            parts.extensions.get::<Arc<RequestContext>>().and_then(|context| context.client_address);
        let user_agent =
            parts.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        Ok(Self(Client::new(address, user_agent.as_deref())))
    }
}
