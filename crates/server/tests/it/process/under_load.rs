//! What do people notice who use servers that fail under their hands?
//!
//! A crowd registers, logs in, refreshes, logs out and changes passwords, each request at another node. What was
//! acknowledged is in ledgers; what was answered with 503 or not at all is in doubt: it may have happened or not.
//! Everything else is a failure of the test at once: another status, an answer that takes too long, a connection
//! that breaks though nobody ended its server, somebody who is let in with a password or a session that has ended.
//!
//! - `person`: what somebody does, and what somebody is told.
//! - `record`: how all requests ended, and when; what was measured.

mod person;
pub mod record;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::person::Person;
use self::record::Record;
use super::client::Api;
use super::crash::Dice;
use super::server::{PATIENCE, eventually, within};

/// After so many successes in a row all is well again.
const CALM: usize = 150;
/// When every node knows what one of them did; more than is promised, for a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// The servers that a crowd uses. Cheap to clone.
#[derive(Clone)]
pub struct Nodes(Arc<Vec<Node>>);

struct Node {
    api: Mutex<Api>,
    /// Whether its connections may break: somebody is about to end it.
    is_doomed: AtomicBool,
}

impl Nodes {
    /// These.
    pub fn new(apis: impl IntoIterator<Item = Api>) -> Self {
        let node = |api| Node { api: Mutex::new(api), is_doomed: AtomicBool::new(false) };
        Self(Arc::new(apis.into_iter().map(node).collect()))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// One of them.
    pub fn api(&self, node: usize) -> Api {
        self.0[node].api.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on its connections may break.
    pub fn doom(&self, node: usize) {
        self.0[node].is_doomed.store(true, Ordering::SeqCst);
    }

    /// It is back, perhaps elsewhere.
    pub fn redeem(&self, node: usize, api: Api) {
        *self.0[node].api.lock().unwrap_or_else(PoisonError::into_inner) = api;
        self.0[node].is_doomed.store(false, Ordering::SeqCst);
    }

    fn is_doomed(&self, node: usize) -> bool {
        self.0[node].is_doomed.load(Ordering::SeqCst)
    }
}

/// People who use some servers at once, until they are told to go home.
pub struct Crowd {
    lives: JoinSet<Person>,
    home: CancellationToken,
    nodes: Nodes,
    pub record: Arc<Record>,
}

impl Crowd {
    /// Lets them begin. No answer may take longer than `limit`.
    pub fn begin(people: usize, nodes: &Nodes, limit: Duration) -> Self {
        let record = Arc::new(Record::begin(limit));
        let (dice, home) = (Dice::new(20_261_121), CancellationToken::new());
        let mut lives = JoinSet::new();
        for number in 0..people {
            let mut person = Person::new(number, dice.clone(), nodes.clone(), Arc::clone(&record));
            let home = home.clone();
            lives.spawn(async move {
                // Nobody goes home who has not done everything.
                while !home.is_cancelled() || !person.has_lived() {
                    person.act().await;
                }
                person
            });
        }
        Self { lives, home, nodes: nodes.clone(), record }
    }

    /// Waits until so many requests more have succeeded.
    pub async fn succeeds(&mut self, times: usize) {
        let goal = self.record.successes() + times;
        self.until("requests succeed", |record| record.successes() >= goal).await;
    }

    /// Waits until somebody has been turned away since the last mark.
    pub async fn is_turned_away(&mut self) {
        self.until("somebody is turned away", Record::has_trouble_since_mark).await;
    }

    /// Waits until nobody is turned away any more.
    pub async fn is_calm(&mut self) {
        self.until("all is well again", |record| record.calm() >= CALM).await;
    }

    async fn until(&mut self, what: &str, is_so: impl Fn(&Record) -> bool) {
        within(PATIENCE * 2, what, async || {
            // Whoever is told something wrong panics, and so do we.
            if let Some(ended) = self.lives.try_join_next() {
                panic!("a person ended: {:?}", ended.err());
            }
            is_so(&self.record).then_some(())
        })
        .await;
    }

    /// Sends everybody home, and holds every ledger against the servers, at whichever node.
    pub async fn compare(self) -> Arc<Record> {
        self.home.cancel();
        let all = tokio::time::timeout(PATIENCE * 2, self.lives.join_all()).await;
        let mut people = all.expect("everybody has done everything");
        people.sort_by_key(Person::number);
        all_nodes_agree(&self.nodes).await;
        for person in &mut people {
            person.compare().await;
        }
        self.record
    }
}

/// Waits until each node knows what happened at each other one before.
async fn all_nodes_agree(nodes: &Nodes) {
    for told in 0..nodes.count() {
        let (api, name) = (nodes.api(told).patient(), format!("sentinel-{told}"));
        let sentinel = api.newcomer(&name, "correct horse battery").await;
        let ended = api.log_out(&sentinel.access).await.unwrap();
        // The second time it has ended already.
        assert!([204, 401].contains(&ended.status), "{ended:?}");
        for asked in 0..nodes.count() {
            let asked = nodes.api(asked).patient();
            within(SOON, "a session that ended is refused", async || {
                let answer = asked.check(&sentinel.access).await.unwrap();
                (answer.status == 401).then_some(())
            })
            .await;
        }
    }
}

/// Waits until a node answers that it is ready, or that it is not.
pub async fn readiness_is(api: &Api, status: u16) {
    eventually("the readiness is told", async || {
        let answer = api.get("/readyz", None).await.ok()?;
        (answer.status == status).then_some(())
    })
    .await;
}
