//! How does an axum handler get at the claims?

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::{Claims, LegacyClaims};

/// A handler asked for [`Claims`] on a route that no [`AccessTokenLayer`](crate::AccessTokenLayer) protects, or for
/// [`LegacyClaims`] where there is no [`LegacyTokenLayer`](crate::LegacyTokenLayer): a fault of the program. The answer
/// is a bare 500, so that the route stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the route asks for claims but is not behind the layer that brings them")]
pub struct ClaimsMissing;

impl IntoResponse for ClaimsMissing {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// A copy of the claims of the request. `Extension<Arc<Claims>>` gives them without copying.
impl<S: Sync> FromRequestParts<S> for Claims {
    type Rejection = ClaimsMissing;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Arc<Self>>().map(|claims| Self::clone(claims)).ok_or(ClaimsMissing)
    }
}

/// `None` on a route that is not protected.
impl<S: Sync> OptionalFromRequestParts<S> for Claims {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Arc<Self>>().map(|claims| Self::clone(claims)))
    }
}

/// A copy of the claims of the request. `Extension<Arc<LegacyClaims>>` gives them without copying.
impl<S: Sync> FromRequestParts<S> for LegacyClaims {
    type Rejection = ClaimsMissing;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Arc<Self>>().map(|claims| Self::clone(claims)).ok_or(ClaimsMissing)
    }
}

/// `None` on a route that is not protected.
impl<S: Sync> OptionalFromRequestParts<S> for LegacyClaims {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Arc<Self>>().map(|claims| Self::clone(claims)))
    }
}
