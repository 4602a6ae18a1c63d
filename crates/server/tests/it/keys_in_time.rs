//! Do keys follow each other by themselves, and master keys by an operator, without anybody noticing?

mod master_keys;

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::Auth;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyState};
use portcullis_core::crypto::secret::Password;
use portcullis_core::flows::TokenPair;
use portcullis_core::flows::log_in::LogIn;
use portcullis_core::flows::register::Register;
use portcullis_core::flows::rotate_due_keys::RotateDueKeysError;
use portcullis_core::flows::rotate_keys::{Rotated, Urgency};
use portcullis_core::model::{AuditKind, Client, Email, Identifier, PageRequest, Profile};
use portcullis_core::ports::audit_store::AuditFilter;
use portcullis_core::ports::{AuditStore as _, Store as _};
use portcullis_core::testing::{ManualClock, NOW, SeededEntropy};
use portcullis_core::verifier::{Algorithm, KeySet, jws};
use portcullis_every_engine::{every_engine, every_server};
use portcullis_store::testing::TestDatabase;

use crate::{engine, node};

const HOUR: Duration = Duration::from_hours(1);
const EVERY: Duration = Duration::from_hours(90 * 24);
const BOTH: [KeyPurpose; 2] = [KeyPurpose::AccessToken, KeyPurpose::RefreshToken];

/// A database whose keys will be made now, and a clock that is right by it.
struct Place {
    clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    database: TestDatabase,
}

impl Place {
    /// So much time before what the database takes for now, where it has a clock of its own.
    async fn ago(time: Duration) -> Self {
        let database = engine::database().await;
        let (clock, entropy) = (Arc::new(ManualClock::new(NOW)), Arc::new(SeededEntropy::new(1)));
        let store = node::open_store(&database, &clock).await;
        let now = store.database_time().await.unwrap().unwrap_or(NOW);
        store.close().await;
        clock.set(now.minus(time));
        Self { clock, entropy, database }
    }

    async fn node(&self) -> Auth {
        node::start(&self.database, &self.clock, &self.entropy).await
    }

    async fn signing_with(&self, algorithm: Algorithm) -> Auth {
        let node = node::start_as(&self.database, &self.clock, &self.entropy, |_, policy| {
            policy.access_algorithm = algorithm;
        });
        node.await.unwrap()
    }

    fn pass(&self, time: Duration) {
        self.clock.move_by_millis(i64::try_from(time.as_millis()).unwrap());
    }

    /// What the audit log says of the keys, in the order of the alphabet: nobody in particular did it.
    async fn log(&self) -> Vec<String> {
        let store = node::open_store(&self.database, &self.clock).await;
        let kinds = vec![AuditKind::KeysRotated, AuditKind::KeysResealed];
        let filter = AuditFilter { kinds, ..AuditFilter::default() };
        let page = store.list_audit_events(&filter, PageRequest::first(100)).await.unwrap();
        store.close().await;
        let line = |entry: &portcullis_core::model::AuditEvent| {
            assert_eq!((entry.actor_id, entry.account_id), (None, None));
            let detail = entry.detail.as_ref().map(|detail| detail.as_str().to_owned());
            format!("{} {}", entry.kind.as_str(), detail.unwrap_or_default())
        };
        let mut lines: Vec<String> = page.items.iter().map(line).collect();
        lines.sort();
        lines
    }
}

async fn newcomer(node: &Auth, name: &str) -> TokenPair {
    let email = Email::parse(&format!("{name}@example.com")).unwrap();
    let password = Password::from("correct horse battery".to_owned());
    let newcomer = Register {
        email: Some(email.clone()),
        username: None,
        password: password.clone(),
        profile: Profile::default(),
        external_id: None,
    };
    node.register(newcomer, &Client::default()).await.unwrap();
    let attempt = LogIn { identifier: Identifier::Email(email).into(), password };
    node.mint(&node.log_in(attempt, &Client::default()).await.unwrap()).unwrap()
}

async fn refresh(node: &Auth, tokens: &TokenPair) -> TokenPair {
    let grant = node.refresh(tokens.refresh.expose(), &Client::default()).await.unwrap();
    node.mint(&grant).unwrap()
}

fn is_let_in(node: &Auth, tokens: &TokenPair) -> bool {
    node.authenticate(tokens.access.expose()).is_ok()
}

/// The algorithm and the key of a token, by what is published.
fn algorithm_of(tokens: &TokenPair) -> String {
    let header = tokens.access.expose().split('.').next().unwrap();
    let header = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["alg"].as_str().unwrap().to_owned()
}

/// Whether a service can check a token with the keys that are published now.
fn is_good_at_a_service(node: &Auth, tokens: &TokenPair) -> bool {
    jws::open(tokens.access.expose(), &KeySet::from_jwks(&node.jwks())).is_ok()
}

/// The states of the keys of a purpose, by age.
fn states(node: &Auth, purpose: KeyPurpose) -> Vec<KeyState> {
    node.key_infos().into_iter().filter(|key| key.purpose == purpose).map(|key| key.state).collect()
}

fn kid_of(node: &Auth, state: KeyState) -> String {
    let keys = node.key_infos();
    keys.into_iter().find(|key| key.purpose == KeyPurpose::AccessToken && key.state == state).unwrap().kid
}

#[every_engine]
async fn keys_that_have_signed_for_long_enough_give_way_and_nobody_notices() {
    let place = Place::ago(EVERY).await;
    let (one, other) = (place.node().await, place.node().await);
    place.pass(EVERY.saturating_sub(Duration::from_millis(1)));
    assert_eq!(one.rotate_due_keys(EVERY).await.unwrap(), []);
    let alice = newcomer(&one, "alice").await;
    let published = kid_of(&one, KeyState::Next);
    place.pass(Duration::from_millis(1));
    assert_eq!(one.rotate_due_keys(EVERY).await.unwrap(), BOTH.map(|purpose| (purpose, Rotated::Replaced)));
    assert_eq!(kid_of(&one, KeyState::Active), published);
    for purpose in BOTH {
        assert_eq!(states(&one, purpose), [KeyState::Retired, KeyState::Active, KeyState::Next]);
        assert_eq!(one.rotates_at(purpose, EVERY), Some(one.now().plus(EVERY)));
    }

    // The other node has not looked yet, and knows the next key all along.
    let fresh = refresh(&one, &alice).await;
    for node in [&one, &other] {
        assert!(is_let_in(node, &alice) && is_let_in(node, &fresh));
    }
    let again = refresh(&other, &fresh).await;
    assert!(is_let_in(&one, &again) && is_good_at_a_service(&other, &again));
    assert_eq!(other.rotate_due_keys(EVERY).await.unwrap(), []);
    assert_eq!(place.log().await, ["keys_rotated access_token, due", "keys_rotated refresh_token, due"]);
}

#[every_engine]
async fn of_nodes_that_look_at_the_same_moment_one_rotates() {
    let place = Place::ago(EVERY).await;
    let nodes = [place.node().await, place.node().await, place.node().await, place.node().await];
    place.pass(EVERY);
    let looks = futures_util::future::join_all(nodes.iter().map(|node| node.rotate_due_keys(EVERY)));
    let done: Vec<_> = looks.await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(done, BOTH.map(|purpose| (purpose, Rotated::Replaced)));
    for node in &nodes {
        node.synchronise().await.unwrap();
        assert_eq!(node.key_infos().len(), 6);
    }
}

#[every_server]
async fn by_a_clock_that_is_ahead_of_the_databases_no_key_is_rotated() {
    let place = Place::ago(EVERY).await;
    let node = place.node().await;
    place.pass(EVERY + Duration::from_mins(5));
    let refused = node.rotate_due_keys(EVERY).await.unwrap_err();
    assert!(
        matches!(refused, RotateDueKeysError::ClockAhead { ahead_ms } if ahead_ms > 200_000),
        "{refused}"
    );
    assert_eq!(states(&node, KeyPurpose::AccessToken), [KeyState::Active, KeyState::Next]);
    place.clock.move_by_millis(-300_000);
    assert_eq!(node.rotate_due_keys(EVERY).await.unwrap().len(), 2);
}

#[every_engine]
async fn a_clock_that_was_ahead_once_delays_nothing_that_is_asked_for() {
    let place = Place::ago(HOUR).await;
    let node = place.node().await;
    place.clock.move_by_millis(400 * 86_400_000);
    node.rotate_keys(KeyPurpose::AccessToken, Urgency::Planned, None, &Client::operator()).await.unwrap();
    place.clock.move_by_millis(-400 * 86_400_000);
    assert_eq!(node.rotate_due_keys(EVERY).await.unwrap(), []);
    node.rotate_keys(KeyPurpose::AccessToken, Urgency::Planned, None, &Client::operator()).await.unwrap();
    let alice = newcomer(&node, "alice").await;
    assert!(is_let_in(&node, &alice));
}

#[every_engine]
async fn a_key_signs_by_itself_when_it_was_published_for_an_hour() {
    let place = Place::ago(EVERY).await;
    let node = place.node().await;
    let purpose = KeyPurpose::AccessToken;
    place.pass(EVERY.saturating_sub(HOUR));
    node.rotate_keys(purpose, Urgency::Emergency, None, &Client::operator()).await.unwrap();
    place.pass(HOUR.saturating_sub(Duration::from_millis(1)));
    let every = Duration::from_mins(10);
    assert_eq!(node.rotate_due_keys(every).await.unwrap(), [(KeyPurpose::RefreshToken, Rotated::Replaced)]);
    place.pass(Duration::from_millis(1));
    assert_eq!(node.rotate_due_keys(every).await.unwrap(), [(purpose, Rotated::Replaced)]);
}

#[every_engine]
async fn where_keys_are_rotated_by_hand_no_key_is_ever_due() {
    let place = Place::ago(EVERY * 10).await;
    let node = place.signing_with(Algorithm::Hs256).await;
    place.pass(EVERY * 10);
    let node_of_today = place.node().await;
    assert_eq!(node.rotate_due_keys(Duration::ZERO).await.unwrap(), []);
    assert_eq!(node_of_today.rotate_due_keys(Duration::ZERO).await.unwrap(), []);
    assert_eq!(node_of_today.rotates_at(KeyPurpose::AccessToken, Duration::ZERO), None);
}

#[every_engine]
async fn from_any_algorithm_to_any_other_nobody_is_logged_out() {
    let pairs = [
        (Algorithm::Hs256, Algorithm::EdDsa),
        (Algorithm::EdDsa, Algorithm::Es256),
        (Algorithm::Es256, Algorithm::Rs256),
        (Algorithm::Rs256, Algorithm::Hs256),
    ];
    for (from, to) in pairs {
        let place = Place::ago(HOUR * 3).await;
        let before = place.signing_with(from).await;
        place.pass(HOUR);
        let (node, other) = (place.signing_with(to).await, place.signing_with(to).await);
        let purpose = KeyPurpose::AccessToken;
        assert_eq!(node.rotate_due_keys(EVERY).await.unwrap(), [(purpose, Rotated::Prepared)]);
        assert_eq!(other.rotate_due_keys(EVERY).await.unwrap(), []);
        // Nodes that still run with the old setting leave it alone.
        for node in [&other, &before] {
            node.synchronise().await.unwrap();
        }
        assert_eq!(before.rotate_due_keys(EVERY).await.unwrap(), []);
        assert_eq!(node.rotates_at(purpose, EVERY), Some(node.now().plus(HOUR)));

        place.pass(HOUR.saturating_sub(Duration::from_mins(1)));
        let alice = newcomer(&node, "alice").await;
        assert_eq!(algorithm_of(&alice), from.as_str());
        assert_eq!(is_good_at_a_service(&node, &alice), from != Algorithm::Hs256);
        place.pass(Duration::from_mins(1));
        let before_rotation = KeySet::from_jwks(&node.jwks());
        assert_eq!(node.rotate_due_keys(EVERY).await.unwrap(), [(purpose, Rotated::Replaced)]);

        let fresh = refresh(&node, &alice).await;
        assert_eq!(algorithm_of(&fresh), to.as_str());
        for node in [&node, &other, &before] {
            assert!(is_let_in(node, &alice) && is_let_in(node, &fresh), "{from:?} {to:?}");
        }
        // Also with the copy that a service made an hour ago.
        let is_known = jws::open(fresh.access.expose(), &before_rotation).is_ok();
        assert_eq!(is_known, to != Algorithm::Hs256);
        let published = serde_json::to_string(&node.jwks()).unwrap();
        assert!(!published.contains("oct") && !published.contains("HS256"), "{published}");
        assert_eq!(
            place.log().await,
            [
                "keys_rotated access_token, due".into(),
                format!("keys_rotated access_token, next is {}", to.as_str())
            ]
        );
    }
}

#[every_engine]
async fn by_hand_another_algorithm_takes_two_rotations() {
    let place = Place::ago(HOUR).await;
    drop(place.signing_with(Algorithm::Hs256).await);
    let node = place.node().await;
    let alice = newcomer(&node, "alice").await;
    let nobody = Client::default();
    let rotate = || node.rotate_keys(KeyPurpose::AccessToken, Urgency::Planned, None, &nobody);
    assert_eq!(rotate().await.unwrap(), Rotated::Prepared);
    assert_eq!(algorithm_of(&refresh(&node, &alice).await), "HS256");
    place.pass(Duration::from_secs(2));
    assert_eq!(rotate().await.unwrap(), Rotated::Replaced);
    let fresh = refresh(&node, &alice).await;
    assert_eq!(algorithm_of(&fresh), "EdDSA");
    assert!(is_let_in(&node, &alice) && is_good_at_a_service(&node, &fresh));
}

#[every_engine]
async fn in_an_emergency_no_key_that_was_there_before_counts_any_more() {
    let place = Place::ago(HOUR).await;
    let (node, other) = (place.node().await, place.node().await);
    place.pass(Duration::from_mins(10));
    let alice = newcomer(&node, "alice").await;
    let kids: Vec<_> = node.key_infos().into_iter().map(|key| key.kid).collect();
    for purpose in BOTH {
        node.rotate_keys(purpose, Urgency::Emergency, None, &Client::operator()).await.unwrap();
    }
    other.synchronise().await.unwrap();
    for node in [&node, &other] {
        assert!(!is_let_in(node, &alice));
        node.refresh(alice.refresh.expose(), &Client::default()).await.unwrap_err();
        let keys = node.key_infos();
        assert_eq!(keys.iter().filter(|key| kids.contains(&key.kid)).count(), 4);
        for key in keys {
            assert_eq!(key.state == KeyState::Revoked, kids.contains(&key.kid), "{key:?}");
        }
        let published: Vec<_> = node.jwks().keys.iter().map(|key| key.kid.clone().unwrap()).collect();
        assert!(published.len() == 2 && !published.iter().any(|kid| kids.contains(kid)), "{published:?}");
    }
}
