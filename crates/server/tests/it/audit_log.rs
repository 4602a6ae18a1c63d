//! Is the audit log sealed by one node of several, does it tell who changed it, and is it cut where its time is over?

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::Auth;
use portcullis_core::crypto::MasterKey;
use portcullis_core::flows::Trouble;
use portcullis_core::flows::audit::KnownElsewhere;
use portcullis_core::model::audit::NotedSeal;
use portcullis_core::model::{AuditDetail, AuditKind};
use portcullis_core::policy::audit_chain::{AuditFault, AuditReport, SealingRefusal};
use portcullis_core::testing::{DAY, ManualClock, NOW, SeededEntropy};
use portcullis_every_engine::every_engine;
use portcullis_store::testing::TestDatabase;

use crate::{engine, node};

/// Nodes on one database, and the time that they agree about.
struct Site {
    database: TestDatabase,
    clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
}

impl Site {
    async fn new() -> Self {
        let (clock, entropy) = (ManualClock::new(NOW), SeededEntropy::new(1));
        Self { database: engine::database().await, clock: Arc::new(clock), entropy: Arc::new(entropy) }
    }

    async fn node(&self) -> Auth {
        node::start(&self.database, &self.clock, &self.entropy).await
    }

    /// A node with other master keys.
    async fn node_with(&self, master_key: MasterKey, previous: Option<MasterKey>) -> Auth {
        let decide = |deps: &mut portcullis_core::Deps, _: &mut _| {
            deps.master_key = master_key;
            deps.previous_master_key = previous;
        };
        node::start_as(&self.database, &self.clock, &self.entropy, decide).await.unwrap()
    }

    fn pass(&self, time: Duration) {
        self.clock.move_by_millis(i64::try_from(time.as_millis()).unwrap());
    }

    /// So many entries, a minute apart.
    async fn write_down(&self, node: &Auth, count: usize) {
        for _ in 0..count {
            node.record(AuditKind::ServerStarted, AuditDetail::word("a test")).await.unwrap();
            self.pass(Duration::from_mins(1));
        }
    }
}

async fn verify(node: &Auth) -> AuditReport {
    verify_knowing(node, KnownElsewhere::default()).await
}

async fn verify_knowing(node: &Auth, known: KnownElsewhere) -> AuditReport {
    let mut seen = 0;
    let report = node.verify_audit_log(&known, &mut |count| seen = count).await.unwrap();
    assert!(report.verified <= seen);
    report
}

#[every_engine]
async fn one_node_seals_what_is_new_and_another_goes_on_when_it_is_gone() {
    let site = Site::new().await;
    let (first, second) = (site.node().await, site.node().await);
    assert_eq!(first.seal_audit_log().await.unwrap(), 1, "the first keys");
    site.write_down(&first, 3).await;
    site.pass(Duration::from_secs(1));
    assert_eq!(first.seal_audit_log().await.unwrap(), 3);
    assert_eq!(first.seal_audit_log().await.unwrap(), 0);

    site.write_down(&second, 1).await;
    site.clock.move_by_millis(-60_000);
    assert_eq!(second.seal_audit_log().await.unwrap(), 0, "the first one does it");
    site.pass(Duration::from_secs(15));
    assert_eq!(second.seal_audit_log().await.unwrap(), 1);
    let report = verify(&first).await;
    assert_eq!((report.verified, report.unsealed, report.fault_count, report.late.count), (5, 0, 0, 0));
}

#[every_engine]
async fn what_was_committed_late_is_sealed_and_what_came_very_late_is_told() {
    let site = Site::new().await;
    let node = site.node().await;
    site.write_down(&node, 90).await;
    assert_eq!(node.seal_audit_log().await.unwrap(), 91);
    // A request of half an hour ago that its database held up, and something that is older still.
    site.clock.move_by_millis(-30 * 60_000);
    node.record(AuditKind::ServerStopped, AuditDetail::word("late")).await.unwrap();
    site.clock.move_by_millis(-50 * 60_000);
    node.record(AuditKind::ServerStopped, AuditDetail::word("very late")).await.unwrap();
    site.pass(Duration::from_mins(85));
    let fresh = site.node().await;
    assert_eq!(fresh.seal_audit_log().await.unwrap(), 1, "a wide look goes back an hour");
    let report = verify(&node).await;
    assert_eq!((report.verified, report.unsealed, report.fault_count), (92, 1, 0));
    let kept = node.keep_audit_log(None).await.unwrap().unwrap();
    assert_eq!((kept.removed, kept.sealed), (0, 1));
    assert_eq!(fresh.keep_audit_log(None).await.unwrap(), None, "once an hour, by one node");
    let report = verify(&node).await;
    assert_eq!((report.verified, report.unsealed, report.fault_count), (93, 0, 0));
    assert_eq!(report.late.count, 0, "the one before it was not much younger");
}

#[every_engine]
async fn whoever_changes_the_log_is_seen() {
    let last_two = "WHERE seq > 6";
    let third = "(SELECT event_id FROM audit_seals WHERE seq = 3)";
    for (what, statement) in [
        ("changed", format!("UPDATE audit_events SET kind = 'logged_in' WHERE id = {third}")),
        ("changed", format!("UPDATE audit_events SET happened_at = happened_at + 1 WHERE id = {third}")),
        ("changed", format!("UPDATE audit_events SET actor_id = id WHERE id = {third}")),
        ("changed", format!("UPDATE audit_events SET account_id = id, session_id = id WHERE id = {third}")),
        ("changed", format!("UPDATE audit_events SET address = 'no address' WHERE id = {third}")),
        ("changed", format!("UPDATE audit_events SET user_agent = '' WHERE id = {third}")),
        ("changed", format!("UPDATE audit_events SET request_id = 'x' WHERE id = {third}")),
        ("changed", format!("UPDATE audit_events SET detail = NULL WHERE id = {third}")),
        ("removed", format!("DELETE FROM audit_events WHERE id = {third}")),
        ("seals", "DELETE FROM audit_seals WHERE seq = 3".to_owned()),
        ("seals", "DELETE FROM audit_seals WHERE seq < 3".to_owned()),
        ("beginning", "DELETE FROM audit_seals WHERE seq < 3; \
                       DELETE FROM audit_events WHERE id NOT IN (SELECT event_id FROM audit_seals WHERE seq > 3)"
            .to_owned()),
        ("end", format!("DELETE FROM audit_events WHERE id IN (SELECT event_id FROM audit_seals {last_two}); \
                         DELETE FROM audit_seals {last_two}")),
    ] {
        let site = Site::new().await;
        let node = site.node().await;
        site.write_down(&node, 7).await;
        assert_eq!(node.seal_audit_log().await.unwrap(), 8);
        let noted = verify(&node).await.head;
        site.database.execute(&statement).await;
        let fault = verify_knowing(&node, KnownElsewhere { noted, ..KnownElsewhere::default() }).await.faults;
        let is_named = matches!(
            (what, fault.first()),
            ("changed", Some(AuditFault::Changed { seq: 3, .. }))
                | ("removed", Some(AuditFault::Removed { seq: 3, .. }))
                | ("seals", Some(AuditFault::SealsRemoved { from: 1 | 3, .. }))
                | ("beginning", Some(AuditFault::BeginningRemoved { up_to: 3 }))
                | ("end", Some(AuditFault::EndRemoved { noted: 8 }))
        );
        assert!(is_named, "{what}: {statement}: {fault:?}");
    }
}

/// Why a node does not go on with the seals.
fn refusal<T: std::fmt::Debug>(outcome: Result<T, Trouble>) -> SealingRefusal {
    match outcome {
        Err(Trouble::Sealing(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

#[every_engine]
async fn nobody_can_say_that_retention_removed_what_they_removed() {
    let site = Site::new().await;
    let node = site.node().await;
    site.write_down(&node, 7).await;
    assert_eq!(node.seal_audit_log().await.unwrap(), 8);
    node.record(AuditKind::AuditPruned, AuditDetail::told("entries up to 3")).await.unwrap();
    site.database
        .execute(
            "DELETE FROM audit_seals WHERE seq < 3; \
             DELETE FROM audit_events WHERE id IN (SELECT event_id FROM audit_seals WHERE seq = 3) \
             OR (id NOT IN (SELECT event_id FROM audit_seals) AND kind <> 'audit_pruned')",
        )
        .await;
    let fault = [AuditFault::BeginningRemoved { up_to: 3 }];
    let report = verify(&node).await;
    assert_eq!((report.unsealed, &report.faults[..]), (1, &fault[..]));
    site.pass(Duration::from_mins(1));
    assert_eq!(node.seal_audit_log().await.unwrap(), 1);
    let report = verify(&node).await;
    assert_eq!((report.unsealed, &report.faults[..]), (0, &fault[..]), "its seal does not make it true");
}

#[every_engine]
async fn nobody_gets_good_seals_for_what_they_wrote_anew() {
    let statements = [
        // The end loses its seals, to get others for other entries.
        "DELETE FROM audit_seals WHERE seq > 5; \
         UPDATE audit_events SET detail = NULL WHERE id NOT IN (SELECT event_id FROM audit_seals)",
        // Or keeps their number, should a node have begun in between.
        "UPDATE audit_seals SET event_id = id_of_nothing WHERE seq = 8",
    ];
    for statement in statements {
        let site = Site::new().await;
        let (node, other) = (site.node().await, site.node().await);
        site.write_down(&node, 7).await;
        assert_eq!(node.seal_audit_log().await.unwrap(), 8);
        assert_eq!(other.seal_audit_log().await.unwrap(), 0, "it looks all the same");
        let nothing = match site.database.schema() {
            Some(_) => "'00000000-0000-7000-8000-000000000000'",
            None => "X'00000000000070008000000000000000'",
        };
        site.database.execute(&statement.replace("id_of_nothing", nothing)).await;
        site.pass(Duration::from_mins(2));
        site.write_down(&node, 1).await;
        let refused = SealingRefusal::Rewritten { seq: 8 };
        for node in [&node, &other] {
            assert_eq!(refusal(node.seal_audit_log().await), refused);
            assert_eq!(refusal(node.seal_audit_log().await), refused, "and again");
            assert_eq!(refusal(node.seal_whole_audit_log().await), refused);
            assert_eq!(refusal(node.prune_audit_log(Duration::ZERO).await), refused);
            assert_eq!(node.audit_queue_metrics().seals_refused, 4);
        }
        let sealed = site.node().await.seal_audit_log().await;
        assert!(sealed.is_ok(), "one that is started now has seen nothing: {sealed:?}");
        assert_eq!(refusal(node.seal_audit_log().await), refused, "others are not mistaken");
    }
}

#[every_engine]
async fn what_is_over_is_forgotten_and_the_rest_can_still_be_verified() {
    let site = Site::new().await;
    let node = site.node().await;
    site.write_down(&node, 5).await;
    node.seal_audit_log().await.unwrap();
    let old_head = verify(&node).await.head.unwrap();
    site.pass(100 * DAY);
    site.write_down(&node, 2).await;
    node.seal_audit_log().await.unwrap();
    let kept = node.keep_audit_log(Some(30 * DAY)).await.unwrap().unwrap();
    assert_eq!(kept.removed, 6);
    let report = verify(&node).await;
    assert_eq!((report.verified, report.pruned_up_to, report.fault_count), (3, Some(6), 0));
    let known =
        |noted: &NotedSeal| KnownElsewhere { noted: Some(noted.clone()), ..KnownElsewhere::default() };
    assert_eq!(verify_knowing(&node, known(&old_head)).await.faults, [], "the seal of the last one stays");
    let other = NotedSeal { seq: 2, ..old_head };
    let faults = verify_knowing(&node, known(&other)).await.faults;
    assert_eq!(faults, [AuditFault::NotedIsPruned { noted: 2 }]);
}

#[every_engine]
async fn a_new_master_key_goes_on_with_the_chain_and_an_old_one_does_not_any_more() {
    let site = Site::new().await;
    let new_key = || MasterKey::from_bytes([9; 32]);
    let old = site.node().await;
    site.write_down(&old, 2).await;
    assert_eq!(old.seal_audit_log().await.unwrap(), 3);
    site.pass(Duration::from_mins(1));
    let new = site.node_with(new_key(), Some(node::master_key())).await;
    site.write_down(&new, 2).await;
    assert_eq!(new.seal_audit_log().await.unwrap(), 2);
    site.write_down(&old, 1).await;
    let refused = SealingRefusal::OtherKey { seq: 5 };
    assert_eq!(
        refusal(old.seal_audit_log().await),
        refused,
        "it cannot go on from a seal that it does not know"
    );
    assert_eq!(refusal(old.keep_audit_log(None).await), refused, "nor when it looks at the whole log");
    assert_eq!(
        refusal(old.prune_audit_log(Duration::ZERO).await),
        refused,
        "and cannot prove that it cut it"
    );
    assert_eq!(old.audit_queue_metrics().seals_refused, 3);
    assert_eq!(new.seal_audit_log().await.unwrap(), 1);
    let report = verify(&new).await;
    assert_eq!((report.verified, report.fault_count), (6, 0));
    let report = verify(&old).await;
    assert_eq!((report.verified, report.fault_count), (3, 1));
    assert!(matches!(report.faults[0], AuditFault::OtherKey { seq: 4, .. }), "{:?}", report.faults);
    let known = KnownElsewhere { earlier_master_keys: vec![MasterKey::from_bytes([5; 32])], noted: None };
    assert_eq!(verify_knowing(&new, known).await.fault_count, 0, "one too many does no harm");
}
