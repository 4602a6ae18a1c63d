//! Is a backend with `/login` and a pair of tokens, on MariaDB, taken over and given back?

use serde_json::{Value, json};

use super::super::server::Server;
use super::site::{Reply, Site, lines, mariadb};
use super::{ACCESS_SECRET, PASSWORD, REFRESH_SECRET};

fn person(name: &str) -> Value {
    json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD })
}

async fn log_in(site: &Site, name: &str) -> Reply {
    site.post("/login", &person(name)).await
}

async fn refresh(site: &Site, token: &str) -> Reply {
    site.post("/refresh", &json!({ "refreshToken": token })).await
}

#[tokio::test]
async fn nobody_notices() {
    let (environment, url) = mariadb().await;
    let secrets = [("ACCESS_TOKEN_SECRET", ACCESS_SECRET), ("REFRESH_TOKEN_SECRET", REFRESH_SECRET)];
    let site = Site::new("bearer-pair", &lines(&environment, &secrets));

    let old = site.old_backend().await;
    for name in ["ada", "bob"] {
        site.post("/register", &person(name)).await.is(201);
    }
    let ada = log_in(&site, "ada").await.is(200);
    old.stop().await;
    // The cut-over is at the next second: what is issued in the same one is not from before it.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;

    let report = site.import();
    assert_eq!(report["accounts"]["new"], 2, "{report}");
    assert_eq!(site.import()["accounts"]["new"], 0);

    let server = site.portcullis().await;
    site.get_as("/protected", &ada.text("accessToken")).await.is(200);
    let refreshed = refresh(&site, &ada.text("refreshToken")).await.is(200);
    refresh(&site, &ada.text("refreshToken")).await.is(200);
    site.get_as("/protected", &refreshed.text("accessToken")).await.is(200);
    log_in(&site, "bob").await.is(200);
    let carol = site.post("/register", &person("carol")).await.is(201);
    assert_eq!(carol.json()["id"], 3);
    let carol = log_in(&site, "carol").await.is(200);
    let server = restarted(&site, server).await;
    let ada = refresh(&site, &refreshed.text("refreshToken")).await.is(200);
    stop(server).await;

    let report = site.export(&url);
    assert_eq!(report["inserted"], 1, "{report}");
    let old = site.old_backend().await;
    for name in ["ada", "bob", "carol"] {
        log_in(&site, name).await.is(200);
    }
    for token in [carol.text("accessToken"), ada.text("accessToken")] {
        site.get_as("/protected", &token).await.is(200);
    }
    refresh(&site, &carol.text("refreshToken")).await.is(200);
    let dave = site.post("/register", &person("dave")).await.is(201);
    assert_eq!(dave.json()["id"], 4);
    old.stop().await;
}

async fn restarted(site: &Site, server: Server) -> Server {
    stop(server).await;
    site.portcullis().await
}

pub(super) async fn stop(mut server: Server) {
    server.terminate();
    assert!(server.end().await.success());
}
