//! Who signs tokens and publishes keys in the tests? Tokens are made by `jsonwebtoken`, not by our own code.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{EncodingKey, Header, encode};
use portcullis_verifier::{Expectation, KeySet, RevocationSettings, VerifierBuilder, VerifyingKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const AUDIENCE: &str = "notes";
pub(crate) const SECRET: &[u8] = b"a shared secret of more than thirty-two bytes";

/// A key that signs as a server would.
pub(crate) struct Signer {
    pub(crate) key: VerifyingKey,
    pub(crate) private: EncodingKey,
    pub(crate) algorithm: jsonwebtoken::Algorithm,
}

impl Signer {
    pub(crate) fn ed25519(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        Self {
            key: VerifyingKey::ed25519(kid, pair.public_key().as_ref()).unwrap(),
            private: EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref()),
            algorithm: jsonwebtoken::Algorithm::EdDSA,
        }
    }

    pub(crate) fn es256(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self {
            key: VerifyingKey::es256(kid, pair.public_key().as_ref()).unwrap(),
            private: EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()),
            algorithm: jsonwebtoken::Algorithm::ES256,
        }
    }

    pub(crate) fn rs256(kid: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(pkcs8.as_ref())
        );
        Self {
            key: VerifyingKey::rs256(
                kid,
                n.big_endian_without_leading_zero(),
                e.big_endian_without_leading_zero(),
            )
            .unwrap(),
            private: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
            algorithm: jsonwebtoken::Algorithm::RS256,
        }
    }

    pub(crate) fn hs256(kid: &str) -> Self {
        Self {
            key: VerifyingKey::hs256(kid, SECRET).unwrap(),
            private: EncodingKey::from_secret(SECRET),
            algorithm: jsonwebtoken::Algorithm::HS256,
        }
    }

    /// The header of a good access token.
    pub(crate) fn header(&self) -> Header {
        Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(self.key.kid().to_owned()),
            ..Header::new(self.algorithm)
        }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.private).unwrap()
    }

    /// An answer of the feed, made at [`NOW`].
    pub(crate) fn feed(&self, changed: &Value) -> FeedAnswer {
        let mut claims = json!({
            "iss": ISSUER, "iat": NOW, "exp": NOW + 60, "as_of": NOW, "node": "n", "from": null,
            "cursor": "c", "next": null, "revoked": [], "revoked_kids": [],
        });
        claims.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        let header = Header { typ: Some("revocations+jwt".to_owned()), ..self.header() };
        FeedAnswer::Text(encode(&header, &claims, &self.private).unwrap())
    }

    /// A good access token.
    pub(crate) fn token(&self) -> String {
        self.sign(&claims())
    }
}

/// The claims of a good access token, issued at [`NOW`] for ten minutes.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 600, "jti": "1",
        "client_id": "web", "sid": "s-1", "role": "user",
    })
}

/// Those claims, with one of them changed.
pub(crate) fn claims_with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

pub(crate) fn expectation() -> Expectation {
    Expectation::access_token(ISSUER, AUDIENCE)
}

/// A clock that stands still until told otherwise.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicU64>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(NOW.unsigned_abs() * 1_000)))
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.0.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn read(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// What the issuer answers to who asks for its keys.
#[derive(Clone)]
pub(crate) enum Answer {
    Keys(KeySet),
    KeysFor(KeySet, &'static str),
    Body(Vec<u8>),
    Status(u16),
    Redirect(String),
    /// Keys, as soon as the semaphore has a permit.
    Held(KeySet, Arc<Semaphore>),
    Never,
}

/// A real server on a loopback port that publishes keys and counts who asks.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    answer: Arc<Mutex<Answer>>,
    requests: Arc<AtomicUsize>,
    asked: Arc<Notify>,
    pub(crate) feed: Feed,
}

/// What the issuer answers to who asks for the sessions that ended, and what it was asked.
#[derive(Clone, Default)]
pub(crate) struct Feed {
    pages: Arc<Mutex<Vec<FeedAnswer>>>,
    queries: Arc<Mutex<Vec<Option<String>>>>,
}

/// One answer of the feed.
#[derive(Clone)]
pub(crate) enum FeedAnswer {
    Text(String),
    Status(u16),
}

impl Feed {
    /// These answers, one after the other; the last for ever.
    pub(crate) fn answers(&self, answers: impl IntoIterator<Item = FeedAnswer>) {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        *self.pages.lock().unwrap() = answers;
    }

    /// The `since` of all questions so far.
    pub(crate) fn queries(&self) -> Vec<Option<String>> {
        self.queries.lock().unwrap().clone()
    }

    fn next(&self, query: Option<String>) -> Option<FeedAnswer> {
        self.queries.lock().unwrap().push(query);
        let mut pages = self.pages.lock().unwrap();
        if pages.len() > 1 { pages.pop() } else { pages.last().cloned() }
    }
}

impl Issuer {
    pub(crate) async fn publishing(keys: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self {
            url: format!("http://{}/.well-known/jwks.json", listener.local_addr().unwrap()),
            answer: Arc::new(Mutex::new(Answer::Never)),
            requests: Arc::default(),
            asked: Arc::default(),
            feed: Feed::default(),
        };
        issuer.publish(keys);
        let app = Router::new()
            .route("/.well-known/jwks.json", get(jwks))
            .route("/v1/revocations", get(revocations))
            .with_state(issuer.clone());
        #[expect(clippy::disallowed_methods, reason = "ends with the runtime of the test")]
        tokio::spawn(async move { axum::serve(listener, app).await });
        issuer
    }

    /// How its feed is followed when nothing happens by itself.
    pub(crate) fn followed(&self) -> RevocationSettings {
        let url = self.url.replace("/.well-known/jwks.json", "/v1/revocations");
        RevocationSettings::default().url(url).every(Duration::from_hours(1))
    }

    pub(crate) fn publish(&self, keys: &[&Signer]) {
        self.answer_with(Answer::Keys(key_set(keys)));
    }

    pub(crate) fn answer_with(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Returns when a request has come in.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// A verifier of this issuer with the given clock.
    pub(crate) fn verifier(&self, clock: &TestClock) -> VerifierBuilder {
        let clock = clock.clone();
        portcullis_verifier::Verifier::builder(ISSUER)
            .jwks_url(&self.url)
            .audience(AUDIENCE)
            .clock(move || clock.read())
    }
}

pub(crate) fn key_set(signers: &[&Signer]) -> KeySet {
    KeySet::from_keys(signers.iter().map(|signer| signer.key.clone()))
}

async fn jwks(State(issuer): State<Issuer>) -> Response {
    issuer.requests.fetch_add(1, Ordering::SeqCst);
    issuer.asked.notify_one();
    let answer = issuer.answer.lock().unwrap().clone();
    match answer {
        Answer::Keys(keys) => axum::Json(keys.to_jwks()).into_response(),
        Answer::KeysFor(keys, cache_control) => {
            ([("cache-control", cache_control)], axum::Json(keys.to_jwks())).into_response()
        }
        Answer::Body(body) => body.into_response(),
        Answer::Status(status) => axum::http::StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Redirect(to) => axum::response::Redirect::temporary(&to).into_response(),
        Answer::Held(keys, permits) => {
            permits.acquire().await.unwrap().forget();
            axum::Json(keys.to_jwks()).into_response()
        }
        Answer::Never => std::future::pending().await,
    }
}

async fn revocations(
    State(issuer): State<Issuer>,
    Query(mut query): Query<HashMap<String, String>>,
) -> Response {
    match issuer.feed.next(query.remove("since")) {
        Some(FeedAnswer::Text(text)) => text.into_response(),
        Some(FeedAnswer::Status(status)) => axum::http::StatusCode::from_u16(status).unwrap().into_response(),
        None => std::future::pending().await,
    }
}
