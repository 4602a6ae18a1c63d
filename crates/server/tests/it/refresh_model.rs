//! Does a session survive everything that happens to honest clients, and nothing that a thief does?
//!
//! Random stories are told about one session: lost answers, tabs that share a token, a thief with a copy,
//! clock jumps, key rotations, restarts, on two nodes over one database. After every step:
//! 1. as long as no thief was ever answered, the honest client is never refused inside the lifetime;
//! 2. a generation that was exchanged longer ago than the grace ends the session when anybody but the client
//!    that exchanged it presents it; afterwards nothing of the session is accepted anywhere;
//! 3. every token that is handed out is of the one generation that is current.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use portcullis_core::Auth;
use portcullis_core::crypto::keyring::KeyPurpose;
use portcullis_core::crypto::secret::Password;
use portcullis_core::flows::log_in::LogIn;
use portcullis_core::flows::refresh::RefreshError;
use portcullis_core::flows::register::Register;
use portcullis_core::flows::rotate_keys::{RotateKeysError, Urgency};
use portcullis_core::model::{Client, Email, Identifier, Profile, Timestamp};
use portcullis_core::ports::Clock;
use portcullis_core::testing::{ManualClock, SeededEntropy};
use portcullis_store::testing::{TestDatabase, TestEngine};
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::{engine, node};

const NODES: usize = 2;
const GRACE: Duration = Duration::from_secs(30);
/// An honest client gives a request up before the grace is over.
const REQUEST_TIMEOUT_SECONDS: i64 = 25;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// The client refreshes with the token it holds.
    Refresh { node: usize, answer: Answer },
    /// A tab reads the token it shares with the others, but its request is slow.
    TabDeparts,
    /// The request of the tab that departed first reaches a node.
    TabArrives { node: usize, answer: Answer },
    /// Somebody copies the token that the client holds.
    Steal,
    /// The thief refreshes with what it has.
    ThiefRefreshes { node: usize },
    /// Time passes, or the clock is set back.
    Clock { seconds: i64 },
    /// The keys that refresh tokens are made with are rotated.
    RotateKeys { node: usize },
    /// A node is stopped and started.
    Restart { node: usize },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Arrives,
    IsLost,
}

/// The reference needs to know nothing but which steps make sense: tabs that wait and give up.
#[derive(Debug, Clone, Default)]
struct Story {
    tabs: Vec<i64>,
    stolen: bool,
}

impl ReferenceStateMachine for Story {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        let answer = prop_oneof![3 => Just(Answer::Arrives), 1 => Just(Answer::IsLost)];
        let seconds = prop_oneof![4 => 0..5_i64, 3 => 5..40_i64, 3 => 40..3_000_i64, 1 => 100_000..500_000_i64, 1 => -20..0_i64];
        let mut steps = vec![
            (6, (0..NODES, answer.clone()).prop_map(|(node, answer)| Step::Refresh { node, answer }).boxed()),
            (3, Just(Step::TabDeparts).boxed()),
            (5, seconds.prop_map(|seconds| Step::Clock { seconds }).boxed()),
            (1, Just(Step::Steal).boxed()),
            (1, (0..NODES).prop_map(|node| Step::RotateKeys { node }).boxed()),
            (1, (0..NODES).prop_map(|node| Step::Restart { node }).boxed()),
        ];
        if !state.tabs.is_empty() {
            steps.push((
                4,
                (0..NODES, answer).prop_map(|(node, answer)| Step::TabArrives { node, answer }).boxed(),
            ));
        }
        if state.stolen {
            steps.push((3, (0..NODES).prop_map(|node| Step::ThiefRefreshes { node }).boxed()));
        }
        proptest::strategy::Union::new_weighted(steps).boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        match step {
            Step::TabDeparts => state.tabs.push(0),
            Step::TabArrives { .. } => {
                if !state.tabs.is_empty() {
                    state.tabs.remove(0);
                }
            }
            Step::Clock { seconds } => {
                for waited in &mut state.tabs {
                    *waited += seconds.abs();
                }
                state.tabs.retain(|waited| *waited <= REQUEST_TIMEOUT_SECONDS);
            }
            Step::Steal => state.stolen = true,
            Step::Refresh { .. }
            | Step::ThiefRefreshes { .. }
            | Step::RotateKeys { .. }
            | Step::Restart { .. } => {}
        }
        state
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        match step {
            Step::TabArrives { .. } => !state.tabs.is_empty(),
            Step::ThiefRefreshes { .. } => state.stolen,
            _ => true,
        }
    }
}

/// Who presented a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Owner,
    Thief,
}

impl Who {
    fn client(self) -> Client {
        match self {
            Self::Owner => Client::new("192.0.2.10".parse().ok(), Some("app/1")),
            Self::Thief => Client::new("198.51.100.20".parse().ok(), Some("app/1")),
        }
    }
}

/// The real thing: nodes, and what the two parties hold.
struct World {
    runtime: tokio::runtime::Runtime,
    database: TestDatabase,
    clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    nodes: Vec<Auth>,
    held: String,
    /// Tokens on their way, and for how many seconds.
    tabs: Vec<(String, i64)>,
    stolen: Option<String>,
    thief_was_answered: bool,
    ended: bool,
    absolute_end: Timestamp,
    idle_end: Timestamp,
    generation: u32,
    /// When and by whom each generation was exchanged.
    exchanged: HashMap<u32, (Timestamp, Who)>,
    last_access: String,
}

impl World {
    fn begin() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
        let entropy = Arc::new(SeededEntropy::new(7));
        let (database, nodes, grant, tokens) = runtime.block_on(async {
            let database = engine::database().await;
            let mut nodes = Vec::new();
            for _ in 0..NODES {
                nodes.push(node::start(&database, &clock, &entropy).await);
            }
            let password = Password::from("correct horse battery".to_owned());
            let email = Email::parse("ada@example.com").unwrap();
            let account = Register {
                email: Some(email.clone()),
                username: None,
                password: password.clone(),
                profile: Profile::default(),
                external_id: None,
            };
            nodes[0].register(account, &Who::Owner.client()).await.unwrap();
            let attempt = LogIn { identifier: Identifier::Email(email).into(), password };
            let grant = nodes[0].log_in(attempt, &Who::Owner.client()).await.unwrap();
            let tokens = nodes[0].mint(&grant).unwrap();
            (database, nodes, grant, tokens)
        });
        Self {
            runtime,
            database,
            clock,
            entropy,
            nodes,
            held: tokens.refresh.expose().to_owned(),
            tabs: Vec::new(),
            stolen: None,
            thief_was_answered: false,
            ended: false,
            absolute_end: grant.session.expires_at,
            idle_end: grant.session.idle_expires_at,
            generation: grant.session.generation,
            exchanged: HashMap::new(),
            last_access: tokens.access.expose().to_owned(),
        }
    }

    fn is_over(&self) -> bool {
        self.ended || self.clock.now() >= self.absolute_end || self.clock.now() >= self.idle_end
    }

    /// Presents a token at a node and holds what happened against the promises. Answers the next token.
    fn present(&mut self, token: &str, node: usize, who: Who) -> Option<String> {
        let now = self.clock.now();
        let presented = self.nodes[node].open_refresh_token(token).unwrap().generation;
        let was_over = self.is_over();
        let outcome = self.runtime.block_on(self.nodes[node].refresh(token, &who.client()));
        let must_end =
            self.exchanged.get(&presented).is_some_and(|(at, by)| now.since(*at) > GRACE && *by != who);
        match outcome {
            Ok(grant) => {
                assert!(!was_over, "a session that is over was continued");
                assert!(!must_end, "generation {presented} was stolen and nobody noticed");
                let handed_out = grant.session.generation;
                let current = self.generation;
                if presented == current {
                    assert_eq!(handed_out, current + 1, "the current generation was not exchanged");
                    self.exchanged.insert(presented, (now, who));
                    self.generation = handed_out;
                    self.idle_end = grant.session.idle_expires_at;
                } else {
                    assert_eq!(handed_out, current, "two generations are alive");
                }
                let tokens = self.nodes[node].mint(&grant).unwrap();
                tokens.access.expose().clone_into(&mut self.last_access);
                self.thief_was_answered |= who == Who::Thief;
                Some(tokens.refresh.expose().to_owned())
            }
            Err(RefreshError::Reused { .. }) => {
                assert!(!was_over);
                assert!(
                    who == Who::Thief || self.thief_was_answered,
                    "an honest client was taken for a thief"
                );
                self.ended = true;
                self.check_that_all_is_over();
                None
            }
            Err(RefreshError::Revoked | RefreshError::Expired) => {
                assert!(was_over, "a live session was refused");
                None
            }
            Err(other) => panic!("{who:?} was refused for another reason: {other}"),
        }
    }

    fn check_that_all_is_over(&mut self) {
        for node in &self.nodes {
            self.runtime.block_on(node.synchronise()).unwrap();
            assert!(node.authenticate(&self.last_access).is_err(), "an access token outlived its session");
        }
    }

    fn take(&mut self, next: Option<String>, answer: Answer) {
        if let (Some(token), Answer::Arrives) = (next, answer) {
            self.held = token;
        }
    }
}

impl StateMachineTest for World {
    type SystemUnderTest = Self;
    type Reference = Story;

    fn init_test(_: &Story) -> Self {
        Self::begin()
    }

    fn apply(mut world: Self, _: &Story, step: Step) -> Self {
        match step {
            Step::Refresh { node, answer } => {
                let next = world.present(&world.held.clone(), node, Who::Owner);
                world.take(next, answer);
            }
            Step::TabDeparts => world.tabs.push((world.held.clone(), 0)),
            Step::TabArrives { node, answer } => {
                let (token, _) = world.tabs.remove(0);
                let next = world.present(&token, node, Who::Owner);
                world.take(next, answer);
            }
            Step::Steal => world.stolen = Some(world.held.clone()),
            Step::ThiefRefreshes { node } => {
                let token = world.stolen.clone().unwrap();
                if let Some(next) = world.present(&token, node, Who::Thief) {
                    world.stolen = Some(next);
                }
            }
            Step::Clock { seconds } => {
                world.clock.move_by_millis(seconds * 1000);
                for (_, waited) in &mut world.tabs {
                    *waited += seconds.abs();
                }
                world.tabs.retain(|(_, waited)| *waited <= REQUEST_TIMEOUT_SECONDS);
            }
            Step::RotateKeys { node } => {
                let auth = &world.nodes[node];
                let nobody = Client::default();
                let rotate = auth.rotate_keys(KeyPurpose::RefreshToken, Urgency::Planned, None, &nobody);
                match world.runtime.block_on(rotate) {
                    Ok(_) | Err(RotateKeysError::TooSoon) => {}
                    Err(error) => panic!("{error}"),
                }
                for node in &world.nodes {
                    world.runtime.block_on(node.synchronise()).unwrap();
                }
            }
            Step::Restart { node } => {
                let start = node::start(&world.database, &world.clock, &world.entropy);
                world.nodes[node] = world.runtime.block_on(start);
            }
        }
        world
    }
}

prop_state_machine! {
    #![proptest_config(config())]

    fn an_honest_client_is_never_logged_out_and_a_thief_never_missed_on_this_engine(sequential 1..40 => World);
}

/// The seed is fixed, so that a run tells about the change and not about luck. `PROPTEST_CASES=5000` tells longer;
/// the servers, where a step costs more, tell a part of the stories.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(2026),
        max_shrink_iters: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if engine::current() != TestEngine::Sqlite {
        config.cases = config.cases.div_ceil(6);
    }
    config
}

mod an_honest_client_is_never_logged_out_and_a_thief_never_missed {
    use super::an_honest_client_is_never_logged_out_and_a_thief_never_missed_on_this_engine as story;
    use crate::engine::{TestEngine, on};

    #[test]
    fn sqlite() {
        on(TestEngine::Sqlite, story);
    }

    #[test]
    fn postgres() {
        on(TestEngine::Postgres, story);
    }

    #[test]
    fn mariadb() {
        on(TestEngine::MariaDb, story);
    }
}
