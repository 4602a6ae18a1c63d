//! Which thing does a path name?

use std::str::FromStr;

use axum::RequestPartsExt as _;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use crate::problem::{Code, Problem};

/// The id in a path with one parameter. One that cannot be an id is answered like one that nobody has.
pub(crate) struct PathId<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let unknown = || Problem::new(Code::NotFound);
        let params = parts.extract::<RawPathParams>().await.map_err(|_| unknown())?;
        let (_, text) = params.iter().next().ok_or_else(unknown)?;
        text.parse().map(Self).map_err(|_| unknown())
    }
}
