//! Which texts are no access tokens, and what does it cost to find out?

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use insta::assert_snapshot;
use portcullis_core::auth::CLOCK_TOLERANCE;
use portcullis_core::policy::Policy;
use portcullis_core::testing::NOW;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::app::{App, Setup};
use super::client::ACCESS_COOKIE;
use super::forge::{Forge, claims_of, hs256, signing_input};
use super::persona::{Persona, Session};
use crate::node;

/// A server, somebody who is logged in, and the server's own key.
struct Scene {
    app: App,
    alice: Session,
    forge: Forge,
    claims: Value,
}

impl Scene {
    async fn new() -> Self {
        // More tokens of nobody come in than one address may send.
        let app = App::start_with(Setup::without_throttle()).await;
        let alice = app.alice().logged_in().await;
        let forge = Forge::with_the_real_key(&app).await;
        let claims = claims_of(&alice);
        // The forge is the server's: what it makes of good claims is let in, so a refusal is about the change.
        let good = app.get("/v1/me").bearer(&forge.token(&claims)).await;
        assert_eq!(good.status, 200, "{good}");
        Self { app, alice, forge, claims }
    }

    /// The claims with one of them changed, or taken away by `null`.
    fn claims_with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        claims
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        self.forge.token(&self.claims_with(name, value))
    }

    fn with_header(&self, header: &Value) -> String {
        self.forge.sign(&header.to_string(), &self.claims.to_string())
    }

    fn with_header_member(&self, name: &str, value: Value) -> String {
        let mut header = self.forge.header();
        header[name] = value;
        self.with_header(&header)
    }

    /// A token is refused with a code, in a header and in a cookie, on a route that needs the database otherwise and
    /// on one that does not, and the database is not asked.
    async fn assert_refused(&self, token: &str, code: &str, what: &str) {
        self.app.store.take_calls();
        for path in ["/v1/me", "/v1/token/check", "/v1/admin/accounts"] {
            let answer = self.app.get(path).bearer(token).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, code), "{what} at {path}");
            let is_cookie_value =
                token.bytes().all(|byte| byte.is_ascii_graphic() && !b";\"".contains(&byte));
            if is_cookie_value {
                let answer = self.app.get(path).header("cookie", &format!("{ACCESS_COOKIE}={token}")).await;
                assert_eq!(answer.code(), code, "{what} in a cookie at {path}");
            }
        }
        assert_eq!(self.app.store.take_calls(), Vec::<&str>::new(), "{what}");
    }
}

#[every_engine]
async fn another_algorithm_is_refused_whatever_the_signature() {
    let scene = Scene::new().await;
    let claims = scene.claims.to_string();
    let public = scene.forge.public_key();
    let header = |alg: &str| json!({"alg": alg, "typ": "at+jwt", "kid": scene.forge.kid}).to_string();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let signed = signing_input(&header(alg), &claims);
        scene.assert_refused(&format!("{signed}."), "invalid_access_token", alg).await;
        scene.assert_refused(&scene.forge.sign(&header(alg), &claims), "invalid_access_token", alg).await;
    }
    for alg in ["HS256", "HS512", "RS256", "ES256", "Ed25519", "eddsa"] {
        let in_hex: Vec<String> = public.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = in_hex.concat();
        let as_text = URL_SAFE_NO_PAD.encode(public);
        for secret in [public, as_text.as_bytes(), hex.as_bytes(), b"", b"secret"] {
            scene.assert_refused(&hs256(&header(alg), &claims, secret), "invalid_access_token", alg).await;
        }
        scene.assert_refused(&scene.forge.sign(&header(alg), &claims), "invalid_access_token", alg).await;
    }
}

#[every_engine]
async fn another_key_is_refused_under_the_name_of_the_real_one() {
    let scene = Scene::new().await;
    let forged = scene.forge.with_another_key().token(&scene.claims);
    assert_snapshot!(scene.app.get("/v1/me").bearer(&forged).await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis", error="invalid_token", error_description="The access token is not valid"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_access_token","title":"The access token is not valid","status":401,"code":"invalid_access_token","request_id":"[request]"}
    "#);
    scene.assert_refused(&forged, "invalid_access_token", "another key").await;
    let with_its_key = scene.forge.with_another_key();
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(with_its_key.public_key())});
    for (member, value) in [
        ("jwk", key),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
    ] {
        let mut header = scene.forge.header();
        header[member] = value.clone();
        let forged = with_its_key.sign(&header.to_string(), &scene.claims.to_string());
        scene.assert_refused(&forged, "invalid_access_token", member).await;
        let signed_well = scene.with_header_member(member, value);
        scene.assert_refused(&signed_well, "invalid_access_token", member).await;
    }
}

#[every_engine]
async fn a_key_id_is_only_ever_compared() {
    let scene = Scene::new().await;
    let next = scene
        .app
        .auth
        .key_infos()
        .into_iter()
        .map(|key| key.kid)
        .find(|kid| *kid != scene.forge.kid)
        .unwrap();
    for kid in [
        json!("../../../../dev/null"),
        json!("/proc/self/environ"),
        json!("x' UNION SELECT 'key' --"),
        json!("\u{0}"),
        json!(""),
        json!("http://evil.example/key"),
        json!("k".repeat(3000)),
        json!(scene.forge.kid.to_lowercase() + " "),
        json!(next),
        json!(null),
        json!(7),
        json!([scene.forge.kid]),
    ] {
        let what = kid.to_string();
        let token = scene.with_header_member("kid", kid);
        scene.assert_refused(&token, "invalid_access_token", &what).await;
    }
    let nameless = scene.with_header(&json!({"alg": "EdDSA", "typ": "at+jwt"}));
    scene.assert_refused(&nameless, "invalid_access_token", "no kid").await;
}

#[every_engine]
async fn a_token_of_another_type_is_refused() {
    let scene = Scene::new().await;
    for typ in [
        json!("JWT"),
        json!("rt+jwt"),
        json!("logout+jwt"),
        json!(""),
        json!("at+jwt "),
        json!(1),
        json!(null),
    ] {
        let what = typ.to_string();
        scene.assert_refused(&scene.with_header_member("typ", typ), "invalid_access_token", &what).await;
    }
    let untyped = scene.with_header(&json!({"alg": "EdDSA", "kid": scene.forge.kid}));
    scene.assert_refused(&untyped, "invalid_access_token", "no typ").await;
    scene.assert_refused(&scene.alice.refresh_token(), "invalid_access_token", "a refresh token").await;
}

#[every_engine]
async fn a_token_for_somebody_else_or_from_somebody_else_is_refused() {
    let scene = Scene::new().await;
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!("https://auth.test/")),
        ("iss", json!("HTTPS://AUTH.TEST")),
        ("iss", Value::Null),
        ("iss", json!(["https://auth.test"])),
        ("aud", json!("another service")),
        ("aud", json!(["another service", "portcullis2"])),
        ("aud", json!([])),
        ("aud", json!({"portcullis": true})),
        ("aud", Value::Null),
    ] {
        let what = format!("{name} {value}");
        scene.assert_refused(&scene.with_claim(name, value), "invalid_access_token", &what).await;
    }
}

#[every_engine]
async fn a_token_of_another_face_of_the_same_server_is_refused() {
    let scene = Scene::new().await;
    let login = portcullis_core::flows::log_in::LogIn {
        identifier: portcullis_core::flows::log_in::SentIdentifier::parse("alice"),
        password: scene.app.alice().password().into(),
    };
    let grant = scene.app.auth.log_in(login, &portcullis_core::model::Client::default()).await.unwrap();
    for policy in [
        Policy { audience: "legacy".into(), ..node::cheap_policy() },
        Policy { issuer: "https://legacy.test".into(), ..node::cheap_policy() },
    ] {
        let foreign = scene.app.auth.with_policy(policy).mint(&grant).unwrap();
        scene.assert_refused(foreign.access.expose(), "invalid_access_token", "another face").await;
    }
}

#[every_engine]
async fn a_token_out_of_its_time_is_refused() {
    let scene = Scene::new().await;
    let now = NOW.as_seconds();
    let tolerance = i64::try_from(CLOCK_TOLERANCE.as_secs()).unwrap();
    for name in ["iat", "nbf"] {
        // The clock of another node may be ahead.
        let token = scene.with_claim(name, json!(now + tolerance));
        assert_eq!(scene.app.get("/v1/token/check").bearer(&token).await.status, 200, "{name}");
    }
    for exp in [json!(now), json!(now - 1), json!(0)] {
        let what = format!("exp {exp}");
        scene.assert_refused(&scene.with_claim("exp", exp), "access_token_expired", &what).await;
    }
    for (name, value) in [
        ("iat", json!(now + tolerance + 1)),
        ("iat", json!(i64::MAX)),
        ("nbf", json!(now + tolerance + 1)),
        ("exp", Value::Null),
        ("exp", json!("tomorrow")),
        ("exp", json!(-1)),
        ("exp", json!([now + 60])),
        ("iat", json!("today")),
    ] {
        let what = format!("{name} {value}");
        scene.assert_refused(&scene.with_claim(name, value), "invalid_access_token", &what).await;
    }
}

#[every_engine]
async fn a_token_that_lacks_what_a_native_one_says_is_refused() {
    let scene = Scene::new().await;
    for (name, value) in [
        ("sub", Value::Null),
        ("sub", json!("alice")),
        ("sub", json!("")),
        ("sub", json!(1)),
        ("sid", Value::Null),
        ("sid", json!("' or 1=1")),
        ("role", Value::Null),
        ("role", json!("superuser")),
        ("role", json!(["admin"])),
    ] {
        let what = format!("{name} {value}");
        scene.assert_refused(&scene.with_claim(name, value), "invalid_access_token", &what).await;
    }
}

#[every_engine]
async fn a_token_that_says_something_twice_is_refused() {
    let scene = Scene::new().await;
    let claims = scene.claims.to_string();
    let header = scene.forge.header().to_string();
    let twice = |json: &str, first: &str| format!("{{{first},{}", &json[1..]);
    for first in
        [r#""sub":"0""#, r#""role":"admin""#, r#""exp":9999999999"#, r#""iss":"x""#, r#""r\u006fle":"admin""#]
    {
        let token = scene.forge.sign(&header, &twice(&claims, first));
        scene.assert_refused(&token, "invalid_access_token", first).await;
    }
    for first in [r#""alg":"none""#, r#""kid":"x""#, r#""typ":"JWT""#] {
        let token = scene.forge.sign(&twice(&header, first), &claims);
        scene.assert_refused(&token, "invalid_access_token", first).await;
    }
}

#[every_engine]
async fn junk_is_refused() {
    let scene = Scene::new().await;
    let good = scene.alice.access();
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let (long, dots) = ("x".repeat(10_240), ".".repeat(10_240));
    let padded = format!("{header}.{payload}.{signature}{}", "A".repeat(10_240));
    let empty = URL_SAFE_NO_PAD.encode("{}");
    for token in [
        "",
        ".",
        "..",
        "...",
        "a",
        "null",
        "undefined",
        "a.b.c",
        "{}",
        "eyJ",
        &long,
        &dots,
        &padded,
        &format!("{header}.{payload}"),
        &format!("{header}.{payload}."),
        &format!("{header}..{signature}"),
        &format!(".{payload}.{signature}"),
        &format!("{header}.{payload}.{signature}.{signature}"),
        &format!("{good}=="),
        &format!("{good}.\u{7f}"),
        &format!("{header}.{empty}.{signature}"),
        &format!("{empty}.{payload}.{signature}"),
    ] {
        let is_header_value = HeaderValue::from_str(token).is_ok();
        if is_header_value {
            scene
                .assert_refused(token, "invalid_access_token", &token.chars().take(80).collect::<String>())
                .await;
        }
    }
}

#[every_engine]
async fn a_token_with_any_one_character_changed_or_missing_at_the_end_is_refused() {
    let scene = Scene::new().await;
    let good = scene.alice.access();
    scene.app.store.take_calls();
    for position in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        for token in [std::str::from_utf8(&changed).unwrap(), &good[..position]] {
            let answer = scene.app.get("/v1/token/check").bearer(token).await;
            assert_eq!(answer.code(), "invalid_access_token", "{position}");
        }
    }
    assert_eq!(scene.app.store.take_calls(), Vec::<&str>::new());
}

#[every_engine]
async fn a_token_whose_session_was_ended_is_refused_whoever_ended_it() {
    let scene = Scene::new().await;
    let Scene { app, alice, .. } = &scene;
    let root = app.root().logged_in().await;
    let [ended, disabled, deleted] = [
        app.alice().logs_in().await,
        app.bob().logged_in().await,
        Persona::user(app, "carol").logged_in().await,
    ];
    let account = |session: &Session| format!("/v1/admin/accounts/{}", session.account_id);
    assert_eq!(alice.delete(&format!("/v1/me/sessions/{}", ended.session_id)).await.status, 204);
    assert_eq!(root.patch(&account(&disabled)).json(&json!({"disabled": true})).await.status, 200);
    assert_eq!(root.delete(&account(&deleted)).await.status, 204);
    for (what, session) in [("ended", ended), ("disabled", disabled), ("deleted", deleted)] {
        scene.assert_refused(&session.access(), "session_ended", what).await;
    }
}

#[every_engine]
async fn where_the_feed_has_not_arrived_yet_the_account_itself_is_looked_at() {
    let app = App::start().await;
    let elsewhere = app.second_process().await;
    let (alice, bob) = (app.alice().logged_in().await, app.bob().logged_in().await);
    let root = app.root().logged_in().await;
    let account = |session: &Session| format!("/v1/admin/accounts/{}", session.account_id);
    assert_eq!(root.patch(&account(&alice)).json(&json!({"disabled": true})).await.status, 200);
    assert_eq!(root.delete(&account(&bob)).await.status, 204);
    let me = async |session: &Session| elsewhere.get("/v1/me").bearer(&session.access()).await;
    assert_snapshot!(me(&alice).await, @r#"
    403 Forbidden
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:account_disabled","title":"The account is disabled","status":403,"code":"account_disabled","request_id":"[request]"}
    "#);
    assert_snapshot!(me(&bob).await, @r#"
    401 Unauthorized
    www-authenticate: Bearer realm="portcullis", error="invalid_token", error_description="The access token is not valid"
    content-type: application/problem+json

    {"type":"urn:portcullis:problem:invalid_access_token","title":"The access token is not valid","status":401,"code":"invalid_access_token","request_id":"[request]"}
    "#);
}
