//! Do keys change under the hands of people and services without anybody noticing, and at once when they have to?

use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use portcullis_core::crypto::MasterKey;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyState, NewKey, new_key};
use portcullis_core::model::Timestamp;
use portcullis_core::ports::{Entropy, Store};
use portcullis_core::testing::SeededEntropy;
use portcullis_core::verifier::Algorithm;
use portcullis_every_engine::every_engine;
use portcullis_store::SqliteOptions;
use portcullis_store::testing::TestDatabase;
use portcullis_store::{DatabaseOptions, SqlStore};
use serde_json::Value;
use tokio::task::JoinSet;

use super::client::{Api, Tokens};
use super::deployment::Deployment;
use super::resource_server::service;
use super::server::{eventually, within};
use crate::engine::{self, TestEngine};

const PASSWORD: &str = "correct horse battery";
const MASTER_KEY: &str = "5d9f2b70c86e41a3b7e05c1d924f8a63e1b47d08f53c926ab80e7d15f4c2396a";
/// When every process knows what one of them did.
const SOON: Duration = Duration::from_secs(2);
const PEOPLE: usize = 6;
/// Rounds of all people together that are enough to notice something.
const ROUNDS: usize = 60;

/// People who refresh, and use the server and a service, for as long as the day lasts. Whoever is turned away panics.
struct Day {
    apis: Vec<Api>,
    service: Api,
    rounds: AtomicUsize,
    is_over: AtomicBool,
}

impl Day {
    /// The people of a crowd have names of their own.
    fn begin(crowd: &'static str, apis: &[Api], service: &Api) -> (Arc<Self>, JoinSet<()>) {
        let (rounds, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let day = Arc::new(Self { apis: apis.to_vec(), service: service.clone(), rounds, is_over });
        let mut lives = JoinSet::new();
        for number in 0..PEOPLE {
            let day = Arc::clone(&day);
            lives.spawn(async move { day.live(&format!("{crowd}-{number}"), number).await });
        }
        (day, lives)
    }

    async fn live(&self, name: &str, number: usize) {
        let api = |turn: usize| &self.apis[turn % self.apis.len()];
        let mut tokens = api(number).newcomer(name, PASSWORD).await;
        let mut turn = number;
        while !self.is_over.load(Ordering::SeqCst) {
            turn += 1;
            api(turn).check(&tokens.access).await.unwrap().expect(200);
            self.service.get("/hello", Some(&tokens.access)).await.unwrap().expect(200);
            let fresh = api(turn).refresh(&tokens.refresh).await.unwrap().tokens();
            // What the last key signed counts until it expires.
            api(turn + 1).check(&tokens.access).await.unwrap().expect(200);
            api(turn + 1).check(&fresh.access).await.unwrap().expect(200);
            tokens = fresh;
            self.rounds.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Waits for some rounds more.
    async fn goes_on(&self, lives: &mut JoinSet<()>) {
        let enough = self.rounds.load(Ordering::SeqCst) + ROUNDS;
        eventually("people go on", async || {
            if let Some(ended) = lives.try_join_next() {
                panic!("somebody was turned away: {:?}", ended.err());
            }
            (self.rounds.load(Ordering::SeqCst) >= enough).then_some(())
        })
        .await;
    }

    async fn ends(&self, lives: JoinSet<()>) {
        self.is_over.store(true, Ordering::SeqCst);
        lives.join_all().await;
    }
}

/// A deployment on this engine whose database holds nothing but keys that have signed for so many days.
async fn with_keys_of(days: i64) -> Deployment {
    let deployment =
        Deployment::new().with("PORTCULLIS_MASTER_KEY", MASTER_KEY).without("PORTCULLIS_TOKEN_ISSUER");
    let database;
    let (deployment, store) = match engine::current() {
        TestEngine::Sqlite => {
            std::fs::create_dir(deployment.data_dir()).unwrap();
            let options = DatabaseOptions::Sqlite(SqliteOptions::new(deployment.database()));
            let store = SqlStore::open(&options).await.unwrap();
            (deployment, store)
        }
        TestEngine::Postgres | TestEngine::MariaDb => {
            database = TestDatabase::new(engine::current()).await;
            let store = database.try_open().await.unwrap();
            (deployment.on(&database), store)
        }
    };
    let made = deployment.directory().metadata().unwrap().modified().unwrap();
    let now_ms = i64::try_from(made.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let entropy = SeededEntropy::new(7);
    let key = |purpose, algorithm, state| {
        let wanted = NewKey { purpose, algorithm, state, now_ms: now_ms - days * 86_400_000 };
        let master_key = MasterKey::from_hex(MASTER_KEY).unwrap();
        new_key(wanted, &master_key, &mut |bytes| entropy.fill(bytes)).unwrap()
    };
    let access = |state| key(KeyPurpose::AccessToken, Some(Algorithm::EdDsa), state);
    let refresh = |state| key(KeyPurpose::RefreshToken, None, state);
    let keys = [
        access(KeyState::Active),
        access(KeyState::Next),
        refresh(KeyState::Active),
        refresh(KeyState::Next),
    ];
    store.migrate(Timestamp::from_millis(now_ms)).await.unwrap();
    assert!(store.add_first_keys(&keys, &[]).await.unwrap());
    store.close().await;
    deployment
}

/// The keys as the command line lists them.
fn listed(deployment: &Deployment) -> Vec<Value> {
    let answer = deployment.run(&["keys", "list", "--json"]).json();
    answer["keys"].as_array().unwrap().clone()
}

fn count(keys: &[Value], purpose: &str, state: &str) -> usize {
    keys.iter().filter(|key| key["purpose"] == purpose && key["state"] == state).count()
}

/// The algorithm that a token says it is signed with.
fn algorithm_of(tokens: &Tokens) -> String {
    use base64::Engine as _;
    let head = tokens.access.split('.').next().unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).unwrap();
    serde_json::from_slice::<Value>(&json).unwrap()["alg"].as_str().unwrap().to_owned()
}

/// The key that a refresh token names: its first four bytes.
fn key_of(tokens: &Tokens) -> &str {
    &tokens.refresh["pc_rt_".len()..][..5]
}

#[every_engine]
async fn keys_whose_time_has_come_give_way_under_load_and_nobody_notices() {
    let deployment = with_keys_of(100).await.without_limits();
    let by_hand = deployment.clone().with("PORTCULLIS_KEYS_ROTATE_EVERY", "0");
    let one = by_hand.start().await;
    let mut tasks = JoinSet::new();
    let service = service(&one, &mut tasks).await;
    let issuer = one.public_url();
    let deployment = deployment.with("PORTCULLIS_TOKEN_ISSUER", &issuer);
    let (day, mut lives) = Day::begin("early", &[one.api()], &service);
    day.goes_on(&mut lives).await;
    let before = listed(&by_hand);
    assert_eq!((before.len(), &before[0]["rotates_at"]), (4, &Value::Null));
    assert!(before.iter().all(|key| key["age_seconds"].as_u64().unwrap() >= 100 * 86_400), "{before:?}");

    // A node that rotates what is old: at its start, and every few minutes.
    let other = deployment.start().await;
    let keys = eventually("the keys are rotated", async || {
        let keys = listed(&deployment);
        let is_done = |purpose| count(&keys, purpose, "retired") == 1;
        (is_done("access_token") && is_done("refresh_token")).then_some(keys)
    })
    .await;
    for purpose in ["access_token", "refresh_token"] {
        assert_eq!((count(&keys, purpose, "active"), count(&keys, purpose, "next")), (1, 1), "{keys:?}");
    }
    assert!(keys.iter().all(|key| (key["state"] == "active") == key["rotates_at"].is_string()), "{keys:?}");
    assert!(other.log().contains("rotated the signing keys"), "{}", other.log());
    day.goes_on(&mut lives).await;
    day.ends(lives).await;

    // And at both, while an operator rotates by hand.
    let (day, mut lives) = Day::begin("late", &[one.api(), other.api()], &service);
    day.goes_on(&mut lives).await;
    eventually("the next keys are known everywhere", async || {
        (deployment.run(&["keys", "rotate"]).code == Some(0)).then_some(())
    })
    .await;
    day.goes_on(&mut lives).await;
    day.ends(lives).await;
    assert_eq!(count(&listed(&deployment), "access_token", "retired"), 2);
}

#[every_engine]
async fn the_move_from_a_shared_secret_to_public_keys_logs_nobody_out() {
    let place = Deployment::on_this_engine().await.with("PORTCULLIS_KEYS_ROTATE_EVERY", "0");
    let before = place.clone().with("PORTCULLIS_TOKEN_ALGORITHM", "HS256");
    let server = before.start().await;
    let alice = server.api().newcomer("alice", PASSWORD).await;
    assert_eq!(algorithm_of(&alice), "HS256");
    assert_eq!(server.api().published_kids().await, [] as [String; 0]);
    let doctor = before.run(&["doctor"]).stdout;
    assert!(doctor.contains("signed with HS256"), "{doctor}");
    drop(server);

    let server = place.start().await;
    let api = server.api();
    api.check(&alice.access).await.unwrap().expect(200);
    let prepared = place.run(&["keys", "rotate", "--purpose", "access"]);
    assert!(
        prepared.code == Some(0) && prepared.stderr.contains("nothing signs with it yet"),
        "{prepared:?}"
    );
    within(SOON, "the new key is published", async || (api.published_kids().await.len() == 1).then_some(()))
        .await;
    let alice_later = api.refresh(&alice.refresh).await.unwrap().tokens();
    assert_eq!(algorithm_of(&alice_later), "HS256");
    eventually("the new key may sign", async || {
        (place.run(&["keys", "rotate", "--purpose", "access"]).code == Some(0)).then_some(())
    })
    .await;
    within(SOON, "the server has the new key", async || {
        (api.published_kids().await.len() == 2).then_some(())
    })
    .await;
    let fresh = api.refresh(&alice_later.refresh).await.unwrap().tokens();
    assert_eq!(algorithm_of(&fresh), "EdDSA");
    for tokens in [&alice, &alice_later, &fresh] {
        api.check(&tokens.access).await.unwrap().expect(200);
    }
}

#[tokio::test]
async fn a_service_takes_what_is_signed_after_the_move() {
    let place =
        Deployment::new().without("PORTCULLIS_TOKEN_ISSUER").with("PORTCULLIS_KEYS_ROTATE_EVERY", "0");
    drop(place.clone().with("PORTCULLIS_TOKEN_ALGORITHM", "HS256").start().await);
    let server = place.start().await;
    let mut tasks = JoinSet::new();
    let service = service(&server, &mut tasks).await;
    let alice = server.api().newcomer("alice", PASSWORD).await;
    // It cannot check these: it has no public key yet.
    assert_eq!(service.get("/hello", Some(&alice.access)).await.unwrap().status, 503);
    place.run(&["keys", "rotate", "--purpose", "access", "--emergency"]).text();
    let fresh = eventually("the server signs with the new key", async || {
        let fresh = server.api().log_in("alice", PASSWORD).await.unwrap().tokens();
        (algorithm_of(&fresh) == "EdDSA").then_some(fresh)
    })
    .await;
    eventually("the service has fetched the key", async || {
        (service.get("/hello", Some(&fresh.access)).await.unwrap().status == 200).then_some(())
    })
    .await;
}

#[every_engine]
async fn in_an_emergency_old_access_tokens_end_and_refresh_tokens_get_another_key() {
    let deployment = Deployment::on_this_engine().await;
    let server = deployment.start().await;
    let api = server.api();
    let people = [api.newcomer("alice", PASSWORD).await, api.newcomer("bob", PASSWORD).await];
    let published = api.published_kids().await;
    deployment.run(&["keys", "rotate", "--emergency"]).text();
    for tokens in &people {
        within(SOON, "the access token is refused", async || {
            (api.check(&tokens.access).await.unwrap().status == 401).then_some(())
        })
        .await;
        // The refresh keys are rotated a moment after the access keys.
        let fresh = within(SOON, "the refresh token is bound to the new key", async || {
            let fresh = api.refresh(&tokens.refresh).await.unwrap().tokens();
            (key_of(&fresh) != key_of(tokens)).then_some(fresh)
        })
        .await;
        api.check(&fresh.access).await.unwrap().expect(200);
        api.refresh(&fresh.refresh).await.unwrap().expect(200);
    }
    let now = api.published_kids().await;
    assert!(now.len() == 2 && now.iter().all(|kid| !published.contains(kid)), "{now:?} {published:?}");
}

#[every_engine]
async fn an_emergency_of_the_refresh_keys_says_what_it_does_and_ends_every_session() {
    let deployment = Deployment::on_this_engine().await;
    let server = deployment.start().await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    let outcome = deployment.run(&["keys", "rotate", "--purpose", "all", "--emergency", "--json"]);
    assert!(outcome.code == Some(0), "{outcome:?}");
    assert_eq!(
        outcome.stderr,
        "portcullis: the refresh keys are revoked: every refresh token ends, and everybody has to log in again\n"
    );
    let keys: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(count(keys["keys"].as_array().unwrap(), "refresh_token", "revoked"), 2);
    within(SOON, "the refresh token is refused", async || {
        let answer = api.refresh(&alice.refresh).await.unwrap();
        (answer.status != 200).then(|| assert_eq!(answer.refusal(401), "invalid_refresh_token"))
    })
    .await;
    let again = api.log_in("alice", PASSWORD).await.unwrap().tokens();
    for tokens in slice::from_ref(&again) {
        api.check(&tokens.access).await.unwrap().expect(200);
        api.refresh(&tokens.refresh).await.unwrap().expect(200);
    }
}
