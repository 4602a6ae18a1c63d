//! From where does a request come?

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use portcullis_core::crypto::device::DeviceTokens;
use portcullis_core::model::{Client, Locale};

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
        let languages = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let devices = cookies::find(&parts.headers, cookies::DEVICE).map(DeviceTokens::parse);
        let client = Client::new(address, user_agent.as_deref())
            .with_devices(devices.unwrap_or_default())
            .with_locale(languages.and_then(Locale::negotiate));
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use http::Request;

    use super::*;

    fn locale_of(languages: &[u8]) -> Option<Locale> {
        let request = Request::builder().header(header::ACCEPT_LANGUAGE, languages).body(()).unwrap();
        FromClient::of(&request.into_parts().0).locale
    }

    #[test]
    fn a_client_has_the_language_that_it_likes_best_of_those_there_are() {
        assert_eq!(locale_of(b"fr, de;q=0.9, en;q=0.8"), Some(Locale::De));
        assert_eq!(locale_of(b"fr"), None);
        assert_eq!(locale_of(b"de\xff"), None);
        assert_eq!(FromClient::of(&Request::new(()).into_parts().0).locale, None);
    }
}
