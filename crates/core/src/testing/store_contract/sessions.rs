//! Do sessions begin, and are they found, listed and forgotten as agreed?

use super::World;
use super::passwords::replacement;
use crate::model::{AuditKind, Client, NewSession, PageRequest, SessionId};
use crate::ports::store::SessionCreation;
use crate::testing::{DAY, MINUTE, NOW, Personas, password_hash};

pub async fn a_session_is_found_again_as_it_began(world: World) {
    let alice = world.account("alice").await;
    for client in
        [Personas::phone(), Personas::thief(), Client::default(), Client::new(None, Some("Ünïcode 📱"))]
    {
        let session = NewSession { client, ..world.personas.session(alice.id, NOW) };
        assert_eq!(world.begin(&session).await, SessionCreation::Created);
        assert_eq!(world.stored_session(session.id).await, session.begin());
    }
    assert_eq!(world.logged(alice.id).await[0], AuditKind::LoggedIn);
}

pub async fn nobody_and_a_disabled_account_get_no_session(world: World) {
    let nobody = world.personas.session(world.personas.account("nobody").id, NOW);
    assert_eq!(world.begin(&nobody).await, SessionCreation::NoAccount);
    let alice = world.account("alice").await;
    let event = world.event(AuditKind::AccountDisabled, alice.id, NOW);
    world.store.disable_account(alice.id, &event).await.unwrap();
    let refused = world.personas.session(alice.id, NOW);
    assert_eq!(world.begin(&refused).await, SessionCreation::AccountDisabled);
    for session in [nobody, refused] {
        assert!(world.store.find_session(session.id).await.unwrap().is_none());
        assert!(!world.logged(session.account_id).await.contains(&AuditKind::LoggedIn));
    }
}

pub async fn a_replaced_password_gets_no_session(world: World) {
    let alice = world.account("alice").await;
    let session = world.personas.session(alice.id, NOW);
    let event = world.event(AuditKind::LoggedIn, alice.id, NOW);
    let with = async |checked: &str| {
        world.store.create_session(&session, Some(&password_hash(checked)), &event).await.unwrap()
    };
    assert_eq!(with("alice-0").await, SessionCreation::PasswordChanged);
    assert!(world.store.find_session(session.id).await.unwrap().is_none());
    let replace = world.event(AuditKind::PasswordChanged, alice.id, NOW);
    world.store.change_password(&replacement(alice.id, "alice-1", "alice-2"), &replace).await.unwrap();
    assert_eq!(with("alice-1").await, SessionCreation::PasswordChanged);
    assert_eq!(with("alice-2").await, SessionCreation::Created);
}

pub async fn live_sessions_are_listed_newest_first_in_pages(world: World) {
    let alice = world.account("alice").await;
    world.session(world.account("bob").await.id).await;
    let expired = world.session_at(alice.id, NOW.minus(31 * DAY)).await;
    let idle = world.session_at(alice.id, NOW.minus(14 * DAY)).await;
    let mut live: Vec<SessionId> = Vec::new();
    for minute in 1..=5 {
        live.insert(0, world.session_at(alice.id, NOW.minus(MINUTE * (10 - minute))).await.id);
    }
    let ended = world.session(alice.id).await;
    assert!(world.log_out(&ended, NOW).await);

    let mut listed = Vec::new();
    let mut request = PageRequest::first(2);
    loop {
        let page = world.store.list_sessions(alice.id, NOW, request).await.unwrap();
        assert!(page.items.len() <= 2);
        listed.extend(page.items.iter().map(|session| session.id));
        let Some(next) = page.next else { break };
        request.after = Some(next);
    }
    assert_eq!(listed, live, "without {}, {} and {}", expired.id, idle.id, ended.id);
}

pub async fn sessions_that_ended_before_a_time_are_forgotten(world: World) {
    let alice = world.account("alice").await;
    let idle_long_ago = world.session_at(alice.id, NOW.minus(20 * DAY)).await;
    // Its idle end is the very time in question.
    let idle_lately = world.session_at(alice.id, NOW.minus(15 * DAY)).await;
    let revoked_long_ago = world.session_at(alice.id, NOW.minus(3 * DAY)).await;
    world.log_out(&revoked_long_ago, NOW.minus(2 * DAY)).await;
    let revoked_lately = world.session(alice.id).await;
    world.log_out(&revoked_lately, NOW).await;
    let live = world.session(alice.id).await;

    assert_eq!(world.store.prune_sessions(NOW.minus(DAY), NOW).await.unwrap(), 2);
    for gone in [idle_long_ago, revoked_long_ago] {
        assert!(world.store.find_session(gone.id).await.unwrap().is_none());
    }
    for kept in [idle_lately, revoked_lately, live] {
        world.stored_session(kept.id).await;
    }
    assert_eq!(world.store.prune_sessions(NOW.minus(DAY), NOW).await.unwrap(), 0);
}

pub async fn a_heap_of_ended_sessions_is_forgotten_at_once(world: World) {
    let alice = world.account("alice").await;
    let long_ago = NOW.minus(60 * DAY);
    let begin = |world: World, session: NewSession| async move { world.begin(&session).await };
    let tasks: Vec<_> = (0..1100)
        .map(|_| tokio::spawn(begin(world.clone(), world.personas.session(alice.id, long_ago))))
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), SessionCreation::Created);
    }
    let live = world.session(alice.id).await;
    assert_eq!(world.store.prune_sessions(NOW, NOW).await.unwrap(), 1100);
    assert_eq!(world.live_sessions(alice.id, NOW).await, [live.id]);
}

pub async fn a_store_in_order_answers_a_ping(world: World) {
    world.store.ping().await.unwrap();
}
