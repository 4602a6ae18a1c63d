//! What does the issuer say has ended, did it say so just now, and is it an answer to what was asked?
//!
//! ```json
//! {"iss":"https://auth.example","iat":1800000000,"exp":1800000060,"as_of":1800000000,
//!  "node":"…","from":null,"cursor":"…","next":null,"revoked":[["0198c0de-…",1800000900]],"revoked_kids":[]}
//! ```

use serde_json::{Map, Value};

use super::place::{Beginning, is_later_page};
use crate::claims::{seconds, text};
use crate::expectation::is_same_type;
use crate::jws::{claims_object, open_bounded};
use crate::key::MAX_KID_BYTES;
use crate::{KeySet, VerifyError};

/// The `typ` of the feed: no other token of the issuer passes for it, and it for none.
const TYPE: &str = "revocations+jwt";

/// Session ids are UUIDs; what is longer is a fault.
const MAX_SESSION_BYTES: usize = 64;

/// What one answer says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// Who of the issuer's nodes answers.
    pub(super) node: String,
    pub(super) from: Beginning,
    /// Where to go on next time; not on pages after the first.
    pub(super) cursor: Option<String>,
    /// Where to go on at once, if there is more.
    pub(super) next: Option<String>,
    /// How old what it says was when it was asked for.
    pub(super) lag_seconds: i64,
    /// Sessions, and the second from which on no access token of them is good anyway.
    pub(super) revoked: Vec<(Box<str>, i64)>,
    /// Keys whose signatures count no more.
    pub(super) revoked_kids: Vec<String>,
}

/// From whom an answer has to be, and when.
pub(super) struct Expected<'e> {
    pub(super) issuer: &'e str,
    pub(super) leeway_seconds: i64,
    /// When it was asked for.
    pub(super) asked_seconds: i64,
    pub(super) now_seconds: i64,
}

impl Document {
    /// Whether nothing is left out for who asked with this, a `cursor` or a `next`; `None` for everything.
    pub(super) fn answers(&self, since: Option<&str>) -> bool {
        let Some(since) = since else { return self.from == Beginning::Whole };
        let goes_on = self.next.as_deref().is_none_or(|next| is_later_page(next, since));
        goes_on && self.from.reaches_back_to(&self.node, since)
    }
}

/// Reads an answer that one of `keys` signed.
pub(super) fn open(answer: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Document, VerifyError> {
    let (opened, _) = open_bounded(answer.trim_ascii_end(), |kid| keys.choose(kid))?;
    if !opened.header.token_type.is_some_and(|token_type| is_same_type(&token_type, TYPE)) {
        return Err(VerifyError::WrongType);
    }
    let mut claims = claims_object(&opened.payload)?;
    if text(&mut claims, "iss")? != expected.issuer {
        return Err(VerifyError::WrongIssuer);
    }
    let (iat, exp) = (seconds(&mut claims, "iat")?, seconds(&mut claims, "exp")?);
    // SECURITY: an old answer hides what has ended since.
    if exp <= expected.now_seconds.saturating_sub(expected.leeway_seconds) {
        return Err(VerifyError::Expired);
    }
    if iat > expected.now_seconds.saturating_add(expected.leeway_seconds) {
        return Err(VerifyError::IssuedInFuture);
    }
    // SECURITY: an answer that was kept back for a while says nothing of what has ended since, however fresh it was.
    let kept_back = expected.asked_seconds.saturating_sub(iat).max(0);
    let behind = iat.saturating_sub(seconds(&mut claims, "as_of")?).max(0);
    Ok(Document {
        node: text(&mut claims, "node")?,
        from: claims
            .remove("from")
            .and_then(|from| Beginning::read(&from))
            .ok_or(VerifyError::Claim("from"))?,
        cursor: place(&mut claims, "cursor")?,
        next: place(&mut claims, "next")?,
        lag_seconds: kept_back.saturating_add(behind),
        revoked: list(&mut claims, "revoked", entry)?,
        revoked_kids: list(&mut claims, "revoked_kids", kid)?,
    })
}

/// A text, or `null` where there is none.
fn place(claims: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, VerifyError> {
    match claims.remove(name) {
        Some(Value::Null) => Ok(None),
        Some(Value::String(place)) => Ok(Some(place)),
        _ => Err(VerifyError::Claim(name)),
    }
}

fn list<T>(
    claims: &mut Map<String, Value>,
    name: &'static str,
    read: fn(Value) -> Option<T>,
) -> Result<Vec<T>, VerifyError> {
    let Some(Value::Array(members)) = claims.remove(name) else { return Err(VerifyError::Claim(name)) };
    members.into_iter().map(|member| read(member).ok_or(VerifyError::Claim(name))).collect()
}

fn entry(member: Value) -> Option<(Box<str>, i64)> {
    let Value::Array(pair) = member else { return None };
    let [Value::String(session), Value::Number(until)] = <[Value; 2]>::try_from(pair).ok()? else {
        return None;
    };
    let until = until.as_i64()?;
    (session.len() <= MAX_SESSION_BYTES).then(|| (session.into(), until))
}

fn kid(member: Value) -> Option<String> {
    let Value::String(kid) = member else { return None };
    (kid.len() <= MAX_KID_BYTES).then_some(kid)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::{NOW, Signer};

    const HEADER: &str = r#"{"alg":"EdDSA","typ":"revocations+jwt","kid":"a"}"#;

    fn payload() -> String {
        format!(
            r#"{{"iss":"issuer","iat":{NOW},"exp":{},"as_of":{},"node":"n","from":null,"cursor":"c","next":null,"revoked":[["s",{}]],"revoked_kids":["k"]}}"#,
            NOW + 60,
            NOW - 2,
            NOW + 900
        )
    }

    fn read(header: &str, payload: &str, now_seconds: i64) -> Result<Document, VerifyError> {
        let signer = Signer::new("a");
        let keys = KeySet::from_keys([signer.key.clone()]);
        let expected =
            Expected { issuer: "issuer", leeway_seconds: 30, asked_seconds: now_seconds, now_seconds };
        open(&signer.sign(header, payload), &keys, &expected)
    }

    fn with(from: &str, to: &str) -> Result<Document, VerifyError> {
        assert!(payload().contains(from), "{from}");
        read(HEADER, &payload().replace(from, to), NOW)
    }

    #[test]
    fn an_answer_says_what_has_ended_and_where_to_read_on() {
        let document = read(HEADER, &payload(), NOW).unwrap();
        let expected = Document {
            node: "n".to_owned(),
            from: Beginning::Whole,
            cursor: Some("c".to_owned()),
            next: None,
            lag_seconds: 2,
            revoked: vec![("s".into(), NOW + 900)],
            revoked_kids: vec!["k".to_owned()],
        };
        assert_eq!(document, expected);
    }

    #[test]
    fn another_token_of_the_issuer_is_no_answer() {
        for token_type in ["at+jwt", "JWT", ""] {
            let header = HEADER.replace("revocations+jwt", token_type);
            assert_eq!(read(&header, &payload(), NOW), Err(VerifyError::WrongType), "{token_type}");
        }
        assert_eq!(with(r#""iss":"issuer""#, r#""iss":"other""#), Err(VerifyError::WrongIssuer));
    }

    #[test]
    fn an_answer_of_another_key_is_none() {
        let keys = KeySet::from_keys([Signer::new("a").key]);
        let expected =
            Expected { issuer: "issuer", leeway_seconds: 30, asked_seconds: NOW, now_seconds: NOW };
        let forged = Signer::new("a").sign(HEADER, &payload());
        assert_eq!(open(&forged, &keys, &expected), Err(VerifyError::BadSignature));
    }

    #[test]
    fn an_answer_of_another_time_is_refused() {
        assert!(read(HEADER, &payload(), NOW + 89).is_ok());
        assert_eq!(read(HEADER, &payload(), NOW + 90), Err(VerifyError::Expired));
        assert!(read(HEADER, &payload(), NOW - 30).is_ok());
        assert_eq!(read(HEADER, &payload(), NOW - 31), Err(VerifyError::IssuedInFuture));
    }

    #[test]
    fn an_answer_that_was_kept_back_is_as_old_as_it_is() {
        let lag = |now| read(HEADER, &payload(), now).unwrap().lag_seconds;
        assert_eq!([lag(NOW), lag(NOW + 40), lag(NOW - 20)], [2, 42, 2]);
    }

    #[test]
    fn an_answer_is_one_to_the_question_that_it_belongs_to() {
        let everything = read(HEADER, &payload(), NOW).unwrap();
        assert!(everything.answers(None) && everything.answers(Some("n.7.1800000000000")));
        let news = with(r#""from":null"#, r#""from":{"number":7}"#).unwrap();
        assert!(news.answers(Some("n.7.1800000000000")));
        assert!(!news.answers(None) && !news.answers(Some("n.6.1800000000000")));
        let page = with(r#""next":null"#, r#""next":"1700000000000.b""#).unwrap();
        assert!(page.answers(Some("1700000000000.a")) && page.answers(Some("n.7.1800000000000")));
        assert!(!page.answers(Some("1700000000000.b")), "it would never end");
    }

    #[test]
    fn every_member_is_needed_in_its_form() {
        let long = format!(r#"["{}",1]"#, "s".repeat(65));
        for (from, to, name) in [
            (r#""node":"n""#, r#""node":null"#, "node"),
            (r#""from":null"#, r#""from":7"#, "from"),
            (r#""from":null,"#, "", "from"),
            (r#""cursor":"c""#, r#""cursor":0"#, "cursor"),
            (r#""cursor":"c","#, "", "cursor"),
            (r#""next":null"#, r#""next":false"#, "next"),
            (r#"["s","#, r#"["s",1,"#, "revoked"),
            (r#"["s","#, "[7,", "revoked"),
            (r#"[["s""#, &format!(r#"[{long},["s""#), "revoked"),
            (r#"["k"]"#, "[null]", "revoked_kids"),
            (r#"["k"]"#, "{}", "revoked_kids"),
            (r#""as_of":"#, r#""as":"#, "as_of"),
        ] {
            assert_eq!(with(from, to), Err(VerifyError::Claim(name)), "{to}");
        }
    }

    #[test]
    fn an_answer_may_be_longer_than_any_token() {
        let many: Vec<_> = (0..2000).map(|number| format!(r#"["session-{number}",{NOW}]"#)).collect();
        let document = with(r#"[["s""#, &format!(r#"[{},["s""#, many.join(","))).unwrap();
        assert_eq!(document.revoked.len(), 2001);
    }
}
