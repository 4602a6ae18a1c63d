//! How does a store get what old databases hold?

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord, KeyState, NewKey, new_key};
use portcullis_core::crypto::one_time::OneTimeKey;
use portcullis_core::flows::{Grant, TokenPair};
use portcullis_core::hash_gate::{HashGate, HashGateLimits};
use portcullis_core::model::{
    AuditEvent, AuditKind, Change, Client, NewAccount, Newcomer, Profile, ProfileChange, RevokeReason, Role,
    SessionId, Timestamp,
};
use portcullis_core::ports::mail_store::{DeletionSchedule, MailClaim, MailEnd};
use portcullis_core::ports::store::{
    AccountCreation, AccountDeletion, Job, JobClaim, KeyRotation, KeySuccessor, PasswordChange,
    PasswordReplacement, RotationOutcome, SessionAdoption, SessionCreation, SessionRotation,
};
use portcullis_core::ports::{Entropy, MailStore, Store};
use portcullis_core::testing::{ManualClock, SeededEntropy};
use portcullis_core::throttle::ThrottleDeps;
use portcullis_core::verifier::Algorithm;
use portcullis_core::{Auth, Deps};

use portcullis_store::SqlStore;
use portcullis_store::transfer::{AccountRecord, Importer, Mode, PasswordRecord, Record};

use crate::world::{
    self, DELETED, GRACE, IMPORTED, LAST_NUMBER, LEAVING, LIFETIME, NOW, account_id, ago, number, session_id,
};

/// Who did what only one node does.
const NODE: &str = "the node of old data";

/// Tokens that clients hold, by name.
pub(crate) type Tokens = Vec<(String, String)>;

/// Writes it all into an empty store; answers the tokens that its version handed out.
pub(crate) async fn write(store: Arc<SqlStore>, version: i64) -> Tokens {
    let history = History { store, events: world::events(version) };
    history.create_accounts().await;
    history.change_accounts().await;
    history.log_in().await;
    history.exchange_refresh_tokens().await;
    history.end_sessions().await;
    history.delete_accounts().await;
    history.claim_job().await;
    history.go_on_from_an_older_system().await;
    history.write_to_people().await;
    let mut tokens = history.rotate_keys().await;
    let key = OneTimeKey::new(&world::master_key());
    let keep = key.token(&world::one_time_tokens()[0].id.into_bytes());
    tokens.push(("one_time.keep_account".to_owned(), keep.expose().to_owned()));
    tokens
}

/// The door to a store, at a time.
pub(crate) async fn open(store: Arc<dyn Store>, now: Timestamp) -> Auth {
    let limits = HashGateLimits { deadline: Duration::from_mins(1), ..HashGateLimits::default() };
    let deps = Deps {
        store,
        clock: Arc::new(ManualClock::new(now)),
        entropy: Arc::new(SeededEntropy::new(2)),
        gate: HashGate::start(limits).unwrap(),
        master_key: world::master_key(),
        previous_master_key: None,
        breached: None,
        throttle: ThrottleDeps::default(),
        mailer: None,
    };
    Auth::open(deps, world::policy()).await.unwrap()
}

struct History {
    store: Arc<SqlStore>,
    events: Vec<AuditEvent>,
}

impl History {
    /// The entry of the audit log about this; there is one.
    fn event(&self, kind: AuditKind, account: i64) -> &AuditEvent {
        self.find_event(|event| event.kind == kind && event.account_id == Some(account_id(account)))
    }

    fn find_event(&self, is_it: impl Fn(&AuditEvent) -> bool) -> &AuditEvent {
        self.events.iter().find(|event| is_it(event)).unwrap()
    }

    /// Accounts as they were in the beginning.
    async fn create_accounts(&self) {
        for number in 1..=LAST_NUMBER {
            let person = world::written_to(world::person(number));
            let hash = if number == 7 {
                Some(world::replaced_hash())
            } else {
                person.password.map(|(_, hash)| hash)
            };
            let account = NewAccount {
                id: person.account.id,
                external_id: person.account.external_id,
                email: person.account.email,
                username: person.account.username,
                profile: if number == 1 { Profile::default() } else { person.account.profile },
                role: Role::User,
                password: hash,
                locale: person.account.locale,
                email_verified_at: person.account.email_verified_at,
                token_id: None,
                mail: None,
                created_at: person.account.created_at,
            };
            let session = (number == 6).then(|| world::new_session(number::DISABLED));
            let event = self.event(AuditKind::AccountCreated, number);
            let outcome = self.store.create_account(&account, session.as_ref(), event).await.unwrap();
            assert_eq!(outcome, AccountCreation::Created { number });
        }
    }

    async fn change_accounts(&self) {
        let event = self.event(AuditKind::RoleChanged, 1);
        assert!(self.store.set_role(account_id(1), Role::Admin, event).await.unwrap());
        let zoe = world::person(1).account;
        let set = |text: Option<String>| text.map_or(Change::Keep, Change::Set);
        let Profile { name, bio, contact } = zoe.profile;
        let change =
            ProfileChange { name: set(name), bio: set(bio), contact: set(contact), locale: Change::Keep };
        self.store.update_profile(zoe.id, &change, zoe.updated_at).await.unwrap().unwrap();
        for number in [3, 6] {
            let event = self.event(AuditKind::AccountDisabled, number);
            assert!(self.store.disable_account(account_id(number), event).await.unwrap());
        }
        let event = self.event(AuditKind::AccountEnabled, 6);
        assert!(self.store.enable_account(account_id(6), event).await.unwrap());
    }

    async fn log_in(&self) {
        for event in self.events.iter().filter(|event| event.kind == AuditKind::LoggedIn) {
            let all = number::LIVE..=number::THROWN_OUT;
            let number =
                all.into_iter().find(|number| Some(session_id(*number)) == event.session_id).unwrap();
            let mut session = world::new_session(number);
            if number == number::LIVE {
                let [mail, ..] = world::mails();
                let newcomer = Newcomer { place: world::PLACE, mail: world::new_mail(&mail) };
                session.newcomer = Some(Box::new(newcomer));
            }
            let outcome = self.store.create_session(&session, None, event).await.unwrap();
            assert_eq!(outcome, SessionCreation::Created);
        }
    }

    async fn exchange_refresh_tokens(&self) {
        let any = self.event(AuditKind::AccountCreated, 1);
        let late = self.event(AuditKind::RefreshRetriedLate, 7);
        let reused = self.event(AuditKind::RefreshTokenReused, 7);
        for (number, generation, now, client, event) in [
            (number::LIVE, 1, world::seconds_ago(20), world::phone(), any),
            (number::LIVE, 2, world::seconds_ago(10), world::phone(), any),
            (number::STOLEN, 1, ago(16), world::phone(), any),
            (number::STOLEN, 2, ago(14), world::phone(), any),
            (number::RETRIED, 1, ago(12), world::phone(), any),
            (number::RETRIED, 1, ago(5), world::phone(), late),
        ] {
            let outcome = self.rotate(session_id(number), generation, now, client, event).await;
            assert!(matches!(outcome, RotationOutcome::Continued { .. }), "{outcome:?}");
        }
        let outcome = self.rotate(session_id(number::STOLEN), 1, ago(10), world::thief(), reused).await;
        assert!(matches!(outcome, RotationOutcome::Reused { .. }), "{outcome:?}");
    }

    async fn rotate(
        &self,
        session_id: SessionId,
        generation: u32,
        now: Timestamp,
        client: Client,
        event: &AuditEvent,
    ) -> RotationOutcome {
        let rotation = SessionRotation {
            session_id,
            generation,
            client,
            now,
            grace: GRACE,
            idle: LIFETIME.idle,
            access: LIFETIME.access,
            event_id: event.id,
            mail_id: None,
        };
        self.store.rotate_session(&rotation).await.unwrap()
    }

    async fn end_sessions(&self) {
        let (zoe, logged_out) = (account_id(1), session_id(number::LOGGED_OUT));
        let event = self.event(AuditKind::SessionRevoked, 1);
        assert!(self.store.revoke_session(zoe, logged_out, RevokeReason::LoggedOut, event).await.unwrap());
        let change = PasswordReplacement {
            account_id: account_id(7),
            checked: Some(world::replaced_hash()),
            new: world::person(7).password.unwrap().1,
            keep: Some(session_id(number::RETRIED)),
            token: None,
            mail: Some(world::new_mail(&world::mails()[2])),
        };
        let event = self.event(AuditKind::PasswordChanged, 7);
        let outcome = self.store.change_password(&change, event).await.unwrap();
        assert_eq!(outcome, PasswordChange::Changed { revoked: vec![session_id(number::OUTDATED)] });
        let event = self.event(AuditKind::SessionsRevoked, 8);
        let reason = RevokeReason::RevokedByAdmin;
        let ended = self.store.revoke_sessions(account_id(8), None, reason, event).await.unwrap();
        assert_eq!(ended, [session_id(number::THROWN_OUT)]);
    }

    async fn delete_accounts(&self) {
        for number in DELETED {
            let event = self.event(AuditKind::AccountDeleted, number);
            let outcome = self.store.delete_account(account_id(number), None, None, event).await.unwrap();
            assert_eq!(outcome, AccountDeletion::Deleted);
        }
    }

    /// Since 0007.
    async fn claim_job(&self) {
        let (holder, until) = (NODE.to_owned(), world::HELD_UNTIL);
        let claim = JobClaim { job: Job::ClearAway, holder, now: ago(1), until };
        assert!(self.store.claim_job(&claim).await.unwrap());
    }

    /// Since 0009.
    async fn go_on_from_an_older_system(&self) {
        let person = world::person(IMPORTED);
        let updated_at = person.account.created_at;
        let password = person.password.map(|(_, hash)| PasswordRecord { hash, updated_at });
        let record = Record::Account(AccountRecord { account: person.account, password });
        let mut importer = Importer::begin(&self.store, Mode::Write, &[]).await.unwrap();
        importer.add(1, record).await.unwrap();
        assert_eq!(importer.finish(1).await.unwrap().tally.new.total(), 1);
        let session = world::new_session(number::ADOPTED);
        let event = self.event(AuditKind::SessionAdopted, IMPORTED);
        let adoption = world::adoption(session);
        let outcome = self.store.adopt_session(&adoption, event).await.unwrap();
        assert_eq!(outcome, SessionAdoption::Adopted);
    }

    /// Since 0017.
    async fn write_to_people(&self) {
        let [waits, again, sent] = world::mails();
        let [keep, register] = world::one_time_tokens();
        self.take_mails(ago(3), 1).await;
        let end = MailEnd::Sent { at: ago(3) };
        assert!(self.store.finish_mail(sent.id, NODE, &end).await.unwrap());
        let deletion = DeletionSchedule {
            account_id: account_id(LEAVING),
            checked: None,
            due_at: NOW.plus(7 * world::DAY),
            undo: Some((keep, world::new_mail(&waits))),
        };
        let event = self.event(AuditKind::DeletionScheduled, LEAVING);
        let outcome = self.store.schedule_deletion(&deletion, event).await.unwrap();
        assert_eq!(outcome, AccountDeletion::Deleted);
        let new = world::new_mail(&again);
        self.store.request_mail(&new, Some(&register), None).await.unwrap();
        self.take_mails(NOW, 2).await;
        let end = MailEnd::Later { due_at: again.due_at, cause: again.last_error.unwrap() };
        assert!(self.store.finish_mail(again.id, NODE, &end).await.unwrap());
    }

    async fn take_mails(&self, now: Timestamp, count: u32) {
        let claim = MailClaim { holder: NODE.to_owned(), now, until: now.plus(GRACE) };
        let taken = self.store.claim_mails(&claim, count).await.unwrap();
        assert_eq!(taken.len(), usize::try_from(count).unwrap());
    }

    /// Every key but the last of its purpose has signed; answers the tokens that each did.
    async fn rotate_keys(&self) -> Tokens {
        use KeyPurpose::{AccessToken, RefreshToken};
        let entropy = SeededEntropy::new(1);
        let key =
            |purpose, algorithm, state, minutes| make_key(&entropy, purpose, algorithm, state, ago(minutes));
        let first = [
            key(AccessToken, Some(Algorithm::EdDsa), KeyState::Active, 5),
            key(AccessToken, Some(Algorithm::Hs256), KeyState::Next, 5),
            key(RefreshToken, None, KeyState::Active, 5),
            key(RefreshToken, None, KeyState::Next, 5),
        ];
        assert!(self.store.add_first_keys(&first, &[]).await.unwrap());
        let mut tokens = Tokens::new();
        self.hand_out(&mut tokens, "first").await;
        let rs256 = key(AccessToken, Some(Algorithm::Rs256), KeyState::Next, 4);
        self.replace_keys(KeyState::Revoked, 4, [rs256, key(RefreshToken, None, KeyState::Next, 4)]).await;
        self.hand_out(&mut tokens, "second").await;
        let ed_dsa = key(AccessToken, Some(Algorithm::EdDsa), KeyState::Next, 3);
        self.replace_keys(KeyState::Retired, 3, [ed_dsa, key(RefreshToken, None, KeyState::Next, 3)]).await;
        self.hand_out(&mut tokens, "third").await;
        let es256 = key(AccessToken, Some(Algorithm::Es256), KeyState::Next, 2);
        self.replace_keys(KeyState::Retired, 2, [es256]).await;
        self.hand_out(&mut tokens, "fourth").await;
        tokens
    }

    async fn replace_keys<const N: usize>(&self, old_becomes: KeyState, minutes: u64, adds: [KeyRecord; N]) {
        for adds in adds {
            let keys = self.store.list_keys().await.unwrap();
            let key = |state| {
                let key = keys.iter().find(|key| key.purpose == adds.purpose && key.state == state);
                key.unwrap().clone()
            };
            let rotation = KeyRotation {
                replaces: key(KeyState::Active),
                old_becomes,
                successor: KeySuccessor::Next(key(KeyState::Next).kid),
                now: ago(minutes),
                adds,
            };
            // The events of key rotations follow each other; how many keys there are more than at first tells which.
            let mut rotations = self.events.iter().filter(|event| event.kind == AuditKind::KeysRotated);
            let event = rotations.nth(keys.len() - 4).unwrap();
            assert!(self.store.rotate_keys(&rotation, event).await.unwrap());
        }
    }

    /// The tokens that clients hold, under the keys that are active now.
    async fn hand_out(&self, tokens: &mut Tokens, key: &str) {
        let auth = open(Arc::<SqlStore>::clone(&self.store), NOW).await;
        let account = world::written_to(world::person(1)).account;
        let of_generation = |number, generation| {
            let session = portcullis_core::model::Session { generation, ..world::session(number) };
            auth.mint(&Grant { account: account.clone(), session, now: world::seconds_ago(10) }).unwrap()
        };
        let current: TokenPair = of_generation(number::LIVE, 3);
        tokens.push((format!("access.{key}"), current.access.expose().to_owned()));
        for (name, number, generation) in [
            ("current", number::LIVE, 3),
            ("parent", number::LIVE, 2),
            ("logged_out", number::LOGGED_OUT, 1),
            ("stolen", number::STOLEN, 3),
            ("expired", number::EXPIRED, 1),
            ("gone", number::GONE, 1),
        ] {
            let token = of_generation(number, generation).refresh;
            tokens.push((format!("refresh.{key}.{name}"), token.expose().to_owned()));
        }
    }
}

fn make_key(
    entropy: &SeededEntropy,
    purpose: KeyPurpose,
    algorithm: Option<Algorithm>,
    state: KeyState,
    now: Timestamp,
) -> KeyRecord {
    let wanted = NewKey { purpose, algorithm, state, now_ms: now.as_millis() };
    new_key(wanted, &world::master_key(), &mut |bytes| entropy.fill(bytes)).unwrap()
}
