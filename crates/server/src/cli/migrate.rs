//! `portcullis migrate`: does the database have the tables that this version needs?

use clap::Args;
use portcullis_store::options::{DatabaseOptions, Neighbours};
use portcullis_store::{MigrationStatus, SqlStore};
use serde_json::json;

use super::output::{Table, print, print_json, time_of};
use crate::config::Settings;
use crate::wiring;

/// The flags of `portcullis migrate`.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Only show which migrations the database has
    #[arg(long)]
    status: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Migrate {
    /// Migrates, or shows what there is to do.
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        // An older backend may be running on its file, and to open that changes its journal.
        if self.status
            && let DatabaseOptions::Sqlite(options) = &settings.database.options
            && options.neighbours == Neighbours::Tolerated
        {
            return self.show(&SqlStore::look_into(options)?);
        }
        let store = wiring::open_store(settings).await?;
        let outcome = async {
            if self.status {
                return self.show(&store.migration_status().await?);
            }
            let applied = wiring::migrate(&store).await?;
            if self.json {
                return self.show(&applied);
            }
            match applied.len() {
                0 => print("The database is up to date.\n"),
                _ => applied.iter().try_for_each(|migration| print(format!("applied {}\n", migration.name))),
            }
        }
        .await;
        store.close().await;
        outcome
    }

    fn show(&self, migrations: &[MigrationStatus]) -> anyhow::Result<()> {
        if self.json {
            let entry = |m: &MigrationStatus| json!({ "version": m.version, "name": m.name, "applied_at": m.applied_at.map(time_of) });
            return print_json(&json!({ "migrations": migrations.iter().map(entry).collect::<Vec<_>>() }));
        }
        let mut table = Table::new(&["MIGRATION", "APPLIED"]);
        for migration in migrations {
            let applied = migration.applied_at.map_or_else(|| "pending".to_owned(), time_of);
            table.row([migration.name.clone(), applied]);
        }
        print(table)
    }
}
