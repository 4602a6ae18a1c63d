//! Are accounts created, found, changed and deleted as agreed?

use super::World;
use crate::model::{
    AccountId, AccountName, AuditKind, Change, Email, Identifier, Locale, NewAccount, PageRequest, Profile,
    ProfileChange, RevokeReason, Role, SessionId, Username,
};
use crate::ports::store::{AccountCreation, AccountDeletion, SessionCreation};
use crate::testing::{DAY, MINUTE, NOW, password_hash};

fn email(text: &str) -> Identifier {
    Identifier::Email(Email::parse(text).unwrap())
}

fn username(text: &str) -> Identifier {
    Identifier::Username(Username::parse(text).unwrap())
}

pub async fn an_account_is_found_again_as_it_was_created(world: World) {
    let alice = NewAccount {
        external_id: Some("65f1c0ffee65f1c0ffee0001".into()),
        profile: Profile {
            name: Some("Alice Liddell".into()),
            bio: Some("Fell into a hole.\nCame back.".into()),
            contact: Some("+44 20 7946 0000".into()),
        },
        role: Role::Admin,
        ..world.personas.account("alice")
    };
    let AccountCreation::Created { number } = world.create(&alice).await else { panic!("not created") };

    let found = world.stored_account(alice.id).await;
    assert_eq!((found.id, found.number, found.external_id), (alice.id, number, alice.external_id));
    assert_eq!((found.email, found.username), (alice.email, alice.username));
    assert_eq!((found.profile, found.role, found.disabled_at), (alice.profile, Role::Admin, None));
    assert_eq!((found.created_at, found.updated_at, found.cut_over_at), (NOW, NOW, None));

    let secret = world.store.find_account_secret(alice.id).await.unwrap().unwrap();
    assert_eq!(secret.account, world.stored_account(alice.id).await);
    assert_eq!(secret.password.unwrap().as_str(), password_hash("alice-1").as_str());
    assert_eq!(world.logged(alice.id).await, [AuditKind::AccountCreated]);
}

pub async fn an_account_needs_neither_identifier_nor_password(world: World) {
    let bare =
        || NewAccount { email: None, username: None, password: None, ..world.personas.account("anybody") };
    let (first, second) = (bare(), bare());
    assert!(matches!(world.create(&first).await, AccountCreation::Created { .. }));
    assert!(
        matches!(world.create(&second).await, AccountCreation::Created { .. }),
        "absence is not a duplicate"
    );
    let found = world.store.find_account_secret(first.id).await.unwrap().unwrap();
    assert_eq!((found.account.email, found.account.username), (None, None));
    assert!(found.password.is_none());
}

pub async fn numbers_grow_and_are_never_given_twice(world: World) {
    let alice = world.account("alice").await;
    let bob = world.account("bob").await;
    let (first, second) =
        (world.stored_account(alice.id).await.number, world.stored_account(bob.id).await.number);
    assert!(0 < first && first < second);
    let event = world.event(AuditKind::AccountDeleted, bob.id, NOW);
    let deleted = world.store.delete_account(bob.id, None, None, &event).await.unwrap();
    assert_eq!(deleted, AccountDeletion::Deleted);
    let carol = world.account("carol").await;
    assert!(world.stored_account(carol.id).await.number > second);
}

pub async fn any_spelling_of_an_identifier_finds_the_account(world: World) {
    let zoe = NewAccount {
        email: Some(Email::parse("Zoë@Bücher.example").unwrap()),
        username: Some(Username::parse("Zoë-Liest").unwrap()),
        ..world.personas.account("zoe")
    };
    world.create(&zoe).await;
    for identifier in [email("zoë@bücher.example"), email("ZOË@xn--bcher-kva.EXAMPLE"), username("zoë-LIEST")]
    {
        let found = world.store.find_account_by_identifier(&identifier).await.unwrap().unwrap();
        assert_eq!(found.account.email.unwrap().as_str(), "Zoë@Bücher.example");
        assert_eq!(found.account.username.unwrap().as_str(), "Zoë-Liest");
        assert_eq!(found.password.unwrap().as_str(), password_hash("zoe-1").as_str());
    }
}

pub async fn every_name_of_an_account_finds_it(world: World) {
    world.account("bob").await;
    let external_id = Some("65f1c0ffee ÄÖ".to_owned());
    let alice = NewAccount { external_id, ..world.personas.account("Alice") };
    world.create(&alice).await;
    let stored = world.stored_account(alice.id).await;
    for name in [
        AccountName::Number(stored.number),
        AccountName::ExternalId("65f1c0ffee ÄÖ".into()),
        AccountName::Id(alice.id),
        AccountName::Username(Username::parse("aLICE").unwrap()),
    ] {
        assert_eq!(world.store.find_account_by_name(&name).await.unwrap().as_ref(), Some(&stored));
    }
    let mut unknown = vec![
        AccountName::Id(world.personas.account("nobody").id),
        AccountName::Username(Username::parse("nobody").unwrap()),
    ];
    unknown.extend([0, -1, stored.number + 1, i64::MIN, i64::MAX].map(AccountName::Number));
    let long = "x".repeat(5_000);
    let texts =
        ["", "65F1C0FFEE ÄÖ", "65f1c0ffee ÄÖ ", "65f1c0ffee AO", "a\0b", &stored.number.to_string(), &long];
    unknown.extend(texts.map(|text| AccountName::ExternalId(text.to_owned())));
    for name in unknown {
        assert_eq!(world.store.find_account_by_name(&name).await.unwrap(), None);
    }
}

pub async fn what_is_unknown_is_not_found(world: World) {
    world.account("alice").await;
    let nobody = world.personas.account("nobody").id;
    assert!(world.store.find_account(nobody).await.unwrap().is_none());
    assert!(world.store.find_account_secret(nobody).await.unwrap().is_none());
    for identifier in [email("nobody@example.com"), username("nobody"), username("alice-example.com")] {
        assert!(world.store.find_account_by_identifier(&identifier).await.unwrap().is_none());
    }
    let session = world.personas.session(nobody, NOW).id;
    assert!(world.store.find_session(session).await.unwrap().is_none());
}

pub async fn an_email_address_belongs_to_one_account(world: World) {
    world.account("alice").await;
    let other = NewAccount {
        email: Some(Email::parse("ALICE@Example.com").unwrap()),
        ..world.personas.account("somebody")
    };
    assert_nothing_comes_of(&world, &other, AccountCreation::EmailTaken).await;
}

pub async fn a_username_belongs_to_one_account(world: World) {
    world.account("alice").await;
    let other = NewAccount {
        username: Some(Username::parse("aLiCe").unwrap()),
        ..world.personas.account("somebody")
    };
    assert_nothing_comes_of(&world, &other, AccountCreation::UsernameTaken).await;
}

pub async fn an_external_id_belongs_to_one_account(world: World) {
    let with_id = |name| NewAccount { external_id: Some("old-7".into()), ..world.personas.account(name) };
    world.create(&with_id("alice")).await;
    assert_nothing_comes_of(&world, &with_id("somebody"), AccountCreation::ExternalIdTaken).await;
}

async fn assert_nothing_comes_of(world: &World, account: &NewAccount, expected: AccountCreation) {
    let session = world.personas.session(account.id, NOW);
    let event = world.event(AuditKind::AccountCreated, account.id, NOW);
    let created = world.store.create_account(account, Some(&session), &event).await.unwrap();
    assert_eq!(created, expected);
    assert!(world.store.find_account(account.id).await.unwrap().is_none());
    assert!(world.store.find_session(session.id).await.unwrap().is_none());
    assert_eq!(world.logged(account.id).await, []);
}

pub async fn accents_keep_accounts_apart_and_every_script_comes_back_unchanged(world: World) {
    let texts = ["Zoë", "Zoe\u{308}", "Ζωή", "זואי", "佐藤 ゾーイ", "👩‍👩‍👧‍👦 'quoted' \"twice\" \\ %_ $1 ?", ""];
    for (number, text) in texts.iter().enumerate() {
        let name = format!("person-{number}");
        let profile = Profile { name: Some((*text).into()), bio: Some(text.repeat(40)), contact: None };
        let account = NewAccount { profile: profile.clone(), ..world.personas.account(&name) };
        world.create(&account).await;
        assert_eq!(world.stored_account(account.id).await.profile, profile);
    }
    for name in ["zoe", "zoë", "zoé", "ζωή", "佐藤さん", "straße", "stra-e"] {
        world.account(name).await;
    }
}

pub async fn the_first_session_begins_with_the_account(world: World) {
    let alice = world.personas.account("alice");
    let session = world.personas.session(alice.id, NOW);
    let event = world.event(AuditKind::AccountCreated, alice.id, NOW);
    let created = world.store.create_account(&alice, Some(&session), &event).await.unwrap();
    assert!(matches!(created, AccountCreation::Created { .. }));
    assert_eq!(world.stored_session(session.id).await, session.begin());
}

pub async fn a_profile_changes_where_it_is_told_to_and_nowhere_else(world: World) {
    let before = Profile { name: Some("A".into()), bio: Some("B".into()), contact: Some("C".into()) };
    let alice = NewAccount { profile: before.clone(), ..world.personas.account("alice") };
    world.create(&alice).await;
    let later = NOW.plus(MINUTE);

    let nothing =
        world.store.update_profile(alice.id, &ProfileChange::default(), later).await.unwrap().unwrap();
    assert_eq!((nothing.profile, nothing.updated_at), (before, NOW));

    let change = ProfileChange {
        name: Change::Set("Ä".into()),
        bio: Change::Clear,
        contact: Change::Keep,
        locale: Change::Set("de".into()),
    };
    let changed = world.store.update_profile(alice.id, &change, later).await.unwrap().unwrap();
    assert_eq!(changed.profile, Profile { name: Some("Ä".into()), bio: None, contact: Some("C".into()) });
    assert_eq!(changed.locale, Some(Locale::De));
    assert_eq!((changed.created_at, changed.updated_at), (NOW, later));
    assert_eq!(changed, world.stored_account(alice.id).await);

    let nobody = world.personas.account("nobody").id;
    assert!(world.store.update_profile(nobody, &change, later).await.unwrap().is_none());
}

pub async fn accounts_are_listed_by_number_in_pages(world: World) {
    let mut created: Vec<AccountId> = Vec::new();
    for name in ["eve", "dan", "carol", "bob", "alice"] {
        created.push(world.account(name).await.id);
    }
    let mut listed = Vec::new();
    let mut sizes = Vec::new();
    let mut request = PageRequest::first(2);
    loop {
        let page = world.store.list_accounts(request).await.unwrap();
        sizes.push(page.items.len());
        listed.extend(page.items.iter().map(|account| account.id));
        let Some(next) = page.next else { break };
        request.after = Some(next);
    }
    assert_eq!((listed, sizes), (created, vec![2, 2, 1]));
    let exact = world.store.list_accounts(PageRequest::first(5)).await.unwrap();
    assert_eq!((exact.items.len(), exact.next), (5, None));
}

pub async fn an_account_is_only_deleted_while_the_password_that_was_checked_is_current(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let log = world.logged(alice.id).await;
    let event = world.event(AuditKind::AccountDeleted, alice.id, NOW);
    let stale =
        world.store.delete_account(alice.id, Some(&password_hash("alice-0")), None, &event).await.unwrap();
    assert_eq!(stale, AccountDeletion::PasswordChanged);
    assert_eq!(world.live_sessions(alice.id, NOW).await, [session.id]);
    assert_eq!(world.logged(alice.id).await, log);

    let current =
        world.store.delete_account(alice.id, Some(&password_hash("alice-1")), None, &event).await.unwrap();
    assert_eq!(current, AccountDeletion::Deleted);
    assert!(world.store.find_account(alice.id).await.unwrap().is_none());
}

pub async fn deleting_an_account_deletes_all_of_it_but_the_feed_and_the_log(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let bob = world.account("bob").await;
    let kept = world.session(bob.id).await;
    let event = world.event(AuditKind::AccountDeleted, alice.id, NOW);
    let deleted = world.store.delete_account(alice.id, None, None, &event).await.unwrap();
    assert_eq!(deleted, AccountDeletion::Deleted);

    assert!(world.store.find_account(alice.id).await.unwrap().is_none());
    assert!(world.store.find_account_by_identifier(&email("alice@example.com")).await.unwrap().is_none());
    assert!(world.store.find_session(session.id).await.unwrap().is_none());
    assert_eq!(world.fed(NOW).await, [session.id]);
    let log = [AuditKind::AccountDeleted, AuditKind::LoggedIn, AuditKind::AccountCreated];
    assert_eq!(world.logged(alice.id).await, log);
    assert_eq!(world.live_sessions(bob.id, NOW).await, [kept.id]);

    let again = world.event(AuditKind::AccountDeleted, alice.id, NOW);
    let deleted = world.store.delete_account(alice.id, None, None, &again).await.unwrap();
    assert_eq!(deleted, AccountDeletion::NoAccount);
    assert_eq!(world.logged(alice.id).await, log);
    world.account("alice").await;
}

pub async fn disabling_an_account_ends_its_sessions_and_keeps_the_first_date(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let (first, second) = (NOW.plus(MINUTE), NOW.plus(DAY));
    for at in [first, second] {
        let event = world.event(AuditKind::AccountDisabled, alice.id, at);
        assert!(world.store.disable_account(alice.id, &event).await.unwrap());
    }
    let stored = world.stored_account(alice.id).await;
    assert_eq!((stored.disabled_at, stored.updated_at), (Some(first), first));
    let ended = world.stored_session(session.id).await;
    assert_eq!(ended.revoked, Some((first, RevokeReason::AccountDisabled)));
    assert_eq!(world.fed(first).await, [session.id]);
    let log = world.logged(alice.id).await;
    assert_eq!(log.iter().filter(|kind| **kind == AuditKind::AccountDisabled).count(), 1);

    let nobody = world.personas.account("nobody").id;
    let event = world.event(AuditKind::AccountDisabled, nobody, NOW);
    assert!(!world.store.disable_account(nobody, &event).await.unwrap());
    assert!(!world.store.enable_account(nobody, &event).await.unwrap());
    assert_eq!(world.logged(nobody).await, []);
}

pub async fn enabling_an_account_lets_it_have_sessions_again(world: World) {
    let (alice, old) = world.alice_logged_in().await;
    let event = world.event(AuditKind::AccountDisabled, alice.id, NOW);
    world.store.disable_account(alice.id, &event).await.unwrap();
    let event = world.event(AuditKind::AccountEnabled, alice.id, NOW.plus(MINUTE));
    assert!(world.store.enable_account(alice.id, &event).await.unwrap());

    let stored = world.stored_account(alice.id).await;
    assert_eq!((stored.disabled_at, stored.updated_at), (None, NOW.plus(MINUTE)));
    let new = world.session(alice.id).await;
    let live: Vec<SessionId> = world.live_sessions(alice.id, NOW).await;
    assert_eq!(live, [new.id], "{} stays ended", old.id);
    assert_eq!(world.begin(&world.personas.session(alice.id, NOW)).await, SessionCreation::Created);
}

pub async fn a_role_is_given(world: World) {
    let alice = world.account("alice").await;
    let event = world.event(AuditKind::RoleChanged, alice.id, NOW.plus(MINUTE));
    assert!(world.store.set_role(alice.id, Role::Admin, &event).await.unwrap());
    let stored = world.stored_account(alice.id).await;
    assert_eq!((stored.role, stored.updated_at), (Role::Admin, NOW.plus(MINUTE)));
    assert_eq!(world.logged(alice.id).await, [AuditKind::RoleChanged, AuditKind::AccountCreated]);

    let nobody = world.personas.account("nobody").id;
    let event = world.event(AuditKind::RoleChanged, nobody, NOW);
    assert!(!world.store.set_role(nobody, Role::Admin, &event).await.unwrap());
    assert_eq!(world.logged(nobody).await, []);
}
