//! How busy is the line in front of password hashing?

use portcullis_core::hash_gate::HashGateMetrics;

use super::text::Page;
use crate::config::meant::HashingSettings;

/// Writes it.
pub(super) fn write(page: &mut Page, metrics: &HashGateMetrics, limits: &HashingSettings) {
    page.gauge("portcullis_hash_waiting", "Passwords that wait to be hashed.").is(metrics.waiting);
    page.gauge("portcullis_hash_waiting_max", "How many passwords may wait to be hashed.").is(limits.queue);
    page.gauge("portcullis_hash_workers", "Threads that hash.").is(limits.workers);
    page.gauge("portcullis_hash_memory_bytes", "Memory that the hashes need that are being computed.")
        .is(u64::from(metrics.memory_kib) * 1024);
    let mut done = page.counter("portcullis_hashes_total", "Passwords that were hashed, by what for.");
    done.of(&[("kind", "verify")], metrics.verified);
    done.of(&[("kind", "new")], metrics.hashed);
    page.counter(
        "portcullis_hash_refused_total",
        "Callers who were told to come back, displaced ones included.",
    )
    .is(metrics.refused);
    page.counter(
        "portcullis_hash_displaced_total",
        "Callers who gave way to somebody who had asked for less.",
    )
    .is(metrics.displaced);
    page.counter(
        "portcullis_hash_abandoned_total",
        "Passwords dropped unhashed because nobody waited any more.",
    )
    .is(metrics.abandoned);
    page.counter("portcullis_hash_interleaved_total", "Passwords that were hashed together with others.")
        .is(metrics.interleaved);
    page.histogram("portcullis_hash_wait_seconds", "How long passwords waited until they were begun.")
        .times(&[], &metrics.waited);
    page.histogram("portcullis_hash_work_seconds", "How long workers were at it, each batch once.")
        .times(&[], &metrics.worked);
}
