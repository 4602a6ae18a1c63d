//! How is a record written as a line of JSON, and which lines are believed?
//!
//! ```json
//! {"account":{"id":"0190…","number":7,"email":"Ada@x.org","email_key":"ada@x.org","role":"user",…,"password":{"hash":"$2b$…","updated_at":1700000000000}}}
//! ```
//!
//! Invariants
//! - One record has one text: two stores hold the same when their lines are the same.
//! - Nothing is read that the server could not have written: a line that was made by hand is held to the rules of the
//!   core. What is written is not held to them, for they may have become stricter since.
//! - No message repeats what stands in a line: it may be a secret or personal data.

mod checks;
mod fields;
mod mails;

use std::fmt;

use serde::{Deserialize, Serialize};

use self::fields::{
    AccountFields, AdoptedSessionFields, EventFields, KeyFields, RevocationFields, SealFields, SessionFields,
};
use self::mails::{KnownClientFields, MailFields, OneTimeTokenFields};
use super::file::End;
use super::record::Record;

pub(super) use self::checks::check_number;

/// A record as a line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    SigningKey(KeyFields<'a>),
    Account(AccountFields<'a>),
    Session(SessionFields<'a>),
    Revocation(RevocationFields),
    AuditEvent(EventFields<'a>),
    AdoptedSession(AdoptedSessionFields),
    AuditSeal(SealFields<'a>),
    OneTimeToken(OneTimeTokenFields<'a>),
    Mail(MailFields<'a>),
    KnownClient(KnownClientFields<'a>),
    #[serde(skip_serializing)]
    End(End),
}

/// What a line says.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and nearly all are records")]
pub(super) enum Parsed {
    /// A record.
    Record(Record),
    /// The file ends here.
    End(End),
}

/// Why a line is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError(String);

impl LineError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LineError {}

/// Adds the line of a record, with its end.
pub(super) fn write(record: &Record, text: &mut Vec<u8>) {
    let line = match record {
        Record::SigningKey(key) => Line::SigningKey(KeyFields::of(key)),
        Record::Account(record) => Line::Account(AccountFields::of(record)),
        Record::Session(session) => Line::Session(SessionFields::of(session)),
        Record::Revocation(revocation) => Line::Revocation(RevocationFields::of(revocation)),
        Record::AuditEvent(event) => Line::AuditEvent(EventFields::of(event)),
        Record::AdoptedSession(adopted) => Line::AdoptedSession(AdoptedSessionFields::of(adopted)),
        Record::AuditSeal(seal) => Line::AuditSeal(SealFields::of(seal)),
        Record::OneTimeToken(token) => Line::OneTimeToken(OneTimeTokenFields::of(token)),
        Record::Mail(mail) => Line::Mail(MailFields::of(mail)),
        Record::KnownClient(known) => Line::KnownClient(KnownClientFields::of(known)),
    };
    write_json(&line, text);
}

/// Adds any line.
pub(super) fn write_json(line: &impl Serialize, text: &mut Vec<u8>) {
    // Neither the types nor a vector can refuse.
    if serde_json::to_writer(&mut *text, line).is_ok() {
        text.push(b'\n');
    }
}

/// What a line says.
pub(super) fn parse(line: &[u8]) -> Result<Parsed, LineError> {
    Ok(Parsed::Record(match parse_json(line)? {
        Line::End(end) => return Ok(Parsed::End(end)),
        Line::SigningKey(fields) => Record::SigningKey(fields.check()?),
        Line::Account(fields) => Record::Account(fields.check()?),
        Line::Session(fields) => Record::Session(fields.check()?),
        Line::Revocation(fields) => Record::Revocation(fields.check()?),
        Line::AuditEvent(fields) => Record::AuditEvent(fields.check()?),
        Line::AdoptedSession(fields) => Record::AdoptedSession(fields.check()?),
        Line::AuditSeal(fields) => Record::AuditSeal(fields.check()?),
        Line::OneTimeToken(fields) => Record::OneTimeToken(fields.check()?),
        Line::Mail(fields) => Record::Mail(fields.check()?),
        Line::KnownClient(fields) => Record::KnownClient(fields.check()?),
    }))
}

/// Any line.
pub(super) fn parse_json<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Result<T, LineError> {
    serde_json::from_slice(line).map_err(|error| {
        let (message, column) = (error.to_string(), error.column());
        // Of all messages these alone name what we know, not what was found.
        let is_harmless = ["unknown field `", "unknown variant `", "missing field `", "duplicate field `"]
            .iter()
            .any(|start| message.starts_with(start));
        let what = match message.split(" at line ").next() {
            Some(what) if is_harmless => what.chars().take(200).collect(),
            _ if error.is_data() => "a value is not what its field holds".to_owned(),
            _ => "it is not JSON".to_owned(),
        };
        LineError(format!("{what} (column {column})"))
    })
}
