//! What happens when pages in the middle of the database are damaged?

use std::fs;
use std::ops::Range;

use serde_json::Value;

use super::{PASSWORD, stopped};
use crate::process::client::{Answer, Tokens};
use crate::process::deployment::Deployment;
use crate::process::server::Server;

/// What SQLite reads at once.
const PAGE_BYTES: usize = 4096;

/// What a used database is, and what its owner knows.
struct Used {
    deployment: Deployment,
    bytes: Vec<u8>,
    alice: Tokens,
}

impl Used {
    async fn new() -> Self {
        let deployment = Deployment::new().with("PORTCULLIS_LOG_LEVEL", "warn");
        let server = deployment.start().await;
        let alice = server.api().newcomer("alice", PASSWORD).await;
        stopped(server).await;
        let bytes = fs::read(deployment.database()).unwrap();
        Self { deployment, bytes, alice }
    }

    fn pages(&self) -> Range<usize> {
        0..self.bytes.len() / PAGE_BYTES
    }

    /// The database as it was, but for one page.
    fn damage(&self, page: usize) {
        let mut bytes = self.bytes.clone();
        bytes[page * PAGE_BYTES..][..PAGE_BYTES].fill(0xa5);
        fs::write(self.deployment.database(), bytes).unwrap();
    }

    fn assert_still_damaged(&self, page: usize) {
        let bytes = fs::read(self.deployment.database()).unwrap();
        assert_eq!(
            bytes[page * PAGE_BYTES..][..PAGE_BYTES],
            [0xa5; PAGE_BYTES],
            "page {page} was written over"
        );
    }

    /// Uses a server on the damaged file, and stops it. Answers how many requests met the damage.
    async fn use_damaged(&self) -> usize {
        // It may say that it is not ready, and is right.
        let mut server = Server::begin(&self.deployment);
        server.listens().await;
        let api = server.api();
        let answers = [
            api.register("bob", PASSWORD).await,
            api.log_in("alice", PASSWORD).await,
            api.get("/v1/me", Some(&self.alice.access)).await,
            api.get("/v1/me/sessions", Some(&self.alice.access)).await,
            api.refresh(&self.alice.refresh).await,
            api.log_out(&self.alice.access).await,
        ];
        let failed = answers.into_iter().filter(|answer| has_failed(answer.as_ref().unwrap())).count();
        api.get("/livez", None).await.unwrap();
        stopped(server).await;
        failed
    }
}

fn has_failed(answer: &Answer) -> bool {
    if answer.status < 500 {
        return false;
    }
    assert_eq!((answer.status, &answer.body["code"]), (500, &"internal_error".into()));
    let text = answer.body.to_string();
    assert!(!text.contains("malformed") && !text.contains("database"), "{text}");
    true
}

/// What fails, as the doctor says; its exit code says so, too.
fn failures(deployment: &Deployment) -> Vec<Value> {
    let examined = deployment.run(&["doctor", "--json"]);
    assert_eq!(examined.code, Some(1), "{examined:?}");
    let answer: Value = serde_json::from_str(&examined.stdout).unwrap();
    let findings = answer["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["verdict"] == "fail" && finding["check"] != "disk").cloned().collect()
}

#[tokio::test]
async fn whichever_page_is_damaged_the_doctor_sees_it_and_a_server_refuses_or_answers_500() {
    let used = Used::new().await;
    let (mut refused, mut served, mut failed) = (0, 0, 0);
    for page in used.pages() {
        used.damage(page);
        let before = failures(&used.deployment);
        assert!(!before.is_empty(), "page {page}");
        // Opens what a server opens, and ends.
        if used.deployment.run(&["keys", "list"]).code == Some(0) {
            failed += used.use_damaged().await;
            served += 1;
        } else {
            let complaint = used.deployment.refused().complaint(1);
            assert!(complaint.contains("damaged") && complaint.contains("backup"), "{complaint}");
            refused += 1;
        }
        used.assert_still_damaged(page);
        assert_eq!(failures(&used.deployment), before, "page {page}");
    }
    assert!(refused >= 3 && served >= 3 && failed >= served, "{refused} {served} {failed}");
}

#[tokio::test]
async fn a_database_that_was_cut_short_is_refused_and_left_alone() {
    let used = Used::new().await;
    for length in [PAGE_BYTES / 2, PAGE_BYTES, used.bytes.len() / 2, used.bytes.len() - PAGE_BYTES] {
        fs::write(used.deployment.database(), &used.bytes[..length]).unwrap();
        let complaint = used.deployment.refused().complaint(1);
        assert!(complaint.contains("damaged") && complaint.contains("backup"), "{complaint}");
        assert!(!failures(&used.deployment).is_empty());
        assert_eq!(fs::read(used.deployment.database()).unwrap(), used.bytes[..length]);
    }
}
