//! `portcullis keys`: which keys sign, and how are they replaced?

mod emergency;
mod reseal;

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use portcullis_core::Auth;
use portcullis_core::auth::KeyInfo;
use portcullis_core::crypto::{KeyPurpose, KeyState};
use portcullis_core::flows::rotate_keys::{RotateKeysError, Rotated, Urgency};
use portcullis_core::model::{Client, Timestamp};
use serde_json::{Value, json};

use super::opened::Opened;
use super::output::{Table, print, print_json, time_of};
use crate::config::Settings;

/// The commands of `portcullis keys`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List all keys, their states and when they are rotated
    List(List),
    /// Put the next keys into service
    Rotate(Rotate),
    /// Seal all keys under another master key
    Reseal(reseal::Reseal),
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
    /// Refuse everything signed with the old access keys from now on; refresh tokens get a new key as they are used.
    /// With `--purpose refresh` or `all` they are refused as well: everybody has to log in again
    #[arg(long)]
    emergency: bool,
    /// Do not ask before everybody is logged out
    #[arg(long)]
    yes: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// Keys that sign access tokens
    Access,
    /// Keys that authenticate refresh tokens
    Refresh,
    /// Both
    All,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        match self {
            Self::List(List { json }) => {
                show(&Opened::open(settings).await?.auth, settings.rotate_keys_every, json)
            }
            Self::Rotate(rotate) => rotate.run(settings).await,
            Self::Reseal(reseal) => reseal.run(settings).await,
        }
    }
}

impl Rotate {
    async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let steps = self.steps();
        if steps.contains(&(KeyPurpose::RefreshToken, Urgency::Emergency)) {
            emergency::announce(self.yes)?;
        }
        let auth = Opened::open(settings).await?;
        let auth = &auth.auth;
        // Both or none: whoever is told to wait for one asks for both again.
        for (purpose, _) in
            steps.iter().filter(|(_, urgency)| *urgency == Urgency::Planned && !self.emergency)
        {
            auth.check_next_key(*purpose)?;
        }
        for (purpose, urgency) in steps {
            match auth.rotate_keys(*purpose, *urgency, None, &Client::operator()).await {
                Ok(Rotated::Replaced) => {}
                Ok(Rotated::Prepared) => tell_of_preparation(auth, *purpose, settings.rotate_keys_every),
                // Refresh tokens get the key that was made a moment ago.
                Err(RotateKeysError::TooSoon) if self.emergency => {}
                Err(error) => return Err(error.into()),
            }
        }
        show(auth, settings.rotate_keys_every, self.json)
    }

    /// What is done, one after the other.
    fn steps(&self) -> &'static [(KeyPurpose, Urgency)] {
        use KeyPurpose::{AccessToken, RefreshToken};
        use Urgency::{Emergency, Planned};
        match (self.emergency, self.purpose) {
            (false, Some(Purpose::Access)) => &[(AccessToken, Planned)],
            (false, Some(Purpose::Refresh)) => &[(RefreshToken, Planned)],
            (false, Some(Purpose::All) | None) => &[(AccessToken, Planned), (RefreshToken, Planned)],
            (true, Some(Purpose::Access)) => &[(AccessToken, Emergency)],
            (true, Some(Purpose::Refresh)) => &[(RefreshToken, Emergency)],
            (true, Some(Purpose::All)) => &[(AccessToken, Emergency), (RefreshToken, Emergency)],
            (true, None) => &[(AccessToken, Emergency), (RefreshToken, Planned)],
        }
    }
}

/// A rotation after which the same key signs is told of.
fn tell_of_preparation(auth: &Auth, purpose: KeyPurpose, every: Duration) {
    let when = match auth.rotates_at(purpose, every) {
        Some(at) => format!("a running server does so at {}, or rotate again", time_of(at)),
        None => "rotate again to put it into service, in an hour, when every service knows it".to_owned(),
    };
    eprintln!(
        "portcullis: the next {} key was made for another algorithm; one of the configured algorithm is published in its \
         place, and nothing signs with it yet: {when}",
        purpose.as_str()
    );
}

fn show(auth: &Auth, every: Duration, as_json: bool) -> anyhow::Result<()> {
    let keys = auth.key_infos();
    let rotates_at = |key: &KeyInfo| {
        (key.state == KeyState::Active).then(|| auth.rotates_at(key.purpose, every)).flatten()
    };
    if as_json {
        let entry = |key| entry(key, auth.now(), rotates_at(key));
        return print_json(&json!({ "keys": keys.iter().map(entry).collect::<Vec<_>>() }));
    }
    let mut table = Table::new(&[
        "PURPOSE",
        "STATE",
        "ALGORITHM",
        "KEY ID",
        "MADE",
        "SIGNS SINCE",
        "SIGNED UNTIL",
        "ROTATES",
    ]);
    let time = |at: Option<_>| at.map_or_else(|| "-".to_owned(), time_of);
    for key in &keys {
        table.row([
            key.purpose.as_str().to_owned(),
            key.state.as_str().to_owned(),
            key.algorithm.clone(),
            key.kid.clone(),
            time_of(key.created_at),
            time(key.activated_at),
            time(key.retired_at),
            time(rotates_at(key)),
        ]);
    }
    print(table)
}

fn entry(key: &KeyInfo, now: Timestamp, rotates_at: Option<Timestamp>) -> Value {
    json!({
        "kid": key.kid,
        "purpose": key.purpose.as_str(),
        "algorithm": key.algorithm,
        "state": key.state.as_str(),
        "created_at": time_of(key.created_at),
        "age_seconds": now.since(key.created_at).as_secs(),
        "activated_at": key.activated_at.map(time_of),
        "retired_at": key.retired_at.map(time_of),
        "rotates_at": rotates_at.map(time_of),
    })
}
