//! What was somebody told, and does the server remember it?

use crate::process::client::{Api, Tokens};

/// An account, as its owner knows it.
pub struct Account {
    pub username: String,
    pub password: String,
    /// The password before the last acknowledged change.
    pub outdated: Option<String>,
    pub sessions: Vec<Session>,
    pub changed: bool,
}

/// A session, as its owner knows it.
pub struct Session {
    pub tokens: Tokens,
    pub state: State,
}

/// What the owner was told about a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It goes on.
    Alive,
    /// It has ended.
    Ended,
    /// Nothing: the answer was lost.
    Unknown,
}

impl Account {
    pub fn new(username: String, password: String) -> Self {
        Self { username, password, outdated: None, sessions: Vec::new(), changed: true }
    }

    /// The places of the sessions that go on.
    pub fn alive(&self) -> Vec<usize> {
        let is_alive = |at: &usize| self.sessions[*at].state == State::Alive;
        (0..self.sessions.len()).filter(is_alive).collect()
    }

    /// Every session but one has ended.
    pub fn others_ended(&mut self, staying: usize) {
        for (at, session) in self.sessions.iter_mut().enumerate() {
            if at != staying {
                session.state = State::Ended;
            }
        }
    }

    /// The password is another one.
    pub fn password_changed(&mut self, new: String, staying: usize) {
        self.outdated = Some(std::mem::replace(&mut self.password, new));
        self.others_ended(staying);
    }

    /// Holds the account against the server.
    pub async fn compare(&mut self, api: &Api) {
        let answer = api.log_in(&self.username, &self.password).await.unwrap();
        assert_eq!(answer.status, 200, "{} cannot log in: {}", self.username, answer.body);
        if let Some(outdated) = &self.outdated {
            let refused = api.log_in(&self.username, outdated).await.unwrap();
            assert_eq!(refused.refusal(401), "invalid_credentials");
        }
        for session in &mut self.sessions {
            session.compare(api).await;
        }
        self.changed = false;
    }
}

impl Session {
    pub fn new(tokens: Tokens) -> Self {
        Self { tokens, state: State::Alive }
    }

    async fn compare(&mut self, api: &Api) {
        let refreshed = api.refresh(&self.tokens.refresh).await.unwrap();
        match self.state {
            State::Alive => self.tokens = refreshed.tokens(),
            State::Ended => assert_eq!(refreshed.refusal(401), "invalid_refresh_token"),
            State::Unknown if refreshed.status == 200 => {
                self.tokens = refreshed.tokens();
                self.state = State::Alive;
            }
            State::Unknown => {
                assert_eq!(refreshed.refusal(401), "invalid_refresh_token");
                self.state = State::Ended;
            }
        }
        let checked = api.check(&self.tokens.access).await.unwrap();
        match self.state {
            State::Ended => assert_eq!(checked.refusal(401), "session_ended"),
            State::Alive | State::Unknown => drop(checked.expect(200)),
        }
    }
}
