//! `portcullis keys reseal`: how does the database come under another master key?
//!
//! ```text
//! the new key is configured, and the old one as the previous   every node knows both; no flag
//! only the old one is configured                               the new one is in a file that a flag names
//! ```

use std::path::PathBuf;

use clap::Args;
use portcullis_core::crypto::MasterKey;
use portcullis_core::crypto::keyring::KeyringError;
use portcullis_core::flows::reseal_keys::ResealKeysError;
use portcullis_core::model::Client;
use portcullis_core::{Auth, OpenError};
use serde_json::json;

use crate::cli::failure::WithFix;
use crate::cli::opened::Opened;
use crate::cli::output::{print, print_json};
use crate::config::Settings;
use crate::wiring::master_key;

#[derive(Debug, Args)]
pub(in crate::cli) struct Reseal {
    /// The file that holds the new master key. Not needed where the new one is configured, and the old one as
    /// `master_key_previous`
    #[arg(long, value_name = "FILE")]
    new_master_key_file: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Reseal {
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        // Before the database is opened: a mistake in it changes nothing.
        let new = self.new_master_key_file.as_deref().map(master_key::read).transpose()?;
        let opened = Opened::open(settings).await?;
        let count = self.reseal(&opened.auth, new.as_ref()).await?;
        if self.json {
            return print_json(&json!({ "resealed": count }));
        }
        print(format!("Sealed {count} signing keys under the new master key.\n{}\n", self.what_is_next()))
    }

    async fn reseal(&self, auth: &Auth, new: Option<&MasterKey>) -> anyhow::Result<usize> {
        auth.reseal_keys(new, &Client::operator()).await.map_err(|error| match error {
            ResealKeysError::SealedAlready if new.is_none() => anyhow::Error::from(error).with_fix(
                "to change the master key, write the new one to a file of mode 600 (`openssl rand -hex 32`) and name that \
                 with --new-master-key-file",
            ),
            ResealKeysError::Raced => anyhow::Error::from(error).with_fix("run the command again"),
            ResealKeysError::Keys(OpenError::Keys(KeyringError::WrongMasterKey)) => {
                anyhow::Error::from(error).with_fix("configure the master key that the keys are sealed under now")
            }
            ResealKeysError::SealedAlready | ResealKeysError::Keys(_) | ResealKeysError::Trouble(_) => {
                anyhow::Error::from(error).context("nothing was changed")
            }
        })
    }

    fn what_is_next(&self) -> String {
        match &self.new_master_key_file {
            None => {
                "When every node runs with the new master key, remove the previous one from the settings."
                    .to_owned()
            }
            Some(path) => format!(
                "Now configure it in place of the old one (PORTCULLIS_MASTER_KEY_FILE={}, or PORTCULLIS_MASTER_KEY) and \
                 start every node anew.\nUntil then nodes go on with the keys that they hold. Keep the old master key as \
                 long as you keep backups of before.",
                path.display()
            ),
        }
    }
}
