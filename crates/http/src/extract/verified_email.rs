//! Which routes take an account whose email address is verified?
//!
//! SECURITY: what is compared is the route that the router found, never the path as it was sent. Another spelling of a
//! path, by case, by percent or by slashes, either is that route for the router as well, or is nobody's.

use axum::extract::MatchedPath;
use http::request::Parts;
use portcullis_core::flows::Actor;
use portcullis_core::flows::authenticate::Principal;

use super::FromClient;
use crate::face::Face;
use crate::problem::Problem;

/// Refuses a caller without a verified email address, where one is asked for. Reads the database only if the access token
/// does not say that it is verified: it may be since that was made.
pub(crate) async fn check(parts: &Parts, face: &Face, principal: &Principal) -> Result<(), Problem> {
    let prefixes = &face.rules.settings.verified_email_routes;
    if prefixes.is_empty() || principal.email_verified {
        return Ok(());
    }
    let route = parts.extensions.get::<MatchedPath>().map_or(parts.uri.path(), MatchedPath::as_str);
    if prefixes.iter().any(|prefix| is_below(route, prefix)) {
        let actor = Actor { principal: *principal, client: FromClient::of(parts) };
        face.auth.check_verified_email(&actor).await?;
    }
    Ok(())
}

/// Whether a route begins with the segments of a prefix. Routes are written in lower case; a prefix need not be.
fn is_below(route: &str, prefix: &str) -> bool {
    let mut segments = route.split('/').filter(|segment| !segment.is_empty());
    let mut wanted = prefix.split('/').filter(|segment| !segment.is_empty());
    wanted.all(|wanted| segments.next().is_some_and(|segment| segment.eq_ignore_ascii_case(wanted)))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn a_prefix_stands_for_its_route_and_all_below_it() {
        for prefix in ["/v1/me", "/v1/me/", "/V1/Me", "v1//me", "/v1", "/"] {
            assert!(is_below("/v1/me", prefix), "{prefix}");
            assert!(is_below("/v1/me/sessions/{id}", prefix), "{prefix}");
        }
        assert!(is_below("/v1/me/sessions/{id}", "/v1/me/sessions/{id}"));
    }

    #[test]
    fn a_prefix_ends_where_a_segment_ends() {
        for (route, prefix) in [
            ("/v1/me", "/v1/m"),
            ("/v1/menu", "/v1/me"),
            ("/v1/me", "/v1/me/sessions"),
            ("/v1/me/export", "/v1/me/sessions"),
            ("/v1", "/me"),
        ] {
            assert!(!is_below(route, prefix), "{route} {prefix}");
        }
    }
}
