//! Is it noticed when somebody tries what was stolen elsewhere, one password everywhere, or everything at once?

use super::*;

fn told(node: &Node) -> Vec<LimitKind> {
    node.throttle.take_reports().iter().map(|report| report.limit.kind).collect()
}

#[tokio::test]
async fn many_identifiers_from_one_address_are_noticed_long_before_many_failures_are() {
    let node = Node::alone();
    let mut admitted = 0;
    for number in 0..100 {
        admitted += node.fail(1, &format!("person-{number}"), HOME).await;
    }
    assert!((40..60).contains(&admitted), "{admitted}");
    assert_eq!(told(&node), [LimitKind::IdentifiersOfAddress]);
    assert_eq!(node.attempt("bob", HOME, Ending::Right).await, Err(Duration::from_secs(20)));
    node.attempt("bob", "192.0.2.8", Ending::Right).await.unwrap();
}

#[tokio::test]
async fn one_password_for_many_identifiers_is_noticed_wherever_it_comes_from() {
    let node = Node::alone();
    let mut admitted = 0;
    for number in 0..100 {
        let (name, client) = (format!("person-{number}"), from(&far(number)));
        admitted +=
            usize::from(node.attempt_with(&name, "Summer2026!", &client, Ending::Wrong).await.is_ok());
    }
    assert!((30..45).contains(&admitted), "{admitted}");
    assert_eq!(told(&node), [LimitKind::IdentifiersOfPassword]);
    let refused = node.attempt_with("bob", "Summer2026!", &from(HOME), Ending::Right).await;
    assert_eq!(refused, Err(Duration::from_mins(2)));
    node.attempt_with("bob", "another one", &from(HOME), Ending::Right).await.unwrap();
}

#[tokio::test]
async fn a_client_that_sends_an_old_password_for_ever_is_no_attack_on_many() {
    let node = Node::alone();
    for _ in 0..2000 {
        node.attempt_with("alice", "the old one", &from(HOME), Ending::Wrong).await.ok();
        node.pass(Duration::from_mins(5));
    }
    assert_eq!(told(&node), []);
    node.attempt_with("bob", "the old one", &from(ELSEWHERE), Ending::Right).await.unwrap();
}

#[tokio::test]
async fn many_right_passwords_that_are_the_same_are_no_attack() {
    let node = Node::alone();
    for number in 0..500 {
        let name = format!("person-{number}");
        node.attempt_with(&name, "Welcome-1", &from(&far(number)), Ending::Right).await.unwrap();
    }
    assert_eq!(node.weighing(), 0);
}

#[tokio::test(start_paused = true)]
async fn when_everything_fails_strangers_are_slowed_down_and_those_who_are_known_are_not() {
    let mut node = Node::alone();
    Arc::get_mut(&mut node).unwrap().policy.node = ThrottlePolicy::node_of(60);
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
    for number in 0..300 {
        assert_eq!(node.fail(1, &format!("person-{number}"), &far(number)).await, 1);
    }
    assert_eq!(told(&node), [LimitKind::Node]);
    let before = tokio::time::Instant::now();
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    // The clock stands still, and so does the budget.
    assert_eq!(node.attempt("bob", ELSEWHERE, Ending::Right).await, Err(Duration::from_secs(1)));
    assert_eq!(before.elapsed(), Duration::from_secs(5));
    let time_goes_on = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        node.pass(Duration::from_secs(1));
    };
    let (admitted, ()) = tokio::join!(node.attempt("bob", ELSEWHERE, Ending::Right), time_goes_on);
    admitted.unwrap();
}
