//! How do services that check tokens by themselves hear of what ended early?
//!
//! From a document that is signed like an access token, and is none (`typ`):
//!
//! ```json
//! {"iss":"https://auth.example","iat":1800000000,"exp":1800000060,"as_of":1800000000,
//!  "node":"…","from":null,"cursor":"…","next":null,"revoked":[["0198c0de-…",1800000900]],"revoked_kids":["…"]}
//! ```
//!
//! An entry is a session, and from which second on no access token of it is good anyway. `as_of` is when this node last
//! knew what the others had ended.
//!
//! - What is new is told by the numbers of a node; whoever comes with the `cursor` of another is told by the time.
//! - What is longer than a page is told in the order in which sessions ended. That is the same at all nodes, so any of
//!   them can go on from the `next` of another, and there is an end.
//! - `from` says where a document begins, so that nobody can pass the answer to one question for that to another.

use std::fmt;
use std::ops::Bound;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use portcullis_crypto::keyring::{KeyPurpose, KeyState, Keyring};
use serde_json::{Value, json};

use super::Trouble;
use crate::Auth;
use crate::auth::{FEED_OVERLAP, OpenError};
use crate::model::{SessionId, Timestamp};
use crate::revoked::End;
use crate::revoked::publication::{PAGE_ENTRIES, Stand, Start};

/// The `typ` of the document.
pub const REVOCATIONS_TYPE: &str = "revocations+jwt";

/// For how long a document counts. Whoever is shown an older one is not shown what has ended since.
const COUNTS_FOR: Duration = Duration::from_mins(1);

/// Up to where somebody has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationCursor(Read);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Read {
    /// All that there was.
    All {
        /// At which node.
        node: String,
        /// By its numbers.
        number: u64,
        /// By the time.
        at: Timestamp,
    },
    /// What ended up to this one, and there is more.
    UpTo(End),
}

/// The signed document: a JWS in compact form (RFC 7515 §7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRevocations(Arc<str>);

impl SignedRevocations {
    /// The text. It is for everybody.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Auth {
    /// What ended early since a cursor, or all of it that still matters. Reads nothing but memory.
    pub fn revocations(&self, since: Option<&RevocationCursor>) -> Result<SignedRevocations, Trouble> {
        let (now, keyring) = (self.now(), self.keyring());
        let as_of = self.feed_read_at();
        let (before, last) = self.revoked().numbers();
        let start = match since.map(|cursor| &cursor.0) {
            None => Start::Whole,
            Some(Read::All { node, number, .. }) if node == self.node() && *number <= last => {
                Start::by_number(*number, before, last)
            }
            Some(Read::All { at, .. }) => {
                Start::by_time((*at).min(now).minus(FEED_OVERLAP), self.revoked().first_end())
            }
            Some(Read::UpTo(end)) => self.revoked().landmark(*end).map_or(Start::Whole, Start::After),
        };
        let signer = keyring.signer().map_err(OpenError::from)?;
        let (issuer, kid) = (self.policy().issuer.clone(), signer.kid().to_owned());
        let stand = Stand { last, at_seconds: now.as_seconds(), as_of, issuer, kid };
        let make = || self.signed_document(start, &stand, &keyring);
        self.publications().get_or_make(&stand, start, make).map(SignedRevocations)
    }

    fn signed_document(&self, start: Start, stand: &Stand, keyring: &Keyring) -> Result<String, Trouble> {
        let failed = |cause: String| Trouble::Minting { cause };
        let payload =
            serde_json::to_vec(&self.document(start, stand)).map_err(|error| failed(error.to_string()))?;
        let key = keyring.signer().map_err(OpenError::from)?;
        key.sign_document(REVOCATIONS_TYPE, &payload).map_err(|error| failed(error.to_string()))
    }

    fn document(&self, start: Start, stand: &Stand) -> Value {
        let Told { from, entries, number, next } = self.told(start, stand);
        let read = |number| Read::All { node: self.node().to_owned(), number, at: stand.as_of };
        let is_revoked = |purpose, state| purpose == KeyPurpose::AccessToken && state == KeyState::Revoked;
        let keys = self.key_infos().into_iter().filter(|key| is_revoked(key.purpose, key.state));
        // Rounded up: within that second a token may still be good.
        let entry = |(session, until): (SessionId, Timestamp)| {
            json!([session.to_string(), until.as_seconds().saturating_add(1)])
        };
        json!({
            "iss": stand.issuer,
            "iat": stand.at_seconds,
            "exp": stand.at_seconds.saturating_add(COUNTS_FOR.as_secs().cast_signed()),
            "as_of": stand.as_of.as_seconds().min(stand.at_seconds),
            "node": self.node(),
            "from": from,
            "cursor": number.map(|number| RevocationCursor(read(number)).to_string()),
            "next": next.map(|end| RevocationCursor(Read::UpTo(end)).to_string()),
            "revoked": entries.into_iter().map(entry).collect::<Vec<_>>(),
            "revoked_kids": keys.map(|key| key.kid).collect::<Vec<_>>(),
        })
    }

    fn told(&self, start: Start, stand: &Stand) -> Told {
        let most = usize::try_from(PAGE_ENTRIES).unwrap_or(usize::MAX);
        let (from, bound) = match start {
            Start::News(number) => {
                let news = self.revoked().news(number, most);
                let from = json!({ "number": number });
                return Told { from, entries: news.entries, number: Some(news.next), next: None };
            }
            Start::Whole => (Value::Null, Bound::Unbounded),
            Start::At(at) => {
                let first = SessionId::from_uuid(uuid::Uuid::nil());
                (json!({ "at": at.as_millis() }), Bound::Included((at, first)))
            }
            Start::After(end) => {
                let (at, session) = end;
                let from = json!({ "at": at.as_millis(), "session": session.to_string() });
                (from, Bound::Excluded(end))
            }
        };
        let page = self.revoked().page(bound, most);
        // What arrives while the pages are read may belong on one that was read already. So whoever has read them goes on
        // from where this node stood at the first.
        let number = (!matches!(start, Start::After(_))).then_some(stand.last);
        Told { from, entries: page.entries, number, next: page.next }
    }
}

/// What a document says of sessions.
struct Told {
    /// Where it begins.
    from: Value,
    entries: Vec<(SessionId, Timestamp)>,
    /// Up to which number whoever reads to the end knows everything then.
    number: Option<u64>,
    next: Option<End>,
}

impl fmt::Display for RevocationCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Read::All { node, number, at } => write!(f, "{node}.{number}.{at}"),
            Read::UpTo((at, session)) => write!(f, "{at}.{session}"),
        }
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor of the feed")]
pub struct NoCursor;

impl FromStr for RevocationCursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (first, rest) = text.split_once('.').ok_or(NoCursor)?;
        let Some((number, at)) = rest.split_once('.') else {
            let session: SessionId = rest.parse().map_err(|_| NoCursor)?;
            // An id can be written in several ways.
            let is_ours = session.to_string() == rest;
            return is_ours.then_some(Self(Read::UpTo((time(first)?, session)))).ok_or(NoCursor);
        };
        if first.len() != 32 || !first.bytes().all(|b| b.is_ascii_hexdigit()) || !is_number(number) {
            return Err(NoCursor);
        }
        let number = number.parse().map_err(|_| NoCursor)?;
        Ok(Self(Read::All { node: first.to_owned(), number, at: time(at)? }))
    }
}

fn time(text: &str) -> Result<Timestamp, NoCursor> {
    let millis = if is_number(text) { text.parse().ok() } else { None };
    millis.map(Timestamp::from_millis).ok_or(NoCursor)
}

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        let node = "0123456789abcdef0123456789abcdef".to_owned();
        let cursor = RevocationCursor(Read::All { node, number: u64::MAX, at: NOW });
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        for text in ["", ".", "..", "x.1.1", "0123456789abcdef0123456789abcdef.1"] {
            assert_eq!(text.parse::<RevocationCursor>(), Err(NoCursor), "{text}");
        }
        let good = cursor.to_string();
        for (from, to) in [(".18", ".-18"), (".18", ".+18"), ("0123", "g123"), ("18446744073709551615", "")] {
            assert_eq!(good.replacen(from, to, 1).parse::<RevocationCursor>(), Err(NoCursor), "{from} {to}");
        }
        assert_eq!(format!("{good}.1").parse::<RevocationCursor>(), Err(NoCursor));
    }

    #[test]
    fn so_is_a_place_between_two_pages() {
        let cursor = RevocationCursor(Read::UpTo((NOW, SessionId::new(NOW, [7; 10]))));
        let good = cursor.to_string();
        assert_eq!(good.parse(), Ok(cursor));
        for bad in
            [good.replace('-', ""), good.to_uppercase(), good.replacen("18", "-18", 1), format!(".{good}")]
        {
            assert_eq!(bad.parse::<RevocationCursor>(), Err(NoCursor), "{bad}");
        }
    }
}
