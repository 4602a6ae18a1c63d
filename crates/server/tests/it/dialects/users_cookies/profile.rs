//! What of a profile can be changed, and how much fits?

use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::super::server::{Answer, Server};
use super::{Browser, JSON, NAME, newcomer, refusal, refused, welcome};

async fn update(server: &Server, browser: &Browser, body: &Value) -> Answer {
    browser.send(server, "PATCH", "/users/update-profile", body).await
}

#[every_engine]
async fn only_what_is_given_changes() {
    let server = Server::speaking(NAME).await;
    let (ada, bob) = (welcome(&server, "ada").await, welcome(&server, "bob").await);
    let answer = update(&server, &ada, &json!({ "bio": "Developer" })).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        r#"{"id":1,"name":"ada","email":"ada@example.com","bio":"Developer","contact":null}"#
    );
    update(&server, &ada, &json!({ "contact": "1234567890" })).await;
    let answer = update(&server, &ada, &json!({ "name": "Ada L.", "bio": "Full Stack Developer" })).await;
    let changed = json!({
        "id": 1, "name": "Ada L.", "email": "ada@example.com", "bio": "Full Stack Developer", "contact": "1234567890",
    });
    assert_eq!(answer.json(), changed);
    assert_eq!(ada.profile(&server.another_process().await).await.json(), changed);
    assert_eq!(bob.profile(&server).await.json()["bio"], Value::Null);
}

#[every_engine]
async fn any_text_is_kept_as_it_is() {
    let server = Server::speaking(NAME).await;
    let ada = welcome(&server, "ada").await;
    let texts = [
        "<script>alert(1)</script>",
        "'; DROP TABLE users; --",
        "x' OR '1'='1",
        "  blanks around  ",
        "   ",
        "",
        "\"quoted\" \\ %00 $1 ? :a",
        "line\r\nline\ttab",
        "Ærø 東京 🎉 \u{202e}rtl",
        "null",
        "${7*7}",
    ];
    for text in texts {
        for field in ["name", "bio"] {
            let answer = update(&server, &ada, &json!({ field: text })).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()[field]),
                (200, &json!(text)),
                "{field}: {text:?}"
            );
            assert_eq!(ada.profile(&server).await.json()[field], text);
        }
    }
}

#[every_engine]
async fn null_takes_a_bio_and_a_contact_away_and_leaves_a_name() {
    let server = Server::speaking(NAME).await;
    let ada = welcome(&server, "ada").await;
    update(&server, &ada, &json!({ "bio": "b", "contact": "c" })).await;
    let answer = update(&server, &ada, &json!({ "name": null, "bio": null })).await;
    assert_eq!(answer.body, r#"{"id":1,"name":"ada","email":"ada@example.com","bio":null,"contact":"c"}"#);
    assert_eq!(update(&server, &ada, &json!({ "contact": null })).await.json()["contact"], Value::Null);
    let answer = update(&server, &ada, &json!({ "name": null })).await;
    assert_eq!(refusal(&answer), refused(400, "No fields to update"));
}

#[every_engine]
async fn other_keys_never_reach_a_column() {
    let server = Server::speaking(NAME).await;
    let ada = welcome(&server, "ada").await;
    let before = ada.profile(&server).await.body;
    for body in [
        json!({}),
        json!({ "email": "other@example.com", "password": "hijacked password", "id": 99, "role": "admin" }),
        json!({ "refreshToken": "x", "created_at": "1999-01-01", "hashedPassword": "x", "user": { "bio": "x" } }),
        json!({ "bio = 1, name": "x", "Bio": "x", "BIO": "x", "__proto__": { "bio": "x" } }),
    ] {
        let answer = update(&server, &ada, &body).await;
        assert_eq!(refusal(&answer), refused(400, "No fields to update"), "{body}");
    }
    assert_eq!(refusal(&server.send("PATCH", "/users/update-profile", &[&ada.cookies()], "").await).0, 400);
    assert_eq!(ada.profile(&server).await.body, before);
    let answer =
        update(&server, &ada, &json!({ "bio": "kept", "email": "other@example.com", "id": 99 })).await;
    assert_eq!(answer.body, r#"{"id":1,"name":"ada","email":"ada@example.com","bio":"kept","contact":null}"#);
}

#[every_engine]
async fn what_is_no_text_changes_nothing() {
    let server = Server::speaking(NAME).await;
    let ada = welcome(&server, "ada").await;
    let before = ada.profile(&server).await.body;
    for field in ["name", "bio", "contact"] {
        for value in [
            json!(0),
            json!(12345),
            json!(true),
            json!(false),
            json!([]),
            json!(["a", "b"]),
            json!({ "a": 1 }),
        ] {
            let answer = update(&server, &ada, &json!({ "bio": "not kept", field: value })).await;
            assert_eq!(refusal(&answer), refused(400, &format!("{field} must be a string")), "{value}");
        }
    }
    let twice = server
        .send("PATCH", "/users/update-profile", &[JSON, &ada.cookies()], r#"{"bio":"a","bio":"b"}"#)
        .await;
    assert_eq!(refusal(&twice), refused(400, "bio must be given only once"));
    let nul = update(&server, &ada, &json!({ "bio": "a\u{0}b" })).await;
    assert_eq!(refusal(&nul), refused(400, "bio must not contain a NUL character"));
    assert_eq!(ada.profile(&server).await.body, before);
}

#[every_engine]
async fn as_much_fits_as_in_the_columns_of_such_a_backend() {
    let server = Server::speaking(NAME).await;
    let ada = welcome(&server, "ada").await;
    for (field, most) in [("name", 100), ("contact", 20)] {
        let answer = update(&server, &ada, &json!({ field: "東".repeat(most) })).await;
        assert_eq!((answer.status.as_u16(), &answer.json()[field]), (200, &json!("東".repeat(most))));
        let answer = update(&server, &ada, &json!({ field: "x".repeat(most + 1) })).await;
        let message = format!("{field} must be at most {most} characters long");
        assert_eq!(refusal(&answer), refused(400, &message));
    }
    assert_eq!(refusal(&update(&server, &ada, &json!({ "bio": "x".repeat(65_536) })).await).0, 400);

    for (field, fits, does_not) in [
        ("name", "n".repeat(100), "n".repeat(101)),
        ("email", format!("{}@example.com", "e".repeat(88)), format!("{}@example.com", "f".repeat(89))),
    ] {
        let mut body = newcomer("eve");
        body["email"] = json!(format!("{field}@example.com"));
        body[field] = json!(does_not);
        let answer = server.post("/users/register", &body).await;
        let message = format!("{field} must be at most 100 characters long");
        assert_eq!(refusal(&answer), refused(400, &message));
        body[field] = json!(fits);
        let answer = server.post("/users/register", &body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()[field]), (201, &json!(fits)));
    }
}

#[every_engine]
async fn nobody_else_sees_or_changes_a_profile() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "ada").await;
    let body = json!({ "bio": "x" }).to_string();
    for headers in [&[JSON][..], &[JSON, "cookie: accessToken=x"], &[JSON, "authorization: Bearer x"]] {
        assert_eq!(refusal(&server.send("PATCH", "/users/update-profile", headers, &body).await).0, 401);
        assert_eq!(refusal(&server.send("GET", "/users/profile", headers, "").await).0, 401);
        assert_eq!(refusal(&server.send("DELETE", "/users/profile", headers, "").await).0, 401);
    }
    assert_eq!(refusal(&server.send("GET", "/users/1", &[], "").await).0, 404);
}
