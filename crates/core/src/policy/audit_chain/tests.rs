#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use portcullis_crypto::MasterKey;
use proptest::prelude::*;

use super::*;
use crate::model::{AccountId, Client};

fn sealer() -> AuditSealer {
    AuditSealer::new(&MasterKey::from_bytes([7; 32]))
}

fn entry(number: u8) -> AuditEntry {
    let at = Timestamp::from_millis(1_800_000_000_000 + i64::from(number));
    let event = crate::model::AuditEvent {
        id: EventId::new(at, [number; 10]),
        at,
        kind: AuditKind::LoggedIn,
        actor_id: None,
        account_id: Some(AccountId::new(at, [1; 10])),
        session_id: None,
        client: Client::default(),
        detail: None,
    };
    (&event).into()
}

/// A log of so many entries.
fn log(entries: u8) -> Vec<SealedEntry> {
    let entries: Vec<_> = (1..=entries).map(entry).collect();
    let seals = sealer().seal(None, &entries);
    let sealed = |(seal, entry)| SealedEntry { seal, found: Found::Entry(Box::new(entry)) };
    seals.into_iter().zip(entries).map(sealed).collect()
}

fn look(log: Vec<SealedEntry>, noted: Option<NotedSeal>) -> AuditReport {
    let mut check = AuditCheck::new(&sealer(), noted);
    for sealed in log {
        check.see(sealed);
    }
    check.finish()
}

fn entry_of(sealed: &mut SealedEntry) -> &mut AuditEntry {
    match &mut sealed.found {
        Found::Entry(entry) => entry,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn an_untouched_log_is_verified_to_its_head() {
    let log = log(5);
    let head = log[4].seal.noted();
    let report = look(log.clone(), Some(head.clone()));
    let expected =
        AuditReport { verified: 5, begins_at: Some(1), head: Some(head), ..AuditReport::default() };
    assert_eq!(report, expected);
    assert_eq!(look(log, None), expected);
    assert_eq!(look(Vec::new(), None), AuditReport::default());
}

#[test]
fn seals_made_in_two_goes_are_those_made_in_one() {
    let entries: Vec<_> = (1..=5).map(entry).collect();
    let whole = sealer().seal(None, &entries);
    let first = sealer().seal(None, &entries[..2]);
    let second = sealer().seal(first.last(), &entries[2..]);
    assert_eq!([first, second].concat(), whole);
}

#[test]
fn what_was_changed_is_named() {
    let mut changed = log(5);
    entry_of(&mut changed[2]).kind = "logged_out".into();
    let (seq, event_id) = (3, changed[2].seal.event_id);
    let report = look(changed, None);
    assert_eq!((report.verified, report.fault_count), (4, 1));
    assert_eq!(report.faults, [AuditFault::Changed { seq, event_id }]);

    let mut swapped = log(5);
    let (one, other) = (swapped[1].found.clone(), swapped[2].found.clone());
    (swapped[1].found, swapped[2].found) = (other, one);
    assert_eq!(look(swapped, None).fault_count, 2);

    let mut unreadable = log(5);
    unreadable[0].found = Found::Unreadable;
    let event_id = unreadable[0].seal.event_id;
    assert_eq!(look(unreadable, None).faults, [AuditFault::Changed { seq: 1, event_id }]);
}

#[test]
fn what_was_removed_is_named() {
    let mut without_entry = log(5);
    without_entry[3].found = Found::Nothing;
    let event_id = without_entry[3].seal.event_id;
    assert_eq!(look(without_entry, None).faults, [AuditFault::Removed { seq: 4, event_id }]);

    let mut without_both = log(5);
    without_both.drain(1..3);
    assert_eq!(look(without_both, None).faults, [AuditFault::SealsRemoved { from: 2, to: 3 }]);

    let beginning = log(5).split_off(2);
    assert_eq!(look(beginning, None).faults, [AuditFault::SealsRemoved { from: 1, to: 2 }]);

    let mut renumbered = log(5);
    renumbered.remove(2);
    (1..).zip(&mut renumbered).for_each(|(seq, sealed)| sealed.seal.seq = seq);
    assert_eq!(look(renumbered, None).fault_count, 2, "a seal holds for its number");
}

#[test]
fn a_cut_off_end_is_seen_by_who_has_noted_the_head() {
    let whole = log(5);
    let head = whole[4].seal.noted();
    let cut = whole[..4].to_vec();
    assert_eq!(look(cut.clone(), None).fault_count, 0);
    assert_eq!(look(cut, Some(head.clone())).faults, [AuditFault::EndRemoved { noted: 5 }]);
    assert_eq!(look(Vec::new(), Some(head.clone())).faults, [AuditFault::EndRemoved { noted: 5 }]);
    let other = NotedSeal { seq: 3, ..head };
    assert_eq!(look(whole, Some(other)).faults, [AuditFault::NotAsNoted { noted: 3 }]);
}

/// A log of eight, of which retention has removed some: the first `gone`, and what it tells of that.
fn pruned(gone: usize, told: impl Into<String>) -> Vec<SealedEntry> {
    let mut entries: Vec<_> = (1..=8).map(entry).collect();
    entries[6].kind = AuditKind::AuditPruned.as_str().into();
    entries[6].detail = Some(told.into());
    let seals = sealer().seal(None, &entries);
    let sealed = |(seal, entry)| SealedEntry { seal, found: Found::Entry(Box::new(entry)) };
    let mut log: Vec<_> = seals.into_iter().zip(entries).map(sealed).skip(gone - 1).collect();
    log[0].found = Found::Nothing;
    log
}

/// What `sealer` tells of having removed so many.
fn told(sealer: &AuditSealer, gone: usize) -> String {
    sealer.told_pruned(&log(8)[gone - 1].seal).as_str().to_owned()
}

#[test]
fn the_chain_goes_on_from_what_retention_has_left_and_says_so() {
    let ours = told(&sealer(), 3);
    assert!(ours.starts_with("entries up to 3, proved by "), "{ours}");
    let report = look(pruned(3, &ours), None);
    assert_eq!((report.verified, report.pruned_up_to, report.faults), (5, Some(3), vec![]));
    let noted = log(8)[1].seal.noted();
    let report = look(pruned(3, &ours), Some(noted));
    assert_eq!(report.faults, [AuditFault::NotedIsPruned { noted: 2 }]);
    let noted = log(8)[2].seal.noted();
    assert_eq!(look(pruned(3, &ours), Some(noted)).faults, [], "the seal of the last one is kept");
}

#[test]
fn retention_that_has_removed_exactly_one_entry_is_no_fault() {
    let report = look(pruned(1, told(&sealer(), 1)), None);
    assert_eq!((report.verified, report.pruned_up_to, report.faults), (7, Some(1), vec![]));
    let report = look(pruned(1, "entries up to 1"), None);
    assert_eq!(report.faults, [AuditFault::BeginningRemoved { up_to: 1 }]);
}

#[test]
fn who_does_not_have_the_master_key_cannot_say_that_it_was_retention() {
    let ours = told(&sealer(), 3);
    let stranger = told(&AuditSealer::new(&MasterKey::from_bytes([8; 32])), 3);
    let of_another_seal = sealer().told_pruned(&AuditSeal { seal: vec![1; 37], ..log(8)[2].seal.clone() });
    let made_up = [
        String::new(),
        "entries up to 3".to_owned(),
        "entries up to 3, proved by ".to_owned(),
        "entries up to 3, proved by AAAA".to_owned(),
        told(&sealer(), 2),
        told(&sealer(), 2).replace("up to 2", "up to 3"),
        ours.replace("up to 3", "up to 4"),
        ours.replace("entries", "all entries"),
        stranger,
        of_another_seal.as_str().to_owned(),
    ];
    for told in made_up {
        let report = look(pruned(3, &told), None);
        assert_eq!(report.faults, [AuditFault::BeginningRemoved { up_to: 3 }], "{told}");
    }
    // The same in an entry that was put in and has no seal yet.
    let mut log = log(8).split_off(2);
    log[0].found = Found::Nothing;
    for (told, faults) in [(ours, 0), ("entries up to 3".to_owned(), 1)] {
        let mut check = AuditCheck::new(&sealer(), None);
        log.clone().into_iter().for_each(|sealed| check.see(sealed));
        let kind = AuditKind::AuditPruned.as_str().into();
        check.see_unsealed(&AuditEntry { kind, detail: Some(told), ..entry(9) });
        assert_eq!(check.finish().fault_count, faults);
    }
}

#[test]
fn an_earlier_master_key_proves_a_cut_of_its_time_only() {
    let [first, second] = [6, 7].map(|byte| MasterKey::from_bytes([byte; 32]));
    let mut log = log_under(&[6, 6, 7, 7]);
    log[0].found = Found::Nothing;
    let kind = AuditKind::AuditPruned.as_str();
    let detail = AuditSealer::new(&first).told_pruned(&log[0].seal).as_str().to_owned();
    for (later, faults) in [(Duration::from_mins(1), 0), (2 * LATE_AFTER, 1)] {
        let mut check = AuditCheck::new(&AuditSealer::new(&second).knowing([&first]), None);
        log.clone().into_iter().for_each(|sealed| check.see(sealed));
        let id = EventId::first_at(entry(4).at.plus(later));
        check.see_unsealed(&AuditEntry { id, kind: kind.into(), detail: Some(detail.clone()), ..entry(5) });
        assert_eq!(check.finish().fault_count, faults, "{later:?}");
    }
}

#[test]
fn what_came_in_late_is_told_and_does_not_make_others_late() {
    let mut entries: Vec<_> = (1..=4).map(entry).collect();
    let old = EventId::first_at(entries[0].at.minus(2 * LATE_AFTER));
    entries[2].id = old;
    let seals = sealer().seal(None, &entries);
    let mut check = AuditCheck::new(&sealer(), None);
    for (seal, entry) in seals.into_iter().zip(entries) {
        check.see(SealedEntry { seal, found: Found::Entry(Box::new(entry)) });
    }
    check.see_unsealed(&entry(5));
    check.see_unsealed(&AuditEntry { id: old, ..entry(6) });
    let report = check.finish();
    assert_eq!(report.late, LateEntries { count: 2, first: Some(old) });
    assert_eq!((report.verified, report.unsealed, report.fault_count), (4, 2, 0));
}

#[test]
fn another_master_key_verifies_nothing() {
    let mut check = AuditCheck::new(&AuditSealer::new(&MasterKey::from_bytes([8; 32])), None);
    for sealed in log(3) {
        check.see(sealed);
    }
    let report = check.finish();
    let event_id = log(3)[0].seal.event_id;
    assert_eq!((report.verified, report.fault_count), (0, 1));
    assert_eq!(report.faults, [AuditFault::OtherKey { seq: 1, event_id }]);
}

/// A log that was sealed under these master keys, one entry each.
fn log_under(keys: &[u8]) -> Vec<SealedEntry> {
    let mut log: Vec<SealedEntry> = Vec::new();
    for (number, key) in (1..).zip(keys) {
        let sealer = AuditSealer::new(&MasterKey::from_bytes([*key; 32]));
        let entry = entry(number);
        let last = log.last().map(|sealed| sealed.seal.clone());
        let seal = sealer.seal(last.as_ref(), std::slice::from_ref(&entry)).remove(0);
        log.push(SealedEntry { seal, found: Found::Entry(Box::new(entry)) });
    }
    log
}

#[test]
fn seals_under_earlier_master_keys_are_good_in_their_time_only() {
    let [first, second, third] = [6, 7, 8].map(|byte| MasterKey::from_bytes([byte; 32]));
    let sealer = AuditSealer::new(&third).knowing([&first, &second]);
    let look = |log: Vec<SealedEntry>| {
        let mut check = AuditCheck::new(&sealer, None);
        for sealed in log {
            check.see(sealed);
        }
        check.finish()
    };
    let report = look(log_under(&[6, 6, 7, 8, 8]));
    assert_eq!((report.verified, report.fault_count), (5, 0));
    let report = look(log_under(&[6, 7, 6, 7]));
    assert_eq!((report.verified, report.fault_count), (3, 1), "an earlier key made a seal after a later one");
    assert_eq!(sealer.refusal(Some(&log_under(&[6])[0].seal), None), None);
    let newer = sealer.refusal(Some(&log_under(&[9])[0].seal), None);
    assert_eq!(newer, Some(SealingRefusal::OtherKey { seq: 1 }), "somebody has a newer master key");
}

#[test]
fn a_master_key_that_came_back_into_use_is_good_in_each_of_its_times() {
    let [first, second] = [6, 7].map(|byte| MasterKey::from_bytes([byte; 32]));
    let look = |known: &[&MasterKey]| {
        let sealer = AuditSealer::new(&first).knowing(known.iter().copied());
        let mut check = AuditCheck::new(&sealer, None);
        for sealed in log_under(&[6, 6, 7, 6]) {
            check.see(sealed);
        }
        check.finish()
    };
    let report = look(&[&first, &second]);
    assert_eq!((report.verified, report.fault_count), (4, 0));
    let report = look(&[&second]);
    assert_eq!(
        (report.verified, report.fault_count),
        (3, 1),
        "it is not known to have come before the other"
    );
}

#[test]
fn whoever_has_seen_a_seal_does_not_go_on_without_it() {
    let log = log(3);
    let seals: Vec<_> = log.iter().map(|sealed| sealed.seal.clone()).collect();
    let who_has_seen = |seen: &AuditSeal| sealer().having_seen(Some(seen.clone()));
    let rewritten = Some(SealingRefusal::Rewritten { seq: 3 });
    assert_eq!(who_has_seen(&seals[2]).refusal(Some(&seals[2]), Some(&seals[2])), None);
    assert_eq!(who_has_seen(&seals[1]).refusal(Some(&seals[2]), Some(&seals[1])), None);
    assert_eq!(who_has_seen(&seals[1]).refusal(Some(&seals[2]), Some(&seals[2])), None, "retention took it");
    assert_eq!(who_has_seen(&seals[2]).refusal(Some(&seals[1]), None), rewritten);
    assert_eq!(who_has_seen(&seals[2]).refusal(None, None), rewritten);
    let anew = AuditSeal { seal: vec![1; 37], ..seals[2].clone() };
    assert_eq!(who_has_seen(&seals[2]).refusal(Some(&anew), Some(&anew)), rewritten);
}

proptest! {
    #[test]
    fn no_single_change_goes_unseen(
        at in 0..6_usize, how in 0..9_usize, bit in 0..8_u32, byte in any::<prop::sample::Index>(),
    ) {
        let whole = log(6);
        let mut changed = whole.clone();
        let sealed = &mut changed[at];
        match how {
            0 => { let place = byte.index(sealed.seal.seal.len()); sealed.seal.seal[place] ^= 1 << bit; }
            1 => sealed.seal.event_id = EventId::first_at(Timestamp::from_millis(1)),
            2 => sealed.found = Found::Nothing,
            3 => entry_of(sealed).at = Timestamp::from_millis(0),
            4 => entry_of(sealed).account_id = None,
            5 => entry_of(sealed).address = Some("192.0.2.9".into()),
            6 => entry_of(sealed).detail = Some(String::new()),
            7 => entry_of(sealed).request_id = Some("r".into()),
            _ => { changed.remove(at); }
        }
        let head = whole[5].seal.noted();
        prop_assert!(look(changed, Some(head)).fault_count > 0);
    }
}
