//! Do two servers send what is in one outbox, each mail once?

use std::collections::BTreeSet;

use futures_util::future::join_all;
use portcullis_every_engine::every_engine;
use portcullis_mail::testing::{Behaviour, ReceivedMail, TestMailServer};

use super::{SOON, mailing, outbox, sign_up, use_token};
use crate::process::client::Api;
use crate::process::deployment::Deployment;
use crate::process::server::{Server, within};

const MASTER_KEY: &str = "5d9f2b70c86e41a3b7e05c1d924f8a63e1b47d08f53c926ab80e7d15f4c2396a";
const MAILS: usize = 40;
/// How long the mail server takes for one, so that nobody is through with all of them before the other begins.
const SLOW_MILLIS: u32 = 50;

/// Two servers on one database.
struct Pair {
    deployment: Deployment,
    servers: [Server; 2],
    mails: TestMailServer,
}

impl Pair {
    async fn start() -> Self {
        let mut mails = TestMailServer::plain().await;
        mails.behave(Behaviour::Slow(SLOW_MILLIS)).await;
        let deployment = Deployment::on_this_engine().await.without_limits();
        let deployment = mailing(deployment.with("PORTCULLIS_MASTER_KEY", MASTER_KEY), &mails.url());
        let servers = [deployment.start().await, deployment.start().await];
        Self { deployment, servers, mails }
    }

    /// Registers many people at both at the same time.
    async fn sign_up(&self, name: &str) -> BTreeSet<String> {
        let apis: Vec<Api> = self.servers.iter().map(Server::api).collect();
        let emails: Vec<_> = (0..MAILS).map(|number| format!("{name}-{number}@example.com")).collect();
        let asked = emails.iter().enumerate().map(|(at, email)| sign_up(&apis[at % apis.len()], email));
        join_all(asked).await;
        emails.into_iter().collect()
    }

    /// What arrives until nothing is left to send.
    async fn all_mails(&mut self, mut arrived: Vec<ReceivedMail>) -> Vec<ReceivedMail> {
        while arrived.len() < MAILS {
            arrived.push(self.mails.next_mail().await);
        }
        within(SOON, "all are noted as sent", async || {
            outbox(&self.deployment).iter().all(|mail| mail["state"] == "sent").then_some(())
        })
        .await;
        arrived.extend(self.mails.mails().await);
        arrived
    }
}

fn assert_each_has_one(arrived: &[ReceivedMail], people: &BTreeSet<String>) {
    let to: BTreeSet<_> = arrived.iter().map(|mail| mail.to.concat()).collect();
    assert_eq!(&to, people);
    assert_eq!(arrived.len(), people.len());
    let links: BTreeSet<_> = arrived.iter().map(ReceivedMail::link).collect();
    assert_eq!(links.len(), people.len());
}

fn sent_by(server: &Server) -> usize {
    server.log().matches("a mail was sent").count()
}

#[every_engine]
async fn two_nodes_share_the_work_and_nobody_gets_a_mail_twice() {
    let mut pair = Pair::start().await;
    let people = pair.sign_up("ada").await;
    let arrived = pair.all_mails(Vec::new()).await;
    assert_each_has_one(&arrived, &people);
    let shares = [sent_by(&pair.servers[0]), sent_by(&pair.servers[1])];
    assert_eq!(shares[0] + shares[1], MAILS, "{shares:?}");
    assert!(shares[0] > 0 && shares[1] > 0, "{shares:?}");
    // Whichever node was asked for a mail, and whichever sent it: its link is good at both.
    for (at, mail) in arrived.iter().enumerate().take(6) {
        use_token(&pair.servers[at % 2].api(), mail.token().unwrap()).await.expect(200);
    }
}

#[every_engine]
async fn what_one_node_leaves_when_it_is_stopped_the_other_sends() {
    let mut pair = Pair::start().await;
    let people = pair.sign_up("bob").await;
    let mut arrived = Vec::new();
    while arrived.len() < 4 {
        arrived.push(pair.mails.next_mail().await);
    }
    pair.servers[0].terminate();
    assert!(pair.servers[0].end().await.success());
    let until_then = sent_by(&pair.servers[0]);
    let arrived = pair.all_mails(arrived).await;
    assert_each_has_one(&arrived, &people);
    assert!(until_then < MAILS, "it was stopped in the middle");
    assert_eq!(until_then + sent_by(&pair.servers[1]), MAILS);
}
