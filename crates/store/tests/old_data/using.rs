//! Can everybody go on where they were, as if no other version had come?

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::Auth;
use portcullis_core::crypto::keyring::KeyPurpose;
use portcullis_core::crypto::one_time::OneTimeToken;
use portcullis_core::crypto::secret::Password;
use portcullis_core::flows::authenticate::Principal;
use portcullis_core::flows::log_in::{LogIn, LogInError};
use portcullis_core::flows::refresh::RefreshError;
use portcullis_core::flows::rotate_keys::Urgency;
use portcullis_core::model::{AuditKind, Client, Identifier, NewAccount, Profile, Role, SessionId};
use portcullis_core::ports::mail_store::MailClaim;
use portcullis_core::ports::store::{AccountCreation, AccountDeletion, Job, JobClaim, SessionAdoption};
use portcullis_core::ports::{MailStore, Store};
use portcullis_core::testing::Personas;
use portcullis_store::SqlStore;

use crate::folder::OldData;
use crate::history::open;
use crate::world::{self, HELD_UNTIL, NOW, account_id, mins, number, phone, session_id};

/// What a client holds.
struct Tokens(BTreeMap<String, String>);

impl Tokens {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("{name} is missing"))
    }
}

/// Lets everybody go on.
pub(crate) async fn check(store: &Arc<SqlStore>, data: OldData) {
    let auth = open(Arc::<SqlStore>::clone(store), NOW).await;
    let tokens = Tokens(data.tokens());
    check_access_tokens(&auth, &tokens, data.version);
    check_refresh_tokens(&auth, &tokens).await;
    check_passwords(&auth, data.version).await;
    if data.version >= world::MAILS {
        check_mails(&auth, store, &tokens).await;
    }
    check_adoption(store, data.version).await;
    check_jobs(store, data).await;
    check_keys(&auth, &tokens).await;
    check_numbers(store, data.version).await;
}

fn check_access_tokens(auth: &Auth, tokens: &Tokens, version: i64) {
    assert!(auth.authenticate(tokens.get("access.first")).is_err(), "its key was revoked");
    let issued_at = world::seconds_ago(10);
    let zoe = Principal {
        account_id: account_id(1),
        session_id: session_id(number::LIVE),
        role: Role::Admin,
        // Since 0012.
        authenticated_at: (version >= 12).then(|| world::session(number::LIVE).authenticated_at),
        email_verified: version >= world::MAILS,
        issued_at,
        expires_at: issued_at.plus(world::LIFETIME.access),
    };
    for name in ["access.second", "access.third", "access.fourth"] {
        assert_eq!(auth.authenticate(tokens.get(name)), Ok(zoe), "{name}");
    }
}

async fn check_refresh_tokens(auth: &Auth, tokens: &Tokens) {
    let again = refreshed(auth, tokens.get("refresh.fourth.parent"), &phone()).await;
    assert_eq!(again, (session_id(number::LIVE), 3), "it is in the grace");
    for name in ["refresh.fourth.current", "refresh.second.current", "refresh.fourth.parent"] {
        let (session, generation) = refreshed(auth, tokens.get(name), &phone()).await;
        assert_eq!((session, generation), (session_id(number::LIVE), 4), "{name}");
    }
    let grant = auth.refresh(tokens.get("refresh.third.current"), &phone()).await.unwrap();
    let minted = auth.mint(&grant).unwrap();
    assert_eq!(refreshed(auth, minted.refresh.expose(), &phone()).await, (session_id(number::LIVE), 5));

    let refusal = async |name| auth.refresh(tokens.get(name), &phone()).await.unwrap_err();
    assert!(matches!(refusal("refresh.first.current").await, RefreshError::Invalid(_)));
    assert!(matches!(refusal("refresh.fourth.logged_out").await, RefreshError::Revoked));
    assert!(matches!(refusal("refresh.fourth.stolen").await, RefreshError::Revoked));
    assert!(matches!(refusal("refresh.fourth.expired").await, RefreshError::Expired));
    assert!(matches!(refusal("refresh.fourth.gone").await, RefreshError::Unknown));
    let parent = tokens.get("refresh.fourth.parent");
    let theft = auth.refresh(parent, &world::thief()).await.unwrap_err();
    assert!(matches!(theft, RefreshError::Reused { account_id: owner } if owner == account_id(1)));
    assert!(auth.authenticate(tokens.get("access.fourth")).is_err(), "its session was ended");
}

async fn refreshed(auth: &Auth, token: &str, client: &Client) -> (SessionId, u32) {
    let grant = auth.refresh(token, client).await.unwrap();
    (grant.session.id, grant.session.generation)
}

async fn check_passwords(auth: &Auth, version: i64) {
    for person in world::people(version) {
        let account = person.account;
        let identifiers = [account.email.map(Identifier::Email), account.username.map(Identifier::Username)];
        for identifier in identifiers.into_iter().flatten() {
            let log_in = async |password: Password| {
                let outcome =
                    auth.log_in(LogIn { identifier: identifier.clone().into(), password }, &phone()).await;
                outcome.map(|grant| grant.account.id)
            };
            let wrong = log_in("not-the-password".into()).await.unwrap_err();
            let Some((password, _)) = person.password.clone() else {
                assert!(matches!(wrong, LogInError::NoPassword), "{wrong}");
                continue;
            };
            assert!(matches!(wrong, LogInError::WrongPassword), "account {}: {wrong}", account.number);
            match log_in(password).await {
                Ok(id) => assert_eq!(id, account.id),
                Err(LogInError::AccountDisabled) => assert!(account.disabled_at.is_some()),
                Err(error) => panic!("account {}: {error}", account.number),
            }
        }
    }
}

/// An account that was about to be deleted is kept, and a mail that waited is sent, whoever had taken it.
async fn check_mails(auth: &Auth, store: &SqlStore, tokens: &Tokens) {
    let keep = OneTimeToken::parse(tokens.get("one_time.keep_account")).unwrap();
    auth.keep_account(&keep, &phone()).await.unwrap();
    assert!(auth.keep_account(&keep, &phone()).await.is_err(), "once");
    let kept = store.find_account(account_id(world::LEAVING)).await.unwrap().unwrap();
    assert_eq!((kept.deletion, kept.disabled_at), (None, None));
    let now = HELD_UNTIL;
    let claim = MailClaim { holder: "somebody else".to_owned(), now, until: now.plus(mins(1)) };
    let taken = store.claim_mails(&claim, 10).await.unwrap();
    let [waits, again, _] = world::mails();
    assert_eq!(taken, [waits, again]);
}

/// A refresh token of an older system is exchanged for the first time once, whichever version that was.
async fn check_adoption(store: &SqlStore, version: i64) {
    let session = world::new_session(number::ADOPTED);
    let event = Personas::default().event(AuditKind::SessionAdopted, session.account_id, NOW);
    let outcome = store.adopt_session(&world::adoption(session), &event).await.unwrap();
    let is_new = version < world::ADOPTION;
    assert_eq!(outcome, if is_new { SessionAdoption::NoAccount } else { SessionAdoption::Known });
}

async fn check_jobs(store: &SqlStore, data: OldData) {
    let claim = async |now| {
        let claim = JobClaim { job: Job::ClearAway, holder: "somebody else".into(), now, until: HELD_UNTIL };
        store.claim_job(&claim).await.unwrap()
    };
    let is_held = data.version >= 7;
    assert_eq!(claim(NOW).await, !is_held);
    assert!(claim(HELD_UNTIL).await);
}

async fn check_keys(auth: &Auth, tokens: &Tokens) {
    for purpose in KeyPurpose::ALL {
        auth.rotate_keys(purpose, Urgency::Planned, None, &Client::default()).await.unwrap();
    }
    let cut_off = auth.refresh(tokens.get("refresh.fourth.logged_out"), &phone()).await.unwrap_err();
    assert!(matches!(cut_off, RefreshError::Revoked), "a retired key still verifies: {cut_off}");
}

/// Clears away what is over, deletes an account and adds one.
async fn check_numbers(store: &Arc<SqlStore>, version: i64) {
    let later = open(Arc::<SqlStore>::clone(store), HELD_UNTIL.plus(mins(60))).await;
    let cleared = later.maintain(&[]).await.unwrap().unwrap();
    assert_eq!(cleared.sessions, 2, "the expired one, and that of the disabled account");
    assert_eq!(cleared.keys, 4, "three of access tokens that were there, and the one just retired");

    let personas = Personas::default();
    let event = personas.event(AuditKind::AccountDeleted, account_id(1), NOW);
    assert_eq!(
        store.delete_account(account_id(1), None, None, &event).await.unwrap(),
        AccountDeletion::Deleted
    );
    assert_eq!(store.find_session(session_id(number::LOGGED_OUT)).await.unwrap(), None);
    let person = world::person(1).account;
    let number = world::last_number(version) + 1;
    let account = NewAccount {
        id: account_id(number),
        external_id: person.external_id,
        email: person.email,
        username: person.username,
        profile: Profile::default(),
        role: Role::User,
        password: None,
        locale: None,
        email_verified_at: None,
        token_id: None,
        mail: None,
        created_at: NOW,
    };
    let event = personas.event(AuditKind::AccountCreated, account.id, NOW);
    let outcome = store.create_account(&account, None, &event).await.unwrap();
    assert_eq!(outcome, AccountCreation::Created { number });
}
