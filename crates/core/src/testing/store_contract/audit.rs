//! Is the audit log complete and readable?

use super::World;
use crate::model::{AuditEvent, AuditKind, Client, EventId, PageRequest, Role};
use crate::testing::{MINUTE, NOW, Personas};

pub async fn entries_come_back_as_they_were_written(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let full = AuditEvent {
        actor_id: Some(world.account("admin").await.id),
        session_id: Some(session.id),
        client: Personas::thief(),
        ..world.event(AuditKind::RoleChanged, alice.id, NOW.plus(MINUTE))
    };
    world.store.set_role(alice.id, Role::Admin, &full).await.unwrap();
    let bare = AuditEvent {
        actor_id: None,
        client: Client::default(),
        ..world.event(AuditKind::AccountDisabled, alice.id, NOW.plus(2 * MINUTE))
    };
    world.store.disable_account(alice.id, &bare).await.unwrap();

    let page = world.store.list_audit_events(Some(alice.id), PageRequest::first(2)).await.unwrap();
    assert_eq!(page.items, [bare, full]);
}

pub async fn entries_are_listed_newest_first_in_pages(world: World) {
    let mut written: Vec<EventId> = Vec::new();
    for (minute, name) in ["alice", "bob", "carol", "dan", "eve"].into_iter().enumerate() {
        let account = world.personas.account(name);
        let at = NOW.plus(MINUTE * u32::try_from(minute).unwrap());
        let event = world.event(AuditKind::AccountCreated, account.id, at);
        world.store.create_account(&account, None, &event).await.unwrap();
        written.insert(0, event.id);
    }
    let mut listed = Vec::new();
    let mut request = PageRequest::first(2);
    loop {
        let page = world.store.list_audit_events(None, request).await.unwrap();
        assert!(page.items.len() <= 2);
        listed.extend(page.items.iter().map(|event| event.id));
        let Some(next) = page.next else { break };
        request.after = Some(next);
    }
    assert_eq!(listed, written);
}

pub async fn entries_of_one_account_are_listed_alone(world: World) {
    let (alice, _) = world.alice_logged_in().await;
    let bob = world.account("bob").await;
    assert_eq!(world.logged(alice.id).await, [AuditKind::LoggedIn, AuditKind::AccountCreated]);
    assert_eq!(world.logged(bob.id).await, [AuditKind::AccountCreated]);
    let first = world.store.list_audit_events(Some(alice.id), PageRequest::first(1)).await.unwrap();
    let second = PageRequest { after: first.next, limit: 1 };
    let second = world.store.list_audit_events(Some(alice.id), second).await.unwrap();
    assert_eq!((second.items[0].kind, second.next), (AuditKind::AccountCreated, None));
}
