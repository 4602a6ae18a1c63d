//! Is the database whole, and does the master key open what is in it?

use std::path::Path;

use portcullis_core::crypto::keyring::{KeyRecord, Keyring};
use portcullis_core::ports::{Clock, Store};
use portcullis_store::{SqliteOptions, SqliteStore};

use super::Finding;
use crate::config::Settings;
use crate::config::meant::MasterKeySource;
use crate::config::value::DatabaseUrl;
use crate::wiring::{SystemClock, SystemEntropy, data_dir, master_key};

/// Clocks of several machines differ by less than this.
const CLOCK_SLACK_MS: i64 = 60_000;

pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    let DatabaseUrl::Sqlite(path) = &settings.database;
    if !path.exists() {
        let seen = format!("{} is not there yet; the first start makes it", path.display());
        return vec![Finding::ok("database", seen), without_database(&settings.master_key)];
    }
    let store = match SqliteStore::open(path, &SqliteOptions::default()) {
        Ok(store) => store,
        Err(error) => {
            return vec![Finding::fail("database", error.to_string(), "restore it from a backup if need be")];
        }
    };
    let mut findings = vec![reachable(&store, path).await, integrity(&store).await, migrations(&store).await];
    // Keys are read only from tables that are known to be right.
    if findings.iter().all(|finding| finding.verdict == super::Verdict::Ok) {
        findings.extend(keys(&store, settings).await);
    }
    store.close();
    findings
}

async fn reachable(store: &SqliteStore, path: &Path) -> Finding {
    if let Err(error) = store.ping().await {
        return Finding::fail("database", error.to_string(), "see whether its disk is full or read-only");
    }
    match data_dir::open_to_others(path) {
        Ok(Some(mode)) => Finding::warn(
            "database",
            format!("{} can be used by others than its owner (mode {mode:o})", path.display()),
            format!("chmod 600 {}", path.display()),
        ),
        Ok(None) | Err(_) => Finding::ok("database", format!("{} answers", path.display())),
    }
}

async fn integrity(store: &SqliteStore) -> Finding {
    let advice = "stop the server, keep a copy of the file, and restore a backup";
    match store.integrity_check().await {
        Ok(problems) if problems.is_empty() => Finding::ok("integrity", "whole"),
        Ok(problems) => Finding::fail("integrity", problems.join("; "), advice),
        Err(error) => Finding::fail("integrity", error.to_string(), advice),
    }
}

async fn migrations(store: &SqliteStore) -> Finding {
    match store.migration_status().await {
        Err(error) => {
            Finding::fail("migrations", error.to_string(), "install the version that made this database")
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

async fn keys(store: &SqliteStore, settings: &Settings) -> Vec<Finding> {
    let records = match store.list_keys().await {
        Ok(records) if records.is_empty() => return vec![without_database(&settings.master_key)],
        Ok(records) => records,
        Err(error) => {
            return vec![Finding::fail("keys", error.to_string(), "see the line about the database")];
        }
    };
    vec![opens(&records, &settings.master_key), not_from_the_future(&records)]
}

fn opens(records: &[KeyRecord], source: &MasterKeySource) -> Finding {
    // The source as it is now: nothing is generated here.
    let key = match source {
        MasterKeySource::FileOrNew(path) => master_key::read(path),
        MasterKeySource::Given(_) | MasterKeySource::File(_) => master_key::obtain(source, &SystemEntropy),
    };
    let advice = "configure the master key that this database was first started with";
    match key.map(|key| Keyring::unseal(records, &key)) {
        Ok(Ok(_)) => Finding::ok("keys", format!("the master key opens all {}", records.len())),
        Ok(Err(error)) => Finding::fail("keys", error.to_string(), advice),
        Err(error) => Finding::fail("keys", format!("{error:#}"), advice),
    }
}

fn not_from_the_future(records: &[KeyRecord]) -> Finding {
    let now = SystemClock.now().as_millis();
    let latest = records.iter().map(|record| record.created_at).max().unwrap_or(now);
    if latest > now + CLOCK_SLACK_MS {
        let seen = "a signing key was made at a time that has not come yet: the clock was set back";
        return Finding::fail("key times", seen, "set the clock; keep it right with NTP");
    }
    Finding::ok("key times", "not ahead of the clock")
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
