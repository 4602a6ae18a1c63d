//! What do `portcullis passwords build` and `check` make and answer, and what does a server do with the file?

use std::fs;

use serde_json::json;

use super::deployment::Deployment;

const LIST: &str = "a password that was stolen\nanother one of them\n";
/// Those of `password` and of `hunter2`.
const HASHES: &str =
    "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9\r\nF3BBBD66A63D4BF1747940578EC3D0103530E21D:1\r\n";

impl Deployment {
    fn build(&self, arguments: &[&str], list: &str) -> super::deployment::Outcome {
        fs::write(self.directory().join("list.txt"), list).unwrap();
        let build = ["passwords", "build", "--from", "list.txt", "--to", "breached.pcbf"];
        self.run(&[&build[..], arguments].concat())
    }

    fn check(&self, arguments: &[&str], password: &str) -> super::deployment::Outcome {
        let check = [&["passwords", "check", "--password-stdin"], arguments].concat();
        self.run_with_input(&check, &format!("{password}\n"))
    }
}

#[test]
fn a_list_becomes_a_file_that_a_check_asks() {
    let deployment = Deployment::new();
    let told = deployment.build(&["--plain"], LIST).text();
    assert_eq!(
        told,
        "breached.pcbf: 2 passwords of 2 lines, 8192 bytes\nTo use it: PORTCULLIS_PASSWORD_BREACHED_FILE=breached.pcbf\n"
    );
    let deployment = deployment.with("PORTCULLIS_PASSWORD_BREACHED_FILE", "breached.pcbf");
    let refused = deployment.check(&[], "another one of them");
    assert_eq!(refused.code, Some(1));
    assert_eq!(
        refused.stdout,
        "refused: it must not be one that was stolen elsewhere and published\nstrength: 4 of 4\n"
    );
    let accepted = deployment.check(&[], "correct horse battery");
    assert_eq!((accepted.code, accepted.stdout.as_str()), (Some(0), "accepted\nstrength: 4 of 4\n"));
    assert!(!deployment.data_dir().exists(), "no database is asked");
}

#[test]
fn hashes_are_read_from_a_file_or_stdin_and_seldom_ones_left_out() {
    let deployment = Deployment::new();
    let built = deployment.build(&["--json", "--min-count", "2"], HASHES).json();
    assert_eq!(built, json!({"file": "breached.pcbf", "lines": 2, "passwords": 1, "bytes": 8192}));
    let from_stdin = ["passwords", "build", "--from", "-", "--to", "other.pcbf", "--json"];
    let built: serde_json::Value =
        serde_json::from_str(&deployment.run_with_input(&from_stdin, HASHES).stdout).unwrap();
    assert_eq!(built["passwords"], 2);
    let deployment = deployment
        .with("PORTCULLIS_PASSWORD_BREACHED_FILE", "other.pcbf")
        .with("PORTCULLIS_PASSWORD_MIN_LENGTH", "1")
        .with("PORTCULLIS_PASSWORD_BLOCK_COMMON", "false");
    assert_eq!(deployment.check(&[], "hunter2").code, Some(1));
    assert_eq!(deployment.check(&[], "hunter3").code, Some(0));
}

#[test]
fn a_list_of_something_else_makes_no_file() {
    let deployment = Deployment::new();
    let complaint = deployment.build(&[], LIST).complaint(1);
    for words in ["line 1 is no line of such a list", "--plain", "fix: nothing was changed"] {
        assert!(complaint.contains(words), "{complaint}");
    }
    assert!(
        deployment.build(&["--plain", "--min-count", "2"], LIST).complaint(2).contains("cannot be used with")
    );
    let nowhere = ["passwords", "build", "--from", "nowhere.txt", "--to", "breached.pcbf"];
    assert!(deployment.run(&nowhere).complaint(1).contains("nowhere.txt cannot be read"));
    assert!(!deployment.directory().join("breached.pcbf").exists());
}

#[test]
fn a_check_tells_all_that_is_wrong_and_what_would_be_better() {
    let deployment = Deployment::new();
    let refused = deployment.check(&["--email", "alice@example.com", "--json"], "alice1");
    assert_eq!(refused.code, Some(1));
    let verdict: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(
        verdict["problems"],
        json!([
            "must be at least 8 characters long",
            "must be more than the username or email address of the account"
        ])
    );
    let text = deployment.check(&["--username", "bob"], "password1").stdout;
    let expected = "refused: it must not be one of the passwords that many people have\nstrength: 0 of 4\n  This is a very common password.\n";
    assert!(text.starts_with(expected), "{text}");
}

#[tokio::test]
async fn a_server_refuses_what_is_in_the_file_and_notices_another() {
    let deployment = Deployment::new();
    deployment.build(&["--plain"], LIST).text();
    let deployment = deployment
        .with("PORTCULLIS_PASSWORD_BREACHED_FILE", "breached.pcbf")
        .with("PORTCULLIS_DIALECTS", "bearer-single");
    let server = deployment.start().await;
    let register = async |path: &str, name: &str, password: &str| {
        let body = json!({"username": name, "password": password});
        let answer = server.api().send(reqwest::Method::POST, path, None, Some(&body)).await.unwrap();
        answer.status
    };
    assert_eq!(register("/v1/register", "alice", "another one of them").await, 400);
    assert_eq!(register("/register", "alice", "another one of them").await, 400);
    deployment.build(&["--plain"], "some other password\n").text();
    assert_eq!(register("/v1/register", "alice", "another one of them").await, 201);
    assert_eq!(register("/v1/register", "bob", "some other password").await, 400);
    fs::remove_file(deployment.directory().join("breached.pcbf")).unwrap();
    fs::write(deployment.directory().join("breached.pcbf"), "damaged").unwrap();
    assert_eq!(register("/v1/register", "bob", "some other password").await, 400, "the one before goes on");
}

#[test]
fn a_server_does_not_start_with_a_file_that_is_not_there_or_another_one() {
    let deployment = Deployment::new().with("PORTCULLIS_PASSWORD_BREACHED_FILE", "breached.pcbf");
    let complaint = deployment.run(&["serve", "--port", "0"]).complaint(1);
    for words in [
        "`password.breached_file` cannot be used",
        "breached.pcbf cannot be read",
        "fix: let the user read it",
    ] {
        assert!(complaint.contains(words), "{complaint}");
    }
    fs::write(deployment.directory().join("breached.pcbf"), LIST).unwrap();
    let complaint = deployment.run(&["serve", "--port", "0"]).complaint(1);
    assert!(complaint.contains("portcullis passwords build"), "{complaint}");
    let doctor = deployment.run(&["doctor"]);
    assert!(doctor.stdout.contains("is no file of breached passwords"), "{}", doctor.stdout);
    // Whoever has to do something else in a hurry is not held up.
    assert_eq!(
        deployment
            .run_with_input(
                &["account", "create", "--username", "ada", "--password-stdin"],
                "correct horse battery\n"
            )
            .code,
        Some(0)
    );
}
