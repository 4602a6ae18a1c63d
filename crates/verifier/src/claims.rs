//! What does an access token say (RFC 9068 §2.2)?

use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::VerifyError;
use crate::expectation::whole_seconds;
use crate::jws::claims_object;

/// Latest time that a claim may name: the end of the year 9999, in seconds since the epoch.
const MAX_SECONDS: i64 = 253_402_300_799;

/// The claims of an access token. Times are seconds since the Unix epoch (RFC 7519 §2, `NumericDate`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    /// The server that issued the token.
    pub iss: String,
    /// The account id.
    pub sub: String,
    /// The services the token is for. One of them is written as a string, several as an array.
    pub aud: Vec<String>,
    /// From this second on the token is no longer good.
    pub exp: i64,
    /// When the token was issued.
    pub iat: i64,
    /// Before this second the token is not good yet.
    pub nbf: Option<i64>,
    /// The id of the token.
    pub jti: String,
    /// The client that the token was issued to.
    pub client_id: Option<String>,
    /// The session that the token belongs to.
    pub sid: Option<String>,
    /// The role of the account.
    pub role: Option<String>,
    /// When the person last proved who they are in that session (RFC 9068 §2.2.1).
    pub auth_time: Option<i64>,
    /// Whether the account's owner has shown that they read the mails to its address (OpenID Connect Core §5.1).
    pub email_verified: Option<bool>,
    /// All other claims.
    pub extra: Map<String, Value>,
}

impl Claims {
    /// Reads the payload of a token.
    pub fn from_payload(payload: &[u8]) -> Result<Self, VerifyError> {
        let mut object = claims_object(payload)?;
        Ok(Self {
            iss: text(&mut object, "iss")?,
            sub: text(&mut object, "sub")?,
            aud: audiences(&mut object)?,
            exp: seconds(&mut object, "exp")?,
            iat: seconds(&mut object, "iat")?,
            nbf: optional(&mut object, "nbf", seconds)?,
            jti: text(&mut object, "jti")?,
            client_id: optional(&mut object, "client_id", text)?,
            sid: optional(&mut object, "sid", text)?,
            role: optional(&mut object, "role", text)?,
            auth_time: optional(&mut object, "auth_time", seconds)?,
            email_verified: optional(&mut object, "email_verified", flag)?,
            extra: object,
        })
    }

    /// Whether the person proved who they are in the last `max_age`, in whole seconds (RFC 9470 §5). A token that does
    /// not say when proves nothing of the kind.
    pub fn is_authenticated_within(&self, max_age: Duration, now_seconds: i64) -> bool {
        self.auth_time.is_some_and(|at| now_seconds.saturating_sub(at) <= whole_seconds(max_age))
    }
}

impl Serialize for Claims {
    /// Writes each member once: an `extra` member named like a field above is left out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("iss", &self.iss)?;
        object.serialize_entry("sub", &self.sub)?;
        match self.aud.as_slice() {
            [single] => object.serialize_entry("aud", single)?,
            several => object.serialize_entry("aud", several)?,
        }
        object.serialize_entry("exp", &self.exp)?;
        object.serialize_entry("iat", &self.iat)?;
        if let Some(nbf) = self.nbf {
            object.serialize_entry("nbf", &nbf)?;
        }
        object.serialize_entry("jti", &self.jti)?;
        let optional = [("client_id", &self.client_id), ("sid", &self.sid), ("role", &self.role)];
        for (name, value) in optional {
            if let Some(value) = value {
                object.serialize_entry(name, value)?;
            }
        }
        if let Some(auth_time) = self.auth_time {
            object.serialize_entry("auth_time", &auth_time)?;
        }
        if let Some(email_verified) = self.email_verified {
            object.serialize_entry("email_verified", &email_verified)?;
        }
        for (name, value) in self.extra.iter().filter(|(name, _)| !is_field(name)) {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

fn is_field(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "client_id",
        "sid",
        "role",
        "auth_time",
        "email_verified",
    ];
    NAMES.contains(&name)
}

pub(crate) fn text(object: &mut Map<String, Value>, name: &'static str) -> Result<String, VerifyError> {
    match object.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(VerifyError::Claim(name)),
    }
}

fn flag(object: &mut Map<String, Value>, name: &'static str) -> Result<bool, VerifyError> {
    object.remove(name).and_then(|value| value.as_bool()).ok_or(VerifyError::Claim(name))
}

/// A whole number of seconds. RFC 7519 would allow fractions; the issuer writes none, so one is a forgery or a fault.
pub(crate) fn seconds(object: &mut Map<String, Value>, name: &'static str) -> Result<i64, VerifyError> {
    let seconds = object.remove(name).and_then(|value| value.as_i64());
    seconds.filter(|seconds| (0..=MAX_SECONDS).contains(seconds)).ok_or(VerifyError::Claim(name))
}

pub(crate) fn optional<T>(
    object: &mut Map<String, Value>,
    name: &'static str,
    read: fn(&mut Map<String, Value>, &'static str) -> Result<T, VerifyError>,
) -> Result<Option<T>, VerifyError> {
    if object.contains_key(name) { read(object, name).map(Some) } else { Ok(None) }
}

/// RFC 7519 §4.1.3: a string or an array of strings.
fn audiences(object: &mut Map<String, Value>) -> Result<Vec<String>, VerifyError> {
    let audiences = match object.remove("aud") {
        Some(Value::String(single)) => vec![single],
        Some(Value::Array(several)) => several
            .into_iter()
            .map(|member| match member {
                Value::String(text) => Ok(text),
                _ => Err(VerifyError::Claim("aud")),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err(VerifyError::Claim("aud")),
    };
    if audiences.is_empty() { Err(VerifyError::Claim("aud")) } else { Ok(audiences) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::Claims;
    use crate::VerifyError;

    const FULL: &str = r#"{"iss":"i","sub":"s","aud":"a","exp":20,"iat":10,"nbf":11,"jti":"j","client_id":"c","sid":"x","role":"admin","auth_time":9,"email_verified":true,"plan":"free"}"#;

    fn with(from: &str, to: &str) -> Result<Claims, VerifyError> {
        assert!(FULL.contains(from), "{from}");
        Claims::from_payload(FULL.replace(from, to).as_bytes())
    }

    #[test]
    fn claims_are_written_as_they_were_read() {
        let claims = Claims::from_payload(FULL.as_bytes()).unwrap();
        assert_eq!(claims.aud, ["a"]);
        assert_eq!(claims.nbf, Some(11));
        assert_eq!(claims.extra.get("plan").unwrap(), "free");
        assert_eq!(serde_json::to_string(&claims).unwrap(), FULL);
    }

    #[test]
    fn several_audiences_are_an_array_both_ways() {
        let claims = with(r#""aud":"a""#, r#""aud":["a","b"]"#).unwrap();
        assert_eq!(claims.aud, ["a", "b"]);
        assert!(serde_json::to_string(&claims).unwrap().contains(r#""aud":["a","b"]"#));
    }

    #[test]
    fn an_extra_claim_cannot_shadow_a_field() {
        let mut claims = Claims::from_payload(FULL.as_bytes()).unwrap();
        claims.extra.insert("sub".to_owned(), "somebody else".into());
        assert_eq!(serde_json::to_string(&claims).unwrap(), FULL);
    }

    #[test]
    fn required_claims_are_required() {
        for (member, name) in [
            (r#""iss":"i","#, "iss"),
            (r#""sub":"s","#, "sub"),
            (r#""aud":"a","#, "aud"),
            (r#""exp":20,"#, "exp"),
            (r#""iat":10,"#, "iat"),
            (r#""jti":"j","#, "jti"),
        ] {
            assert_eq!(with(member, ""), Err(VerifyError::Claim(name)));
        }
    }

    #[test]
    fn optional_claims_may_be_absent_but_not_of_another_type() {
        for (member, name) in [
            (r#""nbf":11,"#, "nbf"),
            (r#""client_id":"c","#, "client_id"),
            (r#""sid":"x","#, "sid"),
            (r#""role":"admin","#, "role"),
            (r#""auth_time":9,"#, "auth_time"),
            (r#""email_verified":true,"#, "email_verified"),
        ] {
            assert!(with(member, "").is_ok(), "{name}");
            assert_eq!(with(member, &format!(r#""{name}":null,"#)), Err(VerifyError::Claim(name)));
            assert_eq!(with(member, &format!(r#""{name}":[],"#)), Err(VerifyError::Claim(name)));
        }
    }

    #[test]
    fn a_time_is_a_whole_number_in_range() {
        for value in
            ["20.0", "2e1", "\"20\"", "-1", "253402300800", "99999999999999999999", "null", "true", "[20]"]
        {
            let outcome = with(r#""exp":20"#, &format!(r#""exp":{value}"#));
            assert_eq!(outcome, Err(VerifyError::Claim("exp")), "{value}");
        }
        for value in ["NaN", "Infinity", "1e999", "020", "+20"] {
            let outcome = with(r#""exp":20"#, &format!(r#""exp":{value}"#));
            assert_eq!(outcome, Err(VerifyError::Malformed), "{value}");
        }
        assert!(with(r#""exp":20"#, r#""exp":253402300799"#).is_ok());
    }

    #[test]
    fn a_proof_of_the_person_grows_old_and_its_absence_is_none() {
        use std::time::Duration;
        let claims = Claims::from_payload(FULL.as_bytes()).unwrap();
        let is_fresh = |seconds, now| claims.is_authenticated_within(Duration::from_secs(seconds), now);
        assert!(is_fresh(60, 9) && is_fresh(60, 69) && !is_fresh(60, 70) && is_fresh(0, 9));
        assert!(is_fresh(60, 5), "a clock may be behind");
        let silent = with(r#""auth_time":9,"#, "").unwrap();
        assert!(!silent.is_authenticated_within(Duration::MAX, 9));
    }

    #[test]
    fn an_audience_is_text() {
        for value in ["[]", "[1]", r#"["a",null]"#, "{}", "5"] {
            let outcome = with(r#""aud":"a""#, &format!(r#""aud":{value}"#));
            assert_eq!(outcome, Err(VerifyError::Claim("aud")), "{value}");
        }
    }

    #[test]
    fn a_claim_that_occurs_twice_is_refused() {
        assert_eq!(with(r#""sub":"s""#, r#""sub":"s","sub":"t""#), Err(VerifyError::Malformed));
        assert_eq!(with(r#""sub":"s""#, r#""sub":"s","s\u0075b":"t""#), Err(VerifyError::Malformed));
        assert_eq!(with(r#""plan":"free""#, r#""plan":1,"plan":1"#), Err(VerifyError::Malformed));
    }
}
