//! Are signing keys kept and rotated as agreed?

use portcullis_crypto::keyring::{KeyPurpose, KeyRecord, KeyState};

use super::World;
use crate::model::{AccountId, AuditEvent, AuditKind};
use crate::ports::store::KeyRotation;
use crate::testing::{DAY, MINUTE, NOW};

/// A key that is sealed for nobody: the store does not look inside.
pub(super) fn key(kid: &str, purpose: KeyPurpose, state: KeyState) -> KeyRecord {
    KeyRecord {
        kid: kid.into(),
        purpose,
        algorithm: "EdDSA".into(),
        state,
        sealed: (0..=255).collect(),
        created_at: NOW.as_millis(),
        activated_at: (state == KeyState::Active).then_some(NOW.as_millis()),
        retired_at: None,
    }
}

/// An active and a next key for access tokens, and an active one for refresh tokens of the same name.
pub(super) fn first_keys() -> [KeyRecord; 3] {
    [
        key("k1", KeyPurpose::AccessToken, KeyState::Active),
        key("k2", KeyPurpose::AccessToken, KeyState::Next),
        key("k1", KeyPurpose::RefreshToken, KeyState::Active),
    ]
}

/// `k1` gives way to `k2`, and `adds` becomes the next.
pub(super) fn rotation(adds: &str) -> KeyRotation {
    KeyRotation {
        purpose: KeyPurpose::AccessToken,
        replaces: "k1".into(),
        old_becomes: KeyState::Retired,
        promotes: "k2".into(),
        adds: key(adds, KeyPurpose::AccessToken, KeyState::Next),
        now: NOW.plus(DAY),
    }
}

pub(super) fn event(world: &World) -> AuditEvent {
    let nobody = AccountId::new(NOW, [0; 10]);
    AuditEvent {
        account_id: None,
        actor_id: None,
        ..world.event(AuditKind::KeysRotated, nobody, NOW.plus(DAY))
    }
}

async fn stored(world: &World) -> Vec<KeyRecord> {
    let mut keys = world.store.list_keys().await.unwrap();
    keys.sort_by_key(|key| (key.purpose.as_str(), key.kid.clone()));
    keys
}

async fn events(world: &World) -> usize {
    let page = crate::model::PageRequest::first(10);
    world.store.list_audit_events(None, page).await.unwrap().items.len()
}

pub async fn keys_come_back_as_they_were_added(world: World) {
    assert_eq!(stored(&world).await, []);
    let mut keys = first_keys();
    keys[1].activated_at = Some(-1);
    keys[1].retired_at = Some(i64::MAX);
    assert!(world.store.add_first_keys(&keys).await.unwrap());
    assert_eq!(stored(&world).await, keys);
}

pub async fn first_keys_are_added_once(world: World) {
    assert!(world.store.add_first_keys(&first_keys()).await.unwrap());
    let others = [key("other", KeyPurpose::AccessToken, KeyState::Active)];
    assert!(!world.store.add_first_keys(&others).await.unwrap());
    assert_eq!(stored(&world).await, first_keys());
}

pub async fn a_rotation_retires_one_key_promotes_the_next_and_adds_another(world: World) {
    world.store.add_first_keys(&first_keys()).await.unwrap();
    assert!(world.store.rotate_keys(&rotation("k3"), &event(&world)).await.unwrap());

    let [k1, k2, refresh] = first_keys();
    let then = Some(NOW.plus(DAY).as_millis());
    let expected = [
        KeyRecord { state: KeyState::Retired, retired_at: then, ..k1 },
        KeyRecord { state: KeyState::Active, activated_at: then, ..k2 },
        key("k3", KeyPurpose::AccessToken, KeyState::Next),
        refresh,
    ];
    assert_eq!(stored(&world).await, expected);
    assert_eq!(events(&world).await, 1);
}

pub async fn a_rotation_of_a_key_that_is_not_active_any_more_changes_nothing(world: World) {
    world.store.add_first_keys(&first_keys()).await.unwrap();
    world.store.rotate_keys(&rotation("k3"), &event(&world)).await.unwrap();
    let before = stored(&world).await;
    assert!(!world.store.rotate_keys(&rotation("k4"), &event(&world)).await.unwrap());
    let unknown = KeyRotation { replaces: "k9".into(), ..rotation("k4") };
    assert!(!world.store.rotate_keys(&unknown, &event(&world)).await.unwrap());
    assert_eq!(stored(&world).await, before);
    assert_eq!(events(&world).await, 1);
}

pub async fn a_rotation_that_cannot_promote_fails_as_a_whole(world: World) {
    world.store.add_first_keys(&first_keys()).await.unwrap();
    let broken = [
        KeyRotation { promotes: "k9".into(), ..rotation("k3") },
        KeyRotation { promotes: "k1".into(), ..rotation("k3") },
        KeyRotation { old_becomes: KeyState::Next, ..rotation("k3") },
        // There is a key of that name.
        rotation("k2"),
    ];
    for rotation in broken {
        world.store.rotate_keys(&rotation, &event(&world)).await.expect_err("it must fail");
        assert_eq!(stored(&world).await, first_keys());
    }
    assert_eq!(events(&world).await, 0);
}

pub async fn an_emergency_revokes_the_retired_keys_as_well(world: World) {
    world.store.add_first_keys(&first_keys()).await.unwrap();
    assert!(world.store.rotate_keys(&rotation("k3"), &event(&world)).await.unwrap());
    let emergency = KeyRotation {
        replaces: "k2".into(),
        promotes: "k3".into(),
        old_becomes: KeyState::Revoked,
        ..rotation("k4")
    };
    assert!(world.store.rotate_keys(&emergency, &event(&world)).await.unwrap());
    let states: Vec<KeyState> = stored(&world).await.into_iter().map(|key| key.state).collect();
    let access = [KeyState::Revoked, KeyState::Revoked, KeyState::Active, KeyState::Next];
    assert_eq!(states[..4], access);
    assert_eq!(states[4], KeyState::Active, "a refresh key was touched");
}

pub async fn keys_are_forgotten_by_purpose_and_time(world: World) {
    world.store.add_first_keys(&first_keys()).await.unwrap();
    let emergency = KeyRotation { old_becomes: KeyState::Revoked, ..rotation("k3") };
    world.store.rotate_keys(&emergency, &event(&world)).await.unwrap();
    let ended = NOW.plus(DAY);
    let forget =
        async |purpose, before| world.store.delete_keys_retired_before(purpose, before).await.unwrap();
    assert_eq!(forget(KeyPurpose::AccessToken, ended).await, 0);
    assert_eq!(forget(KeyPurpose::RefreshToken, ended.plus(MINUTE)).await, 0);
    assert_eq!(forget(KeyPurpose::AccessToken, ended.plus(MINUTE)).await, 1);
    let kids: Vec<String> = stored(&world).await.into_iter().map(|key| key.kid).collect();
    assert_eq!(kids, ["k2", "k3", "k1"]);
}
