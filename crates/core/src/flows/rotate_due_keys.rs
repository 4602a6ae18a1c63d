//! Which keys take over because their time has come?
//!
//! Every node asks from time to time, and one of them does it. A node whose clock is ahead of the database's does not: by
//! such a clock every key is old.

use std::time::Duration;

use portcullis_crypto::keyring::KeyPurpose;

use super::Trouble;
use super::rotate_keys::{RotateKeysError, Rotated, Urgency};
use crate::Auth;
use crate::auth::{CLOCK_TOLERANCE, keys};
use crate::model::{Client, Timestamp};
use crate::policy::key_rotation::{KeysDue, Succession};
use crate::ports::store::{Job, JobClaim};

/// For how long a node that rotates keeps others from doing the same.
const HELD_FOR: Duration = Duration::from_mins(1);

/// Why no key took over whose time has come.
#[derive(Debug, thiserror::Error)]
pub enum RotateDueKeysError {
    /// The clock of this node cannot be right.
    #[error(
        "the clock of this machine is {ahead_ms} ms ahead of the database's, and no key is rotated by it"
    )]
    ClockAhead {
        /// By how much.
        ahead_ms: i64,
    },
    /// It was due, and failed.
    #[error(transparent)]
    Rotation(#[from] RotateKeysError),
}

impl Auth {
    /// Rotates the keys that have signed for `every`, and prepares for another algorithm where the policy wants one;
    /// answers what it did. Nothing where `every` is zero. To be called every few minutes, by every node.
    pub async fn rotate_due_keys(
        &self,
        every: Duration,
    ) -> Result<Vec<(KeyPurpose, Rotated)>, RotateDueKeysError> {
        let is_due = |purpose: &KeyPurpose| self.due(*purpose, every) != KeysDue::Nothing;
        let mut done = Vec::new();
        if !KeyPurpose::ALL.iter().any(is_due) || !self.may_rotate().await? {
            return Ok(done);
        }
        // What this node knows may be a second old.
        self.reload_keys().await.map_err(|error| RotateKeysError::Trouble(error.into()))?;
        for purpose in KeyPurpose::ALL.into_iter().filter(is_due) {
            match self.rotate_keys(purpose, Urgency::Due, None, &Client::default()).await {
                Ok(rotated) => done.push((purpose, rotated)),
                // By hand, at this moment.
                Err(RotateKeysError::Raced) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    /// When the next key of a purpose takes over by itself, if keys do so after `every`.
    pub fn rotates_at(&self, purpose: KeyPurpose, every: Duration) -> Option<Timestamp> {
        let (records, wanted) = (self.key_records(), keys::algorithm(self.policy(), purpose));
        Succession::of(&records, purpose, wanted).ok()?.rotates_at(every)
    }

    fn due(&self, purpose: KeyPurpose, every: Duration) -> KeysDue {
        let (records, wanted) = (self.key_records(), keys::algorithm(self.policy(), purpose));
        let keys = Succession::of(&records, purpose, wanted);
        keys.map_or(KeysDue::Nothing, |keys| keys.due(every, self.now()))
    }

    /// Whether it falls to this node, and its clock is right.
    async fn may_rotate(&self) -> Result<bool, RotateDueKeysError> {
        let failed = |error| RotateKeysError::Trouble(Trouble::Store(error));
        if let Some(ahead_ms) = self.clock_ahead_ms().await.map_err(failed)?
            && u128::try_from(ahead_ms).is_ok_and(|ahead| ahead > CLOCK_TOLERANCE.as_millis())
        {
            return Err(RotateDueKeysError::ClockAhead { ahead_ms });
        }
        let now = self.now();
        let (job, holder, until) = (Job::RotateKeys, self.node().to_owned(), now.plus(HELD_FOR));
        let claimed = self.store().claim_job(&JobClaim { job, holder, now, until }).await;
        Ok(claimed.map_err(failed)?)
    }
}
