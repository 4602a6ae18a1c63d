//! Do two servers on one SQLite file keep what either of them acknowledged, also when one is killed?

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Dice;
use super::person::Person;
use crate::process::client::Api;
use crate::process::deployment::Deployment;
use crate::process::server::PATIENCE;
use crate::process::sqlite_outages::assert_whole;

const PEOPLE: usize = 8;
/// How many requests are answered before one server is killed, and by the other one afterwards.
const ANSWERS: u32 = 400;

#[tokio::test]
async fn two_servers_on_one_file_lose_nothing_when_one_is_killed_under_load() {
    let deployment = Deployment::new().without_limits().with("PORTCULLIS_LOG_LEVEL", "warn");
    let (mut doomed, staying) = (deployment.start().await, deployment.start().await);
    let dice = Dice::new(20_261_121);
    let answered = Arc::new(Semaphore::new(0));
    let mut lives = JoinSet::new();
    for number in 0..PEOPLE {
        let person = Person::new(number, dice.clone());
        let apis = if number % 2 == 0 { vec![staying.api()] } else { vec![doomed.api(), staying.api()] };
        lives.spawn(live(person, apis, dice.clone(), Arc::clone(&answered)));
    }
    enough(&answered, ANSWERS).await;
    doomed.kill();
    enough(&answered, ANSWERS).await;
    answered.close();
    let mut people = lives.join_all().await;
    assert!(people.iter().any(Person::has_something_in_flight));
    drop(staying);

    assert_whole(&deployment);
    let server = deployment.start().await;
    for person in &mut people {
        person.compare_what_changed(&server.api()).await;
    }
    assert_whole(&deployment);
}

/// Uses one of the servers each time, until an answer is lost or nobody counts them any more.
async fn live(mut person: Person, apis: Vec<Api>, dice: Dice, answered: Arc<Semaphore>) -> Person {
    let sides = u32::try_from(apis.len()).unwrap();
    while !answered.is_closed() && person.act(&apis[dice.below(sides) as usize]).await.is_ok() {
        answered.add_permits(1);
    }
    person
}

async fn enough(answered: &Semaphore, answers: u32) {
    let taken = tokio::time::timeout(PATIENCE, answered.acquire_many(answers)).await;
    taken.expect("the servers answer").unwrap().forget();
}
