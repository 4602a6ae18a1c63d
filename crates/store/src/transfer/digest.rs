//! Do two stores hold the same?

use aws_lc_rs::digest::{Context, SHA256};

use super::line;
use super::record::{Counts, Record};

/// The counts of records and a checksum over their lines.
pub struct Digest {
    context: Context,
    counts: Counts,
    line: Vec<u8>,
}

impl Default for Digest {
    fn default() -> Self {
        Self { context: Context::new(&SHA256), counts: Counts::default(), line: Vec::new() }
    }
}

impl Digest {
    /// Adds a record.
    pub fn add(&mut self, record: &Record) {
        self.line.clear();
        line::write(record, &mut self.line);
        self.context.update(&self.line);
        self.counts.add(record.kind(), 1);
    }

    /// How many records were added.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// SHA-256 over the lines, in hexadecimal.
    pub fn finish(self) -> String {
        hex::encode(self.context.finish())
    }
}
