#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const CHEAP: Scheme = Scheme::Bcrypt { cost: 4 };
const DEAR: Scheme = Scheme::Bcrypt { cost: 10 };

fn gate(capacity: usize, deadline: Duration) -> HashGate {
    HashGate::start(HashGateLimits { capacity, deadline, ..HashGateLimits::default() }).unwrap()
}

fn password(text: &str) -> Password {
    Password::from(text.to_owned())
}

fn from(address: &str, account: &str) -> Asker {
    Asker::new(&Client::new(address.parse().ok(), None), account.as_bytes())
}

async fn hashes(gate: &HashGate, scheme: Scheme, asker: Asker) -> Result<StoredHash, HashError> {
    gate.hash(scheme, &password("a password"), [1; 16], asker).await
}

/// Waits until so many stand in the line.
async fn line_is(gate: &HashGate, waiting: usize) {
    while gate.metrics().waiting != waiting {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_password_fits_its_own_hash_only() {
    let gate = gate(4, Duration::from_mins(1));
    let asker = Asker::operator();
    let hash = gate.hash(CHEAP, &password("correct horse"), [7; 16], asker).await.unwrap();
    assert!(gate.verify(&hash, &password("correct horse"), asker).await.unwrap());
    assert!(!gate.verify(&hash, &password("wrong horse"), asker).await.unwrap());
    let metrics = gate.metrics();
    assert_eq!((metrics.hashed, metrics.verified, metrics.waiting, metrics.memory_kib), (1, 2, 0, 0));
    assert_eq!((metrics.waited.count(), metrics.worked.count()), (3, 3));
}

#[tokio::test]
async fn one_too_many_is_told_to_come_back_at_once() {
    let gate = gate(0, Duration::from_mins(1));
    let refused = hashes(&gate, CHEAP, Asker::operator()).await;
    assert_eq!(refused.err(), Some(HashError::Overloaded { retry_after: Duration::from_mins(1) }));
    assert_eq!(gate.metrics().refused, 1);
}

#[tokio::test]
async fn who_waits_too_long_is_refused() {
    let gate = gate(64, Duration::ZERO);
    let refused = hashes(&gate, Scheme::Bcrypt { cost: 12 }, Asker::operator()).await;
    assert_eq!(refused.err(), Some(HashError::Overloaded { retry_after: Duration::from_secs(1) }));
}

#[tokio::test]
async fn a_password_that_the_scheme_cannot_take_is_told_apart_and_does_not_wait() {
    let gate = gate(0, Duration::from_mins(1));
    let refused = gate.hash(CHEAP, &password(&"x".repeat(73)), [7; 16], Asker::operator()).await;
    assert_eq!(refused.err(), Some(HashError::Password(PasswordError::TooLong { limit_bytes: 72 })));
}

#[tokio::test]
async fn who_has_left_is_not_hashed() {
    let gate = Arc::new(gate(64, Duration::from_mins(1)));
    let first = tokio::spawn({
        let gate = Arc::clone(&gate);
        async move { hashes(&gate, DEAR, Asker::operator()).await }
    });
    let leaving: Vec<_> = (0..20)
        .map(|_| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { hashes(&gate, DEAR, Asker::operator()).await })
        })
        .collect();
    while gate.metrics().waiting < 10 {
        tokio::task::yield_now().await;
    }
    for task in leaving {
        task.abort();
        let _ = task.await;
    }
    first.await.unwrap().unwrap();
    line_is(&gate, 0).await;
    let metrics = gate.metrics();
    assert!(metrics.abandoned >= 10, "{metrics:?}");
}

#[tokio::test]
async fn a_flood_of_one_network_displaces_only_itself() {
    let gate = Arc::new(gate(8, Duration::from_mins(1)));
    let ask = |asker| {
        let gate = Arc::clone(&gate);
        tokio::spawn(async move { hashes(&gate, DEAR, asker).await })
    };
    let flood: Vec<_> = (0..40).map(|number| ask(from("192.0.2.1", &number.to_string()))).collect();
    line_is(&gate, 8).await;
    let quiet: Vec<_> = (1..4).map(|net| ask(from(&format!("198.51.{net}.1"), "somebody"))).collect();
    for answer in quiet {
        answer.await.unwrap().unwrap();
    }
    let mut refused = 0;
    for answer in flood {
        refused += usize::from(answer.await.unwrap().is_err());
    }
    let metrics = gate.metrics();
    assert!(metrics.displaced >= 1, "{metrics:?}");
    assert_eq!(metrics.refused, refused as u64);
}

#[tokio::test]
async fn bcrypt_of_one_cost_is_computed_together_and_right() {
    let gate = Arc::new(gate(64, Duration::from_mins(1)));
    let hash = Arc::new(hashes(&gate, DEAR, Asker::operator()).await.unwrap());
    let checks: Vec<_> = (0..12)
        .map(|number| {
            let (gate, hash) = (Arc::clone(&gate), Arc::clone(&hash));
            let text = if number % 3 == 0 { "a password" } else { "another" };
            tokio::spawn(async move { gate.verify(&hash, &password(text), Asker::operator()).await })
        })
        .collect();
    for (number, check) in checks.into_iter().enumerate() {
        assert_eq!(check.await.unwrap().unwrap(), number % 3 == 0, "{number}");
    }
    let metrics = gate.metrics();
    assert!(metrics.interleaved >= 6, "{metrics:?}");
}

#[tokio::test]
async fn hashes_together_need_no_more_memory_than_allowed() {
    let argon2 = Scheme::Argon2id { memory_kib: 1024, iterations: 1, parallelism: 1 };
    let limits = HashGateLimits {
        workers: NonZeroUsize::new(4).unwrap(),
        deadline: Duration::from_mins(1),
        memory_kib: 2048,
        ..HashGateLimits::default()
    };
    let gate = Arc::new(HashGate::start(limits).unwrap());
    let most = Arc::new(AtomicUsize::new(0));
    let jobs: Vec<_> = (0..60)
        .map(|_| {
            let (gate, most) = (Arc::clone(&gate), Arc::clone(&most));
            tokio::spawn(async move {
                hashes(&gate, argon2, Asker::operator()).await.unwrap();
                most.fetch_max(gate.metrics().memory_kib as usize, Ordering::Relaxed);
            })
        })
        .collect();
    for job in jobs {
        job.await.unwrap();
    }
    assert!(most.load(Ordering::Relaxed) <= 2048);
    // One that needs more than all of it is computed all the same, alone.
    let large = Scheme::Argon2id { memory_kib: 4096, iterations: 1, parallelism: 1 };
    hashes(&gate, large, Asker::operator()).await.unwrap();
}

#[tokio::test]
async fn a_wait_that_can_be_foretold_is_not_begun() {
    let gate = Arc::new(gate(1000, Duration::from_millis(500)));
    // So that the time of one is known.
    hashes(&gate, DEAR, Asker::operator()).await.unwrap();
    let asks: Vec<_> = (0..200)
        .map(|_| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { hashes(&gate, DEAR, Asker::operator()).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let begun = std::time::Instant::now();
    let refused = hashes(&gate, DEAR, Asker::operator()).await;
    assert!(matches!(refused, Err(HashError::Overloaded { .. })));
    assert!(begun.elapsed() < Duration::from_millis(250), "{:?}", begun.elapsed());
    for ask in asks {
        let _ = ask.await.unwrap();
    }
}
