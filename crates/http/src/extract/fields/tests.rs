#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use serde_json::{Value, json};

use super::*;

fn fields(body: &str) -> Fields {
    Fields::parse(body.as_bytes()).unwrap_or_else(|problem| panic!("{:?}", problem.code()))
}

fn document(problem: &Problem) -> Value {
    serde_json::from_slice(&problem.to_json("r")).unwrap()
}

/// The pairs of field and code that a body is refused with.
fn refused<T>(fields: Fields, read: Option<T>) -> Vec<(String, String)> {
    let Err(problem) = fields.finish(read) else { panic!("was not refused") };
    assert_eq!(problem.code(), Code::InvalidRequest);
    let word = |entry: &Value, member: &str| entry[member].as_str().unwrap().to_owned();
    let errors = document(&problem)["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|entry| (word(entry, "field"), word(entry, "code"))).collect()
}

fn pair(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

fn code_of(body: &[u8]) -> Code {
    Fields::parse(body).err().expect("a refusal").code()
}

#[test]
fn everything_wrong_is_told_at_once() {
    let mut fields = fields(r#"{"email": 5, "emial": "a", "transport": "carrier pigeon"}"#);
    let email = fields.text("email");
    let password = fields.password("password");
    fields.one_of("transport", &[("bearer", 1), ("cookie", 2)]);
    assert_eq!(
        refused(fields, email.zip(password)),
        [
            pair("email", "wrong_type"),
            pair("password", "required"),
            pair("transport", "unknown_value"),
            pair("emial", "unknown_field")
        ]
    );
}

#[test]
fn a_member_that_occurs_twice_is_refused_however_it_is_spelt() {
    for body in [r#"{"a":"1","a":"1"}"#, r#"{"a":"1","\u0061":"2"}"#, r#"{"a":null,"a":"2","a":3}"#] {
        let mut fields = fields(body);
        let read = fields.optional_text("a");
        assert_eq!(refused(fields, Some(read)), [pair("a", "duplicate")], "{body}");
    }
}

#[test]
fn a_change_is_absent_null_or_a_text() {
    let mut read = fields(r#"{"cleared": null, "set": "", "number": 7}"#);
    let check = |_: &str| Ok(());
    assert_eq!(read.change("absent", check), Change::Keep);
    assert_eq!(read.change("cleared", check), Change::Clear);
    assert_eq!(read.change("set", check), Change::Set(String::new()));
    assert_eq!(read.change("number", check), Change::Keep);
    assert_eq!(refused(read, Some(())), [pair("number", "wrong_type")]);

    let mut read = fields(r#"{"set": "no"}"#);
    read.change("set", |_| Err(Wrong::new("too_long", "must be shorter")));
    assert_eq!(refused(read, Some(())), [pair("set", "too_long")]);
}

#[test]
fn null_counts_as_absent_where_a_text_is_read() {
    let mut fields = fields(r#"{"a": null, "b": null}"#);
    assert_eq!(fields.optional_text("a"), None);
    let required = fields.text("b");
    assert_eq!(refused(fields, required), [pair("b", "required")]);
}

#[test]
fn a_truth_value_is_true_false_or_absent() {
    let mut read = fields(r#"{"yes": true, "no": false, "null": null, "text": "true", "number": 1}"#);
    let flags = ["yes", "no", "null", "absent", "text", "number"].map(|name| read.flag(name));
    assert_eq!(flags, [Some(true), Some(false), None, None, None, None]);
    assert_eq!(refused(read, Some(())), [pair("text", "wrong_type"), pair("number", "wrong_type")]);

    let mut text = fields(r#"{"text": true}"#);
    let read = text.text("text");
    assert_eq!(refused(text, read), [pair("text", "wrong_type")]);
}

#[test]
fn a_password_is_taken_as_it_is_up_to_a_kibibyte() {
    let mut body = fields(r#"{"password": "  p\u00e4ss\u0000 "}"#);
    let password = body.password("password");
    assert_eq!(body.finish(password).ok().unwrap().expose(), "  päss\0 ");

    let mut body = fields(&json!({ "password": "ä".repeat(513) }).to_string());
    let password = body.password("password");
    assert_eq!(refused(body, password), [pair("password", "too_long")]);
}

#[test]
fn what_is_not_json_is_malformed_and_what_is_no_object_is_invalid() {
    for body in [
        &b"{"[..],
        b"",
        b"{\"a\":\"1\",}",
        b"{}{}",
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\\ud800\"}",
    ] {
        assert_eq!(code_of(body), Code::MalformedJson, "{body:?}");
    }
    for body in [&b"[]"[..], b"null", b"\"text\"", b"7"] {
        assert_eq!(code_of(body), Code::InvalidRequest, "{body:?}");
    }
}

#[test]
fn depth_and_number_of_members_are_no_load() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    let mut fields = fields(&deep);
    let read = fields.text("a");
    assert_eq!(refused(fields, read), [pair("a", "wrong_type")]);

    let many: serde_json::Map<_, _> = (0..65).map(|n| (n.to_string(), Value::Null)).collect();
    assert_eq!(code_of(Value::Object(many).to_string().as_bytes()), Code::InvalidRequest);
}

#[test]
fn an_unknown_name_is_repeated_only_in_part() {
    let refused = refused(fields(&json!({ "x".repeat(1000): 1 }).to_string()), Some(()));
    assert_eq!(refused, [pair(&"x".repeat(64), "unknown_field")]);
}

#[test]
fn only_the_json_media_type_is_read() {
    let headers = |value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
        headers
    };
    for good in ["application/json", "Application/JSON; charset=utf-8", "application/json;x=y"] {
        assert!(require_json(&headers(good)).is_ok(), "{good}");
    }
    for bad in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "text/plain;application/json",
        "application/json; charset=latin1",
        "application/json; charset=\"utf-16\"",
        "",
    ] {
        assert!(require_json(&headers(bad)).is_err(), "{bad}");
    }
    assert!(require_json(&HeaderMap::new()).is_err());
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit() {
    assert_eq!(read(Body::from("12345"), 5).await.ok().unwrap(), "12345");
    assert_eq!(read(Body::from("123456"), 5).await.err().unwrap().code(), Code::BodyTooLarge);
    let chunks = ["123", "456"].map(Ok::<_, std::io::Error>);
    let unannounced = Body::from_stream(futures_util::stream::iter(chunks));
    assert_eq!(read(unannounced, 5).await.err().unwrap().code(), Code::BodyTooLarge);
}
