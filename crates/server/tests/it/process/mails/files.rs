//! What becomes of mails that are written into a directory?

use std::fs;

use super::{SOON, assert_says, mails_to, sign_up};
use crate::process::deployment::mode_of;
use crate::process::server::within;

#[tokio::test]
async fn every_mail_becomes_a_file_that_only_its_owner_reads() {
    let deployment = mails_to("file:data/mails");
    let server = deployment.start().await;
    let people = ["alice@example.com", "bob@example.com", "carol@example.com"];
    for email in people {
        sign_up(&server.api(), email).await;
    }
    let directory = deployment.data_dir().join("mails");
    let files = within(SOON, "three mails are there", async || {
        let files: Vec<_> = fs::read_dir(&directory).ok()?.map(|entry| entry.unwrap().path()).collect();
        let is_whole = files.iter().all(|path| path.extension().is_some_and(|end| end == "eml"));
        (is_whole && files.len() == people.len()).then_some(files)
    })
    .await;
    assert_eq!(mode_of(&directory), 0o700);
    let mut messages = Vec::new();
    for path in &files {
        assert_eq!(mode_of(path), 0o600, "{}", path.display());
        assert!(path.to_string_lossy().contains("Z-confirm_registration-"), "{}", path.display());
        messages.push(fs::read_to_string(path).unwrap());
    }
    for email in people {
        let to = format!("To: {email}\r\n");
        assert_eq!(messages.iter().filter(|message| message.contains(&to)).count(), 1, "{messages:?}");
    }
    assert!(messages.iter().all(|message| message.contains("Auto-Submitted: auto-generated\r\n")));
    assert!(!server.log().contains("alice@"), "{}", server.log());
}

#[test]
fn a_directory_that_cannot_be_made_is_told_before_the_start() {
    let deployment = mails_to("file:notes/mails");
    assert!(deployment.run(&["doctor"]).stdout.contains("to file:notes/mails"));
    assert!(!deployment.directory().join("notes").exists(), "nothing is made");
    fs::write(deployment.directory().join("notes"), "a file").unwrap();
    let report = deployment.run(&["doctor"]).stdout;
    assert_says(
        &report,
        &["mails cannot be written into notes/mails", "is no directory", "no server starts"],
    );
    assert_says(&deployment.refused().complaint(1), &["notes/mails (mail.url)"]);
}

#[tokio::test]
async fn on_the_console_mails_appear_where_the_server_was_started() {
    let server = mails_to("console:").start().await;
    sign_up(&server.api(), "alice@example.com").await;
    within(SOON, "the mail is shown", async || {
        let log = server.log();
        (log.contains("Mail to alice@example.com")
            && log.contains("https://acme.example/account/confirm?token="))
        .then_some(())
    })
    .await;
}
