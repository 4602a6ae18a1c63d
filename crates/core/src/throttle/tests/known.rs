//! Can somebody be locked out by others?

use portcullis_crypto::device::{Device, DeviceTokens};
use proptest::prelude::*;

use super::*;

/// A browser from which somebody with this name has logged in, at some address.
pub(super) fn browser(node: &Node, name: &str, address: &str) -> Client {
    let key = node.throttle.names.of_sent(&SentIdentifier::parse(name)).0;
    let device = Device { id: [9; 16], issued_at_ms: Clock::now(node).as_millis() };
    let token = node.throttle.names.devices().issue(device, &NamesOfAccount { one: key, other: key });
    from(address).with_devices(DeviceTokens::default().after_login(token, |_| false))
}

/// Somebody who wants alice to be kept out does what they can, from everywhere but her own network.
async fn besieged() -> Arc<Node> {
    let node = Node::alone();
    for network in 0..40 {
        node.fail(11, "alice", &far(network)).await;
    }
    for number in 0..400 {
        node.fail(1, &format!("person-{number}"), ELSEWHERE).await;
        node.attempt_with(&format!("person-{number}"), "hers", &from(&far(100 + number)), Ending::Wrong)
            .await
            .ok();
    }
    node
}

#[tokio::test]
async fn whoever_has_logged_in_from_a_network_is_never_kept_out_of_it_by_others() {
    let node = Node::alone();
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
    for network in 0..40 {
        node.fail(11, "alice", &far(network)).await;
    }
    assert!(node.attempt("alice", ELSEWHERE, Ending::Right).await.is_err());
    for _ in 0..9 {
        node.attempt("alice", "192.0.2.99", Ending::Wrong).await.unwrap();
    }
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
    assert!(node.throttle.metrics().known > 9);
}

#[tokio::test]
async fn a_device_that_is_known_is_admitted_anywhere_with_any_password() {
    let node = besieged().await;
    assert!(node.attempt("alice", HOME, Ending::Right).await.is_err());
    let laptop = browser(&node, "alice", ELSEWHERE);
    node.attempt_with("alice", "hers", &laptop, Ending::Right).await.unwrap();
    // It is known as alice's only.
    assert!(node.attempt_with("person-1", "hers", &laptop, Ending::Right).await.is_err());
}

#[tokio::test]
async fn a_stolen_device_token_is_worth_a_bounded_number_of_guesses() {
    let node = Node::alone();
    let thief = browser(&node, "alice", ELSEWHERE);
    let mut admitted = 0;
    for number in 0..100 {
        let thief = Client { address: far(number).parse().ok(), ..thief.clone() };
        let guess = node.attempt_with("alice", &format!("guess-{number}"), &thief, Ending::Wrong).await;
        admitted += usize::from(guess.is_ok());
    }
    assert_eq!(admitted, 10);
    // What the thief did is in nobody else's way.
    assert_eq!(node.fail(11, "alice", HOME).await, 10);
}

#[tokio::test]
async fn failures_of_those_who_are_known_hold_up_nobody_else() {
    let node = Node::alone();
    for number in 0..60 {
        let name = format!("person-{number}");
        node.attempt(&name, HOME, Ending::Right).await.unwrap();
        assert_eq!(node.fail(9, &name, HOME).await, 9);
    }
    node.attempt("bob", HOME, Ending::Right).await.unwrap();
    let told: Vec<_> = node.throttle.take_reports().iter().map(|report| report.limit.kind).collect();
    assert_eq!(told, [LimitKind::KnownOfAddress]);
}

#[tokio::test]
async fn a_neighbour_in_the_same_network_keeps_nobody_out_of_their_own_address() {
    for (home, moved, neighbour) in [
        ("192.0.2.7", "192.0.2.8", "192.0.2.99"),
        ("2001:db8:1:2::3", "2001:db8:1:3::3", "2001:db8:1:ffff::1"),
    ] {
        let node = Node::alone();
        node.attempt("alice", home, Ending::Right).await.unwrap();
        assert_eq!(node.fail(20, "alice", neighbour).await, 10);
        assert!(node.attempt("alice", moved, Ending::Right).await.is_err(), "they share what is left");
        node.attempt("alice", home, Ending::Right).await.unwrap();
        node.pass(Duration::from_mins(5));
        node.attempt("alice", moved, Ending::Right).await.unwrap();
        node.fail(20, "alice", neighbour).await;
        node.attempt("alice", moved, Ending::Right).await.unwrap();
    }
}

#[tokio::test]
async fn one_machine_that_tries_all_who_are_known_in_its_network_is_held_up_alone() {
    let node = Node::alone();
    let names: Vec<String> = (0..100).map(|number| format!("person-{number}")).collect();
    for name in &names {
        node.attempt(name, HOME, Ending::Right).await.unwrap();
    }
    let mut admitted = 0;
    for name in &names {
        let guess = node.attempt_with(name, "Summer2026!", &from("192.0.2.66"), Ending::Wrong).await;
        admitted += usize::from(guess.is_ok());
    }
    assert!((40..60).contains(&admitted), "{admitted}");
    let mut told: Vec<_> = node.throttle.take_reports().iter().map(|report| report.limit.kind).collect();
    told.sort_unstable();
    assert_eq!(told, [LimitKind::IdentifiersOfAddress, LimitKind::KnownOfPassword]);
    for name in &names {
        node.attempt_with(name, "Summer2026!", &from(HOME), Ending::Right).await.unwrap();
    }
    node.attempt_with("person-0", "hers", &from("192.0.2.67"), Ending::Right).await.unwrap();
    node.attempt_with("bob", "Summer2026!", &from(ELSEWHERE), Ending::Right).await.unwrap();
}

#[tokio::test]
async fn whoever_tries_all_who_are_known_at_one_address_is_told_of() {
    let node = Node::alone();
    let names: Vec<String> = (0..100).map(|number| format!("person-{number}")).collect();
    for name in &names {
        node.attempt(name, HOME, Ending::Right).await.unwrap();
    }
    for name in &names {
        node.attempt_with(name, "Summer2026!", &from(HOME), Ending::Wrong).await.unwrap();
    }
    let mut told: Vec<_> = node.throttle.take_reports().iter().map(|report| report.limit.kind).collect();
    told.sort_unstable();
    assert_eq!(told, [LimitKind::KnownOfAddress, LimitKind::KnownOfPassword]);
    assert_eq!(node.throttle.weights(&node.policy, Clock::now(&*node)).await.unwrap(), []);
}

#[test]
fn a_device_from_before_the_account_is_none_of_its_owner() {
    let at = |millis| Timestamp::from_millis(START + millis);
    let account = |disowned_at| Account {
        id: AccountId::new(at(0), [1; 10]),
        number: 1,
        external_id: None,
        email: None,
        username: None,
        profile: crate::model::Profile::default(),
        role: crate::model::Role::User,
        disabled_at: None,
        cut_over_at: None,
        disowned_at,
        locale: None,
        email_verified_at: None,
        deletion: None,
        created_at: at(0),
        updated_at: at(0),
    };
    let is_current = |issued_at: i64, disowned_at| {
        let device = Device { id: [9; 16], issued_at_ms: START + issued_at };
        Auth::is_device_current(device, Some(&account(disowned_at)))
    };
    assert!(!is_current(-1, None));
    assert!(is_current(0, None) && is_current(1, None));
    assert!(!is_current(4, Some(at(5))) && is_current(5, Some(at(5))));
}

#[tokio::test]
async fn a_network_is_known_for_thirty_days_after_the_last_login() {
    let node = Node::alone();
    let day = Duration::from_hours(24);
    let is_known = async |node: &Node| {
        let before = node.throttle.metrics().known;
        node.attempt("alice", HOME, Ending::Unknown).await.unwrap();
        node.throttle.metrics().known > before
    };
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
    node.pass(day * 20);
    node.attempt("alice", HOME, Ending::Right).await.unwrap();
    node.pass(day * 29);
    assert!(is_known(&node).await);
    node.pass(day);
    assert!(!is_known(&node).await);
}

#[tokio::test]
async fn what_is_noted_of_known_networks_outlasts_the_process() {
    let notes: Arc<dyn ThrottleCounters> = Arc::new(MemoryCounters::new(1000));
    let deps = ThrottleDeps { notes: Some(notes), ..ThrottleDeps::default() };
    let now = Arc::new(AtomicI64::new(START));
    let before = Node::with(deps.clone(), &now);
    for name in ["alice", "bob"] {
        before.attempt(name, HOME, Ending::Right).await.unwrap();
    }
    let after = Node::with(deps, &now);
    assert_eq!(after.throttle.recall(Clock::now(&*after)).await, 4, "an address and a network of each");
    after.attempt("alice", HOME, Ending::Right).await.unwrap();
    assert_eq!(after.throttle.metrics().known, 1);
}

#[tokio::test]
async fn what_a_process_has_forgotten_of_known_places_is_found_among_the_notes() {
    let notes: Arc<dyn ThrottleCounters> = Arc::new(Paper::default());
    let deps = ThrottleDeps { notes: Some(notes), ..ThrottleDeps::default() };
    let now = Arc::new(AtomicI64::new(START));
    let before = Node::with(deps.clone(), &now);
    before.throttle.recall(Clock::now(&*before)).await;
    before.attempt("alice", HOME, Ending::Right).await.unwrap();
    // She is known at so many places that the first is forgotten.
    for network in 0..50 {
        before.attempt("alice", &far(network), Ending::Right).await.unwrap();
    }
    // The other has learned nothing of what was before.
    for node in [before, Node::with(deps, &now)] {
        for network in 100..120 {
            node.fail(11, "alice", &far(network)).await;
        }
        assert!(node.attempt("alice", ELSEWHERE, Ending::Right).await.is_err());
        node.attempt("alice", HOME, Ending::Right).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_clearing_that_could_not_be_noted_has_not_worked() {
    for is_hanging in [false, true] {
        let deps =
            ThrottleDeps { notes: Some(Arc::new(Unwritten { is_hanging })), ..ThrottleDeps::default() };
        let node = Node::with(deps, &Arc::new(AtomicI64::new(START)));
        let now = Clock::now(&*node);
        let alice = node.throttle.names.of_sent(&SentIdentifier::parse("alice"));
        for clearing in [Clearing::Subject(alice), Clearing::Kind(LimitKind::Node)] {
            assert_eq!(node.throttle.clear(clearing, now).await, Err(Away));
        }
        // A login does not wait for a note for long, and does without.
        node.attempt("alice", HOME, Ending::Right).await.unwrap();
    }
}

/// Notes of which none is ever lost.
#[derive(Default)]
struct Paper(Mutex<HashMap<CounterKey, Counter>>);

#[async_trait]
impl ThrottleCounters for Paper {
    async fn load(&self, keys: &[CounterKey], _: Timestamp) -> Result<Vec<Option<Counter>>, CountersError> {
        let kept = self.0.lock().unwrap();
        Ok(keys.iter().map(|key| kept.get(key).cloned()).collect())
    }

    async fn replace(&self, changes: &[CounterChange], _: Timestamp) -> Result<Replaced, CountersError> {
        let new = changes.iter().filter_map(|change| Some((change.key, change.new.clone()?)));
        self.0.lock().unwrap().extend(new);
        Ok(Replaced::All)
    }

    async fn list(
        &self,
        _: Which,
        _: usize,
        _: Timestamp,
    ) -> Result<Vec<(CounterKey, Counter)>, CountersError> {
        Ok(self.0.lock().unwrap().iter().map(|(key, counter)| (*key, counter.clone())).collect())
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, CountersError> {
        Ok(0)
    }
}

/// Notes that nobody can make.
struct Unwritten {
    is_hanging: bool,
}

#[async_trait]
impl ThrottleCounters for Unwritten {
    async fn load(&self, keys: &[CounterKey], _: Timestamp) -> Result<Vec<Option<Counter>>, CountersError> {
        Ok(vec![None; keys.len()])
    }

    async fn replace(&self, _: &[CounterChange], _: Timestamp) -> Result<Replaced, CountersError> {
        if self.is_hanging {
            std::future::pending::<()>().await;
        }
        Err(CountersError { cause: "read only".into() })
    }

    async fn list(
        &self,
        _: Which,
        _: usize,
        _: Timestamp,
    ) -> Result<Vec<(CounterKey, Counter)>, CountersError> {
        Ok(Vec::new())
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, CountersError> {
        Ok(0)
    }
}

#[tokio::test]
async fn a_kind_of_limit_that_is_cleared_elsewhere_is_cleared_here() {
    let notes: Arc<dyn ThrottleCounters> = Arc::new(MemoryCounters::new(1000));
    let deps = ThrottleDeps { notes: Some(notes), ..ThrottleDeps::default() };
    let now = Arc::new(AtomicI64::new(START));
    let (server, command_line) = (Node::with(deps.clone(), &now), Node::with(deps, &now));
    for number in 0..60 {
        let (name, client) = (format!("person-{number}"), from(&far(number)));
        server.attempt_with(&name, "Summer2026!", &client, Ending::Wrong).await.ok();
    }
    let bob = async || server.attempt_with("bob", "Summer2026!", &from(HOME), Ending::Right).await;
    assert!(bob().await.is_err());
    let kind = Clearing::Kind(LimitKind::IdentifiersOfPassword);
    assert_eq!(command_line.throttle.clear(kind, Clock::now(&*server)).await, Ok(0));
    server.throttle.heed_notes(Clock::now(&*server)).await;
    bob().await.unwrap();
    let weights = server.throttle.weights(&server.policy, Clock::now(&*server)).await.unwrap();
    assert_eq!(weights, [], "and nothing else");
}

#[tokio::test]
async fn a_clearing_that_is_noted_elsewhere_is_done_here() {
    let notes: Arc<dyn ThrottleCounters> = Arc::new(MemoryCounters::new(1000));
    let deps = ThrottleDeps { notes: Some(notes), ..ThrottleDeps::default() };
    let now = Arc::new(AtomicI64::new(START));
    let (server, command_line) = (Node::with(deps.clone(), &now), Node::with(deps, &now));
    assert_eq!(server.fail(20, "alice", HOME).await, 10);
    let alice = command_line.throttle.names.of_sent(&SentIdentifier::parse("alice"));
    assert_eq!(command_line.throttle.clear(Clearing::Subject(alice), Clock::now(&*server)).await.unwrap(), 0);
    server.throttle.heed_notes(Clock::now(&*server)).await;
    assert_eq!(server.fail(20, "alice", HOME).await, 10);
    // A note is heeded once.
    server.throttle.heed_notes(Clock::now(&*server)).await;
    assert_eq!(server.fail(1, "alice", HOME).await, 0);
}

/// What an attacker does next, from one of ten networks.
#[derive(Debug, Clone)]
enum Deed {
    Guess { identifier: u8, password: u8, network: u8 },
    HangUp { identifier: u8, network: u8 },
    Pass(u64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let guess = (0..4_u8, 0..3_u8, 0..10_u8);
    let deed = prop_oneof![
        8 => guess.prop_map(|(identifier, password, network)| Deed::Guess { identifier, password, network }),
        2 => (0..4_u8, 0..10_u8).prop_map(|(identifier, network)| Deed::HangUp { identifier, network }),
        1 => (0..600_u64).prop_map(Deed::Pass),
    ];
    prop::collection::vec(deed, 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is done elsewhere, to her name, with her password: alice gets in from where she is known.
    #[test]
    fn nobody_is_locked_out_by_what_others_do(deeds in deeds(), mistakes in 0..9_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let admitted = runtime.block_on(async {
            let node = Node::alone();
            node.attempt_with("alice", "password-0", &from(HOME), Ending::Right).await.unwrap();
            let laptop = browser(&node, "alice", &far(3));
            for deed in &deeds {
                match deed {
                    Deed::Guess { identifier: 0, password, network } => {
                        let (password, client) = (format!("password-{password}"), from(&far((*network).into())));
                        node.attempt_with("alice", &password, &client, Ending::Wrong).await.ok();
                    }
                    Deed::Guess { identifier, password, network } => {
                        let (name, password) = (format!("person-{identifier}"), format!("password-{password}"));
                        node.attempt_with(&name, &password, &from(&far((*network).into())), Ending::Wrong).await.ok();
                    }
                    Deed::HangUp { identifier, network } => {
                        let name = if *identifier == 0 { "alice".into() } else { format!("person-{identifier}") };
                        let (sent, password) = (SentIdentifier::parse(&name), Password::from("x"));
                        drop(node.begin(Subject::Sent(&sent, &password), &from(&far((*network).into()))).await.ok());
                    }
                    Deed::Pass(seconds) => node.pass(Duration::from_secs(*seconds)),
                }
            }
            let mut admitted = true;
            for client in [from(HOME), laptop] {
                for _ in 0..mistakes {
                    admitted &= node.attempt_with("alice", "oops", &client, Ending::Wrong).await.is_ok();
                }
                admitted &= node.attempt_with("alice", "password-0", &client, Ending::Right).await.is_ok();
            }
            admitted
        });
        prop_assert!(admitted);
    }
}
