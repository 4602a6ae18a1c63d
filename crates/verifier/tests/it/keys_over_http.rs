//! Does a `Verifier` follow the keys of its issuer, without hammering it and through its outages?

use std::sync::Arc;
use std::time::Duration;

use portcullis_verifier::{AuthError, BuildError, FetchError, Verifier, VerifyError};
use tokio::sync::Semaphore;

use crate::support::{
    AUDIENCE, Answer, ISSUER, Issuer, Signer, TestClock, claims_with, expectation, key_set,
};

fn refused(error: VerifyError) -> AuthError {
    AuthError::Refused(error)
}

#[tokio::test]
async fn keys_are_fetched_once_for_many_tokens_at_once() {
    let signer = Signer::ed25519("a");
    let issuer = Issuer::publishing(&[&signer]).await;
    let verifier = issuer.verifier(&TestClock::new()).build().unwrap();
    assert_eq!(issuer.requests(), 0, "building asks for nothing");
    let token = signer.token();
    let waiting = (0..50).map(|_| {
        let (verifier, token) = (verifier.clone(), token.clone());
        async move { verifier.verify(&token).await.map(|claims| claims.sub.clone()) }
    });
    let mut tasks = tokio::task::JoinSet::new();
    for one in waiting {
        tasks.spawn(one);
    }
    for outcome in tasks.join_all().await {
        assert_eq!(outcome.unwrap(), "alice");
    }
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn a_new_key_is_taken_up_with_its_first_token() {
    let (old, new) = (Signer::ed25519("old"), Signer::es256("new"));
    let issuer = Issuer::publishing(&[&old]).await;
    let verifier = issuer.verifier(&TestClock::new()).build().unwrap();
    verifier.verify(&old.token()).await.unwrap();
    issuer.publish(&[&old, &new]);
    verifier.verify(&new.token()).await.unwrap();
    verifier.verify(&old.token()).await.unwrap();
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test]
async fn tokens_of_a_new_key_wait_together_for_one_request() {
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let issuer = Issuer::publishing(&[&old]).await;
    let verifier = issuer.verifier(&TestClock::new()).build().unwrap();
    verifier.verify(&old.token()).await.unwrap();
    issuer.asked().await;
    let permits = Arc::new(Semaphore::new(0));
    issuer.answer_with(Answer::Held(key_set(&[&old, &new]), Arc::clone(&permits)));
    let (one, two) = (new.token(), new.sign(&claims_with("sub", "bob")));
    let (one, two, ()) = tokio::join!(verifier.verify(&one), verifier.verify(&two), async {
        issuer.asked().await;
        permits.add_permits(1);
    });
    assert_eq!((one.unwrap().sub.as_str(), two.unwrap().sub.as_str()), ("alice", "bob"));
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test]
async fn invented_key_ids_do_not_become_requests() {
    let signer = Signer::ed25519("a");
    let issuer = Issuer::publishing(&[&signer]).await;
    let clock = TestClock::new();
    let verifier = issuer.verifier(&clock).build().unwrap();
    verifier.verify(&signer.token()).await.unwrap();
    let forger = Signer::ed25519("x");
    for number in 0..200 {
        let header = jsonwebtoken::Header { kid: Some(format!("junk-{number}")), ..forger.header() };
        let token = jsonwebtoken::encode(&header, &claims_with("n", number), &forger.private).unwrap();
        assert_eq!(verifier.verify(&token).await, Err(refused(VerifyError::UnknownKey)));
    }
    assert_eq!(issuer.requests(), 2, "the first junk key may be a new one, the others have to wait");
    clock.advance(Duration::from_secs(10));
    assert_eq!(verifier.verify(&forger.token()).await, Err(refused(VerifyError::UnknownKey)));
    assert_eq!(verifier.verify(&forger.token()).await, Err(refused(VerifyError::UnknownKey)));
    assert_eq!(issuer.requests(), 3);
}

#[tokio::test]
async fn junk_and_bad_tokens_of_known_keys_cause_no_request() {
    let signer = Signer::ed25519("a");
    let issuer = Issuer::publishing(&[&signer]).await;
    let verifier = issuer.verifier(&TestClock::new()).build().unwrap();
    verifier.verify(&signer.token()).await.unwrap();
    let impostor = Signer::ed25519("a").token();
    assert_eq!(verifier.verify(&impostor).await, Err(refused(VerifyError::BadSignature)));
    assert_eq!(verifier.verify("junk").await, Err(refused(VerifyError::Malformed)));
    assert_eq!(verifier.verify(&"x".repeat(10_000)).await, Err(refused(VerifyError::TooLong)));
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn an_outage_is_bridged_by_the_old_keys_up_to_the_limit() {
    let signer = Signer::ed25519("a");
    let issuer = Issuer::publishing(&[&signer]).await;
    let clock = TestClock::new();
    let verifier = issuer.verifier(&clock).build().unwrap();
    verifier.verify(&signer.token()).await.unwrap();
    let token = signer.sign(&claims_with("exp", crate::support::NOW + 7_200));

    issuer.answer_with(Answer::Status(503));
    clock.advance(Duration::from_mins(59));
    verifier.verify(&token).await.unwrap();
    assert_eq!(issuer.requests(), 2);

    clock.advance(Duration::from_mins(1));
    let outcome = verifier.verify(&token).await;
    let Err(AuthError::Unavailable { retry_after, cause: FetchError::Status(503) }) = outcome else {
        panic!("{outcome:?}");
    };
    let requests = issuer.requests();
    assert!(matches!(verifier.verify(&token).await, Err(AuthError::Unavailable { .. })));
    assert_eq!(issuer.requests(), requests, "the back-off holds");

    issuer.publish(&[&signer]);
    clock.advance(retry_after);
    verifier.verify(&token).await.unwrap();
    assert_eq!(issuer.requests(), requests + 1);
}

#[tokio::test]
async fn without_any_keys_the_answer_is_not_now_rather_than_no() {
    let signer = Signer::ed25519("a");
    let issuer = Issuer::publishing(&[&signer]).await;
    let clock = TestClock::new();
    let verifier = issuer.verifier(&clock).build().unwrap();
    for (answer, cause) in [
        (Answer::Status(500), FetchError::Status(500)),
        (Answer::Status(404), FetchError::Status(404)),
        (Answer::Redirect(issuer.url.clone()), FetchError::Status(307)),
        (Answer::Body(b"<html>".to_vec()), FetchError::NotJwks),
        (Answer::Body(br#"{"keys":{}}"#.to_vec()), FetchError::NotJwks),
        (Answer::Body(br#"{"keys":[]}"#.to_vec()), FetchError::NoKeys),
        (Answer::Body(br#"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#.to_vec()), FetchError::NoKeys),
        (Answer::Body(vec![b' '; 64 * 1024 + 1]), FetchError::TooLarge),
    ] {
        issuer.answer_with(answer);
        let outcome = verifier.verify(&signer.token()).await;
        let Err(AuthError::Unavailable { retry_after, cause: seen }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(seen, cause);
        clock.advance(retry_after);
    }
    issuer.publish(&[&signer]);
    verifier.verify(&signer.sign(&claims_with("exp", crate::support::NOW + 7_200))).await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_hangs_or_is_gone_is_not_waited_for() {
    let signer = Signer::ed25519("a");
    let issuer = Issuer::publishing(&[]).await;
    issuer.answer_with(Answer::Never);
    let hanging = issuer.verifier(&TestClock::new()).http_timeout(Duration::from_millis(20)).build().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = Verifier::builder(format!("http://{closed}")).audience(AUDIENCE).build().unwrap();
    for verifier in [hanging, gone] {
        let outcome = verifier.verify(&signer.token()).await;
        assert!(
            matches!(outcome, Err(AuthError::Unavailable { cause: FetchError::Unreachable(_), .. })),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn an_unknown_key_during_an_outage_is_not_refused_for_good() {
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let issuer = Issuer::publishing(&[&old]).await;
    let clock = TestClock::new();
    let verifier = issuer.verifier(&clock).build().unwrap();
    verifier.verify(&old.token()).await.unwrap();
    issuer.answer_with(Answer::Status(503));
    for _ in 0..20 {
        assert!(matches!(verifier.verify(&new.token()).await, Err(AuthError::Unavailable { .. })));
    }
    assert_eq!(issuer.requests(), 2);
    verifier.verify(&old.token()).await.unwrap();
    issuer.publish(&[&old, &new]);
    clock.advance(Duration::from_secs(10));
    verifier.verify(&new.token()).await.unwrap();
}

#[tokio::test]
async fn stale_keys_are_renewed_beside_the_requests() {
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let issuer = Issuer::publishing(&[&old]).await;
    let clock = TestClock::new();
    let verifier = issuer.verifier(&clock).build().unwrap();
    verifier.verify(&old.token()).await.unwrap();
    clock.advance(Duration::from_mins(5));
    issuer.publish(&[&new]);
    verifier.verify(&old.token()).await.expect("the old keys serve until the new ones are there");
    // Waits for the attempt under way, instead of making one of its own.
    verifier.verify(&new.token()).await.unwrap();
    assert_eq!(issuer.requests(), 2);
    let outcome = verifier.verify(&old.token()).await;
    assert_eq!(outcome, Err(refused(VerifyError::UnknownKey)), "its key is gone, and its memory with it");
}

#[tokio::test]
async fn a_key_revoked_in_a_quiet_hour_does_not_pass_even_once() {
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let issuer = Issuer::publishing(&[&old]).await;
    let clock = TestClock::new();
    let verifier = issuer.verifier(&clock).build().unwrap();
    let token = old.sign(&claims_with("exp", crate::support::NOW + 7_200));
    verifier.verify(&token).await.unwrap();
    issuer.publish(&[&new]);
    clock.advance(Duration::from_mins(11));
    assert_eq!(verifier.verify(&token).await, Err(refused(VerifyError::UnknownKey)));
}

#[tokio::test]
async fn the_issuer_can_ask_to_be_asked_more_often() {
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let issuer = Issuer::publishing(&[]).await;
    issuer.answer_with(Answer::KeysFor(key_set(&[&old]), "public, max-age=60"));
    let clock = TestClock::new();
    let verifier = issuer.verifier(&clock).build().unwrap();
    verifier.verify(&old.token()).await.unwrap();
    issuer.publish(&[&new]);
    clock.advance(Duration::from_secs(59));
    verifier.verify(&old.token()).await.unwrap();
    assert_eq!(issuer.requests(), 1);
    clock.advance(Duration::from_mins(2));
    assert_eq!(verifier.verify(&old.token()).await, Err(refused(VerifyError::UnknownKey)));
}

#[tokio::test]
async fn an_attempt_survives_the_request_that_caused_it() {
    let signer = Signer::ed25519("a");
    let issuer = Issuer::publishing(&[&signer]).await;
    let verifier = issuer.verifier(&TestClock::new()).build().unwrap();
    let permits = Arc::new(Semaphore::new(0));
    issuer.answer_with(Answer::Held(key_set(&[&signer]), Arc::clone(&permits)));
    let token = signer.token();
    tokio::select! {
        outcome = verifier.verify(&token) => panic!("{outcome:?} before the issuer answered"),
        () = issuer.asked() => {}
    }
    // The first request is dropped here, as when a client hangs up. One answer is all there will be.
    permits.add_permits(1);
    verifier.verify(&token).await.unwrap();
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn expired_tokens_are_refused_by_the_injected_clock() {
    let signer = Signer::ed25519("a");
    let issuer = Issuer::publishing(&[&signer]).await;
    let clock = TestClock::new();
    let verifier = issuer.verifier(&clock).leeway(Duration::ZERO).build().unwrap();
    verifier.verify(&signer.token()).await.unwrap();
    clock.advance(Duration::from_secs(599));
    verifier.verify(&signer.token()).await.unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(verifier.verify(&signer.token()).await, Err(refused(VerifyError::Expired)));
}

#[tokio::test]
async fn fixed_keys_need_no_issuer() {
    let signer = Signer::hs256("shared");
    let clock = TestClock::new();
    let builder = Verifier::builder(ISSUER).audience(AUDIENCE).with_keys(key_set(&[&signer]));
    let verifier = builder.clock(move || clock.read()).build().unwrap();
    assert_eq!(verifier.verify(&signer.token()).await.unwrap().sub, "alice");
    let other = Signer::ed25519("other").token();
    assert_eq!(verifier.verify(&other).await, Err(refused(VerifyError::UnknownKey)));
    assert_eq!(expectation().audience, AUDIENCE);
}

#[test]
fn plain_http_to_another_machine_must_be_asked_for() {
    let builder = || Verifier::builder("http://auth:3000").audience(AUDIENCE);
    assert!(matches!(builder().build(), Err(BuildError::Insecure { .. })));
    assert!(builder().allow_plain_http().build().is_ok());
}
