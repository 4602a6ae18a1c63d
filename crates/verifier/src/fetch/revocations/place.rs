//! Does an answer begin where it was asked to, or before?
//!
//! | place | in a question | in an answer (`from`) |
//! |---|---|---|
//! | the beginning | none | `null` |
//! | up to what a node has numbered so | `node.number.time` | `{"number"}` |
//! | at a time | the same, at another node | `{"at"}` |
//! | after an end, by time and session | `time.session` | `{"at","session"}` |

use serde_json::Value;

/// How far an answer by the time goes back behind the time of a cursor, in milliseconds: nodes hear of ends so late, and
/// their clocks may differ.
const OVERLAP_MILLIS: i64 = 120_000;

/// Where an answer begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// With all that there is.
    Whole,
    /// With what the node learned of after this number.
    Number(u64),
    /// With what ended at this time.
    At(i64),
    /// With what ended after this session did.
    After(i64, String),
}

/// What was asked for.
enum Since<'s> {
    /// What is new to who has read all that a node knew.
    Read { node: &'s str, number: u64, at: i64 },
    /// The next page.
    Page(i64, &'s str),
}

impl Beginning {
    /// Reads the member `from`.
    pub(super) fn read(from: &Value) -> Option<Self> {
        let members = match from {
            Value::Null => return Some(Self::Whole),
            Value::Object(members) => members,
            _ => return None,
        };
        let number = members.get("number").map(Value::as_u64);
        let at = members.get("at").map(Value::as_i64);
        let session = members.get("session").map(Value::as_str);
        match (number, at, session) {
            (Some(number), None, None) => number.map(Self::Number),
            (None, Some(at), None) => at.map(Self::At),
            (None, Some(at), Some(session)) => Some(Self::After(at?, session?.to_owned())),
            _ => None,
        }
    }

    /// Whether an answer of `node` that begins here has all that somebody does not know who got to `since`.
    pub(super) fn reaches_back_to(&self, node: &str, since: &str) -> bool {
        let Some(since) = Since::parse(since) else { return *self == Self::Whole };
        match (self, since) {
            (Self::Whole, _) => true,
            (Self::Number(from), Since::Read { node: read_at, number, .. }) => {
                node == read_at && *from <= number
            }
            (Self::Number(_), Since::Page(..)) => false,
            (Self::At(from) | Self::After(from, _), Since::Read { at, .. }) => {
                let is_exact = matches!(self, Self::At(_));
                let needed = at.saturating_sub(OVERLAP_MILLIS);
                *from < needed || (is_exact && *from == needed)
            }
            (Self::At(from), Since::Page(at, _)) => *from <= at,
            (Self::After(from, after), Since::Page(at, session)) => (*from, after.as_str()) <= (at, session),
        }
    }
}

/// Whether one `next` is further on than what was asked with: then reading comes to an end.
pub(super) fn is_later_page(next: &str, since: &str) -> bool {
    match (Since::parse(next), Since::parse(since)) {
        (Some(Since::Page(at, session)), Some(Since::Page(last_at, last_session))) => {
            (at, session) > (last_at, last_session)
        }
        (Some(Since::Page(..)), Some(Since::Read { .. })) => true,
        _ => false,
    }
}

impl<'s> Since<'s> {
    fn parse(text: &'s str) -> Option<Self> {
        let (first, rest) = text.split_once('.')?;
        Some(match rest.split_once('.') {
            Some((number, at)) => {
                Self::Read { node: first, number: number.parse().ok()?, at: at.parse().ok()? }
            }
            None => Self::Page(first.parse().ok()?, rest),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    const READ: &str = "n.7.1000000";

    fn from(value: &Value) -> Beginning {
        Beginning::read(value).unwrap()
    }

    #[test]
    fn all_of_it_is_an_answer_to_everything() {
        for since in [READ, "1000000.s", "nonsense"] {
            assert!(Beginning::Whole.reaches_back_to("n", since), "{since}");
        }
    }

    #[test]
    fn the_news_of_a_node_are_for_who_has_read_there() {
        let news = from(&json!({ "number": 7 }));
        assert!(news.reaches_back_to("n", READ) && news.reaches_back_to("n", "n.8.0"));
        for (node, since) in [("m", READ), ("n", "n.6.1000000"), ("n", "1000000.s"), ("n", "nonsense")] {
            assert!(!news.reaches_back_to(node, since), "{node} {since}");
        }
    }

    #[test]
    fn by_the_time_an_answer_goes_two_minutes_back() {
        for (value, expected) in [
            (json!({ "at": 880_000 }), true),
            (json!({ "at": 880_001 }), false),
            (json!({ "at": 879_999, "session": "z" }), true),
            (json!({ "at": 880_000, "session": "a" }), false),
        ] {
            assert_eq!(from(&value).reaches_back_to("m", READ), expected, "{value}");
        }
    }

    #[test]
    fn a_page_begins_where_the_one_before_it_ended() {
        for (value, expected) in [
            (json!({ "at": 5, "session": "k" }), true),
            (json!({ "at": 5, "session": "l" }), false),
            (json!({ "at": 4, "session": "l" }), true),
            (json!({ "at": 6, "session": "a" }), false),
            (json!({ "at": 5 }), true),
            (json!({ "at": 6 }), false),
        ] {
            assert_eq!(from(&value).reaches_back_to("m", "5.k"), expected, "{value}");
        }
        assert!(is_later_page("5.l", "5.k") && is_later_page("6.a", "5.k") && is_later_page("1.a", READ));
        assert!(!is_later_page("5.k", "5.k") && !is_later_page("4.z", "5.k") && !is_later_page(READ, "5.k"));
    }

    #[test]
    fn what_is_no_beginning_is_refused() {
        for value in [
            json!(7),
            json!({}),
            json!({ "number": -1 }),
            json!({ "number": 1, "at": 1 }),
            json!({ "session": "s" }),
            json!({ "at": "1" }),
            json!({ "at": 1, "session": null }),
        ] {
            assert_eq!(Beginning::read(&value), None, "{value}");
        }
    }
}
