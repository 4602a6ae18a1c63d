//! Is it noted that somebody proved again who they are?

use std::time::Duration;

use super::World;
use super::passwords::replacement;
use crate::model::{AccountId, AuditKind, NewSession, SessionId, Timestamp};
use crate::ports::store::{Reauthentication, ReauthenticationOutcome, RotationOutcome};
use crate::testing::{DAY, MINUTE, NOW, Personas, password_hash};

fn proof(account_id: AccountId, session_id: SessionId, password: &str) -> Reauthentication {
    Reauthentication {
        account_id,
        session_id,
        checked: password_hash(password),
        grace: Duration::from_secs(30),
        idle: 14 * DAY,
        access: 15 * MINUTE,
    }
}

/// With the password `alice-1`.
pub(super) async fn prove(world: &World, session: &NewSession, at: Timestamp) -> ReauthenticationOutcome {
    prove_by(world, &proof(session.account_id, session.id, "alice-1"), at).await
}

async fn prove_by(world: &World, proof: &Reauthentication, at: Timestamp) -> ReauthenticationOutcome {
    let event = world.event(AuditKind::Reauthenticated, proof.account_id, at);
    world.store.reauthenticate_session(proof, &event).await.unwrap()
}

pub async fn a_proof_is_noted_and_makes_the_next_generation_current(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let now = NOW.plus(MINUTE);
    let ReauthenticationOutcome::Noted { session: noted, account } = prove(&world, &session, now).await
    else {
        panic!("not noted")
    };
    assert_eq!((noted.generation, noted.authenticated_at, account.id), (2, now, alice.id));
    assert_eq!((noted.created_at, noted.last_seen_at), (NOW, now));
    assert_eq!((noted.idle_expires_at, noted.access_expires_at), (now.plus(14 * DAY), now.plus(15 * MINUTE)));
    assert_eq!(world.stored_session(session.id).await, *noted);
    assert_eq!(world.logged(alice.id).await[0], AuditKind::Reauthenticated);

    let refreshed = world.exchange(session.id, 2, now.plus(MINUTE)).await;
    assert_eq!((refreshed.generation, refreshed.authenticated_at), (3, now), "a refresh proves nothing");
    assert_eq!(world.stored_session(session.id).await, refreshed);
}

pub async fn a_refresh_token_of_before_a_proof_has_been_exchanged_by_it(world: World) {
    let (_, session) = world.alice_logged_in().await;
    prove(&world, &session, NOW.plus(MINUTE)).await;
    // Another tab of the same client.
    let again = world.exchange(session.id, 1, NOW.plus(MINUTE)).await;
    assert_eq!(again.generation, 2);
    let stolen = world.personas.rotation(session.id, 1, NOW.plus(3 * MINUTE));
    let stolen = crate::ports::store::SessionRotation { client: Personas::thief(), ..stolen };
    let outcome = world.rotate(&stolen).await;
    assert!(matches!(outcome, RotationOutcome::Reused { .. }), "{outcome:?}");
}

pub async fn a_proof_of_a_password_that_was_replaced_is_none(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let outdated = prove_by(&world, &proof(alice.id, session.id, "alice-0"), NOW).await;
    assert_eq!(outdated, ReauthenticationOutcome::PasswordChanged);
    let event = world.event(AuditKind::PasswordChanged, alice.id, NOW);
    let mut change = replacement(alice.id, "alice-1", "alice-2");
    change.keep = Some(session.id);
    world.store.change_password(&change, &event).await.unwrap();
    assert_eq!(prove(&world, &session, NOW).await, ReauthenticationOutcome::PasswordChanged);
    assert_eq!(world.stored_session(session.id).await, session.begin());
    assert!(!world.logged(alice.id).await.contains(&AuditKind::Reauthenticated));
}

pub async fn a_session_that_is_over_or_somebody_elses_takes_no_proof(world: World) {
    let (alice, ended) = world.alice_logged_in().await;
    assert!(world.log_out(&ended, NOW).await);
    let idle = world.session_at(alice.id, NOW.minus(14 * DAY)).await;
    let of_bob = world.session(world.account("bob").await.id).await;
    let never = world.personas.session(alice.id, NOW);
    for session in [ended.id, idle.id, of_bob.id, never.id] {
        let outcome = prove_by(&world, &proof(alice.id, session, "alice-1"), NOW).await;
        assert_eq!(outcome, ReauthenticationOutcome::SessionOver);
    }
    assert_eq!(world.stored_session(of_bob.id).await, of_bob.begin());
}

pub async fn nobody_and_a_disabled_account_prove_nothing(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let nobody = world.personas.account("nobody").id;
    let outcome = prove_by(&world, &proof(nobody, session.id, "alice-1"), NOW).await;
    assert_eq!(outcome, ReauthenticationOutcome::NoAccount);
    let event = world.event(AuditKind::AccountDisabled, alice.id, NOW);
    world.store.disable_account(alice.id, &event).await.unwrap();
    assert_eq!(prove(&world, &session, NOW).await, ReauthenticationOutcome::AccountDisabled);
}
