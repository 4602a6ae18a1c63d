#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::model::{AccountId, Client, SessionId};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn event(number: u64, kind: AuditKind, at: Timestamp) -> AuditEvent {
    let mut random = [0; 10];
    random.iter_mut().skip(2).zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    AuditEvent {
        id: EventId::new(at, random),
        at,
        kind,
        actor_id: None,
        account_id: None,
        session_id: None,
        client: Client::default(),
        detail: None,
    }
}

fn of_somebody(number: u64) -> AuditEvent {
    let account_id = Some(AccountId::new(NOW, [1; 10]));
    AuditEvent { account_id, ..event(number, AuditKind::LoginFailed, NOW) }
}

fn of_session(number: u64, session: u8, at: Timestamp) -> AuditEvent {
    let session_id = Some(SessionId::new(NOW, [session; 10]));
    AuditEvent { session_id, ..event(number, AuditKind::RefreshRefused, at) }
}

fn waiting(queue: &AuditQueue) -> usize {
    queue.peek(usize::MAX).len()
}

#[test]
fn what_is_written_goes_and_what_came_meanwhile_stays() {
    let queue = AuditQueue::default();
    for number in 0..3 {
        queue.note(of_somebody(number));
    }
    let ids: Vec<_> = queue.peek(2).iter().map(|event| event.id).collect();
    assert_eq!(waiting(&queue), 3, "to look is not to take");
    queue.note(of_somebody(3));
    queue.take_away(&ids);
    let left: Vec<_> = queue.peek(10).iter().map(|event| event.id).collect();
    assert_eq!(left, [of_somebody(2).id, of_somebody(3).id]);
    assert_eq!(queue.metrics(), AuditQueueMetrics { waiting: 2, written: 2, ..AuditQueueMetrics::default() });
}

#[test]
fn a_full_queue_leaves_out_the_oldest_and_counts_it() {
    let queue = AuditQueue::default();
    for number in 0..10_003 {
        queue.note(of_somebody(number));
    }
    assert_eq!(waiting(&queue), 10_000);
    assert_eq!(queue.peek(1).first().unwrap().id, of_somebody(3).id);
    let left_out = queue.take_left_out();
    assert_eq!(left_out, [(AuditKind::LoginFailed, 3)]);
    assert_eq!(queue.take_left_out(), []);
    queue.give_back_left_out(left_out);
    assert_eq!(queue.take_left_out(), [(AuditKind::LoginFailed, 3)]);
    assert_eq!(queue.metrics().dropped, 3);
}

#[test]
fn names_made_up_fill_a_bounded_part_of_the_log() {
    let queue = AuditQueue::default();
    let later = NOW.plus(Duration::from_mins(1));
    for number in 0..100 {
        queue.note(event(number, AuditKind::LoginFailed, NOW));
    }
    queue.note(of_somebody(100));
    assert_eq!(waiting(&queue), 61, "what is about somebody always has its place");
    queue.note(event(103, AuditKind::RefreshRefused, NOW));
    assert_eq!(waiting(&queue), 62, "and so has another kind");
    assert_eq!(queue.take_left_out(), [(AuditKind::LoginFailed, 40)]);
    queue.note(event(101, AuditKind::LoginFailed, later));
    queue.note(event(102, AuditKind::LoginFailed, NOW));
    assert_eq!(waiting(&queue), 64, "another minute, and a clock that was set back");
}

#[test]
fn a_client_that_repeats_itself_is_noted_once_an_hour() {
    let queue = AuditQueue::default();
    for (number, session) in [(0, 1), (1, 1), (2, 2), (3, 1)] {
        queue.note(of_session(number, session, NOW));
    }
    assert_eq!(waiting(&queue), 2);
    queue.note(AuditEvent { kind: AuditKind::AuthorizationFailed, ..of_session(4, 1, NOW) });
    assert_eq!(waiting(&queue), 3);
    queue.note(of_session(5, 1, NOW.plus(Duration::from_hours(1))));
    assert_eq!(waiting(&queue), 4);
    assert_eq!(queue.take_left_out(), [], "a repetition is nothing new");
    for number in 6..9 {
        queue.note(AuditEvent { kind: AuditKind::LoginFailed, ..of_session(number, 1, NOW) });
    }
    assert_eq!(waiting(&queue), 7, "each guess counts");
}

#[tokio::test]
async fn a_writer_waits_until_there_is_something() {
    let queue = AuditQueue::default();
    let noting = async {
        // By then the other one waits.
        tokio::task::yield_now().await;
        queue.note(of_somebody(0));
    };
    tokio::join!(queue.wait(), noting);
    assert_eq!(waiting(&queue), 1);
    queue.wait().await;
}
