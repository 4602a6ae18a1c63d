//! What does a client find while the database is of use, and while it is not?

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::site::DEADLINE;
use crate::process::client::{Answer, Api, Tokens};
use crate::process::server::within;

pub const PASSWORD: &str = "correct horse battery";
/// What a busy machine may add to the deadline.
const SLACK: Duration = Duration::from_secs(5);
/// When all is well again after the database is back.
const RECOVERY: Duration = Duration::from_secs(15);

/// Somebody who was there before the database failed, with some sessions.
pub struct Alice {
    pub tokens: Vec<Tokens>,
}

impl Alice {
    /// Registers, and logs in a few times.
    pub async fn arrives(api: &Api) -> Self {
        let mut tokens = vec![api.newcomer("alice", PASSWORD).await];
        for _ in 0..4 {
            tokens.push(api.log_in("alice", PASSWORD).await.unwrap().tokens());
        }
        Self { tokens }
    }

    /// Whatever needs the database is turned away, and nothing else is.
    pub async fn is_turned_away(&self, api: &Api) {
        let refresh = &self.tokens[0].refresh;
        let (refreshed, logged_in, registered) = tokio::join!(
            is_refused(api.refresh(refresh)),
            is_refused(api.log_in("alice", PASSWORD)),
            is_refused(api.register("bob", PASSWORD)),
        );
        for took in [refreshed, logged_in, registered] {
            assert!(took < DEADLINE + SLACK, "{took:?}");
        }
        let begun = Instant::now();
        api.get("/livez", None).await.unwrap().expect(200);
        api.check(&self.tokens[0].access).await.unwrap().expect(200);
        api.get("/.well-known/jwks.json", None).await.unwrap().expect(200);
        assert!(begun.elapsed() < DEADLINE, "what is in memory took {:?}", begun.elapsed());
    }

    /// The node says that it is not ready, and until then nobody is told anything but 503.
    pub async fn sees_it_go(&self, api: &Api) {
        within(RECOVERY, "the node is not ready", async || {
            let ready = api.get("/readyz", None).await.unwrap();
            (ready.status == 503).then_some(())
        })
        .await;
    }

    /// All is well again, by itself: every session goes on.
    pub async fn sees_it_back(&mut self, api: &Api) -> Duration {
        let begun = Instant::now();
        within(RECOVERY, "somebody is let in again", async || {
            let answer = api.log_in("alice", PASSWORD).await.unwrap();
            if answer.status == 200 {
                return Some(());
            }
            assert_refused(&answer);
            None
        })
        .await;
        within(RECOVERY, "the node is ready", async || {
            (api.get("/readyz", None).await.unwrap().status == 200).then_some(())
        })
        .await;
        for tokens in &mut self.tokens {
            *tokens =
                eventually_answered(async || api.refresh(&tokens.refresh).await.unwrap()).await.tokens();
            api.check(&tokens.access).await.unwrap().expect(200);
        }
        begun.elapsed()
    }
}

/// Sends many requests at once; each is answered in time. How long the slowest took.
pub async fn rush(api: &Api, alice: &Alice, times: usize) -> Duration {
    let mut asked = JoinSet::new();
    for number in 0..times {
        let (api, refresh) = (api.clone(), alice.tokens[number % alice.tokens.len()].refresh.clone());
        asked.spawn(async move { is_refused(api.refresh(&refresh)).await });
    }
    asked.join_all().await.into_iter().max().unwrap()
}

/// A request is turned away as it should be. How long that took.
pub async fn is_refused<E: std::fmt::Debug>(request: impl Future<Output = Result<Answer, E>>) -> Duration {
    let begun = Instant::now();
    assert_refused(&request.await.unwrap());
    begun.elapsed()
}

fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.body["code"].as_str()), (503, Some("unavailable")), "{answer:?}");
    assert!(answer.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)), "{answer:?}");
}

/// An answer that is not 503.
async fn eventually_answered(ask: impl AsyncFn() -> Answer) -> Answer {
    within(RECOVERY, "an answer", async || {
        let answer = ask().await;
        (answer.status != 503).then_some(answer)
    })
    .await
}
