//! What do people notice when one of the servers that they use is killed?
//!
//! Each has an account and a session, asks a server after the other, and asks the next one when an answer is lost.

use std::cell::Cell;
use std::rc::Rc;

use tokio::task::{JoinSet, LocalSet};

use crate::process::client::{Answer, Api, Lost, Tokens};
use crate::process::server::eventually;

pub(super) const PASSWORD: &str = "correct horse battery";
const PEOPLE: usize = 8;
/// So many answers before the end of a server, and as many again after it.
const ANSWERS: usize = 300;

/// What all people know.
struct Day {
    apis: Vec<Api>,
    /// The server that may lose answers.
    doomed: usize,
    answers: Cell<usize>,
    lost: Cell<usize>,
    is_over: Cell<bool>,
}

struct Person {
    day: Rc<Day>,
    username: String,
    /// The server to ask next.
    next: usize,
    tokens: Tokens,
}

/// Lets everybody use all servers, kills one of them in the middle, and holds what people were told against the others.
pub(super) async fn use_all_and_lose_one(apis: &[Api], doomed: usize, kill: impl FnOnce()) {
    let day = Rc::new(Day {
        apis: apis.to_vec(),
        doomed,
        answers: Cell::new(0),
        lost: Cell::new(0),
        is_over: Cell::new(false),
    });
    let people = LocalSet::new().run_until(live(Rc::clone(&day), kill)).await;
    for person in people {
        person.assert_nothing_is_lost().await;
    }
    assert!(day.lost.get() > 0, "nobody noticed");
}

async fn live(day: Rc<Day>, kill: impl FnOnce()) -> Vec<Person> {
    let mut lives = JoinSet::new();
    for number in 0..PEOPLE {
        let day = Rc::clone(&day);
        lives.spawn_local(async move {
            let mut person = Person::arrive(day, number).await;
            while !person.day.is_over.get() {
                person.act().await;
            }
            person
        });
    }
    day.goes_on_for(ANSWERS, &mut lives).await;
    kill();
    day.goes_on_for(ANSWERS, &mut lives).await;
    day.is_over.set(true);
    lives.join_all().await
}

impl Day {
    async fn goes_on_for(&self, answers: usize, lives: &mut JoinSet<Person>) {
        let enough = self.answers.get() + answers;
        eventually("the servers answer", async || {
            if let Some(ended) = lives.try_join_next() {
                // Whoever was told something wrong panics.
                panic!("{} went away", ended.unwrap().username);
            }
            (self.answers.get() >= enough).then_some(())
        })
        .await;
    }

    /// Asks one server after the other until one answers.
    async fn ask(&self, next: &mut usize, request: impl AsyncFn(&Api) -> Result<Answer, Lost>) -> Answer {
        loop {
            let at = *next % self.apis.len();
            *next += 1;
            if let Ok(answer) = request(&self.apis[at]).await {
                self.answers.set(self.answers.get() + 1);
                return answer;
            }
            assert_eq!(at, self.doomed, "a server that was not killed lost an answer");
            self.lost.set(self.lost.get() + 1);
        }
    }
}

impl Person {
    async fn arrive(day: Rc<Day>, number: usize) -> Self {
        let (username, mut next) = (format!("person-{number}"), number);
        day.ask(&mut next, async |api| api.register(&username, PASSWORD).await).await.expect(201);
        let tokens = day.ask(&mut next, async |api| api.log_in(&username, PASSWORD).await).await.tokens();
        Self { day, username, next, tokens }
    }

    /// Goes on with the session, which every server knows.
    async fn act(&mut self) {
        let Self { day, next, tokens, .. } = self;
        *tokens = day.ask(next, async |api| api.refresh(&tokens.refresh).await).await.tokens();
        day.ask(next, async |api| api.check(&tokens.access).await).await.expect(200);
        day.ask(next, async |api| api.get("/v1/me", Some(&tokens.access)).await).await.expect(200);
    }

    async fn assert_nothing_is_lost(self) {
        let Self { day, mut next, username, tokens } = self;
        day.ask(&mut next, async |api| api.log_in(&username, PASSWORD).await).await.expect(200);
        day.ask(&mut next, async |api| api.refresh(&tokens.refresh).await).await.expect(200);
    }
}
