//! Are accounts deleted after a while, or kept, as agreed?

use super::World;
use super::one_time_tokens::{address, using};
use super::races::{at_once, count};
use crate::model::{AccountId, AuditKind, MailKind, PendingDeletion, Purpose, StoredToken, Timestamp};
use crate::ports::mail_store::{DeletionSchedule, EmailChangeUndo, EmailChanged};
use crate::ports::store::{AccountDeletion, SessionCreation};
use crate::testing::{DAY, MINUTE, NOW, password_hash};

impl World {
    /// Lets an account be deleted in a week; answers what became of it, and the token that undoes it.
    async fn schedule(&self, id: AccountId, password: &str) -> (AccountDeletion, StoredToken) {
        let undo = self.personas.token(Purpose::UndoDeletion, Some(id), &address("alice"));
        let undo = StoredToken { expires_at: NOW.plus(7 * DAY), ..undo };
        let mail = self.personas.mail(MailKind::DeletionScheduled, Some(id), NOW);
        let deletion = DeletionSchedule {
            account_id: id,
            checked: Some(password_hash(password)),
            due_at: NOW.plus(7 * DAY),
            undo: Some((undo.clone(), mail)),
        };
        let event = self.event(AuditKind::DeletionScheduled, id, NOW);
        (self.store.schedule_deletion(&deletion, &event).await.unwrap(), undo)
    }

    async fn keep(&self, token: &StoredToken, at: Timestamp) -> bool {
        let event = self.event(AuditKind::DeletionUndone, token.account_id.unwrap(), at);
        self.store.undo_deletion(using(token, at), &event).await.unwrap()
    }

    async fn delete_due(&self, id: AccountId, at: Timestamp) -> bool {
        let event = self.event(AuditKind::AccountDeleted, id, at);
        let mail = self.personas.mail(MailKind::AccountDeleted, Some(id), at);
        self.store.delete_due_account(id, &mail, &event).await.unwrap()
    }

    async fn disable(&self, id: AccountId, at: Timestamp) {
        let event = self.event(AuditKind::AccountDisabled, id, at);
        assert!(self.store.disable_account(id, &event).await.unwrap());
    }
}

pub async fn an_account_is_disabled_until_it_is_deleted(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let (outcome, undo) = world.schedule(alice.id, "alice-1").await;
    assert_eq!(outcome, AccountDeletion::Deleted);
    let stored = world.stored_account(alice.id).await;
    let pending = PendingDeletion { requested_at: NOW, due_at: NOW.plus(7 * DAY) };
    assert_eq!((stored.deletion, stored.disabled_at), (Some(pending), Some(NOW)));
    assert_eq!(world.live_sessions(alice.id, NOW).await, []);
    assert_eq!(world.fed(NOW).await, [session.id]);
    let refused = world.begin(&world.personas.session(alice.id, NOW)).await;
    assert_eq!(refused, SessionCreation::AccountDisabled);
    assert!(world.is_kept(&undo).await);
    let mails = world.mails().await;
    assert_eq!((mails.len(), mails[0].kind), (1, MailKind::DeletionScheduled));
    assert_eq!(world.logged(alice.id).await[0], AuditKind::DeletionScheduled);

    assert_eq!(world.store.list_due_deletions(NOW.plus(6 * DAY)).await.unwrap(), []);
    assert!(!world.delete_due(alice.id, NOW.plus(6 * DAY)).await);
    assert_eq!(world.store.list_due_deletions(NOW.plus(7 * DAY)).await.unwrap(), [alice.id]);
    assert!(world.delete_due(alice.id, NOW.plus(7 * DAY)).await);
    assert!(!world.delete_due(alice.id, NOW.plus(7 * DAY)).await);
    assert!(world.store.find_account(alice.id).await.unwrap().is_none());
    let mails = world.mails().await;
    assert_eq!((mails.len(), mails[0].kind), (2, MailKind::AccountDeleted));
    assert_eq!((&mails[0].email, mails[0].account_id), (&address("alice"), Some(alice.id)));
    assert_eq!(world.logged(alice.id).await[0], AuditKind::AccountDeleted);
    assert_eq!(world.store.list_due_deletions(NOW.plus(8 * DAY)).await.unwrap(), []);
}

pub async fn a_deletion_needs_the_account_and_the_password_that_was_checked(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let (outcome, undo) = world.schedule(alice.id, "alice-0").await;
    assert_eq!(outcome, AccountDeletion::PasswordChanged);
    assert!(!world.is_kept(&undo).await && world.mails().await.is_empty());
    assert_eq!(world.live_sessions(alice.id, NOW).await, [session.id]);
    let nobody = world.personas.account("nobody").id;
    assert_eq!(world.schedule(nobody, "x").await.0, AccountDeletion::NoAccount);
}

pub async fn an_account_that_is_kept_can_be_used_again(world: World) {
    let (alice, _) = world.alice_logged_in().await;
    let (_, undo) = world.schedule(alice.id, "alice-1").await;
    assert!(!world.keep(&undo, undo.expires_at).await);
    assert!(world.keep(&undo, NOW.plus(MINUTE)).await);
    assert!(!world.keep(&undo, NOW.plus(MINUTE)).await);
    let stored = world.stored_account(alice.id).await;
    assert_eq!((stored.deletion, stored.disabled_at), (None, None));
    world.session(alice.id).await;
    assert_eq!(world.logged(alice.id).await[0], AuditKind::DeletionUndone);
    assert!(!world.delete_due(alice.id, NOW.plus(7 * DAY)).await);
}

pub async fn an_account_that_was_disabled_meanwhile_stays_so_when_it_is_kept(world: World) {
    for (name, at) in [("alice", NOW.plus(MINUTE)), ("bob", NOW)] {
        let id = world.account(name).await.id;
        let (_, undo) = world.schedule(id, &format!("{name}-1")).await;
        world.disable(id, at).await;
        assert_eq!(world.logged(id).await[0], AuditKind::AccountDisabled);
        assert!(world.keep(&undo, NOW.plus(DAY)).await);
        let stored = world.stored_account(id).await;
        assert!(stored.deletion.is_none() && stored.is_disabled(), "{stored:?}");
    }
    // And the other way round.
    let carol = world.account("carol").await.id;
    world.disable(carol, NOW.minus(DAY)).await;
    let (_, undo) = world.schedule(carol, "carol-1").await;
    assert!(world.keep(&undo, NOW.plus(DAY)).await);
    assert_eq!(world.stored_account(carol).await.disabled_at, Some(NOW.minus(DAY)));
}

pub async fn an_account_that_is_enabled_is_kept(world: World) {
    let alice = world.account("alice").await.id;
    let (_, undo) = world.schedule(alice, "alice-1").await;
    let event = world.event(AuditKind::AccountEnabled, alice, NOW.plus(MINUTE));
    assert!(world.store.enable_account(alice, &event).await.unwrap());
    let stored = world.stored_account(alice).await;
    assert_eq!((stored.deletion, stored.disabled_at), (None, None));
    assert!(!world.keep(&undo, NOW.plus(MINUTE)).await);
    assert!(!world.delete_due(alice, NOW.plus(7 * DAY)).await);
}

pub async fn whoever_gets_the_address_back_keeps_the_account(world: World) {
    let alice = world.account("alice").await.id;
    let token = world.issue(Purpose::UndoEmailChange, alice, "first").await;
    let (_, undo) = world.schedule(alice, "alice-1").await;
    let mail = world.personas.mail(MailKind::ResetPassword, Some(alice), NOW);
    let back =
        EmailChangeUndo { account_id: alice, token: using(&token, NOW), email: address("first"), mail };
    let event = world.event(AuditKind::EmailChangeUndone, alice, NOW);
    let outcome = world.store.undo_email_change(&back, &event).await.unwrap();
    assert!(matches!(outcome, EmailChanged::Changed { .. }));
    let stored = world.stored_account(alice).await;
    assert_eq!((stored.deletion, stored.disabled_at), (None, None));
    assert!(!world.is_kept(&undo).await);
}

pub async fn of_many_who_delete_and_one_who_keeps_one_side_wins(world: World) {
    let alice = world.account("alice").await.id;
    let (_, undo) = world.schedule(alice, "alice-1").await;
    let due = NOW.plus(7 * DAY);
    let results = at_once(&world, |world, number| {
        let undo = undo.clone();
        async move {
            if number % 2 == 0 { world.delete_due(alice, due).await } else { world.keep(&undo, NOW).await }
        }
    })
    .await;
    assert_eq!(count(&results, |done| *done), 1);
    let log = world.logged(alice).await;
    let is_there = world.store.find_account(alice).await.unwrap().is_some();
    assert_eq!(log.contains(&AuditKind::DeletionUndone), is_there);
    assert_eq!(log.contains(&AuditKind::AccountDeleted), !is_there);
}
