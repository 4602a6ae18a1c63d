//! What do the stores hold that are exported and moved?

use std::io::Cursor;
use std::sync::LazyLock;

use portcullis_core::crypto::MasterKey;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord, KeyState};
use portcullis_core::crypto::one_time::Digest;
use portcullis_core::model::{
    AccountId, AuditDetail, AuditKind, Email, EventId, Locale, MailKind, NewAccount, NewMail, NewSession,
    Profile, Purpose, RevokeReason, Role, SessionId, StoredToken, Timestamp,
};
use portcullis_core::policy::audit_chain::{AuditCheck, AuditReport, AuditSealer};
use portcullis_core::ports::audit_store::EventWindow;
use portcullis_core::ports::mail_store::{MailClaim, MailEnd};
use portcullis_core::ports::store::{
    AccountCreation, Adoption, RotationOutcome, SessionAdoption, SessionCreation,
};
use portcullis_core::ports::{AuditStore, MailStore, Store};
use portcullis_core::testing::{MINUTE, NOW, Personas};
use portcullis_store::testing::{TestDatabase, TestEngine};
use portcullis_store::transfer::{
    FileReader, FileWriter, Header, ImportError, ImportReport, Importer, Mode, Record,
};
use portcullis_store::{DatabaseOptions, SqlStore};
use uuid::Uuid;

/// No two stores have the same people by chance.
static PERSONAS: LazyLock<Personas> = LazyLock::new(Personas::default);

/// A store in use, and the people who use it.
pub struct World {
    pub store: SqlStore,
    pub personas: &'static Personas,
    /// Goes away with the world.
    database: TestDatabase,
}

fn sealer() -> AuditSealer {
    AuditSealer::new(&MasterKey::from_bytes([7; 32]))
}

pub fn later(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + seconds * 1000)
}

pub fn key(kid: &str, purpose: KeyPurpose, state: KeyState) -> KeyRecord {
    KeyRecord {
        kid: kid.into(),
        purpose,
        algorithm: "EdDSA".into(),
        state,
        sealed: vec![0, 255, 39, 92, 10],
        created_at: NOW.as_millis(),
        activated_at: (state == KeyState::Active).then_some(NOW.as_millis()),
        retired_at: None,
    }
}

pub fn keys() -> [KeyRecord; 3] {
    [
        // Engines do not agree about which of these two comes first.
        key("b-access", KeyPurpose::AccessToken, KeyState::Active),
        key("B-access", KeyPurpose::AccessToken, KeyState::Next),
        key("0a0b0c0d", KeyPurpose::RefreshToken, KeyState::Active),
    ]
}

impl World {
    /// With tables and nothing in them.
    pub async fn empty(engine: TestEngine) -> Self {
        let database = TestDatabase::new(engine).await;
        Self { store: database.open().await, personas: &PERSONAS, database }
    }

    /// With one of everything: texts that engines treat differently, an account that is gone, one that is disabled,
    /// sessions that were refreshed and revoked.
    pub async fn in_use(engine: TestEngine) -> Self {
        let world = Self::empty(engine).await;
        world.store.add_first_keys(&keys(), &[]).await.unwrap();
        let alice = NewAccount {
            external_id: Some("65f1c0ffee".into()),
            profile: Profile {
                name: Some("Zoë \u{1f9ff} O'Neill\\ \"$1\"".into()),
                bio: Some("two\nlines\tand a tab".into()),
                contact: Some(String::new()),
            },
            role: Role::Admin,
            locale: Some(Locale::De),
            email_verified_at: Some(later(5)),
            ..world.personas.account("Alice")
        };
        world.create(&alice).await;
        let session = world.log_in(alice.id).await;
        let rotation = world.personas.rotation(session, 1, later(10));
        let rotated = world.store.rotate_session(&rotation).await.unwrap();
        assert!(matches!(rotated, RotationOutcome::Continued { .. }), "{rotated:?}");

        let carol = NewAccount { email: None, password: None, ..world.personas.account("carol") };
        world.create(&carol).await;
        world.log_in(carol.id).await;
        // A newer release may know kinds that this one does not.
        let kind = AuditKind::read("account_locked");
        let mut event = world.personas.event(kind, carol.id, later(20));
        event.client = event.client.with_request_id("r-1");
        event.detail = Some(AuditDetail::word("by \"hand\""));
        assert!(world.store.disable_account(carol.id, &event).await.unwrap());

        let bob = NewAccount { username: None, ..world.personas.account("bob") };
        world.create(&bob).await;
        let ended = world.log_in(bob.id).await;
        world.log_in(bob.id).await;
        let event = world.personas.event(AuditKind::SessionRevoked, bob.id, later(30));
        let reason = RevokeReason::LoggedOut;
        assert!(world.store.revoke_session(bob.id, ended, reason, &event).await.unwrap());

        // They came from an older system, and bob had a session there.
        let cut_over =
            format!("UPDATE accounts SET cut_over_at = {} WHERE number <> 2", later(0).as_millis());
        world.database.execute(&cut_over).await;
        world.adopt(bob.id).await;

        world.write_to(alice.id, bob.id).await;

        // What comes now has no seal yet.
        assert_eq!(world.seal().await, 10);
        let dave = world.personas.account("dave");
        world.create(&dave).await;
        world.delete(dave.id).await;
        world
    }

    /// A token of an account and one of nobody, mails that wait and that were sent, and where people logged in.
    async fn write_to(&self, alice: AccountId, bob: AccountId) {
        let email = Email::parse("Zoë@Bücher.example").unwrap();
        let token = self.personas.token(Purpose::UndoEmailChange, Some(alice), &email);
        let token = StoredToken { code: Some(Digest::from_stored([0xfe; 32])), ..token };
        let mail = self.personas.mail(MailKind::ResetPassword, Some(alice), NOW);
        assert!(self.store.issue_token(&token, mail.id).await.unwrap());
        let token = self.personas.token(Purpose::Register, None, &email);
        // As long as a registration makes it, with what JSON leaves as it is.
        let payload =
            Some(format!("{{\"name\":\"O'Neill\\\\ $1 \u{80}\",\"bio\":\"{}\"}}", "😀".repeat(16_000)));
        let token = StoredToken { payload, ..token };
        let mail = NewMail {
            email: Some(email),
            token_id: Some(token.id),
            detail: Some("New@example.com".to_owned()),
            ..self.personas.mail(MailKind::Register, None, NOW)
        };
        self.store.request_mail(&mail, Some(&token), None).await.unwrap();
        let claim = MailClaim { holder: "a node".to_owned(), now: NOW, until: later(60) };
        assert_eq!(self.store.claim_mails(&claim, 1).await.unwrap().len(), 1);
        let end = MailEnd::Later { due_at: later(3600), cause: "450 \"later\"".to_owned() };
        assert!(self.store.finish_mail(mail.id, "a node", &end).await.unwrap());
        let mail = self.personas.mail(MailKind::PasswordChanged, Some(alice), NOW);
        self.store.request_mail(&mail, None, None).await.unwrap();
        assert_eq!(self.store.claim_mails(&claim, 1).await.unwrap().len(), 1);
        assert!(self.store.finish_mail(mail.id, "a node", &MailEnd::Sent { at: later(1) }).await.unwrap());
        for (account, place) in [(alice, 0xff), (alice, 1), (bob, 0)] {
            let (account, place) = (self.literal(account.as_uuid().as_bytes()), self.literal(&[place; 32]));
            let at = later(0).as_millis();
            self.database
                .execute(&format!("INSERT INTO known_clients VALUES ({account}, {place}, {at})"))
                .await;
        }
    }

    /// Bytes as a statement has them; PostgreSQL has its own spelling, and another for ids.
    fn literal(&self, bytes: &[u8]) -> String {
        let digits = hex::encode(bytes);
        match self.database.options() {
            DatabaseOptions::Postgres(_) if bytes.len() == 16 => format!("'{digits}'"),
            DatabaseOptions::Postgres(_) => format!("'\\x{digits}'"),
            DatabaseOptions::Sqlite(_) | DatabaseOptions::MySql(_) => format!("X'{digits}'"),
        }
    }

    pub async fn create(&self, account: &NewAccount) -> i64 {
        let event = self.personas.event(AuditKind::AccountCreated, account.id, NOW);
        match self.store.create_account(account, None, &event).await.unwrap() {
            AccountCreation::Created { number } => number,
            other => panic!("{other:?}"),
        }
    }

    pub async fn log_in(&self, account_id: AccountId) -> SessionId {
        let session = self.personas.session(account_id, NOW);
        let event = self.personas.event(AuditKind::LoggedIn, account_id, NOW);
        let created = self.store.create_session(&session, None, &event).await.unwrap();
        assert_eq!(created, SessionCreation::Created);
        session.id
    }

    /// Begins a session that an older system began; its id comes after those of all others.
    pub async fn adopt(&self, account_id: AccountId) -> SessionId {
        let new = self.personas.session(account_id, NOW);
        // Somebody proved who they are there, before.
        let authenticated_at = NOW.minus(MINUTE);
        let session = NewSession { id: SessionId::derived(&[0xff; 32]), authenticated_at, ..new };
        let event = self.personas.event(AuditKind::SessionAdopted, account_id, NOW);
        let id = session.id;
        let adoption = Adoption { session, issued_at: NOW, remembered_until: later(3600) };
        let adopted = self.store.adopt_session(&adoption, &event).await.unwrap();
        assert_eq!(adopted, SessionAdoption::Adopted);
        id
    }

    pub async fn delete(&self, id: AccountId) {
        let event = self.personas.event(AuditKind::AccountDeleted, id, later(40));
        self.store.delete_account(id, None, None, &event).await.unwrap();
    }

    /// Seals what has no seal; answers how many entries.
    pub async fn seal(&self) -> u64 {
        let all = EventWindow { after: EventId::from_uuid(Uuid::nil()), up_to: None };
        self.store.seal_audit_events(all, &sealer()).await.unwrap().count
    }

    /// What a look at its audit log comes to.
    pub async fn verify(&self) -> AuditReport {
        let mut check = AuditCheck::new(&sealer(), None);
        for sealed in self.store.list_sealed_audit_entries(0).await.unwrap() {
            check.see(sealed);
        }
        check.finish()
    }

    /// Everything in it, in order.
    pub async fn records(&self) -> Vec<Record> {
        let mut snapshot = self.store.snapshot().await.unwrap();
        let mut records = Vec::new();
        while let Some(record) = snapshot.next().await.unwrap() {
            records.push(record);
        }
        snapshot.close().await;
        records
    }

    /// All of it as a file.
    pub async fn export(&self) -> Vec<u8> {
        let header = Header::new(NOW.as_millis(), "test");
        let mut writer = FileWriter::begin(Vec::new(), &header).unwrap();
        for record in self.records().await {
            writer.add(&record).unwrap();
        }
        writer.finish(self.next_number().await).unwrap().1
    }

    pub async fn is_half_filled(&self) -> bool {
        self.store.is_half_filled().await.unwrap()
    }

    pub async fn next_number(&self) -> i64 {
        let mut snapshot = self.store.snapshot().await.unwrap();
        let next = snapshot.next_number().await.unwrap();
        snapshot.close().await;
        next
    }

    pub async fn import(&self, file: &[u8]) -> Result<ImportReport, ImportError> {
        self.import_as(file, Mode::Write).await
    }

    pub async fn import_as(&self, file: &[u8], mode: Mode) -> Result<ImportReport, ImportError> {
        let mut reader = FileReader::begin(Cursor::new(file)).unwrap();
        let keys = reader.keys().unwrap();
        let only_keys: Vec<_> = keys.iter().map(|(_, key)| key.clone()).collect();
        let mut importer = Importer::begin(&self.store, mode, &only_keys).await?;
        for (line, key) in keys {
            importer.add(line, Record::SigningKey(key)).await?;
        }
        while let Some((line, record)) = reader.next_record().unwrap() {
            importer.add(line, record).await?;
        }
        importer.finish(reader.next_number()).await
    }
}
