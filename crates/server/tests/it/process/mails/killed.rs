//! Is a mail lost when the process ends that has promised it?

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::time::Duration;

use portcullis_mail::testing::{Behaviour, TestMailServer};
use rustix::fs::{FlockOperation, fcntl_lock};

use super::{PASSWORD, SOON, mails_to, outbox, sign_up, use_token};
use crate::process::deployment::Deployment;
use crate::process::server::within;

/// How long the mail server takes for the mail in whose middle the process dies.
const SLOW_MILLIS: u32 = 5_000;
/// How many mails a node has in hand at once.
const LANES: usize = 4;
const PEOPLE: [&str; 5] =
    ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"];
/// When nobody has a mail any more whose holder is gone, and a bit.
const CLAIM_ENDS: Duration = Duration::from_secs(90);

/// Waits until the mail server is spoken to by as many as a node has mails in hand.
async fn all_in_hand(mails: &mut TestMailServer) {
    within(SOON, "the mail server is spoken to", async || {
        (usize::try_from(mails.state().await.connections).unwrap() == LANES).then_some(())
    })
    .await;
}

/// Keeps everybody from writing to the database, for as long as it is held.
async fn keep_from_writing(deployment: &Deployment) -> File {
    // Who holds any lock on the index of the log keeps others from the lock of the writer, which is in it.
    let index = deployment.data_dir().join("portcullis.db-shm");
    let index = OpenOptions::new().read(true).open(index).unwrap();
    let lock = async || fcntl_lock(&index, FlockOperation::NonBlockingLockShared).ok();
    within(SOON, "nobody writes", lock).await;
    index
}

// Takes a minute: so long does a mail wait whose holder has died.
#[tokio::test]
async fn what_was_promised_arrives_after_kill_9_and_what_arrives_twice_is_the_same_mail() {
    let mut mails = TestMailServer::plain().await;
    mails.behave(Behaviour::Slow(SLOW_MILLIS)).await;
    let deployment = mails_to(&mails.url());
    let mut server = deployment.start().await;
    for email in PEOPLE {
        sign_up(&server.api(), email).await;
    }
    // The first ones are at the mail server, the last waits for them. That they were taken cannot be noted.
    all_in_hand(&mut mails).await;
    let lock = keep_from_writing(&deployment).await;
    assert_eq!(mails.state().await.mails, 0, "too late to come between");
    let mut first = vec![];
    while first.len() < LANES {
        first.push(mails.next_mail().await);
    }
    server.kill();
    drop(lock);
    let left = outbox(&deployment);
    assert_eq!(left.len(), PEOPLE.len());
    assert!(left.iter().all(|mail| mail["state"] == "pending" && mail["attempts"] == 0), "{left:?}");

    mails.behave(Behaviour::Accept).await;
    let server = deployment.start().await;
    // What nobody had in hand goes out at once.
    let mut arrived = vec![mails.next_mail().await];
    assert!(first.iter().all(|mail| mail.to != arrived[0].to));
    within(CLAIM_ENDS, "the others come again", async || {
        arrived.extend(mails.mails().await);
        (arrived.len() >= PEOPLE.len()).then_some(())
    })
    .await;
    for mail in &first {
        let copy = arrived.iter().find(|copy| copy.to == mail.to).unwrap();
        assert_eq!(copy.data, mail.data);
        assert!(copy.headers["message-id"] == mail.headers["message-id"] && copy.link() == mail.link());
    }

    let mut to: Vec<_> = arrived.iter().map(|mail| mail.to.concat()).collect();
    to.sort();
    assert_eq!(to, PEOPLE);
    for mail in &arrived {
        use_token(&server.api(), mail.token().unwrap()).await.expect(200);
        server.api().log_in(&mail.to[0], PASSWORD).await.unwrap().expect(200);
    }
    assert_eq!(usize::try_from(mails.state().await.mails).unwrap(), LANES + PEOPLE.len());
    within(SOON, "all are noted as sent", async || {
        outbox(&deployment).iter().all(|mail| mail["state"] == "sent").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_process_that_is_told_to_stop_notes_the_mails_that_it_has_in_hand() {
    let mut mails = TestMailServer::plain().await;
    mails.behave(Behaviour::Slow(2_000)).await;
    let deployment = mails_to(&mails.url());
    let mut server = deployment.start().await;
    for email in PEOPLE {
        sign_up(&server.api(), email).await;
    }
    all_in_hand(&mut mails).await;
    server.terminate();
    assert!(server.end().await.success());
    let taken = mails.mails().await;
    let left = outbox(&deployment);
    let sent: BTreeSet<_> = left
        .iter()
        .filter(|mail| mail["state"] == "sent")
        .filter_map(|mail| mail["email"].as_str())
        .collect();
    assert_eq!(taken.len(), LANES);
    assert_eq!(sent, taken.iter().map(|mail| mail.to[0].as_str()).collect());
    // The other one waits for whoever comes next, and not for the end of a claim.
    mails.behave(Behaviour::Accept).await;
    let _server = deployment.start().await;
    let last = mails.next_mail().await;
    assert!(taken.iter().all(|mail| mail.to != last.to));
}
