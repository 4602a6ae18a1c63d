//! Who answers reads?
//!
//! A few threads with connections that cannot write. A read is one statement, and sees everything that was
//! committed before it began.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::connection::SqliteConnection;
use super::job::{Desk, Leaving};

/// Starts a thread for each connection.
#[expect(clippy::disallowed_methods, reason = "`Engine::close` ends the threads and joins them")]
pub(super) fn start(desk: &Arc<Desk>, connections: Vec<SqliteConnection>) -> io::Result<Vec<JoinHandle<()>>> {
    let start_one = |(number, mut connection): (usize, SqliteConnection)| {
        let desk = Arc::clone(desk);
        thread::Builder::new().name(format!("sqlite-reader-{number}")).spawn(move || {
            let _leaving = Leaving(Arc::clone(&desk));
            serve(&desk, &mut connection);
        })
    };
    connections.into_iter().enumerate().map(start_one).collect()
}

fn serve(desk: &Desk, connection: &mut SqliteConnection) {
    while let Some(mut job) = desk.queue.pop() {
        if !job.is_due(&desk.counters) {
            continue;
        }
        job.run(connection, &desk.counters);
        desk.counters.reads.add(1);
        job.answer(Ok(()));
    }
}
