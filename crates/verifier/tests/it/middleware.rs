//! What does a client see of a protected route?

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, header};
use axum::routing::get;
use axum::{Extension, Router};
use portcullis_verifier::{AccessTokenLayer, Claims};
use tower::ServiceExt as _;

use crate::support::{Answer, Issuer, NOW, Signer, TestClock, claims_with};

struct Service {
    app: Router,
    issuer: Issuer,
    signer: Signer,
}

impl Service {
    async fn new() -> Self {
        let signer = Signer::ed25519("a");
        let issuer = Issuer::publishing(&[&signer]).await;
        let layer = AccessTokenLayer::new(issuer.verifier(&TestClock::new()).build().unwrap());
        let app = Router::new()
            .route("/admin", get(async || "secret"))
            .route_layer(layer.clone().with_role("admin"))
            .merge(Router::new().route("/me", get(async |claims: Claims| claims.sub)).layer(layer.clone()))
            .merge(
                Router::new()
                    .route(
                        "/shared",
                        get(async |Extension(claims): Extension<Arc<Claims>>| claims.sub.clone()),
                    )
                    .layer(layer),
            )
            .route("/open", get(async |claims: Option<Claims>| format!("{}", claims.is_some())))
            .route("/forgotten", get(async |claims: Claims| claims.sub));
        Self { app, issuer, signer }
    }

    async fn get(&self, path: &str, authorization: &[&str]) -> Response<Body> {
        let mut request = Request::get(path);
        for value in authorization {
            request = request.header(header::AUTHORIZATION, *value);
        }
        self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.signer.token())
    }
}

/// Status, challenge and body in one text.
async fn seen(response: Response<Body>) -> String {
    let (parts, body) = response.into_parts();
    let text = |name| parts.headers.get(name).map_or("-", |value| value.to_str().unwrap());
    let body = to_bytes(body, 10_000).await.unwrap();
    let (challenge, retry) = (text(header::WWW_AUTHENTICATE), text(header::RETRY_AFTER));
    format!("{} | {challenge} | {retry} | {}", parts.status.as_u16(), String::from_utf8_lossy(&body))
}

#[tokio::test]
async fn a_good_token_brings_its_claims_to_the_handler() {
    let service = Service::new().await;
    for path in ["/me", "/shared"] {
        assert_eq!(seen(service.get(path, &[&service.bearer()]).await).await, "200 | - | - | alice");
    }
}

#[tokio::test]
async fn no_token_gets_a_challenge_without_error_code() {
    let service = Service::new().await;
    let expected = r#"401 | Bearer realm="portcullis" | - | {"status":401,"code":"token_required","title":"An access token is required"}"#;
    assert_eq!(seen(service.get("/me", &[]).await).await, expected);
    assert_eq!(seen(service.get("/me", &["Basic dTpw"]).await).await, expected);
    assert_eq!(service.issuer.requests(), 0);
}

#[tokio::test]
async fn a_bad_token_is_told_nothing_but_that() {
    let service = Service::new().await;
    let expected = r#"401 | Bearer realm="portcullis", error="invalid_token" | - | {"status":401,"code":"invalid_token","title":"The access token is not valid"}"#;
    let impostor = Signer::ed25519("a").token();
    let elsewhere = service.signer.sign(&claims_with("aud", "mail"));
    for token in ["", "junk", impostor.as_str(), elsewhere.as_str()] {
        assert_eq!(seen(service.get("/me", &[&format!("Bearer {token}")]).await).await, expected, "{token}");
    }
}

#[tokio::test]
async fn an_expired_token_says_so_to_let_the_client_refresh() {
    let service = Service::new().await;
    let expired = service.signer.sign(&claims_with("exp", NOW - 60));
    assert_eq!(
        seen(service.get("/me", &[&format!("Bearer {expired}")]).await).await,
        r#"401 | Bearer realm="portcullis", error="invalid_token", error_description="The access token has expired" | - | {"status":401,"code":"token_expired","title":"The access token has expired"}"#
    );
}

#[tokio::test]
async fn two_tokens_are_one_too_many() {
    let service = Service::new().await;
    let bearer = service.bearer();
    assert_eq!(
        seen(service.get("/me", &[&bearer, &bearer]).await).await,
        r#"400 | Bearer realm="portcullis", error="invalid_request" | - | {"status":400,"code":"invalid_request","title":"The request has several Authorization headers"}"#
    );
}

#[tokio::test]
async fn a_role_is_required_exactly() {
    let service = Service::new().await;
    assert_eq!(
        seen(service.get("/admin", &[&service.bearer()]).await).await,
        r#"403 | Bearer realm="portcullis", error="insufficient_scope" | - | {"status":403,"code":"insufficient_role","title":"The account may not do this"}"#
    );
    for (role, status) in [("admin", 200), ("Admin", 403), ("administrator", 403), ("", 403)] {
        let token = service.signer.sign(&claims_with("role", role));
        let response = service.get("/admin", &[&format!("Bearer {token}")]).await;
        assert_eq!(response.status().as_u16(), status, "{role}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_not_the_fault_of_the_client() {
    let service = Service::new().await;
    service.issuer.answer_with(Answer::Status(500));
    assert_eq!(
        seen(service.get("/me", &[&service.bearer()]).await).await,
        r#"503 | - | 1 | {"status":503,"code":"keys_unavailable","title":"Access tokens cannot be checked at the moment"}"#
    );
}

#[tokio::test]
async fn a_route_that_is_not_protected_has_no_claims() {
    let service = Service::new().await;
    assert_eq!(seen(service.get("/open", &[&service.bearer()]).await).await, "200 | - | - | false");
    assert_eq!(seen(service.get("/forgotten", &[&service.bearer()]).await).await, "500 | - | - | ");
}
