//! What is a server that speaks dialects?

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use portcullis_core::Auth;
use portcullis_core::crypto::jwt::LegacySecret;
use portcullis_core::crypto::password::StoredHash;
use portcullis_core::legacy::{PreviousForeign, PreviousSecret};
use portcullis_core::model::session::SessionLifetime;
use portcullis_core::model::{Account, AccountId, Email, Profile, Role, Username};
use portcullis_core::policy::throttle::Budget;
use portcullis_core::policy::{Guessable, MailPolicy, Policy, ThrottlePolicy};
use portcullis_core::ports::{Clock as _, Mailer, Store};
use portcullis_core::testing::{ManualClock, NOW, SeededEntropy};
use portcullis_http::dialects::{Dialect, Mount, Prefix, PreviousSecrets, SecretUse, Secrets};
use portcullis_http::{CorsOrigins, Environment, HttpSettings};
use portcullis_store::testing::TestDatabase;
use portcullis_store::transfer::{AccountRecord, Importer, Mode, PasswordRecord, Record};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::api::mailbox::{Mail, Mailbox};
use crate::api::watched_store::WatchedStore;
use crate::{engine, node};

pub const ACCESS_SECRET: &str = "mE9vQ2sXc7Lw0bTgYh4ZrJ6uKpN1dFaO8iVx3WqCyB5";
pub const REFRESH_SECRET: &str = "hT5kPz8RnUw2VbQe7GyMx0LsJd4CfAi9XoHr6BtWv1K";

/// The secrets after a change.
pub const NEW_ACCESS_SECRET: &str = "u4NqZc1YtE7bRk0XsWm5GvJd9oLfHp3TaQi8DyKxCw2";
pub const NEW_REFRESH_SECRET: &str = "fB6xVn2SgUo9MhTe4ZrPy7LwDk1QjAi5CcXt8EvNb3Y";

/// `correct horse battery` as npm `bcryptjs` hashed it with cost 4.
pub const OLD_HASH: &str = "$2a$04$EAN/9G0z0bXDBfOKjtWh1ulaBIJ/vyyykpRVv9AnwPO2mwLNB71AW";

/// What an operator could have decided.
#[derive(Clone)]
pub struct Setup {
    pub environment: Environment,
    /// Each `name` or `name=/prefix`.
    pub dialects: Vec<String>,
    /// Refresh tokens are signed under the access secret.
    pub has_one_secret: bool,
    /// The secrets were changed, and so much of what was signed with the old ones counts still.
    pub changed_secrets: Option<PreviousForeign>,
    /// How browsers reach the server.
    pub public_origin: &'static str,
    /// An origin that may call it from a browser.
    pub listed_origin: Option<&'static str>,
    /// What becomes of passwords that many people have, where somebody wrote it.
    pub common_passwords: Option<Guessable>,
    /// How many registrations, tokens of nobody and requests for mails are borne from one address; the usual when nothing
    /// is said.
    pub most_from_one_address: Option<u32>,
    /// Mails are sent.
    pub has_mails: bool,
    /// What else the rules of the native API and of every dialect say.
    pub decided: fn(&mut Policy),
}

impl Setup {
    pub fn of(dialects: &[&str]) -> Self {
        let dialects = dialects.iter().map(|&dialect| dialect.to_owned()).collect();
        Self {
            environment: Environment::Development,
            dialects,
            has_one_secret: false,
            changed_secrets: None,
            public_origin: "http://localhost:3000",
            listed_origin: None,
            common_passwords: None,
            most_from_one_address: None,
            has_mails: false,
            decided: |_| {},
        }
    }

    /// Mails are sent.
    pub fn with_mails(self) -> Self {
        Self { has_mails: true, ..self }
    }

    /// The rules of the native API and of every dialect say this as well.
    pub fn deciding(self, decided: fn(&mut Policy)) -> Self {
        Self { decided, ..self }
    }

    pub fn in_production(self) -> Self {
        Self { environment: Environment::Production, ..self }
    }

    /// So many registrations, tokens of nobody and requests for mails are borne from one address, and then one a second.
    pub fn bearing(self, most_from_one_address: u32) -> Self {
        Self { most_from_one_address: Some(most_from_one_address), ..self }
    }

    pub fn with_one_secret(self) -> Self {
        Self { has_one_secret: true, ..self }
    }

    /// New secrets, for each kind of tokens one.
    pub fn with_changed_secrets(self, previous: PreviousForeign) -> Self {
        Self { changed_secrets: Some(previous), ..self }
    }

    /// Those of today, or those before.
    fn secrets(&self) -> [&'static str; 2] {
        [ACCESS_SECRET, if self.has_one_secret { ACCESS_SECRET } else { REFRESH_SECRET }]
    }

    fn previous(&self) -> PreviousSecrets {
        let Some(foreign) = self.changed_secrets else { return PreviousSecrets::default() };
        let [access, refresh] = self
            .secrets()
            .map(|secret| Some(PreviousSecret { secret: LegacySecret::new(secret).unwrap(), foreign }));
        PreviousSecrets { access, refresh }
    }

    /// What the native API and every dialect have in common.
    fn decide(&self, policy: &mut Policy) {
        policy.mail = self.has_mails.then(MailPolicy::default);
        (self.decided)(policy);
    }

    fn mounts(&self) -> Vec<Mount> {
        self.dialects.iter().map(|text| self.mount(text)).collect()
    }

    fn mount(&self, text: &str) -> Mount {
        let (name, prefix) = text.split_once('=').unwrap_or((text, ""));
        let dialect = Dialect::find(name).unwrap();
        let mut policy = node::cheap_policy();
        let access = dialect.access.default;
        let (idle, absolute) = match dialect.refresh {
            Some(refresh) => (refresh.default, refresh.default.max(policy.session.absolute)),
            None => (access, access),
        };
        policy.session = SessionLifetime { absolute, idle, access };
        if let Some(most) = self.most_from_one_address {
            let few = Budget::steady(most, Duration::from_secs(1));
            let limits = policy.throttle.unwrap_or_default();
            policy.throttle =
                Some(ThrottlePolicy { registrations: Some(few), junk: few, mails: few, ..limits });
        }
        if let Some(min_chars) = dialect.min_password_chars {
            policy.password.min_chars = min_chars;
        }
        policy.password.common = self.common_passwords.unwrap_or(dialect.common_passwords);
        self.decide(&mut policy);
        let [access_secret, refresh_secret] = match self.changed_secrets {
            None => self.secrets(),
            Some(_) => [NEW_ACCESS_SECRET, NEW_REFRESH_SECRET],
        }
        .map(|secret| LegacySecret::new(secret).unwrap());
        let used = if self.has_one_secret { SecretUse::Shared } else { SecretUse::Own };
        let refresh_secret = match dialect.secrets {
            Secrets::Single { .. } => None,
            Secrets::Pair => Some((refresh_secret, used)),
        };
        Mount {
            dialect,
            prefix: Prefix::parse(prefix).unwrap(),
            policy,
            access_secret,
            refresh_secret,
            previous: self.previous(),
            issuer: dialect.issuer.map(str::to_owned),
        }
    }
}

/// A server in this process. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    pub router: Router,
    pub auth: Auth,
    pub clock: Arc<ManualClock>,
    pub store: Arc<WatchedStore>,
    mailbox: Arc<Mailbox>,
    entropy: Arc<SeededEntropy>,
    database: TestDatabase,
    setup: Setup,
}

impl Server {
    pub async fn speaking(dialect: &str) -> Self {
        Self::start(Setup::of(&[dialect])).await
    }

    pub async fn start(setup: Setup) -> Self {
        let clock = Arc::new(ManualClock::new(NOW));
        let (database, entropy) = (engine::database().await, Arc::new(SeededEntropy::new(1)));
        Self::open(setup, database, clock, entropy).await
    }

    /// The same server after a restart, or another node.
    pub async fn another_process(&self) -> Self {
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        Self::open(self.setup.clone(), self.database.clone(), clock, entropy).await
    }

    /// The same server after a restart with other settings.
    pub async fn restarted(&self, change: impl FnOnce(Setup) -> Setup) -> Self {
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        Self::open(change(self.setup.clone()), self.database.clone(), clock, entropy).await
    }

    async fn open(
        setup: Setup,
        database: TestDatabase,
        clock: Arc<ManualClock>,
        entropy: Arc<SeededEntropy>,
    ) -> Self {
        let store = Arc::new(WatchedStore::new(node::open_store(&database, &clock).await));
        let mailbox = Arc::new(Mailbox::default());
        let auth = node::start_on(Arc::clone(&store) as Arc<dyn Store>, &clock, &entropy, |deps, policy| {
            deps.mailer = Some(Arc::clone(&mailbox) as Arc<dyn Mailer>);
            setup.decide(policy);
        })
        .await
        .unwrap();
        let mut settings = HttpSettings::new(setup.environment, setup.public_origin);
        let listed = setup.listed_origin.into_iter().map(str::to_owned).collect();
        settings.cors = CorsOrigins::Listed(listed);
        let router = portcullis_http::app(&auth, &settings, setup.mounts());
        Self { router, auth, clock, store, mailbox, entropy, database, setup }
    }

    /// Time passes.
    pub fn pass(&self, time: Duration) {
        self.clock.move_by_millis(i64::try_from(time.as_millis()).unwrap());
    }

    /// Sends what is due; answers what arrived by that.
    pub async fn mails(&self) -> Vec<Mail> {
        while self.auth.deliver_mails().await.unwrap().more {}
        self.mailbox.take()
    }

    /// The same, where it is one.
    pub async fn mail(&self) -> Mail {
        let mut mails = self.mails().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }

    /// Seconds since the epoch.
    pub fn now_s(&self) -> i64 {
        self.clock.now().as_seconds()
    }

    /// An account of the older backend, with the password `correct horse battery`; it was cut over a minute ago.
    pub async fn import(&self, number: i64, change: impl FnOnce(&mut Account)) -> Account {
        self.import_with_hash(number, Some(OLD_HASH), change).await
    }

    /// The same with the hash of another password, or with none.
    pub async fn import_with_hash(
        &self,
        number: i64,
        hash: Option<&str>,
        change: impl FnOnce(&mut Account),
    ) -> Account {
        let now = self.clock.now();
        let created_at = now.minus(Duration::from_hours(24 * 30));
        let mut account = Account {
            id: AccountId::new(created_at, [u8::try_from(number % 256).unwrap(); 10]),
            number,
            external_id: None,
            email: Email::parse(&format!("old{number}@example.com")).ok(),
            username: Username::parse(&format!("old{number}")).ok(),
            profile: Profile::default(),
            role: Role::User,
            disabled_at: None,
            cut_over_at: Some(now.minus(Duration::from_mins(1))),
            disowned_at: None,
            locale: None,
            email_verified_at: None,
            deletion: None,
            created_at,
            updated_at: created_at,
        };
        change(&mut account);
        let password = hash
            .map(|hash| PasswordRecord { hash: StoredHash::parse(hash).unwrap(), updated_at: created_at });
        let record = AccountRecord { account: account.clone(), password };
        self.write(Record::Account(record)).await;
        account
    }

    /// Writes what an import writes.
    pub async fn write(&self, record: Record) {
        let store = node::open_store(&self.database, &self.clock).await;
        let mut importer = Importer::begin(&store, Mode::Write, &[]).await.unwrap();
        importer.add(1, record).await.unwrap();
        let report = importer.finish(1).await.unwrap();
        assert_eq!(report.conflicts.len(), 0);
        store.close().await;
    }

    /// Makes a request; headers as `name: value`.
    pub async fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for line in headers {
            let (name, value) = line.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4711))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let answer =
            Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body).unwrap() };
        answer.check();
        answer
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &["content-type: application/json"], &body.to_string()).await
    }

    pub async fn get_as(&self, path: &str, token: &str) -> Answer {
        self.send("GET", path, &[&format!("authorization: Bearer {token}")], "").await
    }
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A text of the JSON body.
    pub fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Every `Set-Cookie`.
    pub fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect()
    }

    /// The value that a cookie is set to.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let pairs = self.cookies().into_iter().filter_map(|line| line.split(';').next()?.split_once('='));
        let mut values = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
        values.next()
    }

    /// What must hold of every answer.
    fn check(&self) {
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("x-powered-by"), "");
        assert!(!self.header("x-request-id").is_empty());
        let carries_tokens = self.body.contains("eyJ") || !self.cookies().is_empty();
        assert!(!carries_tokens || self.header("cache-control") == "no-store", "{self:?}");
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(self.header("retry-after").parse::<u64>().unwrap() > 0);
        }
        for hint in ["node_modules", "serde", "sqlx", "rusqlite", "$2b$", "$2a$", ".rs:"] {
            assert!(!self.body.contains(hint), "{hint} in {}", self.body);
        }
    }
}
