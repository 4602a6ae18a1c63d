//! Does an account keep to the number of sessions that it may have?

use std::num::NonZeroU32;
use std::time::Duration;

use super::World;
use super::adoption::{adopt, foreign};
use crate::model::{
    AccountId, AuditKind, NewSession, RevokeReason, Session, SessionId, SessionLimit, Timestamp,
};
use crate::ports::store::{SessionAdoption, SessionCreation};
use crate::testing::{DAY, MINUTE, NOW, password_hash};

/// Its account may have so many.
pub(super) fn limited(world: &World, session: NewSession, most: u32) -> NewSession {
    let event_id = world.personas.event_id(session.created_at);
    let limit = NonZeroU32::new(most).map(|most| SessionLimit { most, event_id });
    NewSession { limit, ..session }
}

/// Logs in where no more than `most` sessions may be.
async fn log_in(world: &World, id: AccountId, at: Timestamp, most: u32) -> (SessionId, SessionCreation) {
    let session = limited(world, world.personas.session(id, at), most);
    (session.id, world.begin(&session).await)
}

fn reason(session: &Session) -> Option<RevokeReason> {
    session.revoked.map(|(_, reason)| reason)
}

pub async fn one_session_too_many_ends_the_one_that_was_used_least_recently(world: World) {
    let (alice, bob) = (world.account("alice").await.id, world.account("bob").await.id);
    let of_bob = world.session_at(bob, NOW.minus(DAY)).await.id;
    let mut ids = Vec::new();
    for minute in 0..3 {
        let (id, creation) = log_in(&world, alice, NOW.plus(MINUTE * minute), 3).await;
        assert_eq!(creation, SessionCreation::Created);
        ids.push(id);
    }
    // The first to begin is not the first to go: it is in use.
    world.exchange(ids[0], 1, NOW.plus(5 * MINUTE)).await;
    let now = NOW.plus(6 * MINUTE);
    let (new, creation) = log_in(&world, alice, now, 3).await;
    assert_eq!(creation, SessionCreation::CreatedInPlaceOf { ended: 1 });
    assert_eq!(world.live_sessions(alice, now).await, [new, ids[2], ids[0]]);
    assert_eq!(world.live_sessions(bob, now).await, [of_bob]);
    assert_eq!(world.fed(now).await, [ids[1]], "its access tokens are refused");
    let ended = world.stored_session(ids[1]).await;
    assert_eq!(ended.revoked, Some((now, RevokeReason::RevokedByOwner)));
    let log = world.logged(alice).await;
    assert_eq!(log.iter().filter(|kind| **kind == AuditKind::SessionRevoked).count(), 1);
    assert_eq!(log.iter().filter(|kind| **kind == AuditKind::LoggedIn).count(), 4);
}

pub async fn sessions_that_are_over_do_not_count(world: World) {
    let alice = world.account("alice").await.id;
    let expired = world.session_at(alice, NOW.minus(31 * DAY)).await;
    let idle = world.session_at(alice, NOW.minus(14 * DAY)).await;
    let ended = world.session(alice).await;
    assert!(world.log_out(&ended, NOW).await);
    let (first, creation) = log_in(&world, alice, NOW, 1).await;
    assert_eq!(creation, SessionCreation::Created);
    for over in [expired.id, idle.id] {
        assert_eq!(reason(&world.stored_session(over).await), None);
    }
    let (second, creation) = log_in(&world, alice, NOW, 1).await;
    assert_eq!(creation, SessionCreation::CreatedInPlaceOf { ended: 1 });
    assert_eq!(reason(&world.stored_session(first).await), Some(RevokeReason::RevokedByOwner));
    assert_eq!(world.live_sessions(alice, NOW).await, [second]);
}

pub async fn an_adopted_session_counts_and_makes_room(world: World) {
    let alice = world.account("alice").await.id;
    let own = world.session(alice).await.id;
    let session = limited(&world, foreign(&world, alice, NOW.plus(MINUTE)), 1);
    assert_eq!(adopt(&world, &session).await, SessionAdoption::AdoptedInPlaceOf { ended: 1 });
    assert_eq!(reason(&world.stored_session(own).await), Some(RevokeReason::RevokedByOwner));
    assert_eq!(adopt(&world, &session).await, SessionAdoption::Known, "it makes room once");
    let (new, creation) = log_in(&world, alice, NOW.plus(2 * MINUTE), 1).await;
    assert_eq!(creation, SessionCreation::CreatedInPlaceOf { ended: 1 });
    assert_eq!(world.live_sessions(alice, NOW.plus(2 * MINUTE)).await, [new]);
}

pub async fn a_limit_that_was_lowered_is_reached_in_steps(world: World) {
    let alice = world.account("alice").await.id;
    for second in 0..250 {
        world.session_at(alice, NOW.minus(Duration::from_secs(300 - second))).await;
    }
    let (_, creation) = log_in(&world, alice, NOW, 5).await;
    assert_eq!(creation, SessionCreation::CreatedInPlaceOf { ended: 200 });
    assert_eq!(world.logged(alice).await.iter().filter(|k| **k == AuditKind::SessionsRevoked).count(), 1);
    let (_, creation) = log_in(&world, alice, NOW, 5).await;
    assert_eq!(creation, SessionCreation::CreatedInPlaceOf { ended: 47 });
    assert_eq!(world.live_sessions(alice, NOW).await.len(), 5);
    assert_eq!(world.fed(NOW).await.len(), 247);
}

pub async fn a_login_that_gets_no_session_ends_none(world: World) {
    let alice = world.account("alice").await.id;
    let kept = world.session(alice).await.id;
    let session = limited(&world, world.personas.session(alice, NOW), 1);
    let event = world.event(AuditKind::LoggedIn, alice, NOW);
    let outdated = world.store.create_session(&session, Some(&password_hash("other")), &event).await;
    assert_eq!(outdated.unwrap(), SessionCreation::PasswordChanged);
    assert_eq!(world.live_sessions(alice, NOW).await, [kept]);
}
