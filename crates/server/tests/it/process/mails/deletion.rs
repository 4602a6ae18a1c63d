//! Does an account end when its grace is over, and not before?
//!
//! A running server looks every minute, and when it starts: so these tests start it again.

use portcullis_mail::testing::TestMailServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, SOON, join, mails_to, use_token};
use crate::process::client::Api;
use crate::process::server::within;

const ALICE: &str = "alice@example.com";

/// Deletes the account that somebody has; answers when it ends.
async fn leave(api: &Api, email: &str) -> Value {
    let tokens = api.log_in(email, PASSWORD).await.unwrap().tokens();
    let body = json!({ "password": PASSWORD });
    let answer = api.send(Method::DELETE, "/v1/me", Some(&tokens.access), Some(&body)).await.unwrap();
    assert_eq!(api.check(&tokens.access).await.unwrap().refusal(401), "session_ended");
    answer.expect(202)["delete_at"].clone()
}

#[tokio::test]
async fn an_account_is_gone_after_its_grace_and_the_address_is_free_again() {
    let mut mails = TestMailServer::plain().await;
    let deployment = mails_to(&mails.url()).with("PORTCULLIS_ACCOUNT_DELETION_GRACE", "5s");
    let mut server = deployment.start().await;
    let api = server.api();
    join(&api, &mut mails, ALICE).await;
    let delete_at = leave(&api, ALICE).await;
    let scheduled = mails.next_mail().await;
    assert_eq!(scheduled.subject, "Your account at Portcullis will be deleted");
    let shown = deployment.run(&["account", "show", ALICE, "--json"]).json();
    assert!(delete_at.is_string() && shown["account"]["delete_at"].is_string(), "{shown}");
    server.terminate();
    assert!(server.end().await.success());

    let token = scheduled.token().unwrap();
    within(SOON, "a server that starts deletes what is due", async || {
        let mut server = deployment.start().await;
        let gone = server.log().contains("accounts are gone that their owners had deleted");
        server.terminate();
        assert!(server.end().await.success());
        (gone || server.log().contains("accounts are gone that their owners had deleted")).then_some(())
    })
    .await;
    let server = deployment.start().await;
    let api = server.api();
    assert_eq!(api.log_in(ALICE, PASSWORD).await.unwrap().refusal(401), "invalid_credentials");
    let kept = api.post("/v1/account/keep", None, json!({ "token": token })).await.unwrap();
    assert_eq!(kept.refusal(400), "invalid_one_time_token");
    assert!(deployment.run(&["account", "show", ALICE]).complaint(1).contains("no account"));
    let told = mails.next_mail().await;
    assert_eq!(
        (told.to.concat().as_str(), told.subject.as_str()),
        (ALICE, "Your account at Portcullis was deleted")
    );
    join(&api, &mut mails, ALICE).await;
    api.log_in(ALICE, PASSWORD).await.unwrap().expect(200);
}

#[tokio::test]
async fn an_account_whose_owner_uses_the_link_stays() {
    let mut mails = TestMailServer::plain().await;
    let deployment = mails_to(&mails.url()).with("PORTCULLIS_ACCOUNT_DELETION_GRACE", "1h");
    let server = deployment.start().await;
    let api = server.api();
    join(&api, &mut mails, ALICE).await;
    leave(&api, ALICE).await;
    let scheduled = mails.next_mail().await;
    assert_eq!(api.log_in(ALICE, PASSWORD).await.unwrap().refusal(403), "account_disabled");
    let shown = deployment.run(&["account", "show", ALICE]).text();
    assert!(shown.lines().any(|line| line.starts_with("deleted at")), "{shown}");
    let token = scheduled.token().unwrap();
    assert_eq!(use_token(&api, token).await.refusal(400), "invalid_one_time_token");
    let kept = api.post("/v1/account/keep", None, json!({ "token": token })).await.unwrap();
    assert_eq!(kept.status, 204);
    api.log_in(ALICE, PASSWORD).await.unwrap().expect(200);
    let shown = deployment.run(&["account", "show", ALICE]).text();
    assert!(!shown.lines().any(|line| line.starts_with("deleted at")), "{shown}");
}
