//! Do nodes that write to different nodes of a cluster at the same moment agree?

use std::time::Instant;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::site::{Preference, Site};
use crate::process::client::{Answer, Api, Tokens};
use crate::process::under_load::Nodes;
use crate::process::under_load::record::{publish, seconds};

const PASSWORD: &str = "correct horse battery";
const SESSIONS: usize = 12;
const TURNS: usize = 250;
const ROUNDS: usize = 60;
const DISABLINGS: usize = 25;

#[tokio::test]
async fn what_one_node_acknowledged_every_other_one_knows_at_once_on_galera() {
    let site = Site::new(Preference::Own).await;
    nodes_that_began_at_once_have_the_same_keys(&site).await;
    a_token_of_one_node_is_taken_at_the_next(&site).await;
    a_burst_on_one_account_is_answered_by_the_contract(&site).await;
    no_session_of_an_old_password_outlives_its_change(&site).await;
    no_session_outlives_the_disabling_of_its_account(&site).await;
}

async fn nodes_that_began_at_once_have_the_same_keys(site: &Site) {
    let keys = site.nodes.api(0).published_kids().await;
    assert_eq!(keys.len(), 2, "one that signs and the next one: {keys:?}");
    for node in 1..site.nodes.count() {
        assert_eq!(site.nodes.api(node).published_kids().await, keys);
    }
}

/// Thousands of times, as fast as can be.
async fn a_token_of_one_node_is_taken_at_the_next(site: &Site) {
    let mut turns = JoinSet::new();
    for number in 0..SESSIONS {
        turns.spawn(travels(site.nodes.clone(), number));
    }
    let begun = Instant::now();
    let turned_away: usize = turns.join_all().await.into_iter().sum();
    publish(
        "Galera, sessions that go around",
        &[
            ("refreshes, each at another node than the last".to_owned(), (SESSIONS * TURNS).to_string()),
            ("turned away, and taken when they came again".to_owned(), turned_away.to_string()),
            ("took".to_owned(), seconds(begun.elapsed())),
        ],
    );
}

/// Refreshes at one node after the other; answers how often it was turned away.
async fn travels(nodes: Nodes, number: usize) -> usize {
    let api = |turn: usize| nodes.api((number + turn) % 3);
    let mut tokens = api(0).patient().newcomer(&format!("traveller-{number}"), PASSWORD).await;
    let mut turned_away = 0;
    for turn in 0..TURNS {
        let mut answer = api(turn).refresh(&tokens.refresh).await.unwrap();
        if is_refused(&answer) {
            turned_away += 1;
            answer = api(turn).patient().refresh(&tokens.refresh).await.unwrap();
        }
        tokens = answer.tokens();
    }
    // What ended at one node has ended at the next.
    let ended = api(0).patient().log_out(&tokens.access).await.unwrap();
    assert!([204, 401].contains(&ended.status), "{ended:?}");
    let refused = api(1).patient().refresh(&tokens.refresh).await.unwrap();
    assert_eq!(refused.refusal(401), "invalid_refresh_token");
    turned_away
}

/// Logins, refreshes of one session, and registrations of one name, all at once at all nodes.
async fn a_burst_on_one_account_is_answered_by_the_contract(site: &Site) {
    let hal = site.nodes.api(0).patient().newcomer("hal", PASSWORD).await;
    let mut last = hal.clone();
    let (mut answers, mut refused) = (0, 0);
    for round in 0..ROUNDS / 2 {
        let (mut logins, mut refreshes, mut registrations) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
        for asked in 0..6 {
            let (api, token) = (site.nodes.api(asked % 3), last.refresh.clone());
            logins.spawn(logs_in(api.clone(), "hal", PASSWORD));
            refreshes.spawn({
                let api = api.clone();
                async move { api.refresh(&token).await.unwrap() }
            });
            registrations
                .spawn(async move { api.register(&format!("twin-{round}"), PASSWORD).await.unwrap() });
        }
        for answer in logins.join_all().await {
            (answers, refused) = (answers + 1, refused + usize::from(is_refused(&answer)));
            assert!([200, 503].contains(&answer.status), "{answer:?}");
        }
        for answer in refreshes.join_all().await {
            (answers, refused) = (answers + 1, refused + usize::from(is_refused(&answer)));
            assert!([200, 503].contains(&answer.status), "{answer:?}");
            if answer.status == 200 {
                last = answer.tokens();
            }
        }
        let mut made = 0;
        for answer in registrations.join_all().await {
            (answers, refused) = (answers + 1, refused + usize::from(is_refused(&answer)));
            made += usize::from(answer.status == 201);
            assert!([201, 409, 503].contains(&answer.status), "{answer:?}");
        }
        assert!(made <= 1, "{made} accounts of one name");
        let api = site.nodes.api(round % 3).patient();
        let again = api.register(&format!("twin-{round}"), PASSWORD).await.unwrap();
        assert!(made == 0 || again.status == 409, "{again:?}");
    }
    publish(
        "Galera, one account at all nodes",
        &[("requests".to_owned(), answers.to_string()), ("answered 503".to_owned(), refused.to_string())],
    );
}

/// Whoever knows the old password logs in at two nodes while it is being changed at the third.
async fn no_session_of_an_old_password_outlives_its_change(site: &Site) {
    let patient = |node: usize| site.nodes.api(node % 3).patient();
    let mut owner = patient(0).newcomer("ida", PASSWORD).await;
    let (mut password, mut races) = (PASSWORD.to_owned(), 0);
    for round in 0..ROUNDS {
        let mut logins = JoinSet::new();
        for asked in 0..6 {
            logins.spawn(logs_in(site.nodes.api(1 + asked % 2), "ida", &password));
        }
        let new = format!("password number {round}");
        let changed = site.nodes.api(0).change_password(&owner.access, &password, &new).await.unwrap();
        let strangers: Vec<Tokens> = logins
            .join_all()
            .await
            .into_iter()
            .filter_map(|answer| match answer.status {
                200 => Some(answer.tokens()),
                401 | 503 => None,
                _ => panic!("{answer:?}"),
            })
            .collect();
        if is_refused(&changed) {
            // It is in doubt: the owner finds out.
            let answer = patient(0).log_in("ida", &new).await.unwrap();
            if answer.status != 200 {
                owner = patient(0).log_in("ida", &password).await.unwrap().tokens();
                continue;
            }
            owner = answer.tokens();
        } else {
            assert_eq!(changed.status, 200, "{changed:?}");
        }
        for stranger in strangers {
            let answer = patient(round).refresh(&stranger.refresh).await.unwrap();
            assert_eq!(answer.refusal(401), "invalid_refresh_token", "round {round}");
            races += 1;
        }
        password = new;
        owner = patient(round).refresh(&owner.refresh).await.unwrap().tokens();
    }
    publish(
        "Galera, logins during a change of password",
        &[
            ("changes".to_owned(), ROUNDS.to_string()),
            ("logins with the old password that came first, and ended".to_owned(), races.to_string()),
        ],
    );
}

/// Somebody logs in at two nodes all the time while the account is disabled at the third.
async fn no_session_outlives_the_disabling_of_its_account(site: &Site) {
    site.nodes.api(0).patient().newcomer("jim", PASSWORD).await;
    let mut ended = 0;
    for round in 0..DISABLINGS {
        let stop = CancellationToken::new();
        let mut people = JoinSet::new();
        for person in 0..6 {
            let (api, stop) = (site.nodes.api(1 + person % 2), stop.clone());
            people.spawn(async move {
                let mut sessions = Vec::new();
                while !stop.is_cancelled() {
                    let answer = api.log_in("jim", PASSWORD).await.unwrap();
                    match answer.status {
                        200 => sessions.push(answer.tokens()),
                        403 | 503 => {}
                        _ => panic!("{answer:?}"),
                    }
                }
                sessions
            });
        }
        site.commands(&["account", "disable", "jim"]).await;
        stop.cancel();
        let sessions: Vec<Tokens> = people.join_all().await.into_iter().flatten().collect();
        // Enabled again, nobody has a session who had one before.
        site.commands(&["account", "enable", "jim"]).await;
        for session in sessions {
            let answer = site.nodes.api(round % 3).patient().refresh(&session.refresh).await.unwrap();
            assert_eq!(answer.refusal(401), "invalid_refresh_token", "round {round}");
            ended += 1;
        }
    }
    publish(
        "Galera, logins while the account is disabled",
        &[
            ("disabled".to_owned(), DISABLINGS.to_string()),
            ("logins that came first, and ended".to_owned(), ended.to_string()),
        ],
    );
}

fn logs_in(api: Api, username: &'static str, password: &str) -> impl Future<Output = Answer> + use<> {
    let password = password.to_owned();
    async move { api.log_in(username, &password).await.unwrap() }
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == 503
}
