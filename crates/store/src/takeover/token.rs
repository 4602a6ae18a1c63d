//! Which session does a refresh token stand for that an older backend has stored?
//!
//! Nothing but its two times is read: its signature is checked when its owner uses it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_core::model::Timestamp;
use serde::Deserialize;

use super::Plan;

/// What a stored refresh token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// It stands for a session.
    Good {
        /// In seconds since 1970.
        issued_at_s: i64,
        /// When it ends.
        expires_at: Timestamp,
    },
    /// It has expired.
    Expired,
    /// It was issued after the cut-over.
    Late,
    /// It is no JWT with both times.
    Unreadable,
}

#[derive(Deserialize)]
struct Times {
    iat: i64,
    exp: i64,
}

/// Judges a stored token.
pub(super) fn judge(token: &str, plan: &Plan) -> Token {
    let Some(Times { iat, exp }) = times(token) else { return Token::Unreadable };
    let expires_at = Timestamp::from_seconds(exp);
    if expires_at <= plan.now {
        return Token::Expired;
    }
    if Timestamp::from_seconds(iat) >= plan.cut_over {
        return Token::Late;
    }
    Token::Good { issued_at_s: iat, expires_at }
}

fn times(token: &str) -> Option<Times> {
    let mut parts = token.trim().split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::shape::USERS_COOKIES;
    use super::super::{Mapping, WithoutPassword};
    use super::*;

    fn judged(payload: &str) -> Token {
        let plan = Plan {
            shape: &USERS_COOKIES,
            mapping: Mapping::default(),
            cut_over: Timestamp::from_seconds(1000),
            now: Timestamp::from_seconds(1100),
            without_password: WithoutPassword::Refuse,
        };
        judge(&format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)), &plan)
    }

    #[test]
    fn a_token_from_before_the_cut_over_that_is_alive_is_good() {
        let good = Token::Good { issued_at_s: 999, expires_at: Timestamp::from_seconds(1101) };
        assert_eq!(judged(r#"{"id":1,"iat":999,"exp":1101}"#), good);
        assert_eq!(judged(r#"{"iat":999,"exp":1100}"#), Token::Expired);
        assert_eq!(judged(r#"{"iat":1000,"exp":2000}"#), Token::Late);
    }

    #[test]
    fn what_is_no_token_with_both_times_is_unreadable() {
        for payload in [r#"{"iat":999}"#, r#"{"exp":2000}"#, r#"{"iat":999.5,"exp":2000}"#, "[]", ""] {
            assert_eq!(judged(payload), Token::Unreadable, "{payload}");
        }
        assert!(times("").is_none() && times("a.b").is_none() && times("e30.e30.e30.e30").is_none());
    }
}
