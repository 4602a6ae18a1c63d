//! Does one master key follow another while the real binary runs, stops, starts and is killed?

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use portcullis_every_engine::{every_engine, every_server};

use super::crash::Dice;
use super::deployment::Deployment;
use super::server::{eventually, within};
use crate::engine;

const PASSWORD: &str = "correct horse battery";
const OLD: &str = "5d9f2b70c86e41a3b7e05c1d924f8a63e1b47d08f53c926ab80e7d15f4c2396a";
const NEW: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";
const SOON: Duration = Duration::from_secs(2);
/// How often a re-sealing is killed.
const ROUNDS: usize = 20;

/// A file with a master key, for its owner only.
fn key_file(deployment: &Deployment, name: &str, key: &str) -> PathBuf {
    let path = deployment.directory().join(name);
    fs::write(&path, format!("{key}\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}

fn under(deployment: &Deployment, key: &str) -> Deployment {
    deployment.clone().with("PORTCULLIS_MASTER_KEY", key)
}

fn under_both(deployment: &Deployment) -> Deployment {
    under(deployment, NEW).with("PORTCULLIS_MASTER_KEY_PREVIOUS", OLD)
}

#[every_engine]
async fn a_running_server_goes_on_and_starts_with_the_new_master_key_only() {
    let place = Deployment::on_this_engine().await;
    let server = place.start().await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    let file = key_file(&place, "new.key", NEW);
    let reseal = ["keys", "reseal", "--new-master-key-file", file.to_str().unwrap()];
    let said = place.run(&reseal).text();
    assert!(said.starts_with("Sealed 4 signing keys under the new master key.\n"), "{said}");
    assert!(said.contains("PORTCULLIS_MASTER_KEY_FILE=") && !said.contains(NEW), "{said}");

    // It holds its keys, and says what is to be done.
    within(SOON, "the server complains", async || {
        server.log().contains("give this node the new master key").then_some(())
    })
    .await;
    let alice = api.refresh(&alice.refresh).await.unwrap().tokens();
    api.check(&alice.access).await.unwrap().expect(200);
    assert_eq!(api.get("/readyz", None).await.unwrap().status, 200);
    drop(server);

    let complaint = place.refused().complaint(1);
    assert!(complaint.contains("not the one they were sealed with"), "{complaint}");
    assert!(complaint.contains("keys reseal"), "{complaint}");
    fs::rename(file, place.master_key()).unwrap();
    let api = place.start().await;
    let alice = api.api().refresh(&alice.refresh).await.unwrap().tokens();
    api.api().check(&alice.access).await.unwrap().expect(200);
    let again = key_file(&place, "same.key", NEW);
    let complaint =
        place.run(&["keys", "reseal", "--new-master-key-file", again.to_str().unwrap()]).complaint(1);
    assert!(complaint.contains("sealed under this master key already"), "{complaint}");
}

#[every_server]
async fn nodes_get_the_new_master_key_one_after_the_other_and_nobody_notices() {
    let database = engine::database().await;
    let machines = [0; 2].map(|_| Deployment::new().on(&database));
    let mut servers = Vec::new();
    for machine in &machines {
        servers.push(under(machine, OLD).start().await);
    }
    let mut alice = servers[0].api().newcomer("alice", PASSWORD).await;
    let go_on = async |alice: &mut super::client::Tokens, servers: &[super::server::Server]| {
        for server in servers {
            *alice = server.api().refresh(&alice.refresh).await.unwrap().tokens();
            for server in servers {
                server.api().check(&alice.access).await.unwrap().expect(200);
            }
        }
    };
    for at in 0..2 {
        servers[at] = under_both(&machines[at]).start().await;
        go_on(&mut alice, &servers).await;
        // Also with keys that one of them makes meanwhile.
        eventually("the keys are rotated", async || {
            (under_both(&machines[at]).run(&["keys", "rotate"]).code == Some(0)).then_some(())
        })
        .await;
        go_on(&mut alice, &servers).await;
    }
    let doctor = under_both(&machines[0]).run(&["doctor"]).stdout;
    assert!(doctor.contains("still sealed under the previous master key"), "{doctor}");
    let said = under_both(&machines[0]).run(&["keys", "reseal"]).text();
    assert!(said.contains("remove the previous one"), "{said}");
    go_on(&mut alice, &servers).await;
    let doctor = under_both(&machines[0]).run(&["doctor"]).stdout;
    assert!(doctor.contains("the previous one is not needed"), "{doctor}");
    for at in 0..2 {
        servers[at] = under(&machines[at], NEW).start().await;
        go_on(&mut alice, &servers).await;
    }
    under(&machines[0], OLD).refused();
    for server in &servers {
        assert!(!server.log().contains("ERROR"), "{}", server.log());
    }
}

#[every_engine]
async fn a_resealing_that_is_killed_leaves_all_keys_under_one_master_key() {
    let place = Deployment::on_this_engine().await;
    under(&place, OLD).run(&["migrate"]).text();
    // More keys take longer to seal.
    for _ in 0..12 {
        under(&place, OLD).run(&["keys", "rotate", "--emergency", "--purpose", "access"]).text();
    }
    let mut keys = [(OLD, key_file(&place, "old.key", OLD)), (NEW, key_file(&place, "new.key", NEW))];
    let dice = Dice::new(20_261_121);
    let mut whole = Duration::MAX;
    for _ in 0..2 {
        let begun = Instant::now();
        let other = keys[1].1.to_str().unwrap();
        under(&place, keys[0].0).run(&["keys", "reseal", "--new-master-key-file", other]).text();
        whole = whole.min(begun.elapsed());
        keys.reverse();
    }
    let mut done = 0;
    for round in 0..ROUNDS {
        let [(current, _), (_, other)] = &keys;
        let arguments = ["keys", "reseal", "--new-master-key-file", other.to_str().unwrap()];
        let mut command = under(&place, current).command(&arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Nothing announces the moment at which it writes.
        tokio::time::sleep(whole * (200 + dice.below(800)) / 1000).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let opens = |key: &str| {
            let outcome = under(&place, key).run(&["keys", "list", "--json"]);
            (outcome.code == Some(0)).then(|| outcome.json()["keys"].as_array().unwrap().len())
        };
        let (under_current, under_other) = (opens(keys[0].0), opens(keys[1].0));
        match (under_current, under_other) {
            (Some(count), None) => assert_eq!(count, 28, "round {round}"),
            (None, Some(count)) => {
                assert_eq!(count, 28, "round {round}");
                keys.reverse();
                done += 1;
            }
            neither_nor_both => panic!("round {round}: {neither_nor_both:?}"),
        }
    }
    assert!(done < ROUNDS, "none was interrupted");
}

#[test]
fn a_master_key_that_cannot_be_right_is_refused_before_anything_is_done() {
    let place = Deployment::new();
    place.run(&["migrate"]).text();
    place.run(&["keys", "list"]).text();
    let before = fs::read(place.database()).unwrap();
    let refused = |file: &PathBuf| {
        place.run(&["keys", "reseal", "--new-master-key-file", file.to_str().unwrap()]).complaint(1)
    };
    let missing = refused(&place.directory().join("nowhere"));
    assert!(missing.contains("cannot be read"), "{missing}");
    let weak = refused(&key_file(&place, "weak", &"00".repeat(32)));
    assert!(weak.contains("not 32 random bytes"), "{weak}");
    let open = key_file(&place, "open", NEW);
    fs::set_permissions(&open, Permissions::from_mode(0o644)).unwrap();
    let open = refused(&open);
    assert!(open.contains("chmod 600"), "{open}");
    let nothing = place.run(&["keys", "reseal"]).complaint(1);
    assert!(nothing.contains("--new-master-key-file"), "{nothing}");
    assert_eq!(fs::read(place.database()).unwrap(), before);
    let both = place.clone().with("PORTCULLIS_MASTER_KEY", NEW).with("PORTCULLIS_MASTER_KEY_PREVIOUS", NEW);
    let both = both.run(&["keys", "list"]).complaint(1);
    assert!(both.contains("is the master key itself"), "{both}");
}
