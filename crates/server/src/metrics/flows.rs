//! What came of what people wanted, and do the nodes agree?

use std::collections::BTreeMap;

use portcullis_core::Auth;
use portcullis_core::ThrottleMetrics;
use portcullis_core::auth::KeyInfo;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyState};

use super::text::{Family, Page};

/// Writes it.
pub(super) fn write(page: &mut Page, auth: &Auth) {
    let flows = auth.flow_metrics();
    by_outcome(page.counter("portcullis_logins_total", "Tries to log in, by outcome."), &flows.logins);
    by_outcome(
        page.counter("portcullis_registrations_total", "Registrations, by outcome."),
        &flows.registrations,
    );
    by_outcome(
        page.counter("portcullis_refreshes_total", "Refresh tokens that came in, by outcome."),
        &flows.refreshes,
    );
    page.counter("portcullis_logouts_total", "Sessions that were ended by logging out.").is(flows.logouts);
    page.counter("portcullis_sessions_adopted_total", "Sessions of an older backend that go on here.")
        .is(flows.adopted);
    write_throttle(page, &auth.throttle_metrics());
    write_breaches(page, auth);
    write_audit(page, auth);
    write_agreement(page, auth);
    write_keys(page, &auth.key_infos());
}

fn by_outcome(mut family: Family<'_>, counts: &[(&'static str, u64)]) {
    for (outcome, count) in counts {
        family.of(&[("outcome", outcome)], *count);
    }
}

fn write_throttle(page: &mut Page, metrics: &ThrottleMetrics) {
    page.counter("portcullis_throttle_refused_total", "Tries that were told to come back.")
        .is(metrics.refused);
    page.counter("portcullis_throttle_delayed_total", "Failures that were answered later.")
        .is(metrics.delayed);
    page.counter("portcullis_throttle_waited_total", "Tries that waited for others to end.")
        .is(metrics.waited);
    page.counter("portcullis_throttle_known_total", "Tries of clients that had logged in before.")
        .is(metrics.known);
    let mut exhausted =
        page.counter("portcullis_throttle_exhausted_total", "Limits that were used up, by kind.");
    for (kind, count) in &metrics.exhausted {
        exhausted.of(&[("limit", kind.as_str())], *count);
    }
    page.counter(
        "portcullis_throttle_counters_away_total",
        "Times that shared counters were asked in vain, so that this node counted by itself.",
    )
    .is(metrics.counters_away);
}

fn write_breaches(page: &mut Page, auth: &Auth) {
    let breaches = auth.breach_metrics();
    let passed = breaches.asked.saturating_sub(breaches.known + breaches.unanswered);
    let family = page.counter(
        "portcullis_breached_password_checks_total",
        "New passwords that were looked up among breached ones; the unanswered were taken.",
    );
    by_outcome(family, &[("passed", passed), ("known", breaches.known), ("unanswered", breaches.unanswered)]);
}

fn write_audit(page: &mut Page, auth: &Auth) {
    let queue = auth.audit_queue_metrics();
    page.gauge("portcullis_audit_waiting", "Entries of the audit log that wait to be written.")
        .is(queue.waiting);
    page.counter(
        "portcullis_audit_written_total",
        "Entries of the audit log that had waited and were written.",
    )
    .is(queue.written);
    page.counter("portcullis_audit_dropped_total", "Entries that were left out of the audit log.")
        .is(queue.dropped);
    page.counter(
        "portcullis_audit_seals_refused_total",
        "Times that this node would not go on with the seals of the audit log.",
    )
    .is(queue.seals_refused);
}

fn write_agreement(page: &mut Page, auth: &Auth) {
    let feed = auth.feed_metrics();
    page.gauge("portcullis_database_up", "Whether the last look at the database, one a second, succeeded.")
        .is(feed.is_in_touch);
    let mut read_at = page.gauge(
        "portcullis_revocation_feed_read_timestamp_seconds",
        "When this node last learned which sessions others have ended, since the epoch.",
    );
    if let Some(at) = feed.read_at {
        read_at.is(at);
    }
    page.gauge("portcullis_revoked_sessions", "Ended sessions whose access tokens have not expired.")
        .is(feed.revoked_sessions);
}

fn write_keys(page: &mut Page, keys: &[KeyInfo]) {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for purpose in KeyPurpose::ALL {
        for state in KeyState::ALL {
            counts.insert((purpose.as_str(), state.as_str()), 0);
        }
    }
    for key in keys {
        *counts.entry((key.purpose.as_str(), key.state.as_str())).or_default() += 1;
    }
    let mut family = page.gauge("portcullis_signing_keys", "Signing keys by purpose and state.");
    for ((purpose, state), count) in counts {
        family.of(&[("purpose", purpose), ("state", state)], count);
    }
    let mut since = page.gauge(
        "portcullis_signing_key_active_since_timestamp_seconds",
        "When the key began to sign that signs now, since the epoch.",
    );
    for key in keys.iter().filter(|key| key.state == KeyState::Active) {
        since.of(&[("purpose", key.purpose.as_str())], key.activated_at.unwrap_or(key.created_at));
    }
}
