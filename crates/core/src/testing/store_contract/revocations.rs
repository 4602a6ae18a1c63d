//! Do sessions end as agreed, and does the feed tell?

use std::time::Duration;

use super::World;
use super::adoption::{end, foreign};
use crate::model::{AccountId, AuditKind, Revocation, RevokeReason, SessionId, Timestamp};
use crate::ports::store::FEED_MARGIN;
use crate::testing::{DAY, MINUTE, NOW};

async fn end_all(
    world: &World,
    account_id: AccountId,
    except: Option<SessionId>,
    at: Timestamp,
) -> Vec<SessionId> {
    let event = world.event(AuditKind::SessionsRevoked, account_id, at);
    let reason = RevokeReason::RevokedByOwner;
    let mut ended = world.store.revoke_sessions(account_id, except, reason, &event).await.unwrap();
    ended.sort();
    ended
}

pub async fn a_session_is_ended_once_and_fed(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let other = world.session(alice.id).await;
    let at = NOW.plus(MINUTE);
    assert!(world.log_out(&session, at).await);
    assert!(!world.log_out(&session, at.plus(MINUTE)).await);

    let ended = world.stored_session(session.id).await;
    assert_eq!(ended.revoked, Some((at, RevokeReason::LoggedOut)));
    assert_eq!(world.live_sessions(alice.id, NOW).await, [other.id]);
    let expires_at = NOW.plus(15 * MINUTE);
    let entry = Revocation { session_id: session.id, revoked_at: at, expires_at };
    assert_eq!(world.store.list_revocations(at, at).await.unwrap(), [entry]);
    let log = world.logged(alice.id).await;
    assert_eq!(log.iter().filter(|kind| **kind == AuditKind::SessionRevoked).count(), 1);
}

pub async fn a_session_of_somebody_else_is_not_ended(world: World) {
    let (_, session) = world.alice_logged_in().await;
    let bob = world.account("bob").await;
    let event = world.event(AuditKind::SessionRevoked, bob.id, NOW);
    let reason = RevokeReason::RevokedByOwner;
    assert!(!world.store.revoke_session(bob.id, session.id, reason, &event).await.unwrap());
    let nobody = world.personas.account("nobody").id;
    assert!(!world.store.revoke_session(nobody, session.id, reason, &event).await.unwrap());
    assert_eq!(world.stored_session(session.id).await.revoked, None);
    assert_eq!(world.logged(bob.id).await, [AuditKind::AccountCreated]);
}

pub async fn all_sessions_but_one_are_ended_and_named(world: World) {
    let (alice, kept) = world.alice_logged_in().await;
    let others = [world.session(alice.id).await.id, world.session(alice.id).await.id];
    assert_eq!(end_all(&world, alice.id, Some(kept.id), NOW).await, others);
    assert_eq!(world.fed(NOW).await, others);
    assert_eq!(world.logged(alice.id).await[0], AuditKind::SessionsRevoked);
    assert_eq!(end_all(&world, alice.id, Some(kept.id), NOW).await, []);
    assert_eq!(end_all(&world, alice.id, None, NOW).await, [kept.id]);
    assert_eq!(world.live_sessions(alice.id, NOW).await, []);
    let log = world.logged(alice.id).await;
    assert_eq!(log.iter().filter(|kind| **kind == AuditKind::SessionsRevoked).count(), 2);
}

pub async fn sessions_without_a_live_access_token_are_ended_but_not_fed(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let other = world.session(alice.id).await;
    let third = world.session(alice.id).await;
    let at = NOW.plus(15 * MINUTE + FEED_MARGIN);
    assert!(world.log_out(&session, at).await);
    assert_eq!(end_all(&world, alice.id, Some(third.id), at).await, [other.id]);
    assert_eq!(world.fed(NOW).await, []);
    let just_before = at.minus(Duration::from_millis(1));
    assert!(world.log_out(&third, just_before).await, "by a node whose clock may be ahead");
    assert_eq!(world.fed(NOW).await, [third.id]);
}

pub async fn the_feed_begins_where_asked_and_leaves_out_what_has_expired(world: World) {
    let alice = world.account("alice").await;
    let (early, late) =
        (world.session(alice.id).await, world.session_at(alice.id, NOW.plus(10 * MINUTE)).await);
    let (first, second) = (NOW.plus(11 * MINUTE), NOW.plus(12 * MINUTE));
    assert!(world.log_out(&early, first).await);
    assert!(world.log_out(&late, second).await);
    let ids = async |since, now| {
        let feed = world.store.list_revocations(since, now).await.unwrap();
        feed.into_iter().map(|entry| entry.session_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(first, second).await, [early.id, late.id]);
    assert_eq!(ids(second, second).await, [late.id]);
    assert_eq!(ids(second.plus(MINUTE), second).await, []);
    let early_is_dead = NOW.plus(15 * MINUTE);
    assert_eq!(ids(first, early_is_dead).await, [late.id]);

    let pruned_at = early_is_dead.plus(FEED_MARGIN);
    world.store.prune_sessions(NOW.minus(DAY), pruned_at.minus(Duration::from_millis(1))).await.unwrap();
    assert_eq!(ids(first, NOW).await, [early.id, late.id], "not by a node whose clock may be ahead");
    world.store.prune_sessions(NOW.minus(DAY), pruned_at).await.unwrap();
    assert_eq!(ids(first, NOW).await, [late.id], "an entry that has expired is forgotten");
    world.stored_session(early.id).await;
}

pub async fn nobody_has_no_sessions_to_end(world: World) {
    let nobody = world.personas.account("nobody").id;
    assert_eq!(end_all(&world, nobody, None, NOW).await, []);
    assert_eq!(world.logged(nobody).await, []);
}

pub async fn a_foreign_session_is_fed_and_only_ever_for_longer(world: World) {
    let alice = world.account("alice").await;
    let session = foreign(&world, alice.id, NOW);
    let revoke = async |at: Timestamp, expires_at: Timestamp| {
        end(&world, &session, at, expires_at).await;
        Revocation { session_id: session.id, revoked_at: at, expires_at }
    };
    let feed = async |since| world.store.list_revocations(since, NOW).await.unwrap();
    let (second, third) = (NOW.plus(MINUTE), NOW.plus(2 * MINUTE));
    let first = revoke(NOW, NOW.plus(25 * MINUTE)).await;
    assert_eq!(feed(NOW).await, [first]);

    revoke(second, NOW.plus(20 * MINUTE)).await;
    assert_eq!(feed(NOW).await, [first]);
    let longer = revoke(third, NOW.plus(30 * MINUTE)).await;
    assert_eq!(feed(third).await, [longer], "whoever has read the entry reads it again");
    assert_eq!(feed(NOW).await, [longer]);
    assert_eq!(world.logged(alice.id).await, [AuditKind::SessionRevoked, AuditKind::AccountCreated]);
}
