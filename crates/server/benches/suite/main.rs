//! How fast is Portcullis on this machine, and how much faster than what it replaces?
//!
//! `crates/server/benches/run` runs it. Everything is real: the release binary as a process of its own on an
//! SQLite file, the Express peer as another, and this process as the client on the same cores. What is
//! compared is measured in turns, round by round, and the median of the rounds counts.
//!
//! With `attack` it measures what honest clients notice while somebody floods it, with `timing` whether the time of an
//! answer tells who has an account. With `databases <URL of PostgreSQL> <URL of MariaDB>`, both empty, it measures what depends on the database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a measurement, not a product"
)]

mod attack;
mod connections;
mod databases;
mod load;
mod report;
mod scenario;
mod server;
mod timing;
mod worker;

use report::{Report, Row};
use scenario::Contender;
use server::{Express, Portcullis};

/// Rounds of each comparison.
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, words): (Vec<_>, Vec<_>) =
        arguments.iter().map(String::as_str).partition(|argument| argument.starts_with('-'));
    let mut report = Report::new();
    match words[..] {
        [] => {
            measure_checks(&mut report);
            measure_refresh(&mut report);
            measure_start(&mut report);
        }
        ["timing"] => timing::measure(&mut report),
        ["attack"] => {
            attack::measure(&mut report);
            connections::measure(&mut report);
        }
        ["connections"] => connections::measure(&mut report),
        ["databases", postgres, mariadb] => databases::measure(&mut report, postgres, mariadb),
        _ => panic!("{words:?}: see crates/server/benches/run"),
    }
    if options.contains(&"--json") { report.print_json() } else { report.print_table() }
}

fn measure_checks(report: &mut Report) {
    let eddsa = Portcullis::start("EdDSA");
    let hs256 = Portcullis::start("HS256");
    let express = Express::start("string");
    let tuned = Express::start("key");
    let mut contenders = [
        Contender::new("Portcullis, EdDSA", eddsa.address(), scenario::checks(&eddsa)),
        Contender::new("Portcullis, HS256", hs256.address(), scenario::checks(&hs256)),
        Contender::new("Express 4, jsonwebtoken", express.address(), Express::requests()),
        Contender::new("Express 4, secret parsed once", tuned.address(), Express::requests()),
    ];
    let rates = scenario::in_turns(&mut contenders, ROUNDS);
    let against = (rates[2].per_second, rates[3].per_second);
    for (contender, rate) in contenders.iter().zip(&rates) {
        report.add(
            Row::rate(format!("authenticated check: {}", contender.name), rate.per_second, "req/s")
                .with_p99(rate.p99)
                .with_ratio("Express 4", rate.per_second / against.0)
                .with_ratio("tuned", rate.per_second / against.1),
        );
    }
}

fn measure_refresh(report: &mut Report) {
    let portcullis = Portcullis::start("EdDSA");
    let mut refresh =
        [Contender::refreshing("Portcullis", portcullis.address(), scenario::refreshes(&portcullis))];
    let rate = &scenario::in_turns(&mut refresh, ROUNDS)[0];
    let row = Row::rate("refresh over HTTP, 32 clients, synchronous=FULL".into(), rate.per_second, "req/s");
    report.add(row.with_p99(rate.p99));
}

fn measure_start(report: &mut Report) {
    let start = scenario::starts(15);
    report.add(Row::rate("start to ready, no database".into(), start.fresh.as_secs_f64() * 1000.0, "ms"));
    report.add(Row::rate(
        "start to ready, existing database".into(),
        start.existing.as_secs_f64() * 1000.0,
        "ms",
    ));
    report.add(Row::rate("resident memory, idle".into(), start.resident_mib, "MiB"));
    report.add(Row::rate(
        "resident memory, idle again after the refresh load".into(),
        scenario::memory_after_load(),
        "MiB",
    ));
    report.add(Row::rate("stripped binary".into(), server::binary_mib(), "MiB"));
}
