//! Is the database whole, and does the master key open what is in it?

use portcullis_core::ports::{Clock, Store};
use portcullis_store::SqlStore;
use portcullis_store::options::DatabaseOptions;

use super::{Finding, keys};
use crate::cli::databases;
use crate::config::Settings;
use crate::config::meant::MasterKeySource;
use crate::jobs::NOTABLE_CLOCK_DIFFERENCE_MS;
use crate::wiring::{SystemClock, data_dir, master_key, name_of};

pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    let options = &settings.database.options;
    if let DatabaseOptions::Sqlite(sqlite) = options
        && !sqlite.path.exists()
    {
        let seen = format!("{} is not there yet; the first start makes it", sqlite.path.display());
        return vec![Finding::ok("database", seen), without_database(&settings.master_key)];
    }
    if let DatabaseOptions::Sqlite(sqlite) = options {
        match databases::is_only_theirs(sqlite) {
            Ok(false) => {}
            Ok(true) => {
                let seen = format!(
                    "{} has none of our tables yet; the first start adds them",
                    sqlite.path.display()
                );
                return vec![Finding::ok("database", seen), without_database(&settings.master_key)];
            }
            Err(error) => {
                let advice = "set that right, or give Portcullis a database of its own";
                return vec![Finding::fail("database", error.to_string(), advice)];
            }
        }
    }
    let store = match SqlStore::open(options).await {
        Ok(store) => store,
        Err(error) => {
            let advice = match options {
                DatabaseOptions::Sqlite(_) => "set that right, or restore a backup",
                DatabaseOptions::Postgres(_) | DatabaseOptions::MySql(_) => {
                    "see whether the server runs and can be reached from here"
                }
            };
            // Some errors know better.
            let text = error.to_string();
            let (seen, advice) = text.split_once("\n  fix: ").unwrap_or((&text, advice));
            return vec![Finding::fail("database", seen, advice)];
        }
    };
    let mut findings = vec![migrations(&store).await];
    // Everything else is looked at only in tables that are known to be right.
    if findings.iter().all(|finding| finding.verdict == super::Verdict::Ok) {
        findings.extend(of_keys(&store, settings).await);
        findings.insert(0, reachable(&store, options).await);
        findings.extend(clock(&store).await);
        findings.extend(half_filled(&store).await);
    }
    if let DatabaseOptions::Sqlite(_) = options {
        findings.insert(0, integrity(&store).await);
    }
    store.close().await;
    findings
}

async fn reachable(store: &SqlStore, options: &DatabaseOptions) -> Finding {
    let name = name_of(options);
    if let Err(error) = store.ping().await {
        let advice = "see whether its disk is full, or it is read-only";
        return Finding::fail("database", error.to_string(), advice);
    }
    let DatabaseOptions::Sqlite(sqlite) = options else {
        return Finding::ok("database", format!("{name} answers"));
    };
    match data_dir::open_to_others(&sqlite.path) {
        Ok(Some(mode)) => Finding::warn(
            "database",
            format!("{name} can be used by others than its owner (mode {mode:o})"),
            format!("chmod 600 {name}"),
        ),
        Ok(None) | Err(_) => Finding::ok("database", format!("{name} answers")),
    }
}

async fn half_filled(store: &SqlStore) -> Option<Finding> {
    let is_half_filled = store.is_half_filled().await.ok()?;
    let seen = "a `portcullis move` into this database has not come to its end: something is missing";
    is_half_filled.then(|| Finding::fail("move", seen, "run the move again, with servers stopped"))
}

/// Nodes agree about times as far as each agrees with the database.
async fn clock(store: &SqlStore) -> Option<Finding> {
    let theirs = store.database_time().await.ok().flatten()?;
    let apart = (SystemClock.now().as_millis() - theirs.as_millis()).abs();
    let seen = format!("{}.{} s apart from that of the database", apart / 1000, apart % 1000 / 100);
    Some(if apart > NOTABLE_CLOCK_DIFFERENCE_MS {
        Finding::fail("database clock", seen, "set both clocks; keep them right with NTP")
    } else {
        Finding::ok("database clock", seen)
    })
}

async fn integrity(store: &SqlStore) -> Finding {
    let advice = "stop the server, keep a copy of the file, and restore a backup";
    match store.integrity_check().await {
        Ok(problems) if problems.is_empty() => Finding::ok("integrity", "whole"),
        Ok(problems) => Finding::fail("integrity", problems.join("; "), advice),
        Err(error) => Finding::fail("integrity", error.to_string(), advice),
    }
}

async fn migrations(store: &SqlStore) -> Finding {
    match store.migration_status().await {
        Err(error) => {
            let text = error.to_string();
            let (seen, advice) =
                text.rsplit_once("; ").unwrap_or((&text, "see the log of the database server"));
            Finding::fail("migrations", seen, advice)
        }
        Ok(all) => match all.iter().filter(|migration| migration.applied_at.is_none()).count() {
            0 => Finding::ok("migrations", format!("all {} applied", all.len())),
            pending => Finding::warn(
                "migrations",
                format!("{pending} pending"),
                "run `portcullis migrate`, or start the server",
            ),
        },
    }
}

async fn of_keys(store: &SqlStore, settings: &Settings) -> Vec<Finding> {
    let records = match store.list_keys().await {
        Ok(records) if records.is_empty() => return vec![without_database(&settings.master_key)],
        Ok(records) => records,
        Err(error) => {
            return vec![Finding::fail("keys", error.to_string(), "see the line about the database")];
        }
    };
    keys::examine(&records, settings)
}

fn without_database(source: &MasterKeySource) -> Finding {
    match source {
        MasterKeySource::Given(_) => {
            Finding::ok("keys", "a master key is configured; the first start makes the keys")
        }
        MasterKeySource::FileOrNew(path) if !path.exists() => {
            Finding::ok("keys", format!("the first start makes the master key {}", path.display()))
        }
        MasterKeySource::File(path) | MasterKeySource::FileOrNew(path) => match master_key::read(path) {
            Ok(_) => Finding::ok("keys", "the master key can be read; the first start makes the keys"),
            Err(error) => Finding::fail("keys", format!("{error:#}"), "correct the master key file"),
        },
    }
}
