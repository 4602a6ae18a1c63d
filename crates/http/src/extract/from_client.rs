//! From where does a request come?

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use portcullis_core::crypto::device::DeviceTokens;
use portcullis_core::model::Client;

use crate::cookies;
use crate::layers::RequestContext;

/// The program that sent the request.
pub(crate) struct FromClient(pub(crate) Client);

impl FromClient {
    pub(crate) fn of(parts: &Parts) -> Client {
        let context = parts.extensions.get::<Arc<RequestContext>>();
        let address = context.and_then(|context| context.client_address);
        let user_agent =
            parts.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let devices = cookies::find(&parts.headers, cookies::DEVICE).map(DeviceTokens::parse);
        let client = Client::new(address, user_agent.as_deref()).with_devices(devices.unwrap_or_default());
        match context {
            Some(context) => client.with_request_id(context.request_id()),
            None => client,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for FromClient {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Self::of(parts)))
    }
}
