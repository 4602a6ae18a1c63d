//! Is the audit log complete, readable, sealed without gaps, and cut where it may be?

use tokio::task::JoinSet;

use super::World;
use crate::model::audit::Found;
use crate::model::{
    AuditDetail, AuditEvent, AuditKind, AuditSeal, Client, EventId, PageRequest, Role, Timestamp,
};
use crate::policy::audit_chain::{AuditCheck, AuditReport, AuditSealer, SealingRefusal};
use crate::ports::audit_store::{AUDIT_PAGE, AuditFilter, EventWindow, Pruned};
use crate::testing::{DAY, MINUTE, NOW, Personas};

/// Every entry there is.
const ALL: EventWindow = EventWindow { after: EventId::from_uuid(uuid::Uuid::nil()), up_to: None };

fn sealer() -> AuditSealer {
    AuditSealer::new(&portcullis_crypto::MasterKey::from_bytes([7; 32]))
}

/// Writes down so many events, a minute apart.
async fn write_down(world: &World, count: u32) -> Vec<AuditEvent> {
    let account = world.personas.account("alice");
    let at = |number| NOW.plus(MINUTE * number);
    let event = |number| world.event(AuditKind::LoginFailed, account.id, at(number));
    let events: Vec<_> = (0..count).map(event).collect();
    world.store.append_audit_events(&events).await.unwrap();
    events
}

/// What a look at the whole log comes to.
async fn verify(world: &World) -> AuditReport {
    let mut check = AuditCheck::new(&sealer(), None);
    loop {
        let page = world.store.list_sealed_audit_entries(check.seen_up_to()).await.unwrap();
        if page.is_empty() {
            break;
        }
        for sealed in page {
            check.see(sealed);
        }
    }
    for entry in world.store.list_unsealed_audit_entries(ALL, AUDIT_PAGE).await.unwrap() {
        check.see_unsealed(&entry);
    }
    check.finish()
}

async fn listed(world: &World, filter: &AuditFilter) -> Vec<EventId> {
    let mut listed = Vec::new();
    let mut request = PageRequest::first(2);
    loop {
        let page = world.store.list_audit_events(filter, request).await.unwrap();
        assert!(page.items.len() <= 2);
        listed.extend(page.items.iter().map(|event| event.id));
        let Some(next) = page.next else { return listed };
        request.after = Some(next);
    }
}

pub async fn entries_come_back_as_they_were_written(world: World) {
    let (alice, session) = world.alice_logged_in().await;
    let full = AuditEvent {
        actor_id: Some(world.account("admin").await.id),
        session_id: Some(session.id),
        client: Personas::thief().with_request_id("0a1b2c-7f"),
        detail: Some(AuditDetail::word("admin \u{1f600} Ü")),
        ..world.event(AuditKind::RoleChanged, alice.id, NOW.plus(MINUTE))
    };
    world.store.set_role(alice.id, Role::Admin, &full).await.unwrap();
    let bare = AuditEvent {
        actor_id: None,
        client: Client::default(),
        ..world.event(AuditKind::AccountDisabled, alice.id, NOW.plus(2 * MINUTE))
    };
    world.store.disable_account(alice.id, &bare).await.unwrap();

    let page =
        world.store.list_audit_events(&AuditFilter::of(alice.id), PageRequest::first(2)).await.unwrap();
    assert_eq!(page.items, [bare, full]);
}

pub async fn entries_are_listed_newest_first_in_pages(world: World) {
    let mut written: Vec<EventId> = Vec::new();
    for (minute, name) in ["alice", "bob", "carol", "dan", "eve"].into_iter().enumerate() {
        let account = world.personas.account(name);
        let at = NOW.plus(MINUTE * u32::try_from(minute).unwrap());
        let event = world.event(AuditKind::AccountCreated, account.id, at);
        world.store.create_account(&account, None, &event).await.unwrap();
        written.insert(0, event.id);
    }
    assert_eq!(listed(&world, &AuditFilter::default()).await, written);
}

pub async fn entries_of_one_account_are_listed_alone(world: World) {
    let (alice, _) = world.alice_logged_in().await;
    let bob = world.account("bob").await;
    assert_eq!(world.logged(alice.id).await, [AuditKind::LoggedIn, AuditKind::AccountCreated]);
    assert_eq!(world.logged(bob.id).await, [AuditKind::AccountCreated]);
    let filter = AuditFilter::of(alice.id);
    let first = world.store.list_audit_events(&filter, PageRequest::first(1)).await.unwrap();
    let second = PageRequest { after: first.next, limit: 1 };
    let second = world.store.list_audit_events(&filter, second).await.unwrap();
    assert_eq!((second.items[0].kind, second.next), (AuditKind::AccountCreated, None));
}

pub async fn entries_are_found_by_kind_and_time(world: World) {
    let (alice, bob) = (world.personas.account("alice"), world.personas.account("bob"));
    let kinds = [AuditKind::LoggedIn, AuditKind::LoginFailed, AuditKind::SessionRevoked];
    let mut events = Vec::new();
    for number in 0..12_u32 {
        let account = if number % 2 == 0 { &alice } else { &bob };
        let kind = kinds[usize::try_from(number % 3).unwrap()];
        events.push(world.event(kind, account.id, NOW.plus(MINUTE * number)));
    }
    world.store.append_audit_events(&events).await.unwrap();
    let at = |minute| Some(NOW.plus(MINUTE * minute));
    for filter in [
        AuditFilter::default(),
        AuditFilter { kinds: vec![kinds[1]], ..AuditFilter::default() },
        AuditFilter { kinds: vec![kinds[2], kinds[0], kinds[2]], ..AuditFilter::default() },
        AuditFilter { kinds: vec![kinds[0], kinds[1]], ..AuditFilter::of(bob.id) },
        AuditFilter { since: at(3), until: at(9), ..AuditFilter::default() },
        AuditFilter { since: at(3), until: at(9), kinds: vec![kinds[0]], ..AuditFilter::of(alice.id) },
        AuditFilter { until: at(0), ..AuditFilter::default() },
        AuditFilter { since: at(12), ..AuditFilter::default() },
        AuditFilter { kinds: vec![AuditKind::KeysRotated], ..AuditFilter::default() },
    ] {
        let passes = |event: &&AuditEvent| {
            filter.account_id.is_none_or(|id| event.account_id == Some(id))
                && (filter.kinds.is_empty() || filter.kinds.contains(&event.kind))
                && filter.since.is_none_or(|since| event.at >= since)
                && filter.until.is_none_or(|until| event.at < until)
        };
        let expected: Vec<_> = events.iter().rev().filter(passes).map(|event| event.id).collect();
        assert_eq!(listed(&world, &filter).await, expected, "{filter:?}");
    }
}

pub async fn entries_that_are_written_again_are_there_once(world: World) {
    let events = write_down(&world, 5).await;
    world.store.append_audit_events(&events).await.unwrap();
    let more = world.event(AuditKind::LoginFailed, world.personas.account("bob").id, NOW.plus(DAY));
    world.store.append_audit_events(&[events[4].clone(), more.clone()]).await.unwrap();
    world.store.append_audit_events(&[]).await.unwrap();
    let listed = listed(&world, &AuditFilter::default()).await;
    assert_eq!(listed.len(), 6);
    assert_eq!(listed[0], more.id);
}

pub async fn entries_are_sealed_once_and_in_order(world: World) {
    assert_eq!(world.store.last_audit_seal().await.unwrap(), None);
    let nothing = world.store.seal_audit_events(ALL, &sealer()).await.unwrap();
    assert_eq!((nothing.count, nothing.last), (0, None));

    let events = write_down(&world, 7).await;
    let window = EventWindow { up_to: Some(events[2].id), ..ALL };
    let first = world.store.seal_audit_events(window, &sealer()).await.unwrap();
    assert_eq!((first.count, first.last.as_ref().map(|last| last.seq)), (3, Some(3)));
    let window = EventWindow { after: events[4].id, up_to: None };
    assert_eq!(world.store.seal_audit_events(window, &sealer()).await.unwrap().count, 2);
    let unsealed = world.store.list_unsealed_audit_entries(ALL, AUDIT_PAGE).await.unwrap();
    assert_eq!(unsealed.iter().map(|entry| entry.id).collect::<Vec<_>>(), [events[3].id, events[4].id]);
    assert_eq!(world.store.list_unsealed_audit_entries(ALL, 1).await.unwrap().len(), 1);
    let rest = world.store.seal_audit_events(ALL, &sealer()).await.unwrap();
    assert_eq!(rest.count, 2);
    assert_eq!(world.store.last_audit_seal().await.unwrap(), rest.last);
    assert_eq!(world.store.seal_audit_events(ALL, &sealer()).await.unwrap().last, rest.last);

    let sealed = world.store.list_sealed_audit_entries(0).await.unwrap();
    let order: Vec<_> = sealed.iter().map(|sealed| (sealed.seal.seq, sealed.seal.event_id)).collect();
    let expected = [0, 1, 2, 5, 6, 3, 4].map(|place: usize| events[place].id);
    assert_eq!(order, (1..).zip(expected).collect::<Vec<_>>());
    assert_eq!(sealed[0].found, Found::Entry(Box::new((&events[0]).into())));
    assert_eq!(world.store.list_sealed_audit_entries(5).await.unwrap(), sealed[5..]);
    let report = verify(&world).await;
    assert_eq!((report.verified, report.unsealed, report.fault_count), (7, 0, 0));
}

pub async fn many_entries_are_sealed_and_walked_through_in_pages(world: World) {
    let events = write_down(&world, AUDIT_PAGE + 200).await;
    let end = world.store.find_audit_page_end(ALL.after).await.unwrap();
    assert_eq!(end, Some(events[usize::try_from(AUDIT_PAGE).unwrap() - 1].id));
    assert_eq!(world.store.find_audit_page_end(end.unwrap()).await.unwrap(), None);
    assert_eq!(world.store.seal_audit_events(ALL, &sealer()).await.unwrap().count, u64::from(AUDIT_PAGE));
    assert_eq!(world.store.seal_audit_events(ALL, &sealer()).await.unwrap().count, 200);
    assert_eq!(world.store.list_sealed_audit_entries(0).await.unwrap().len(), events.len() - 200);
    let report = verify(&world).await;
    assert_eq!((report.verified, report.fault_count), (events.len() as u64, 0));
}

pub async fn whoever_seals_at_the_same_time_makes_one_chain(world: World) {
    write_down(&world, 50).await;
    let mut sealing = JoinSet::new();
    for _ in 0..8 {
        let world = world.clone();
        // One that was in the way of the others too often may give up; it is called again a second later.
        sealing.spawn(async move { world.store.seal_audit_events(ALL, &sealer()).await.is_ok() });
    }
    assert!(sealing.join_all().await.contains(&true));
    world.store.seal_audit_events(ALL, &sealer()).await.unwrap();
    let report = verify(&world).await;
    assert_eq!((report.verified, report.unsealed, report.fault_count), (50, 0, 0));
}

async fn prune(world: &World, before: Timestamp, now: Timestamp) -> u64 {
    prune_as(world, before, now, &sealer()).await.count
}

async fn prune_as(world: &World, before: Timestamp, now: Timestamp, sealer: &AuditSealer) -> Pruned {
    let event = AuditEvent {
        actor_id: None,
        account_id: None,
        ..world.event(AuditKind::AuditPruned, world.personas.account("nobody").id, now)
    };
    world.store.prune_audit_events(before, &event, sealer).await.unwrap()
}

pub async fn what_is_over_is_removed_and_the_chain_goes_on(world: World) {
    let events = write_down(&world, 10).await;
    let now = NOW.plus(DAY);
    assert_eq!(prune(&world, now, now).await, 0, "nothing goes before it is sealed");
    world.store.seal_audit_events(ALL, &sealer()).await.unwrap();
    assert_eq!(prune(&world, NOW, now).await, 0);
    assert_eq!(verify(&world).await.verified, 10);

    assert_eq!(prune(&world, NOW.plus(4 * MINUTE), now).await, 4);
    assert_eq!(prune(&world, NOW.plus(4 * MINUTE), now.plus(MINUTE)).await, 0);
    let listed = listed(&world, &AuditFilter::default()).await;
    assert_eq!(listed.len(), 7, "six that stay, and one that says so");
    assert_eq!(listed[6], events[4].id);
    let report = verify(&world).await;
    assert_eq!((report.verified, report.pruned_up_to, report.fault_count), (6, Some(4), 0));

    world.store.seal_audit_events(ALL, &sealer()).await.unwrap();
    assert_eq!(prune(&world, NOW.plus(9 * MINUTE), now.plus(2 * MINUTE)).await, 5);
    let report = verify(&world).await;
    assert_eq!((report.verified, report.pruned_up_to, report.fault_count), (2, Some(9), 0));
    let told: Vec<_> =
        world.store.list_audit_events(&AuditFilter::default(), PageRequest::first(1)).await.unwrap().items;
    let told = told[0].detail.clone().unwrap();
    assert!(told.as_str().starts_with("entries up to 9, proved by "), "{told:?}");
}

pub async fn the_first_entry_alone_may_be_over(world: World) {
    write_down(&world, 3).await;
    world.store.seal_audit_events(ALL, &sealer()).await.unwrap();
    assert_eq!(prune(&world, NOW.plus(MINUTE), NOW.plus(DAY)).await, 1);
    let report = verify(&world).await;
    assert_eq!((report.verified, report.pruned_up_to, report.fault_count), (2, Some(1), 0));
}

pub async fn what_a_sealer_refuses_is_not_done(world: World) {
    write_down(&world, 3).await;
    let last = world.store.seal_audit_events(ALL, &sealer()).await.unwrap().last.unwrap();
    let account = world.personas.account("alice");
    let more = world.event(AuditKind::LoginFailed, account.id, NOW.plus(DAY));
    world.store.append_audit_events(&[more]).await.unwrap();

    let stranger = AuditSealer::new(&portcullis_crypto::MasterKey::from_bytes([8; 32]));
    let other_key = Some(SealingRefusal::OtherKey { seq: 3 });
    let of_another = AuditSeal { seal: vec![1; 37], ..last.clone() };
    let beyond = AuditSeal { seq: 4, ..last.clone() };
    let rewritten = |seq| Some(SealingRefusal::Rewritten { seq });
    for (sealer, refused) in [
        (stranger, other_key),
        (sealer().having_seen(Some(of_another)), rewritten(3)),
        (sealer().having_seen(Some(beyond)), rewritten(4)),
    ] {
        let sealed = world.store.seal_audit_events(ALL, &sealer).await.unwrap();
        assert_eq!((sealed.count, sealed.last.as_ref(), sealed.refused), (0, Some(&last), refused));
        let pruned = prune_as(&world, NOW.plus(DAY), NOW.plus(DAY), &sealer).await;
        assert_eq!(pruned, Pruned { count: 0, refused });
    }
    let report = verify(&world).await;
    assert_eq!((report.verified, report.unsealed, report.fault_count), (3, 1, 0));
    let sealed = world.store.seal_audit_events(ALL, &sealer().having_seen(Some(last.clone()))).await.unwrap();
    assert_eq!((sealed.count, sealed.refused), (1, None));
    assert_eq!(world.store.find_audit_seal_from(3).await.unwrap(), Some(last.clone()));
    assert_eq!(world.store.find_audit_seal_from(4).await.unwrap(), sealed.last);
    assert_eq!(world.store.find_audit_seal_from(5).await.unwrap(), None);
    // What was seen may be over, and is gone then.
    assert_eq!(prune(&world, NOW.plus(2 * DAY), NOW.plus(2 * DAY)).await, 4);
    let sealed = world.store.seal_audit_events(ALL, &sealer().having_seen(Some(last))).await.unwrap();
    assert_eq!((sealed.count, sealed.refused), (1, None));
}

pub async fn a_kind_of_a_newer_release_keeps_its_word(world: World) {
    let account = world.personas.account("alice");
    let newer = world.event(AuditKind::read("second_factor_added"), account.id, NOW);
    world.store.append_audit_events(std::slice::from_ref(&newer)).await.unwrap();
    write_down(&world, 2).await;
    let all = world.store.list_audit_events(&AuditFilter::default(), PageRequest::first(9)).await.unwrap();
    assert!(all.items.contains(&newer), "{all:?}");
    assert_eq!(all.items.len(), 3);
    let of_kind = AuditFilter { kinds: vec![newer.kind], ..AuditFilter::default() };
    assert_eq!(listed(&world, &of_kind).await, [newer.id]);
    world.store.seal_audit_events(ALL, &sealer()).await.unwrap();
    assert_eq!(verify(&world).await.fault_count, 0);
}

pub async fn a_young_entry_stays_with_all_that_were_sealed_after_it(world: World) {
    let account = world.personas.account("alice");
    let young = world.event(AuditKind::LoggedIn, account.id, NOW.plus(DAY));
    world.store.append_audit_events(std::slice::from_ref(&young)).await.unwrap();
    world.store.seal_audit_events(ALL, &sealer()).await.unwrap();
    write_down(&world, 3).await;
    world.store.seal_audit_events(ALL, &sealer()).await.unwrap();
    assert_eq!(prune(&world, NOW.plus(30 * MINUTE), NOW.plus(DAY)).await, 0);
    let report = verify(&world).await;
    assert_eq!((report.verified, report.late.count), (4, 1), "they came in late");
}
