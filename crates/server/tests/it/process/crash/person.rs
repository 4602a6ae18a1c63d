//! What does somebody do with a server that may die at any moment?

use super::Dice;
use super::ledger::{Account, Session, State};
use crate::process::client::{Api, Lost};

/// Somebody who uses the server, one request after the other, and writes down what it answers.
pub(super) struct Person {
    number: usize,
    dice: Dice,
    accounts: Vec<Account>,
    /// Usernames thought of, whether or not the server ever took them.
    registered: usize,
    /// Passwords thought of, whether or not the server ever took them: none is used twice.
    passwords: usize,
    in_flight: Option<Request>,
    answers: Answers,
}

/// A request that was sent and not answered yet. Places are those in the ledger.
enum Request {
    Register { username: String, password: String },
    LogIn,
    Refresh,
    LogOut { account: usize, session: usize },
    ChangePassword { account: usize, session: usize, new: String },
}

/// How many requests of each kind were answered.
#[derive(Default, Debug)]
struct Answers {
    registrations: usize,
    logins: usize,
    refreshes: usize,
    logouts: usize,
    changes: usize,
}

impl Person {
    pub(super) fn new(number: usize, dice: Dice) -> Self {
        let (accounts, in_flight, answers) = (Vec::new(), None, Answers::default());
        Self { number, dice, accounts, registered: 0, passwords: 1, in_flight, answers }
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    pub(super) fn has_something_in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    pub(super) fn assert_has_lived(&self) {
        let Answers { registrations, logins, refreshes, logouts, changes } = self.answers;
        let fewest = registrations.min(logins).min(refreshes).min(logouts).min(changes);
        assert!(fewest >= 3, "person {}: {:?}", self.number, self.answers);
    }

    /// Does one thing, and writes down the answer.
    pub(super) async fn act(&mut self, api: &Api) -> Result<(), Lost> {
        let Some(account) = self.some_account() else {
            return self.register(api).await;
        };
        let Some(session) = self.some_session(account) else {
            return self.log_in(api, account).await;
        };
        match self.dice.below(100) {
            0..12 => self.register(api).await,
            12..32 => self.log_in(api, account).await,
            32..72 => self.refresh(api, account, session).await,
            72..85 => self.log_out(api, account, session).await,
            _ => self.change_password(api, account, session).await,
        }
    }

    /// Holds what was done since the last time against the server, and what was in flight first.
    pub(super) async fn compare_what_changed(&mut self, api: &Api) {
        self.settle(api).await;
        for account in self.accounts.iter_mut().filter(|account| account.changed) {
            account.compare(api).await;
        }
    }

    /// Holds the whole ledger against the server.
    pub(super) async fn compare_everything(&mut self, api: &Api) {
        for account in &mut self.accounts {
            account.compare(api).await;
        }
    }

    /// One of the latest accounts: the older ones are left in peace, to be found as they were.
    fn some_account(&self) -> Option<usize> {
        let count = self.accounts.len();
        let choices = u32::try_from(count.min(4)).unwrap();
        (choices > 0).then(|| count - 1 - self.dice.below(choices) as usize)
    }

    fn some_session(&self, account: usize) -> Option<usize> {
        let alive = self.accounts[account].alive();
        let count = u32::try_from(alive.len()).unwrap();
        (count > 0).then(|| alive[self.dice.below(count) as usize])
    }

    async fn register(&mut self, api: &Api) -> Result<(), Lost> {
        self.registered += 1;
        let username = format!("person-{}-{}", self.number, self.registered);
        let password = format!("first password of {username}");
        self.in_flight = Some(Request::Register { username: username.clone(), password: password.clone() });
        let answer = api.register(&username, &password).await?;
        self.in_flight = None;
        answer.expect(201);
        self.accounts.push(Account::new(username, password));
        self.answers.registrations += 1;
        Ok(())
    }

    async fn log_in(&mut self, api: &Api, at: usize) -> Result<(), Lost> {
        let account = &mut self.accounts[at];
        self.in_flight = Some(Request::LogIn);
        let answer = api.log_in(&account.username, &account.password).await?;
        self.in_flight = None;
        account.sessions.push(Session::new(answer.tokens()));
        account.changed = true;
        self.answers.logins += 1;
        Ok(())
    }

    async fn refresh(&mut self, api: &Api, at: usize, session: usize) -> Result<(), Lost> {
        let account = &mut self.accounts[at];
        account.changed = true;
        let session = &mut account.sessions[session];
        // A session that is lost on the way is asked for with the token that was sent.
        self.in_flight = Some(Request::Refresh);
        let answer = api.refresh(&session.tokens.refresh).await?;
        self.in_flight = None;
        session.tokens = answer.tokens();
        self.answers.refreshes += 1;
        Ok(())
    }

    async fn log_out(&mut self, api: &Api, at: usize, session: usize) -> Result<(), Lost> {
        let account = &mut self.accounts[at];
        account.changed = true;
        self.in_flight = Some(Request::LogOut { account: at, session });
        let session = &mut account.sessions[session];
        let answer = api.log_out(&session.tokens.access).await?;
        self.in_flight = None;
        answer.expect(204);
        session.state = State::Ended;
        self.answers.logouts += 1;
        Ok(())
    }

    async fn change_password(&mut self, api: &Api, at: usize, session: usize) -> Result<(), Lost> {
        let account = &mut self.accounts[at];
        account.changed = true;
        self.passwords += 1;
        let new = format!("password {} of {}", self.passwords, account.username);
        self.in_flight = Some(Request::ChangePassword { account: at, session, new: new.clone() });
        let access = &account.sessions[session].tokens.access;
        let answer = api.change_password(access, &account.password, &new).await?;
        self.in_flight = None;
        answer.expect(200);
        account.password_changed(new, session);
        self.answers.changes += 1;
        Ok(())
    }

    /// Finds out what became of the request whose answer was lost.
    async fn settle(&mut self, api: &Api) {
        match self.in_flight.take() {
            None | Some(Request::LogIn | Request::Refresh) => {}
            Some(Request::Register { username, password }) => {
                let answer = api.register(&username, &password).await.unwrap();
                if answer.status != 201 {
                    assert_eq!(answer.refusal(409), "username_taken");
                }
                self.accounts.push(Account::new(username, password));
            }
            Some(Request::LogOut { account, session }) => {
                self.accounts[account].sessions[session].state = State::Unknown;
            }
            Some(Request::ChangePassword { account, session, new }) => {
                let account = &mut self.accounts[account];
                let answer = api.log_in(&account.username, &new).await.unwrap();
                if answer.status == 200 {
                    account.password_changed(new, session);
                } else {
                    assert_eq!(answer.refusal(401), "invalid_credentials");
                }
            }
        }
    }
}
