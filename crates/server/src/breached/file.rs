//! Is a password in a file of breached ones?
//!
//! One page of the file is read for each question; nothing of it is held in memory. Whoever puts another file in its
//! place is noticed at the next question. If that one cannot be used, the one before goes on telling, and the log says so.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use portcullis_core::crypto::{Password, digest};
use portcullis_core::ports::BreachedPasswords;
use portcullis_core::ports::breached::Unanswered;
use tokio::sync::Semaphore;

use super::filter::{self, Header, HeaderError, PAGE_BYTES, Page};

/// How many questions are looked up at once. A disk that hangs holds no more threads than that.
const MOST_AT_ONCE: usize = 4;
/// The pause between two lines in the log about one file that cannot be used.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// A file of breached passwords that is asked. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct FilterFile {
    path: PathBuf,
    state: Arc<Mutex<State>>,
    places: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct State {
    opened: Option<Arc<Opened>>,
    /// When the log was last told that the file which is there now cannot be used.
    told_at: Option<Instant>,
}

#[derive(Debug)]
struct Opened {
    file: File,
    header: Header,
    identity: Identity,
}

/// By what one file is told from another of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

/// Why a file cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Opening {
    /// It is not there, or may not be read.
    #[error("{} cannot be read: {cause}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It is something else.
    #[error("{} is no file of breached passwords: {cause}", .path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

impl FilterFile {
    /// The file of that name, opened when it is first asked.
    pub(crate) fn at(path: &Path) -> Self {
        let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
        Self { path: path.to_owned(), state: Arc::default(), places }
    }

    /// How many passwords are in it.
    pub(crate) fn passwords(&self) -> Result<u64, Opening> {
        Ok(self.current()?.header.passwords)
    }

    /// Whether a password of this SHA-1 is in the file that is there now.
    pub(super) fn knows(&self, sha1: &[u8; 20]) -> Result<bool, Opening> {
        let opened = self.current()?;
        opened.knows(filter::key_of(sha1)).map_err(|cause| Opening::Io { path: self.path.clone(), cause })
    }

    fn current(&self) -> Result<Arc<Opened>, Opening> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = state.opened.clone() else {
            return Ok(state.replace(Opened::at(&self.path)?));
        };
        // A name without a file is a file that is about to be replaced: the old one still tells.
        let there = std::fs::metadata(&self.path).ok().map(|metadata| Identity::of(&metadata));
        let Some(there) = there.filter(|there| *there != known.identity) else { return Ok(known) };
        match Opened::at(&self.path) {
            Ok(opened) => {
                tracing::info!("there is another file of breached passwords");
                Ok(state.replace(opened))
            }
            // What was written over is gone.
            Err(error) if there.is_in_place_of(known.identity) => Err(error),
            Err(error) => {
                if state.may_tell() {
                    tracing::warn!(%error, "the new file of breached passwords cannot be used; the one before is");
                }
                Ok(known)
            }
        }
    }
}

impl State {
    fn replace(&mut self, opened: Opened) -> Arc<Opened> {
        let opened = Arc::new(opened);
        *self = Self { opened: Some(Arc::clone(&opened)), told_at: None };
        opened
    }

    fn may_tell(&mut self) -> bool {
        let is_due = self.told_at.is_none_or(|at| at.elapsed() >= TELL_EVERY);
        if is_due {
            self.told_at = Some(Instant::now());
        }
        is_due
    }
}

impl Opened {
    fn at(path: &Path) -> Result<Self, Opening> {
        let unreadable = |cause| Opening::Io { path: path.to_owned(), cause };
        let no_filter =
            |cause: HeaderError| Opening::Form { path: path.to_owned(), cause: cause.to_string() };
        let file = File::open(path).map_err(unreadable)?;
        let identity = Identity::of(&file.metadata().map_err(unreadable)?);
        let mut first: Page = [0; PAGE_BYTES];
        file.read_exact_at(&mut first, 0).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => no_filter(HeaderError::Foreign),
            _ => unreadable(error),
        })?;
        let header = Header::decode(&first, identity.bytes).map_err(no_filter)?;
        Ok(Self { file, header, identity })
    }

    fn knows(&self, key: u64) -> io::Result<bool> {
        let page = filter::page_of(key, self.header.pages) + 1;
        let mut bits: Page = [0; PAGE_BYTES];
        self.file.read_exact_at(&mut bits, page * PAGE_BYTES as u64)?;
        Ok(filter::contains(&bits, key))
    }
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }

    /// Whether what is open of the other is this by now.
    fn is_in_place_of(self, other: Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

#[async_trait]
impl BreachedPasswords for FilterFile {
    async fn is_breached(&self, password: &Password) -> Result<bool, Unanswered> {
        let unanswered = |cause: String| Unanswered { cause };
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|error| unanswered(error.to_string()))?;
        // Off the threads that serve requests: a disk may be slow.
        let (file, sha1) = (self.clone(), digest::name_in_breach_lists(password));
        #[expect(clippy::disallowed_methods, reason = "one read, of which nothing is left but the answer")]
        let answer = tokio::task::spawn_blocking(move || {
            let _place = place;
            file.knows(&sha1)
        });
        answer
            .await
            .map_err(|error| unanswered(error.to_string()))?
            .map_err(|error| unanswered(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::future::Future as _;
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn the_log_is_told_once_of_a_file_that_cannot_be_used() {
        let mut state = State::default();
        assert_eq!([state.may_tell(), state.may_tell()], [true, false]);
        state.told_at = Instant::now().checked_sub(TELL_EVERY);
        assert_eq!([state.may_tell(), state.may_tell()], [true, false]);
    }

    #[tokio::test]
    async fn while_the_disk_hangs_few_threads_wait_for_it() {
        let file = FilterFile::at(Path::new("/nowhere/breached.pcbf"));
        let password = Password::from("a password");
        let hung: Vec<_> = std::iter::repeat_with(|| Arc::clone(&file.places).try_acquire_owned())
            .map_while(Result::ok)
            .collect();
        assert_eq!(hung.len(), MOST_AT_ONCE);
        let mut asked = std::pin::pin!(file.is_breached(&password));
        assert!(asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(hung);
        assert!(asked.await.is_err(), "there is no file");
        assert_eq!(file.places.available_permits(), MOST_AT_ONCE);
    }
}
