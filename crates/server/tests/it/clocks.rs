//! What happens when two nodes disagree about the time?

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::Auth;
use portcullis_core::crypto::secret::Password;
use portcullis_core::flows::Grant;
use portcullis_core::flows::authenticate::AuthenticateError;
use portcullis_core::flows::log_in::LogIn;
use portcullis_core::flows::register::Register;
use portcullis_core::model::{Client, Email, Identifier, Profile};
use portcullis_core::testing::{ManualClock, NOW, SeededEntropy};
use portcullis_core::verifier::VerifyError;
use portcullis_every_engine::every_engine;
use portcullis_store::testing::TestDatabase;

use crate::{engine, node};

/// Two nodes on one database, each with a clock.
struct Nodes {
    right: Auth,
    wrong: Auth,
    right_clock: Arc<ManualClock>,
    _database: TestDatabase,
}

impl Nodes {
    /// The clock of one node is wrong by so much.
    async fn apart(seconds: i64) -> Self {
        let database = engine::database().await;
        let entropy = Arc::new(SeededEntropy::new(1));
        let right_clock = Arc::new(ManualClock::new(NOW));
        let wrong_clock = Arc::new(ManualClock::new(NOW));
        wrong_clock.move_by_millis(seconds * 1000);
        let right = node::start(&database, &right_clock, &entropy).await;
        let wrong = node::start(&database, &wrong_clock, &entropy).await;
        Self { right, wrong, right_clock, _database: database }
    }
}

async fn newcomer(node: &Auth) -> Grant {
    let newcomer = Register {
        email: Some(Email::parse("ada@example.com").unwrap()),
        username: None,
        password: Password::from("correct horse battery".to_owned()),
        profile: Profile::default(),
        external_id: None,
    };
    node.register(newcomer, &Client::default()).await.unwrap();
    let identifier = Identifier::Email(Email::parse("ada@example.com").unwrap()).into();
    let attempt = LogIn { identifier, password: Password::from("correct horse battery".to_owned()) };
    node.log_in(attempt, &Client::default()).await.unwrap()
}

#[every_engine]
async fn what_a_node_a_minute_ahead_has_just_issued_is_good_everywhere() {
    let nodes = Nodes::apart(60).await;
    let tokens = nodes.wrong.mint(&newcomer(&nodes.wrong).await).unwrap();
    nodes.right.authenticate(tokens.access.expose()).unwrap();
    let grant = nodes.right.refresh(tokens.refresh.expose(), &Client::default()).await.unwrap();
    nodes.wrong.authenticate(nodes.right.mint(&grant).unwrap().access.expose()).unwrap();
}

#[every_engine]
async fn a_token_from_further_ahead_is_refused_until_its_time_comes() {
    let nodes = Nodes::apart(90).await;
    let tokens = nodes.wrong.mint(&newcomer(&nodes.wrong).await).unwrap();
    let early = nodes.right.authenticate(tokens.access.expose()).unwrap_err();
    assert_eq!(early, AuthenticateError::Token(VerifyError::IssuedInFuture));
    nodes.right_clock.move_by_millis(30_000);
    nodes.right.authenticate(tokens.access.expose()).unwrap();
}

#[every_engine]
async fn what_a_node_far_behind_has_ended_is_refused_by_the_others_before_long() {
    let nodes = Nodes::apart(-600).await;
    let grant = newcomer(&nodes.right).await;
    let access = nodes.right.mint(&grant).unwrap().access;
    nodes.right.synchronise().await.unwrap();
    let principal = nodes.right.authenticate(access.expose()).unwrap();

    assert!(nodes.wrong.log_out_session(principal.session_id, &Client::default()).await.unwrap());
    let mut seconds = 0;
    while nodes.right.authenticate(access.expose()).is_ok() {
        nodes.right_clock.move_by_millis(1000);
        seconds += 1;
        nodes.right.synchronise().await.unwrap();
        assert!(seconds <= 30, "not seen after {seconds} seconds");
    }
    let ended = nodes.right.authenticate(access.expose()).unwrap_err();
    assert_eq!(ended, AuthenticateError::SessionRevoked);
}

#[every_engine]
async fn what_a_node_within_a_minute_has_ended_is_refused_by_the_others_at_their_next_look() {
    for seconds in [-59, 59] {
        let nodes = Nodes::apart(seconds).await;
        let grant = newcomer(&nodes.right).await;
        let access = nodes.right.mint(&grant).unwrap().access;
        nodes.right.synchronise().await.unwrap();
        let principal = nodes.right.authenticate(access.expose()).unwrap();
        assert!(nodes.wrong.log_out_session(principal.session_id, &Client::default()).await.unwrap());
        nodes.right_clock.move_by_millis(i64::try_from(Duration::from_secs(1).as_millis()).unwrap());
        nodes.right.synchronise().await.unwrap();
        let ended = nodes.right.authenticate(access.expose()).unwrap_err();
        assert_eq!(ended, AuthenticateError::SessionRevoked, "{seconds}");
    }
}
