//! What happens when somebody else holds a row that a request needs?

use portcullis_every_engine::every_server;
use portcullis_store::testing::Visitor;

use super::site::{DEADLINE, POOL_SIZE, Site};
use super::visit::{Alice, PASSWORD, is_refused};
use crate::process::server::eventually;

#[every_server]
async fn a_row_that_somebody_holds_turns_away_only_who_needs_it() {
    let site = Site::new().await.with_administrator().await;
    let server = site.deployment().start().await;
    let api = server.api();
    let mut alice = Alice::arrives(&api).await;
    let bob = api.newcomer("bob", PASSWORD).await;

    let mut holder = Visitor::at(site.url()).await;
    holder.run("BEGIN").await;
    holder.run("SELECT 1 FROM accounts WHERE username_key = 'alice' FOR UPDATE").await;
    let waiting = async {
        let (one, two) = tokio::join!(
            is_refused(api.log_in("alice", PASSWORD)),
            is_refused(api.log_in("alice", PASSWORD))
        );
        one.max(two)
    };
    let others = async {
        let mut bob = bob;
        for _ in 0..5 {
            bob = api.refresh(&bob.refresh).await.unwrap().tokens();
            api.log_in("bob", PASSWORD).await.unwrap().expect(200);
        }
        api.get("/readyz", None).await.unwrap().status.eq(&200).then_some(()).unwrap();
    };
    let (waited, ()) = tokio::join!(waiting, others);
    assert!(waited >= DEADLINE / 2 && waited < DEADLINE * 3, "{waited:?}");

    holder.run("ROLLBACK").await;
    holder.leave().await;
    alice.sees_it_back(&api).await;
    let mut administrator = site.administrator().await;
    eventually("no connection is left behind", async || {
        (site.connections(&mut administrator).await <= POOL_SIZE + 1).then_some(())
    })
    .await;
}
