//! What does a client of an older backend see of a route that a service protects by the shared secret?

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, header};
use axum::routing::get;
use axum::{Extension, Router};
use portcullis_verifier::{LegacyClaims, LegacyShape, LegacyTokenLayer};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::legacy_tokens::{claims, sign, verifier};
use crate::support::NOW;

const NO_TOKEN: &str = r#"401 | Bearer realm="portcullis" | {"status":401,"code":"token_required","title":"An access token is required"}"#;
const BAD_TOKEN: &str = r#"401 | Bearer realm="portcullis", error="invalid_token" | {"status":401,"code":"invalid_token","title":"The access token is not valid"}"#;
const OTHER_SITE: &str = r#"403 | - | {"status":403,"code":"csrf_failed","title":"The request may have been made by another site"}"#;

fn layer(shape: LegacyShape) -> LegacyTokenLayer {
    let now = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs());
    LegacyTokenLayer::new(verifier(shape).clock(move || now))
}

fn app(layer: LegacyTokenLayer) -> Router {
    let account = async |claims: LegacyClaims| claims.account.to_string();
    let shared = async |Extension(claims): Extension<Arc<LegacyClaims>>| claims.account.to_string();
    Router::new()
        .route("/me", get(account).post(account).delete(account))
        .route("/shared", get(shared))
        .layer(layer)
        .route("/open", get(async |claims: Option<LegacyClaims>| format!("{}", claims.is_some())))
        .route("/forgotten", get(account))
}

/// Status, challenge and body in one text.
async fn seen(app: &Router, request: (&str, &str), headers: &[(&str, &str)]) -> String {
    let mut builder = Request::builder().method(request.0).uri(request.1);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let response: Response<Body> = app.clone().oneshot(builder.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let challenge = parts.headers.get(header::WWW_AUTHENTICATE).map_or("-", |value| value.to_str().unwrap());
    let body = to_bytes(body, 10_000).await.unwrap();
    format!("{} | {challenge} | {}", parts.status.as_u16(), String::from_utf8_lossy(&body))
}

fn bearer(claims: &Value) -> String {
    format!("Bearer {}", sign(claims))
}

#[tokio::test]
async fn a_bearer_token_of_every_shape_brings_its_claims_to_the_handler() {
    for shape in LegacyShape::ALL {
        let app = app(layer(shape));
        let account = match shape {
            LegacyShape::BearerSingle => "Ada",
            LegacyShape::AuthRouter => "5f8d0d55b54764421b7156d9",
            LegacyShape::BearerPair | LegacyShape::UsersCookies | LegacyShape::ApiSession => "12",
        };
        let authorization = bearer(&claims(shape));
        for request in [("GET", "/me"), ("POST", "/me"), ("GET", "/shared")] {
            let answer = seen(&app, request, &[("authorization", &authorization)]).await;
            assert_eq!(answer, format!("200 | - | {account}"), "{shape} {request:?}");
        }
    }
}

#[tokio::test]
async fn the_cookie_of_the_shape_brings_the_token_too() {
    for (shape, name) in [(LegacyShape::UsersCookies, "accessToken"), (LegacyShape::ApiSession, "token")] {
        let cookie = format!("other=1; {name}={}; refreshToken=x", sign(&claims(shape)));
        let headers = [("cookie", cookie.as_str())];
        assert_eq!(seen(&app(layer(shape)), ("GET", "/me"), &headers).await, "200 | - | 12", "{shape}");
        let bearer_only = app(layer(shape).without_cookie());
        assert_eq!(seen(&bearer_only, ("GET", "/me"), &headers).await, NO_TOKEN, "{shape}");
    }
    for shape in [LegacyShape::BearerPair, LegacyShape::BearerSingle, LegacyShape::AuthRouter] {
        let token = sign(&claims(shape));
        let cookie = format!("accessToken={token}; token={token}");
        let answer = seen(&app(layer(shape)), ("GET", "/me"), &[("cookie", &cookie)]).await;
        assert_eq!(answer, NO_TOKEN, "{shape}");
    }
}

#[tokio::test]
async fn the_cookie_comes_before_the_header_unless_it_is_empty() {
    let shape = LegacyShape::UsersCookies;
    let app = app(layer(shape));
    let mut other = claims(shape);
    other["id"] = 13.into();
    let (authorization, cookie) = (bearer(&other), format!("accessToken={}", sign(&claims(shape))));
    let seen = async |cookie: &str| {
        seen(&app, ("GET", "/me"), &[("authorization", &authorization), ("cookie", cookie)]).await
    };
    assert_eq!(seen(&cookie).await, "200 | - | 12");
    assert_eq!(seen("accessToken=").await, "200 | - | 13");
    assert_eq!(seen("accessToken=junk").await, BAD_TOKEN);
}

#[tokio::test]
async fn another_site_changes_nothing_by_the_cookie() {
    let shape = LegacyShape::ApiSession;
    let app_here = app(layer(shape));
    let cookie = format!("token={}", sign(&claims(shape)));
    let cross =
        [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site"), ("origin", "https://app.example")];
    for method in ["POST", "DELETE"] {
        assert_eq!(seen(&app_here, (method, "/me"), &cross).await, OTHER_SITE, "{method}");
    }
    assert_eq!(seen(&app_here, ("GET", "/me"), &cross).await, "200 | - | 12");
    let same = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(seen(&app_here, ("POST", "/me"), &same).await, "200 | - | 12");

    let listed = app(layer(shape).allow_origin("https://app.example"));
    assert_eq!(seen(&listed, ("POST", "/me"), &cross).await, "200 | - | 12");

    let authorization = bearer(&claims(shape));
    let with_header = [&cross[..], &[("authorization", authorization.as_str())]].concat();
    assert_eq!(seen(&app_here, ("POST", "/me"), &with_header).await, "200 | - | 12", "no site adds a header");
    let with_junk = [&cross[..], &[("authorization", "Bearer junk")]].concat();
    assert_eq!(seen(&app_here, ("POST", "/me"), &with_junk).await, BAD_TOKEN);
}

#[tokio::test]
async fn requests_without_a_good_token_are_answered_here() {
    let shape = LegacyShape::BearerPair;
    let app = app(layer(shape));
    assert_eq!(seen(&app, ("GET", "/me"), &[]).await, NO_TOKEN);
    assert_eq!(seen(&app, ("GET", "/me"), &[("authorization", "Basic dTpw")]).await, NO_TOKEN);

    let mut refresh = claims(shape);
    refresh["jti"] = "A".repeat(64).into();
    let mut foreign = claims(shape);
    foreign["userId"] = "12".into();
    for authorization in ["Bearer junk".to_owned(), "Bearer ".to_owned(), bearer(&refresh), bearer(&foreign)]
    {
        assert_eq!(seen(&app, ("GET", "/me"), &[("authorization", &authorization)]).await, BAD_TOKEN);
    }

    let mut expired = claims(shape);
    expired["exp"] = NOW.into();
    assert_eq!(
        seen(&app, ("GET", "/me"), &[("authorization", &bearer(&expired))]).await,
        r#"401 | Bearer realm="portcullis", error="invalid_token", error_description="The access token has expired" | {"status":401,"code":"token_expired","title":"The access token has expired"}"#
    );

    let good = bearer(&claims(shape));
    assert_eq!(
        seen(&app, ("GET", "/me"), &[("authorization", &good), ("authorization", &good)]).await,
        r#"400 | Bearer realm="portcullis", error="invalid_request" | {"status":400,"code":"invalid_request","title":"The request has several Authorization headers"}"#
    );
}

#[tokio::test]
async fn a_route_that_is_not_protected_has_no_claims() {
    let app = app(layer(LegacyShape::BearerPair));
    let authorization = bearer(&claims(LegacyShape::BearerPair));
    let headers = [("authorization", authorization.as_str())];
    assert_eq!(seen(&app, ("GET", "/open"), &headers).await, "200 | - | false");
    assert_eq!(seen(&app, ("GET", "/forgotten"), &headers).await, "500 | - | ");
}
