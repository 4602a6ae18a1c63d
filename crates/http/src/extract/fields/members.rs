//! Which members does a JSON object have?
//!
//! - A member that occurs twice is refused: two readers of such a body would not agree on what it says.
//! - Nesting is skipped over, not built up, so its depth costs nothing.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::Wrong;
use crate::problem::{Code, FieldError, Problem};

/// The most members that are read: a bound on the work of finding duplicates.
const MAX_MEMBERS: usize = 64;

/// How much of an unknown name is repeated to the client, in characters.
const SHOWN_NAME_CHARS: usize = 64;

/// The value of a member.
pub(super) enum Member {
    Null,
    Text(Zeroizing<String>),
    Flag(bool),
    /// A number, an array or an object: no field takes any.
    Other,
}

/// The members that nobody has taken yet.
#[derive(Default)]
pub(super) struct Members {
    left: Vec<(String, Member)>,
    duplicates: Vec<String>,
}

impl Members {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(body).map_err(|error| {
            if error.is_data() {
                let detail = format!("The body must be a JSON object with at most {MAX_MEMBERS} members.");
                return Problem::new(Code::InvalidRequest).detail(detail);
            }
            let place = format!("Line {}, column {}.", error.line(), error.column());
            Problem::new(Code::MalformedJson).detail(place)
        })
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Member> {
        let position = self.left.iter().position(|(known, _)| known == name)?;
        Some(self.left.swap_remove(position).1)
    }

    pub(super) fn is_null(&self, name: &str) -> bool {
        self.left.iter().any(|(known, member)| known == name && matches!(member, Member::Null))
    }

    pub(super) fn has_value(&self, name: &str) -> bool {
        self.left.iter().any(|(known, member)| known == name && !matches!(member, Member::Null))
    }

    /// Takes what nobody has asked for.
    pub(super) fn forget_unknown(&mut self) {
        self.left.clear();
    }

    /// What is wrong with the object as a whole, once every known member was taken.
    pub(super) fn complaints(&mut self) -> Vec<FieldError> {
        let duplicate = |name: String| Wrong::new("duplicate", "must be given only once").of(shown(&name));
        let unknown = |(name, _): (String, Member)| {
            Wrong::new("unknown_field", "must not be given: there is no such field").of(shown(&name))
        };
        let duplicates = std::mem::take(&mut self.duplicates).into_iter().map(duplicate);
        duplicates.chain(std::mem::take(&mut self.left).into_iter().map(unknown)).collect()
    }
}

fn shown(name: &str) -> String {
    name.chars().take(SHOWN_NAME_CHARS).collect()
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        let mut count = 0;
        while let Some(name) = map.next_key::<String>()? {
            let member = map.next_value()?;
            count += 1;
            if count > MAX_MEMBERS {
                return Err(serde::de::Error::custom("too many members"));
            }
            if members.left.iter().all(|(known, _)| *known != name) {
                members.left.push((name, member));
            } else if !members.duplicates.contains(&name) {
                members.duplicates.push(name);
            }
        }
        Ok(members)
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Member, E> {
        Ok(Member::Flag(flag))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Member, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}
