//! How does a list of breached passwords become a file that can be asked?
//!
//! ```text
//! lines ──▶ keys ──▶ 256 heaps on disk, by the first byte ──▶ pages, in order ──▶ the file, renamed into place
//! ```
//!
//! The size of the file follows from the number of passwords, which is known only at the end of the list; so keys are put
//! aside first, 8 bytes each. What is held in memory is the pages of one heap and the buffers of all: some 20 MB for a
//! thousand million passwords, in whatever order they come. The heaps have no names on the disk, so that nothing is left of
//! a build that is broken off but the unfinished file beside the target.

mod heaps;
mod lines;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufWriter, Write};
use std::path::{Path, PathBuf};

use self::heaps::Heaps;
use self::lines::Line;
use super::filter::{self, Header, PAGE_BYTES, Page};

/// What stands in a line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListForm {
    /// A SHA-1 in hexadecimal digits, and behind a colon how often the password was seen, at least so often to count.
    Hashes {
        /// The fewest times.
        min_count: u64,
    },
    /// A password.
    Plain,
}

/// What a build does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It reads the list; so many lines.
    Reading(u64),
    /// It writes the file; so many passwords of all.
    Writing {
        /// Those that are in it.
        done: u64,
        /// All.
        of: u64,
    },
}

/// What a build made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Built {
    /// Lines of the list, empty ones left out.
    pub(crate) lines: u64,
    /// Passwords in the file.
    pub(crate) passwords: u64,
    /// Length of the file.
    pub(crate) bytes: u64,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    /// The list cannot be read.
    #[error("the list cannot be read: {0}")]
    Reading(io::Error),
    /// A line is something else.
    #[error("line {number} is no line of such a list: {why}")]
    Line {
        /// Counted from 1.
        number: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Nothing would be in it.
    #[error("the list has no password for the file")]
    Empty,
    /// The file cannot be written.
    #[error("{} cannot be written: {cause}", .path.display())]
    Writing {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// Builds the file, and puts it in the place of one that may be there and in use.
pub(crate) fn build(
    list: &mut dyn BufRead,
    form: ListForm,
    to: &Path,
    tell: &mut dyn FnMut(Stage),
) -> Result<Built, BuildError> {
    let unwritable = |cause| BuildError::Writing { path: to.to_owned(), cause };
    let mut heaps = Heaps::beside(to);
    let lines = put_aside(list, form, &mut heaps, tell)?;
    let passwords = heaps.keys();
    if passwords == 0 {
        return Err(BuildError::Empty);
    }
    let unfinished = Unfinished(named(to, ".unfinished"));
    let header = Header::for_passwords(passwords);
    let file = File::create(&unfinished.0).map_err(unwritable)?;
    let mut out = BufWriter::with_capacity(256 * PAGE_BYTES, file);
    out.write_all(&header.encode()).map_err(unwritable)?;
    write_pages(&mut heaps, header, &mut out, tell).map_err(unwritable)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error).map_err(unwritable)?;
    file.sync_all().map_err(unwritable)?;
    fs::rename(&unfinished.0, to).map_err(unwritable)?;
    Ok(Built { lines, passwords, bytes: header.file_bytes() })
}

/// Reads the list into the heaps; answers how many lines it has.
fn put_aside(
    list: &mut dyn BufRead,
    form: ListForm,
    heaps: &mut Heaps,
    tell: &mut dyn FnMut(Stage),
) -> Result<u64, BuildError> {
    let (mut number, mut lines) = (0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        if list.read_until(b'\n', &mut line).map_err(BuildError::Reading)? == 0 {
            return Ok(lines);
        }
        number += 1;
        tell(Stage::Reading(number));
        match lines::read(&line, form).map_err(|why| BuildError::Line { number, why })? {
            Line::Empty => continue,
            Line::TooSeldom => {}
            Line::Key(key) => heaps.put(key)?,
        }
        lines += 1;
    }
}

/// Writes all pages behind the header, heap by heap. Where a page belongs to two heaps, it waits for the second.
fn write_pages(
    heaps: &mut Heaps,
    header: Header,
    out: &mut dyn Write,
    tell: &mut dyn FnMut(Stage),
) -> io::Result<()> {
    let (mut written, mut pages, mut done) = (0, Vec::<Page>::new(), 0);
    for first_byte in 0..=u8::MAX {
        let least = u64::from(first_byte) << 56;
        let complete = filter::page_of(least, header.pages) - written;
        written += write_out(&mut pages, complete, out)?;
        let needed = filter::page_of(least | (u64::MAX >> 8), header.pages) + 1 - written;
        pages.resize(usize::try_from(needed).map_err(io::Error::other)?, [0; PAGE_BYTES]);
        heaps.take(first_byte, |key| {
            let place = filter::page_of(key, header.pages) - written;
            if let Some(page) = usize::try_from(place).ok().and_then(|place| pages.get_mut(place)) {
                filter::insert(page, key);
            }
            done += 1;
            tell(Stage::Writing { done, of: header.passwords });
        })?;
    }
    write_out(&mut pages, header.pages - written, out).map(drop)
}

/// Writes the first so many pages and lets go of them.
fn write_out(pages: &mut Vec<Page>, count: u64, out: &mut dyn Write) -> io::Result<u64> {
    let complete = usize::try_from(count).map_err(io::Error::other)?.min(pages.len());
    for page in pages.drain(..complete) {
        out.write_all(&page)?;
    }
    Ok(complete as u64)
}

/// The file before it is whole. Taken away unless it was renamed.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Not there any more when all went well.
        let _ = fs::remove_file(&self.0);
    }
}

/// The path with something behind its name.
fn named(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests;
