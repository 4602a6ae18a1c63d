//! How does the database bear it?

use portcullis_store::{OperationMetrics, ServerMetrics, SqliteMetrics, StoreMetrics};

use super::text::Page;

/// Writes it. A database server gets `most` connections of this node.
pub(super) fn write(page: &mut Page, metrics: &StoreMetrics, most: Option<usize>) {
    let (reads, writes, refused, late) = match metrics {
        StoreMetrics::Sqlite(sqlite) => (&sqlite.reading, &sqlite.writing, sqlite.refused, sqlite.late),
        StoreMetrics::Server(server) => (&server.reading, &server.writing, server.refused, server.late),
    };
    write_operations(page, [("read", reads), ("write", writes)]);
    page.counter("portcullis_database_refused_total", "Operations turned away because too many waited.")
        .is(refused);
    page.counter("portcullis_database_late_total", "Operations given up because the database took too long.")
        .is(late);
    match metrics {
        StoreMetrics::Sqlite(sqlite) => write_sqlite(page, sqlite),
        StoreMetrics::Server(server) => write_server(page, server, most),
    }
}

fn write_operations(page: &mut Page, kinds: [(&str, &OperationMetrics); 2]) {
    let mut operations =
        page.counter("portcullis_database_operations_total", "Operations, by kind and outcome.");
    for (kind, metrics) in kinds {
        let done = metrics.durations.count().saturating_sub(metrics.unavailable + metrics.failed);
        for (outcome, count) in
            [("done", done), ("unavailable", metrics.unavailable), ("failed", metrics.failed)]
        {
            operations.of(&[("kind", kind), ("outcome", outcome)], count);
        }
    }
    let mut durations = page.histogram(
        "portcullis_database_operation_duration_seconds",
        "How long operations took, waiting and further tries included.",
    );
    for (kind, metrics) in kinds {
        durations.times(&[("kind", kind)], &metrics.durations);
    }
}

fn write_sqlite(page: &mut Page, metrics: &SqliteMetrics) {
    let mut waiting = page.gauge("portcullis_sqlite_waiting", "Operations that wait for a thread.");
    waiting.of(&[("kind", "read")], metrics.reads_waiting);
    waiting.of(&[("kind", "write")], metrics.writes_waiting);
    page.counter(
        "portcullis_sqlite_writes_total",
        "Writes that were run; with the commits they tell how many share one.",
    )
    .is(metrics.writes);
    page.counter("portcullis_sqlite_commits_total", "Commits, each of one or more writes.")
        .is(metrics.commits);
    page.counter("portcullis_sqlite_commit_failures_total", "Commits that failed, with all their writes.")
        .is(metrics.failed_commits);
    page.gauge(
        "portcullis_sqlite_largest_commit_writes",
        "The most writes that shared a commit since the start.",
    )
    .is(metrics.largest_group);
    page.counter(
        "portcullis_sqlite_abandoned_total",
        "Operations whose caller had gone before their turn came.",
    )
    .is(metrics.abandoned);
    page.counter("portcullis_sqlite_panics_total", "Operations that broke down.").is(metrics.panics);
}

fn write_server(page: &mut Page, metrics: &ServerMetrics, most: Option<usize>) {
    let mut connections =
        page.gauge("portcullis_database_connections", "Connections to the database server, by state.");
    connections.of(&[("state", "idle")], metrics.idle);
    connections.of(&[("state", "used")], metrics.connections.saturating_sub(metrics.idle));
    let mut max = page.gauge("portcullis_database_connections_max", "How many connections there may be.");
    if let Some(most) = most {
        max.is(most);
    }
    page.gauge("portcullis_database_waiting", "Operations that wait for a connection.").is(metrics.waiting);
    page.counter("portcullis_database_retries_total", "Further tries after a conflict or a lost connection.")
        .is(metrics.retries);
    page.counter(
        "portcullis_database_connections_lost_total",
        "Connections that broke while they were used.",
    )
    .is(metrics.lost);
}
