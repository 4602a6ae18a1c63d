//! Does a handler read of a body exactly what its JSON says?
//!
//! - A body is accepted if and only if a plain JSON reader finds an object of the known members, each once and
//!   of its type; and then both readers agree on every value.
//! - An identifier keeps its spelling, and its key, read as an identifier, has the same key.
#![no_main]

use std::fmt;

use libfuzzer_sys::fuzz_target;
use portcullis_core::model::{Change, Email, Username};
use portcullis_core::policy::password::MAX_PASSWORD_BYTES;
use portcullis_http::fuzzing::{Body, body};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let read = body(input);
    match (read, expected(input)) {
        (Some(read), Some(expected)) => compare(&read, &expected),
        (None, None) => {}
        (Some(_), None) => panic!("a body was accepted that says something else"),
        (None, Some(_)) => panic!("a good body was refused"),
    }
});

fn compare(read: &Body, Pairs(expected): &Pairs) {
    let value = |name: &str| expected.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    assert_eq!(read.email.as_deref(), value("email").and_then(Value::as_str));
    assert_eq!(Some(read.password.expose()), value("password").and_then(Value::as_str));
    assert_eq!(read.remember, value("remember").and_then(Value::as_bool));
    let name = match value("name") {
        None => Change::Keep,
        Some(Value::String(text)) => Change::Set(text.clone()),
        Some(_) => Change::Clear,
    };
    assert!(read.name == name);
    if let Some(text) = &read.email {
        check_identifiers(text);
    }
}

fn check_identifiers(text: &str) {
    if let Ok(email) = Email::parse(text) {
        assert_eq!(email.as_str(), text.trim());
        if let Ok(again) = Email::parse(email.key()) {
            assert_eq!(again.key(), email.key());
        }
    }
    if let Ok(username) = Username::parse(text) {
        assert_eq!(username.as_str(), text);
        if let Ok(again) = Username::parse(username.key()) {
            assert_eq!(again.key(), username.key());
        }
    }
}

/// The members of a good body; `None` for any other.
fn expected(input: &[u8]) -> Option<Pairs> {
    let pairs: Pairs = serde_json::from_slice(input).ok()?;
    let is_good = |(name, value): &(String, Value)| match (name.as_str(), value) {
        ("password", Value::String(text)) => text.len() <= MAX_PASSWORD_BYTES,
        ("email" | "name", Value::String(_) | Value::Null) => true,
        ("remember", Value::Bool(_) | Value::Null) => true,
        _ => false,
    };
    let mut names: Vec<&str> = pairs.0.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    (count == names.len() && names.contains(&"password") && pairs.0.iter().all(is_good)).then_some(pairs)
}

/// A JSON object as it stands there, with members that occur twice.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
