//! `GET /.well-known/jwks.json`: with which keys do services check access tokens?

use axum::Json;
use axum::extract::State;
use http::{HeaderName, header};
use portcullis_core::verifier::Jwks;
use utoipa::ToSchema;

use crate::face::Face;
use crate::problem::answers::problems;

/// A set of public keys (RFC 7517 §5).
#[derive(ToSchema)]
#[schema(as = KeySet)]
#[expect(dead_code, reason = "describes the body, which the verifier's own type writes")]
pub(crate) struct KeySetAnswer {
    /// The keys: those that sign now, will sign next, or have signed what is still alive.
    keys: Vec<PublicKey>,
}

/// A public key (RFC 7517 §4), with further members according to its type.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which the verifier's own type writes")]
pub(crate) struct PublicKey {
    /// `OKP`, `EC` or `RSA`.
    #[schema(example = "OKP")]
    kty: String,
    /// The name that tokens call it by.
    kid: String,
    /// The algorithm that it is for.
    #[schema(example = "EdDSA")]
    alg: String,
    /// `sig`.
    #[schema(rename = "use", example = "sig")]
    usage: String,
}

problems!(Problems: &[]);

/// The public keys that access tokens are checked with.
///
/// A key is published before it signs, so a copy may be kept for as long as `Cache-Control` says.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "get_jwks",
    tag = "server",
    responses(
        (
            status = 200,
            description = "The keys.",
            body = KeySetAnswer,
            headers(("Cache-Control" = String, description = "`public, max-age=300`"))
        ),
        Problems
    ),
)]
pub(crate) async fn key_set(State(face): State<Face>) -> ([(HeaderName, &'static str); 3], Json<Jwks>) {
    let headers = [
        (header::CACHE_CONTROL, "public, max-age=300"),
        // Public is public: a cached copy serves a page of any origin.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    (headers, Json(face.auth.jwks()))
}
