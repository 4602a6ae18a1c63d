//! What proves that an entry is what it was?

use std::fmt;
use std::str::FromStr;

use super::AuditEntry;
use crate::model::EventId;

/// The seal of one entry. The numbers of seals have no gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSeal {
    /// Its number, from 1.
    pub seq: i64,
    /// Which entry.
    pub event_id: EventId,
    /// The form of the entry that was sealed in one byte, the id of the key in four, and the tag.
    pub seal: Vec<u8>,
}

/// A seal with the entry that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEntry {
    /// The seal.
    pub seal: AuditSeal,
    /// What is found under the id of the entry.
    pub found: Found,
}

/// What the database has under the id of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An entry.
    Entry(Box<AuditEntry>),
    /// Something that no version has written.
    Unreadable,
    /// Nothing.
    Nothing,
}

/// A seal as somebody noted it elsewhere: `<number>:<hex digits>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedSeal {
    /// [`AuditSeal::seq`]
    pub seq: i64,
    /// [`AuditSeal::seal`]
    pub seal: Vec<u8>,
}

/// Why a text is no noted seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a noted seal is a number, a colon and hexadecimal digits, as `portcullis audit verify` prints it")]
pub struct NotedSealError;

impl AuditSeal {
    /// The same, to be noted elsewhere.
    pub fn noted(&self) -> NotedSeal {
        NotedSeal { seq: self.seq, seal: self.seal.clone() }
    }
}

impl fmt::Display for NotedSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.seal.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for NotedSeal {
    type Err = NotedSealError;

    fn from_str(text: &str) -> Result<Self, NotedSealError> {
        let (seq, digits) = text.trim().split_once(':').ok_or(NotedSealError)?;
        let seq = seq.parse::<i64>().ok().filter(|seq| *seq > 0).ok_or(NotedSealError)?;
        if digits.is_empty() || !digits.len().is_multiple_of(2) || !digits.is_ascii() {
            return Err(NotedSealError);
        }
        let pairs = (0..digits.len()).step_by(2).map(|at| digits.get(at..at + 2).unwrap_or_default());
        let byte = |pair| u8::from_str_radix(pair, 16).map_err(|_| NotedSealError);
        Ok(Self { seq, seal: pairs.map(byte).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noted_seal_is_read_as_it_was_written() {
        let noted = NotedSeal { seq: 12, seal: vec![1, 0xab, 0] };
        assert_eq!(noted.to_string(), "12:01ab00");
        assert_eq!("12:01ab00\n".parse(), Ok(noted));
        for odd in ["", "12", "12:", "0:01", "-1:01", "12:1", "12:0g", "x:01", "12:\u{e4}"] {
            assert_eq!(odd.parse::<NotedSeal>(), Err(NotedSealError), "{odd}");
        }
    }
}
