//! Does the verdict on a refresh token reach the database whole?

use std::time::Duration;

use super::World;
use crate::model::{AuditKind, Client, NewSession, RevokeReason, Session};
use crate::policy::refresh::{Repeat, Rotations};
use crate::ports::audit_store::AuditFilter;
use crate::ports::store::{FEED_MARGIN, RotationOutcome, SessionRotation};
use crate::testing::{DAY, MINUTE, NOW, Personas};

const GRACE: Duration = Duration::from_secs(30);

pub async fn the_current_generation_is_exchanged(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let later = NOW.plus(DAY);
    let tablet = Client::new("198.51.100.4".parse().ok(), Some("tablet/2"));
    let rotation =
        SessionRotation { client: tablet.clone(), ..world.personas.rotation(session.id, 1, later) };
    let expected = Session {
        generation: 2,
        rotations: Rotations::default().with(1, later, GRACE),
        client: tablet,
        last_seen_at: later,
        idle_expires_at: later.plus(14 * DAY),
        access_expires_at: later.plus(15 * MINUTE),
        ..session.begin()
    };
    let account = Box::new(world.stored_account(alice.id).await);
    let outcome = world.rotate(&rotation).await;
    let session_after = Box::new(expected.clone());
    assert_eq!(outcome, RotationOutcome::Continued { session: session_after, account, repeated: None });
    assert_eq!(world.stored_session(session.id).await, expected);

    let third = world.exchange(session.id, 2, later.plus(MINUTE)).await;
    assert_eq!(third.generation, 3);
    assert_eq!(world.stored_session(session.id).await, third);
    assert_eq!(world.logged(alice.id).await, [AuditKind::LoggedIn, AuditKind::AccountCreated]);
}

pub async fn a_session_never_lives_beyond_its_absolute_end(world: World) {
    let (_, session) = world.alice_logged_in().await;
    let mut day = NOW;
    for generation in 1..=3 {
        day = day.plus(9 * DAY);
        world.exchange(session.id, generation, day).await;
    }
    let stored = world.stored_session(session.id).await;
    assert_eq!(stored.idle_expires_at, NOW.plus(30 * DAY));
    let at_the_end = world.personas.rotation(session.id, 4, NOW.plus(30 * DAY));
    assert_eq!(world.rotate(&at_the_end).await, RotationOutcome::Expired);
}

pub async fn the_end_of_the_access_token_never_moves_back(world: World) {
    let (_, session) = world.alice_logged_in().await;
    let shorter = SessionRotation { access: MINUTE, ..world.personas.rotation(session.id, 1, NOW) };
    let RotationOutcome::Continued { session: after, .. } = world.rotate(&shorter).await else {
        panic!("not continued")
    };
    assert_eq!(after.access_expires_at, NOW.plus(15 * MINUTE));
    assert_eq!(world.stored_session(session.id).await, *after);
}

pub async fn the_parent_within_the_grace_gets_the_current_generation_again(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let after = world.exchange(session.id, 1, NOW.plus(MINUTE)).await;
    let again = NOW.plus(MINUTE + GRACE);
    let stranger =
        SessionRotation { client: Personas::thief(), ..world.personas.rotation(session.id, 1, again) };
    let RotationOutcome::Continued { session: repeated, repeated: how, .. } = world.rotate(&stranger).await
    else {
        panic!("not continued")
    };
    assert_eq!(how, Some(Repeat::InTime));
    assert_eq!(*repeated, Session { access_expires_at: again.plus(15 * MINUTE), ..after });
    assert_eq!(world.stored_session(session.id).await, *repeated);
    assert!(!world.logged(alice.id).await.contains(&AuditKind::RefreshRetriedLate));
}

pub async fn a_late_retry_of_the_same_client_is_answered_and_written_down(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    world.exchange(session.id, 1, NOW).await;
    let late = world.personas.rotation(session.id, 1, NOW.plus(DAY));
    let RotationOutcome::Continued { session: repeated, repeated: how, .. } = world.rotate(&late).await
    else {
        panic!("not continued")
    };
    assert_eq!(how, Some(Repeat::Late));
    assert_eq!((repeated.generation, repeated.last_seen_at), (2, NOW));
    let page = crate::model::PageRequest::first(1);
    let event =
        world.store.list_audit_events(&AuditFilter::of(alice.id), page).await.unwrap().items.remove(0);
    assert_eq!((event.id, event.at, event.kind), (late.event_id, late.now, AuditKind::RefreshRetriedLate));
    assert_eq!((event.session_id, event.client), (Some(session.id), Personas::phone()));
}

/// A session whose first refresh token was exchanged by its owner, and comes back an hour later from a thief.
async fn stolen(world: &World) -> (NewSession, SessionRotation) {
    let (_, session) = world.alice_logged_in().await;
    world.exchange(session.id, 1, NOW).await;
    let rotation = world.personas.rotation(session.id, 1, NOW.plus(10 * MINUTE));
    (session, SessionRotation { client: Personas::thief(), ..rotation })
}

pub async fn a_reused_token_ends_the_session_feeds_it_and_is_written_down(world: World) {
    let (session, theft) = stolen(&world).await;
    let reused =
        RotationOutcome::Reused { account_id: session.account_id, access_expires_at: NOW.plus(15 * MINUTE) };
    assert_eq!(world.rotate(&theft).await, reused);

    let ended = world.stored_session(session.id).await;
    assert_eq!(ended.revoked, Some((theft.now, RevokeReason::RefreshTokenReused)));
    assert_eq!(ended.generation, 2);
    let feed = world.store.list_revocations(theft.now, theft.now).await.unwrap();
    assert_eq!(feed.len(), 1);
    assert_eq!((feed[0].session_id, feed[0].expires_at), (session.id, NOW.plus(15 * MINUTE)));
    let page = crate::model::PageRequest::first(1);
    let event = world
        .store
        .list_audit_events(&AuditFilter::of(session.account_id), page)
        .await
        .unwrap()
        .items
        .remove(0);
    assert_eq!((event.id, event.kind), (theft.event_id, AuditKind::RefreshTokenReused));
    assert_eq!((event.actor_id, event.session_id, event.client), (None, Some(session.id), Personas::thief()));

    for generation in 1..=2 {
        let rotation = world.personas.rotation(session.id, generation, theft.now);
        assert_eq!(world.rotate(&rotation).await, RotationOutcome::Revoked);
    }
    assert_eq!(world.fed(theft.now).await, [session.id]);
}

pub async fn a_reused_token_without_a_live_access_token_is_not_fed(world: World) {
    let (_, theft) = stolen(&world).await;
    let theft = SessionRotation { now: NOW.plus(15 * MINUTE + FEED_MARGIN), ..theft };
    assert!(matches!(world.rotate(&theft).await, RotationOutcome::Reused { .. }));
    assert_eq!(world.fed(NOW).await, []);
}

pub async fn what_is_over_ended_or_never_was_is_told_apart(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let of = async |session_id, generation, now| {
        world.rotate(&world.personas.rotation(session_id, generation, now)).await
    };
    let unknown = world.personas.session(alice.id, NOW).id;
    assert_eq!(of(unknown, 1, NOW).await, RotationOutcome::Unknown);
    assert_eq!(of(session.id, 2, NOW).await, RotationOutcome::Unknown);
    assert_eq!(of(session.id, 0, NOW).await, RotationOutcome::Unknown);
    assert_eq!(of(session.id, 1, NOW.plus(14 * DAY)).await, RotationOutcome::Expired);
    assert_eq!(world.stored_session(session.id).await, session.begin());
    assert!(world.log_out(&session, NOW).await);
    assert_eq!(of(session.id, 1, NOW).await, RotationOutcome::Revoked);
}

pub async fn a_disabled_account_is_told_apart(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let event = world.event(AuditKind::AccountDisabled, alice.id, NOW);
    world.store.disable_account(alice.id, &event).await.unwrap();
    let rotation = world.personas.rotation(session.id, 1, NOW);
    assert_eq!(world.rotate(&rotation).await, RotationOutcome::AccountDisabled);
    let event = world.event(AuditKind::AccountEnabled, alice.id, NOW);
    world.store.enable_account(alice.id, &event).await.unwrap();
    assert_eq!(world.rotate(&rotation).await, RotationOutcome::Revoked);
}
