//! Where are the keys of a list kept until all of them are known?
//!
//! In 256 files by their first byte, 8 bytes a key. The files are opened and their names removed, so that they are gone
//! with the process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::{BuildError, named};

/// What is collected for a heap before it is written.
const BUFFER_BYTES: usize = 32 * 1024;

/// Keys by their first byte.
pub(super) struct Heaps {
    beside: PathBuf,
    by_first_byte: Vec<Option<BufWriter<File>>>,
    keys: u64,
}

impl Heaps {
    /// Empty heaps, which will be on the disk of the target.
    pub(super) fn beside(target: &Path) -> Self {
        let by_first_byte = (0..=u8::MAX).map(|_| None).collect();
        Self { beside: named(target, ".heap"), by_first_byte, keys: 0 }
    }

    /// How many keys were put.
    pub(super) const fn keys(&self) -> u64 {
        self.keys
    }

    /// Puts a key on its heap.
    pub(super) fn put(&mut self, key: u64) -> Result<(), BuildError> {
        let unwritable = |cause| BuildError::Writing { path: self.beside.clone(), cause };
        let [first_byte, ..] = key.to_be_bytes();
        let Some(heap) = self.by_first_byte.get_mut(usize::from(first_byte)) else { return Ok(()) };
        let heap = match heap {
            Some(heap) => heap,
            None => heap
                .insert(BufWriter::with_capacity(BUFFER_BYTES, nameless(&self.beside).map_err(unwritable)?)),
        };
        heap.write_all(&key.to_be_bytes()).map_err(unwritable)?;
        self.keys += 1;
        Ok(())
    }

    /// Hands out the keys of a heap, and gives up its space.
    pub(super) fn take(&mut self, first_byte: u8, mut each: impl FnMut(u64)) -> io::Result<()> {
        let Some(heap) = self.by_first_byte.get_mut(usize::from(first_byte)).and_then(Option::take) else {
            return Ok(());
        };
        let mut file = heap.into_inner().map_err(io::IntoInnerError::into_error)?;
        let keys = file.seek(SeekFrom::End(0))? / 8;
        file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, file);
        for _ in 0..keys {
            let mut key = [0; 8];
            reader.read_exact(&mut key)?;
            each(u64::from_be_bytes(key));
        }
        Ok(())
    }
}

/// A file that nobody else can find.
fn nameless(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
    fs::remove_file(path)?;
    Ok(file)
}
