//! Are addresses verified, changed and given back as agreed?

use super::World;
use super::one_time_tokens::{address, using};
use super::races::{at_once, count};
use crate::model::{
    AccountId, AuditKind, Email, MailKind, NewAccount, NewMail, Purpose, RevokeReason, StoredToken, Timestamp,
};
use crate::ports::mail_store::{
    EmailChange, EmailChangeRequest, EmailChangeRequested, EmailChangeUndo, EmailChanged, EmailVerification,
};
use crate::ports::store::AccountCreation;
use crate::testing::{MINUTE, NOW, password_hash};

impl World {
    /// A change of the address by a token that it is issued for.
    async fn change_of(&self, id: AccountId, old: &str, new: &str) -> EmailChange {
        let token = self.issue(Purpose::ChangeEmail, id, new).await;
        let undo = self.personas.token(Purpose::UndoEmailChange, Some(id), &address(old));
        let mail = self.personas.mail(MailKind::EmailChanged, Some(id), NOW);
        let mail = NewMail { email: Some(address(old)), token_id: Some(undo.id), ..mail };
        EmailChange {
            account_id: id,
            token: using(&token, NOW),
            old: Some(address(old)),
            new: address(new),
            undo: Some(undo),
            mail: Some(mail),
        }
    }

    async fn change_email(&self, change: &EmailChange, at: Timestamp) -> EmailChanged {
        let event = self.event(AuditKind::EmailChanged, change.account_id, at);
        self.store.change_email(change, &event).await.unwrap()
    }

    async fn undo_email_change(&self, token: &StoredToken, at: Timestamp) -> EmailChanged {
        let account_id = token.account_id.unwrap();
        let mail = self.personas.mail(MailKind::ResetPassword, Some(account_id), at);
        let undo = EmailChangeUndo { account_id, token: using(token, at), email: token.email.clone(), mail };
        let event = self.event(AuditKind::EmailChangeUndone, account_id, at);
        self.store.undo_email_change(&undo, &event).await.unwrap()
    }

    async fn email_of(&self, id: AccountId) -> (Option<Email>, Option<Timestamp>) {
        let account = self.stored_account(id).await;
        (account.email, account.email_verified_at)
    }
}

/// The token that undoes a change.
fn undo_of(change: &EmailChange) -> StoredToken {
    change.undo.clone().unwrap()
}

fn changed() -> EmailChanged {
    EmailChanged::Changed { revoked: Vec::new() }
}

pub async fn an_address_is_verified_by_a_token_once(world: World) {
    let alice = world.account("alice").await.id;
    let token = world.issue(Purpose::VerifyEmail, alice, "ALICE").await;
    assert_eq!(world.verify(&token, token.expires_at).await, EmailVerification::Spent);
    assert_eq!(world.verify(&token, NOW.plus(MINUTE)).await, EmailVerification::Verified);
    assert_eq!(world.email_of(alice).await, (Some(address("alice")), Some(NOW.plus(MINUTE))));
    assert_eq!(world.verify(&token, NOW).await, EmailVerification::Spent);
    assert_eq!(world.logged(alice).await, [AuditKind::EmailVerified, AuditKind::AccountCreated]);
    let other = world.issue(Purpose::VerifyEmail, alice, "other").await;
    assert_eq!(world.verify(&other, NOW).await, EmailVerification::OtherAddress);
}

pub async fn an_administrator_verifies_the_address_that_they_saw(world: World) {
    let alice = world.account("alice").await.id;
    let mark = async |id, name| {
        let event = world.event(AuditKind::EmailVerified, id, NOW.plus(MINUTE));
        world.store.mark_email_verified(id, &address(name), &event).await.unwrap()
    };
    assert!(!mark(alice, "bob").await);
    assert!(!mark(world.personas.account("nobody").id, "nobody").await);
    assert_eq!(world.email_of(alice).await.1, None);
    assert!(mark(alice, "alice").await && mark(alice, "alice").await);
    assert_eq!(world.email_of(alice).await.1, Some(NOW.plus(MINUTE)));
    assert_eq!(world.logged(alice).await, [AuditKind::EmailVerified, AuditKind::AccountCreated]);
}

pub async fn an_address_is_changed_by_a_token_once_and_what_undoes_stays(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let reset = world.issue(Purpose::ResetPassword, alice.id, "alice").await;
    let first = world.change_of(alice.id, "alice", "new").await;
    assert_eq!(world.change_email(&first, NOW.plus(MINUTE)).await, changed());
    assert_eq!(world.email_of(alice.id).await, (Some(address("new")), Some(NOW.plus(MINUTE))));
    assert_eq!(world.live_sessions(alice.id, NOW).await, [session.id]);
    assert!(!world.is_kept(&reset).await);
    let [mail] = &world.mails().await[..] else { panic!("one mail") };
    assert_eq!((&mail.email, mail.token_id), (&address("alice"), Some(undo_of(&first).id)));
    assert_eq!(world.logged(alice.id).await[0], AuditKind::EmailChanged);
    assert_eq!(world.change_email(&first, NOW).await, EmailChanged::Stale);

    let second = world.change_of(alice.id, "new", "newer").await;
    assert_eq!(world.change_email(&second, NOW).await, changed());
    assert!(world.is_kept(&undo_of(&first)).await && world.is_kept(&undo_of(&second)).await);
    let spent = EmailChange { old: Some(address("newer")), ..first };
    assert_eq!(world.change_email(&spent, NOW).await, EmailChanged::Spent);
}

pub async fn a_change_of_the_address_that_is_refused_leaves_all_as_it_was(world: World) {
    let alice = world.account("alice").await.id;
    world.account("bob").await;
    let taken = world.change_of(alice, "alice", "Bob").await;
    let log = world.logged(alice).await;
    assert_eq!(world.change_email(&taken, NOW).await, EmailChanged::EmailTaken);
    let stale = EmailChange { old: None, ..taken.clone() };
    assert_eq!(world.change_email(&stale, NOW).await, EmailChanged::Stale);
    let nobody = EmailChange { account_id: world.personas.account("nobody").id, ..taken.clone() };
    assert_eq!(world.change_email(&nobody, NOW).await, EmailChanged::NoAccount);
    let late = crate::ports::mail_store::TokenUse { now: NOW.plus(60 * MINUTE), ..taken.token };
    let late = EmailChange { token: late, ..taken.clone() };
    assert_eq!(world.change_email(&late, NOW).await, EmailChanged::Spent);
    assert_eq!(world.email_of(alice).await, (Some(address("alice")), None));
    assert!(world.store.find_token_by_id(taken.token.id).await.unwrap().is_some());
    assert!(!world.is_kept(&undo_of(&taken)).await);
    assert_eq!((world.mails().await, world.logged(alice).await), (vec![], log));
}

pub async fn an_owner_gets_the_address_back_and_nobody_else_stays(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let first = world.change_of(alice.id, "alice", "thief").await;
    assert_eq!(world.change_email(&first, NOW).await, changed());
    let second = world.change_of(alice.id, "thief", "thief-2").await;
    let mut second = second;
    // Made at a node whose clock is behind.
    second.undo.as_mut().unwrap().created_at = NOW.minus(MINUTE);
    assert_eq!(world.change_email(&second, NOW.plus(MINUTE)).await, changed());
    // A thief who undoes the second change does not cut off whoever can undo the first.
    let at = NOW.plus(2 * MINUTE);
    let outcome = world.undo_email_change(&undo_of(&second), at).await;
    assert_eq!(outcome, EmailChanged::Changed { revoked: vec![session.id] });
    assert_eq!(world.email_of(alice.id).await.0, Some(address("thief")));
    let reset = world.issue(Purpose::ResetPassword, alice.id, "thief").await;
    let outcome = world.undo_email_change(&undo_of(&first), at).await;
    assert_eq!(outcome, changed());
    assert_eq!(world.email_of(alice.id).await, (Some(address("alice")), Some(at)));
    assert!(!world.is_kept(&reset).await);
    assert!(world.store.find_account_secret(alice.id).await.unwrap().unwrap().password.is_none());
    let ended = world.stored_session(session.id).await;
    assert_eq!(ended.revoked, Some((at, RevokeReason::PasswordChanged)));
    let mails = world.mails().await;
    assert_eq!((mails[0].kind, &mails[0].email), (MailKind::ResetPassword, &address("alice")));
    assert_eq!(world.logged(alice.id).await[0], AuditKind::EmailChangeUndone);
    assert_eq!(world.undo_email_change(&undo_of(&first), at).await, EmailChanged::Spent);
}

pub async fn an_address_that_somebody_else_has_by_now_is_not_given_back(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let change = world.change_of(alice.id, "alice", "new").await;
    assert_eq!(world.change_email(&change, NOW).await, changed());
    let other = NewAccount {
        email: Some(address("alice")),
        email_verified_at: Some(NOW),
        ..world.personas.account("another")
    };
    world.create(&other).await;
    assert_eq!(world.undo_email_change(&undo_of(&change), NOW).await, EmailChanged::EmailTaken);
    assert!(world.is_kept(&undo_of(&change)).await);
    assert_eq!(world.email_of(alice.id).await.0, Some(address("new")));
    assert_eq!(world.live_sessions(alice.id, NOW).await, [session.id]);
}

pub async fn of_many_changes_to_one_address_one_happens(world: World) {
    let mut changes = Vec::new();
    for number in 0..super::races::TASKS {
        let name = format!("person-{number}");
        let id = world.account(&name).await.id;
        changes.push(world.change_of(id, &name, "everybody").await);
    }
    let results = at_once(&world, |world, number| {
        let change = changes[number].clone();
        async move { world.change_email(&change, NOW).await }
    })
    .await;
    assert_eq!(count(&results, |outcome| *outcome == changed()), 1);
    assert_eq!(count(&results, |outcome| *outcome == EmailChanged::EmailTaken), results.len() - 1);
}

pub async fn an_address_that_an_owner_may_get_back_is_taken_for_strangers(world: World) {
    let alice = world.account("alice").await.id;
    let change = world.change_of(alice, "alice", "thief").await;
    assert_eq!(world.change_email(&change, NOW).await, changed());
    let squatter =
        NewAccount { email: Some(address("alice")), username: None, ..world.personas.account("squatter") };
    let event = world.event(AuditKind::AccountCreated, squatter.id, NOW);
    let refused = world.store.create_account(&squatter, None, &event).await.unwrap();
    assert_eq!(refused, AccountCreation::EmailTaken);
    assert_eq!(world.store.find_account(squatter.id).await.unwrap(), None, "nothing is left of it");
    assert!(matches!(world.undo_email_change(&undo_of(&change), NOW).await, EmailChanged::Changed { .. }));
}

pub async fn another_address_is_asked_for_with_the_password_as_it_is_now(world: World) {
    let alice = world.account("alice").await.id;
    let request = |checked: &str| {
        let token = world.personas.token(Purpose::ChangeEmail, Some(alice), &address("new"));
        let mail = world.personas.mail(MailKind::ChangeEmail, Some(alice), NOW);
        let mail = NewMail { email: Some(address("new")), token_id: Some(token.id), ..mail };
        EmailChangeRequest { account_id: alice, checked: password_hash(checked), token, mail }
    };
    let event = world.event(AuditKind::EmailChangeRequested, alice, NOW);
    let stale = request("alice-0");
    let outcome = world.store.request_email_change(&stale, &event).await.unwrap();
    assert_eq!(outcome, EmailChangeRequested::PasswordChanged);
    assert!(!world.is_kept(&stale.token).await && world.mails().await.is_empty());
    let good = request("alice-1");
    let outcome = world.store.request_email_change(&good, &event).await.unwrap();
    assert_eq!(outcome, EmailChangeRequested::Requested);
    assert!(world.is_kept(&good.token).await && world.mails().await.len() == 1);
    let disabled = world.event(AuditKind::AccountDisabled, alice, NOW);
    assert!(world.store.disable_account(alice, &disabled).await.unwrap());
    let again = request("alice-1");
    let event = world.event(AuditKind::EmailChangeRequested, alice, NOW);
    let outcome = world.store.request_email_change(&again, &event).await.unwrap();
    assert_eq!(outcome, EmailChangeRequested::AccountDisabled);
}
