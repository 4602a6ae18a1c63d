//! Is a signed token meant for us, and now?

use std::time::Duration;

use crate::{Claims, VerifyError};

/// How far the clocks of issuer and verifier may differ, unless told otherwise.
pub const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);

/// The `typ` of an access token (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// What a token has to say to be accepted here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Exact value of `iss`.
    pub issuer: String,
    /// A value that `aud` has to contain.
    pub audience: String,
    /// Media type that `typ` has to name, such as `at+jwt`. Upper and lower case are the same, and so is a
    /// prefix `application/` (RFC 7515 §4.1.9).
    pub token_type: String,
    /// For how long after `exp` a token is still accepted; whole seconds.
    pub leeway: Duration,
    /// How far `nbf` and `iat` may lie ahead, because the clock of whoever issued the token is; whole seconds.
    pub future_leeway: Duration,
}

impl Expectation {
    /// Expects an access token (`at+jwt`), with [`DEFAULT_LEEWAY`].
    pub fn access_token(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            token_type: ACCESS_TOKEN_TYPE.to_owned(),
            leeway: DEFAULT_LEEWAY,
            future_leeway: DEFAULT_LEEWAY,
        }
    }

    /// Compares what a token says with what is expected (RFC 9068 §4, RFC 8725 §3.8, §3.9, §3.11).
    pub(crate) fn check(
        &self,
        token_type: Option<&str>,
        claims: &Claims,
        now_seconds: i64,
    ) -> Result<(), VerifyError> {
        // SECURITY: without the type, a refresh token or an ID token of the same issuer would pass for access.
        if !token_type.is_some_and(|token_type| is_same_type(token_type, &self.token_type)) {
            return Err(VerifyError::WrongType);
        }
        if claims.iss != self.issuer {
            return Err(VerifyError::WrongIssuer);
        }
        if !claims.aud.contains(&self.audience) {
            return Err(VerifyError::WrongAudience);
        }
        let earliest = now_seconds.saturating_sub(whole_seconds(self.leeway));
        let latest = now_seconds.saturating_add(whole_seconds(self.future_leeway));
        // RFC 7519 §4.1.4: at the second of `exp` itself the token is no longer good.
        if claims.exp <= earliest {
            return Err(VerifyError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(VerifyError::NotYetValid);
        }
        if claims.iat > latest {
            return Err(VerifyError::IssuedInFuture);
        }
        Ok(())
    }
}

/// Whole seconds of a duration, as a difference of two times.
pub(crate) fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// Whether two media types are the same: upper and lower case, and a prefix `application/`, make no difference.
pub(crate) fn is_same_type(a: &str, b: &str) -> bool {
    without_application(a).eq_ignore_ascii_case(without_application(b))
}

fn without_application(media_type: &str) -> &str {
    const PREFIX: &str = "application/";
    match media_type.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => media_type,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Expectation, is_same_type};
    use crate::{Claims, VerifyError};

    const NOW: i64 = 1_000;

    fn expectation() -> Expectation {
        let (leeway, future_leeway) = (Duration::from_secs(5), Duration::from_secs(7));
        Expectation { leeway, future_leeway, ..Expectation::access_token("issuer", "service") }
    }

    fn claims() -> Claims {
        Claims {
            iss: "issuer".to_owned(),
            aud: vec!["other".to_owned(), "service".to_owned()],
            exp: NOW + 60,
            iat: NOW,
            ..Claims::default()
        }
    }

    fn check(claims: &Claims) -> Result<(), VerifyError> {
        expectation().check(Some("at+jwt"), claims, NOW)
    }

    #[test]
    fn media_types_are_compared_without_case_and_prefix() {
        for token_type in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            assert!(is_same_type(token_type, "at+jwt"), "{token_type}");
        }
        for token_type in
            ["JWT", "", "at+jwt ", "application/", "text/at+jwt", "at+jwtx", "äpplication/at+jwt"]
        {
            assert!(!is_same_type(token_type, "at+jwt"), "{token_type}");
        }
    }

    #[test]
    fn a_token_without_type_is_refused() {
        assert_eq!(expectation().check(None, &claims(), NOW), Err(VerifyError::WrongType));
    }

    #[test]
    fn the_issuer_is_compared_exactly() {
        for issuer in ["Issuer", "issuer/", "", "issue"] {
            let other = Claims { iss: issuer.to_owned(), ..claims() };
            assert_eq!(check(&other), Err(VerifyError::WrongIssuer), "{issuer}");
        }
    }

    #[test]
    fn one_of_several_audiences_is_enough_and_none_is_not() {
        assert_eq!(check(&claims()), Ok(()));
        let other = Claims { aud: vec!["service2".to_owned()], ..claims() };
        assert_eq!(check(&other), Err(VerifyError::WrongAudience));
    }

    #[test]
    fn the_leeway_ends_at_the_exact_second() {
        assert_eq!(check(&Claims { exp: NOW - 4, ..claims() }), Ok(()));
        assert_eq!(check(&Claims { exp: NOW - 5, ..claims() }), Err(VerifyError::Expired));
        assert_eq!(check(&Claims { nbf: Some(NOW + 7), ..claims() }), Ok(()));
        assert_eq!(check(&Claims { nbf: Some(NOW + 8), ..claims() }), Err(VerifyError::NotYetValid));
        assert_eq!(check(&Claims { iat: NOW + 7, ..claims() }), Ok(()));
        assert_eq!(check(&Claims { iat: NOW + 8, ..claims() }), Err(VerifyError::IssuedInFuture));
    }

    #[test]
    fn an_absurd_leeway_does_not_overflow() {
        let expectation =
            Expectation { leeway: Duration::MAX, future_leeway: Duration::MAX, ..expectation() };
        assert_eq!(expectation.check(Some("at+jwt"), &claims(), 0), Ok(()));
        assert_eq!(expectation.check(Some("at+jwt"), &claims(), i64::MAX), Ok(()));
    }
}
