//! Does what a backend of this contract issued go on working, for whom it should and no longer than it should?

use std::time::Duration;

use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::{Account, Timestamp, Username};
use portcullis_core::verifier::{LegacyShape, LegacyVerifier};
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::super::forge;
use super::super::server::{ACCESS_SECRET, Server, Setup};
use super::{NAME, credentials, log_in, newcomer, protected, register};

const WEEK_S: i64 = 7 * 86_400;

/// The token that the older backend gave an account: it has no end.
fn old_token(username: &str, issued_s: i64) -> String {
    forge::sign(&json!({ "username": username, "iat": issued_s }), ACCESS_SECRET)
}

async fn import(server: &Server, number: i64, username: &str) -> Account {
    let change = |account: &mut Account| {
        account.email = None;
        account.username = Username::exact(username).ok();
    };
    server.import(number, change).await
}

#[every_engine]
async fn nobody_is_logged_out_by_the_switch() {
    let server = Server::speaking(NAME).await;
    import(&server, 41, "Ada").await;
    let old = old_token("Ada", server.now_s() - 120);
    assert_eq!(protected(&server, &old).await, 200);
    assert_eq!(protected(&server.another_process().await, &old).await, 200);
    let answer = log_in(&server, "Ada").await;
    assert_eq!(forge::claims(&answer.text("token"))["username"], "Ada");
    assert_eq!(register(&server, "Ada").await.status, 409);
}

#[every_engine]
async fn accounts_whose_names_differ_in_case_only_come_side_by_side() {
    let server = Server::speaking(NAME).await;
    let (ada, loud) = (import(&server, 41, "Ada").await, import(&server, 42, "ADA").await);
    let issued_s = server.now_s() - 120;
    for (username, account) in [("Ada", &ada), ("ADA", &loud)] {
        assert_eq!(protected(&server, &old_token(username, issued_s)).await, 200, "{username}");
        let claims = forge::claims(&log_in(&server, username).await.text("token"));
        assert_eq!((&claims["username"], &claims["sub"]), (&json!(username), &json!(account.id.to_string())));
    }
    assert_eq!(protected(&server, &old_token("ada", issued_s)).await, 403);
    server.auth.disable_account(&Administrator::operator(), ada.id).await.unwrap();
    assert_eq!(protected(&server, &old_token("Ada", issued_s)).await, 403);
    assert_eq!(protected(&server, &old_token("ADA", issued_s)).await, 200);
}

#[every_engine]
async fn a_token_without_an_end_counts_for_a_week_if_it_is_from_before_the_switch() {
    let server = Server::speaking(NAME).await;
    import(&server, 41, "Ada").await;
    newcomer(&server, "here").await;
    let now = server.now_s();
    for (username, issued_s, status, what) in [
        ("Ada", now - 120, 200, "before the cut-over"),
        ("Ada", now - WEEK_S + 1, 200, "almost a week old"),
        ("Ada", now - WEEK_S, 403, "a week old"),
        ("Ada", now - 10, 403, "after the cut-over"),
        ("Ada", now + 10, 403, "in the future"),
        ("here", now, 403, "an account that was made here"),
        ("here", now - 120, 403, "an account that was made here, at a time when it was not"),
        ("nobody", now - 120, 403, "nobody"),
    ] {
        assert_eq!(protected(&server, &old_token(username, issued_s)).await, status, "{what}");
    }
    let timeless = forge::sign(&json!({ "username": "Ada" }), ACCESS_SECRET);
    assert_eq!(protected(&server, &timeless).await, 403);
    let old = old_token("Ada", now - 120);
    server.pass(Duration::from_hours(24 * 7));
    assert_eq!(protected(&server, &old).await, 403);
}

#[every_engine]
async fn another_service_that_holds_the_secret_is_believed_up_to_exp() {
    let server = Server::speaking(NAME).await;
    import(&server, 41, "Ada").await;
    newcomer(&server, "here").await;
    let now = server.now_s();
    for username in ["Ada", "here"] {
        let token = forge::sign(&json!({ "username": username, "iat": now, "exp": now + 60 }), ACCESS_SECRET);
        assert_eq!(protected(&server, &token).await, 200, "{username}");
        let over = forge::sign(&json!({ "username": username, "iat": now - 90, "exp": now }), ACCESS_SECRET);
        assert_eq!(protected(&server, &over).await, 403, "{username}");
        let early = json!({ "username": username, "iat": now, "nbf": now + 5, "exp": now + 60 });
        assert_eq!(protected(&server, &forge::sign(&early, ACCESS_SECRET)).await, 403, "{username}");
        let tomorrow = json!({ "username": username, "iat": now, "exp": "tomorrow" });
        assert_eq!(protected(&server, &forge::sign(&tomorrow, ACCESS_SECRET)).await, 403, "{username}");
    }
}

#[every_engine]
async fn what_ends_all_sessions_of_an_account_ends_its_old_tokens() {
    let server = Server::speaking(NAME).await;
    let operator = Administrator::operator();
    let issued_s = server.now_s() - 120;
    let (ended, renewed) = (import(&server, 41, "ended").await, import(&server, 42, "renewed").await);
    let (disabled, deleted) = (import(&server, 43, "disabled").await, import(&server, 44, "deleted").await);
    server.auth.revoke_sessions_of(&operator, ended.id).await.unwrap();
    server.auth.set_password(renewed.id, &"another long password".to_owned().into()).await.unwrap();
    server.auth.disable_account(&operator, disabled.id).await.unwrap();
    server.auth.delete_account(&operator, deleted.id).await.unwrap();
    for username in ["ended", "renewed", "disabled", "deleted"] {
        assert_eq!(protected(&server, &old_token(username, issued_s)).await, 403, "{username}");
    }
    // Nor does it come back with the account, or with its name.
    server.auth.enable_account(&operator, disabled.id).await.unwrap();
    register(&server, "deleted").await;
    for username in ["disabled", "deleted"] {
        assert_eq!(protected(&server, &old_token(username, issued_s)).await, 403, "{username}");
    }
    let restarted = server.another_process().await;
    assert_eq!(protected(&restarted, &old_token("ended", issued_s)).await, 403);
}

#[every_engine]
async fn a_disabled_account_comes_disabled() {
    let server = Server::speaking(NAME).await;
    let now = server.now_s();
    server
        .import(41, |account| {
            account.username = Username::exact("Ada").ok();
            account.disabled_at = Some(Timestamp::from_seconds(now));
        })
        .await;
    assert_eq!(protected(&server, &old_token("Ada", now - 120)).await, 403);
    assert_eq!(log_in(&server, "Ada").await.status, 401);
}

#[every_engine]
async fn services_of_the_older_system_go_on_checking_tokens() {
    let server = Server::speaking(NAME).await;
    import(&server, 41, "Ada").await;
    let now = server.now_s();
    let token = log_in(&server, "Ada").await.text("token");
    let verifier = LegacyVerifier::new(LegacyShape::BearerSingle, ACCESS_SECRET).unwrap();
    assert_eq!(verifier.verify_at(&token, now).unwrap().username.as_deref(), Some("Ada"));
    assert!(verifier.verify_at(&old_token("Ada", now - 120), now).is_err());
    let lenient = verifier.accept_without_exp(Duration::from_hours(24 * 7));
    assert_eq!(lenient.verify_at(&old_token("Ada", now - 120), now).unwrap().exp, None);
}

#[every_engine]
async fn old_tokens_count_under_a_prefix_and_in_production() {
    let setup = Setup::of(&["bearer-single=/old"]).in_production();
    let server = Server::start(setup).await;
    import(&server, 41, "Ada").await;
    let old = old_token("Ada", server.now_s() - 120);
    assert_eq!(server.get_as("/old/protected", &old).await.status, 200);
    assert_eq!(server.post("/old/login", &credentials("Ada", super::PASSWORD)).await.status, 200);
}
