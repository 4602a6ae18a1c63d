//! What do clients notice when nodes of the cluster, and nodes of ours, are killed under load?

use std::time::Duration;

use super::site::{DEADLINE, Preference, Site};
use crate::process::under_load::{Crowd, readiness_is};

const PEOPLE: usize = 12;
/// No answer takes longer, on a busy machine: looking an account up, hashing, and writing each have the deadline.
const LIMIT: Duration = Duration::from_secs(4 * DEADLINE.as_secs());

async fn lives_through_the_death_of_nodes(preference: Preference, run: &str) {
    let mut site = Site::new(preference).await;
    let mut crowd = Crowd::begin(PEOPLE, &site.nodes, LIMIT);
    crowd.succeeds(400).await;

    crowd.record.mark("database node killed");
    site.undergoes(|cluster| cluster.kill_node(1)).await;
    crowd.is_calm().await;
    crowd.record.mark("Portcullis node killed");
    site.kill(1);
    crowd.succeeds(200).await;
    crowd.record.mark("Portcullis node started again");
    site.restart(1).await;
    crowd.is_calm().await;
    crowd.record.mark("database node started again");
    site.undergoes(|cluster| cluster.restart_node(1)).await;
    crowd.is_calm().await;
    crowd.record.mark("another database node hangs");
    site.undergoes(|cluster| cluster.pause_node(2)).await;
    crowd.succeeds(200).await;
    crowd.is_calm().await;
    crowd.record.mark("it goes on");
    site.undergoes(|cluster| cluster.restart_node(2)).await;
    crowd.succeeds(200).await;
    crowd.is_calm().await;

    crowd.compare().await.publish(run);
}

#[tokio::test]
async fn with_one_node_preferred_nothing_acknowledged_is_lost_when_nodes_are_killed_on_galera() {
    lives_through_the_death_of_nodes(Preference::TheFirst, "Galera, all prefer one node").await;
}

#[tokio::test]
async fn with_a_node_for_each_nothing_acknowledged_is_lost_when_nodes_are_killed_on_galera() {
    lives_through_the_death_of_nodes(Preference::Own, "Galera, each prefers its own node").await;
}

#[tokio::test]
async fn a_cluster_without_a_quorum_is_an_outage_and_ends_without_a_loss_on_galera() {
    let site = Site::new(Preference::Own).await;
    let mut crowd = Crowd::begin(PEOPLE, &site.nodes, LIMIT);
    crowd.succeeds(300).await;

    crowd.record.mark("two of three database nodes killed");
    site.undergoes(|cluster| {
        cluster.kill_node(1);
        cluster.kill_node(2);
    })
    .await;
    crowd.is_turned_away().await;
    for node in 0..site.nodes.count() {
        readiness_is(&site.nodes.api(node), 503).await;
    }
    crowd.record.mark("both started again");
    site.undergoes(|cluster| {
        cluster.restart_node(1);
        cluster.restart_node(2);
    })
    .await;
    crowd.is_calm().await;
    crowd.succeeds(200).await;

    crowd.compare().await.publish("Galera, quorum lost");
}
