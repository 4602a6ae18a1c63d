//! Do the secrets of a contract change without anybody being logged out?

use std::time::Duration;

use portcullis_core::legacy::PreviousForeign;
use portcullis_core::verifier::{LegacyShape, LegacyVerifier};
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::super::forge;
use super::super::server::{ACCESS_SECRET, NEW_ACCESS_SECRET, NEW_REFRESH_SECRET, Server, Setup};
use super::takeover::old_tokens;
use super::{NAME, ada, log_out, refresh};

const WEEK_S: i64 = 7 * 86_400;

async fn changed(server: &Server, previous: PreviousForeign) -> Server {
    server.restarted(|setup| setup.with_changed_secrets(previous)).await
}

#[every_engine]
async fn what_this_server_signed_before_is_good_until_it_expires_and_new_tokens_are_under_the_new_secret() {
    for previous in [PreviousForeign::Believed, PreviousForeign::Refused] {
        let server = Server::speaking(NAME).await;
        let (access, old) = ada(&server).await;
        let server = changed(&server, previous).await;
        assert_eq!(server.get_as("/protected", &access).await.status, 200);
        let answer = refresh(&server, &old).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let new = answer.text("accessToken");
        assert_eq!(server.get_as("/protected", &new).await.status, 200);
        assert_eq!(refresh(&server, &answer.text("refreshToken")).await.status, 200);

        let now = server.now_s();
        let knows = |secret: &str| LegacyVerifier::new(LegacyShape::BearerPair, secret).unwrap();
        assert!(knows(NEW_ACCESS_SECRET).verify_at(&new, now).is_ok());
        assert!(knows(ACCESS_SECRET).verify_at(&new, now).is_err());
        let knows_both = knows(ACCESS_SECRET).other_secret(NEW_ACCESS_SECRET).unwrap();
        assert!(knows_both.verify_at(&new, now).is_ok() && knows_both.verify_at(&access, now).is_ok());
        assert!(knows_both.verify_at(&forge::sign(&forge::claims(&new), "another"), now).is_err());

        server.pass(Duration::from_mins(15));
        assert_eq!(server.get_as("/protected", &access).await.status, 403);
    }
}

#[every_engine]
async fn what_the_older_backend_signed_counts_or_not_as_the_operator_says() {
    for (previous, status) in [(PreviousForeign::Believed, 200), (PreviousForeign::Refused, 403)] {
        let server = Server::speaking(NAME).await;
        server.import(41, |_| {}).await;
        let (access, old) = old_tokens(41, server.now_s() - 120);
        let server = changed(&server, previous).await;
        assert_eq!(server.get_as("/protected", &access).await.status, status);
        assert_eq!(refresh(&server, &old).await.status, status);
        // Under the new secret there may be others who sign.
        let issued_s = server.now_s() - 10;
        let claims = json!({ "userId": 41, "iat": issued_s, "exp": issued_s + 900 });
        let other = forge::sign(&claims, NEW_ACCESS_SECRET);
        assert_eq!(server.get_as("/protected", &other).await.status, 200);
    }
}

#[every_engine]
async fn a_logout_by_a_token_under_the_secret_before_ends_its_session() {
    let server = Server::speaking(NAME).await;
    let (access, old) = ada(&server).await;
    let server = changed(&server, PreviousForeign::Refused).await;
    assert_eq!(log_out(&server, &access).await.status, 204);
    assert_eq!(refresh(&server, &old).await.status, 403);
    assert_eq!(server.get_as("/protected", &access).await.status, 403);
}

#[every_engine]
async fn one_secret_for_both_kinds_becomes_two_and_the_kinds_stay_apart() {
    let server = Server::start(Setup::of(&[NAME]).with_one_secret()).await;
    server.import(41, |_| {}).await;
    let (own_access, own_refresh) = ada(&server).await;
    let server = changed(&server, PreviousForeign::Believed).await;
    let issued_s = server.now_s() - 120;
    let old = forge::sign(&json!({ "userId": 41, "iat": issued_s, "exp": issued_s + WEEK_S }), ACCESS_SECRET);
    let access = forge::sign(&json!({ "userId": 41, "iat": issued_s, "exp": issued_s + 900 }), ACCESS_SECRET);
    assert_eq!(server.get_as("/protected", &old).await.status, 403, "a refresh token");
    assert_eq!(refresh(&server, &access).await.status, 403, "an access token");
    assert_eq!(server.get_as("/protected", &access).await.status, 200);
    assert_eq!(refresh(&server, &old).await.status, 200);
    assert_eq!(server.get_as("/protected", &own_refresh).await.status, 403);
    assert_eq!(refresh(&server, &own_access).await.status, 403);
    assert_eq!(refresh(&server, &own_refresh).await.status, 200);
    // The new secrets are not one.
    let mixed =
        forge::sign(&json!({ "userId": 41, "iat": issued_s, "exp": issued_s + 900 }), NEW_REFRESH_SECRET);
    assert_eq!(server.get_as("/protected", &mixed).await.status, 403);
}

#[every_engine]
async fn without_the_secret_before_its_tokens_end_at_once() {
    let server = Server::speaking(NAME).await;
    let (access, old) = ada(&server).await;
    let server = changed(&server, PreviousForeign::Believed).await;
    let kept = refresh(&server, &old).await.text("refreshToken");
    // Restarted a second time, with the secrets of the beginning: those of between are unknown to it.
    let server = server.restarted(|setup| Setup { changed_secrets: None, ..setup }).await;
    assert_eq!(refresh(&server, &kept).await.status, 403);
    assert_eq!(server.get_as("/protected", &access).await.status, 200);
}
