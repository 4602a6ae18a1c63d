//! Do mails get into the outbox and out of it as agreed?

use super::World;
use super::one_time_tokens::address;
use super::races::{at_once, count};
use crate::model::{
    AuditKind, Change, Client, Email, Locale, MailFilter, MailId, MailKind, MailState, NewAccount, NewMail,
    NewSession, Newcomer, PageRequest, ProfileChange, Purpose, QueuedMail, Timestamp,
};
use crate::ports::mail_store::{MailClaim, MailEnd, MailPruning};
use crate::ports::store::{RotationOutcome, SessionRotation};
use crate::testing::{DAY, MINUTE, NOW, Personas};

impl World {
    /// The outbox, newest first.
    pub(super) async fn mails(&self) -> Vec<QueuedMail> {
        self.store.list_mails(&MailFilter::default(), PageRequest::first(100)).await.unwrap().items
    }

    /// A mail to `<name>@example.com`, due at `at`.
    pub(super) async fn request(&self, name: &str, at: Timestamp) -> MailId {
        let mail = self.personas.mail(MailKind::ResetPassword, None, at);
        let mail = NewMail { email: Some(address(name)), ..mail };
        self.store.request_mail(&mail, None, None).await.unwrap();
        mail.id
    }

    async fn claim(&self, holder: &str, now: Timestamp, limit: u32) -> Vec<MailId> {
        let claim = MailClaim { holder: holder.to_owned(), now, until: now.plus(MINUTE) };
        let mails = self.store.claim_mails(&claim, limit).await.unwrap();
        mails.into_iter().map(|mail| mail.id).collect()
    }

    async fn finish(&self, id: MailId, holder: &str, end: &MailEnd) -> bool {
        self.store.finish_mail(id, holder, end).await.unwrap()
    }
}

pub async fn a_mail_is_found_again_as_it_was_caused(world: World) {
    let token = world.personas.token(Purpose::Invite, None, &address("carol"));
    let full = NewMail {
        email: Some(Email::parse("Zoë@Bücher.example").unwrap()),
        token_id: Some(token.id),
        detail: Some("New@example.com 世界".to_owned()),
        client: Client::default(),
        ..world.personas.mail(MailKind::Invite, Some(world.personas.account("gone").id), NOW)
    };
    let admin = world.account("admin").await.id;
    let event = world.event(AuditKind::Invited, admin, NOW);
    world.store.request_mail(&full, Some(&token), Some(&event)).await.unwrap();
    let expected = QueuedMail {
        id: full.id,
        kind: full.kind,
        account_id: full.account_id,
        email: full.email.unwrap(),
        locale: full.locale,
        client: full.client,
        token_id: full.token_id,
        detail: full.detail,
        created_at: NOW,
        state: MailState::Pending,
        attempts: 0,
        due_at: NOW,
        last_error: None,
        finished_at: None,
    };
    assert_eq!(world.mails().await, [expected]);
    assert!(world.is_kept(&token).await);
    assert_eq!(world.logged(admin).await[0], AuditKind::Invited);
}

pub async fn a_mail_to_an_account_goes_to_its_address_in_its_language(world: World) {
    let alice = NewAccount { locale: Some(Locale::En), ..world.personas.account("alice") };
    world.create(&alice).await;
    let bob = world.account("bob").await;
    let without = NewAccount { email: None, ..world.personas.account("carol") };
    world.create(&without).await;
    for id in
        [Some(alice.id), Some(bob.id), Some(without.id), Some(world.personas.account("nobody").id), None]
    {
        let mail = world.personas.mail(MailKind::PasswordChanged, id, NOW);
        world.store.request_mail(&mail, None, None).await.unwrap();
    }
    let found: Vec<_> = world.mails().await.into_iter().map(|mail| (mail.email, mail.locale)).collect();
    assert_eq!(found, [(address("bob"), Some(Locale::De)), (address("alice"), Some(Locale::En))]);
    let change = ProfileChange { locale: Change::Clear, ..ProfileChange::default() };
    let cleared = world.store.update_profile(alice.id, &change, NOW).await.unwrap().unwrap();
    assert_eq!(cleared.locale, None);
}

pub async fn a_mail_is_claimed_by_one_node_until_the_claim_is_over(world: World) {
    let second = world.request("b", NOW.plus(MINUTE)).await;
    let first = world.request("a", NOW).await;
    world.request("c", NOW.plus(DAY)).await;
    assert_eq!(world.claim("one", NOW, 10).await, [first], "the other is not due");
    let later = NOW.plus(MINUTE).minus(std::time::Duration::from_millis(1));
    assert_eq!(world.claim("two", later, 10).await, []);
    assert_eq!(world.claim("two", NOW.plus(MINUTE), 10).await, [first, second], "the claim is over");
    let sent = MailEnd::Sent { at: NOW };
    assert!(!world.finish(first, "one", &sent).await, "somebody else has it");
    assert!(world.finish(first, "two", &sent).await);
    assert!(!world.finish(first, "two", &sent).await, "it is finished");
    assert_eq!(world.claim("one", NOW.plus(10 * MINUTE), 10).await, [second]);
}

pub async fn no_more_mails_are_claimed_than_wanted(world: World) {
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(world.request("a", NOW.plus(MINUTE * number)).await);
    }
    assert_eq!(world.claim("one", NOW.plus(DAY), 2).await, all[..2]);
    assert_eq!(world.claim("two", NOW.plus(DAY), 10).await, all[2..]);
}

pub async fn a_claim_by_a_clock_that_ran_ahead_is_none_for_ever(world: World) {
    let mail = world.request("a", NOW).await;
    assert_eq!(world.claim("ahead", NOW.plus(30 * DAY), 1).await, [mail]);
    assert_eq!(world.claim("right", NOW, 1).await, [mail]);
}

pub async fn what_became_of_a_mail_is_noted(world: World) {
    let at = NOW.plus(MINUTE);
    let (again, cause) = (NOW.plus(DAY), "450 4.2.0 \u{0}\r\n later".to_owned());
    let told = Some("450 4.2.0  later".to_owned());
    for (end, expected) in [
        (MailEnd::Sent { at }, (MailState::Sent, 1, NOW, None, Some(at))),
        (
            MailEnd::Later { due_at: again, cause: cause.clone() },
            (MailState::Pending, 1, again, told.clone(), None),
        ),
        (MailEnd::Held { due_at: again }, (MailState::Pending, 0, again, None, None)),
        (MailEnd::Dead { at, cause }, (MailState::Dead, 1, NOW, told, Some(at))),
        (
            MailEnd::Dropped { at, cause: "nobody" },
            (MailState::Dropped, 0, NOW, Some("nobody".to_owned()), Some(at)),
        ),
    ] {
        let mail = world.request("a", NOW).await;
        assert_eq!(world.claim("one", NOW, 10).await, [mail]);
        assert!(world.finish(mail, "one", &end).await);
        let found = world.mails().await.into_iter().find(|found| found.id == mail).unwrap();
        let QueuedMail { state, attempts, due_at, last_error, finished_at, .. } = found;
        assert_eq!((state, attempts, due_at, last_error, finished_at), expected);
        let again = world.claim("two", NOW.plus(DAY), 10).await;
        assert_eq!(again.contains(&mail), state == MailState::Pending);
        for mail in again {
            assert!(world.finish(mail, "two", &MailEnd::Sent { at: NOW.plus(DAY) }).await);
        }
    }
}

pub async fn mails_are_listed_counted_and_tried_again_by_state(world: World) {
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(world.request("a", NOW).await);
    }
    assert_eq!(world.claim("one", NOW, 4).await.len(), 4);
    let dead = MailEnd::Dead { at: NOW, cause: "550".to_owned() };
    for end in [&dead, &dead, &MailEnd::Sent { at: NOW }, &MailEnd::Dropped { at: NOW, cause: "x" }]
        .into_iter()
        .zip(&all)
    {
        assert!(world.finish(*end.1, "one", end.0).await);
    }
    let mut counts = world.store.count_mails_by_state().await.unwrap();
    counts.retain(|(_, count)| *count > 0);
    let expected =
        [(MailState::Pending, 1), (MailState::Sent, 1), (MailState::Dead, 2), (MailState::Dropped, 1)];
    assert_eq!(counts, expected);
    let (mut listed, mut page) = (Vec::new(), PageRequest::first(2));
    loop {
        let found = world.store.list_mails(&MailFilter::default(), page).await.unwrap();
        listed.extend(found.items.into_iter().map(|mail| mail.id));
        let Some(next) = found.next else { break };
        page.after = Some(next);
    }
    listed.reverse();
    assert_eq!(listed, all);
    let filter = MailFilter { state: Some(MailState::Dead), email: None };
    let dead = world.store.list_mails(&filter, PageRequest::first(1)).await.unwrap();
    assert_eq!((dead.items[0].id, dead.next), (all[1], Some(all[1])));

    let later = NOW.plus(DAY);
    assert_eq!(world.store.retry_mails(Some(all[2]), later).await.unwrap(), 0, "it was sent");
    assert_eq!(world.store.retry_mails(Some(all[0]), later).await.unwrap(), 1);
    assert_eq!(world.store.retry_mails(Some(all[4]), later).await.unwrap(), 1);
    assert_eq!(world.store.retry_mails(None, later).await.unwrap(), 3, "these, and the other dead one");
    assert_eq!(world.claim("one", later, 10).await, [all[0], all[1], all[4]]);
    let again = world.mails().await.into_iter().find(|mail| mail.id == all[0]).unwrap();
    assert_eq!((again.attempts, again.finished_at, again.due_at), (0, None, later));

    let other = world.request("b", NOW).await;
    let to = async |name: &str, state| {
        let filter = MailFilter { state, email: Some(address(name)) };
        let found = world.store.list_mails(&filter, PageRequest::first(2)).await.unwrap();
        found.items.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
    };
    assert_eq!(to("B", None).await, [other]);
    assert_eq!(to("a", None).await, [all[4], all[3]]);
    assert_eq!(to("a", Some(MailState::Sent)).await, [all[2]]);
    assert_eq!(to("b", Some(MailState::Dead)).await, []);
}

pub async fn sent_mails_are_counted_to_one_address_of_one_kind_and_in_all(world: World) {
    for (name, at) in [("a", NOW), ("A", NOW.plus(MINUTE)), ("b", NOW.plus(MINUTE))] {
        let mail = world.request(name, NOW).await;
        assert_eq!(world.claim("one", NOW, 1).await, [mail]);
        assert!(world.finish(mail, "one", &MailEnd::Sent { at }).await);
    }
    let dropped = world.request("a", NOW).await;
    assert_eq!(world.claim("one", NOW, 1).await, [dropped]);
    assert!(world.finish(dropped, "one", &MailEnd::Dropped { at: NOW, cause: "x" }).await);
    let email = address("a");
    let count = async |kind, to, since| world.store.count_sent_mails(kind, to, since).await.unwrap();
    assert_eq!(count(MailKind::ResetPassword, Some(&email), NOW).await, 2);
    assert_eq!(count(MailKind::ResetPassword, Some(&email), NOW.plus(MINUTE)).await, 1);
    assert_eq!(count(MailKind::Register, Some(&email), NOW).await, 0);
    assert_eq!(count(MailKind::ResetPassword, None, NOW).await, 3);
    assert_eq!(count(MailKind::Register, None, NOW).await, 0);
    assert_eq!(count(MailKind::ResetPassword, None, NOW.plus(DAY)).await, 0);
}

pub async fn what_not_everybody_can_cause_is_claimed_first(world: World) {
    let flood = [world.request("a", NOW).await, world.request("b", NOW).await];
    let (urgent, usual): (Vec<_>, Vec<_>) =
        MailKind::ALL.into_iter().partition(|kind| !kind.is_asked_for_by_anybody());
    let put = async |kind| {
        let mail = NewMail { email: Some(address("c")), ..world.personas.mail(kind, None, NOW.plus(MINUTE)) };
        world.store.request_mail(&mail, None, None).await.unwrap();
        mail.id
    };
    let mut expected = Vec::new();
    for kind in urgent {
        expected.push(put(kind).await);
    }
    expected.extend(flood);
    for kind in usual {
        expected.push(put(kind).await);
    }
    let mut claimed = Vec::new();
    while let [mail] = world.claim("one", NOW.plus(MINUTE), 1).await[..] {
        claimed.push(mail);
    }
    assert_eq!(claimed, expected);
}

/// All that is older than that.
pub(super) fn pruning(before: Timestamp) -> MailPruning {
    MailPruning { now: before, finished_before: before, dropped_before: before, seen_before: before }
}

pub async fn finished_mails_are_forgotten_after_their_time(world: World) {
    let old = world.request("a", NOW).await;
    let young = world.request("a", NOW).await;
    let dropped = world.request("a", NOW).await;
    let pending = world.request("a", NOW).await;
    world.claim("one", NOW, 3).await;
    assert!(world.finish(dropped, "one", &MailEnd::Dropped { at: NOW.plus(MINUTE), cause: "x" }).await);
    assert!(world.finish(old, "one", &MailEnd::Sent { at: NOW }).await);
    assert!(world.finish(young, "one", &MailEnd::Sent { at: NOW.plus(MINUTE) }).await);
    assert_eq!(world.store.prune_mails(&pruning(NOW)).await.unwrap(), 0);
    let swift = MailPruning { dropped_before: NOW.plus(DAY), ..pruning(NOW.plus(MINUTE)) };
    assert_eq!(world.store.prune_mails(&swift).await.unwrap(), 2);
    let left: Vec<_> = world.mails().await.into_iter().map(|mail| mail.id).collect();
    assert_eq!(left, [pending, young]);
}

fn from(world: &World, session: NewSession, place: u8) -> NewSession {
    let mail = world.personas.mail(MailKind::NewClient, Some(session.account_id), session.created_at);
    NewSession { newcomer: Some(Box::new(Newcomer { place: [place; 32], mail })), ..session }
}

pub async fn a_login_from_a_new_place_is_told_unless_it_is_the_first(world: World) {
    let alice = world.account("alice").await.id;
    let log_in = async |place, at| {
        let session = from(&world, world.personas.session(alice, at), place);
        world.begin(&session).await;
        world.mails().await.len()
    };
    assert_eq!(log_in(1, NOW).await, 0, "the first of all");
    assert_eq!(log_in(1, NOW.plus(MINUTE)).await, 0);
    assert_eq!(log_in(2, NOW.plus(MINUTE)).await, 1);
    assert_eq!(log_in(2, NOW.plus(2 * DAY)).await, 1);
    // The first place was not seen since.
    let unseen = MailPruning { seen_before: NOW.plus(2 * DAY), ..pruning(NOW) };
    world.store.prune_mails(&unseen).await.unwrap();
    assert_eq!(log_in(2, NOW.plus(3 * DAY)).await, 1);
    assert_eq!(log_in(1, NOW.plus(3 * DAY)).await, 2);
    let told = &world.mails().await[0];
    assert_eq!((told.kind, &told.email), (MailKind::NewClient, &address("alice")));

    let bob = world.personas.account("bob");
    let session = from(&world, world.personas.session(bob.id, NOW), 1);
    let event = world.event(AuditKind::AccountCreated, bob.id, NOW);
    world.store.create_account(&bob, Some(&session), &event).await.unwrap();
    world.begin(&from(&world, world.personas.session(bob.id, NOW), 1)).await;
    assert_eq!(world.mails().await.len(), 2, "it registered from there");
}

pub async fn a_reused_refresh_token_is_told_once(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    world.exchange(session.id, 1, NOW).await;
    world.exchange(session.id, 2, NOW.plus(MINUTE)).await;
    for _ in 0..2 {
        let theft = world.personas.rotation(session.id, 1, NOW.plus(DAY));
        let mail_id = Some(world.personas.mail(MailKind::RefreshTokenReused, None, NOW).id);
        let theft = SessionRotation { client: Personas::thief(), mail_id, ..theft };
        let outcome = world.rotate(&theft).await;
        assert!(matches!(outcome, RotationOutcome::Reused { .. } | RotationOutcome::Revoked), "{outcome:?}");
    }
    let [mail] = &world.mails().await[..] else { panic!("one mail") };
    assert_eq!((mail.kind, mail.account_id), (MailKind::RefreshTokenReused, Some(alice.id)));
    assert_eq!((&mail.client, mail.created_at), (&Personas::thief(), NOW.plus(DAY)));
}

pub async fn of_many_nodes_one_gets_a_mail(world: World) {
    for _ in 0..20 {
        world.request("a", NOW).await;
    }
    let results =
        at_once(&world, |world, number| async move { world.claim(&format!("node {number}"), NOW, 3).await })
            .await;
    let mut claimed: Vec<_> = results.into_iter().flatten().collect();
    let all = claimed.len();
    claimed.sort_unstable();
    claimed.dedup();
    assert_eq!(claimed.len(), all, "none was claimed twice");
    assert!(!claimed.is_empty());
    assert_eq!(count(&world.mails().await, |mail| mail.state == MailState::Pending), 20);
}
