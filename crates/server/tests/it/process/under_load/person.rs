//! What does somebody do with servers that fail, and what is somebody told?

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Nodes;
use super::record::{Outcome, Record};
use crate::process::client::{Answer, Api, Lost};
use crate::process::crash::Dice;
use crate::process::crash::ledger::{Account, Session, State};

/// How long somebody waits who was turned away.
const PAUSE: Duration = Duration::from_millis(50);

/// Somebody who does one thing after the other, and remembers what was answered.
pub(super) struct Person {
    number: usize,
    dice: Dice,
    nodes: Nodes,
    record: Arc<Record>,
    accounts: Vec<Account>,
    /// Registrations that may have happened.
    half_registered: Vec<(String, String)>,
    /// Changes of passwords that may have happened: the account is left in peace until the end.
    half_changed: Vec<HalfChanged>,
    /// Names and passwords thought of: none is used twice.
    thought_of: usize,
    answers: Answers,
}

struct HalfChanged {
    account: usize,
    session: usize,
    new: String,
}

/// How many requests of each kind were answered.
#[derive(Default)]
struct Answers {
    registrations: usize,
    logins: usize,
    refreshes: usize,
    logouts: usize,
    changes: usize,
    refusals: usize,
}

impl Person {
    pub(super) fn new(number: usize, dice: Dice, nodes: Nodes, record: Arc<Record>) -> Self {
        let (accounts, half_registered, half_changed) = (Vec::new(), Vec::new(), Vec::new());
        let (thought_of, answers) = (0, Answers::default());
        Self { number, dice, nodes, record, accounts, half_registered, half_changed, thought_of, answers }
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Whether there was an answer of every kind.
    pub(super) fn has_lived(&self) -> bool {
        let Answers { registrations, logins, refreshes, logouts, changes, refusals } = self.answers;
        [registrations, logins, refreshes, logouts, changes, refusals].iter().all(|answers| *answers >= 1)
    }

    /// Does one thing at one node, and writes down the answer.
    pub(super) async fn act(&mut self) {
        let Some(account) = self.some_account() else { return self.register().await };
        let Some(session) = self.some_session(account) else { return self.log_in(account).await };
        match self.dice.below(100) {
            0..8 => self.register().await,
            8..26 => self.log_in(account).await,
            26..72 => self.refresh(account, session).await,
            72..82 => self.log_out(account, session).await,
            82..88 => self.change_password(account, session).await,
            _ => self.try_what_has_ended(account).await,
        }
    }

    /// Finds out what became of what was in doubt, and holds the whole ledger against the servers.
    pub(super) async fn compare(&mut self) {
        for (username, password) in std::mem::take(&mut self.half_registered) {
            let answer = self.some_api().patient().register(&username, &password).await.unwrap();
            if answer.status != 201 {
                assert_eq!(answer.refusal(409), "username_taken");
            }
            self.accounts.push(Account::new(username, password));
        }
        for HalfChanged { account, session, new } in std::mem::take(&mut self.half_changed) {
            let api = self.some_api().patient();
            let account = &mut self.accounts[account];
            let answer = api.log_in(&account.username, &new).await.unwrap();
            if answer.status == 200 {
                account.password_changed(new, session);
            } else {
                assert_eq!(answer.refusal(401), "invalid_credentials");
            }
        }
        for place in 0..self.accounts.len() {
            let api = self.some_api().patient();
            self.accounts[place].compare(&api).await;
        }
    }

    /// One of the latest accounts: the older ones are left in peace, to be found as they were.
    fn some_account(&self) -> Option<usize> {
        let is_known = |place: &usize| !self.half_changed.iter().any(|half| half.account == *place);
        let latest: Vec<usize> = (0..self.accounts.len()).rev().filter(is_known).take(4).collect();
        self.one_of(&latest)
    }

    fn some_session(&self, account: usize) -> Option<usize> {
        self.one_of(&self.accounts[account].alive())
    }

    fn one_of(&self, places: &[usize]) -> Option<usize> {
        let count = u32::try_from(places.len()).unwrap();
        (count > 0).then(|| places[self.dice.below(count) as usize])
    }

    fn some_api(&self) -> Api {
        self.nodes.api(self.some_node())
    }

    fn some_node(&self) -> usize {
        self.dice.below(u32::try_from(self.nodes.count()).unwrap()) as usize
    }

    /// Sends a request to a node; `None` when what became of it is in doubt.
    async fn ask(&self, request: impl AsyncFnOnce(Api) -> Result<Answer, Lost>) -> Option<Answer> {
        let node = self.some_node();
        let (api, was_doomed, begun) = (self.nodes.api(node), self.nodes.is_doomed(node), Instant::now());
        let answer = request(api).await;
        let took = begun.elapsed();
        match answer {
            Ok(answer) if answer.status != 503 => {
                self.record.note(Outcome::Done, took);
                return Some(answer);
            }
            Ok(answer) => {
                assert!(answer.retry_after.is_some_and(|seconds| seconds >= 1), "{answer:?}");
                self.record.note(Outcome::Refused, took);
            }
            Err(Lost) => {
                assert!(was_doomed || self.nodes.is_doomed(node), "node {node} broke a connection");
                self.record.note(Outcome::Broken, took);
            }
        }
        tokio::time::sleep(PAUSE).await;
        None
    }

    async fn register(&mut self) {
        self.thought_of += 1;
        let username = format!("person-{}-{}", self.number, self.thought_of);
        let password = format!("first password of {username}");
        let Some(answer) = self.ask(async |api| api.register(&username, &password).await).await else {
            return self.half_registered.push((username, password));
        };
        answer.expect(201);
        self.accounts.push(Account::new(username, password));
        self.answers.registrations += 1;
    }

    async fn log_in(&mut self, at: usize) {
        let account = &self.accounts[at];
        let (username, password) = (&account.username, &account.password);
        // A session that nobody was told of harms nobody.
        let Some(answer) = self.ask(async |api| api.log_in(username, password).await).await else { return };
        self.accounts[at].sessions.push(Session::new(answer.tokens()));
        self.answers.logins += 1;
    }

    async fn refresh(&mut self, at: usize, session: usize) {
        let refresh = &self.accounts[at].sessions[session].tokens.refresh;
        // Whoever got no answer comes again with the token that was sent.
        let Some(answer) = self.ask(async |api| api.refresh(refresh).await).await else { return };
        self.accounts[at].sessions[session].tokens = answer.tokens();
        self.answers.refreshes += 1;
    }

    async fn log_out(&mut self, at: usize, session: usize) {
        let access = &self.accounts[at].sessions[session].tokens.access;
        let answer = self.ask(async |api| api.log_out(access).await).await;
        let state = &mut self.accounts[at].sessions[session].state;
        let Some(answer) = answer else {
            *state = State::Unknown;
            return;
        };
        answer.expect(204);
        *state = State::Ended;
        self.answers.logouts += 1;
    }

    async fn change_password(&mut self, at: usize, session: usize) {
        self.thought_of += 1;
        let account = &self.accounts[at];
        let new = format!("password {} of {}", self.thought_of, account.username);
        let (access, current) = (&account.sessions[session].tokens.access, &account.password);
        let Some(answer) = self.ask(async |api| api.change_password(access, current, &new).await).await
        else {
            return self.half_changed.push(HalfChanged { account: at, session, new });
        };
        answer.expect(200);
        self.accounts[at].password_changed(new, session);
        self.answers.changes += 1;
    }

    /// Nobody is let in with what has ended, at whichever node, from the moment when that was acknowledged.
    async fn try_what_has_ended(&mut self, at: usize) {
        let account = &self.accounts[at];
        let ended = account.sessions.iter().rfind(|session| session.state == State::Ended);
        let (answer, code) = if let Some(session) = ended {
            let refresh = &session.tokens.refresh;
            (self.ask(async |api| api.refresh(refresh).await).await, "invalid_refresh_token")
        } else {
            let wrong = account.outdated.as_deref().unwrap_or("not the password");
            let username = &account.username;
            (self.ask(async |api| api.log_in(username, wrong).await).await, "invalid_credentials")
        };
        let Some(answer) = answer else { return };
        assert_eq!(answer.refusal(401), code);
        self.answers.refusals += 1;
    }
}
