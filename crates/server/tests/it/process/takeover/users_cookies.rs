//! Is a backend with cookies and a list of refresh tokens, on MariaDB, taken over and given back?

use serde_json::{Value, json};

use super::super::server::Server;
use super::bearer_pair::stop;
use super::site::{Reply, Site, lines, mariadb};
use super::{ACCESS_SECRET, PASSWORD, REFRESH_SECRET};

fn person(name: &str) -> Value {
    json!({ "name": name, "email": format!("{name}@example.com"), "password": PASSWORD })
}

/// What a browser sends that was given these two cookies.
fn cookies(reply: &Reply) -> String {
    format!(
        "cookie: accessToken={}; refreshToken={}",
        reply.cookie("accessToken"),
        reply.cookie("refreshToken")
    )
}

async fn log_in(site: &Site, name: &str) -> Reply {
    site.post("/users/login", &person(name)).await
}

async fn profile(site: &Site, cookies: &str) -> Reply {
    site.send("GET", "/users/profile", &[cookies], None).await
}

async fn refresh(site: &Site, cookies: &str) -> Reply {
    site.send("POST", "/users/refresh-token", &[cookies], Some(&json!({}))).await
}

#[tokio::test]
async fn nobody_notices() {
    let (environment, url) = mariadb().await;
    let secrets = [
        ("ACCESS_TOKEN_SECRET", ACCESS_SECRET),
        ("ACCESS_TOKEN_EXPIRY", "1d"),
        ("REFRESH_TOKEN_SECRET", REFRESH_SECRET),
        ("REFRESH_TOKEN_EXPIRY", "7d"),
    ];
    let site = Site::new("users-cookies", &lines(&environment, &secrets));

    let old = site.old_backend().await;
    for name in ["ada", "bob"] {
        site.post("/users/register", &person(name)).await.is(201);
    }
    let spent = cookies(&log_in(&site, "ada").await.is(200));
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let ada = cookies(&log_in(&site, "ada").await.is(200));
    let change = json!({ "bio": "Counts on engines", "contact": "12345" });
    site.send("PATCH", "/users/update-profile", &[&ada], Some(&change)).await.is(200);
    old.stop().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;

    let report = site.import();
    assert_eq!((&report["accounts"]["new"], &report["sessions"]["new"]), (&json!(2), &json!(1)), "{report}");

    let server = site.portcullis().await;
    let shown = profile(&site, &ada).await.is(200).json();
    let expected = json!({ "id": 1, "name": "ada", "email": "ada@example.com", "bio": "Counts on engines", "contact": "12345" });
    assert_eq!(shown, expected);
    // Its access token is good for a day; its refresh token was replaced by the later login.
    profile(&site, &spent).await.is(200);
    refresh(&site, &spent).await.is(401);
    let ada = cookies(&refresh(&site, &ada).await.is(200));
    profile(&site, &ada).await.is(200);
    log_in(&site, "bob").await.is(200);
    let carol = site.post("/users/register", &person("carol")).await.is(201);
    assert!(carol.body.contains("\"id\":3"), "{carol:?}");
    let carol = cookies(&log_in(&site, "carol").await.is(200));
    let server = restarted(&site, server).await;
    let ada = cookies(&refresh(&site, &ada).await.is(200));
    stop(server).await;

    let report = site.export(&url);
    assert_eq!(report["inserted"], 1, "{report}");
    let old = site.old_backend().await;
    for name in ["ada", "bob", "carol"] {
        log_in(&site, name).await.is(200);
    }
    assert_eq!(profile(&site, &ada).await.is(200).json(), expected);
    profile(&site, &carol).await.is(200);
    old.stop().await;
}

async fn restarted(site: &Site, server: Server) -> Server {
    stop(server).await;
    site.portcullis().await
}
