//! Does a key that one node made a moment ago log anybody out at another?

use std::sync::Arc;

use portcullis_core::Auth;
use portcullis_core::crypto::keyring::KeyPurpose;
use portcullis_core::crypto::secret::Password;
use portcullis_core::flows::log_in::LogIn;
use portcullis_core::flows::refresh::RefreshError;
use portcullis_core::flows::register::Register;
use portcullis_core::flows::rotate_keys::{RotateKeysError, Urgency};
use portcullis_core::model::{Client, Email, Identifier, Profile};
use portcullis_core::testing::{ManualClock, NOW, SeededEntropy};
use portcullis_every_engine::every_engine;
use portcullis_store::testing::TestDatabase;

use crate::{engine, node};

/// Two nodes that never look at what the other does unless they have to.
struct Nodes {
    one: Auth,
    other: Auth,
    clock: Arc<ManualClock>,
    _database: TestDatabase,
}

impl Nodes {
    async fn start() -> Self {
        let database = engine::database().await;
        let (clock, entropy) = (Arc::new(ManualClock::new(NOW)), Arc::new(SeededEntropy::new(1)));
        let one = node::start(&database, &clock, &entropy).await;
        let other = node::start(&database, &clock, &entropy).await;
        Self { one, other, clock, _database: database }
    }

    async fn rotate(&self, urgency: Urgency) -> Result<(), RotateKeysError> {
        self.one.rotate_keys(KeyPurpose::RefreshToken, urgency, None, &Client::default()).await.map(drop)
    }

    /// The refresh token of a new login at the node that rotates.
    async fn log_in(&self, name: &str) -> String {
        let email = Email::parse(&format!("{name}@example.com")).unwrap();
        let password = Password::from("correct horse battery".to_owned());
        let newcomer = Register {
            email: Some(email.clone()),
            username: None,
            password: password.clone(),
            profile: Profile::default(),
            external_id: None,
        };
        self.one.register(newcomer, &Client::default()).await.unwrap();
        let attempt = LogIn { identifier: Identifier::Email(email).into(), password };
        let grant = self.one.log_in(attempt, &Client::default()).await.unwrap();
        self.one.mint(&grant).unwrap().refresh.expose().to_owned()
    }
}

#[every_engine]
async fn a_refresh_token_of_a_key_that_another_node_has_not_seen_yet_is_good_there() {
    let nodes = Nodes::start().await;
    for name in ["ada", "ben", "cat"] {
        nodes.clock.move_by_millis(2_000);
        nodes.rotate(Urgency::Planned).await.unwrap();
        let token = nodes.log_in(name).await;
        nodes.other.refresh(&token, &Client::default()).await.unwrap();
    }
    for name in ["dan", "eve", "fay"] {
        nodes.rotate(Urgency::Emergency).await.unwrap();
        let token = nodes.log_in(name).await;
        nodes.other.refresh(&token, &Client::default()).await.unwrap();
    }
}

#[every_engine]
async fn a_planned_rotation_waits_until_every_node_knows_the_next_key() {
    let nodes = Nodes::start().await;
    nodes.clock.move_by_millis(1);
    nodes.rotate(Urgency::Planned).await.unwrap();
    nodes.clock.move_by_millis(1_999);
    assert!(matches!(nodes.rotate(Urgency::Planned).await, Err(RotateKeysError::TooSoon)));
    nodes.clock.move_by_millis(1);
    nodes.rotate(Urgency::Planned).await.unwrap();
    nodes.rotate(Urgency::Emergency).await.unwrap();
}

#[every_engine]
async fn tokens_that_name_keys_which_do_not_exist_share_their_looks_into_the_database() {
    let nodes = Nodes::start().await;
    let token = nodes.log_in("ada").await;
    // The first four bytes are the name of the key.
    let junk = token.replacen("pc_rt_", "pc_rt_AAAAA", 1);
    let junk = junk.get(..token.len()).unwrap().to_owned();
    let begun = std::time::Instant::now();
    let stranger = Client::default();
    let refused = futures_util::future::join_all((0..200).map(|_| nodes.other.refresh(&junk, &stranger)));
    for refusal in refused.await {
        assert!(matches!(refusal, Err(RefreshError::Invalid(_))));
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "each waited for a look of its own");
    nodes.other.refresh(&token, &Client::default()).await.unwrap();
}
