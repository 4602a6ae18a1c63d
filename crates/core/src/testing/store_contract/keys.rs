//! Are signing keys kept and rotated as agreed?

use portcullis_crypto::keyring::{KeyPurpose, KeyRecord, KeyState};

use super::World;
use crate::model::{AccountId, AuditEvent, AuditKind};
use crate::ports::audit_store::AuditFilter;
use crate::ports::store::{KeyRotation, KeySuccessor};
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
        replaces: key("k1", KeyPurpose::AccessToken, KeyState::Active),
        old_becomes: KeyState::Retired,
        successor: next("k2"),
        adds: key(adds, KeyPurpose::AccessToken, KeyState::Next),
        now: NOW.plus(DAY),
    }
}

fn next(kid: &str) -> KeySuccessor {
    KeySuccessor::Next(kid.into())
}

/// The same keys, sealed otherwise.
pub(super) fn resealed(keys: &[KeyRecord]) -> Vec<KeyRecord> {
    keys.iter().map(|key| KeyRecord { sealed: vec![7; 90], ..key.clone() }).collect()
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
    world.store.list_audit_events(&AuditFilter::default(), page).await.unwrap().items.len()
}

pub async fn keys_come_back_as_they_were_added(world: World) {
    assert_eq!(stored(&world).await, []);
    let mut keys = first_keys();
    keys[1].activated_at = Some(-1);
    keys[1].retired_at = Some(i64::MAX);
    assert!(world.store.add_first_keys(&keys, &[]).await.unwrap());
    assert_eq!(stored(&world).await, keys);
}

pub async fn first_keys_are_added_once(world: World) {
    let nobody = AccountId::new(NOW, [0; 10]);
    let made = |at| [world.event(AuditKind::KeysCreated, nobody, at)];
    assert!(world.store.add_first_keys(&first_keys(), &made(NOW)).await.unwrap());
    let others = [key("other", KeyPurpose::AccessToken, KeyState::Active)];
    assert!(!world.store.add_first_keys(&others, &made(NOW.plus(MINUTE))).await.unwrap());
    assert_eq!(stored(&world).await, first_keys());
    assert_eq!(events(&world).await, 1, "nothing was done the second time");
}

pub async fn a_rotation_retires_one_key_promotes_the_next_and_adds_another(world: World) {
    world.store.add_first_keys(&first_keys(), &[]).await.unwrap();
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
    world.store.add_first_keys(&first_keys(), &[]).await.unwrap();
    world.store.rotate_keys(&rotation("k3"), &event(&world)).await.unwrap();
    let before = stored(&world).await;
    assert!(!world.store.rotate_keys(&rotation("k4"), &event(&world)).await.unwrap());
    let unknown = key("k9", KeyPurpose::AccessToken, KeyState::Active);
    let unknown = KeyRotation { replaces: unknown, ..rotation("k4") };
    assert!(!world.store.rotate_keys(&unknown, &event(&world)).await.unwrap());
    assert_eq!(stored(&world).await, before);
    assert_eq!(events(&world).await, 1);
}

pub async fn a_rotation_that_cannot_promote_fails_as_a_whole(world: World) {
    world.store.add_first_keys(&first_keys(), &[]).await.unwrap();
    let broken = [
        KeyRotation { successor: next("k9"), ..rotation("k3") },
        KeyRotation { successor: next("k1"), ..rotation("k3") },
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
    world.store.add_first_keys(&first_keys(), &[]).await.unwrap();
    assert!(world.store.rotate_keys(&rotation("k3"), &event(&world)).await.unwrap());
    let emergency = KeyRotation {
        replaces: key("k2", KeyPurpose::AccessToken, KeyState::Active),
        successor: next("k3"),
        old_becomes: KeyState::Revoked,
        now: NOW.plus(2 * DAY),
        ..rotation("k4")
    };
    assert!(world.store.rotate_keys(&emergency, &event(&world)).await.unwrap());
    let keys = stored(&world).await;
    let states: Vec<KeyState> = keys.iter().map(|key| key.state).collect();
    let access = [KeyState::Revoked, KeyState::Revoked, KeyState::Active, KeyState::Next];
    assert_eq!(states[..4], access);
    assert_eq!(states[4], KeyState::Active, "a refresh key was touched");
    // All of them are to be known as revoked from now on, also one that would soon have been forgotten.
    let ended = Some(NOW.plus(2 * DAY).as_millis());
    assert_eq!(keys.iter().map(|key| key.retired_at).collect::<Vec<_>>(), [ended, ended, None, None, None]);
    let forgotten = world.store.delete_keys_retired_before(KeyPurpose::AccessToken, NOW.plus(DAY + MINUTE));
    assert_eq!(forgotten.await.unwrap(), 0);
}

pub async fn a_new_key_takes_over_from_the_active_and_the_next_one(world: World) {
    world.store.add_first_keys(&first_keys(), &[]).await.unwrap();
    let new = KeyRecord { sealed: vec![3; 60], ..key("k9", KeyPurpose::AccessToken, KeyState::Active) };
    let emergency = KeyRotation {
        successor: KeySuccessor::New(new.clone()),
        old_becomes: KeyState::Revoked,
        ..rotation("k3")
    };
    assert!(world.store.rotate_keys(&emergency, &event(&world)).await.unwrap());
    let [k1, k2, refresh] = first_keys();
    let revoked =
        |key| KeyRecord { state: KeyState::Revoked, retired_at: Some(NOW.plus(DAY).as_millis()), ..key };
    let k3 = key("k3", KeyPurpose::AccessToken, KeyState::Next);
    assert_eq!(stored(&world).await, [revoked(k1), revoked(k2), k3, new, refresh]);
}

pub async fn a_next_key_gives_way_to_another_once(world: World) {
    world.store.add_first_keys(&first_keys(), &[]).await.unwrap();
    let [k1, k2, refresh] = first_keys();
    let by = |kid| key(kid, KeyPurpose::AccessToken, KeyState::Next);
    let replace = async |replaced: &KeyRecord, by: &KeyRecord| {
        world.store.replace_next_key(replaced, by, &event(&world)).await.unwrap()
    };
    assert!(!replace(&k1, &by("k3")).await, "it is active");
    assert!(!replace(&resealed(std::slice::from_ref(&k2))[0], &by("k3")).await, "it is sealed otherwise");
    assert!(replace(&k2, &by("k3")).await);
    assert!(!replace(&k2, &by("k4")).await);
    let ended = Some(NOW.plus(DAY).as_millis());
    let k2 = KeyRecord { state: KeyState::Revoked, retired_at: ended, ..k2 };
    assert_eq!(stored(&world).await, [k1, k2, by("k3"), refresh]);
    assert_eq!(events(&world).await, 1);
}

pub async fn all_keys_are_resealed_or_none(world: World) {
    world.store.add_first_keys(&first_keys(), &[]).await.unwrap();
    let old = world.store.list_keys().await.unwrap();
    let new = resealed(&old);
    let reseal = async |old: &[KeyRecord], new: &[KeyRecord]| {
        world.store.reseal_keys(old, new, &event(&world)).await.unwrap()
    };
    assert!(!reseal(&old[..2], &new[..2]).await, "there are more");
    assert!(!reseal(&new, &old).await, "they are sealed otherwise");
    assert_eq!(world.store.list_keys().await.unwrap(), old);
    assert!(reseal(&old, &new).await);
    assert_eq!(world.store.list_keys().await.unwrap(), new);
    assert!(!reseal(&old, &new).await, "they have been");
    assert_eq!(events(&world).await, 1);
}

pub async fn a_rotation_by_somebody_who_has_missed_a_resealing_changes_nothing(world: World) {
    world.store.add_first_keys(&first_keys(), &[]).await.unwrap();
    let old = world.store.list_keys().await.unwrap();
    let new = resealed(&old);
    assert!(world.store.reseal_keys(&old, &new, &event(&world)).await.unwrap());
    assert!(!world.store.rotate_keys(&rotation("k3"), &event(&world)).await.unwrap());
    assert_eq!(world.store.list_keys().await.unwrap(), new);
    let replaces = resealed(&[rotation("k3").replaces]).remove(0);
    let known = KeyRotation { replaces, ..rotation("k3") };
    assert!(world.store.rotate_keys(&known, &event(&world)).await.unwrap());
}

pub async fn keys_are_forgotten_by_purpose_and_time(world: World) {
    world.store.add_first_keys(&first_keys(), &[]).await.unwrap();
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
