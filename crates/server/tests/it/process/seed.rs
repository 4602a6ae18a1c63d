//! Are the demo users there after `portcullis seed`, and only they gone after `--undo`?

use std::fs;

use serde_json::Value;

use super::deployment::Deployment;

const PEOPLE: [(&str, &str, &str); 3] = [
    ("Demo-lition", "demo@user.io", "password"),
    ("FakeUser1", "user1@user.io", "password2"),
    ("FakeUser2", "user2@user.io", "password3"),
];
const MASTER_KEY: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";

/// What became of each demo user, in order.
fn outcomes(deployment: &Deployment, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["seed", "--json"], arguments].concat();
    let answer = deployment.run(&arguments).json();
    let users = answer["users"].as_array().unwrap();
    let text = |user: &Value, member: &str| user[member].as_str().unwrap().to_owned();
    let names: Vec<_> = users.iter().map(|user| (text(user, "username"), text(user, "email"))).collect();
    assert_eq!(names, PEOPLE.map(|(username, email, _)| (username.to_owned(), email.to_owned())));
    users.iter().map(|user| text(user, "outcome")).collect()
}

fn list(deployment: &Deployment) -> Value {
    deployment.run(&["account", "list", "--json"]).json()
}

#[tokio::test]
async fn the_demo_users_log_in_beside_a_running_server() {
    let deployment = Deployment::new().with("PORTCULLIS_DIALECTS", "api-session");
    let server = deployment.start().await;
    assert_eq!(outcomes(&deployment, &[]), ["created"; 3]);
    for (username, email, password) in PEOPLE {
        server.api().log_in(username, password).await.unwrap().expect(200);
        server.api().log_in(email, password).await.unwrap().expect(200);
    }
}

#[test]
fn a_missing_database_is_made_and_a_second_run_changes_nothing() {
    let deployment = Deployment::new();
    let first = deployment.run(&["seed"]);
    assert!(first.stderr.contains("made ./data/portcullis.db"), "{}", first.stderr);
    assert_eq!(
        first.stdout,
        "Demo-lition (demo@user.io): created\nFakeUser1 (user1@user.io): created\nFakeUser2 (user2@user.io): created\n"
    );
    let before = list(&deployment);
    let numbers: Vec<_> =
        before["accounts"].as_array().unwrap().iter().map(|a| a["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(outcomes(&deployment, &[]), ["present"; 3]);
    assert!(deployment.run(&["seed"]).text().contains("FakeUser2 (user2@user.io): was there already\n"));
    assert_eq!(list(&deployment), before);
}

#[test]
fn undo_removes_just_the_demo_users() {
    let deployment = Deployment::new();
    outcomes(&deployment, &[]);
    let create =
        ["account", "create", "--username", "alice", "--email", "demo@user.example", "--password-stdin"];
    assert_eq!(deployment.run_with_input(&create, "correct horse battery\n").code, Some(0));
    assert_eq!(outcomes(&deployment, &["--undo"]), ["removed"; 3]);
    assert_eq!(outcomes(&deployment, &["--undo"]), ["absent"; 3]);
    let left = list(&deployment);
    assert_eq!(left["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(left["accounts"][0]["username"], "alice");
    assert_eq!(outcomes(&deployment, &[]), ["created"; 3]);
}

#[test]
fn an_account_that_shares_one_name_with_a_demo_user_is_left_alone() {
    let deployment = Deployment::new();
    for flags in [["--username", "demo-lition"], ["--email", "User1@user.io"]] {
        let create = [&["account", "create"][..], &flags, &["--password-stdin"]].concat();
        assert_eq!(deployment.run_with_input(&create, "correct horse battery\n").code, Some(0));
    }
    assert_eq!(outcomes(&deployment, &[]), ["taken", "taken", "created"]);
    assert_eq!(outcomes(&deployment, &["--undo"]), ["taken", "taken", "removed"]);
    assert_eq!(list(&deployment)["accounts"].as_array().unwrap().len(), 2);
}

#[test]
fn undo_leaves_alone_what_came_from_an_older_backend() {
    let deployment = Deployment::new();
    let hash = "$2b$04$dKbNwmQJySXNsl5frB9tdeAKPZowakkEW2GWUJakk9zNtB4D7RWjO";
    let users = format!("id,username,email,password\n1,Demo-lition,demo@user.io,{hash}\n");
    fs::write(deployment.directory().join("users.csv"), users).unwrap();
    let import = deployment.run(&["import", "--from", "bearer-pair", "users.csv", "--json"]).json();
    assert_eq!(import["accounts"]["new"], 1, "{import}");
    assert_eq!(outcomes(&deployment, &[]), ["present", "created", "created"]);
    assert_eq!(outcomes(&deployment, &["--undo"]), ["imported", "removed", "removed"]);
    let told = deployment.run(&["seed", "--undo"]).text();
    assert!(told.contains("(demo@user.io): left alone: it came from an older backend\n"), "{told}");
    let left = list(&deployment);
    assert_eq!(left["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(left["accounts"][0]["username"], "Demo-lition");
}

#[test]
fn production_gets_no_demo_users_and_no_database() {
    let deployment = Deployment::new()
        .with("NODE_ENV", "production")
        .with("HOST", "127.0.0.1")
        .with("PORTCULLIS_PUBLIC_URL", "https://auth.example.com")
        .with("PORTCULLIS_MASTER_KEY", MASTER_KEY);
    for arguments in [&["seed"][..], &["seed", "--undo"]] {
        let complaint = deployment.run(arguments).complaint(1);
        assert!(
            complaint.contains("passwords that everybody knows") && complaint.contains("fix: "),
            "{complaint}"
        );
    }
    assert!(!deployment.data_dir().exists());
}

#[test]
fn a_password_policy_that_the_demo_users_do_not_meet_is_named() {
    let complaint =
        Deployment::new().with("PORTCULLIS_PASSWORD_MIN_LENGTH", "12").run(&["seed"]).complaint(1);
    for words in ["Demo-lition cannot be created", "at least 12 characters", "password.min_length"] {
        assert!(complaint.contains(words), "{complaint}");
    }
}

#[test]
fn undo_makes_no_database() {
    let deployment = Deployment::new();
    let complaint = deployment.run(&["seed", "--undo"]).complaint(1);
    assert!(complaint.contains("there is nothing in the database yet"), "{complaint}");
    assert!(!deployment.data_dir().exists());
}
