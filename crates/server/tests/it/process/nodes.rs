//! Do three servers on one database act as one?
//!
//! They share nothing but the database and the master key. Nobody who uses them has to know which one answers.

mod load;

use std::slice;
use std::time::{Duration, Instant};

use portcullis_every_engine::{every_engine, every_server};
use serde_json::{Value, json};

use self::load::use_all_and_lose_one;
use super::client::{Api, Tokens};
use super::deployment::Deployment;
use super::server::{PATIENCE, Server, within};
use crate::engine::{self, TestEngine};

const NODES: usize = 3;
const PASSWORD: &str = "correct horse battery";
const MASTER_KEY: &str = "5d9f2b70c86e41a3b7e05c1d924f8a63e1b47d08f53c926ab80e7d15f4c2396a";
/// When every server knows what one of them did.
const SOON: Duration = Duration::from_secs(2);
/// When it knows where the database tells it.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Servers as on three machines: each has a directory of its own.
struct Cluster {
    machines: Vec<Deployment>,
    servers: Vec<Server>,
}

impl Cluster {
    /// Starts them at the same moment, on an empty database.
    async fn start() -> Self {
        let database = engine::database().await;
        let machine = || {
            let deployment = Deployment::new().on(&database);
            deployment.with("PORTCULLIS_MASTER_KEY", MASTER_KEY).with("PORTCULLIS_LOG_LEVEL", "debug")
        };
        let machines: Vec<_> = std::iter::repeat_with(machine).take(NODES).collect();
        let servers = start_together(&machines).await;
        Self { machines, servers }
    }

    fn apis(&self) -> Vec<Api> {
        self.servers.iter().map(Server::api).collect()
    }

    /// Somebody who may rotate keys, logged in.
    async fn administrator(&self) -> Tokens {
        let arguments = ["account", "create", "--username", "root", "--role", "admin", "--password-stdin"];
        self.machines[0].run_with_input(&arguments, PASSWORD).text();
        self.apis()[0].log_in("root", PASSWORD).await.unwrap().tokens()
    }

    /// Every key as each server knows it; they agree before long.
    async fn agreed_keys(&self, root: &Tokens) -> Vec<Value> {
        let apis = self.apis();
        within(SOON, "all servers know the same keys", async || {
            let known = at_all(&apis, async |api| keys(api, root).await).await;
            known.iter().all(|keys| *keys == known[0]).then(|| known[0].clone())
        })
        .await
    }
}

async fn start_together(machines: &[Deployment]) -> Vec<Server> {
    let mut servers: Vec<_> = machines.iter().map(Server::begin).collect();
    for server in &mut servers {
        server.becomes_ready().await;
    }
    servers
}

/// Asks all servers the same at the same moment.
async fn at_all<T>(apis: &[Api], ask: impl AsyncFn(&Api) -> T) -> [T; NODES] {
    tokio::join!(ask(&apis[0]), ask(&apis[1]), ask(&apis[2])).into()
}

async fn keys(api: &Api, root: &Tokens) -> Vec<Value> {
    let answer = api.get("/v1/admin/keys", Some(&root.access)).await.unwrap().expect(200);
    answer["keys"].as_array().unwrap().clone()
}

fn count(keys: &[Value], purpose: &str, state: &str) -> usize {
    keys.iter().filter(|key| key["purpose"] == purpose && key["state"] == state).count()
}

async fn rotate(api: &Api, root: &Tokens, purpose: &str) -> u16 {
    let body = json!({ "purpose": purpose });
    api.post("/v1/admin/keys/rotate", Some(&root.access), body).await.unwrap().status
}

fn count_of(outcomes: &[u16], status: u16) -> usize {
    outcomes.iter().filter(|outcome| **outcome == status).count()
}

/// Rotates keys as soon as the next one is known everywhere.
async fn rotate_when_due(api: &Api, root: &Tokens, purpose: &str) {
    within(PATIENCE, "the keys are rotated", async || match rotate(api, root, purpose).await {
        200 => Some(()),
        409 => None,
        status => panic!("{status}"),
    })
    .await;
}

/// Everybody lets everybody in.
async fn assert_accepted_by_all(apis: &[Api], tokens: &[Tokens]) {
    for (at, api) in apis.iter().enumerate() {
        for token in tokens {
            let answer = api.check(&token.access).await.unwrap();
            assert_eq!(answer.status, 200, "at server {at}: {}", answer.body);
        }
    }
}

#[every_engine]
async fn servers_that_start_together_on_an_empty_database_make_one_set_of_keys() {
    for _ in 0..3 {
        // In one directory, where they have to agree on a master key as well.
        let deployment = Deployment::on_this_engine().await;
        let mut servers = [0; NODES].map(|_| Server::begin(&deployment));
        let mut published = Vec::new();
        for server in &mut servers {
            server.becomes_ready().await;
            published.push(server.api().get("/.well-known/jwks.json", None).await.unwrap().expect(200));
        }
        assert_eq!(published[0], published[1]);
        assert_eq!(published[0], published[2]);
        let listed = deployment.run(&["keys", "list", "--json"]).json();
        let listed = listed["keys"].as_array().unwrap();
        assert_eq!(listed.len(), 4, "{listed:?}");
        for purpose in ["access_token", "refresh_token"] {
            for state in ["active", "next"] {
                assert_eq!(count(listed, purpose, state), 1, "{purpose} {state}: {listed:?}");
            }
        }
    }
}

#[every_server]
async fn a_session_belongs_to_no_server_in_particular() {
    let cluster = Cluster::start().await;
    let apis = cluster.apis();
    apis[0].register("alice", PASSWORD).await.unwrap().expect(201);
    let mut tokens = apis[1].log_in("alice", PASSWORD).await.unwrap().tokens();
    assert_accepted_by_all(&apis, slice::from_ref(&tokens)).await;
    for turn in 0..4 * NODES {
        let asked = &apis[(turn + 2) % NODES];
        tokens = asked.refresh(&tokens.refresh).await.unwrap().tokens();
        assert_accepted_by_all(&apis, slice::from_ref(&tokens)).await;
    }
    apis[1].change_password(&tokens.access, PASSWORD, "another good password").await.unwrap().expect(200);
    apis[2].log_in("alice", "another good password").await.unwrap().expect(200);
    assert_eq!(apis[0].log_in("alice", PASSWORD).await.unwrap().refusal(401), "invalid_credentials");
    assert_eq!(apis[2].register("Alice", PASSWORD).await.unwrap().refusal(409), "username_taken");
}

#[every_server]
async fn a_session_that_ended_at_one_server_is_soon_refused_by_all() {
    const SESSIONS: usize = 8;
    let cluster = Cluster::start().await;
    let apis = cluster.apis();
    apis[0].register("alice", PASSWORD).await.unwrap().expect(201);
    let mut delays = Vec::new();
    for turn in 0..SESSIONS {
        let (here, others) = (&apis[turn % NODES], [&apis[(turn + 1) % NODES], &apis[(turn + 2) % NODES]]);
        let tokens = here.log_in("alice", PASSWORD).await.unwrap().tokens();
        assert_accepted_by_all(&apis, slice::from_ref(&tokens)).await;
        here.log_out(&tokens.access).await.unwrap().expect(204);
        let ended = Instant::now();
        assert_eq!(here.check(&tokens.access).await.unwrap().refusal(401), "session_ended");
        for other in others {
            assert_eq!(other.refresh(&tokens.refresh).await.unwrap().refusal(401), "invalid_refresh_token");
            let refused = within(SOON, "the session is refused", async || {
                let answer = other.check(&tokens.access).await.unwrap();
                (answer.status != 200).then_some(answer)
            });
            assert_eq!(refused.await.refusal(401), "session_ended");
        }
        delays.push(ended.elapsed());
    }
    if engine::current() == TestEngine::Postgres {
        // One may meet a crowded machine. Looking once a second would be late in three of four cases.
        let late = delays.iter().filter(|delay| **delay > AT_ONCE).count();
        assert!(late <= 1, "the database tells of it: {delays:?}");
    }
}

#[every_server]
async fn keys_that_one_server_rotates_are_those_of_all() {
    let cluster = Cluster::start().await;
    let apis = cluster.apis();
    let root = cluster.administrator().await;
    let mut issued = vec![apis[0].newcomer("alice", PASSWORD).await];
    for (turn, api) in apis.iter().enumerate() {
        for purpose in ["access_token", "refresh_token"] {
            rotate_when_due(api, &root, purpose).await;
        }
        // At once: the key that signs now was published before.
        issued.push(api.log_in("alice", PASSWORD).await.unwrap().tokens());
        assert_accepted_by_all(&apis, &issued).await;
        let oldest = apis[(turn + 1) % NODES].refresh(&issued[0].refresh).await.unwrap().tokens();
        issued[0] = oldest;
        let keys = cluster.agreed_keys(&root).await;
        assert_eq!(count(&keys, "access_token", "retired"), turn + 1);
        let published = at_all(&apis, async |api| api.published_kids().await).await;
        assert_eq!(published[0].len(), turn + 3);
        assert!(published.iter().all(|kids| *kids == published[0]), "{published:?}");
    }
}

#[every_server]
async fn rotations_at_the_same_moment_leave_one_active_key_and_disturb_nobody() {
    let cluster = Cluster::start().await;
    let apis = cluster.apis();
    let root = cluster.administrator().await;
    let mut issued = vec![apis[0].newcomer("alice", PASSWORD).await];
    for round in 0..6 {
        let purpose = if round % 2 == 0 { "access_token" } else { "refresh_token" };
        // Two seconds after the last one a rotation is due again, and one of the three does it.
        within(PATIENCE, "one server rotates", async || {
            let outcomes = at_all(&apis, async |api| rotate(api, &root, purpose).await).await;
            assert!(outcomes.iter().all(|status| [200, 409].contains(status)), "{outcomes:?}");
            let rotated = count_of(&outcomes, 200);
            assert!(rotated <= 1, "{outcomes:?}");
            (rotated == 1).then_some(())
        })
        .await;
        assert_accepted_by_all(&apis, &issued).await;
        for api in &apis {
            let tokens = api.log_in("alice", PASSWORD).await.unwrap().tokens();
            assert_accepted_by_all(&apis, std::slice::from_ref(&tokens)).await;
            issued.push(tokens);
        }
        let keys = cluster.agreed_keys(&root).await;
        for purpose in ["access_token", "refresh_token"] {
            assert_eq!(count(&keys, purpose, "active"), 1, "{keys:?}");
            assert_eq!(count(&keys, purpose, "next"), 1, "{keys:?}");
        }
    }
    for (at, tokens) in issued.iter().enumerate() {
        apis[at % NODES].refresh(&tokens.refresh).await.unwrap().tokens();
    }
}

#[every_server]
async fn what_has_expired_is_cleared_away_by_one_server() {
    let cluster = Cluster::start().await;
    let cleared = || cluster.servers.iter().filter(|server| server.log().contains("cleared away")).count();
    within(SOON, "somebody clears away", async || (cleared() > 0).then_some(())).await;
    // Whoever comes later has had its turn as well.
    let late = cluster.machines[0].start().await;
    late.api().get("/readyz", None).await.unwrap().expect(200);
    tokio::time::sleep(AT_ONCE).await;
    assert_eq!(cleared(), 1);
    assert!(!late.log().contains("cleared away"), "{}", late.log());
}

#[every_server]
async fn when_one_of_three_is_killed_under_load_the_others_go_on_and_nobody_is_logged_out() {
    let mut cluster = Cluster::start().await;
    let apis = cluster.apis();
    use_all_and_lose_one(&apis, 1, || cluster.servers[1].kill()).await;
    let back = cluster.machines[1].start().await;
    let tokens = back.api().log_in("person-0", load::PASSWORD).await.unwrap().tokens();
    assert_accepted_by_all(&[apis[0].clone(), apis[2].clone()], &[tokens]).await;
}
