//! What makes lines a file that can be trusted to be whole?
//!
//! The first line says what it is, the last counts the others and holds their checksum. A file that was cut off,
//! damaged or changed is refused.
//!
//! ```json
//! {"portcullis_export":4,"made_at":1700000000000,"version":"0.1.0","engine":"sqlite"}
//! {"signing_key":{…}}
//! {"account":{…}}
//! {"end":{"signing_keys":1,"accounts":1,"sessions":0,"revocations":0,"audit_events":0,"adopted_sessions":0,"audit_seals":0,"one_time_tokens":0,"mails":0,"known_clients":0,"next_number":8,"sha256":"…"}}
//! ```

use std::io::{self, BufRead, Read, Write};

use aws_lc_rs::digest::{Context, SHA256};
use portcullis_core::crypto::keyring::KeyRecord;
use serde::{Deserialize, Serialize};

use super::check;
use super::line::{self, LineError, Parsed};
use super::record::{Counts, Kind, Record};

/// The version of the format. Before 2 there were no adopted sessions, and no time of a cut-over; before 3 no seals of the
/// audit log, and the checksum did not cover the number of the next account; before 4 nothing that has to do with mails.
const FORMAT: u32 = 4;
/// Since when it does.
const COVERS_NEXT_NUMBER: u32 = 3;
/// The versions that are read.
const FORMATS: std::ops::RangeInclusive<u32> = 1..=FORMAT;
/// No record is longer.
const MOST_LINE_BYTES: usize = 1024 * 1024;
/// No keyring is larger.
const MOST_KEYS: usize = 1000;

/// What a file says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    portcullis_export: u32,
    /// When it was made, in milliseconds since the epoch.
    pub made_at: i64,
    /// By which version of Portcullis.
    pub version: String,
    /// From which engine.
    pub engine: String,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    signing_keys: u64,
    accounts: u64,
    sessions: u64,
    revocations: u64,
    audit_events: u64,
    #[serde(default)]
    adopted_sessions: u64,
    #[serde(default)]
    audit_seals: u64,
    #[serde(default)]
    one_time_tokens: u64,
    #[serde(default)]
    mails: u64,
    #[serde(default)]
    known_clients: u64,
    next_number: i64,
    sha256: String,
}

/// The last line, named as such.
#[derive(Serialize)]
struct EndLine<'a> {
    end: &'a End,
}

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It begins with something else.
    #[error("this is not a file that `portcullis export` made")]
    NotAnExport,
    /// It is of a later version.
    #[error(
        "the file has format {format}, this version reads up to {FORMAT}: import it with a newer version"
    )]
    Newer {
        /// The format of the file.
        format: u32,
    },
    /// A line is not believed.
    #[error("line {line}: {error}")]
    Line {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        error: LineError,
    },
    /// There is no last line.
    #[error("the file ends after line {line} without its last line: it was cut off")]
    CutOff {
        /// The last line there is.
        line: u64,
    },
    /// The counts or the checksum of the last line are not those of the file.
    #[error("the {what} in the last line is not that of the file: it was damaged or changed")]
    Damaged {
        /// Which of them.
        what: &'static str,
    },
}

impl Header {
    /// The header of a file that is made now, by this version.
    pub fn new(made_at: i64, engine: &str) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { portcullis_export: FORMAT, made_at, version, engine: engine.to_owned() }
    }
}

impl End {
    fn new(counts: &Counts, next_number: i64, sha256: String) -> Self {
        Self {
            signing_keys: counts.of(Kind::SigningKey),
            accounts: counts.of(Kind::Account),
            sessions: counts.of(Kind::Session),
            revocations: counts.of(Kind::Revocation),
            audit_events: counts.of(Kind::AuditEvent),
            adopted_sessions: counts.of(Kind::AdoptedSession),
            audit_seals: counts.of(Kind::AuditSeal),
            one_time_tokens: counts.of(Kind::OneTimeToken),
            mails: counts.of(Kind::Mail),
            known_clients: counts.of(Kind::KnownClient),
            next_number,
            sha256,
        }
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        counts.add(Kind::SigningKey, self.signing_keys);
        counts.add(Kind::Account, self.accounts);
        counts.add(Kind::Session, self.sessions);
        counts.add(Kind::Revocation, self.revocations);
        counts.add(Kind::AuditEvent, self.audit_events);
        counts.add(Kind::AdoptedSession, self.adopted_sessions);
        counts.add(Kind::AuditSeal, self.audit_seals);
        counts.add(Kind::OneTimeToken, self.one_time_tokens);
        counts.add(Kind::Mail, self.mails);
        counts.add(Kind::KnownClient, self.known_clients);
        counts
    }
}

/// Writes a file from its first line to its last.
pub struct FileWriter<W> {
    out: W,
    context: Context,
    counts: Counts,
    line: Vec<u8>,
}

impl<W: Write> FileWriter<W> {
    /// Writes the first line.
    pub fn begin(out: W, header: &Header) -> io::Result<Self> {
        let mut writer =
            Self { out, context: Context::new(&SHA256), counts: Counts::default(), line: Vec::new() };
        line::write_json(header, &mut writer.line);
        writer.put()?;
        Ok(writer)
    }

    /// Writes a record.
    pub fn add(&mut self, record: &Record) -> io::Result<()> {
        line::write(record, &mut self.line);
        self.counts.add(record.kind(), 1);
        self.put()
    }

    /// How many records were written.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Writes the last line; answers the checksum in it, and what was written to.
    pub fn finish(mut self, next_number: i64) -> io::Result<(String, W)> {
        cover(&mut self.context, next_number);
        let sha256 = hex::encode(self.context.finish());
        let end = End::new(&self.counts, next_number, sha256);
        line::write_json(&EndLine { end: &end }, &mut self.line);
        self.out.write_all(&self.line)?;
        self.out.flush()?;
        Ok((end.sha256, self.out))
    }

    fn put(&mut self) -> io::Result<()> {
        self.context.update(&self.line);
        self.out.write_all(&self.line)?;
        self.line.clear();
        Ok(())
    }
}

/// Of the last line the checksum covers the number of the next account, in digits; the counts are checked by themselves.
fn cover(context: &mut Context, next_number: i64) {
    context.update(next_number.to_string().as_bytes());
}

/// Reads a file from its first line to its last.
pub struct FileReader<R> {
    input: R,
    header: Header,
    line: Vec<u8>,
    number: u64,
    kind: Kind,
    counts: Counts,
    context: Context,
    /// Read already, and not yet handed out.
    ahead: Option<(u64, Record)>,
    end: Option<End>,
}

impl<R: BufRead> FileReader<R> {
    /// Reads the first line.
    pub fn begin(input: R) -> Result<Self, FileError> {
        let mut reader = Self {
            input,
            header: Header::new(0, ""),
            line: Vec::new(),
            number: 0,
            kind: Kind::SigningKey,
            counts: Counts::default(),
            context: Context::new(&SHA256),
            ahead: None,
            end: None,
        };
        reader.read_line().map_err(|error| match error {
            FileError::Io(error) => FileError::Io(error),
            _ => FileError::NotAnExport,
        })?;
        if let Some(format) = format_of(&reader.line).filter(|format| !FORMATS.contains(format)) {
            return Err(FileError::Newer { format });
        }
        reader.header = line::parse_json(&reader.line).map_err(|_| FileError::NotAnExport)?;
        reader.context.update(&reader.line);
        Ok(reader)
    }

    /// What the file says about itself.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The next record and its line; `None` after the last one, when the last line has proved that the file is whole.
    pub fn next_record(&mut self) -> Result<Option<(u64, Record)>, FileError> {
        match self.ahead.take() {
            Some(ahead) => Ok(Some(ahead)),
            None => self.read(),
        }
    }

    /// All signing keys, which come first.
    pub fn keys(&mut self) -> Result<Vec<(u64, KeyRecord)>, FileError> {
        let mut keys = Vec::new();
        loop {
            match self.next_record()? {
                Some((line, Record::SigningKey(_))) if keys.len() == MOST_KEYS => {
                    let error = LineError::new("there are more signing keys than any server has");
                    return Err(FileError::Line { line, error });
                }
                Some((line, Record::SigningKey(key))) => keys.push((line, key)),
                other => {
                    self.ahead = other;
                    check::check_keys(&keys)?;
                    return Ok(keys);
                }
            }
        }
    }

    /// The number of the next account. 0 before the end.
    pub fn next_number(&self) -> i64 {
        self.end.as_ref().map_or(0, |end| end.next_number)
    }

    fn read(&mut self) -> Result<Option<(u64, Record)>, FileError> {
        if self.end.is_some() {
            return Ok(None);
        }
        self.read_line()?;
        let number = self.number;
        let refused = |error| FileError::Line { line: number, error };
        match line::parse(&self.line).map_err(refused)? {
            Parsed::End(end) => {
                self.check_end(end)?;
                Ok(None)
            }
            Parsed::Record(record) => {
                let kind = record.kind();
                if kind < self.kind {
                    let what = format!("{} stand after {}", kind.plural(), self.kind.plural());
                    return Err(refused(LineError::new(what)));
                }
                self.kind = kind;
                self.counts.add(kind, 1);
                self.context.update(&self.line);
                Ok(Some((number, record)))
            }
        }
    }

    fn check_end(&mut self, end: End) -> Result<(), FileError> {
        let line = self.number;
        line::check_number(end.next_number).map_err(|error| FileError::Line { line, error })?;
        if end.counts() != self.counts {
            return Err(FileError::Damaged { what: "count" });
        }
        let mut context = self.context.clone();
        if self.header.portcullis_export >= COVERS_NEXT_NUMBER {
            cover(&mut context, end.next_number);
        }
        if end.sha256 != hex::encode(context.finish()) {
            return Err(FileError::Damaged { what: "checksum" });
        }
        self.end = Some(end);
        match self.read_line() {
            Err(FileError::CutOff { .. }) => Ok(()),
            Ok(()) => Err(FileError::Damaged { what: "end" }),
            Err(error) => Err(error),
        }
    }

    /// Reads one line with its end.
    fn read_line(&mut self) -> Result<(), FileError> {
        self.line.clear();
        let limit = u64::try_from(MOST_LINE_BYTES).unwrap_or(u64::MAX);
        let read = self.input.by_ref().take(limit).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Err(FileError::CutOff { line: self.number });
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            return Ok(());
        }
        if read == MOST_LINE_BYTES {
            let error = LineError::new(format!("it is longer than {MOST_LINE_BYTES} bytes"));
            return Err(FileError::Line { line: self.number, error });
        }
        Err(FileError::CutOff { line: self.number })
    }
}

/// The format that a first line names, whatever else that format has in it.
fn format_of(line: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct Format {
        portcullis_export: u32,
    }
    serde_json::from_slice::<Format>(line).ok().map(|format| format.portcullis_export)
}
