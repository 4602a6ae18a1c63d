//! How is an answer written down to be compared?
//!
//! Status, the headers that say something about this answer, and the exact body. What is different in every run, or
//! says nothing to a reader, stands as a word in brackets: `[id 1]` is the first id of the answer wherever it occurs.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use uuid::Uuid;

use super::client::Answer;

/// What every answer has; `headers.rs` tests these.
const ALWAYS: [(&str, &str); 8] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    (
        "content-security-policy",
        "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
];

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            let value = value.to_str().unwrap();
            let is_said_always = ALWAYS.contains(&(name.as_str(), value));
            if !is_said_always && !["x-request-id", "content-length"].contains(&name.as_str()) {
                writeln!(text, "{name}: {value}")?;
            }
        }
        if !self.body.is_empty() {
            write!(text, "\n{}", self.text())?;
        }
        let text = match self.header("x-request-id") {
            Some(request_id) => text.replace(&format!("\"{request_id}\""), "\"[request]\""),
            None => text,
        };
        f.write_str(&Redaction::default().of(&text))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Default)]
struct Redaction {
    ids: HashMap<Uuid, usize>,
}

impl Redaction {
    fn of(&mut self, text: &str) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let mut redacted = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            redacted.push_str(before);
            redacted.push_str(&self.word(word));
            rest = after;
        }
        redacted + rest
    }

    fn word(&mut self, word: &str) -> String {
        let is_random =
            || word.contains(|c: char| c.is_ascii_uppercase()) && word.contains(|c: char| c.is_ascii_digit());
        if word.starts_with("eyJ") && word.matches('.').count() == 2 {
            "[access token]".into()
        } else if word.starts_with("pc_rt_") {
            "[refresh token]".into()
        } else if let (36, Ok(id)) = (word.len(), Uuid::try_parse(word)) {
            let next = self.ids.len() + 1;
            format!("[id {}]", self.ids.entry(id).or_insert(next))
        } else if word.len() == 76 && is_random() {
            "[device token]".into()
        } else if word.len() == 43 && is_random() {
            "[43 random characters]".into()
        } else if word.len() == 22 && is_random() {
            "[key id]".into()
        } else {
            word.into()
        }
    }
}
