//! Does a session that an older system began go on here, once?

use std::time::Duration;

use super::World;
use crate::model::{AccountId, AuditKind, NewSession, RevokeReason, SessionId, Timestamp};
use crate::ports::store::{Adoption, FEED_MARGIN, RotationOutcome, SessionAdoption};
use crate::testing::{DAY, MINUTE, NOW};

/// The session that a refresh token of an older system stands for; no other has its id.
pub(super) fn foreign(world: &World, account_id: AccountId, at: Timestamp) -> NewSession {
    let session = world.personas.session(account_id, at);
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&session.id.into_bytes());
    digest.reverse();
    digest.rotate_left(16);
    NewSession { id: SessionId::derived(&digest), ..session }
}

/// Adopts it for as long as any such token lives.
pub(super) async fn adopt(world: &World, session: &NewSession) -> SessionAdoption {
    adopt_until(world, session, session.created_at.plus(30 * DAY)).await
}

async fn adopt_until(world: &World, session: &NewSession, until: Timestamp) -> SessionAdoption {
    adopt_issued_at(world, session, session.created_at.plus(MINUTE), until).await
}

async fn adopt_issued_at(
    world: &World,
    session: &NewSession,
    issued_at: Timestamp,
    remembered_until: Timestamp,
) -> SessionAdoption {
    let event = world.event(AuditKind::SessionAdopted, session.account_id, session.created_at);
    let adoption = Adoption { session: session.clone(), issued_at, remembered_until };
    world.store.adopt_session(&adoption, &event).await.unwrap()
}

/// Ends it as a logout does that comes with a token of the older system; the access token lives until `until`.
pub(super) async fn end(world: &World, session: &NewSession, at: Timestamp, until: Timestamp) -> bool {
    let event = world.event(AuditKind::SessionRevoked, session.account_id, at);
    let session = NewSession { created_at: at, ..session.clone() };
    let adoption = Adoption { session, issued_at: NOW, remembered_until: NOW.plus(30 * DAY) };
    world.store.end_foreign_session(&adoption, until, &event).await.unwrap()
}

async fn adoptions(world: &World, account_id: AccountId) -> usize {
    let log = world.logged(account_id).await;
    log.iter().filter(|kind| **kind == AuditKind::SessionAdopted).count()
}

async fn delete_account(world: &World, id: AccountId) {
    let event = world.event(AuditKind::AccountDeleted, id, NOW);
    world.store.delete_account(id, None, None, &event).await.unwrap();
}

async fn disable_account(world: &World, id: AccountId) {
    let event = world.event(AuditKind::AccountDisabled, id, NOW);
    assert!(world.store.disable_account(id, &event).await.unwrap());
}

pub async fn a_session_is_adopted_once(world: World) {
    let alice = world.account("alice").await;
    let session = foreign(&world, alice.id, NOW);
    assert_eq!(adopt(&world, &session).await, SessionAdoption::Adopted);
    assert_eq!(world.stored_session(session.id).await, session.begin());
    assert_eq!(world.live_sessions(alice.id, NOW).await, [session.id]);

    let later = NewSession { created_at: NOW.plus(MINUTE), ..session.clone() };
    assert_eq!(adopt(&world, &later).await, SessionAdoption::Known);
    assert_eq!(world.stored_session(session.id).await, session.begin());
    assert_eq!(adoptions(&world, alice.id).await, 1);
    let other = foreign(&world, alice.id, NOW);
    assert_eq!(adopt(&world, &other).await, SessionAdoption::Adopted);
    assert_eq!(adoptions(&world, alice.id).await, 2);
}

pub async fn an_adopted_session_goes_on_like_any_other(world: World) {
    let alice = world.account("alice").await;
    let session = foreign(&world, alice.id, NOW);
    adopt(&world, &session).await;
    let now = NOW.plus(MINUTE);
    assert_eq!(world.exchange(session.id, 1, now).await.generation, 2);
    assert_eq!(world.exchange(session.id, 1, now).await.generation, 2, "a second tab");
    let later = now.plus(MINUTE);
    assert_eq!(world.exchange(session.id, 2, later).await.generation, 3);
    assert_eq!(adopt(&world, &session).await, SessionAdoption::Known);
    let reused = world.rotate(&world.personas.rotation(session.id, 1, later.plus(MINUTE))).await;
    assert!(matches!(reused, RotationOutcome::Reused { .. }), "{reused:?}");
    assert_eq!(world.fed(later).await, [session.id]);
}

pub async fn what_was_adopted_is_known_when_its_session_and_its_account_are_gone(world: World) {
    let alice = world.account("alice").await;
    let session = foreign(&world, alice.id, NOW);
    adopt(&world, &session).await;
    assert!(world.log_out(&session, NOW).await);
    assert_eq!(adopt(&world, &session).await, SessionAdoption::Known);
    assert_eq!(world.store.prune_sessions(NOW.plus(DAY), NOW.plus(DAY)).await.unwrap(), 1);
    assert_eq!(adopt(&world, &session).await, SessionAdoption::Known);
    assert!(world.store.find_session(session.id).await.unwrap().is_none());
    disable_account(&world, alice.id).await;
    assert_eq!(adopt(&world, &session).await, SessionAdoption::Known);
    delete_account(&world, alice.id).await;
    assert_eq!(adopt(&world, &session).await, SessionAdoption::Known);
    assert_eq!(adoptions(&world, alice.id).await, 1);
}

pub async fn nobody_and_a_disabled_account_adopt_nothing_and_nothing_of_it_is_remembered(world: World) {
    let (alice, nobody) = (world.account("alice").await, world.personas.account("nobody"));
    let [of_alice, of_nobody] = [&alice, &nobody].map(|account| foreign(&world, account.id, NOW));
    disable_account(&world, alice.id).await;
    assert_eq!(adopt(&world, &of_alice).await, SessionAdoption::AccountDisabled);
    assert_eq!(adopt(&world, &of_nobody).await, SessionAdoption::NoAccount);
    for session in [&of_alice, &of_nobody] {
        assert!(world.store.find_session(session.id).await.unwrap().is_none());
        assert_eq!(adoptions(&world, session.account_id).await, 0);
    }
    let event = world.event(AuditKind::AccountEnabled, alice.id, NOW);
    assert!(world.store.enable_account(alice.id, &event).await.unwrap());
    world.create(&nobody).await;
    for session in [&of_alice, &of_nobody] {
        assert_eq!(adopt(&world, session).await, SessionAdoption::Adopted);
    }
}

pub async fn an_adopted_id_is_forgotten_after_its_time_and_no_sooner(world: World) {
    let alice = world.account("alice").await;
    let session = foreign(&world, alice.id, NOW);
    let until = NOW.plus(40 * DAY);
    adopt_until(&world, &session, until).await;
    let pruned_at = until.plus(FEED_MARGIN);
    world.store.prune_sessions(until, pruned_at.minus(Duration::from_millis(1))).await.unwrap();
    assert!(world.store.find_session(session.id).await.unwrap().is_none());
    assert_eq!(adopt(&world, &session).await, SessionAdoption::Known, "a clock may be ahead");
    world.store.prune_sessions(until, pruned_at).await.unwrap();
    assert_eq!(adopt(&world, &session).await, SessionAdoption::Adopted);
}

pub async fn a_heap_of_adopted_ids_is_forgotten_at_once(world: World) {
    let alice = world.account("alice").await;
    let heap: Vec<_> = (0..600).map(|_| foreign(&world, alice.id, NOW)).collect();
    for outcome in [SessionAdoption::Adopted, SessionAdoption::Adopted] {
        let adopt = |world: World, session: NewSession| async move { adopt(&world, &session).await };
        let tasks: Vec<_> =
            heap.iter().map(|session| tokio::spawn(adopt(world.clone(), session.clone()))).collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), outcome);
        }
        let over = NOW.plus(31 * DAY);
        assert_eq!(world.store.prune_sessions(over, over).await.unwrap(), 600);
    }
}

pub async fn what_was_issued_before_all_sessions_were_ended_is_not_adopted(world: World) {
    let alice = world.account("alice").await;
    let (session, until) = (foreign(&world, alice.id, NOW), NOW.plus(30 * DAY));
    let event = world.event(AuditKind::SessionsRevoked, alice.id, NOW);
    let reason = RevokeReason::RevokedByOwner;
    world.store.revoke_sessions(alice.id, None, reason, &event).await.unwrap();
    assert_eq!(adopt_issued_at(&world, &session, NOW, until).await, SessionAdoption::Disowned);
    assert!(world.store.find_session(session.id).await.unwrap().is_none());
    let later = NOW.plus(Duration::from_millis(1));
    assert_eq!(adopt_issued_at(&world, &session, later, until).await, SessionAdoption::Adopted);
}

pub async fn a_foreign_session_that_was_ended_stays_ended_whether_it_was_adopted_or_not(world: World) {
    let alice = world.account("alice").await;
    let [unknown, adopted, untouched] = [0; 3].map(|_| foreign(&world, alice.id, NOW));
    adopt(&world, &adopted).await;
    for session in [&unknown, &adopted] {
        assert!(!world.store.has_foreign_session_ended(session.id).await.unwrap());
        assert!(end(&world, session, NOW, NOW.plus(MINUTE)).await);
        assert!(!end(&world, session, NOW, NOW.plus(MINUTE)).await);
        assert!(world.store.has_foreign_session_ended(session.id).await.unwrap());
        assert_eq!(adopt(&world, session).await, SessionAdoption::Known);
        let refused = world.rotate(&world.personas.rotation(session.id, 1, NOW)).await;
        assert_eq!(refused, RotationOutcome::Revoked);
    }
    assert_eq!(world.live_sessions(alice.id, NOW).await, []);
    world.store.prune_sessions(NOW.plus(DAY), NOW.plus(DAY)).await.unwrap();
    for session in [&unknown, &adopted] {
        assert!(world.store.find_session(session.id).await.unwrap().is_none());
        assert!(world.store.has_foreign_session_ended(session.id).await.unwrap(), "long after");
        assert!(!end(&world, session, NOW.plus(DAY), NOW.plus(DAY)).await);
    }
    assert!(!world.store.has_foreign_session_ended(untouched.id).await.unwrap());
    let nobody = foreign(&world, world.personas.account("nobody").id, NOW);
    assert!(!end(&world, &nobody, NOW, NOW.plus(MINUTE)).await);
}
