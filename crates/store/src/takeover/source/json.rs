//! How are the documents of a MongoDB collection read, as `mongoexport` writes them?
//!
//! One document after the other, or one array of them. Of the extended JSON, canonical and relaxed, what can be in a
//! user document is understood. A name with dots leads into documents: `local.email`.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, BufRead};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_core::model::Timestamp;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Value};

use super::super::TakeoverError;
use super::super::cell::Cell;
use super::super::mapping::{Described, Wanted};
use super::super::shape::{Field, Need};
use super::{Sink, time_of};

/// So many keys are told.
const MOST_KEYS: usize = 100;

type Document = Map<String, Value>;

/// Reads all documents.
pub(super) fn read(
    mut input: impl BufRead,
    wanted: &[Wanted],
    name: &str,
    sink: &mut Sink<'_>,
) -> Result<Described, TakeoverError> {
    let mut documents =
        Documents { wanted, sink, count: 0, found: BTreeSet::new(), keys: BTreeSet::new(), stopped: None };
    let first = first_byte(&mut input);
    let first =
        first.map_err(|error| TakeoverError::source(format!("{name} cannot be read: {error}"), FIX))?;
    let mut deserializer = Deserializer::from_reader(input);
    let outcome = if first == Some(b'[') {
        deserializer.deserialize_seq(Elements(&mut documents)).and_then(|()| deserializer.end())
    } else {
        deserializer.into_iter::<Document>().try_for_each(|document| documents.add(&document?))
    };
    match (documents.stopped.take(), outcome) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(documents.explain(&error, name)),
        (None, Ok(())) => documents.describe(),
    }
}

const FIX: &str = "make it with `mongoexport --collection=users --out=users.json`: a document a line, or an array with \
                   `--jsonArray`";

/// The first byte that says something, which is not taken. A byte order mark is.
fn first_byte(input: &mut impl BufRead) -> io::Result<Option<u8>> {
    if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    loop {
        let buffer = input.fill_buf()?;
        match buffer.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(0) => return Ok(buffer.first().copied()),
            Some(blanks) => input.consume(blanks),
            None if buffer.is_empty() => return Ok(None),
            None => {
                let blanks = buffer.len();
                input.consume(blanks);
            }
        }
    }
}

/// Takes one document after the other.
struct Documents<'d, 's> {
    wanted: &'d [Wanted],
    sink: &'d mut Sink<'s>,
    count: u64,
    found: BTreeSet<(Field, String)>,
    keys: BTreeSet<String>,
    /// Why no more are taken.
    stopped: Option<TakeoverError>,
}

impl Documents<'_, '_> {
    fn add<E: serde::de::Error>(&mut self, document: &Document) -> Result<(), E> {
        self.count += 1;
        let mut cells = Vec::with_capacity(self.wanted.len());
        for Wanted { field, names, .. } in self.wanted {
            let found = names.iter().find_map(|name| find(document, name).map(|value| (name, value)));
            let Some((name, value)) = found else { continue };
            if !self.found.iter().any(|(known, path)| known == field && path == name) {
                self.found.insert((*field, name.clone()));
            }
            cells.push((*field, cell(value)));
        }
        for key in document.keys() {
            if self.keys.len() < MOST_KEYS && !self.keys.contains(key) {
                self.keys.insert(key.clone());
            }
        }
        (self.sink)(self.count, cells).map_err(|error| {
            self.stopped = Some(error);
            E::custom("stopped")
        })
    }

    /// What was found. What had to be there, and was in no document at all, is missing.
    fn describe(self) -> Result<Described, TakeoverError> {
        let is_found = |wanted: &Wanted| self.found.iter().any(|(field, _)| *field == wanted.field);
        let missing = self.wanted.iter().find(|wanted| wanted.need == Need::Required && !is_found(wanted));
        let keys: Vec<String> = self.keys.into_iter().collect();
        if let Some(missing) = missing.filter(|_| self.count > 0) {
            Described::choose(std::slice::from_ref(missing), &keys)?;
        }
        let leads_to = |key: &str, path: &str| path.split_once('.').is_some_and(|(first, _)| first == key);
        let is_read = |key: &String| self.found.iter().any(|(_, path)| path == key || leads_to(key, path));
        let passed_over = keys.iter().filter(|key| !is_read(key)).cloned().collect();
        Ok(Described { read: self.found.iter().cloned().collect(), passed_over })
    }

    fn explain(&self, error: &serde_json::Error, name: &str) -> TakeoverError {
        // The text of the error itself may show what is in the file.
        let what = match error.classify() {
            serde_json::error::Category::Io => format!("{name} cannot be read: {error}"),
            serde_json::error::Category::Eof => {
                format!("{name}, line {}: it ends in the middle of a document", error.line())
            }
            serde_json::error::Category::Data => {
                format!("{name}, line {}: document {} is no JSON object", error.line(), self.count + 1)
            }
            serde_json::error::Category::Syntax => {
                format!("{name}, line {}, column {}: it is no JSON", error.line(), error.column())
            }
        };
        TakeoverError::source(what, FIX)
    }
}

/// Takes the elements of an array, one at a time.
struct Elements<'e, 'd, 's>(&'e mut Documents<'d, 's>);

impl<'de> Visitor<'de> for Elements<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of documents")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(document) = elements.next_element::<Document>()? {
            self.0.add(&document)?;
        }
        Ok(())
    }
}

/// What stands under a name, or where its dots lead.
fn find<'d>(document: &'d Document, name: &str) -> Option<&'d Value> {
    if let Some(value) = document.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    find(document.get(first)?.as_object()?, rest)
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Flag(*flag),
        Value::Number(number) => {
            let whole = number.as_i64().map(Cell::Integer);
            whole.or_else(|| number.as_f64().map(Cell::Number)).unwrap_or(Cell::Strange)
        }
        Value::String(text) => Cell::Text(text.clone()),
        Value::Object(object) => extended(object).unwrap_or(Cell::Strange),
        Value::Array(_) => Cell::Strange,
    }
}

/// A value of MongoDB's Extended JSON, version 2, and of what `mongoexport` wrote before it.
fn extended(object: &Document) -> Option<Cell> {
    let (kind, value) = object.iter().find(|(key, _)| key.starts_with('$'))?;
    Some(match kind.as_str() {
        "$oid" | "$uuid" | "$symbol" => Cell::Text(value.as_str()?.to_owned()),
        "$numberLong" | "$numberInt" => Cell::integer(value.as_str()?),
        "$numberDouble" | "$numberDecimal" => Cell::Number(value.as_str()?.parse().ok()?),
        "$date" => match value {
            Value::String(text) => time_of(text),
            value => Cell::Time(Timestamp::from_millis(millis(value)?)),
        },
        "$binary" => {
            let text = value.as_str().or_else(|| value.get("base64")?.as_str())?;
            Cell::of_bytes(STANDARD.decode(text).ok()?)
        }
        "$undefined" => Cell::Null,
        _ => return None,
    })
}

fn millis(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.get("$numberLong")?.as_str()?.parse().ok())
}
