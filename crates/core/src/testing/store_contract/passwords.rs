//! Are passwords replaced as agreed?

use super::World;
use crate::model::{AccountId, AuditKind, NewAccount, PageRequest, RevokeReason, SessionId};
use crate::ports::store::{PasswordChange, PasswordReplacement};
use crate::testing::{MINUTE, NOW, password_hash};

/// `checked` gives way to `new`.
pub(super) fn replacement(account_id: AccountId, checked: &str, new: &str) -> PasswordReplacement {
    PasswordReplacement {
        account_id,
        checked: Some(password_hash(checked)),
        new: password_hash(new),
        keep: None,
        token: None,
        mail: None,
    }
}

async fn change(world: &World, replacement: &PasswordReplacement) -> PasswordChange {
    let event = world.event(AuditKind::PasswordChanged, replacement.account_id, NOW.plus(MINUTE));
    world.store.change_password(replacement, &event).await.unwrap()
}

async fn assert_password(world: &World, id: AccountId, password: &str) {
    let secret = world.store.find_account_secret(id).await.unwrap().unwrap();
    assert_eq!(secret.password.unwrap().as_str(), password_hash(password).as_str());
}

pub async fn a_password_is_replaced_and_all_other_sessions_end(world: World) {
    let (alice, kept) = world.alice_logged_in().await;
    let others = [world.session(alice.id).await.id, world.session(alice.id).await.id];
    let elsewhere = world.session(world.account("bob").await.id).await;
    let replacement =
        PasswordReplacement { keep: Some(kept.id), ..replacement(alice.id, "alice-1", "alice-2") };

    let PasswordChange::Changed { mut revoked } = change(&world, &replacement).await else {
        panic!("not changed")
    };
    revoked.sort();
    assert_eq!(revoked, others);
    assert_password(&world, alice.id, "alice-2").await;
    assert_eq!(world.live_sessions(alice.id, NOW).await, [kept.id]);
    assert_eq!(world.live_sessions(elsewhere.account_id, NOW).await, [elsewhere.id]);
    let ended = world.stored_session(others[0]).await;
    assert_eq!(ended.revoked, Some((NOW.plus(MINUTE), RevokeReason::PasswordChanged)));
    assert_eq!(world.fed(NOW).await, others);
    assert_eq!(world.stored_account(alice.id).await.updated_at, NOW.plus(MINUTE));
    assert_eq!(world.logged(alice.id).await[0], AuditKind::PasswordChanged);
}

pub async fn a_password_that_is_not_current_any_more_is_not_replaced(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let log = world.logged(alice.id).await;
    let stale = replacement(alice.id, "alice-0", "alice-2");
    assert_eq!(change(&world, &stale).await, PasswordChange::Stale);
    assert_password(&world, alice.id, "alice-1").await;
    assert_eq!(world.live_sessions(alice.id, NOW).await, [session.id]);
    assert_eq!(world.stored_account(alice.id).await.updated_at, NOW);
    assert_eq!(world.logged(alice.id).await, log);
}

pub async fn an_operator_sets_a_password_whatever_it_was(world: World) {
    let alice = world.account("alice").await;
    let without = NewAccount { password: None, ..world.personas.account("bob") };
    world.create(&without).await;
    for id in [alice.id, without.id] {
        let replacement = PasswordReplacement { checked: None, ..replacement(id, "", "new") };
        let none: Vec<SessionId> = Vec::new();
        assert_eq!(change(&world, &replacement).await, PasswordChange::Changed { revoked: none });
        assert_password(&world, id, "new").await;
    }
}

pub async fn nobody_has_no_password_to_replace(world: World) {
    let nobody = world.personas.account("nobody").id;
    assert_eq!(change(&world, &replacement(nobody, "a", "b")).await, PasswordChange::NoAccount);
    let set = PasswordReplacement { checked: None, ..replacement(nobody, "a", "b") };
    assert_eq!(change(&world, &set).await, PasswordChange::NoAccount);
    assert_eq!(world.logged(nobody).await, []);
}

pub async fn a_hash_is_upgraded_only_while_it_is_current(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let (old, new) = (password_hash("alice-1"), password_hash("better"));
    assert!(world.store.upgrade_password_hash(alice.id, &old, &new).await.unwrap());
    assert!(!world.store.upgrade_password_hash(alice.id, &old, &password_hash("late")).await.unwrap());
    assert_password(&world, alice.id, "better").await;
    assert_eq!(world.live_sessions(alice.id, NOW).await, [session.id]);
    let nobody = world.personas.account("nobody").id;
    assert!(!world.store.upgrade_password_hash(nobody, &old, &new).await.unwrap());
}

pub async fn hashes_are_listed_in_pages(world: World) {
    let mut expected = Vec::new();
    for name in ["alice", "bob", "carol", "dave", "erin"] {
        let new = NewAccount { password: Some(password_hash(name)), ..world.personas.account(name) };
        world.create(&new).await;
        expected.push((new.id, password_hash(name).as_str().to_owned()));
    }
    world.create(&NewAccount { password: None, ..world.personas.account("without") }).await;
    expected.sort_unstable();
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = world.store.list_password_hashes(PageRequest { after, limit: 2 }).await.unwrap();
        assert!(page.items.len() <= 2);
        listed.extend(page.items.into_iter().map(|(id, hash)| (id, hash.as_str().to_owned())));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, expected);
}
