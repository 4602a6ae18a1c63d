//! Where is somebody else logged in, and how does that end?

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;

use crate::api::app::App;
use crate::api::persona::Session;

fn path_of(session: &Session) -> String {
    format!("/v1/admin/accounts/{}/sessions", session.account_id)
}

#[every_engine]
async fn the_sessions_of_an_account_are_listed() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    assert_snapshot!(root.get(&path_of(&alice)).await, @r#"
    200 OK
    content-type: application/json

    {"sessions":[{"id":"[id 1]","current":false,"created_at":"2027-01-15T08:00:00.000Z","last_seen_at":"2027-01-15T08:00:00.000Z","idle_expires_at":"2027-01-29T08:00:00.000Z","expires_at":"2027-02-14T08:00:00.000Z","address":"192.0.2.7","user_agent":"phone/1"}],"next":null}
    "#);
    assert_eq!(root.get(&format!("{}?limit=0", path_of(&alice))).await.code(), "invalid_request");
    let own = root.get(&path_of(&root)).await.json();
    assert_eq!(own["sessions"][0]["current"], false, "to an administrator no session is the current one");
}

#[every_engine]
async fn one_session_of_an_account_is_ended() {
    let app = App::start().await;
    let (root, bob) = (app.root().logged_in_by_cookie().await, app.bob().logged_in().await);
    let (alice, other) = (app.alice().logged_in().await, app.alice().logs_in().await);
    let path = format!("{}/{}", path_of(&alice), alice.session_id);
    assert_eq!(root.delete(&path).await.status, 204);
    assert_eq!(alice.is_let_in().await.code(), "session_ended");
    assert_eq!(other.is_let_in().await.status, 200);
    assert_snapshot!(root.delete(&path).without("origin").await, @r#"
    404 Not Found
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:not_found","title":"There is nothing here","status":404,"code":"not_found","detail":"The account has no such live session.","request_id":"[request]"}
    "#);
    let of_somebody_else = format!("{}/{}", path_of(&alice), bob.session_id);
    assert_eq!(root.delete(&of_somebody_else).await.code(), "not_found");
    assert_eq!(root.delete(&format!("{}/x", path_of(&alice))).await.code(), "not_found");
    assert_eq!(bob.is_let_in().await.status, 200);
}

#[every_engine]
async fn of_two_who_end_a_session_at_once_one_does() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    app.store.let_two_meet_at("revoke_session");
    let (one, other) = root.delete(&format!("{}/{}", path_of(&alice), alice.session_id)).twice().await;
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404]);
}

#[every_engine]
async fn all_sessions_of_an_account_are_ended() {
    let app = App::start().await;
    let (root, bob) = (app.root().logged_in().await, app.bob().logged_in().await);
    let (alice, other) = (app.alice().logged_in().await, app.alice().logs_in_by_cookie().await);
    assert_snapshot!(root.delete(&path_of(&alice)).await, @r#"
    200 OK
    content-type: application/json

    {"sessions_ended":2}
    "#);
    for session in [&alice, &other] {
        assert_eq!(session.is_let_in().await.code(), "session_ended");
        assert_eq!(session.refreshes().await.code(), "invalid_refresh_token");
    }
    assert_eq!(bob.is_let_in().await.status, 200);
    assert_eq!(root.delete(&path_of(&alice)).await.json()["sessions_ended"], 0);
    assert_eq!(app.alice().logs_in().await.is_let_in().await.status, 200);
}
