//! What happens when the database server wants us no more, until somebody mends it?

use portcullis_every_engine::every_server;
use portcullis_store::testing::{OwnServer, Visitor};

use super::site::Site;
use super::visit::Alice;
use crate::process::client::Api;
use crate::process::server::eventually;

/// Breaks something, sees that clients are turned away, mends it, and sees that all is well.
async fn breaks(site: &Site, api: &Api, alice: &mut Alice, (broken, mended): (&str, &str)) {
    let mut administrator = site.administrator().await;
    administrator.run(broken).await;
    site.cut_connections(&mut administrator).await;
    alice.is_turned_away(api).await;
    alice.sees_it_go(api).await;
    administrator.run(mended).await;
    alice.sees_it_back(api).await;
    administrator.leave().await;
}

#[every_server]
async fn a_password_that_was_changed_or_a_privilege_that_was_taken_away_is_an_outage_until_it_is_mended() {
    let site = Site::new().await.with_administrator().await;
    let server = site.deployment().start().await;
    let api = server.api();
    let mut alice = Alice::arrives(&api).await;

    let password = site.either(
        ("ALTER ROLE portcullis PASSWORD 'another'", "ALTER ROLE portcullis PASSWORD 'portcullis'"),
        ("ALTER USER portcullis IDENTIFIED BY 'another'", "ALTER USER portcullis IDENTIFIED BY 'portcullis'"),
    );
    breaks(&site, &api, &mut alice, password).await;
    let login = site.either(
        ("ALTER ROLE portcullis NOLOGIN", "ALTER ROLE portcullis LOGIN"),
        ("ALTER USER portcullis ACCOUNT LOCK", "ALTER USER portcullis ACCOUNT UNLOCK"),
    );
    breaks(&site, &api, &mut alice, login).await;
    if site.either(false, true) {
        let privileges = (
            "REVOKE ALL PRIVILEGES, GRANT OPTION FROM portcullis; GRANT SELECT ON portcullis.signing_keys TO portcullis",
            "GRANT ALL PRIVILEGES ON *.* TO portcullis WITH GRANT OPTION",
        );
        breaks(&site, &api, &mut alice, privileges).await;
    }
}

#[every_server]
async fn a_database_that_was_taken_away_is_an_outage_until_it_is_back() {
    let site = Site::new().await.with_administrator().await;
    let server = site.deployment().start().await;
    let api = server.api();
    let mut alice = Alice::arrives(&api).await;
    let mut administrator = site.administrator().await;
    if site.either(true, false) {
        administrator.run("ALTER DATABASE portcullis CONNECTION LIMIT 0").await;
        site.cut_connections(&mut administrator).await;
        administrator.run("ALTER DATABASE portcullis RENAME TO elsewhere").await;
        alice.is_turned_away(&api).await;
        alice.sees_it_go(&api).await;
        administrator.run("ALTER DATABASE elsewhere RENAME TO portcullis").await;
        administrator.run("ALTER DATABASE portcullis CONNECTION LIMIT -1").await;
    } else {
        // MariaDB keeps the connections to a database that is gone.
        let tables = "accounts passwords sessions revocations signing_keys audit_events jobs adopted_sessions \
             throttles audit_seals schema_migrations";
        let moves = |from: &str, to: &str| {
            let moves: Vec<_> =
                tables.split(' ').map(|table| format!("{from}.{table} TO {to}.{table}")).collect();
            format!("RENAME TABLE {}", moves.join(", "))
        };
        administrator.run("CREATE DATABASE elsewhere").await;
        administrator.run(&moves("portcullis", "elsewhere")).await;
        alice.is_turned_away(&api).await;
        alice.sees_it_go(&api).await;
        administrator.run("DROP DATABASE portcullis").await;
        alice.is_turned_away(&api).await;
        administrator.run("CREATE DATABASE portcullis").await;
        administrator.run(&moves("elsewhere", "portcullis")).await;
    }
    alice.sees_it_back(&api).await;
}

#[every_server]
async fn a_server_that_is_full_of_others_is_an_outage_until_they_leave() {
    let site = Site::new().await.with_administrator().await;
    let mut administrator = site.administrator().await;
    administrator
        .run(site.either(
            "CREATE ROLE others LOGIN PASSWORD 'others'",
            "CREATE USER others IDENTIFIED BY 'others'; GRANT ALL ON portcullis.* TO others",
        ))
        .await;
    if site.either(true, false) {
        administrator.run("ALTER SYSTEM SET max_connections = 12").await;
        administrator.leave().await;
        site.undergoes(OwnServer::stop).await;
        site.undergoes(OwnServer::restart).await;
    } else {
        administrator.run("SET GLOBAL max_connections = 12").await;
        // Whoever may do everything has a place more than the others.
        administrator.run("REVOKE ALL PRIVILEGES, GRANT OPTION FROM portcullis").await;
        administrator.run("GRANT ALL ON portcullis.* TO portcullis").await;
        administrator.leave().await;
    }
    let server = site.deployment().start().await;
    let api = server.api();
    let mut alice = Alice::arrives(&api).await;

    // PostgreSQL keeps three of twelve for administrators, and there is one of them.
    let places = site.either(8, 11);
    let mut administrator = site.administrator().await;
    let url = site.url().replace("portcullis:portcullis@", "others:others@");
    let mut others = Vec::new();
    eventually("others have every place", async || {
        site.cut_connections(&mut administrator).await;
        while let Ok(other) = Visitor::try_at(&url).await {
            others.push(other);
        }
        (others.len() == places).then_some(())
    })
    .await;
    alice.is_turned_away(&api).await;
    alice.sees_it_go(&api).await;
    for other in others {
        other.leave().await;
    }
    alice.sees_it_back(&api).await;
}
