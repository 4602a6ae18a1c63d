//! What becomes of a body that is not what a route takes?
//!
//! Every case is sent to every route that reads a body, by an administrator whom nothing else would stop, and the
//! database is watched: looking up who calls is all that may happen.

use insta::assert_snapshot;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, Setup};
use super::client::{Answer, Call};
use super::contract::{self, Operation};
use super::persona::Session;

struct Scene {
    app: App,
    root: Session,
    alice: Session,
}

impl Scene {
    async fn new() -> Self {
        let app = App::start().await;
        let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
        Self { app, root, alice }
    }

    fn call(&self, operation: &Operation) -> Call {
        operation.good_call(&self.root, &self.alice)
    }

    /// Sends something bad to a route; answers what it said once it is sure that nothing was done.
    async fn refused(&self, operation: &Operation, change: impl FnOnce(Call) -> Call, what: &str) -> Answer {
        self.app.store.take_calls();
        let hashed = self.app.auth.hash_gate_metrics();
        let answer = change(self.call(operation)).await;
        assert!(answer.status.is_client_error(), "{what}: {operation:?}: {answer}");
        let calls = self.app.store.take_calls();
        assert!(calls.iter().all(|call| *call == "find_account"), "{what}: {operation:?}: {calls:?}");
        let after = self.app.auth.hash_gate_metrics();
        assert_eq!((after.verified, after.hashed), (hashed.verified, hashed.hashed), "{what}: {operation:?}");
        answer
    }
}

fn operations_with_body() -> impl Iterator<Item = &'static Operation> {
    contract::operations().iter().filter(|operation| operation.takes_body)
}

#[every_engine]
async fn what_is_not_json_is_malformed() {
    let scene = Scene::new().await;
    let deep_and_open = "[".repeat(50_000);
    let cases: [(&str, &[u8]); 22] = [
        ("an open object", b"{"),
        ("a missing value", br#"{"a":}"#),
        ("a trailing comma", br#"{"a":"b",}"#),
        ("a bare word", b"nul"),
        ("single quotes", b"{'a':'b'}"),
        ("a comment", br"{} // nothing"),
        ("two objects", b"{}{}"),
        ("something after the object", b"{} x"),
        ("an unknown escape", br#"{"a":"\x"}"#),
        ("a line feed in a string", b"{\"a\":\"\n\"}"),
        ("a NUL in a string", b"{\"a\":\"\0\"}"),
        ("a NUL after the object", b"{}\0"),
        ("a byte order mark", b"\xef\xbb\xbf{}"),
        ("UTF-16", b"{\0}\0"),
        ("bytes that are no UTF-8", b"{\"a\":\"\xff\xfe\"}"),
        ("an overlong NUL", b"{\"a\":\"\xc0\x80\"}"),
        ("a lone high surrogate", br#"{"a":"\ud800"}"#),
        ("a lone low surrogate in a name", br#"{"\udc00":"a"}"#),
        ("a number with a leading zero", br#"{"a":01}"#),
        ("not a number", br#"{"a":NaN}"#),
        ("a form", b"email=alice%40example.com&password=x"),
        ("brackets without end", deep_and_open.as_bytes()),
    ];
    for operation in operations_with_body() {
        for (what, body) in cases {
            let answer = scene.refused(operation, |call| call.body("application/json", body), what).await;
            let expected = if what == "brackets without end" { "invalid_request" } else { "malformed_json" };
            assert_eq!(answer.code(), expected, "{what}: {operation:?}");
        }
    }
    let answer = scene
        .app
        .post("/v1/login")
        .body("application/json", "{\"identifier\": \"a\",\n \"password\" \"x\"}")
        .await;
    assert_snapshot!(answer, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:malformed_json","title":"The body is not well-formed JSON","status":400,"code":"malformed_json","detail":"Line 2, column 13.","request_id":"[request]"}
    "#);
}

#[every_engine]
async fn an_empty_body_is_malformed_where_there_has_to_be_one() {
    let scene = Scene::new().await;
    for operation in operations_with_body() {
        let empty = |call: Call| call.body("application/json", "");
        if operation.needs_body {
            let answer = scene.refused(operation, empty, "an empty body").await;
            assert_eq!(answer.code(), "malformed_json", "{operation:?}");
        } else {
            let session = scene.app.alice().logs_in().await;
            let answer = empty(operation.good_call(&session, &scene.alice)).await;
            assert_ne!(answer.status, 400, "{operation:?}");
        }
    }
}

#[every_engine]
async fn json_that_is_no_object_is_refused() {
    let scene = Scene::new().await;
    for operation in operations_with_body() {
        for body in ["null", "[]", "[{}]", "\"text\"", "\"\"", "0", "-1.5e3", "true", "  false\n"] {
            let answer = scene.refused(operation, |call| call.body("application/json", body), body).await;
            assert_eq!(answer.code(), "invalid_request", "{body}: {operation:?}");
        }
    }
    assert_snapshot!(scene.app.post("/v1/login").body("application/json", "[]").await, @r#"
    400 Bad Request
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","detail":"The body must be a JSON object with at most 64 members.","request_id":"[request]"}
    "#);
}

#[every_engine]
async fn a_body_under_another_name_is_not_read() {
    let scene = Scene::new().await;
    for operation in operations_with_body() {
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/jsonp",
            "application/json5",
            "json",
            "application/xml, application/json",
            "application /json",
            "",
        ] {
            let body = operation.good_body(&scene.root).to_string();
            let answer = scene.refused(operation, |call| call.body(media_type, body), media_type).await;
            assert_eq!(answer.code(), "unsupported_media_type", "{media_type}: {operation:?}");
        }
        let answer = scene.refused(operation, |call| call.without("content-type"), "no media type").await;
        assert_eq!(answer.code(), "unsupported_media_type", "{operation:?}");
    }
    for media_type in
        ["application/json;charset=utf-8", "APPLICATION/JSON", "application/json ; charset=UTF-8"]
    {
        let login = scene.app.post("/v1/login").body(media_type, scene.app.alice().credentials().to_string());
        assert_eq!(login.await.status, 200, "{media_type}");
    }
    assert_snapshot!(scene.app.post("/v1/login").body("text/plain", "{}").await, @r#"
    415 Unsupported Media Type
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:unsupported_media_type","title":"The body must be application/json","status":415,"code":"unsupported_media_type","request_id":"[request]"}
    "#);
}

#[every_engine]
async fn a_body_over_the_limit_is_refused_whether_its_length_is_announced_or_not() {
    let scene = Scene::new().await;
    for operation in operations_with_body() {
        let body = operation.good_body(&scene.root).to_string();
        let over = body.clone() + &" ".repeat(100 * 1024 + 1 - body.len());
        for call in [|call: Call| call, Call::unannounced] {
            let answer = scene
                .refused(operation, |it| call(it.body("application/json", over.as_str())), "too long")
                .await;
            assert_eq!(answer.code(), "body_too_large", "{operation:?}");
        }
    }
    let credentials = scene.app.alice().credentials().to_string();
    let at_the_limit = credentials.clone() + &" ".repeat(100 * 1024 - credentials.len());
    assert_eq!(scene.app.post("/v1/login").body("application/json", at_the_limit).await.status, 200);
    let small = App::start_with(Setup::with(|settings| settings.body_limit_bytes = 10)).await;
    assert_snapshot!(small.post("/v1/login").json(&json!({"identifier": "a"})).await, @r#"
    413 Payload Too Large
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:body_too_large","title":"The body is too large","status":413,"code":"body_too_large","detail":"It may have 10 bytes.","request_id":"[request]"}
    "#);
}

#[every_engine]
async fn a_value_of_the_wrong_type_is_refused_by_the_name_of_its_field() {
    let scene = Scene::new().await;
    let mut fields = 0;
    for operation in operations_with_body() {
        for (field, kind) in &operation.fields {
            let others = [
                "0",
                "-1",
                "1.5",
                "9999999999999999999999999999",
                "1e300",
                "[]",
                "[\"a\"]",
                "{}",
                "{\"a\":{\"b\":[{}]}}",
                if kind == "string" { "true" } else { "\"true\"" },
            ];
            for value in others {
                let body = with_member(&operation.good_body(&scene.root), field, value);
                let answer =
                    scene.refused(operation, |call| call.body("application/json", body), value).await;
                let errors = answer.field_errors();
                assert_eq!(
                    errors,
                    [(field.clone(), "wrong_type".to_owned())],
                    "{field} {value}: {operation:?}"
                );
            }
            fields += 1;
        }
    }
    assert_eq!(fields, 52, "the fields of all bodies");
}

#[every_engine]
async fn a_number_beyond_all_numbers_is_refused() {
    let scene = Scene::new().await;
    for operation in operations_with_body() {
        let body = with_member(&operation.good_body(&scene.root), "password", "1e99999");
        let answer = scene.refused(operation, |call| call.body("application/json", body), "1e99999").await;
        assert_eq!(answer.status, 400, "{operation:?}");
    }
}

#[every_engine]
async fn a_member_that_occurs_twice_is_refused_by_name() {
    let scene = Scene::new().await;
    for operation in operations_with_body() {
        for (field, _) in &operation.fields {
            for value in ["\"first\"", "null", "{}"] {
                let escaped = format!("\\u{:04x}{}", u32::from(field.as_bytes()[0]), &field[1..]);
                for name in [field.as_str(), escaped.as_str()] {
                    let good = with_member(&operation.good_body(&scene.root), field, "\"second\"");
                    let body = format!("{{\"{name}\":{value},{}", &good[1..]);
                    let answer =
                        scene.refused(operation, |call| call.body("application/json", body), name).await;
                    let error = (field.clone(), "duplicate".to_owned());
                    assert!(answer.field_errors().contains(&error), "{name}: {operation:?}: {answer}");
                }
            }
        }
    }
}

#[every_engine]
async fn a_member_that_nobody_knows_is_refused_by_name() {
    let scene = Scene::new().await;
    for operation in operations_with_body() {
        for name in [
            "unknown",
            "Password",
            "pass word",
            "",
            "__proto__",
            "constructor",
            "id",
            "created_at",
            "a.b",
            "\\u0000",
            "🙂",
        ] {
            let good = operation.good_body(&scene.root).to_string();
            let body = format!("{{\"{name}\":1,{}", &good[1..]);
            let answer = scene.refused(operation, |call| call.body("application/json", body), name).await;
            let shown: String = serde_json::from_str(&format!("\"{name}\"")).unwrap();
            assert_eq!(answer.field_errors(), [(shown, "unknown_field".to_owned())], "{name}: {operation:?}");
        }
        let many: Value = (0..100)
            .map(|number| (number.to_string(), Value::Null))
            .collect::<serde_json::Map<_, _>>()
            .into();
        assert_eq!(
            scene.refused(operation, |call| call.json(&many), "100 members").await.code(),
            "invalid_request"
        );
        let long = json!({"x".repeat(50_000): 1});
        let answer = scene.refused(operation, |call| call.json(&long), "a long name").await;
        assert!(answer.body.len() < 2_000, "what came in is not sent back at length");
    }
}

#[every_engine]
async fn nesting_costs_nothing_however_deep() {
    let scene = Scene::new().await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 15_000;
        let value = format!("{}null{}", open.repeat(depth), close.repeat(depth));
        for operation in operations_with_body() {
            let body = format!("{{\"deep\":{value}}}");
            let answer = scene.refused(operation, |call| call.body("application/json", body), "deep").await;
            assert_eq!(answer.status, 400, "{operation:?}");
        }
    }
}

/// The text of an object with a member set to a text of JSON.
fn with_member(object: &Value, name: &str, value: &str) -> String {
    let mut members = object.as_object().unwrap().clone();
    members.remove(name);
    let rest = Value::Object(members).to_string();
    let separator = if rest == "{}" { "" } else { "," };
    format!("{{\"{name}\":{value}{separator}{}", &rest[1..])
}
