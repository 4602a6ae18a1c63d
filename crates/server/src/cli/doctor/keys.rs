//! Are the signing keys young, of use to services, and sealed under the right master key?

use std::time::Duration;

use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord, KeyState, Keyring, KeyringError};
use portcullis_core::ports::Clock;
use portcullis_core::verifier::Algorithm;

use super::Finding;
use crate::config::Settings;
use crate::config::meant::MasterKeySource;
use crate::wiring::{SystemClock, SystemEntropy, master_key};

/// Clocks of several machines differ by less than this.
const CLOCK_SLACK_MS: i64 = 60_000;
/// How long a key signs at most where keys are rotated by hand only.
const BY_HAND_WITHIN: Duration = Duration::from_hours(365 * 24);

pub(super) fn examine(records: &[KeyRecord], settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![opens(records, settings), not_from_the_future(records)];
    findings.extend(KeyPurpose::ALL.into_iter().filter_map(|purpose| age(records, purpose, settings)));
    findings.extend(algorithm(records, settings));
    findings
}

fn opens(records: &[KeyRecord], settings: &Settings) -> Finding {
    // The source as it is now: nothing is generated here.
    let key = match &settings.master_key {
        MasterKeySource::FileOrNew(path) => master_key::read(path),
        source @ (MasterKeySource::Given(_) | MasterKeySource::File(_)) => {
            master_key::obtain(source, &SystemEntropy)
        }
    };
    let keys = key.and_then(|key| Ok((key, master_key::previous(settings)?)));
    let (key, previous) = match keys {
        Ok(keys) => keys,
        Err(error) => {
            let text = format!("{error:#}");
            let (seen, advice) = text.split_once("\n  fix: ").unwrap_or((&text, "correct the master key"));
            return Finding::fail("keys", seen, advice);
        }
    };
    let is_under_previous = || previous.as_ref().is_some_and(|key| Keyring::unseal(records, key).is_ok());
    match Keyring::unseal(records, &key) {
        Ok(_) if previous.is_some() => Finding::warn(
            "keys",
            format!(
                "the master key opens all {}; the previous one is not needed for them any more",
                records.len()
            ),
            "when every node runs with the new master key, remove `master_key_previous`",
        ),
        Ok(_) => Finding::ok("keys", format!("the master key opens all {}", records.len())),
        Err(KeyringError::WrongMasterKey) if is_under_previous() => Finding::warn(
            "keys",
            "they are still sealed under the previous master key",
            "when every node runs with both master keys, run `portcullis keys reseal`",
        ),
        Err(error) => Finding::fail(
            "keys",
            error.to_string(),
            "configure the master key that this database was first started with, or sealed under last",
        ),
    }
}

fn not_from_the_future(records: &[KeyRecord]) -> Finding {
    let now = SystemClock.now().as_millis();
    let latest = |key: &KeyRecord| key.created_at.max(key.activated_at.unwrap_or(key.created_at));
    let latest = records.iter().map(latest).max().unwrap_or(now);
    if latest > now + CLOCK_SLACK_MS {
        let seen = "a signing key was made or put into service at a time that has not come yet: the clock was set back";
        return Finding::fail("key times", seen, "set the clock; keep it right with NTP");
    }
    Finding::ok("key times", "not ahead of the clock")
}

/// A key that has signed for twice as long as it should is one that nobody rotates.
fn age(records: &[KeyRecord], purpose: KeyPurpose, settings: &Settings) -> Option<Finding> {
    let active = records.iter().find(|key| key.purpose == purpose && key.state == KeyState::Active)?;
    let signs_for_ms = SystemClock.now().as_millis() - active.activated_at.unwrap_or(active.created_at);
    let every = settings.rotate_keys_every;
    let (longest, advice) = if every.is_zero() {
        (BY_HAND_WITHIN, "run `portcullis keys rotate`, or set PORTCULLIS_KEYS_ROTATE_EVERY")
    } else {
        (every * 2, "let a server run, with a right clock, or run `portcullis keys rotate`")
    };
    let seen = format!(
        "the {} key {} has signed for {} days",
        purpose.as_str(),
        active.kid,
        signs_for_ms / 86_400_000
    );
    let is_old = u128::try_from(signs_for_ms).is_ok_and(|age| age > longest.as_millis());
    is_old.then(|| Finding::warn("key age", seen, advice))
}

fn algorithm(records: &[KeyRecord], settings: &Settings) -> Option<Finding> {
    let is_signer =
        |key: &&KeyRecord| key.purpose == KeyPurpose::AccessToken && key.state == KeyState::Active;
    let active = records.iter().find(is_signer)?;
    let wanted = settings.token.algorithm;
    if active.algorithm != wanted.as_str() {
        let seen = format!(
            "access tokens are signed with {}, and {} is configured",
            active.algorithm,
            wanted.as_str()
        );
        return Some(if settings.rotate_keys_every.is_zero() {
            let advice = "run `portcullis keys rotate --purpose access`, and again an hour later";
            Finding::warn("algorithm", seen, advice)
        } else {
            Finding::ok("algorithm", format!("{seen}: a running server changes that by itself"))
        });
    }
    (wanted == Algorithm::Hs256).then(|| {
        Finding::warn(
            "algorithm",
            "access tokens are signed with HS256: no service can check them but by asking this server",
            "set PORTCULLIS_TOKEN_ALGORITHM to EdDSA, so that services check them with the published keys; nobody is \
             logged out by it",
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use portcullis_core::crypto::MasterKey;
    use portcullis_core::crypto::keyring::{NewKey, new_key, reseal};

    use super::*;
    use crate::config::{Inputs, load};

    const NEW: &str = "6d1f0c8e25b94a7703fe9b61d84c2a5fe0913b7c46d85a2f11c07e9d3ba4f862";
    const OLD: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let directory = tempfile::tempdir().unwrap().path().to_owned();
        load(Inputs { directory, variables, ..Inputs::default() }).settings.unwrap()
    }

    /// Active keys of so many days, under [`OLD`].
    fn keys(algorithm: Algorithm, days: i64) -> Vec<KeyRecord> {
        let now_ms = SystemClock.now().as_millis() - days * 86_400_000;
        let key = |purpose, algorithm, byte| {
            let wanted = NewKey { purpose, algorithm, state: KeyState::Active, now_ms };
            new_key(wanted, &MasterKey::from_hex(OLD).unwrap(), &mut |bytes| bytes.fill(byte)).unwrap()
        };
        vec![key(KeyPurpose::AccessToken, Some(algorithm), 1), key(KeyPurpose::RefreshToken, None, 2)]
    }

    fn seen(records: &[KeyRecord], variables: &[(&str, &str)]) -> Vec<String> {
        let findings = examine(records, &settings(variables));
        let line =
            |finding: Finding| format!("{} {}: {}", finding.verdict.as_str(), finding.what, finding.seen);
        findings.into_iter().map(line).collect()
    }

    #[test]
    fn keys_that_nobody_rotates_are_told_of_and_young_ones_are_not() {
        let under_old = ("PORTCULLIS_MASTER_KEY", OLD);
        assert_eq!(
            seen(&keys(Algorithm::EdDsa, 179), &[under_old]),
            ["ok keys: the master key opens all 2", "ok key times: not ahead of the clock"]
        );
        let old = seen(&keys(Algorithm::EdDsa, 181), &[under_old]);
        assert_eq!(old.iter().filter(|line| line.contains("has signed for 181 days")).count(), 2, "{old:?}");
        let by_hand = [under_old, ("PORTCULLIS_KEYS_ROTATE_EVERY", "0")];
        assert_eq!(seen(&keys(Algorithm::EdDsa, 364), &by_hand).len(), 2);
        assert_eq!(seen(&keys(Algorithm::EdDsa, 366), &by_hand).len(), 4);
        let future = seen(&keys(Algorithm::EdDsa, -1), &[under_old]);
        assert!(future.iter().any(|line| line.starts_with("fail key times")), "{future:?}");
    }

    #[test]
    fn a_secret_that_no_service_can_check_with_is_told_of() {
        let hs256 = [("PORTCULLIS_MASTER_KEY", OLD), ("PORTCULLIS_TOKEN_ALGORITHM", "HS256")];
        let lines = seen(&keys(Algorithm::Hs256, 1), &hs256);
        assert!(
            lines.iter().any(|line| line.starts_with("warn algorithm: access tokens are signed with HS256"))
        );
        let moving = seen(&keys(Algorithm::Hs256, 1), &hs256[..1]);
        assert!(
            moving
                .iter()
                .any(|line| line.starts_with("ok algorithm:") && line.contains("EdDSA is configured"))
        );
    }

    #[test]
    fn it_is_told_under_which_of_two_master_keys_the_keys_are() {
        let both = [("PORTCULLIS_MASTER_KEY", NEW), ("PORTCULLIS_MASTER_KEY_PREVIOUS", OLD)];
        let records = keys(Algorithm::EdDsa, 1);
        assert_eq!(
            seen(&records, &both)[0],
            "warn keys: they are still sealed under the previous master key"
        );
        assert!(seen(&records, &both[..1])[0].starts_with("fail keys: no signing key opens"));
        let [old, new] = [OLD, NEW].map(|key| MasterKey::from_hex(key).unwrap());
        let resealed = reseal(&records, &old, &new, &mut |bytes| bytes.fill(3)).unwrap();
        assert!(
            seen(&resealed, &both)[0]
                .starts_with("warn keys: the master key opens all 2; the previous one is not")
        );
        assert_eq!(seen(&resealed, &both[..1])[0], "ok keys: the master key opens all 2");
    }
}
