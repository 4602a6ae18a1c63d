//! Does a dialect answer what the backends answered that it takes the place of?
//!
//! `transcripts/<name>.json` holds what a real backend was seen to answer, request by request. Beside it,
//! `<name>.hardened.json` lists what is answered otherwise: which steps, why, and what instead. A step that is in no
//! such list must be answered alike, and one that is must be answered as the list says.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use portcullis_http::Environment;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::forge;
use super::server::{ACCESS_SECRET, Answer, REFRESH_SECRET, Server, Setup};

#[derive(Deserialize)]
struct Transcript {
    dialect: String,
    environment: HashMap<String, String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    name: String,
    request: Sent,
    #[serde(default)]
    keep: HashMap<String, String>,
    answer: Value,
}

#[derive(Deserialize)]
struct Sent {
    method: String,
    path: String,
    #[serde(default)]
    headers: HashMap<String, Value>,
    #[serde(default)]
    body: Option<String>,
}

/// Steps that are answered otherwise, for one reason.
#[derive(Deserialize)]
struct Hardened {
    because: String,
    steps: Vec<String>,
    /// The members of the body and their types, where the words do not matter.
    #[serde(default)]
    shape: Option<String>,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    set_cookie: Option<Vec<String>>,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Option<String>,
    /// Bodies of which any will do, where the database decides.
    #[serde(default)]
    either_body: Vec<String>,
    /// What later steps get for what the backend gave in this one: the name of something that was kept before.
    #[serde(default)]
    instead: HashMap<String, String>,
}

/// Replays a transcript on an empty server.
pub async fn replay(name: &str) {
    replay_after(name, async |_: &Server| ()).await;
}

/// Replays a transcript that begins with accounts.
pub async fn replay_after(name: &str, prepare: impl AsyncFnOnce(&Server)) {
    let transcript: Transcript = read(&format!("{name}.json"));
    let hardened: Vec<Hardened> = read(&format!("{name}.hardened.json"));
    check_list(&transcript, &hardened);
    let mut setup = Setup::of(&[&transcript.dialect]);
    if transcript.environment.get("NODE_ENV").is_some_and(|env| env == "production") {
        setup.environment = Environment::Production;
    }
    let server = Server::start(setup).await;
    prepare(&server).await;
    let mut answered = Vec::new();
    let mut kept = HashMap::new();
    let mut differences = String::new();
    for step in &transcript.steps {
        let answer = send(&server, &step.request, &kept).await;
        keep(&mut kept, step, &answer);
        answered.push(seen(step, &answer));
        let expected = hardened.iter().find(|list| list.steps.contains(&step.name));
        for (name, earlier) in expected.into_iter().flat_map(|list| &list.instead) {
            kept.insert(name.clone(), kept[earlier].clone());
        }
        if let Some(difference) = compare(&step.answer, expected, &answer) {
            let _ = writeln!(differences, "\n{}\n{difference}", step.name);
        }
    }
    if !differences.is_empty() {
        let file = std::env::temp_dir().join(format!("portcullis-{name}.answered.json"));
        std::fs::write(&file, serde_json::to_string_pretty(&answered).unwrap()).unwrap();
        panic!("{name}: {differences}\n\nall answers are in {}", file.display());
    }
}

/// An answer in the form of a transcript, for whoever writes down why it is another.
fn seen(step: &Step, answer: &Answer) -> Value {
    let body = redacted(&answer.body);
    json!({
        "name": step.name,
        "status": answer.status.as_u16(),
        "content_type": answer.header("content-type"),
        "set_cookie": answer.cookies().into_iter().map(redacted).collect::<Vec<_>>(),
        "body": body,
        "shape": shape(&body),
        "recorded": step.answer,
    })
}

fn read<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/dialects/transcripts");
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every listed step exists, once, and has a reason.
fn check_list(transcript: &Transcript, hardened: &[Hardened]) {
    let mut listed: Vec<&String> = hardened.iter().flat_map(|list| &list.steps).collect();
    listed.sort();
    let count = listed.len();
    listed.dedup();
    assert_eq!(listed.len(), count, "a step is listed twice");
    for name in listed {
        assert!(transcript.steps.iter().any(|step| step.name == *name), "there is no step {name:?}");
    }
    assert!(hardened.iter().all(|list| list.because.len() > 20));
}

async fn send(server: &Server, sent: &Sent, kept: &HashMap<String, String>) -> Answer {
    let fill = |text: &str| filled(text, kept, server.now_s());
    let headers: Vec<String> = sent
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", fill(value.as_str().unwrap())))
        .collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let body = fill(sent.body.as_deref().unwrap_or_default());
    server.send(&sent.method, &fill(&sent.path), &headers, &body).await
}

/// A text with what was kept of earlier answers in place of `${name}`, and then with what `${forge:{…}}` and
/// `${repeat:{…}}` make.
fn filled(text: &str, kept: &HashMap<String, String>, now_s: i64) -> String {
    let mut text = text.to_owned();
    for (name, value) in kept {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, order)) = rest.split_once("${") {
        let (kind, order) = order.split_once(':').unwrap_or_else(|| panic!("nothing was kept for {order}"));
        let mut values = serde_json::Deserializer::from_str(order).into_iter::<Value>();
        let parsed = values.next().unwrap().unwrap();
        let (_, after) = order.split_at(values.byte_offset());
        out.push_str(before);
        out.push_str(&match kind {
            "forge" => forged_token(&parsed, now_s),
            "repeat" => {
                let times = usize::try_from(parsed["times"].as_u64().unwrap()).unwrap();
                parsed["text"].as_str().unwrap().repeat(times)
            }
            other => panic!("{other:?} is no way to make a text"),
        });
        rest = after.strip_prefix('}').unwrap();
    }
    out + rest
}

fn forged_token(order: &Value, now_s: i64) -> String {
    let secret = match order["secret"].as_str().unwrap() {
        "access" | "jwt" => ACCESS_SECRET,
        "refresh" => REFRESH_SECRET,
        _ => "another secret altogether, and a long one",
    };
    forge::sign_as(&order["header"], &dated(&order["claims"], now_s), secret)
}

/// `now+60` becomes a number of seconds.
fn dated(value: &Value, now_s: i64) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("now").map(|offset| (offset, offset.parse::<i64>())) {
            Some(("", _)) => now_s.into(),
            Some((_, Ok(offset))) => (now_s + offset).into(),
            Some(_) | None => text.clone().into(),
        },
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), dated(value, now_s))).collect()
        }
        Value::Array(items) => items.iter().map(|item| dated(item, now_s)).collect(),
        other => other.clone(),
    }
}

fn keep(kept: &mut HashMap<String, String>, step: &Step, answer: &Answer) {
    for (name, place) in &step.keep {
        let value = match place.split_once(':').unwrap() {
            ("body", "") => Some(answer.body.clone()),
            ("body", pointer) => answer.json().pointer(pointer).map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
            ("cookie", cookie) => answer.cookie(cookie),
            ("claim", place) => {
                let (name, pointer) = place.split_once(':').unwrap();
                let token = answer.json().pointer(pointer).and_then(Value::as_str).map(forge::claims);
                token.and_then(|claims| claims[name].as_str().map(str::to_owned))
            }
            (other, _) => panic!("{other:?} is no place"),
        };
        if let Some(value) = value {
            kept.insert(name.clone(), value);
        }
    }
}

/// What is different from what should be, if anything.
fn compare(recorded: &Value, hardened: Option<&Hardened>, answer: &Answer) -> Option<String> {
    let recorded_body = recorded["body"].as_str().unwrap_or_default();
    let body = redacted(&answer.body);
    let mut wrong = Vec::new();
    let mut check = |what: &str, expected: String, found: String| {
        if expected != found {
            wrong.push(format!("  {what}: expected {expected}\n  {what}: answered {found}"));
        }
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let status = hardened
        .and_then(|list| list.status)
        .map_or_else(|| recorded["status"].to_string(), |s| s.to_string());
    check("status", status, answer.status.as_u16().to_string());
    let media_type = hardened.and_then(|list| list.content_type.clone());
    check(
        "type",
        media_type.unwrap_or_else(|| text(&recorded["content_type"])),
        answer.header("content-type").to_owned(),
    );
    let cookies = hardened
        .and_then(|list| list.set_cookie.clone())
        .unwrap_or_else(|| recorded["set_cookie"].as_array().into_iter().flatten().map(text).collect());
    check(
        "cookies",
        format!("{cookies:?}"),
        format!("{:?}", answer.cookies().into_iter().map(redacted).collect::<Vec<_>>()),
    );
    let no_headers = Map::new();
    let headers = hardened.and_then(|list| list.headers.as_ref()).or_else(|| recorded["headers"].as_object());
    for (name, value) in headers.unwrap_or(&no_headers) {
        check(name, text(value), answer.header(name).to_owned());
    }
    match hardened {
        Some(Hardened { shape: Some(expected), .. }) => check("shape", plain(expected), shape(&body)),
        Some(Hardened { either_body, .. })
            if either_body.iter().any(|known| plain(known) == plain(&body)) => {}
        Some(Hardened { body: Some(expected), .. }) => check("body", plain(expected), plain(&body)),
        Some(_) | None => check("body", plain(recorded_body), plain(&body)),
    }
    if let Some(list) = hardened
        && list.shape.is_none()
        && list.status.is_none_or(|status| recorded["status"] == status)
        && list.body.as_deref().is_none_or(|body| plain(body) == plain(recorded_body))
        && list.set_cookie.is_none()
        && list.content_type.is_none()
        && list.headers.is_none()
    {
        wrong.push("  is listed as different, and is not".to_owned());
    }
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

/// A body to compare: JSON whatever the order of its members, and whatever numbers a database gave.
fn plain(body: &str) -> String {
    fn without_ids(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if name == "id" && value.is_number() {
                        *value = "<number>".into();
                    }
                    without_ids(value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(without_ids),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let Ok(mut json) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    without_ids(&mut json);
    json.to_string()
}

/// The members of a body and their types, without the words.
fn shape(body: &str) -> String {
    fn of(value: &Value) -> Value {
        match value {
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), of(value))).collect(),
            Value::Array(items) => items.first().map(of).into_iter().collect(),
            Value::String(_) => "text".into(),
            Value::Number(_) => "number".into(),
            Value::Bool(_) | Value::Null => value.clone(),
        }
    }
    serde_json::from_str::<Value>(body).map_or_else(|_| "a text".to_owned(), |json| of(&json).to_string())
}

/// A text without what is different at every run.
fn redacted(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        out.push_str(before);
        out.push_str(if word.starts_with("eyJ") && word.matches('.').count() == 2 { "<jwt>" } else { word });
        rest = after;
    }
    out.push_str(rest);
    redacted_times(&redacted_csrf(&out))
}

/// `2024-09-16T11:00:00.000Z` and `Mon, 16 Sep 2024 11:00:00 GMT`.
fn redacted_times(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    'next: while let Some(first) = rest.chars().next() {
        for (pattern, word) in
            [("dddd-dd-ddTdd:dd:dd.dddZ", "<time>"), ("aaa, dd aaa dddd dd:dd:dd GMT", "<date>")]
        {
            let fits = |(c, p): (char, char)| match p {
                'd' => c.is_ascii_digit(),
                'a' => c.is_ascii_alphabetic(),
                p => c == p,
            };
            if rest.is_char_boundary(pattern.len().min(rest.len()))
                && rest.len() >= pattern.len()
                && rest.chars().zip(pattern.chars()).all(fits)
            {
                out.push_str(word);
                rest = rest.get(pattern.len()..).unwrap();
                continue 'next;
            }
        }
        out.push(first);
        rest = rest.get(first.len_utf8()..).unwrap();
    }
    out
}

/// Values of `_csrf`, `XSRF-TOKEN` and `XSRF-Token`.
fn redacted_csrf(text: &str) -> String {
    let mut out = text.to_owned();
    for (before, after) in [("_csrf=", ";"), ("XSRF-TOKEN=", ";"), ("\"XSRF-Token\":\"", "\"")] {
        if let Some((head, tail)) = text.split_once(before) {
            let end = tail.find(after).unwrap_or(tail.len());
            out = format!("{head}{before}<csrf>{}", tail.get(end..).unwrap());
        }
    }
    out
}
