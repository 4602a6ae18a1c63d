//! Which passwords can nobody set, and what is said about one before?

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::future::{join, join_all};
use insta::assert_snapshot;
use portcullis_core::crypto::Password;
use portcullis_core::ports::BreachedPasswords;
use portcullis_core::ports::breached::Unanswered;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, Setup};
use super::client::Answer;

/// Knows one password, has no answer about another, and counts how often it was asked.
#[derive(Default)]
struct Rumours {
    asked: AtomicUsize,
}

const STOLEN: &str = "a password that was stolen";
const UNCLEAR: &str = "a password that nobody knows of";

#[async_trait]
impl BreachedPasswords for Rumours {
    async fn is_breached(&self, password: &Password) -> Result<bool, Unanswered> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match password.expose() {
            UNCLEAR => Err(Unanswered { cause: "nobody is there".into() }),
            text => Ok(text == STOLEN),
        }
    }
}

impl Rumours {
    async fn app() -> (App, Arc<Self>) {
        let rumours = Arc::new(Self::default());
        let breached = Arc::clone(&rumours) as Arc<dyn BreachedPasswords>;
        (App::start_with(Setup { breached: Some(breached), ..Setup::default() }).await, rumours)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn register(app: &App, password: &str) -> Answer {
    let body = json!({"email": "carol.jones@acme.example", "username": "carol", "password": password});
    app.post("/v1/register").json(&body).await
}

/// What is wrong with the password, by its stable word.
fn fault(answer: &Answer) -> String {
    assert_eq!(answer.status, 400, "{}", answer.text());
    let errors = answer.field_errors();
    assert_eq!(errors.len(), 1, "{}", answer.text());
    errors[0].1.clone()
}

#[every_engine]
async fn nobody_registers_with_one_of_the_first_guesses() {
    let app = App::start().await;
    for (password, expected) in [
        ("password1", "too_common"),
        ("Password1!", "too_common"),
        ("11111111", "too_common"),
        ("carol1987", "made_of_identifier"),
        ("Carol.Jones@acme.example", "made_of_identifier"),
        ("senoj-lorac", "made_of_identifier"),
        ("acme2024!", "made_of_identifier"),
        ("PortCullis", "made_of_service_name"),
    ] {
        assert_eq!(fault(&register(&app, password).await), expected, "{password}");
    }
    assert_snapshot!(register(&app, "password1").await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"password","code":"too_common","message":"must not be one of the passwords that many people have"}],"request_id":"[request]"}
    "#);
    assert_eq!(register(&app, "carol likes two lumps").await.status, 201);
}

#[every_engine]
async fn nobody_changes_a_password_into_one_of_the_first_guesses() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    let change = async |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        alice.post("/v1/me/password").json(&body).await
    };
    let current = app.alice().password();
    for (password, expected) in [
        ("short", "too_short"),
        (&"é".repeat(37), "too_long"),
        ("qwerty123", "too_common"),
        ("alice2024", "made_of_identifier"),
        ("portcullis", "made_of_service_name"),
    ] {
        assert_eq!(fault(&change(&current, password).await), expected, "{password}");
        // Whether the current one is right is not told by what is wrong with the new one.
        assert_eq!(fault(&change("wrong", password).await), expected, "{password}");
    }
    assert_eq!(change(&current, "another correct horse").await.status, 200);
}

#[every_engine]
async fn an_administrator_sets_none_either() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    let body = json!({"username": "dave", "password": "dave-2087"});
    assert_eq!(fault(&root.post("/v1/admin/accounts").json(&body).await), "made_of_identifier");
}

#[every_engine]
async fn a_password_that_was_stolen_elsewhere_is_refused_and_one_that_nobody_knows_of_taken() {
    let (app, rumours) = Rumours::app().await;
    assert_snapshot!(register(&app, STOLEN).await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"password","code":"breached","message":"must not be one that was stolen elsewhere and published"}],"request_id":"[request]"}
    "#);
    assert_eq!(register(&app, UNCLEAR).await.status, 201);
    let metrics = app.auth.breach_metrics();
    assert_eq!((metrics.asked, metrics.known, metrics.unanswered), (2, 1, 1));
    assert_eq!(rumours.asked(), 2);
}

#[every_engine]
async fn nobody_is_asked_about_a_password_that_is_not_set() {
    let (app, rumours) = Rumours::app().await;
    let alice = app.alice().logged_in().await;
    assert_eq!(rumours.asked(), 1, "once at the registration, and not at the login");
    for password in ["short", "password1", "carol1987"] {
        fault(&register(&app, password).await);
    }
    let change = async |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        alice.post("/v1/me/password").json(&body).await
    };
    assert_eq!(change("wrong", STOLEN).await.code(), "wrong_password");
    app.post("/v1/password/strength").json(&json!({"password": STOLEN})).await;
    assert_eq!(rumours.asked(), 1);
    assert_eq!(fault(&change(&app.alice().password(), STOLEN).await), "breached");
    assert_eq!(rumours.asked(), 2);
}

async fn judge(app: &App, body: &Value) -> Value {
    let answer = app.post("/v1/password/strength").json(body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[every_engine]
async fn a_password_is_judged_before_it_is_set() {
    let app = App::start().await;
    let weak = json!({"password": "alice1", "email": "alice@example.com", "username": null});
    assert_snapshot!(app.post("/v1/password/strength").json(&weak).await, @r#"
    200 OK
    content-type: application/json

    {"score":1,"acceptable":false,"problems":[{"code":"too_short","message":"must be at least 8 characters long"},{"code":"made_of_identifier","message":"must be more than the username or email address of the account"}],"warning":"This is a very common password.","suggestions":["Add another word or two. Uncommon words are better."]}
    "#);
    let strong = json!({"password": "correct horse battery staple"});
    assert_snapshot!(app.post("/v1/password/strength").json(&strong).await, @r#"
    200 OK
    content-type: application/json

    {"score":4,"acceptable":true,"problems":[],"warning":null,"suggestions":[]}
    "#);
}

#[every_engine]
async fn the_judgement_of_a_password_is_what_a_registration_would_say() {
    let app = App::start().await;
    for password in
        ["short", "password1", "carol1987", "portcullis", "🦀🦀🦀🦀🦀🦀🦀🦀", "carol likes two lumps"]
    {
        let half_written = json!({"password": password, "email": "carol.jones@", "username": "carol"});
        let judged = judge(&app, &half_written).await;
        let codes: Vec<_> =
            judged["problems"].as_array().unwrap().iter().map(|fault| &fault["code"]).collect();
        assert_eq!(judged["acceptable"], codes.is_empty(), "{judged}");
        let registered = register(&app, password).await;
        match codes.first() {
            Some(code) => assert_eq!(**code, fault(&registered).as_str(), "{password}"),
            // The second to register finds the address taken.
            None => assert!([201, 409].contains(&registered.status.as_u16()), "{password}"),
        }
    }
}

#[every_engine]
async fn a_long_password_of_symbols_is_judged_in_time() {
    let app = App::start().await;
    let symbols = "4@8({[<369!1|0$5+7%2".repeat(50);
    let judged = judge(&app, &json!({"password": symbols})).await;
    assert_eq!((&judged["score"], &judged["problems"][0]["code"]), (&json!(4), &json!("too_long")));
}

#[every_engine]
async fn whoever_has_very_many_passwords_judged_at_once_is_told_to_come_back_and_others_are_served() {
    let app = App::start().await;
    let judged = |address: &'static str| {
        app.post("/v1/password/strength")
            .json(&json!({"password": "two lumps of sugar"}))
            .from(address)
            .send()
    };
    let (flood, other) = join(join_all((0..20).map(|_| judged("203.0.113.7"))), judged("198.51.100.9")).await;
    let (served, refused): (Vec<_>, Vec<_>) = flood.into_iter().partition(|answer| answer.status == 200);
    assert!(served.len() >= 8 && !refused.is_empty(), "{} of 20", served.len());
    for answer in refused {
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, Some("1")));
    }
    assert_eq!(other.status, 200);
}

#[every_engine]
async fn what_is_judged_has_bounds() {
    let app = App::start().await;
    let faults = |answer: &Answer| answer.field_errors();
    let long = app.post("/v1/password/strength").json(&json!({"password": "x".repeat(1025)})).await;
    assert_eq!(faults(&long), [("password".to_owned(), "too_long".to_owned())]);
    let body = json!({"password": "x", "username": "u".repeat(321), "email": 1});
    let identifiers = app.post("/v1/password/strength").json(&body).await;
    let expected = [("email", "wrong_type"), ("username", "too_long")];
    assert_eq!(faults(&identifiers), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    let none = app.post("/v1/password/strength").json(&json!({"email": "alice@example.com"})).await;
    assert_eq!(faults(&none), [("password".to_owned(), "required".to_owned())]);
}
