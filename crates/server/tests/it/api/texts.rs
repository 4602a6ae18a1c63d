//! Is what people write the same when it comes back, whatever the database makes of texts?

use http::HeaderValue;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::App;

/// Texts that some database or other would change, refuse, or take for something else.
const ODD: [&str; 14] = [
    "",
    " ",
    "  both ends  ",
    "NULL",
    "0",
    "it's \"quoted\" `three` ways",
    "back\\slash \\' \\0 \\N \\x41 %_?$1:a@b",
    "'; DROP TABLE accounts; --",
    "line\r\nline\n\ttab",
    "\u{1}\u{7f}\u{9f}",
    "e\u{301} is not \u{e9}",
    "🙂 𝔄 𐐀 \u{10ffff}",
    "\u{feff}\u{202e}\u{fffd}\u{ffff}",
    "{\"json\": null}",
];

#[every_engine]
async fn a_profile_comes_back_as_it_was_written() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    for text in ODD {
        let body = json!({"name": text, "bio": text, "contact": text});
        let changed = alice.patch("/v1/me").json(&body).await;
        assert_eq!(changed.status, 200, "{text:?}: {}", changed.text());
        let account = &alice.get("/v1/me").await.json()["account"];
        for field in ["name", "bio", "contact"] {
            assert_eq!(account[field], text, "{field}");
        }
    }
}

#[every_engine]
async fn the_longest_texts_of_the_longest_characters_fit() {
    let app = App::start().await;
    let (name, bio) = ("\u{10ffff}".repeat(200), "\u{10ffff}".repeat(16_000));
    // 252 bytes: with one more letter it is longer than every database can index.
    let username = "𐐀".repeat(63);
    let email = format!("{}@{}.example", "x".repeat(64), "y".repeat(63));
    let body = json!({"email": email, "username": username, "password": "p".repeat(72), "name": name, "bio": bio,
        "contact": name});
    assert_eq!(app.post("/v1/register").json(&body).await.status, 201);
    for identifier in [&email, &username, &"𐐨".repeat(63)] {
        let login =
            app.post("/v1/login").json(&json!({"identifier": identifier, "password": "p".repeat(72)})).await;
        let account = &login.json()["account"];
        assert_eq!((&account["username"], &account["email"]), (&json!(username), &json!(email)));
        assert_eq!(
            (&account["name"], &account["bio"], &account["contact"]),
            (&json!(name), &json!(bio), &json!(name))
        );
    }
    let body = json!({"username": "𐐀".repeat(64), "password": "long enough"});
    assert_eq!(app.post("/v1/register").json(&body).await.status, 400);
}

#[every_engine]
async fn a_nul_character_is_refused_wherever_it_would_be_stored() {
    let app = App::start().await;
    let (alice, root) = (app.alice().logged_in().await, app.root().logged_in().await);
    for field in ["name", "bio", "contact"] {
        let answer = alice.patch("/v1/me").json(&json!({field: "a\0b"})).await;
        assert_eq!(answer.status, 400, "{field}: {}", answer.text());
        assert_eq!(answer.field_errors().first().map(|(field, _)| field.as_str()), Some(field));
    }
    for field in ["name", "bio", "contact", "username", "email"] {
        let mut body = json!({"username": "carol", "email": "carol@example.com", "password": "long enough"});
        body[field] = match field {
            "email" => "ca\0rol@example.com".into(),
            _ => "ca\0rol".into(),
        };
        for answer in
            [app.post("/v1/register").json(&body).await, root.post("/v1/admin/accounts").json(&body).await]
        {
            assert_eq!(answer.status, 400, "{field}: {}", answer.text());
        }
    }
    for identifier in ["ali\0ce", "alice\0", "alice@example.com\0", "\0"] {
        let body = json!({"identifier": identifier, "password": app.alice().password()});
        assert_eq!(app.post("/v1/login").json(&body).await.code(), "invalid_credentials", "{identifier:?}");
    }
}

#[every_engine]
async fn names_that_a_database_would_take_for_one_are_several() {
    let app = App::start().await;
    let register = async |username: &str, email: String| {
        let body = json!({"username": username, "email": email, "password": "long enough"});
        app.post("/v1/register").json(&body).await
    };
    let names = [
        "zoe",
        "zoë",
        "straße",
        "strasse",
        "ärger",
        "arger",
        "ıda",
        "ida",
        "ελλας",
        "a_b",
        "axb",
        "мир",
        "mир",
    ];
    for name in names {
        let answer = register(name, format!("{name}@example.com")).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
    }
    for (name, taken) in [("ZOË", "zoë"), ("ΕΛΛΑΣ", "ελλας"), ("ｚｏｅ", "zoe"), ("МИР", "мир")]
    {
        let answer = register(name, format!("{}@example.org", name.len())).await;
        assert_eq!(answer.code(), "username_taken", "{name} is {taken}");
        let answer = register(&format!("new-{}", name.len()), format!("{name}@Example.com")).await;
        assert_eq!(answer.code(), "email_taken", "{name} is {taken}");
        let login = app.post("/v1/login").json(&json!({"identifier": name, "password": "long enough"})).await;
        assert_eq!(login.json()["account"]["username"], taken);
    }
}

#[every_engine]
async fn a_program_is_recognised_by_whatever_it_calls_itself() {
    let app = App::start().await;
    app.alice().registered().await;
    let long = "🙂/".repeat(3000);
    let agents: [&[u8]; 6] =
        [b"", b"plain/1.0 ", b"caf\xc3\xa9", b"\xff\xfe latin \xe9\xe8", b"'\\\"; -- \x80", long.as_bytes()];
    for agent in agents {
        let agent = HeaderValue::from_bytes(agent).unwrap();
        let login =
            app.post("/v1/login").json(&app.alice().credentials()).raw_header("user-agent", agent.clone());
        let first = login.await.refresh_token().unwrap();
        let refresh = async |token: &str| {
            let call = app.post("/v1/token/refresh").json(&json!({"refresh_token": token}));
            call.raw_header("user-agent", agent.clone()).await
        };
        assert_eq!(refresh(&first).await.status, 200, "{agent:?}");
        // The answer was lost, and this is long after the grace: only the same program may ask again.
        app.pass(std::time::Duration::from_mins(5));
        assert_eq!(refresh(&first).await.status, 200, "{agent:?}");
    }
}

#[every_engine]
async fn a_page_may_begin_anywhere() {
    let app = App::start().await;
    let root = app.root().logged_in().await;
    for after in [i64::MIN, -1, 0, 1, i64::MAX] {
        let list = root.get(&format!("/v1/admin/accounts?after={after}")).await;
        let count = list.json()["accounts"].as_array().unwrap().len();
        assert_eq!(count, usize::from(after < 1), "{after}");
    }
    for (after, events, sessions) in [
        ("00000000-0000-0000-0000-000000000000", 0, 0),
        // The keys of the server, the account, its login.
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", 3, 1),
    ] {
        let list = root.get(&format!("/v1/admin/audit?after={after}")).await;
        assert_eq!(list.json()["events"].as_array().unwrap().len(), events, "{after}");
        let list = root.get(&format!("/v1/me/sessions?after={after}")).await;
        assert_eq!(list.json()["sessions"].as_array().unwrap().len(), sessions, "{after}");
    }
}
