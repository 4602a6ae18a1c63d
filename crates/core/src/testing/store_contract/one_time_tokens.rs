//! Are one-time tokens kept, and used once, as agreed?

use super::World;
use super::mails::pruning;
use super::races::{at_once, count};
use crate::model::{
    AccountId, AuditKind, Email, MailKind, NewAccount, PageRequest, Purpose, StoredToken, Timestamp,
};
use crate::ports::mail_store::{EmailVerification, TokenUse};
use crate::ports::store::{AccountCreation, PasswordChange, PasswordReplacement};
use crate::testing::store_contract::passwords::replacement;
use crate::testing::{MINUTE, NOW, password_hash};

pub(super) fn address(name: &str) -> Email {
    Email::parse(&format!("{name}@example.com")).unwrap()
}

pub(super) fn using(token: &StoredToken, now: Timestamp) -> TokenUse {
    TokenUse { id: token.id, now }
}

impl World {
    /// Gives an account a token that was sent to `<name>@example.com`.
    pub(super) async fn issue(&self, purpose: Purpose, account_id: AccountId, name: &str) -> StoredToken {
        let token = self.personas.token(purpose, Some(account_id), &address(name));
        // A mail that was forgotten meanwhile is no reason not to.
        let mail = self.personas.mail(MailKind::ResetPassword, Some(account_id), NOW);
        assert!(self.store.issue_token(&token, mail.id).await.unwrap());
        token
    }

    pub(super) async fn is_kept(&self, token: &StoredToken) -> bool {
        self.store.find_token_by_id(token.id).await.unwrap().is_some()
    }

    pub(super) async fn verify(&self, token: &StoredToken, now: Timestamp) -> EmailVerification {
        let event = self.event(AuditKind::EmailVerified, token.account_id.unwrap(), now);
        self.store.verify_email(using(token, now), &event).await.unwrap()
    }
}

/// Keeps a token of somebody who has no account yet.
async fn keep(world: &World, token: &StoredToken) {
    let event = world.event(AuditKind::Invited, world.personas.account("admin").id, NOW);
    world.store.keep_token(token, &event).await.unwrap();
}

pub async fn a_token_is_found_again_as_it_was_kept(world: World) {
    let alice = world.account("alice").await.id;
    let zoe = Email::parse("Zoë@Bücher.example").unwrap();
    let full = StoredToken {
        code: Some(portcullis_crypto::one_time::Digest::from_stored([0xff; 32])),
        payload: Some("{\"username\":\"Ωμέγα 👩‍👩‍👧‍👦\",\"x\":\"\\\\ ' $1 ?\"}".to_owned()),
        ..world.personas.token(Purpose::ChangeEmail, Some(alice), &zoe)
    };
    let mail = world.request("zoe", NOW).await;
    assert!(world.store.issue_token(&full, mail).await.unwrap());
    assert_eq!(world.mails().await[0].token_id, Some(full.id), "the mail knows what it carries");
    let bare = world.personas.token(Purpose::Register, None, &address("nobody"));
    keep(&world, &bare).await;
    for token in [full, bare] {
        assert_eq!(world.store.find_token(&token.digest).await.unwrap().as_ref(), Some(&token));
        assert_eq!(world.store.find_token_by_id(token.id).await.unwrap().as_ref(), Some(&token));
    }
    let unknown = world.personas.token(Purpose::Register, None, &zoe);
    assert_eq!(world.store.find_token(&unknown.digest).await.unwrap(), None);
    assert_eq!(world.store.find_token_by_id(unknown.id).await.unwrap(), None);
}

pub async fn a_token_takes_the_place_of_those_for_the_same_purpose(world: World) {
    let (alice, bob) = (world.account("alice").await.id, world.account("bob").await.id);
    let first = world.issue(Purpose::ResetPassword, alice, "alice").await;
    let others = [
        world.issue(Purpose::VerifyEmail, alice, "alice").await,
        world.issue(Purpose::ResetPassword, bob, "alice").await,
    ];
    let second = world.issue(Purpose::ResetPassword, alice, "alice").await;
    assert!(!world.is_kept(&first).await && world.is_kept(&second).await);
    for other in others {
        assert!(world.is_kept(&other).await);
    }
}

pub async fn nobody_gets_no_token(world: World) {
    let nobody = world.personas.account("nobody").id;
    let token = world.personas.token(Purpose::ResetPassword, Some(nobody), &address("nobody"));
    let before = world.personas.mail(MailKind::ResetPassword, Some(nobody), NOW);
    assert!(!world.store.issue_token(&token, before.id).await.unwrap());
    let mail = world.personas.mail(MailKind::ChangeEmail, Some(nobody), NOW);
    world.store.request_mail(&mail, Some(&token), None).await.unwrap();
    assert!(!world.is_kept(&token).await);
    assert_eq!(world.mails().await, []);
}

pub async fn of_the_tokens_of_an_address_the_newest_that_is_alive_is_found(world: World) {
    let of = |name: &str| world.personas.token(Purpose::Register, None, &address(name));
    let spelled = Email::parse("ALICE@example.com").unwrap();
    let newest = |purpose| world.store.find_newest_token(&spelled, purpose, NOW);
    for _ in 0..3 {
        let token = of("alice");
        let dead = StoredToken { expires_at: NOW, ..of("alice") };
        for token in [&token, &dead, &of("bob")] {
            keep(&world, token).await;
        }
        assert_eq!(newest(Purpose::Register).await.unwrap().map(|found| found.id), Some(token.id));
    }
    assert_eq!(newest(Purpose::VerifyEmail).await.unwrap(), None);
}

pub async fn a_token_is_found_by_its_code_however_many_were_sent_after_it(world: World) {
    let code = |byte| portcullis_crypto::one_time::Digest::from_stored([byte; 32]);
    let with_code = |byte| StoredToken {
        code: Some(code(byte)),
        ..world.personas.token(Purpose::Register, None, &address("alice"))
    };
    let first = with_code(0);
    keep(&world, &first).await;
    for byte in 1..20 {
        keep(&world, &with_code(byte)).await;
    }
    let find = async |name: &str, purpose, byte, now| {
        let found = world.store.find_token_by_code(&address(name), purpose, &code(byte), now).await.unwrap();
        found.map(|token| token.id)
    };
    assert_eq!(find("Alice", Purpose::Register, 0, NOW).await, Some(first.id));
    assert_eq!(find("alice", Purpose::Register, 99, NOW).await, None);
    assert_eq!(find("alice", Purpose::VerifyEmail, 0, NOW).await, None);
    assert_eq!(find("bob", Purpose::Register, 0, NOW).await, None);
    assert_eq!(find("alice", Purpose::Register, 0, first.expires_at).await, None);
}

pub async fn a_token_gets_its_code_later(world: World) {
    let code = portcullis_crypto::one_time::Digest::from_stored([7; 32]);
    let tokens = [(); 2].map(|()| StoredToken {
        code: None,
        ..world.personas.token(Purpose::Register, None, &address("alice"))
    });
    for token in &tokens {
        keep(&world, token).await;
    }
    let find = async || {
        let found = world.store.find_token_by_code(&address("alice"), Purpose::Register, &code, NOW).await;
        found.unwrap().map(|token| token.id)
    };
    assert_eq!(find().await, None);
    world.store.set_token_code(tokens[1].id, &code).await.unwrap();
    assert_eq!(find().await, Some(tokens[1].id));
    assert_eq!(world.store.find_token_by_id(tokens[0].id).await.unwrap(), Some(tokens[0].clone()));
    let unknown = world.personas.token(Purpose::Register, None, &address("alice"));
    world.store.set_token_code(unknown.id, &code).await.unwrap();
    assert_eq!(world.store.find_token_by_id(unknown.id).await.unwrap(), None);
}

pub async fn invitations_are_listed_in_pages_and_one_address_has_one(world: World) {
    let mut expected = Vec::new();
    for name in ["alice", "bob", "carol", "bob"] {
        let token = world.personas.token(Purpose::Invite, None, &address(name));
        keep(&world, &token).await;
        expected.push(token.id);
    }
    expected.remove(1);
    keep(&world, &world.personas.token(Purpose::Register, None, &address("dave"))).await;
    let dead = world.personas.token(Purpose::Invite, None, &address("erin"));
    keep(&world, &StoredToken { expires_at: NOW, ..dead }).await;
    let (mut listed, mut page) = (Vec::new(), PageRequest::first(2));
    loop {
        let found = world.store.list_invitations(NOW, page).await.unwrap();
        listed.extend(found.items.into_iter().map(|token| token.id));
        let Some(next) = found.next else { break };
        page.after = Some(next);
    }
    assert_eq!(listed, expected);
}

pub async fn a_token_is_forgotten_once_and_that_is_written_down(world: World) {
    let admin = world.account("admin").await.id;
    let token = world.personas.token(Purpose::Invite, None, &address("alice"));
    keep(&world, &token).await;
    for expected in [true, false] {
        let event = world.event(AuditKind::InvitationWithdrawn, admin, NOW);
        assert_eq!(world.store.delete_token(token.id, Some(&event)).await.unwrap(), expected);
    }
    assert!(!world.is_kept(&token).await);
    assert_eq!(world.logged(admin).await, [AuditKind::InvitationWithdrawn, AuditKind::AccountCreated]);
}

pub async fn tokens_go_with_their_account_and_with_their_time(world: World) {
    let (alice, bob) = (world.account("alice").await.id, world.account("bob").await.id);
    let gone = world.issue(Purpose::ResetPassword, alice, "alice").await;
    let expired = world.issue(Purpose::ResetPassword, bob, "bob").await;
    let kept = world.issue(Purpose::VerifyEmail, bob, "bob").await;
    let event = world.event(AuditKind::AccountDeleted, alice, NOW);
    world.store.delete_account(alice, None, None, &event).await.unwrap();
    assert!(!world.is_kept(&gone).await);
    let early = world.store.prune_mails(&pruning(expired.expires_at)).await.unwrap();
    assert!(early == 0 && world.is_kept(&expired).await, "it has just expired");
    world.store.prune_mails(&pruning(kept.expires_at.plus(MINUTE))).await.unwrap();
    assert!(!world.is_kept(&expired).await && !world.is_kept(&kept).await);
}

pub async fn an_account_comes_to_be_by_a_token_once(world: World) {
    let token = world.personas.token(Purpose::Register, None, &address("alice"));
    keep(&world, &token).await;
    let mail = world.personas.mail(MailKind::VerifyEmail, None, NOW);
    let by_token = |name: &str| NewAccount {
        token_id: Some(token.id),
        mail: Some(mail.clone()),
        locale: Some(crate::model::Locale::En),
        email_verified_at: Some(NOW),
        ..world.personas.account(name)
    };
    world.account("bob").await;
    let other = NewAccount { email: Some(address("bob")), ..by_token("alice") };
    assert_eq!(world.create(&other).await, AccountCreation::EmailTaken);
    assert!(world.is_kept(&token).await, "what is refused for another reason leaves it good");
    let late = NewAccount { created_at: token.expires_at, ..by_token("alice") };
    assert_eq!(world.create(&late).await, AccountCreation::TokenSpent);
    assert_eq!(world.mails().await, []);

    let alice = by_token("alice");
    assert!(matches!(world.create(&alice).await, AccountCreation::Created { .. }));
    let stored = world.stored_account(alice.id).await;
    assert_eq!((stored.locale, stored.email_verified_at), (alice.locale, Some(NOW)));
    let [mail] = &world.mails().await[..] else { panic!("one mail") };
    assert_eq!((mail.account_id, Some(&mail.email)), (Some(alice.id), alice.email.as_ref()));
    assert_eq!(mail.locale, alice.locale, "the account's before the request's");
    let again = by_token("carol");
    assert_eq!(world.create(&again).await, AccountCreation::TokenSpent);
    assert!(world.store.find_account(again.id).await.unwrap().is_none());
    assert_eq!(world.logged(again.id).await, []);
}

pub async fn a_password_is_set_by_a_token_and_all_that_do_not_undo_die(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let bob = world.account("bob").await.id;
    let dying = [
        world.issue(Purpose::VerifyEmail, alice.id, "alice").await,
        world.issue(Purpose::ChangeEmail, alice.id, "new").await,
    ];
    let kept = [
        world.issue(Purpose::UndoEmailChange, alice.id, "old").await,
        world.issue(Purpose::UndoDeletion, alice.id, "alice").await,
        world.issue(Purpose::ResetPassword, bob, "alice").await,
    ];
    let token = world.issue(Purpose::ResetPassword, alice.id, "alice").await;
    let set = |token: &StoredToken, now| PasswordReplacement {
        checked: None,
        token: Some(using(token, now)),
        mail: Some(world.personas.mail(MailKind::PasswordChanged, Some(alice.id), NOW)),
        ..replacement(alice.id, "", "alice-2")
    };
    let change = async |replacement: &PasswordReplacement| {
        let event = world.event(AuditKind::PasswordChanged, alice.id, NOW.plus(MINUTE));
        world.store.change_password(replacement, &event).await.unwrap()
    };
    for spent in [set(&token, token.expires_at), set(&kept[2], NOW)] {
        assert_eq!(change(&spent).await, PasswordChange::TokenSpent);
    }
    let stale = PasswordReplacement { checked: Some(password_hash("wrong")), ..set(&token, NOW) };
    assert_eq!(change(&stale).await, PasswordChange::Stale);
    assert!(world.is_kept(&token).await && world.mails().await.is_empty());

    let changed = change(&set(&token, NOW)).await;
    assert_eq!(changed, PasswordChange::Changed { revoked: vec![session.id] });
    assert_eq!(world.stored_account(alice.id).await.email_verified_at, Some(NOW.plus(MINUTE)));
    for token in dying.iter().chain([&token]) {
        assert!(!world.is_kept(token).await, "{:?}", token.purpose);
    }
    for token in &kept {
        assert!(world.is_kept(token).await, "{:?}", token.purpose);
    }
    assert_eq!(world.mails().await.len(), 1);
    assert_eq!(change(&set(&token, NOW)).await, PasswordChange::TokenSpent);
    assert_eq!(world.logged(alice.id).await[0], AuditKind::PasswordChanged);
}

pub async fn of_many_uses_of_one_token_one_happens(world: World) {
    let alice = world.account("alice").await.id;
    let token = world.issue(Purpose::ResetPassword, alice, "alice").await;
    let results = at_once(&world, |world, number| {
        let token = using(&token, NOW);
        async move {
            let change = PasswordReplacement {
                checked: None,
                token: Some(token),
                ..replacement(alice, "", &format!("new-{number}"))
            };
            let event = world.event(AuditKind::PasswordChanged, alice, NOW);
            world.store.change_password(&change, &event).await.unwrap()
        }
    })
    .await;
    assert_eq!(count(&results, |change| matches!(change, PasswordChange::Changed { .. })), 1);
    assert_eq!(count(&results, |change| *change == PasswordChange::TokenSpent), results.len() - 1);
    assert_eq!(count(&world.logged(alice).await, |kind| *kind == AuditKind::PasswordChanged), 1);
}

pub async fn of_many_accounts_by_one_token_one_is_created(world: World) {
    let token = world.personas.token(Purpose::Register, None, &address("alice"));
    keep(&world, &token).await;
    let results = at_once(&world, |world, number| {
        let account =
            NewAccount { token_id: Some(token.id), ..world.personas.account(&format!("person-{number}")) };
        async move { world.create(&account).await }
    })
    .await;
    assert_eq!(count(&results, |created| matches!(created, AccountCreation::Created { .. })), 1);
    assert_eq!(count(&results, |created| *created == AccountCreation::TokenSpent), results.len() - 1);
}
