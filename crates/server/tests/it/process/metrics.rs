//! Can an operator read what goes on, and nobody else read more than that?

#![allow(clippy::float_cmp, reason = "counts are whole numbers")]

mod alerts;
mod exposition;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use portcullis_every_engine::every_engine;
use portcullis_store::testing::TestEngine;
use reqwest::StatusCode;

use self::exposition::Exposition;
use super::deployment::Deployment;
use super::server::{Server, eventually};
use super::tls::authority::{self, Authority, localhost};
use crate::engine;

const PASSWORD: &str = "correct horse battery";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn watched(deployment: Deployment) -> Deployment {
    deployment.with("PORTCULLIS_METRICS_LISTEN", "127.0.0.1:0")
}

/// Where the metrics are, as the log of a start tells.
fn url(server: &Server) -> String {
    let log = server.log();
    let line = log.lines().find(|line| line.contains("metrics can be read")).unwrap();
    let (_, address) = line.split_once("127.0.0.1:").unwrap();
    let port = address.trim_end_matches(|c: char| !c.is_ascii_digit());
    format!("http://127.0.0.1:{port}/metrics")
}

async fn asked(url: &str, token: Option<&str>) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(url);
    let request = token.iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    request.send().await.unwrap()
}

async fn scrape(server: &Server) -> Exposition {
    let answer = asked(&url(server), None).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    Exposition::parse(&answer.text().await.unwrap())
}

/// The families of the table in the documentation: name, type, and where there are any.
fn documented() -> BTreeMap<String, (String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", name, kind, _labels, place, _meaning, ""] = cells[..] else { return None };
        let name = name.strip_prefix('`')?.strip_suffix('`')?;
        Some((name.to_owned(), (kind.to_owned(), place.to_owned())))
    });
    let documented: BTreeMap<_, _> = rows.collect();
    assert!(documented.len() > 50, "{documented:?}");
    documented
}

fn documented_for(places: &[&str]) -> BTreeMap<String, String> {
    let here = |place: &str| place.is_empty() || places.contains(&place);
    let documented = documented().into_iter().filter(|(_, (_, place))| here(place));
    documented.map(|(name, (kind, _))| (name, kind)).collect()
}

#[every_engine]
async fn the_metrics_are_those_of_the_documentation() {
    let server = watched(Deployment::on_this_engine().await).start().await;
    let database = match engine::current() {
        TestEngine::Sqlite => "SQLite",
        TestEngine::Postgres | TestEngine::MariaDb => "server",
    };
    assert_eq!(scrape(&server).await.families(), documented_for(&[database]));
}

#[tokio::test]
async fn with_tls_the_metrics_tell_of_handshakes_and_of_the_end_of_the_certificate() {
    let authority = Authority::new();
    let deployment = watched(authority::deployment(&authority.issue(&localhost())));
    let mut server = Server::begin(&deployment);
    server.listens().await;
    let before = scrape(&server).await;
    assert_eq!(before.families(), documented_for(&["SQLite", "TLS"]));
    assert!(before.value("portcullis_tls_certificate_expiry_timestamp_seconds", &[]) > 1_700_000_000.0);

    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("https://localhost:{}/livez", server.address.port());
    assert!(stranger.get(url).send().await.unwrap_err().is_connect());
    eventually("the handshake has failed", async || {
        (scrape(&server).await.value("portcullis_tls_handshakes_failed_total", &[]) > 0.0).then_some(())
    })
    .await;
}

#[every_engine]
async fn what_people_do_is_counted_and_nothing_tells_who_they_are() {
    let server = watched(Deployment::on_this_engine().await).start().await;
    let api = server.api();
    let tokens = api.newcomer("alice-in-wonderland", PASSWORD).await;
    let next = api.refresh(&tokens.refresh).await.unwrap().tokens();
    api.refresh(&tokens.refresh).await.unwrap().tokens();
    api.refresh("junk").await.unwrap().expect(401);
    api.log_in("alice-in-wonderland", "wrong").await.unwrap().expect(401);
    api.log_in("nobody-of-that-name", "wrong").await.unwrap().expect(401);
    let me = api.get("/v1/me", Some(&next.access)).await.unwrap().expect(200);
    api.log_out(&next.access).await.unwrap();

    let seen = scrape(&server).await;
    for (outcome, count) in [("logged_in", 1.0), ("refused", 2.0), ("disabled", 0.0), ("trouble", 0.0)] {
        assert_eq!(seen.value("portcullis_logins_total", &[("outcome", outcome)]), count, "{outcome}");
    }
    for (outcome, count) in [("rotated", 1.0), ("again", 1.0), ("invalid", 1.0), ("reused", 0.0)] {
        assert_eq!(seen.value("portcullis_refreshes_total", &[("outcome", outcome)]), count, "{outcome}");
    }
    assert_eq!(seen.value("portcullis_registrations_total", &[("outcome", "created")]), 1.0);
    assert_eq!(seen.value("portcullis_logouts_total", &[]), 1.0);
    assert_eq!(seen.value("portcullis_revoked_sessions", &[]), 1.0);
    assert_eq!(seen.value("portcullis_database_up", &[]), 1.0);
    let logins = [("method", "POST"), ("route", "/v1/login"), ("status", "401")];
    assert_eq!(seen.value("portcullis_http_requests_total", &logins), 2.0);
    let all_logins = [("method", "POST"), ("route", "/v1/login")];
    assert_eq!(seen.value("portcullis_http_request_duration_seconds_count", &all_logins), 3.0);
    assert!(seen.value("portcullis_hashes_total", &[("kind", "verify")]) >= 3.0);
    assert!(
        seen.value("portcullis_database_operations_total", &[("kind", "write"), ("outcome", "done")]) >= 4.0
    );
    assert!(seen.value("portcullis_connections_accepted_total", &[]) >= 1.0);
    assert!(seen.value("process_resident_memory_bytes", &[]) > 1_000_000.0);
    assert!(seen.value("process_open_fds", &[]) > 3.0);

    let id = me["account"]["id"].as_str().unwrap();
    for secret in
        ["alice-in-wonderland", "nobody-of-that-name", id, PASSWORD, "127.0.0.1", &next.access, &next.refresh]
    {
        assert!(!seen.text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_thousand_paths_that_nobody_has_are_one() {
    let server = watched(Deployment::new()).start().await;
    let api = server.api();
    api.get("/0/0", None).await.unwrap().expect(404);
    let before = scrape(&server).await;
    for number in 0..1000 {
        api.get(&format!("/{number}/{number}?{number}"), None).await.unwrap().expect(404);
    }
    let after = scrape(&server).await;
    assert_eq!(before.samples(), after.samples());
    let nobodys = [("method", "GET"), ("route", "other"), ("status", "404")];
    assert_eq!(after.value("portcullis_http_requests_total", &nobodys), 1001.0);
}

#[tokio::test]
async fn dialects_are_counted_by_their_routes_under_their_prefix() {
    let deployment = watched(Deployment::new()).with("PORTCULLIS_DIALECTS", "bearer-pair=/old");
    let server = deployment.start().await;
    server.api().get("/OLD/nothing/", None).await.unwrap().expect(404);
    let routes = portcullis_http::dialects::Dialect::find("bearer-pair").unwrap().list_routes();
    let path = routes.iter().find_map(|route| route.strip_prefix("POST ")).unwrap();
    let path = format!("/old{path}");
    let status = server.api().post(&path, None, serde_json::json!({})).await.unwrap().status.to_string();
    let seen = scrape(&server).await;
    let labels = [("method", "POST"), ("route", path.as_str()), ("status", status.as_str())];
    assert_eq!(seen.value("portcullis_http_requests_total", &labels), 1.0);
    let nobodys = [("method", "GET"), ("route", "other"), ("status", "404")];
    assert_eq!(seen.value("portcullis_http_requests_total", &nobodys), 1.0);
}

#[tokio::test]
async fn metrics_on_a_listener_of_their_own_are_nowhere_else_and_nothing_else_is_there() {
    let server = watched(Deployment::new()).start().await;
    server.api().get("/metrics", None).await.unwrap().expect(404);
    let elsewhere = url(&server).replace("/metrics", "/v1/login");
    assert_eq!(asked(&elsewhere, None).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn beside_the_api_metrics_are_for_those_with_the_token() {
    let server = Deployment::new().with("PORTCULLIS_METRICS_TOKEN", TOKEN).start().await;
    let url = format!("http://{}/metrics", server.address);
    assert_eq!(asked(&url, None).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        asked(&url, Some("another-token-of-that-length-000")).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let answer = asked(&url, Some(TOKEN)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let seen = Exposition::parse(&answer.text().await.unwrap());
    let refused = [("method", "GET"), ("route", "/metrics"), ("status", "401")];
    assert_eq!(seen.value("portcullis_http_requests_total", &refused), 2.0);
    assert!(!server.log().contains(TOKEN));
}

#[tokio::test]
async fn without_a_word_about_metrics_there_are_none() {
    let server = Deployment::new().start().await;
    server.api().get("/metrics", None).await.unwrap().expect(404);
    assert!(!server.log().contains("metrics can be read"));
}
