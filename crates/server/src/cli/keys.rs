//! `portcullis keys`: which keys sign, and how are they replaced?

use clap::{Args, Subcommand, ValueEnum};
use portcullis_core::auth::KeyInfo;
use portcullis_core::crypto::KeyPurpose;
use portcullis_core::flows::rotate_keys::Urgency;
use portcullis_core::model::Client;
use serde_json::{Value, json};

use super::opened::Opened;
use super::output::{Table, print, print_json, time_of};
use crate::config::Settings;

/// The commands of `portcullis keys`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List all keys and their states
    List(List),
    /// Put the next keys into service
    Rotate(Rotate),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// Which keys; both unless named
    #[arg(long, value_enum)]
    purpose: Option<Purpose>,
    /// Refuse everything signed with the old key from now on
    #[arg(long)]
    emergency: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Purpose {
    /// Keys that sign access tokens
    Access,
    /// Keys that authenticate refresh tokens
    Refresh,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let opened = Opened::open(settings).await?;
        match self {
            Self::List(List { json }) => show(&opened.auth.key_infos(), json),
            Self::Rotate(rotate) => rotate.run(&opened).await,
        }
    }
}

impl Rotate {
    async fn run(self, opened: &Opened) -> anyhow::Result<()> {
        let purposes = match self.purpose {
            Some(Purpose::Access) => &[KeyPurpose::AccessToken][..],
            Some(Purpose::Refresh) => &[KeyPurpose::RefreshToken],
            None => &[KeyPurpose::AccessToken, KeyPurpose::RefreshToken],
        };
        let urgency = if self.emergency { Urgency::Emergency } else { Urgency::Planned };
        for purpose in purposes {
            opened.auth.rotate_keys(*purpose, urgency, None, &Client::default()).await?;
        }
        show(&opened.auth.key_infos(), self.json)
    }
}

fn show(keys: &[KeyInfo], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return print_json(&json!({ "keys": keys.iter().map(entry).collect::<Vec<_>>() }));
    }
    let mut table =
        Table::new(&["PURPOSE", "STATE", "ALGORITHM", "KEY ID", "MADE", "SIGNS SINCE", "SIGNED UNTIL"]);
    let time = |at: Option<_>| at.map_or_else(|| "-".to_owned(), time_of);
    for key in keys {
        table.row([
            key.purpose.as_str().to_owned(),
            key.state.as_str().to_owned(),
            key.algorithm.clone(),
            key.kid.clone(),
            time_of(key.created_at),
            time(key.activated_at),
            time(key.retired_at),
        ]);
    }
    print(table)
}

fn entry(key: &KeyInfo) -> Value {
    json!({
        "kid": key.kid,
        "purpose": key.purpose.as_str(),
        "algorithm": key.algorithm,
        "state": key.state.as_str(),
        "created_at": time_of(key.created_at),
        "activated_at": key.activated_at.map(time_of),
        "retired_at": key.retired_at.map(time_of),
    })
}
