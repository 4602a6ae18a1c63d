//! Can a text be a token that nobody issued, or say something else than was signed?
//!
//! The first byte of the input chooses the question. The target holds the keys, so that what it signs gets as deep
//! as what an issuer signs:
//!
//! - any text as a token of each kind: what opens is what its issuer would write;
//! - any header and payload under a good signature: opened only with a header that says nothing but which key;
//! - any payload under a good header: accepted only as the claims that it states, for us, and now;
//! - a good token with one byte changed: never opens.
#![no_main]

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use portcullis_crypto::access_jwt;
use portcullis_crypto::jwt::KeyMaterial;
use portcullis_crypto::refresh::{self, RefreshKey, Statement};
use portcullis_crypto::refresh_jwt::{self, Content, LegacySecret, Opened};
use portcullis_verifier::{
    Algorithm, Claims, Expectation, KeySet, MAX_TOKEN_BYTES, VerifyError, VerifyingKey, jws,
};
use serde_json::{Map, Value};

const SECRET: [u8; 32] = [0x5e; 32];
const SECRET_ID: uuid::Uuid = uuid::Uuid::from_bytes([0x1d; 16]);
const NOW: i64 = 1_800_000_000;
const REFUSED_MEMBERS: [&str; 6] = ["crit", "b64", "jwk", "jku", "x5c", "x5u"];

struct Keys {
    ed25519: Ed25519KeyPair,
    hmac: hmac::Key,
    set: KeySet,
    expectation: Expectation,
    refresh: RefreshKey,
    legacy: LegacySecret,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let verifying = |algorithm: Algorithm, kid: &str| {
        let material = KeyMaterial::generate(algorithm, &SECRET).expect("a seed makes a key");
        let signer = portcullis_crypto::jwt::Signer::from_material(kid, algorithm, "at+jwt", &material);
        signer.expect("a key makes a signer").verifying_key()
    };
    Keys {
        ed25519: Ed25519KeyPair::from_seed_unchecked(&SECRET).expect("a seed"),
        hmac: hmac::Key::new(hmac::HMAC_SHA256, &SECRET),
        set: KeySet::from_keys([verifying(Algorithm::EdDsa, "e"), verifying(Algorithm::Hs256, "h")]),
        expectation: Expectation::access_token("https://auth.test", "portcullis"),
        refresh: RefreshKey::new(7, &SECRET),
        legacy: LegacySecret::new(SECRET).expect("a secret"),
    }
});

fuzz_target!(|input: &[u8]| {
    let Some((question, rest)) = input.split_first() else {
        return;
    };
    match question {
        b'h' => check_signed_header(rest),
        b'c' => check_claims(rest),
        b'r' => check_refresh_token(rest),
        b'j' => check_refresh_jwt(rest),
        b'k' => check_access_jwt(rest),
        b'm' => check_changed(rest),
        _ => check_text(rest),
    }
});

/// Any text, as each kind of token.
fn check_text(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(opened) = jws::open(text, &KEYS.set) {
        let (signed, _) = text.rsplit_once('.').expect("a token has parts");
        assert_eq!(token(opened.header.algorithm, signed), text);
    }
    if let Ok(statement) = open_refresh(text) {
        assert_eq!(KEYS.refresh.issue(statement).expose(), text);
    }
    if let Ok(opened) = open_refresh_jwt(text) {
        check_issues_again(opened);
    }
    let _ours_foreign_or_refused = open_access_jwt(text);
    let _refused_or_not = KEYS.set.verify(text, &KEYS.expectation, NOW);
}

/// The first line of the input as a header, the rest as a payload, under a good signature of each key.
fn check_signed_header(input: &[u8]) {
    let (header, payload) = split(input, b'\n');
    for algorithm in [Algorithm::EdDsa, Algorithm::Hs256] {
        let text = token(algorithm, &format!("{}.{}", encode(header), encode(payload)));
        let Ok(opened) = jws::open(&text, &KEYS.set) else {
            continue;
        };
        assert_eq!(opened.payload, payload);
        assert_eq!(opened.header.algorithm, algorithm);
        let said: Map<String, Value> = serde_json::from_slice(header).expect("a header is an object");
        assert_eq!(said["alg"], algorithm.as_str());
        assert_eq!(said["kid"], key_of(algorithm).kid());
        assert_eq!(said.get("typ").and_then(Value::as_str), opened.header.token_type.as_deref());
        assert!(REFUSED_MEMBERS.iter().all(|member| !said.contains_key(*member)));
    }
}

/// The input as the payload of an access token.
fn check_claims(payload: &[u8]) {
    let header = encode(br#"{"alg":"EdDSA","typ":"at+jwt","kid":"e"}"#);
    let text = token(Algorithm::EdDsa, &format!("{header}.{}", encode(payload)));
    if text.len() > MAX_TOKEN_BYTES {
        assert_eq!(KEYS.set.verify(&text, &KEYS.expectation, NOW), Err(VerifyError::TooLong));
        return;
    }
    assert_eq!(jws::open(&text, &KEYS.set).map(|opened| opened.payload).as_deref(), Ok(payload));
    let Ok(claims) = KEYS.set.verify(&text, &KEYS.expectation, NOW) else {
        return;
    };
    let said: Value = serde_json::from_slice(payload).expect("claims are JSON");
    let leeway = i64::try_from(KEYS.expectation.leeway.as_secs()).expect("a short leeway");
    assert_eq!(said["iss"], "https://auth.test");
    assert!(
        said["aud"] == "portcullis"
            || said["aud"].as_array().is_some_and(|all| all.contains(&"portcullis".into()))
    );
    assert!(said["exp"].as_i64().is_some_and(|exp| exp > NOW - leeway));
    let ahead = i64::try_from(KEYS.expectation.future_leeway.as_secs()).expect("a short leeway");
    assert!(said["iat"].as_i64().is_some_and(|iat| iat <= NOW + ahead));
    assert!(said.get("nbf").is_none_or(|nbf| nbf.as_i64().is_some_and(|nbf| nbf <= NOW + ahead)));
    let written = serde_json::to_vec(&claims).expect("claims are written");
    let again = Claims::from_payload(&written).expect("claims are read again");
    assert!(again.extra.keys().eq(claims.extra.keys()));
    // The last digit of a fraction may be another one; claims with a meaning have none.
    assert_eq!(Claims { extra: Map::new(), ..again }, Claims { extra: Map::new(), ..claims });
}

/// The input as a session and a generation.
fn check_refresh_token(input: &[u8]) {
    let Some((session, rest)) = input.split_first_chunk() else {
        return;
    };
    let Some((generation, rest)) = rest.split_first_chunk() else {
        return;
    };
    let statement = Statement { session: *session, generation: u32::from_be_bytes(*generation) };
    let issued = KEYS.refresh.issue(statement);
    assert_eq!(open_refresh(issued.expose()), Ok(statement));
    if let Some(changed) = changed(issued.expose(), rest) {
        assert!(open_refresh(&changed).is_err());
    }
}

/// The input as the further claims of a refresh token in the form of a JWT, as its issuer writes them, and as
/// somebody who has the older backend's secret does.
fn check_refresh_jwt(input: &[u8]) {
    let Ok(extra) = serde_json::from_slice::<Map<String, Value>>(input) else {
        let header = encode(br#"{"alg":"HS256","typ":"JWT"}"#);
        let forged = token(Algorithm::Hs256, &format!("{header}.{}", encode(input)));
        assert!(open_refresh_jwt(&forged).is_err());
        return;
    };
    if let Ok(forged) = KEYS.legacy.signer().sign(&extra)
        && let Ok(opened) = open_refresh_jwt(forged.expose())
    {
        check_issues_again(opened);
    }
    let statement = Statement { session: [0xab; 16], generation: 3 };
    let content = Content { statement, iat_s: NOW - 10, exp_s: NOW + 10, extra };
    if let Ok(issued) = refresh_jwt::issue(&KEYS.legacy, &KEYS.refresh, content) {
        let opened = open_refresh_jwt(issued.expose()).expect("what was issued opens");
        assert_eq!(opened.statement, statement);
    }
}

/// The input as the claims of an access token in the form of an older backend, as somebody signs them who has its secret:
/// never taken for one of ours.
fn check_access_jwt(input: &[u8]) {
    let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(input) else {
        return;
    };
    if let Ok(forged) = KEYS.legacy.signer().sign(&claims) {
        let opened = open_access_jwt(forged.expose());
        assert!(!matches!(opened, Ok(access_jwt::Opened::Own(..))));
    }
    let statement =
        access_jwt::Statement { account: SECRET_ID, session: SECRET_ID, iat_s: NOW - 10, exp_s: NOW + 10 };
    if let Ok(issued) = access_jwt::issue(&KEYS.legacy, &KEYS.refresh, statement, claims) {
        let opened = open_access_jwt(issued.expose()).expect("what was issued opens");
        assert!(matches!(opened, access_jwt::Opened::Own(stated, _) if stated == statement));
    }
}

/// What opened carries the MAC that its issuer makes, whatever else it says.
fn check_issues_again(opened: Opened) {
    let time = |name: &str| opened.claims[name].as_i64().expect("a time");
    let (iat_s, exp_s) = (time("iat"), time("exp"));
    assert!(exp_s > NOW);
    let content = Content { statement: opened.statement, iat_s, exp_s, extra: opened.claims.clone() };
    let again =
        refresh_jwt::issue(&KEYS.legacy, &KEYS.refresh, content).expect("what was signed is signed again");
    let again = open_refresh_jwt(again.expose()).expect("what was issued opens");
    assert_eq!(again.statement, opened.statement);
    assert!(again.claims.keys().eq(opened.claims.keys()));
    assert_eq!(again.claims["jti"], opened.claims["jti"]);
}

/// A good access token, changed where and how the input says.
fn check_changed(input: &[u8]) {
    let header = encode(br#"{"alg":"HS256","typ":"at+jwt","kid":"h"}"#);
    let payload = encode(br#"{"iss":"https://auth.test","sub":"a"}"#);
    let good = token(Algorithm::Hs256, &format!("{header}.{payload}"));
    if let Some(changed) = changed(&good, input) {
        assert!(jws::open(&changed, &KEYS.set).is_err());
    }
}

/// `text` with the byte at the first byte of `how` replaced by the second; `None` if that changes nothing.
fn changed(text: &str, how: &[u8]) -> Option<String> {
    let [at, by, ..] = how else {
        return None;
    };
    let mut bytes = text.as_bytes().to_vec();
    let at = usize::from(*at) % bytes.len();
    bytes[at] = *by;
    String::from_utf8(bytes).ok().filter(|changed| changed != text)
}

fn open_refresh(text: &str) -> Result<Statement, refresh::RefreshTokenError> {
    refresh::open(text, |id| (id == KEYS.refresh.id()).then_some(&KEYS.refresh))
}

fn open_access_jwt(text: &str) -> Result<access_jwt::Opened, access_jwt::OpenError> {
    access_jwt::open(text, &KEYS.legacy, |id| (id == KEYS.refresh.id()).then_some(&KEYS.refresh))
}

fn open_refresh_jwt(text: &str) -> Result<Opened, refresh_jwt::OpenError> {
    refresh_jwt::open(text, &KEYS.legacy, |id| (id == KEYS.refresh.id()).then_some(&KEYS.refresh), NOW)
}

fn key_of(algorithm: Algorithm) -> &'static VerifyingKey {
    KEYS.set.iter().find(|key| key.algorithm() == algorithm).expect("a key of the set")
}

/// Header and payload, as they are written, with the signature of the key of `algorithm`.
fn token(algorithm: Algorithm, signed: &str) -> String {
    let signature = match algorithm {
        Algorithm::EdDsa => encode(KEYS.ed25519.sign(signed.as_bytes()).as_ref()),
        Algorithm::Hs256 => encode(hmac::sign(&KEYS.hmac, signed.as_bytes()).as_ref()),
        Algorithm::Es256 | Algorithm::Rs256 => unreachable!("the set has no such key"),
    };
    format!("{signed}.{signature}")
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn split(input: &[u8], by: u8) -> (&[u8], &[u8]) {
    let end = input.iter().position(|byte| *byte == by).unwrap_or(input.len());
    (&input[..end], input.get(end + 1..).unwrap_or_default())
}
