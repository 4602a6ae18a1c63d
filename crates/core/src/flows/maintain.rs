//! What has to be cleared away from time to time?

use std::time::Duration;

use portcullis_crypto::keyring::KeyPurpose;

use super::Trouble;
use crate::Auth;
use crate::policy::Policy;
use crate::ports::mail_store::MailPruning;
use crate::ports::store::{Job, JobClaim};

/// What was cleared away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cleared {
    /// Sessions that ended long ago.
    pub sessions: u64,
    /// Keys that nothing alive was made with.
    pub keys: u64,
    /// Counters of wrong passwords on which nothing weighs any more.
    pub counters: u64,
    /// Mails that were sent or given up long ago.
    pub mails: u64,
}

/// For how long a node that clears away keeps others from doing the same.
const HELD_FOR: Duration = Duration::from_mins(50);

/// For how long it is known which mails were sent, and which were given up.
const MAILS_KEPT: Duration = Duration::from_hours(30 * 24);
/// For how long a place is known after the last login from there.
const CLIENTS_KEPT: Duration = Duration::from_hours(365 * 24);

impl Auth {
    /// Forgets sessions that ended a day and more ago, and keys whose last token has died. `faces` are the
    /// rules of every handle in use: the longest lifetime among them counts. `None`, and nothing done, when another
    /// node has seen to it within the hour.
    pub async fn maintain(&self, faces: &[&Policy]) -> Result<Option<Cleared>, Trouble> {
        let now = self.now();
        let (job, holder, until) = (Job::ClearAway, self.node().to_owned(), now.plus(HELD_FOR));
        if !self.store().claim_job(&JobClaim { job, holder, now, until }).await? {
            return Ok(None);
        }
        let policies = || faces.iter().copied().chain([self.policy()]);
        let longest_access = policies().map(|policy| policy.session.access).max().unwrap_or_default();
        let longest_session = policies().map(|policy| policy.session.absolute).max().unwrap_or_default();
        let day = Duration::from_hours(24);
        let sessions = self.store().prune_sessions(now.minus(day), now).await?;
        let mut keys = 0;
        for (purpose, lifetime) in
            [(KeyPurpose::AccessToken, longest_access), (KeyPurpose::RefreshToken, longest_session)]
        {
            keys += self.store().delete_keys_retired_before(purpose, now.minus(lifetime)).await?;
        }
        let counters = self.throttle().prune(now).await;
        let pruning = MailPruning {
            now,
            finished_before: now.minus(MAILS_KEPT),
            dropped_before: now.minus(day),
            seen_before: now.minus(CLIENTS_KEPT),
        };
        let mails = self.store().prune_mails(&pruning).await?;
        Ok(Some(Cleared { sessions, keys, counters, mails }))
    }
}
