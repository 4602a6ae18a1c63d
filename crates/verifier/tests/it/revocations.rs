//! Does a `Verifier` notice that a session was ended and a key was revoked, and what if it cannot know?

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use jsonwebtoken::{Header, encode};
use portcullis_verifier::{
    AccessTokenLayer, AuthError, BuildError, FetchError, LegacyShape, LegacyTokenLayer, OnOutage,
    RevocationSettings, Verifier, VerifyError,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::legacy_tokens;
use crate::support::{
    AUDIENCE, FeedAnswer, ISSUER, Issuer, NOW, Signer, TestClock, claims, claims_with, key_set,
};

/// An issuer, and a service that follows its feed when it is told to.
struct Place {
    issuer: Issuer,
    signer: Signer,
    clock: TestClock,
    verifier: Verifier,
}

impl Place {
    async fn new() -> Self {
        Self::with(|settings| settings).await
    }

    async fn with(change: impl FnOnce(RevocationSettings) -> RevocationSettings) -> Self {
        let signer = Signer::ed25519("a");
        let issuer = Issuer::publishing(&[&signer]).await;
        issuer.feed.answers([signer.feed(&json!({}))]);
        let clock = TestClock::new();
        let verifier = issuer.verifier(&clock).revocations(change(issuer.followed())).build().unwrap();
        Self { issuer, signer, clock, verifier }
    }

    /// The next answer of the feed is this, and is asked for.
    async fn hears(&self, changed: &Value) {
        self.issuer.feed.answers([self.signer.feed(changed)]);
        self.feed().refresh().await.unwrap();
    }

    fn feed(&self) -> &portcullis_verifier::RevocationFeed {
        self.verifier.revocations().unwrap()
    }

    async fn verify(&self, token: &str) -> Result<String, AuthError> {
        self.verifier.verify(token).await.map(|claims| claims.sub.clone())
    }

    /// Whether the good token passes.
    async fn passes(&self) -> Result<(), AuthError> {
        self.verify(&self.signer.token()).await.map(drop)
    }
}

fn ended(until: i64) -> Value {
    json!({ "revoked": [["s-1", until]] })
}

#[tokio::test]
async fn a_session_that_was_ended_is_refused_and_another_is_not() {
    let place = Place::new().await;
    assert_eq!(place.passes().await, Ok(()));
    place.hears(&ended(NOW + 600)).await;
    assert_eq!(place.passes().await, Err(AuthError::SessionEnded));
    assert!(place.feed().is_ended("s-1"));
    let other = place.signer.sign(&claims_with("sid", "s-2"));
    assert_eq!(place.verify(&other).await.unwrap(), "alice");
    let mut nameless = claims();
    nameless.as_object_mut().unwrap().remove("sid");
    assert_eq!(place.verify(&place.signer.sign(&nameless)).await.unwrap(), "alice");
}

#[tokio::test]
async fn the_first_token_waits_for_the_first_answer_and_the_next_do_not() {
    let place = Place::new().await;
    place.issuer.feed.answers([place.signer.feed(&ended(NOW + 600))]);
    assert_eq!(place.issuer.feed.queries(), [], "building asks for nothing");
    assert_eq!(place.passes().await, Err(AuthError::SessionEnded));
    assert_eq!(place.passes().await, Err(AuthError::SessionEnded));
    assert_eq!(place.issuer.feed.queries(), [None]);
}

#[tokio::test]
async fn what_was_heard_is_read_on_from_and_all_of_it_again_every_minute() {
    let place = Place::new().await;
    place.passes().await.unwrap();
    place.hears(&json!({ "cursor": "d", "revoked": [["s-1", NOW + 600]] })).await;
    // An answer adds to what is known.
    place.hears(&json!({ "cursor": "e" })).await;
    assert_eq!(place.passes().await, Err(AuthError::SessionEnded));
    place.clock.advance(Duration::from_mins(1));
    place.hears(&json!({ "iat": NOW + 60, "exp": NOW + 120 })).await;
    let seen = place.issuer.feed.queries();
    assert_eq!(seen, [None, Some("c".to_owned()), Some("d".to_owned()), None]);
}

#[tokio::test]
async fn news_are_read_on_from_where_they_begin_and_not_from_elsewhere() {
    let place = Place::new().await;
    place.hears(&json!({ "cursor": "n.7.1" })).await;
    place.hears(&json!({ "from": { "number": 7 }, "cursor": "n.8.1" })).await;
    // What is new since 9 is not all that is new since 8: everything is asked for, and got.
    let news = place.signer.feed(&json!({ "from": { "number": 9 }, "cursor": "n.9.1" }));
    place.issuer.feed.answers([news, place.signer.feed(&ended(NOW + 600))]);
    place.feed().refresh().await.unwrap();
    assert_eq!(place.passes().await, Err(AuthError::SessionEnded));
    let since = |text: &str| Some(text.to_owned());
    assert_eq!(place.issuer.feed.queries(), [None, since("n.7.1"), since("n.8.1"), None]);
}

#[tokio::test]
async fn the_answer_to_another_question_does_not_pass_for_everything() {
    let place = Place::with(|settings| settings.on_outage(OnOutage::Refuse)).await;
    for from in [json!({ "number": 7 }), json!({ "at": 1 }), json!({ "at": 1, "session": "s" })] {
        place.issuer.feed.answers([place.signer.feed(&json!({ "from": from }))]);
        let refused = Err(FetchError::NotFeed(VerifyError::Claim("from")));
        assert_eq!(place.feed().refresh().await, refused, "{from}");
    }
    assert!(place.feed().is_stale());
    assert!(matches!(place.passes().await, Err(AuthError::RevocationsUnavailable { .. })));
}

#[tokio::test]
async fn an_answer_that_was_kept_back_is_not_taken_for_a_fresh_one() {
    let place = Place::new().await;
    place.hears(&json!({ "iat": NOW - 40, "exp": NOW + 20, "as_of": NOW - 40 })).await;
    assert_eq!((place.feed().age(), place.feed().is_stale()), (Some(Duration::from_secs(40)), true));
    place.hears(&json!({})).await;
    assert_eq!((place.feed().age(), place.feed().is_stale()), (Some(Duration::ZERO), false));
}

/// A page of a list, which begins after the one before it.
fn page(number: i64, next: Option<i64>) -> Value {
    let place = |number: i64| format!("{number}.s-{number}");
    let from = (number > 1).then(|| json!({ "at": number - 1, "session": format!("s-{}", number - 1) }));
    json!({
        "from": from,
        "cursor": (number == 1).then_some("n.1.1"),
        "next": next.map(place),
        "revoked": [[format!("s-{number}"), NOW + 600]],
    })
}

#[tokio::test]
async fn a_long_list_comes_in_pages_that_are_read_to_the_end() {
    let place = Place::new().await;
    let pages = [page(1, Some(1)), page(2, Some(2)), page(3, None)];
    place.issuer.feed.answers(pages.map(|page| place.signer.feed(&page)));
    assert_eq!(place.passes().await, Err(AuthError::SessionEnded));
    assert!(["s-1", "s-2", "s-3"].iter().all(|session| place.feed().is_ended(session)));
    place.hears(&json!({})).await;
    let since = |text: &str| Some(text.to_owned());
    let seen = place.issuer.feed.queries();
    assert_eq!(
        seen,
        [None, since("1.s-1"), since("2.s-2"), since("n.1.1")],
        "where it stood at the first page"
    );
}

#[tokio::test]
async fn when_another_node_goes_on_all_of_it_is_read_again_the_next_time() {
    let place = Place::new().await;
    let mut second = page(2, None);
    second["node"] = "other".into();
    place.issuer.feed.answers([page(1, Some(1)), second].map(|page| place.signer.feed(&page)));
    place.feed().refresh().await.unwrap();
    assert!(place.feed().is_ended("s-2"));
    place.hears(&json!({})).await;
    assert_eq!(place.issuer.feed.queries(), [None, Some("1.s-1".to_owned()), None]);
}

#[tokio::test]
async fn a_list_that_never_ends_or_skips_something_is_given_up() {
    let place = Place::new().await;
    let broken = Err(FetchError::NotFeed(VerifyError::Claim("from")));
    place.issuer.feed.answers([place.signer.feed(&page(1, Some(1)))]);
    assert_eq!(place.feed().refresh().await, broken, "the same page again and again");
    place.issuer.feed.answers([page(1, Some(1)), page(3, None)].map(|page| place.signer.feed(&page)));
    assert_eq!(place.feed().refresh().await, broken, "the second page was left out");
    assert!(place.feed().is_stale());
}

#[tokio::test]
async fn a_list_that_is_too_long_is_given_up_until_there_is_room_again() {
    let place = Place::with(|settings| settings.capacity(2)).await;
    let many = json!({ "revoked": [["x", NOW + 60], ["y", NOW + 60], ["z", NOW + 60]] });
    place.issuer.feed.answers([place.signer.feed(&many)]);
    assert_eq!(place.feed().refresh().await, Err(FetchError::TooLarge));
    assert!(place.feed().is_stale());
    place.clock.advance(Duration::from_secs(90));
    let then =
        json!({ "iat": NOW + 90, "exp": NOW + 150, "as_of": NOW + 90, "revoked": [["s-1", NOW + 600]] });
    place.hears(&then).await;
    assert!(!place.feed().is_stale() && place.feed().is_ended("s-1"));
}

#[tokio::test]
async fn a_revoked_key_is_refused_for_tokens_that_name_none_as_well() {
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let issuer = Issuer::publishing(&[&new]).await;
    issuer.feed.answers([new.feed(&json!({}))]);
    let keys = key_set(&[&new]).with_key_for_missing_kid(old.key.clone());
    let verifier = issuer.verifier(&TestClock::new()).with_keys(keys).revocations(issuer.followed());
    let verifier = verifier.build().unwrap();
    let header = Header { kid: None, ..old.header() };
    let nameless = encode(&header, &claims(), &old.private).unwrap();
    verifier.verify(&nameless).await.unwrap();
    issuer.feed.answers([new.feed(&json!({ "revoked_kids": ["old"] }))]);
    verifier.revocations().unwrap().refresh().await.unwrap();
    let unknown = Err(AuthError::Refused(VerifyError::UnknownKey));
    assert_eq!(verifier.verify(&nameless).await.map(drop), unknown);
    verifier.verify(&new.token()).await.unwrap();
}

#[tokio::test]
async fn a_revoked_key_is_refused_although_the_copy_of_the_keys_has_it() {
    let (old, new) = (Signer::ed25519("old"), Signer::es256("new"));
    let issuer = Issuer::publishing(&[&old, &new]).await;
    issuer.feed.answers([old.feed(&json!({}))]);
    let clock = TestClock::new();
    let verifier = issuer.verifier(&clock).revocations(issuer.followed()).build().unwrap();
    verifier.verify(&old.token()).await.unwrap();
    let feed = verifier.revocations().unwrap();

    issuer.feed.answers([new.feed(&json!({ "revoked_kids": ["old"] }))]);
    feed.refresh().await.unwrap();
    let unknown = Err(AuthError::Refused(VerifyError::UnknownKey));
    assert_eq!(verifier.verify(&old.token()).await.map(drop), unknown);
    verifier.verify(&new.token()).await.unwrap();

    // Whoever has the key can neither take that back nor hide what ends from now on.
    issuer.feed.answers([old.feed(&json!({}))]);
    assert_eq!(feed.refresh().await, Err(FetchError::NotFeed(VerifyError::UnknownKey)));
    issuer.feed.answers([new.feed(&json!({}))]);
    feed.refresh().await.unwrap();
    assert_eq!(verifier.verify(&old.token()).await.map(drop), unknown);
}

#[tokio::test]
async fn an_answer_of_a_key_that_is_new_fetches_the_keys() {
    let place = Place::new().await;
    place.passes().await.unwrap();
    let new = Signer::ed25519("new");
    place.issuer.publish(&[&place.signer, &new]);
    place.issuer.feed.answers([new.feed(&ended(NOW + 600))]);
    place.feed().refresh().await.unwrap();
    assert_eq!(place.passes().await, Err(AuthError::SessionEnded));
}

#[tokio::test]
async fn what_the_issuer_did_not_sign_just_now_is_not_believed() {
    let place = Place::new().await;
    place.passes().await.unwrap();
    let forger = Signer::ed25519("a");
    for (answer, error) in [
        (forger.feed(&ended(NOW + 600)), VerifyError::BadSignature),
        (place.signer.feed(&json!({ "exp": NOW - 30 })), VerifyError::Expired),
        (place.signer.feed(&json!({ "iss": "https://elsewhere.example" })), VerifyError::WrongIssuer),
        (FeedAnswer::Text(place.signer.token()), VerifyError::WrongType),
        (FeedAnswer::Text("{}".to_owned()), VerifyError::Malformed),
    ] {
        place.issuer.feed.answers([answer]);
        assert_eq!(place.feed().refresh().await, Err(FetchError::NotFeed(error)));
    }
    assert_eq!(place.passes().await, Ok(()));
}

#[tokio::test]
async fn during_an_outage_tokens_pass_and_the_age_tells() {
    let place = Place::new().await;
    place.hears(&ended(NOW + 600)).await;
    assert_eq!((place.feed().age(), place.feed().is_stale()), (Some(Duration::ZERO), false));
    place.issuer.feed.answers([FeedAnswer::Status(503)]);
    place.clock.advance(Duration::from_secs(31));
    assert_eq!(place.feed().refresh().await, Err(FetchError::Status(503)));
    assert_eq!((place.feed().age(), place.feed().is_stale()), (Some(Duration::from_secs(31)), true));
    let other = place.signer.sign(&claims_with("sid", "s-2"));
    assert_eq!(place.verify(&other).await.unwrap(), "alice");
    assert_eq!(place.passes().await, Err(AuthError::SessionEnded), "what was known counts on");
}

#[tokio::test]
async fn who_chose_so_is_refused_during_an_outage_until_it_is_over() {
    let place = Place::with(|settings| settings.on_outage(OnOutage::Refuse)).await;
    place.issuer.feed.answers([FeedAnswer::Status(500)]);
    let refused = Err(AuthError::RevocationsUnavailable {
        retry_after: Duration::from_hours(1),
        cause: FetchError::Status(500),
    });
    assert_eq!(place.passes().await, refused);
    place.hears(&json!({})).await;
    assert_eq!(place.passes().await, Ok(()));
    place.clock.advance(Duration::from_secs(30));
    assert_eq!(place.passes().await, Ok(()));
    place.clock.advance(Duration::from_secs(1));
    assert!(matches!(place.passes().await, Err(AuthError::RevocationsUnavailable { .. })));
}

#[tokio::test]
async fn an_issuer_that_is_out_of_touch_with_its_own_nodes_counts_as_an_outage() {
    let place = Place::with(|settings| settings.on_outage(OnOutage::Refuse)).await;
    place.hears(&json!({ "as_of": NOW - 31 })).await;
    assert!(matches!(place.passes().await, Err(AuthError::RevocationsUnavailable { .. })));
}

#[tokio::test]
async fn the_feed_is_asked_again_by_itself() {
    let place = Place::with(|settings| settings.every(Duration::from_millis(20))).await;
    place.passes().await.unwrap();
    place.issuer.feed.answers([place.signer.feed(&ended(NOW + 600))]);
    while place.passes().await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(place.passes().await, Err(AuthError::SessionEnded));
}

#[tokio::test]
async fn a_shared_secret_checks_the_feed_as_well() {
    let (signer, clock) = (Signer::hs256("h"), TestClock::new());
    let issuer = Issuer::publishing(&[&Signer::ed25519("nobody")]).await;
    issuer.feed.answers([signer.feed(&ended(NOW + 600))]);
    let verifier = issuer.verifier(&clock).with_keys(key_set(&[&signer])).revocations(issuer.followed());
    let verifier = verifier.build().unwrap();
    assert_eq!(verifier.verify(&signer.token()).await.map(drop), Err(AuthError::SessionEnded));
}

#[tokio::test]
async fn the_feed_comes_encrypted_or_from_this_machine_like_the_keys() {
    let settings = RevocationSettings::default().url("http://auth.example/v1/revocations");
    let built = Verifier::builder(ISSUER).audience(AUDIENCE).revocations(settings).build();
    assert!(matches!(built, Err(BuildError::Insecure { .. })));
}

async fn seen(app: &Router, token: &str) -> (u16, String, String) {
    let request = Request::get("/me").header("authorization", format!("Bearer {token}"));
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let challenge = parts.headers.get("www-authenticate").map_or("", |value| value.to_str().unwrap());
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    (parts.status.as_u16(), challenge.to_owned(), String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn a_client_is_told_that_its_session_was_ended() {
    let place = Place::new().await;
    place.hears(&ended(NOW + 600)).await;
    let app = Router::new().route("/me", get(async || "in")).layer(AccessTokenLayer::new(place.verifier));
    let (status, challenge, body) = seen(&app, &place.signer.token()).await;
    assert_eq!(status, 401);
    assert_eq!(
        challenge,
        r#"Bearer realm="portcullis", error="invalid_token", error_description="The session was ended""#
    );
    assert_eq!(body, r#"{"status":401,"code":"session_ended","title":"The session was ended"}"#);
}

#[tokio::test]
async fn a_sensitive_route_asks_for_a_proof_that_is_recent() {
    let place = Place::new().await;
    let layer = AccessTokenLayer::new(place.verifier.clone()).with_max_age(Duration::from_mins(15));
    let app = Router::new().route("/me", get(async || "in")).layer(layer);
    let proved = |at: i64| place.signer.sign(&claims_with("auth_time", at));
    assert_eq!(seen(&app, &proved(NOW - 900)).await.0, 200);
    let (status, challenge, body) = seen(&app, &proved(NOW - 901)).await;
    assert_eq!(status, 403);
    assert!(challenge.contains(r#"error="insufficient_user_authentication""#), "{challenge}");
    assert!(challenge.ends_with(r#"max_age="900""#), "{challenge}");
    assert!(body.contains(r#""code":"reauthentication_required""#), "{body}");
    assert_eq!(seen(&app, &place.signer.token()).await.0, 403, "a token that does not say when");
}

#[tokio::test]
async fn a_token_of_an_older_shape_is_refused_when_its_session_was_ended() {
    let place = Place::new().await;
    place.hears(&ended(NOW + 600)).await;
    let verifier = legacy_tokens::verifier(LegacyShape::BearerPair);
    let clock = place.clock.clone();
    let layer = LegacyTokenLayer::new(verifier.clock(move || clock.read()));
    let layer = layer.with_revocations(place.feed().clone());
    let app = Router::new().route("/me", get(async || "in")).layer(layer);
    let mut claims = legacy_tokens::claims(LegacyShape::BearerPair);
    assert_eq!(seen(&app, &legacy_tokens::sign(&claims)).await.0, 200, "a foreign token names no session");
    claims["sid"] = "s-2".into();
    assert_eq!(seen(&app, &legacy_tokens::sign(&claims)).await.0, 200);
    claims["sid"] = "s-1".into();
    let (status, _, body) = seen(&app, &legacy_tokens::sign(&claims)).await;
    assert_eq!(status, 401);
    assert!(body.contains("session_ended"), "{body}");
}
