//! Which accounts are there, and what becomes of them?

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::json;

use crate::api::app::App;
use crate::api::persona::Session;

fn path_of(session: &Session) -> String {
    format!("/v1/admin/accounts/{}", session.account_id)
}

const NOBODY: &str = "/v1/admin/accounts/00000000-0000-0000-0000-000000000000";

#[every_engine]
async fn accounts_are_listed_by_number() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    app.alice().registered().await;
    assert_snapshot!(root.get("/v1/admin/accounts").await, @r#"
    200 OK
    content-type: application/json

    {"accounts":[{"id":"[id 1]","number":1,"email":"root@example.com","email_verified":false,"username":"root","name":null,"bio":null,"contact":null,"locale":null,"role":"admin","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:00.000Z","external_id":null,"disabled_at":null,"delete_at":null},{"id":"[id 2]","number":2,"email":"alice@example.com","email_verified":false,"username":"alice","name":"alice","bio":null,"contact":null,"locale":null,"role":"user","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:00.000Z","external_id":null,"disabled_at":null,"delete_at":null}],"next":null}
    "#);
}

#[every_engine]
async fn a_long_list_comes_in_pages_that_miss_nothing() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    for number in 2..=7 {
        let body = json!({"username": format!("user-{number}"), "password": "long enough"});
        assert_eq!(app.post("/v1/register").json(&body).await.status, 201);
    }
    let (mut seen, mut path) = (Vec::new(), "/v1/admin/accounts?limit=3".to_owned());
    loop {
        let page = root.get(&path).await.json();
        seen.extend(
            page["accounts"].as_array().unwrap().iter().map(|account| account["number"].as_i64().unwrap()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/admin/accounts?limit=3&after={next}");
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    for query in ["limit=0", "after=x", "role=admin", "after=1.5"] {
        assert_eq!(
            root.get(&format!("/v1/admin/accounts?{query}")).await.code(),
            "invalid_request",
            "{query}"
        );
    }
}

#[every_engine]
async fn an_account_is_created_with_a_role() {
    let app = App::start().await;
    let root = app.root().logged_in_by_cookie().await;
    let body =
        json!({"email": "deputy@example.com", "password": "correct horse", "role": "admin", "bio": "Deputy"});
    let answer = root.post("/v1/admin/accounts").without("origin").json(&body).await;
    assert_snapshot!(answer, @r#"
    201 Created
    content-type: application/json
    location: /v1/admin/accounts/[id 1]

    {"account":{"id":"[id 1]","number":2,"email":"deputy@example.com","email_verified":false,"username":null,"name":null,"bio":"Deputy","contact":null,"locale":null,"role":"admin","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:00.000Z","external_id":null,"disabled_at":null,"delete_at":null}}
    "#);
    let location = answer.header("location").unwrap().to_owned();
    assert_eq!(root.get(&location).await.json()["account"], answer.json()["account"]);
    let login = app
        .post("/v1/login")
        .json(&json!({"identifier": "deputy@example.com", "password": "correct horse"}))
        .await;
    assert_eq!(Session::of(&app, &login).get("/v1/admin/keys").await.status, 200);
}

#[every_engine]
async fn an_account_that_cannot_be_is_not_created() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    app.alice().registered().await;
    let create = async |body| root.post("/v1/admin/accounts").json(&body).await;
    assert_eq!(
        create(json!({"email": app.alice().email(), "password": "long enough"})).await.code(),
        "email_taken"
    );
    assert_eq!(
        create(json!({"username": "Alice", "password": "long enough"})).await.code(),
        "username_taken"
    );
    assert_eq!(create(json!({"password": "long enough"})).await.code(), "invalid_request");
    assert_snapshot!(create(json!({"username": "x", "password": "long enough", "role": "root"})).await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"role","code":"unknown_value","message":"must be one of: user, admin"},{"field":"username","code":"wrong_length","message":"must be 3 to 64 characters long"}],"request_id":"[request]"}
    "#);
    assert_eq!(root.get("/v1/admin/accounts").await.json()["accounts"].as_array().unwrap().len(), 2);
}

#[every_engine]
async fn a_disabled_account_is_out_at_once_and_back_when_it_is_enabled() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    app.pass(Duration::from_secs(1));
    assert_snapshot!(root.patch(&path_of(&alice)).json(&json!({"disabled": true})).await, @r#"
    200 OK
    content-type: application/json

    {"account":{"id":"[id 1]","number":2,"email":"alice@example.com","email_verified":false,"username":"alice","name":"alice","bio":null,"contact":null,"locale":null,"role":"user","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:01.000Z","external_id":null,"disabled_at":"2027-01-15T08:00:01.000Z","delete_at":null}}
    "#);
    assert_eq!(alice.is_let_in().await.code(), "session_ended");
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token");
    app.pass(Duration::from_secs(1));
    let again = root.patch(&path_of(&alice)).json(&json!({"disabled": true, "role": null})).await;
    assert_eq!(again.json()["account"]["disabled_at"], "2027-01-15T08:00:01.000Z", "it keeps its date");
    let enabled = root.patch(&path_of(&alice)).json(&json!({"disabled": false})).await;
    assert_eq!(enabled.json()["account"]["disabled_at"], json!(null));
    assert_eq!(alice.refreshes().await.code(), "invalid_refresh_token", "its sessions have ended for good");
    assert_eq!(app.alice().logs_in().await.is_let_in().await.status, 200);
}

#[every_engine]
async fn a_change_of_nothing_changes_nothing() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    for body in [json!({}), json!({"disabled": null, "role": null})] {
        let answer = root.patch(&path_of(&alice)).json(&body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["account"]["role"]), (200, &json!("user")));
    }
    assert_eq!(alice.is_let_in().await.status, 200);
}

#[every_engine]
async fn an_administrator_stays_who_can_undo_things() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    let own = path_of(&root);
    assert_snapshot!(root.delete(&own).await, @r#"
    409 Conflict
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:own_account","title":"This cannot be done to the own account","status":409,"code":"own_account","request_id":"[request]"}
    "#);
    app.store.take_calls();
    for body in [
        json!({"disabled": true}),
        json!({"role": "user"}),
        json!({"disabled": true, "role": "admin"}),
        json!({"disabled": false, "role": "user"}),
    ] {
        assert_eq!(root.patch(&own).json(&body).await.code(), "own_account", "{body}");
        let calls = app.store.take_calls();
        assert!(calls.iter().all(|call| *call == "find_account"), "{body}: {calls:?}");
    }
    assert_eq!(root.patch(&own).json(&json!({"role": "admin", "disabled": false})).await.status, 200);
    assert_eq!(root.get("/v1/admin/keys").await.status, 200);
}

#[every_engine]
async fn an_account_is_deleted_for_good_and_once() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    app.store.let_two_meet_at("delete_account");
    let (one, other) = root.delete(&path_of(&alice)).twice().await;
    let mut outcomes = [(one.status.as_u16(), one.code()), (other.status.as_u16(), other.code())];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(204, String::new()), (404, "not_found".into())]);
    assert_eq!(alice.is_let_in().await.code(), "session_ended");
    assert_eq!(root.get(&path_of(&alice)).await.code(), "not_found");
    assert_eq!(app.post("/v1/login").json(&app.alice().credentials()).await.code(), "invalid_credentials");
}

#[every_engine]
async fn nobodys_account_is_not_found_by_any_route() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    assert_snapshot!(root.get(NOBODY).await, @r#"
    404 Not Found
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:not_found","title":"There is nothing here","status":404,"code":"not_found","detail":"There is no such account.","request_id":"[request]"}
    "#);
    for path in [
        NOBODY,
        "/v1/admin/accounts/1",
        "/v1/admin/accounts/..%2f",
        "/v1/admin/accounts/%27--",
        "/v1/admin/accounts/%00",
    ] {
        for call in [
            root.get(path),
            root.patch(path).json(&json!({"disabled": true})),
            root.patch(path).json(&json!({"disabled": false})),
            root.patch(path).json(&json!({"role": "admin"})),
            root.patch(path).json(&json!({})),
            root.delete(path),
            root.get(&format!("{path}/sessions")),
            root.delete(&format!("{path}/sessions")),
            root.delete(&format!("{path}/sessions/{}", root.session_id)),
        ] {
            let answer = call.await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{path}");
        }
    }
}
