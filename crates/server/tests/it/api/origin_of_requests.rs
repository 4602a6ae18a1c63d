//! What is believed of where a request comes from, and what it is called?

use http::HeaderValue;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, PROXY, Setup};
use super::client::Call;
use super::persona::Session;

/// What the server wrote down about the client of a login.
async fn seen(app: &App, change: impl FnOnce(Call) -> Call) -> (Value, Value) {
    let login = change(app.post("/v1/login").json(&app.alice().credentials())).await;
    let session = Session::of(app, &login);
    let list = session.get("/v1/me/sessions?limit=1").await.json();
    let seen = &list["sessions"][0];
    assert_eq!(seen["id"], session.session_id);
    app.pass(std::time::Duration::from_secs(1));
    (seen["address"].clone(), seen["user_agent"].clone())
}

#[every_engine]
async fn the_address_is_that_of_the_peer_unless_the_peer_is_a_proxy() {
    let app = App::start().await;
    app.alice().registered().await;
    for (peer, forwarded, expected) in [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", Some("203.0.113.1"), "192.0.2.7"),
        (PROXY, Some("203.0.113.1"), "203.0.113.1"),
        (PROXY, Some("1.1.1.1, 203.0.113.1"), "203.0.113.1"),
        (PROXY, Some("203.0.113.1, 10.0.0.2"), "10.0.0.2"),
        (PROXY, Some("[2001:db8::1]:443"), "2001:db8::1"),
        (PROXY, Some("'; drop table sessions"), PROXY),
        (PROXY, None, PROXY),
        ("::ffff:192.0.2.7", None, "192.0.2.7"),
        ("2001:db8::7", None, "2001:db8::7"),
    ] {
        let (address, _) = seen(&app, |call| match forwarded {
            Some(forwarded) => call.from(peer).header("x-forwarded-for", forwarded),
            None => call.from(peer),
        })
        .await;
        assert_eq!(address, expected, "{peer} {forwarded:?}");
    }
    for name in ["forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip", "x-client-ip"] {
        let (address, _) = seen(&app, |call| call.from(PROXY).header(name, "203.0.113.1")).await;
        assert_eq!(address, PROXY, "{name}");
    }
    let (address, _) = seen(&app, Call::without_address).await;
    assert_eq!(address, Value::Null);
}

#[every_engine]
async fn a_user_agent_is_cut_and_kept_as_text() {
    let app = App::start().await;
    app.alice().registered().await;
    let (_, agent) = seen(&app, |call| call.header("user-agent", &"x".repeat(1000))).await;
    assert_eq!(agent, "x".repeat(256));
    let (_, agent) = seen(&app, |call| call.header("user-agent", "<b>\"'\t;--")).await;
    assert_eq!(agent, "<b>\"';--");
    let (_, agent) = seen(&app, |call| call.without("user-agent")).await;
    assert_eq!(agent, Value::Null);
    let latin_1 = HeaderValue::from_bytes(b"caf\xe9").unwrap();
    let (_, agent) = seen(&app, |call| call.raw_header("user-agent", latin_1)).await;
    assert_eq!(agent, "caf\u{fffd}");
}

#[every_engine]
async fn a_request_is_named_by_the_server_or_by_its_proxy_and_by_nobody_else() {
    let app = App::start().await;
    let name = async |call: Call| call.await.header("x-request-id").unwrap().to_owned();
    let given = || app.get("/nowhere").header("x-request-id", "edge-1.a_B");
    assert_eq!(name(given().from(PROXY)).await, "edge-1.a_B");
    let own = [name(given()).await, name(given().without_address()).await, name(app.get("/nowhere")).await];
    for one in &own {
        assert_ne!(one, "edge-1.a_B");
        assert_eq!(own.iter().filter(|other| *other == one).count(), 1, "no two requests share a name");
    }
    for odd in ["", "a b", "a\"b", "<x>", "a;b", "a,b", &"x".repeat(65)] {
        assert_ne!(name(app.get("/nowhere").from(PROXY).header("x-request-id", odd)).await, odd);
    }
}

#[every_engine]
async fn without_proxies_nobody_is_believed() {
    let app = App::start_with(Setup::with(|settings| settings.trusted_proxies.clear())).await;
    app.alice().registered().await;
    let (address, _) = seen(&app, |call| call.from(PROXY).header("x-forwarded-for", "203.0.113.1")).await;
    assert_eq!(address, PROXY);
    let answer = app.get("/nowhere").from(PROXY).header("x-request-id", "edge-1").await;
    assert_ne!(answer.header("x-request-id"), Some("edge-1"));
}

#[every_engine]
async fn a_refresh_moves_the_session_to_the_client_that_asked() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let refresh = app.post("/v1/token/refresh").json(&json!({"refresh_token": alice.refresh_token()}));
    assert_eq!(refresh.from("2001:db8::9").header("user-agent", "tablet/2").await.status, 200);
    let list = alice.get("/v1/me/sessions").await.json();
    assert_eq!(list["sessions"][0]["address"], "2001:db8::9");
    assert_eq!(list["sessions"][0]["user_agent"], "tablet/2");
}
