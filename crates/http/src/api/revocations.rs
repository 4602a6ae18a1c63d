//! `GET /v1/revocations`: which sessions ended early, and which keys were revoked?

use axum::extract::State;
use http::{HeaderName, header};
use portcullis_core::flows::publish_revocations::RevocationCursor;

use crate::extract::Query;
use crate::face::Face;
use crate::problem::answers::problems;
use crate::problem::{Code, Problem};

/// The media type of the document.
const MEDIA_TYPE: &str = "application/revocations+jwt";

problems!(Problems: &[Code::InvalidRequest]);

/// The sessions that ended before their access tokens, for services that check tokens by themselves.
///
/// A JWS in compact form, signed like an access token, with the `typ` `revocations+jwt`. It says
/// `{"iss", "iat", "exp", "as_of", "node", "from", "cursor", "next", "revoked": [[session, until], …], "revoked_kids": […]}`,
/// times in seconds since 1970. Access tokens of these sessions are refused until the time that stands beside them, and
/// whatever these keys signed for ever. An answer may repeat what an earlier one has said. Without `since` it begins with
/// all that still matters, and `from` is null; otherwise `from` says where it begins. Where there is a `next`, there is more
/// to be read at once. A service that finds `iat` or `as_of` long past does not know what has ended since.
#[utoipa::path(
    get,
    path = "/v1/revocations",
    operation_id = "list_revocations",
    tag = "server",
    params(("since" = Option<String>, Query, description = "The `cursor` or the `next` of an earlier answer, of any node.")),
    responses(
        (
            status = 200,
            description = "What has ended.",
            body = String,
            content_type = "application/revocations+jwt",
            headers(("Cache-Control" = String, description = "`public, max-age=1`"))
        ),
        Problems
    ),
)]
pub(crate) async fn list(
    State(face): State<Face>,
    mut query: Query,
) -> Result<([(HeaderName, &'static str); 2], String), Problem> {
    // SECURITY: for everybody, like the keys: a service needs no secret of its own, and there is none to lose. A session
    // id opens nothing, has 74 random bits, and names nobody to who has no token of it. What a stranger learns is how
    // many sessions end at a time.
    let since = query
        .optional::<RevocationCursor>("since", "must be the `cursor` or the `next` of an earlier answer");
    let since = query.finish(since)?;
    let document = face.auth.revocations(since.as_ref())?;
    // No ETag: "not modified" would come without a signature, and with it without a sign that it is recent.
    let headers = [(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "public, max-age=1")];
    Ok((headers, document.as_str().to_owned()))
}
