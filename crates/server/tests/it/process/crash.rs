//! Is everything that was acknowledged still there after kill -9?
//!
//! Several people use one server at once: they register, log in, refresh, log out and change passwords, each
//! with a ledger of what the server told them. The server is killed at a moment that nothing announces, and
//! started again on the same database, over and over. After every start each ledger is held against it:
//!
//! - an acknowledged account logs in with its acknowledged password and not with the one before;
//! - a session goes on from the token that was acknowledged last, whether or not its refresh was in flight;
//! - an acknowledged logout stays one, for the refresh token and the access token;
//! - what was in flight happened wholly or not at all: a half registered account can be registered or used, a
//!   password is the old one with all sessions or the new one with the one that changed it;
//! - the database passes its integrity check.

pub mod ledger;
mod person;
mod shared_file;

use std::sync::Arc;

use portcullis_core::ports::Entropy;
use portcullis_core::testing::SeededEntropy;
use portcullis_every_engine::every_engine;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::person::Person;
use super::deployment::Deployment;
use super::server::{PATIENCE, Server};
use crate::engine::{self, TestEngine};

const ROUNDS: usize = 16;
const PEOPLE: usize = 8;
/// A round ends after between one and so many acknowledged requests.
const MOST_ACKNOWLEDGED: u32 = 240;

/// Choices that follow from a seed.
#[derive(Clone)]
pub struct Dice(Arc<SeededEntropy>);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(SeededEntropy::new(seed)))
    }

    /// A number below `sides`.
    pub fn below(&self, sides: u32) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes) % sides
    }
}

#[every_engine]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed_under_load() {
    let deployment = Deployment::on_this_engine().await.without_limits().with("PORTCULLIS_LOG_LEVEL", "warn");
    let dice = Dice::new(20_261_121);
    let mut people: Vec<Person> = (0..PEOPLE).map(|number| Person::new(number, dice.clone())).collect();
    let mut lost_in_flight = 0;
    for _ in 0..ROUNDS {
        let mut server = deployment.start().await;
        people = use_until_killed(&mut server, people, 1 + dice.below(MOST_ACKNOWLEDGED)).await;
        lost_in_flight += people.iter().filter(|person| person.has_something_in_flight()).count();

        let server = deployment.start().await;
        let api = server.api();
        for person in &mut people {
            person.compare_what_changed(&api).await;
        }
        assert_whole(&deployment);
    }
    let server = deployment.start().await;
    let api = server.api();
    for person in &mut people {
        person.compare_everything(&api).await;
    }
    // The test means something only if requests were really cut off, and of every kind of answer there were many.
    assert!(lost_in_flight >= ROUNDS, "only {lost_in_flight} requests were in flight at a kill");
    for person in &people {
        person.assert_has_lived();
    }
}

/// Lets everybody use the server, kills it after so many answers, and gives the people back.
async fn use_until_killed(server: &mut Server, people: Vec<Person>, answers: u32) -> Vec<Person> {
    let answered = Arc::new(Semaphore::new(0));
    let mut lives = JoinSet::new();
    for mut person in people {
        let api = server.api();
        let answered = Arc::clone(&answered);
        lives.spawn(async move {
            while person.act(&api).await.is_ok() {
                answered.add_permits(1);
            }
            person
        });
    }
    tokio::select! {
        enough = tokio::time::timeout(PATIENCE, answered.acquire_many(answers)) => {
            enough.expect("the server answers").unwrap().forget();
        }
        ended = lives.join_next() => {
            // Whoever was told something wrong panics.
            let person = ended.unwrap().unwrap();
            panic!("person {} lost an answer of a server that was not killed", person.number());
        }
    }
    server.kill();
    let mut people = lives.join_all().await;
    people.sort_by_key(Person::number);
    people
}

/// Asks the doctor about the database. What it thinks of the machine does not matter here.
fn assert_whole(deployment: &Deployment) {
    let answer: Value = serde_json::from_str(&deployment.run(&["doctor", "--json"]).stdout).unwrap();
    let mut checks = vec!["database", "migrations", "keys"];
    if engine::current() == TestEngine::Sqlite {
        // Servers look after themselves.
        checks.push("integrity");
    }
    for check in checks {
        let finding = answer["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
        assert_eq!(finding.unwrap()["verdict"], "ok", "{answer:#}");
    }
}
