//! Who wins when many come at once?

use std::sync::Arc;

use tokio::sync::Barrier;

use super::adoption::{adopt, end, foreign};
use super::passwords::replacement;
use super::reauthentication::prove;
use super::session_limits::limited;
use super::{World, keys};
use crate::model::{
    AccountId, AuditKind, Change, Email, NewAccount, PageRequest, ProfileChange, Revocation, RevokeReason,
};
use crate::ports::store::{
    AccountCreation, AccountDeletion, PasswordChange, ReauthenticationOutcome, RotationOutcome,
    SessionAdoption, SessionCreation,
};
use crate::testing::{MINUTE, NOW, password_hash};

pub(super) const TASKS: usize = 32;

/// Runs `work` in many tasks that begin together; answers what each of them got.
pub(super) async fn at_once<T, F>(world: &World, work: impl Fn(World, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let line = Arc::new(Barrier::new(TASKS));
    let start = |number| {
        let (line, run) = (Arc::clone(&line), work(world.clone(), number));
        tokio::spawn(async move {
            line.wait().await;
            run.await
        })
    };
    let tasks: Vec<_> = (0..TASKS).map(start).collect();
    let mut results = Vec::with_capacity(TASKS);
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

pub(super) fn count<T>(results: &[T], is_wanted: impl Fn(&T) -> bool) -> usize {
    results.iter().filter(|result| is_wanted(result)).count()
}

pub async fn of_many_accounts_with_one_email_address_one_is_created(world: World) {
    let results = at_once(&world, |world, number| async move {
        let email = Some(Email::parse("everybody@example.com").unwrap());
        let account = NewAccount { email, ..world.personas.account(&format!("person-{number}")) };
        (account.id, world.create(&account).await)
    })
    .await;
    assert_eq!(count(&results, |(_, created)| matches!(created, AccountCreation::Created { .. })), 1);
    assert_eq!(count(&results, |(_, created)| *created == AccountCreation::EmailTaken), TASKS - 1);
    for (id, created) in results {
        let exists = world.store.find_account(id).await.unwrap().is_some();
        assert_eq!(exists, created != AccountCreation::EmailTaken);
    }
}

pub async fn of_many_exchanges_of_one_refresh_token_one_happens_and_all_get_the_same_generation(
    world: World,
) {
    let session = world.alice_logged_in().await.1.id;
    for generation in 1..=4 {
        let results = at_once(&world, move |world, _| async move {
            world.exchange(session, generation, NOW.plus(MINUTE)).await.generation
        })
        .await;
        assert_eq!(results, [generation + 1; TASKS]);
        assert_eq!(world.stored_session(session).await.generation, generation + 1);
    }
}

pub async fn a_revoked_session_stays_revoked_whatever_is_exchanged_meanwhile(world: World) {
    let (_, session) = world.alice_logged_in().await;
    let (id, alice) = (session.id, session.account_id);
    let results = at_once(&world, move |world, number| async move {
        if number == TASKS / 2 {
            let event = world.event(AuditKind::SessionsRevoked, alice, NOW);
            let reason = RevokeReason::RevokedByOwner;
            assert_eq!(world.store.revoke_sessions(alice, None, reason, &event).await.unwrap(), [id]);
        }
        let later = NOW.plus(MINUTE);
        let outcome = world.rotate(&world.personas.rotation(id, 1, later)).await;
        assert!(
            matches!(outcome, RotationOutcome::Continued { .. } | RotationOutcome::Revoked),
            "{outcome:?}"
        );
        outcome
    })
    .await;
    assert!(results.contains(&RotationOutcome::Revoked));
    let stored = world.stored_session(session.id).await;
    assert_eq!(stored.revoked, Some((NOW, RevokeReason::RevokedByOwner)));
    let feed = world.store.list_revocations(NOW, NOW).await.unwrap();
    assert_eq!(feed.len(), 1);
    assert_eq!(feed[0].expires_at, stored.access_expires_at, "the feed covers every access token given out");
}

pub async fn a_session_is_ended_once(world: World) {
    let (_, session) = world.alice_logged_in().await;
    let (id, alice) = (session.id, session.account_id);
    let results = at_once(&world, move |world, number| async move {
        let event = world.event(AuditKind::SessionRevoked, alice, NOW);
        let reason = RevokeReason::RevokedByOwner;
        if number % 2 == 0 {
            return world.store.revoke_session(alice, id, reason, &event).await.unwrap();
        }
        !world.store.revoke_sessions(alice, None, reason, &event).await.unwrap().is_empty()
    })
    .await;
    assert_eq!(count(&results, |ended| *ended), 1);
    assert_eq!(world.fed(NOW).await, [session.id]);
}

pub async fn of_many_replacements_of_one_password_one_happens(world: World) {
    let alice = world.account("alice").await.id;
    let results = at_once(&world, move |world, number| async move {
        let event = world.event(AuditKind::PasswordChanged, alice, NOW);
        let replacement = replacement(alice, "alice-1", &format!("new-{number}"));
        (number, world.store.change_password(&replacement, &event).await.unwrap())
    })
    .await;
    assert_eq!(count(&results, |(_, change)| *change == PasswordChange::Stale), TASKS - 1);
    let (winner, _) = results.iter().find(|(_, change)| *change != PasswordChange::Stale).unwrap();
    let secret = world.store.find_account_secret(alice).await.unwrap().unwrap();
    assert_eq!(secret.password.unwrap().as_str(), password_hash(&format!("new-{winner}")).as_str());
}

/// One task of many does `undo`, the others log in with the password `alice-1`. Answers what the logins got.
async fn log_in_while<F>(world: &World, undo: impl Fn(World, AccountId) -> F) -> Vec<SessionCreation>
where
    F: Future<Output = ()> + Send + 'static,
{
    let alice = world.account("alice").await.id;
    at_once(world, |world, number| {
        let undo = (number == TASKS / 2).then(|| undo(world.clone(), alice));
        async move {
            if let Some(undo) = undo {
                undo.await;
            }
            let session = world.personas.session(alice, NOW);
            let event = world.event(AuditKind::LoggedIn, alice, NOW);
            world.store.create_session(&session, Some(&password_hash("alice-1")), &event).await.unwrap()
        }
    })
    .await
}

async fn alice_of(world: &World) -> AccountId {
    let page = world.store.list_accounts(PageRequest::first(1)).await.unwrap();
    page.items[0].id
}

pub async fn no_login_with_the_old_password_outlives_its_replacement(world: World) {
    let results = log_in_while(&world, |world, alice| async move {
        let event = world.event(AuditKind::PasswordChanged, alice, NOW);
        world.store.change_password(&replacement(alice, "alice-1", "alice-2"), &event).await.unwrap();
    })
    .await;
    assert!(results.contains(&SessionCreation::PasswordChanged));
    assert_eq!(world.live_sessions(alice_of(&world).await, NOW).await, []);
}

pub async fn no_login_outlives_the_disabling_of_its_account(world: World) {
    let results = log_in_while(&world, |world, alice| async move {
        let event = world.event(AuditKind::AccountDisabled, alice, NOW);
        assert!(world.store.disable_account(alice, &event).await.unwrap());
    })
    .await;
    assert!(results.contains(&SessionCreation::AccountDisabled));
    assert_eq!(world.live_sessions(alice_of(&world).await, NOW).await, []);
}

pub async fn no_login_outlives_the_deletion_of_its_account(world: World) {
    let results = log_in_while(&world, |world, alice| async move {
        let event = world.event(AuditKind::AccountDeleted, alice, NOW);
        let deleted = world.store.delete_account(alice, None, None, &event).await.unwrap();
        assert_eq!(deleted, AccountDeletion::Deleted);
    })
    .await;
    assert!(results.contains(&SessionCreation::NoAccount));
    let begun = count(&results, |creation| *creation == SessionCreation::Created);
    assert_eq!(world.fed(NOW).await.len(), begun, "every access token given out is covered by the feed");
}

pub async fn of_many_adoptions_of_one_session_one_happens(world: World) {
    let alice = world.account("alice").await.id;
    let session = foreign(&world, alice, NOW);
    let results = at_once(&world, |world, _| {
        let session = session.clone();
        async move {
            let adopted = adopt(&world, &session).await;
            // Whoever came too late exchanges the same generation.
            (adopted, world.exchange(session.id, 1, NOW.plus(MINUTE)).await.generation)
        }
    })
    .await;
    assert_eq!(count(&results, |(adopted, _)| *adopted == SessionAdoption::Adopted), 1);
    assert_eq!(count(&results, |(adopted, _)| *adopted == SessionAdoption::Known), TASKS - 1);
    assert_eq!(count(&results, |(_, generation)| *generation == 2), TASKS);
    let log = world.logged(alice).await;
    assert_eq!(count(&log, |kind| *kind == AuditKind::SessionAdopted), 1);
}

pub async fn no_adoption_outlives_the_disabling_of_its_account(world: World) {
    // Without a password: most accounts that come from elsewhere have one, not all.
    let alice = NewAccount { password: None, ..world.personas.account("alice") };
    world.create(&alice).await;
    let results = at_once(&world, |world, number| {
        let session = foreign(&world, alice.id, NOW);
        async move {
            if number == TASKS / 2 {
                let event = world.event(AuditKind::AccountDisabled, session.account_id, NOW);
                assert!(world.store.disable_account(session.account_id, &event).await.unwrap());
            }
            adopt(&world, &session).await
        }
    })
    .await;
    assert!(results.contains(&SessionAdoption::AccountDisabled));
    assert_eq!(world.live_sessions(alice.id, NOW).await, []);
    let adopted = count(&results, |adoption| *adoption == SessionAdoption::Adopted);
    assert_eq!(world.fed(NOW).await.len(), adopted, "every access token given out is covered by the feed");
}

pub async fn of_many_revocations_of_one_foreign_session_the_longest_is_fed(world: World) {
    let alice = world.account("alice").await.id;
    let session = foreign(&world, alice, NOW);
    let until = |number: usize| NOW.plus(30 * MINUTE + MINUTE * u32::try_from(number).unwrap());
    let ended = at_once(&world, |world, number| {
        let session = session.clone();
        async move { end(&world, &session, NOW, until(number)).await }
    })
    .await;
    assert_eq!(count(&ended, |ended| *ended), 1);
    let expected = Revocation { session_id: session.id, revoked_at: NOW, expires_at: until(TASKS - 1) };
    assert_eq!(world.store.list_revocations(NOW, NOW).await.unwrap(), [expected]);
    let log = world.logged(alice).await;
    assert_eq!(count(&log, |kind| *kind == AuditKind::SessionRevoked), 1);
}

pub async fn of_many_processes_one_adds_the_first_keys(world: World) {
    let results = at_once(&world, |world, _| async move {
        world.store.add_first_keys(&keys::first_keys(), &[]).await.unwrap()
    })
    .await;
    assert_eq!(count(&results, |added| *added), 1);
    assert_eq!(world.store.list_keys().await.unwrap().len(), 3);
}

pub async fn of_many_processes_one_rotates_the_keys(world: World) {
    world.store.add_first_keys(&keys::first_keys(), &[]).await.unwrap();
    let results = at_once(&world, |world, number| async move {
        let rotation = keys::rotation(&format!("new-{number}"));
        world.store.rotate_keys(&rotation, &keys::event(&world)).await.unwrap()
    })
    .await;
    assert_eq!(count(&results, |rotated| *rotated), 1);
    assert_eq!(world.store.list_keys().await.unwrap().len(), 4);
}

pub async fn of_a_resealing_and_many_rotations_one_happens(world: World) {
    world.store.add_first_keys(&keys::first_keys(), &[]).await.unwrap();
    let old = world.store.list_keys().await.unwrap();
    let new = keys::resealed(&old);
    let results = at_once(&world, |world, number| {
        let (old, new) = (old.clone(), new.clone());
        async move {
            if number % 4 == 0 {
                return world.store.reseal_keys(&old, &new, &keys::event(&world)).await.unwrap();
            }
            let rotation = keys::rotation(&format!("new-{number}"));
            world.store.rotate_keys(&rotation, &keys::event(&world)).await.unwrap()
        }
    })
    .await;
    assert_eq!(count(&results, |done| *done), 1);
    let stored = world.store.list_keys().await.unwrap();
    let seals: std::collections::HashSet<_> = stored.iter().map(|key| &key.sealed).collect();
    assert_eq!(seals.len(), 1, "{stored:?}");
}

pub async fn changes_to_different_fields_of_a_profile_are_all_kept(world: World) {
    let alice = world.account("alice").await.id;
    at_once(&world, move |world, number| async move {
        let set = Change::Set("set".into());
        let change = match number % 3 {
            0 => ProfileChange { name: set, ..ProfileChange::default() },
            1 => ProfileChange { bio: set, ..ProfileChange::default() },
            _ => ProfileChange { contact: set, ..ProfileChange::default() },
        };
        world.store.update_profile(alice, &change, NOW).await.unwrap().unwrap();
    })
    .await;
    let profile = world.stored_account(alice).await.profile;
    let set = || Some("set".to_owned());
    assert_eq!((profile.name, profile.bio, profile.contact), (set(), set(), set()));
}

pub async fn of_many_logins_at_once_no_more_sessions_are_left_than_may_be(world: World) {
    let alice = world.account("alice").await.id;
    for _ in 0..3 {
        world.session_at(alice, NOW.minus(MINUTE)).await;
    }
    let results = at_once(&world, |world, _| {
        let session = limited(&world, world.personas.session(alice, NOW), 3);
        async move { world.begin(&session).await }
    })
    .await;
    let in_place = SessionCreation::CreatedInPlaceOf { ended: 1 };
    assert_eq!(count(&results, |creation| *creation == in_place), TASKS);
    assert_eq!(world.live_sessions(alice, NOW).await.len(), 3);
    assert_eq!(
        world.fed(NOW).await.len(),
        TASKS,
        "every access token given out in vain is covered by the feed"
    );
}

pub async fn a_proof_is_kept_whatever_is_exchanged_meanwhile(world: World) {
    let (_, session) = world.alice_logged_in().await;
    let (proved_at, later) = (NOW.plus(MINUTE), NOW.plus(MINUTE));
    at_once(&world, |world, number| {
        let session = session.clone();
        async move {
            if number == TASKS / 2 {
                let outcome = prove(&world, &session, proved_at).await;
                assert!(matches!(outcome, ReauthenticationOutcome::Noted { .. }), "{outcome:?}");
            } else {
                world.exchange(session.id, 1, later).await;
            }
        }
    })
    .await;
    assert_eq!(world.stored_session(session.id).await.authenticated_at, proved_at);
}
