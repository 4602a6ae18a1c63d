//! What does `portcullis account` do and answer?

use reqwest::Method;
use serde_json::{Value, json};

use super::deployment::Deployment;
use super::server::Server;

const PASSWORD: &str = "correct horse battery";

/// Creates an account and answers it.
fn create(deployment: &Deployment, arguments: &[&str]) -> Value {
    let arguments = [&["account", "create", "--json", "--password-stdin"], arguments].concat();
    deployment.run_with_input(&arguments, &format!("{PASSWORD}\n")).json()["account"].take()
}

#[tokio::test]
async fn an_administrator_created_on_the_command_line_administers_over_http() {
    let deployment = Deployment::new();
    let admin = create(&deployment, &["--email", "Root@Example.com", "--name", "Root", "--role", "admin"]);
    assert_eq!((&admin["email"], &admin["role"]), (&"Root@Example.com".into(), &"admin".into()));
    let user = create(&deployment, &["--username", "bob"]);
    let server = deployment.start().await;
    let api = server.api();
    let root = api.log_in("root@example.com", PASSWORD).await.unwrap().tokens();
    let bob = api.log_in("bob", PASSWORD).await.unwrap().tokens();

    let list = api.get("/v1/admin/accounts", Some(&root.access)).await.unwrap().expect(200);
    let ids: Vec<_> = list["accounts"].as_array().unwrap().iter().map(|account| &account["id"]).collect();
    assert_eq!(ids, [&admin["id"], &user["id"]]);
    assert_eq!(api.get("/v1/admin/accounts", Some(&bob.access)).await.unwrap().refusal(403), "forbidden");
    let path = format!("/v1/admin/accounts/{}", user["id"].as_str().unwrap());
    let deleted = api.send(Method::DELETE, &path, Some(&root.access), None).await.unwrap();
    assert_eq!(deleted.status, 204);
    assert_eq!(api.check(&bob.access).await.unwrap().refusal(401), "session_ended");

    // A role that is taken away on the command line is gone at once, whatever the token says.
    deployment.run(&["account", "set-role", "root@example.com", "user"]).text();
    assert_eq!(api.get("/v1/admin/accounts", Some(&root.access)).await.unwrap().refusal(403), "forbidden");
}

#[test]
fn an_account_is_found_by_id_email_and_username() {
    let deployment = Deployment::new();
    let made = create(&deployment, &["--email", "ada@example.com", "--username", "ada"]);
    for name in [made["id"].as_str().unwrap(), "ADA@example.com", "Ada"] {
        let shown = deployment.run(&["account", "show", name, "--json"]).json();
        assert_eq!(shown["account"], made);
        assert_eq!(shown["sessions"], Value::Array(Vec::new()));
    }
    let text = deployment.run(&["account", "show", "ada"]).text();
    assert!(text.contains("ada@example.com") && text.contains("no live session"), "{text}");
    let complaint = deployment.run(&["account", "show", "nobody"]).complaint(1);
    assert!(complaint.contains("no account \"nobody\""), "{complaint}");
}

#[tokio::test]
async fn names_that_differ_in_case_only_are_told_apart() {
    let deployment = Deployment::new().with("PORTCULLIS_DIALECTS", "bearer-single");
    let native = create(&deployment, &["--email", "root@example.com", "--username", "Bob"]);
    let server = deployment.start().await;
    for name in ["Ada", "ADA", "BOB", "Ada L"] {
        register(&server, name).await;
    }
    let found = |name: &str| deployment.run(&["account", "show", name, "--json"]).json()["account"].take();
    for name in ["Ada", "ADA", "BOB", "Ada L"] {
        assert_eq!(found(name)["username"], name);
    }
    assert!(deployment.run(&["account", "show", "ada"]).complaint(1).contains("no account \"ada\""));
    // Of no such spelling: what is the same where case does not count, and an address is an email address first.
    for name in ["boB", "Bob", "ROOT@example.com"] {
        assert_eq!(found(name), native, "{name}");
    }
    for name in ["Bob", "root@example.com"] {
        register(&server, name).await;
        let complaint = deployment.run(&["account", "set-role", name, "admin"]).complaint(1);
        assert!(complaint.contains("two accounts are called"), "{complaint}");
        assert!(complaint.contains(native["id"].as_str().unwrap()), "{complaint}");
    }
}

async fn register(server: &Server, username: &str) {
    let body = json!({ "username": username, "password": PASSWORD });
    let answer = server.api().send(Method::POST, "/register", None, Some(&body)).await.unwrap();
    assert_eq!(answer.status, 201, "{username}");
}

#[tokio::test]
async fn sessions_of_an_account_are_shown() {
    let deployment = Deployment::new();
    let server = deployment.start().await;
    server.api().newcomer("alice", PASSWORD).await;
    let shown = deployment.run(&["account", "show", "alice", "--json"]).json();
    let sessions = shown["sessions"].as_array().unwrap();
    assert_eq!((sessions.len(), &sessions[0]["address"]), (1, &"127.0.0.1".into()));
    assert!(deployment.run(&["account", "show", "alice"]).text().contains("127.0.0.1"));
}

#[test]
fn accounts_are_listed_page_by_page() {
    let deployment = Deployment::new();
    for username in ["ann", "ben", "cleo"] {
        create(&deployment, &["--username", username]);
    }
    let list = |arguments: &[&str]| {
        let outcome = deployment.run(&[&["account", "list", "--json"], arguments].concat());
        let page: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let accounts = page["accounts"].as_array().unwrap().iter();
        let names: Vec<_> =
            accounts.map(|account| account["username"].as_str().unwrap().to_owned()).collect();
        (names, page["next"].clone())
    };
    let (names, next) = list(&["--limit", "2"]);
    assert_eq!(names, ["ann", "ben"]);
    let (names, next) = list(&["--limit", "2", "--after", &next.to_string()]);
    assert_eq!((names, next), (vec!["cleo".to_owned()], Value::Null));
    let table = deployment.run(&["account", "list"]).text();
    assert_eq!(table.lines().count(), 4, "{table}");
}

#[test]
fn an_account_is_disabled_enabled_and_given_a_role() {
    let deployment = Deployment::new();
    create(&deployment, &["--username", "bob"]);
    let run = |arguments: &[&str]| deployment.run(&[&["account"], arguments, &["--json"]].concat()).json();
    assert!(run(&["disable", "bob"])["account"]["disabled_at"].is_string());
    assert!(run(&["enable", "bob"])["account"]["disabled_at"].is_null());
    assert_eq!(run(&["set-role", "bob", "admin"])["account"]["role"], "admin");
    assert!(deployment.run(&["account", "disable", "bob"]).text().contains("disabled"));
    let complaint = deployment.run(&["account", "set-role", "bob", "king"]).complaint(2);
    assert!(complaint.contains("user and admin"), "{complaint}");
}

#[test]
fn an_account_is_deleted_only_when_somebody_says_yes() {
    let deployment = Deployment::new();
    create(&deployment, &["--username", "bob"]);
    let complaint = deployment.run_with_input(&["account", "delete", "bob"], "y\n").complaint(2);
    assert!(complaint.contains("--yes"), "{complaint}");
    let deleted = deployment.run(&["account", "delete", "bob", "--yes", "--json"]).json();
    assert!(deleted["deleted"].is_string());
    deployment.run(&["account", "delete", "bob", "--yes"]).complaint(1);
    create(&deployment, &["--username", "bob"]);
    assert!(deployment.run(&["account", "delete", "bob", "--yes"]).text().starts_with("deleted "));
}

#[test]
fn what_a_flow_refuses_a_command_refuses() {
    let deployment = Deployment::new();
    create(&deployment, &["--username", "bob"]);
    let create = |arguments: &[&str], password: &str| {
        let arguments = [&["account", "create", "--password-stdin"], arguments].concat();
        deployment.run_with_input(&arguments, password)
    };
    assert!(create(&["--username", "BOB"], PASSWORD).complaint(1).contains("taken"));
    assert!(create(&["--username", "short"], "short\n").complaint(1).contains("password"));
    assert!(create(&["--username", "none"], "").complaint(1).contains("password"));
    assert!(create(&["--username", "no spaces"], PASSWORD).complaint(2).contains("letters"));
    assert!(create(&["--email", "nowhere"], PASSWORD).complaint(2).contains("email"));
    assert!(create(&[], PASSWORD).complaint(2).contains("--email"));
    let list = deployment.run(&["account", "list", "--json"]).json();
    assert_eq!(list["accounts"].as_array().unwrap().len(), 1, "{list}");
}

#[test]
fn a_password_is_never_an_argument_and_never_printed() {
    let deployment = Deployment::new();
    for arguments in [
        &["account", "create", "--username", "bob", "--password", PASSWORD][..],
        &["account", "create", "--username", "bob", "--password-stdin", PASSWORD],
        &["account", "set-password", "bob", PASSWORD],
    ] {
        deployment.run(arguments).complaint(2);
    }
    let asked = deployment.run_with_input(&["account", "create", "--username", "bob"], PASSWORD).complaint(2);
    assert!(asked.contains("--password-stdin") && !asked.contains(PASSWORD), "{asked}");
    let arguments = ["account", "create", "--username", "bob", "--password-stdin"];
    let made = deployment.run_with_input(&arguments, PASSWORD).text();
    assert!(!made.contains(PASSWORD) && made.contains("bob"), "{made}");
}
