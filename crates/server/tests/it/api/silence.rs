//! Does a failed login tell whether an account exists, by its answer or by the work it costs?

use portcullis_core::crypto::password::{ComputationKind, Scheme, Scratch};
use portcullis_core::crypto::secret::Password;
use portcullis_core::model::{AccountId, AuditKind};
use portcullis_core::ports::Store as _;
use portcullis_core::testing::{NOW, Personas};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, Setup};
use super::client::Answer;

/// A server with an account of each sort: alice, the disabled bob, and carol without a password.
pub(super) async fn populated() -> App {
    let app = App::start().await;
    app.alice().registered().await;
    let (bob, root) = (app.bob().logged_in().await, app.root().logged_in().await);
    let path = format!("/v1/admin/accounts/{}", bob.account_id);
    assert_eq!(root.patch(&path).json(&json!({"disabled": true})).await.status, 200);
    let personas = Personas::default();
    let mut carol = personas.account("carol");
    carol.password = None;
    let event = personas.event(AuditKind::AccountCreated, carol.id, NOW);
    app.store.create_account(&carol, None, &event).await.unwrap();
    app.auth.take_census().await.unwrap();
    app
}

/// What an attempt is answered, how many passwords were checked for it, and how many hashes were made.
async fn attempt(app: &App, body: &Value) -> (Answer, u64, u64) {
    let before = app.auth.hash_gate_metrics();
    let answer = app.post("/v1/login").json(body).await;
    let after = app.auth.hash_gate_metrics();
    (answer, after.verified - before.verified, after.hashed - before.hashed)
}

#[every_engine]
async fn every_failed_login_costs_one_look_up_and_one_verification_and_gets_the_same_answer() {
    let app = populated().await;
    let (expected, ..) = attempt(&app, &json!({"identifier": "alice", "password": "wrong"})).await;
    assert_eq!(expected.status, 401);
    for (who, identifier) in [
        ("a wrong password", "alice@example.com"),
        ("nobody's address", "mallory@example.com"),
        ("nobody's username", "mallory"),
        ("an account without a password", "carol"),
        ("a disabled account and a wrong password", "bob"),
    ] {
        app.store.take_calls();
        let (answer, verified, hashed) =
            attempt(&app, &json!({"identifier": identifier, "password": "wrong"})).await;
        assert_eq!((verified, hashed), (1, 0), "{who}");
        assert_eq!(app.store.take_calls(), ["find_account_by_identifier"], "{who}");
        assert_same(&answer, &expected, who);
    }
}

/// What somebody costs who has no account is what the accounts cost, not what new passwords would.
#[every_engine]
async fn nobody_has_a_hash_of_the_kinds_that_accounts_have_and_always_the_same() {
    let app = populated().await;
    let mut root = Personas::default().account("dear");
    root.id = AccountId::new(NOW, [9; 10]);
    let dear = Scheme::Bcrypt { cost: 5 };
    let mut scratch = Scratch::new();
    root.password = Some(dear.hash(&Password::from("secret".to_owned()), [3; 16], &mut scratch).unwrap());
    let event = Personas::default().event(AuditKind::AccountCreated, root.id, NOW);
    app.store.create_account(&root, None, &event).await.unwrap();
    app.auth.take_census().await.unwrap();
    let kinds = async |name: &str| {
        let before = app.auth.hash_gate_metrics().kinds;
        attempt(&app, &json!({"identifier": name, "password": "wrong"})).await;
        let after = app.auth.hash_gate_metrics().kinds;
        after
            .into_iter()
            .filter(|(kind, count)| before.get(kind) != Some(count))
            .map(|(kind, _)| kind)
            .collect()
    };
    let mut seen: Vec<ComputationKind> = Vec::new();
    for number in 0..24 {
        let name = format!("nobody-{number}");
        let first: Vec<ComputationKind> = kinds(&name).await;
        assert_eq!(kinds(&name).await, first, "{name}");
        seen.extend(first);
    }
    let stored = [Scheme::Bcrypt { cost: 4 }.kind(), dear.kind()];
    assert!(seen.iter().all(|kind| stored.contains(kind)), "{seen:?}");
    assert!(stored.iter().all(|kind| seen.contains(kind)), "{seen:?}");
}

/// Whoever measures that a hash is of the new kind must not know that somebody has it.
#[every_engine]
async fn when_new_hashes_are_of_another_kind_some_of_nobodys_are_so_before_the_first_is_made() {
    let before = populated().await;
    let dear = Scheme::Bcrypt { cost: 5 };
    let mut policy = before.auth.policy().clone();
    policy.password.scheme = dear;
    let stronger = Setup { policy, ..Setup::default() };
    let app = before.second_process_with(stronger).await;
    app.auth.take_census().await.unwrap();
    assert!(!app.auth.is_census_due());
    for number in 0..30 {
        attempt(&app, &json!({"identifier": format!("nobody-{number}"), "password": "wrong"})).await;
    }
    let kinds = app.auth.hash_gate_metrics().kinds;
    // One was made when the census was taken.
    assert!(kinds[&dear.kind()] > 1, "{kinds:?}");
    assert!(kinds[&Scheme::Bcrypt { cost: 4 }.kind()] > 10, "{kinds:?}");
    assert!(!app.auth.is_census_due());
    // Of three accounts one gets a hash of the new kind.
    assert_eq!(app.post("/v1/login").json(&app.alice().credentials()).await.status, 200);
    assert!(app.auth.is_census_due());
    app.auth.take_census().await.unwrap();
    assert!(!app.auth.is_census_due());
}

#[every_engine]
async fn what_cannot_be_an_identifier_costs_a_verification_too() {
    let app = populated().await;
    let (expected, ..) = attempt(&app, &json!({"identifier": "alice", "password": "wrong"})).await;
    let long = "x".repeat(5000);
    for identifier in
        ["", " ", "@", "a b", "ab", "' or 1=1 --", "alice\u{0}", "a@b@c", "ali\u{202e}ce", long.as_str()]
    {
        let (answer, verified, hashed) =
            attempt(&app, &json!({"identifier": identifier, "password": "wrong"})).await;
        assert_eq!((verified, hashed), (1, 0), "{identifier:?}");
        assert_same(&answer, &expected, identifier);
    }
}

#[every_engine]
async fn a_disabled_account_costs_one_verification_with_the_right_password_as_well() {
    let app = populated().await;
    let (answer, verified, hashed) = attempt(&app, &app.bob().credentials()).await;
    assert_eq!((answer.code().as_str(), verified, hashed), ("account_disabled", 1, 0));
}

#[every_engine]
async fn a_good_login_costs_one_verification() {
    let app = populated().await;
    let (answer, verified, hashed) = attempt(&app, &app.alice().credentials()).await;
    assert_eq!((answer.status.as_u16(), verified, hashed), (200, 1, 0));
}

#[every_engine]
async fn the_first_login_of_nobody_on_a_cold_server_still_costs_one_verification() {
    let app = App::start().await;
    let (answer, verified, hashed) =
        attempt(&app, &json!({"identifier": "mallory", "password": "wrong"})).await;
    assert_eq!((answer.status.as_u16(), verified), (401, 1));
    assert_eq!(hashed, 1, "the hash that nobody's logins are checked against is made once");
    let (_, _, hashed) = attempt(&app, &json!({"identifier": "mallory", "password": "wrong"})).await;
    assert_eq!(hashed, 0);
}

#[every_engine]
async fn registering_a_taken_address_costs_as_much_as_registering_a_free_one() {
    let app = populated().await;
    for (email, status) in [("alice@example.com", 409), ("new@example.com", 201)] {
        let before = app.auth.hash_gate_metrics();
        let answer = app.post("/v1/register").json(&json!({"email": email, "password": "long enough"})).await;
        let after = app.auth.hash_gate_metrics();
        assert_eq!(answer.status, status);
        assert_eq!((after.hashed - before.hashed, after.verified - before.verified), (1, 0), "{email}");
    }
}

/// Byte for byte, but for the name of the request.
pub(super) fn assert_same(answer: &Answer, expected: &Answer, who: &str) {
    let without_name = |answer: &Answer| {
        let name = answer.header("x-request-id").unwrap().to_owned();
        let body = answer.text().replace(&name, "");
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        assert_eq!(headers.remove("content-length").unwrap(), answer.body.len().to_string());
        (answer.status, headers, body)
    };
    assert_eq!(without_name(answer), without_name(expected), "{who}");
}
