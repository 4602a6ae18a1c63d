//! How is everything read as it was at one moment, while others go on writing?

use std::collections::VecDeque;

use portcullis_core::ports::StoreError;

use super::record::{Key, Kind, Record};
use super::{numbers, pages};
use crate::SqlStore;
use crate::connection::{Connection, DatabaseError};
use crate::engine::Engine;
use crate::engine::server::{Begin, Session};
use crate::engine::sqlite::connection::SqliteConnection;

/// Everything that a store held at one moment, in the order of its keys. Close it before the store.
///
/// On SQLite a page is read on the thread that asks, which takes a few milliseconds.
pub struct Snapshot {
    reader: Reader,
    /// The kind that is being read; `None` at the end.
    kind: Option<Kind>,
    last: Option<Key>,
    page: VecDeque<Record>,
}

enum Reader {
    Sqlite(SqliteConnection),
    Server(Session),
}

impl SqlStore {
    /// The state of the database as it is now.
    ///
    /// # Errors
    /// The database cannot be reached, or has no tables.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let mut snapshot = Snapshot::begin(&self.engine).await?;
        // On some engines the first read fixes the moment.
        snapshot.fill().await?;
        Ok(snapshot)
    }
}

impl Snapshot {
    async fn begin(engine: &Engine) -> Result<Self, DatabaseError> {
        let reader = match engine {
            Engine::Sqlite(engine) => {
                let opened = engine.connect_reader();
                let mut connection = opened.map_err(|error| DatabaseError::unavailable(error.to_string()))?;
                connection.script("BEGIN")?;
                Reader::Sqlite(connection)
            }
            Engine::Server(engine) => {
                let mut session = engine.connect_unhurried().await?;
                session.begin(Begin::Snapshot).await?;
                Reader::Server(session)
            }
        };
        Ok(Self { reader, kind: Some(Kind::SigningKey), last: None, page: VecDeque::new() })
    }

    /// The next record; `None` after the last.
    ///
    /// # Errors
    /// The database failed, or holds something that this version cannot read.
    pub async fn next(&mut self) -> Result<Option<Record>, StoreError> {
        if self.page.is_empty() {
            self.fill().await?;
        }
        Ok(self.page.pop_front())
    }

    /// The number that the next account of this store gets.
    pub async fn next_number(&mut self) -> Result<i64, StoreError> {
        Ok(numbers::next(&mut self.reader.connection()).await?)
    }

    /// Lets go of the database.
    pub async fn close(self) {
        match self.reader {
            Reader::Sqlite(connection) => drop(connection),
            Reader::Server(session) => session.close().await,
        }
    }

    /// Reads pages until one has something, or the end is reached.
    async fn fill(&mut self) -> Result<(), DatabaseError> {
        while let (true, Some(kind)) = (self.page.is_empty(), self.kind) {
            let connection = &mut self.reader.connection();
            let page = pages::read(connection, kind, self.last.as_ref(), pages::PAGE).await?;
            self.last = page.last().map(Record::key);
            if page.is_empty() {
                self.kind = kind.next();
            }
            self.page = page.into();
            if let Reader::Sqlite(_) = self.reader {
                // Nothing here ever waits: let others on this thread have their turn.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}

impl Reader {
    const fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Server(session) => session.connection(),
        }
    }
}
