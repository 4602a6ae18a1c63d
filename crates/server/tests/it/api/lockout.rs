//! Can somebody keep somebody else out, and who is let in all the same?

use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::{App, Counters, Setup};
use super::client::{Answer, Call};

const DEVICE_COOKIE: &str = "__Host-portcullis_device";
/// Where alice has never been.
const ABROAD: &str = "198.51.100.9";

/// Somebody does what they can to keep alice out, from forty networks.
async fn besiege(app: &App) {
    let guess = app.post("/v1/login").json(&json!({"identifier": app.alice().email(), "password": "wrong"}));
    let mut admitted = 0;
    for network in 0..40 {
        for _ in 0..11 {
            admitted += usize::from(guess.clone().from(&format!("203.0.{network}.1")).await.status == 401);
        }
    }
    assert_eq!(admitted, 100);
}

fn login(app: &App) -> Call {
    app.post("/v1/login").json(&app.alice().credentials())
}

fn device_of(answer: &Answer) -> String {
    let lines: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    let line = lines.iter().find(|line| line.starts_with(DEVICE_COOKIE)).expect("a device cookie");
    let attributes = line.split_once("; ").unwrap().1;
    assert_eq!(attributes, "Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax");
    line.split(';').next().unwrap().to_owned()
}

#[every_engine]
async fn an_owner_who_was_there_before_is_let_in_whatever_others_do() {
    for counters in [Counters::Memory, Counters::Database] {
        let app = App::start_with(Setup { counters, ..Setup::default() }).await;
        app.alice().registered().await;
        let device = device_of(&login(&app).await);
        besiege(&app).await;
        assert_eq!(login(&app).await.status, 200, "from a network that is known");
        assert_eq!(login(&app).from(ABROAD).await.code(), "too_many_attempts");
        assert_eq!(
            login(&app).from(ABROAD).header("cookie", &device).await.status,
            200,
            "from a known browser"
        );
        assert_eq!(login(&app).from(ABROAD).await.status, 200, "which has made the network known");
    }
}

#[every_engine]
async fn a_device_is_known_to_all_processes_and_after_a_restart() {
    let app = App::start().await;
    app.alice().registered().await;
    let device = device_of(&login(&app).await);
    let restarted = app.second_process().await;
    besiege(&restarted).await;
    assert_eq!(login(&restarted).from(ABROAD).header("cookie", &device).await.status, 200);
}

#[every_engine]
async fn a_device_is_not_known_any_more_when_the_password_was_changed() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let device = device_of(&login(&app).await);
    app.pass(std::time::Duration::from_secs(1));
    let change = json!({"current_password": app.alice().password(), "new_password": "another correct horse"});
    assert_eq!(alice.post("/v1/me/password").json(&change).await.status, 200);
    besiege(&app).await;
    let new = json!({"identifier": app.alice().email(), "password": "another correct horse"});
    let abroad = app.post("/v1/login").json(&new).from(ABROAD);
    assert_eq!(abroad.clone().header("cookie", &device).await.code(), "too_many_attempts");
    // A login from where the network is known makes the browser known again.
    let device = device_of(&app.post("/v1/login").json(&new).header("cookie", &device).await);
    assert_eq!(abroad.header("cookie", &device).await.status, 200);
}

#[every_engine]
async fn a_device_is_known_for_one_account_and_a_shared_browser_for_each_of_its_people() {
    let app = App::start().await;
    app.alice().registered().await;
    app.bob().registered().await;
    let of_alice = device_of(&login(&app).await);
    let bob = app.post("/v1/login").json(&app.bob().credentials());
    let of_both = device_of(&bob.header("cookie", &of_alice).await);
    let of_bob = device_of(&app.post("/v1/login").json(&app.bob().credentials()).await);
    besiege(&app).await;
    assert_eq!(login(&app).from(ABROAD).header("cookie", &of_bob).await.code(), "too_many_attempts");
    assert_eq!(login(&app).from(ABROAD).header("cookie", &of_both).await.status, 200);
}

#[every_engine]
async fn a_device_cookie_that_is_junk_is_none() {
    let app = App::start().await;
    app.alice().registered().await;
    let good = device_of(&login(&app).await);
    besiege(&app).await;
    for junk in
        [format!("{good}A"), good.to_lowercase(), format!("{DEVICE_COOKIE}="), format!("{good}; {good}")]
    {
        assert_eq!(
            login(&app).from(ABROAD).header("cookie", &junk).await.code(),
            "too_many_attempts",
            "{junk}"
        );
    }
}

#[every_engine]
async fn where_nothing_is_limited_no_device_is_recognised() {
    let mut setup = Setup::default();
    setup.policy.throttle = None;
    let app = App::start_with(setup).await;
    app.alice().registered().await;
    assert_eq!(login(&app).await.headers.get_all("set-cookie").iter().count(), 0);
}
