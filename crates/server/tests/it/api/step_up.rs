//! What asks for a proof of the person that is recent, and how is one given?

use std::time::Duration;

use http::Method;
use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::App;
use super::client::{ACCESS_COOKIE, Answer, Call, REFRESH_COOKIE};
use super::forge::claims_of;
use super::persona::{Persona, Session};

const PATH: &str = "/v1/me/reauthenticate";

/// Sixteen minutes pass; the session is refreshed on the way.
async fn quarter_of_an_hour_later(app: &App, session: &Session) {
    app.pass(Duration::from_mins(10));
    assert_eq!(session.refreshes().await.status, 200);
    app.pass(Duration::from_mins(6));
}

fn prove(session: &Session, who: Persona<'_>) -> Call {
    session.post(PATH).json(&json!({"password": who.password()}))
}

/// What needs a recent proof.
fn sensitive(root: &Session, target: &Session) -> [Call; 6] {
    let account = format!("/v1/admin/accounts/{}", target.account_id);
    let new = json!({"username": "chief", "password": "chief's correct horse", "role": "admin"});
    [
        root.patch(&account).json(&json!({"disabled": true})),
        root.patch(&account).json(&json!({"role": "admin"})),
        root.delete(&account),
        root.post("/v1/admin/accounts").json(&new),
        root.post("/v1/admin/keys/rotate").json(&json!({"purpose": "access_token"})),
        root.post("/v1/admin/keys/rotate").json(&json!({"purpose": "refresh_token", "urgency": "emergency"})),
    ]
}

#[every_engine]
async fn a_login_of_some_time_ago_is_no_proof_for_what_is_sensitive() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    quarter_of_an_hour_later(&app, &root).await;
    assert_snapshot!(sensitive(&root, &alice)[0].clone().await, @r#"
    403 Forbidden
    www-authenticate: Bearer realm="portcullis", error="insufficient_user_authentication", error_description="A more recent authentication is required", max_age="900"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:reauthentication_required","title":"The password has to be given again","status":403,"code":"reauthentication_required","request_id":"[request]"}
    "#);
    let keys = app.auth.key_infos();
    for call in sensitive(&root, &alice) {
        assert_eq!(call.await.code(), "reauthentication_required");
    }
    alice.refreshes().await;
    assert_eq!(alice.get("/v1/me").await.json()["account"]["role"], "user");
    assert_eq!(app.auth.key_infos(), keys);
}

#[every_engine]
async fn everything_else_goes_on_without_a_new_proof() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    quarter_of_an_hour_later(&app, &root).await;
    let account = format!("/v1/admin/accounts/{}", alice.account_id);
    for (call, status) in [
        (root.get("/v1/admin/accounts"), 200),
        (root.get("/v1/admin/audit"), 200),
        (root.patch(&account).json(&json!({"disabled": false})), 200),
        (root.post("/v1/admin/accounts").json(&json!({"username": "bob", "password": "long enough"})), 201),
        (root.delete(&format!("{account}/sessions")), 200),
        (root.patch("/v1/me").json(&json!({"name": "Root"})), 200),
        (root.get("/v1/me/sessions"), 200),
        (root.delete(&format!("/v1/me/sessions/{}", root.session_id)), 204),
    ] {
        let answer = call.await;
        assert_eq!(answer.status, status, "{answer}");
    }
}

#[every_engine]
async fn whoever_holds_a_session_of_some_time_ago_cannot_end_the_others() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    quarter_of_an_hour_later(&app, &alice).await;
    let other = app.alice().logs_in().await;
    let one = format!("/v1/me/sessions/{}", other.session_id);
    let logout = |which: &str| alice.post("/v1/logout").json(&json!({"sessions": which}));
    for call in [alice.delete(&one), alice.delete("/v1/me/sessions"), logout("others"), logout("all")] {
        assert_eq!(call.await.code(), "reauthentication_required");
    }
    assert_eq!(other.get("/v1/me").await.status, 200);

    let fresh = prove(&alice, app.alice()).await.access_token().unwrap();
    assert_eq!(app.call("DELETE", &one).bearer(&fresh).await.status, 204);
    assert_eq!(other.get("/v1/me").await.code(), "session_ended");
    assert_eq!(logout("this").await.status, 204, "its own session ends without a proof");
}

#[every_engine]
async fn the_password_given_again_is_a_proof_for_a_quarter_of_an_hour() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    quarter_of_an_hour_later(&app, &root).await;
    let proved = prove(&root, app.root()).await;
    assert_snapshot!(proved, @r#"
    200 OK
    content-type: application/json

    {"session_id":"[id 1]","token_type":"Bearer","access_token":"[access token]","expires_in":900,"refresh_token":"[refresh token]","refresh_expires_in":1209600}
    "#);
    assert_eq!(proved.json()["session_id"], root.session_id.as_str());
    let demote = |token: &str| {
        app.call("PATCH", &format!("/v1/admin/accounts/{}", alice.account_id))
            .bearer(token)
            .json(&json!({"disabled": true}))
    };
    assert_eq!(demote(&root.access()).await.code(), "reauthentication_required", "the token of before");
    let fresh = proved.access_token().unwrap();
    assert_eq!(demote(&fresh).await.status, 200);

    // A refresh is no proof, and takes none away.
    let refresh = |token: String| app.post("/v1/token/refresh").json(&json!({"refresh_token": token}));
    app.pass(Duration::from_mins(14));
    let refreshed = refresh(proved.refresh_token().unwrap()).await;
    assert_eq!(demote(&refreshed.access_token().unwrap()).await.status, 200);
    app.pass(Duration::from_mins(2));
    assert_eq!(demote(&refreshed.access_token().unwrap()).await.code(), "reauthentication_required");
}

#[every_engine]
async fn an_access_token_says_when_the_person_proved_who_they_are() {
    let app = App::start().await;
    let began_at = app.auth.now().as_seconds();
    let alice = app.alice().logged_in().await;
    assert_eq!(claims_of(&alice)["auth_time"], began_at);
    app.pass(Duration::from_mins(5));
    alice.refreshes().await;
    assert_eq!(claims_of(&alice)["auth_time"], began_at);
    let proved = prove(&alice, app.alice()).await;
    let claims = payload(&proved.access_token().unwrap());
    assert_eq!((&claims["auth_time"], &claims["sid"]), (&json!(began_at + 300), &json!(alice.session_id)));
}

fn payload(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap())
        .unwrap()
}

#[every_engine]
async fn a_browser_gets_its_new_tokens_in_cookies_and_has_to_be_the_one_who_asks() {
    let app = App::start().await;
    let root = app.root().logged_in_by_cookie().await;
    let bob = app.bob().logged_in().await;
    quarter_of_an_hour_later(&app, &root).await;
    let forged = prove(&root, app.root()).without("x-csrf-token").await;
    assert_eq!(forged.code(), "csrf_failed");
    let proved = prove(&root, app.root()).await;
    assert_eq!(proved.status, 200, "{proved}");
    assert!(proved.json()["csrf_token"].is_string() && proved.json()["access_token"].is_null());
    let cookies =
        [ACCESS_COOKIE, REFRESH_COOKIE].map(|name| format!("{name}={}", proved.cookie(name).unwrap()));
    let demote =
        root.patch(&format!("/v1/admin/accounts/{}", bob.account_id)).json(&json!({"disabled": true}));
    assert_eq!(demote.clone().await.code(), "reauthentication_required");
    assert_eq!(demote.header("cookie", &cookies.join("; ")).await.status, 200);
}

#[every_engine]
async fn a_wrong_password_proves_nothing_and_is_counted() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    assert_snapshot!(alice.post(PATH).json(&json!({"password": "wrong"})).await, @r#"
    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:wrong_password","title":"The password is wrong","status":403,"code":"wrong_password","errors":[{"field":"password","code":"wrong","message":"must be the password of the account"}],"request_id":"[request]"}
    "#);
    for _ in 0..20 {
        alice.post(PATH).json(&json!({"password": "wrong"})).await;
    }
    let refused = prove(&alice, app.alice()).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "too_many_attempts"));
    assert_eq!(alice.refreshes().await.status, 200, "the session itself goes on");
}

#[every_engine]
async fn a_copy_of_the_refresh_token_of_before_shares_in_nothing() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let stolen = alice.refresh_call().by_a_thief();
    let proved = prove(&alice, app.alice()).await;
    app.pass(Duration::from_mins(1));
    assert_eq!(stolen.await.code(), "refresh_token_reused");
    let check = app.get("/v1/token/check").bearer(&proved.access_token().unwrap()).await;
    assert_eq!(check.code(), "session_ended");
}

#[every_engine]
async fn a_session_that_ended_at_another_node_takes_no_proof() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let elsewhere = app.second_process().await;
    assert_eq!(alice.post("/v1/logout").await.status, 204);
    let answer = prove(&alice, app.alice()).to(&elsewhere).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "session_ended"));
}

#[every_engine]
async fn of_two_proofs_at_once_both_succeed() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    app.store.let_two_meet_at("reauthenticate_session");
    let (one, two) = prove(&alice, app.alice()).twice().await;
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200));
    for answer in [one, two] {
        let refreshed = app
            .post("/v1/token/refresh")
            .json(&json!({"refresh_token": answer.refresh_token().unwrap()}))
            .await;
        assert_eq!(refreshed.status, 200);
    }
}

#[every_engine]
async fn the_owner_sees_proofs_that_succeeded_and_that_failed() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    alice.post(PATH).json(&json!({"password": "wrong"})).await;
    let proved: Answer = prove(&alice, app.alice()).await;
    let call = Call::new(&app, Method::GET, "/v1/me/events").bearer(&proved.access_token().unwrap());
    let events = call.await.json();
    let kinds: Vec<_> =
        events["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"reauthenticated") && kinds.contains(&"reauthentication_failed"), "{kinds:?}");
}
