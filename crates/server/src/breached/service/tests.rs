//! What is a range service told, and what becomes of its answers?

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

/// `password` is 5BAA6 1E4C9B93F3F0682250B6CF8331B7EE68FD8.
const OTHER: &str = "00000000000000000000000000000000001:3";

/// What was asked, and what is answered.
#[derive(Clone)]
struct Script {
    heard: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    answer: fn() -> Response,
}

/// A service on this machine, for as long as it is held.
struct Service {
    address: SocketAddr,
    script: Script,
    _tasks: JoinSet<()>,
}

impl Service {
    async fn answering(answer: fn() -> Response) -> Self {
        let script = Script { heard: Arc::default(), answer };
        let answer = async |State(script): State<Script>, Path(prefix): Path<String>, headers: HeaderMap| {
            script.heard.lock().unwrap().push((prefix, headers));
            (script.answer)()
        };
        let router = Router::new().route("/range/{prefix}", get(answer)).with_state(script.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, script, _tasks: tasks }
    }

    fn client(&self) -> RangeService {
        let base = format!("http://{}/range/", self.address);
        RangeService::new(&base, Duration::from_secs(30)).unwrap()
    }

    fn heard(&self) -> Vec<String> {
        self.script.heard.lock().unwrap().iter().map(|(prefix, _)| prefix.clone()).collect()
    }
}

async fn ask(client: &RangeService, password: &str) -> Result<bool, Unanswered> {
    client.is_breached(&Password::from(password)).await
}

#[tokio::test]
async fn the_service_hears_five_digits_and_no_more() {
    let service = Service::answering(|| {
        format!("{OTHER}\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:9\r\n").into_response()
    })
    .await;
    let client = service.client();
    assert_eq!(ask(&client, "password").await, Ok(true));
    assert_eq!(ask(&client, "correct horse battery").await, Ok(false));
    assert_eq!(service.heard()[0], "5BAA6");
    assert_eq!(service.heard()[1].len(), 5);
    let (_, headers) = service.script.heard.lock().unwrap()[0].clone();
    assert_eq!(headers["add-padding"], "true");
    let told = format!("{headers:?}").to_uppercase();
    assert!(!told.contains("1E4C9") && !told.contains("PASSWORD"), "{told}");
}

#[tokio::test]
async fn padding_is_no_password() {
    let service =
        Service::answering(|| "1E4C9B93F3F0682250B6CF8331B7EE68FD8:0".to_owned().into_response()).await;
    assert_eq!(ask(&service.client(), "password").await, Ok(false));
}

#[tokio::test]
async fn an_answer_is_remembered_for_a_while() {
    let service = Service::answering(|| OTHER.into_response()).await;
    let client = service.client();
    for _ in 0..3 {
        assert_eq!(ask(&client, "password").await, Ok(false));
    }
    assert_eq!(service.heard(), ["5BAA6"]);
    for number in 0..REMEMBERED {
        ask(&client, &format!("password of number {number}")).await.unwrap();
    }
    ask(&client, "password").await.unwrap();
    assert_eq!(service.heard().last().unwrap(), "5BAA6", "the oldest is forgotten first");
    assert!(client.state.lock().unwrap().ranges.len() <= REMEMBERED);
}

#[tokio::test]
async fn what_is_no_range_is_no_answer() {
    let answers: [fn() -> Response; 6] = [
        || "<html>".into_response(),
        || "1E4C9:1".into_response(),
        || "1E4C9B93F3F0682250B6CF8331B7EE68FD8:many".into_response(),
        || StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        || Redirect::temporary("http://127.0.0.1:1/range/5BAA6").into_response(),
        || "A".repeat(MAX_ANSWER_BYTES + 1).into_response(),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let service = Service::answering(answer).await;
        let Err(Unanswered { cause }) = ask(&service.client(), "password").await else { panic!("{number}") };
        assert!(cause.contains("range service"), "{cause}");
        assert_eq!(service.heard().len(), 1, "{cause}");
    }
}

#[tokio::test]
async fn a_service_that_failed_is_left_alone_for_a_while() {
    let service = Service::answering(|| StatusCode::TOO_MANY_REQUESTS.into_response()).await;
    let client = service.client();
    for password in ["password", "another"] {
        ask(&client, password).await.unwrap_err();
    }
    assert_eq!(service.heard().len(), 1);
}

#[tokio::test]
async fn a_service_that_is_away_or_silent_is_told_without_the_digits() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (silent_at, away_at) = (silent.local_addr().unwrap(), away.local_addr().unwrap());
    drop(away);
    for address in [silent_at, away_at] {
        let client =
            RangeService::new(&format!("http://{address}/range/"), Duration::from_millis(50)).unwrap();
        let Err(Unanswered { cause }) = ask(&client, "password").await else { panic!("{address}") };
        assert!(cause.starts_with("the range service did not answer: "), "{cause}");
        assert!(!cause.contains("5BAA6"), "{cause}");
    }
}
