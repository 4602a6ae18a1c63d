//! Is a backend with one token that never ends taken over and given back, by files?

use serde_json::{Value, json};

use super::bearer_pair::stop;
use super::site::{Reply, Site};
use super::{ACCESS_SECRET, PASSWORD};

fn person(name: &str) -> Value {
    json!({ "username": name, "password": PASSWORD })
}

async fn log_in(site: &Site, name: &str) -> Reply {
    site.post("/login", &person(name)).await
}

#[tokio::test]
async fn nobody_notices() {
    let site = Site::new("bearer-single", &[("JWT_SECRET", ACCESS_SECRET)]);

    let old = site.old_backend().await;
    for name in ["Ada", "ada"] {
        site.post("/register", &person(name)).await.is(201);
    }
    let ada = log_in(&site, "Ada").await.is(200).text("token");
    old.stop().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;

    let report = site.import_file("users.jsonl");
    assert_eq!(report["accounts"]["new"], 2, "{report}");

    let server = site.portcullis().await;
    site.get_as("/protected", &ada).await.is(200);
    for name in ["Ada", "ada"] {
        log_in(&site, name).await.is(200);
    }
    log_in(&site, "ADA").await.is(401);
    site.post("/register", &person("carol")).await.is(201);
    site.post("/register", &person("Ada")).await.is(409);
    let carol = log_in(&site, "carol").await.is(200).text("token");
    stop(server).await;
    let server = site.portcullis().await;
    site.get_as("/protected", &carol).await.is(200);
    stop(server).await;

    std::fs::rename(
        site.deployment.directory().join("users.jsonl"),
        site.deployment.directory().join("before.jsonl"),
    )
    .unwrap();
    site.export_file("users.jsonl");
    let old = site.old_backend().await;
    for name in ["Ada", "ada", "carol"] {
        log_in(&site, name).await.is(200);
    }
    for token in [&ada, &carol] {
        site.get_as("/protected", token).await.is(200);
    }
    old.stop().await;
}
