//! What happens when the files of a running server are deleted, renamed or replaced?

use std::fs;

use super::{
    PASSWORD, assert_becomes_ready, assert_recovers, assert_serves_without_writing, assert_whole, stopped,
};
use crate::process::deployment::Deployment;

const FILES: [&str; 3] = ["portcullis.db", "portcullis.db-wal", "portcullis.db-shm"];

#[tokio::test]
async fn while_a_file_is_away_no_write_is_acknowledged_and_afterwards_they_go_on() {
    let deployment = Deployment::new();
    let server = deployment.start().await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    let away = deployment.directory().join("away");
    for name in FILES {
        let place = deployment.data_dir().join(name);
        fs::rename(&place, &away).unwrap();
        assert_serves_without_writing(&api, &alice).await;
        fs::rename(&away, &place).unwrap();
        assert_becomes_ready(&api).await;
    }
    assert_recovers(&api, alice).await;
    stopped(server).await;
    assert_whole(&deployment);
    assert_eq!(fs::read_dir(deployment.data_dir()).unwrap().count(), 2, "the database and the master key");
}

#[tokio::test]
async fn a_server_whose_database_was_replaced_refuses_to_write_and_leaves_the_new_one_alone() {
    let deployment = Deployment::new();
    let server = deployment.start().await;
    let alice = server.api().newcomer("alice", PASSWORD).await;
    for name in FILES {
        fs::remove_file(deployment.data_dir().join(name)).unwrap();
    }
    let newer = deployment.start().await;
    let bob = newer.api().newcomer("bob", PASSWORD).await;

    assert_serves_without_writing(&server.api(), &alice).await;
    assert!(server.log().contains("deleted, renamed or replaced"), "{}", server.log());
    stopped(server).await;
    newer.api().refresh(&bob.refresh).await.unwrap().tokens();
    newer.api().newcomer("cleo", PASSWORD).await;
    stopped(newer).await;
    assert_whole(&deployment);
    let list = deployment.run(&["account", "list", "--json"]).json();
    assert_eq!(list["accounts"].as_array().unwrap().len(), 2, "{list}");
}
