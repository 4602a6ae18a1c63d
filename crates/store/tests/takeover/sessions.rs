//! Does a refresh token that an older backend has stored become a session, once?

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_core::legacy::foreign_session;
use portcullis_core::model::{AuditKind, RevokeReason, Timestamp};
use portcullis_core::ports::Store;
use portcullis_store::takeover::SessionTally;
use portcullis_store::testing::TestEngine;
use portcullis_store::transfer::{Kind, Record};

use super::place::{BCRYPT, Folder, NOW, Place, plan};

super::on_every_engine! {
    a_stored_token_becomes_a_session_once
    what_its_owner_has_ended_here_does_not_come_back
}

fn token(issued_at_s: i64, expires_at_s: i64) -> String {
    let payload = format!(r#"{{"id":1,"iat":{issued_at_s},"exp":{expires_at_s}}}"#);
    format!("eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(payload))
}

async fn a_stored_token_becomes_a_session_once(engine: TestEngine) {
    let now = NOW.as_seconds();
    let folder = Folder::new();
    let good = token(now - 100, now + 1000);
    let tokens =
        [good.clone(), token(now - 1000, now), token(now + 1, now + 1000), "nonsense".into(), String::new()];
    let rows = tokens.iter().zip(1..).map(|(token, id)| format!("{id},u{id}@x.y,{BCRYPT},{token}\n"));
    let content = format!("id,email,password,refreshToken\n{}", rows.collect::<String>());
    let source = folder.file("users.csv", content);
    let (place, plan) = (Place::new(engine).await, plan("users-cookies"));
    let tally = SessionTally { new: 1, there: 0, expired: 1, late: 1, unreadable: 1 };
    assert_eq!(place.look(&source, &plan).await.sessions, tally);
    assert_eq!(place.take(&source, &plan).await.sessions, tally);

    let account = place.accounts().await[0].account.id;
    let [session] = &place.sessions().await[..] else { panic!() };
    assert_eq!((session.id, session.account_id), (foreign_session(account, now - 100), account));
    assert_eq!((session.generation, session.created_at), (1, Timestamp::from_seconds(now - 100)));
    assert_eq!(
        (session.expires_at, session.idle_expires_at),
        (Timestamp::from_seconds(now + 1000), session.expires_at)
    );
    assert_eq!(session.access_expires_at, session.expires_at);
    let records = place.records().await;
    assert!(
        records
            .iter()
            .any(|record| matches!(record, Record::AdoptedSession(a) if a.session_id == session.id))
    );
    assert!(!format!("{records:?}").contains(&good));

    // It was ended and forgotten here: no later run brings it back.
    let event = place.personas.event(AuditKind::LoggedIn, account, NOW);
    place.store.revoke_session(account, session.id, RevokeReason::LoggedOut, &event).await.unwrap();
    let later = Timestamp::from_seconds(now + 900);
    place.store.prune_sessions(later, later).await.unwrap();
    assert!(place.sessions().await.is_empty());
    let again = place.take(&source, &plan).await;
    assert_eq!(again.sessions, SessionTally { new: 0, there: 1, ..tally });
    assert_eq!(again.there, 5);
    assert!(place.sessions().await.is_empty());
    assert_eq!(place.records().await.iter().filter(|r| r.kind() == Kind::AdoptedSession).count(), 1);
}

async fn what_its_owner_has_ended_here_does_not_come_back(engine: TestEngine) {
    let now = NOW.as_seconds();
    let folder = Folder::new();
    let row = |token: &str| format!("id,email,password,refreshToken\n1,u@x.y,{BCRYPT},{token}\n");
    let (place, mut plan) = (Place::new(engine).await, plan("users-cookies"));
    place.take(&folder.file("users.csv", row("")), &plan).await;
    let account = place.accounts().await[0].account.id;
    let event = place.personas.event(AuditKind::LoggedIn, account, Timestamp::from_seconds(now + 50));
    place.store.revoke_sessions(account, None, RevokeReason::RevokedByOwner, &event).await.unwrap();
    // The older backend went on for a while.
    plan.cut_over = Timestamp::from_seconds(now + 100);
    let ended = folder.file("users.csv", row(&token(now + 50, now + 1000)));
    assert_eq!(
        place.take(&ended, &plan).await.sessions,
        SessionTally { there: 1, ..SessionTally::default() }
    );
    assert!(place.sessions().await.is_empty());
    let alive = folder.file("users.csv", row(&token(now + 51, now + 1000)));
    assert_eq!(place.take(&alive, &plan).await.sessions, SessionTally { new: 1, ..SessionTally::default() });
    assert_eq!(place.sessions().await.len(), 1);
}
