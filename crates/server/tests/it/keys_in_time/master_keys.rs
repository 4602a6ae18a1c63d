//! Does one master key follow another while nodes run, start and stop?

use portcullis_core::crypto::keyring::{KeyPurpose, KeyringError};
use portcullis_core::crypto::seal::MasterKey;
use portcullis_core::flows::Trouble;
use portcullis_core::flows::refresh::RefreshError;
use portcullis_core::flows::reseal_keys::ResealKeysError;
use portcullis_core::flows::rotate_keys::{RotateKeysError, Urgency};
use portcullis_core::model::Client;
use portcullis_core::ports::StoreError;
use portcullis_core::{Auth, OpenError};
use portcullis_every_engine::every_engine;

use super::{HOUR, Place, is_let_in, newcomer, refresh};
use crate::node;

/// The master key after that of all tests.
fn new_key() -> MasterKey {
    MasterKey::from_hex("2b9d05c4e17f83a6d40c9e5b7218f3a6c05d94e8b17326fa0d4ce9815b73a260").unwrap()
}

/// Which master keys a node is given.
#[derive(Debug, Clone, Copy)]
enum Given {
    Old,
    Both,
    New,
}

impl Place {
    async fn try_start(&self, given: Given) -> Result<Auth, OpenError> {
        node::start_as(&self.database, &self.clock, &self.entropy, |deps, _| match given {
            Given::Old => {}
            Given::Both => {
                deps.previous_master_key = Some(node::master_key());
                deps.master_key = new_key();
            }
            Given::New => deps.master_key = new_key(),
        })
        .await
    }

    async fn start(&self, given: Given) -> Auth {
        self.try_start(given).await.unwrap()
    }
}

fn is_wrong_master_key<T>(result: &Result<T, OpenError>) -> bool {
    matches!(result, Err(OpenError::Keys(KeyringError::WrongMasterKey)))
}

async fn rotate(node: &Auth, purpose: KeyPurpose) -> Result<(), RotateKeysError> {
    node.rotate_keys(purpose, Urgency::Planned, None, &Client::operator()).await.map(drop)
}

#[every_engine]
async fn nodes_with_both_master_keys_serve_before_and_after_the_keys_are_resealed() {
    let place = Place::ago(HOUR).await;
    let old = place.start(Given::Old).await;
    let alice = newcomer(&old, "alice").await;
    assert!(is_wrong_master_key(&place.try_start(Given::New).await));
    let both = place.start(Given::Both).await;
    assert!(is_let_in(&both, &alice));

    // A key made now is for all nodes that there are.
    rotate(&both, KeyPurpose::RefreshToken).await.unwrap();
    let alice = refresh(&both, &alice).await;
    let alice = refresh(&old, &alice).await;
    old.synchronise().await.unwrap();

    assert_eq!(both.reseal_keys(None, &Client::operator()).await.unwrap(), 5);
    let again = both.reseal_keys(None, &Client::operator()).await.unwrap_err();
    assert!(matches!(again, ResealKeysError::SealedAlready), "{again}");
    let new = place.start(Given::New).await;
    let alice = refresh(&new, &alice).await;
    let alice = refresh(&both, &alice).await;
    assert!(is_let_in(&new, &alice) && is_let_in(&both, &alice));
    assert!(is_wrong_master_key(&place.try_start(Given::Old).await));
    assert_eq!(place.log().await, ["keys_resealed ", "keys_rotated refresh_token, planned"]);
}

#[every_engine]
async fn a_node_that_has_not_been_given_the_new_master_key_goes_on_with_the_keys_it_holds() {
    let place = Place::ago(HOUR).await;
    let old = place.start(Given::Old).await;
    let alice = newcomer(&old, "alice").await;
    assert_eq!(old.reseal_keys(Some(&new_key()), &Client::operator()).await.unwrap(), 4);
    // It is told so every second, and its tokens are good everywhere.
    assert!(is_wrong_master_key(&old.synchronise().await));
    let new = place.start(Given::New).await;
    for _ in 0..3 {
        let bob = refresh(&old, &alice).await;
        assert!(is_let_in(&old, &bob) && is_let_in(&new, &bob));
        old.synchronise().await.unwrap_err();
    }
    old.check_ready().await.unwrap();
    // It cannot make a key that others could not open.
    let refused = rotate(&old, KeyPurpose::AccessToken).await.unwrap_err();
    assert!(matches!(refused, RotateKeysError::Trouble(_)), "{refused}");

    // What it cannot know is no fault of whoever brings it: they are asked to come again.
    place.pass(std::time::Duration::from_secs(2));
    rotate(&new, KeyPurpose::RefreshToken).await.unwrap();
    let bob = newcomer(&new, "bob").await;
    refresh(&old, &bob).await;
    place.pass(std::time::Duration::from_secs(2));
    rotate(&new, KeyPurpose::RefreshToken).await.unwrap();
    let alice = refresh(&new, &alice).await;
    let busy = old.refresh(alice.refresh.expose(), &Client::default()).await.unwrap_err();
    assert!(matches!(busy, RefreshError::Trouble(Trouble::Store(StoreError::Unavailable { .. }))), "{busy}");
    // Until it is started with the new master key.
    let restarted = place.start(Given::Both).await;
    refresh(&restarted, &alice).await;
}

#[every_engine]
async fn a_node_that_has_not_been_given_the_new_master_key_does_without_keys_that_an_emergency_revoked() {
    let place = Place::ago(HOUR).await;
    let old = place.start(Given::Old).await;
    let alice = newcomer(&old, "alice").await;
    old.reseal_keys(Some(&new_key()), &Client::operator()).await.unwrap();
    let new = place.start(Given::New).await;
    assert!(is_wrong_master_key(&old.synchronise().await));
    assert!(is_let_in(&old, &alice), "nothing was revoked");

    let nobody = Client::operator();
    let emergency = |purpose| new.rotate_keys(purpose, Urgency::Emergency, None, &nobody);
    emergency(KeyPurpose::AccessToken).await.unwrap();
    for _ in 0..2 {
        assert!(is_wrong_master_key(&old.synchronise().await));
        assert!(!is_let_in(&old, &alice), "whoever has the key could sign this");
    }
    // It cannot sign any more, says so, and uses no refresh token up.
    old.revocations(None).unwrap_err();
    assert_eq!(old.jwks().keys.len(), 0);
    let grant = old.refresh(alice.refresh.expose(), &Client::default()).await;
    assert!(matches!(grant, Err(RefreshError::Trouble(Trouble::Store(StoreError::Unavailable { .. })))));
    let alice = refresh(&new, &alice).await;
    assert!(is_let_in(&new, &alice));

    emergency(KeyPurpose::RefreshToken).await.unwrap();
    assert!(is_wrong_master_key(&old.synchronise().await));
    assert!(old.open_refresh_token(alice.refresh.expose()).is_err());
    // Until it is started with the new master key.
    let restarted = place.start(Given::Both).await;
    let bob = newcomer(&restarted, "bob").await;
    assert!(is_let_in(&new, &bob));
}

#[every_engine]
async fn a_rotation_by_a_node_that_has_missed_the_resealing_is_under_the_new_master_key() {
    let place = Place::ago(HOUR).await;
    drop(place.start(Given::Old).await);
    let (one, other) = (place.start(Given::Both).await, place.start(Given::Both).await);
    one.reseal_keys(None, &Client::operator()).await.unwrap();
    rotate(&other, KeyPurpose::AccessToken).await.unwrap();
    let new = place.start(Given::New).await;
    assert_eq!(new.key_infos().len(), 5);
}

#[every_engine]
async fn resealings_and_rotations_at_the_same_moment_leave_every_key_under_one_master_key() {
    for round in 0..5 {
        let place = Place::ago(HOUR).await;
        drop(place.start(Given::Old).await);
        let nodes =
            [place.start(Given::Both).await, place.start(Given::Both).await, place.start(Given::Both).await];
        let rotating =
            [rotate(&nodes[1], KeyPurpose::AccessToken), rotate(&nodes[2], KeyPurpose::RefreshToken)];
        let rotated = futures_util::future::join_all(rotating);
        let nobody = Client::operator();
        let (resealed, rotated) = tokio::join!(nodes[0].reseal_keys(None, &nobody), rotated);
        resealed.unwrap_or_else(|error| panic!("round {round}: {error}"));
        for outcome in rotated {
            assert!(matches!(outcome, Ok(()) | Err(RotateKeysError::Raced)), "{outcome:?}");
        }
        let new = place.start(Given::New).await;
        let alice = newcomer(&new, "alice").await;
        nodes[1].synchronise().await.unwrap();
        assert!(is_let_in(&nodes[1], &alice));
    }
}
