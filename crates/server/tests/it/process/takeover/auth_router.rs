//! Is a backend on `MongoDB` taken over and given back, by what `mongoexport` writes?

use serde_json::{Value, json};

use super::bearer_pair::stop;
use super::site::{Reply, Site};
use super::{ACCESS_SECRET, PASSWORD, REFRESH_SECRET};

fn person(name: &str) -> Value {
    json!({ "name": name, "email": format!("{name}@example.com"), "password": PASSWORD })
}

async fn register(site: &Site, name: &str) -> Reply {
    site.post("/auth/register", &person(name)).await
}

/// The access token of a login is its whole body.
async fn log_in(site: &Site, name: &str) -> Reply {
    let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    site.post("/auth/login", &body).await
}

async fn refresh(site: &Site, token: &str) -> Reply {
    site.post("/auth/refresh-token", &json!({ "refreshToken": token })).await
}

#[tokio::test]
async fn nobody_notices() {
    let secrets = [("ACCESS_TOKEN_SECRET", ACCESS_SECRET), ("REFRESH_TOKEN_SECRET", REFRESH_SECRET)];
    let site = Site::new("auth-router", &secrets);

    let old = site.old_backend().await;
    let ada = register(&site, "ada").await.is(200);
    register(&site, "bob").await.is(200);
    old.stop().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;

    let report = site.import_file("users.jsonl");
    assert_eq!(report["accounts"]["new"], 2, "{report}");

    let server = site.portcullis().await;
    site.get_as("/", &ada.text("accessToken")).await.is(200);
    let refreshed = refresh(&site, &ada.text("refreshToken")).await.is(200);
    let bob = log_in(&site, "bob").await.is(200).body;
    site.get_as("/", &bob).await.is(200);
    let carol = register(&site, "carol").await.is(200);
    stop(server).await;
    let server = site.portcullis().await;
    let refreshed = refresh(&site, &refreshed.text("refreshToken")).await.is(200);
    site.get_as("/", &refreshed.text("accessToken")).await.is(200);
    stop(server).await;

    let directory = site.deployment.directory();
    std::fs::rename(directory.join("users.jsonl"), directory.join("before.jsonl")).unwrap();
    site.export_file("users.jsonl");
    let before = std::fs::read_to_string(directory.join("before.jsonl")).unwrap();
    let after = std::fs::read_to_string(directory.join("users.jsonl")).unwrap();
    assert_eq!((before.lines().count(), after.lines().count()), (2, 3));
    let old = site.old_backend().await;
    for name in ["ada", "bob", "carol"] {
        log_in(&site, name).await.is(200);
    }
    for token in [&bob, &carol.text("accessToken"), &refreshed.text("accessToken")] {
        site.get_as("/", token).await.is(200);
    }
    for token in [carol.text("refreshToken"), refreshed.text("refreshToken")] {
        refresh(&site, &token).await.is(200);
    }
    old.stop().await;
}
