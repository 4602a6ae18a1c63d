//! Is a backend with one cookie and CSRF tokens taken over and given back: on SQLite as in development, on `PostgreSQL` as in
//! production?

use std::fs;

use portcullis_store::testing::{TestDatabase, TestEngine};
use serde_json::{Value, json};

use super::super::server::Server;
use super::bearer_pair::stop;
use super::site::{Reply, Site};
use super::{ACCESS_SECRET, PASSWORD};

/// What a browser needs to be let in: a CSRF cookie and its token.
struct Browser {
    csrf: String,
    token: String,
}

impl Browser {
    async fn open(site: &Site) -> Self {
        let reply = site.send("GET", "/api/csrf/restore", &[], None).await.is(200);
        Self { csrf: reply.cookie("_csrf"), token: reply.text("XSRF-Token") }
    }

    async fn post(&self, site: &Site, path: &str, body: &Value) -> Reply {
        let headers = [format!("cookie: _csrf={}", self.csrf), format!("xsrf-token: {}", self.token)];
        site.send("POST", path, &[&headers[0], &headers[1]], Some(body)).await
    }
}

async fn register(site: &Site, name: &str) -> Reply {
    let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD });
    Browser::open(site).await.post(site, "/api/users", &body).await
}

async fn log_in(site: &Site, credential: &str) -> Reply {
    let body = json!({ "credential": credential, "password": PASSWORD });
    Browser::open(site).await.post(site, "/api/session", &body).await
}

/// Who the cookie says it is.
async fn who(site: &Site, token: &str) -> Value {
    let reply = site.send("GET", "/api/session", &[&format!("cookie: token={token}")], None).await.is(200);
    reply.json()["user"]["username"].clone()
}

/// From the first user of the old backend to the first of the next one.
async fn take_over_and_give_back(site: &Site, source: &str) {
    let old = site.old_backend().await;
    let ada = register(site, "adalovelace").await.is(201).cookie("token");
    register(site, "babbage").await.is(201);
    old.stop().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;

    let report = site.import();
    assert_eq!(report["accounts"]["new"], 2, "{report}");

    let server = site.portcullis().await;
    assert_eq!(who(site, &ada).await, "adalovelace");
    log_in(site, "babbage@example.com").await.is(200);
    let babbage = log_in(site, "babbage").await.is(200).cookie("token");
    let carol = register(site, "carolshaw").await.is(201);
    assert_eq!(carol.json()["user"]["id"], 3);
    let carol = carol.cookie("token");
    let server = restarted(site, server).await;
    for (token, name) in [(&ada, "adalovelace"), (&babbage, "babbage"), (&carol, "carolshaw")] {
        assert_eq!(who(site, token).await, name);
    }
    stop(server).await;

    let report = site.export(source);
    assert_eq!(report["inserted"], 1, "{report}");
    let old = site.old_backend().await;
    for (token, name) in [(&ada, "adalovelace"), (&babbage, "babbage"), (&carol, "carolshaw")] {
        assert_eq!(who(site, token).await, name);
        log_in(site, name).await.is(200);
    }
    old.stop().await;
}

async fn restarted(site: &Site, server: Server) -> Server {
    stop(server).await;
    site.portcullis().await
}

#[tokio::test]
async fn nobody_notices_in_development() {
    let environment = [
        ("DB_FILE", "dev.db"),
        ("JWT_SECRET", ACCESS_SECRET),
        ("JWT_EXPIRES_IN", "604800"),
        ("SCHEMA", "unused"),
    ];
    let site = Site::new("api-session", &environment);
    take_over_and_give_back(&site, "sqlite:dev.db").await;
}

#[tokio::test]
async fn looking_leaves_the_file_of_the_older_backend_as_it_is() {
    let site = Site::new("api-session", &[("DB_FILE", "dev.db"), ("JWT_SECRET", ACCESS_SECRET)]);
    let old = site.old_backend().await;
    register(&site, "adalovelace").await.is(201);
    old.stop().await;
    let file = site.deployment.directory().join("dev.db");
    let before = fs::read(&file).unwrap();
    for (command, words) in [
        (&["import", "--from", "api-session", "--dry-run"][..], "1 would come"),
        (&["doctor"], "has none of our tables yet"),
        (&["migrate", "--status"], "pending"),
    ] {
        let outcome = site.deployment.run(command);
        assert!(outcome.stdout.contains(words), "{command:?}: {outcome:?}");
        assert!(fs::read(&file).unwrap() == before, "{command:?} changed the file");
    }
    for command in [&["account", "list"][..], &["export", "--output", "-"]] {
        let complaint = site.deployment.run(command).complaint(1);
        assert!(complaint.contains("there is nothing in the database yet"), "{complaint}");
        assert!(fs::read(&file).unwrap() == before, "{command:?} changed the file");
    }
    let old = site.old_backend().await;
    log_in(&site, "adalovelace").await.is(200);
    old.stop().await;
}

#[tokio::test]
async fn nobody_notices_in_production() {
    let database = TestDatabase::new(TestEngine::Postgres).await;
    let url = format!("{}?sslmode=disable", database.url());
    // The databases of all tests are schemas of one.
    let schema = format!("{}_old", database.schema().unwrap());
    let environment = [
        ("NODE_ENV", "production"),
        ("DATABASE_URL", url.as_str()),
        ("SCHEMA", schema.as_str()),
        ("JWT_SECRET", ACCESS_SECRET),
        ("JWT_EXPIRES_IN", "604800"),
    ];
    let mut site = Site::new("api-session", &environment);
    // What production asks for beside the old `.env`.
    site.deployment = site
        .deployment
        .with("PORTCULLIS_PUBLIC_URL", "https://app.example.com")
        .with("PORTCULLIS_HOST", "127.0.0.1")
        .with("PORTCULLIS_DATABASE_TLS", "off")
        .with("PORTCULLIS_MASTER_KEY", "8f3c1a5be07742d9961f0b6e2ad4c783519e6fb07d2c48a3e1905bd6f72a8c4e");
    take_over_and_give_back(&site, &url).await;
}
