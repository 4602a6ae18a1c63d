//! What does each database cost?

use tempfile::TempDir;

use crate::report::{Report, Row};
use crate::scenario::{self, Contender, Rate};
use crate::server::Portcullis;
use crate::worker::Worker;

/// Rounds of each comparison. They are short: what else the machine does then meets all of a round alike.
const ROUNDS: usize = 7;

/// Measures on empty databases.
pub fn measure(report: &mut Report, postgres: &str, mariadb: &str) {
    measure_refresh(report, "PostgreSQL", postgres);
    measure_refresh(report, "MariaDB", mariadb);
    let folder = TempDir::new().unwrap();
    measure_look_ups(report, "SQLite", &format!("sqlite:{}", folder.path().display()));
    measure_look_ups(report, "PostgreSQL", postgres);
    measure_look_ups(report, "MariaDB", mariadb);
}

/// 32 clients at once: the driver, the store, and the server over HTTP, on the same tables.
fn measure_refresh(report: &mut Report, engine: &str, url: &str) {
    let mut worker = Worker::start("refresh", url);
    let portcullis = Portcullis::start_on(url);
    let requests = scenario::refreshes(&portcullis);
    let mut http = Contender::refreshing("Portcullis", portcullis.address(), requests);
    let round =
        |_| [worker.round("transaction"), http.round(), worker.round("store"), worker.round("statements")];
    let rounds: Vec<_> = (0..ROUNDS).map(round).collect();
    let names =
        ["bare driver, transaction", "the server over HTTP", "the store", "bare driver, no transaction"];
    for (place, name) in names.into_iter().enumerate() {
        let rate = Rate::median(rounds.iter().map(|round| round[place]).collect());
        let row = Row::rate(format!("refresh, 32 clients, {engine}: {name}"), rate.per_second, "/s");
        report.add(
            row.with_p99(rate.p99)
                .with_ratio("the transaction", ratio(&rounds, place, 0))
                .with_ratio("the statements alone", ratio(&rounds, place, 3)),
        );
    }
}

/// The account of a login, among a thousand and among a million.
fn measure_look_ups(report: &mut Report, engine: &str, url: &str) {
    let mut worker = Worker::start("look-ups", url);
    for (tasks, whom, name) in [
        (1, "any", "any account"),
        (1, "active", "the same thousand accounts"),
        (32, "any", "any account"),
        (32, "active", "the same thousand accounts"),
        (32, "unknown", "nobody"),
    ] {
        let mut round = |_| ["1000", "1000000"].map(|size| worker.round(&format!("{size} {tasks} {whom}")));
        let rounds: Vec<_> = (0..ROUNDS).map(&mut round).collect();
        let many = Rate::median(rounds.iter().map(|round| round[1]).collect());
        let what = format!("look-up of {name} among a million, {tasks} at once, {engine}");
        let row = Row::rate(what, many.per_second, "/s").with_p99(many.p99);
        report.add(row.with_ratio("the cost among a thousand", ratio(&rounds, 0, 1)));
    }
}

/// How much faster one is than another: the median of the rounds.
fn ratio<const N: usize>(rounds: &[[Rate; N]], one: usize, other: usize) -> f64 {
    let mut ratios: Vec<f64> =
        rounds.iter().map(|round| round[one].per_second / round[other].per_second).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}
