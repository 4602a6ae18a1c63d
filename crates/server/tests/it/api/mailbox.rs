//! Where do the mails of a test arrive?

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use portcullis_core::model::mail::{Letter, LetterKind};
use portcullis_core::ports::{Mailer, SendError};
use secrecy::ExposeSecret as _;

use crate::node;

/// Takes mails, unless it was told otherwise.
#[derive(Default)]
pub struct Mailbox {
    arrived: Mutex<Vec<Mail>>,
    refusals: Mutex<VecDeque<SendError>>,
    is_forgetful: AtomicBool,
}

/// A mail that arrived.
#[derive(Debug, Clone)]
pub struct Mail(pub Letter);

impl Mailbox {
    /// What has arrived since the last time somebody asked.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.arrived.lock().unwrap())
    }

    /// Takes the next mail, and the connection breaks before anybody hears of it.
    pub fn takes_next_without_saying_so(&self) {
        self.is_forgetful.store(true, Ordering::Relaxed);
    }

    /// Does not take the next mail.
    pub fn refuses_next(&self, error: SendError) {
        self.refusals.lock().unwrap().push_back(error);
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        if let Some(error) = self.refusals.lock().unwrap().pop_front() {
            return Err(error);
        }
        self.arrived.lock().unwrap().push(Mail(letter.clone()));
        if self.is_forgetful.swap(false, Ordering::Relaxed) {
            return Err(SendError::Later { cause: "the connection broke".into() });
        }
        Ok(())
    }
}

impl Mail {
    pub fn kind(&self) -> LetterKind {
        self.0.kind
    }

    pub fn to(&self) -> &str {
        self.0.to.as_str()
    }

    /// The path and query of its link.
    pub fn link(&self) -> String {
        let link = self.0.link.as_ref().expect("a mail with a link").expose_secret();
        link.strip_prefix(node::ISSUER).expect("a link to this server").to_owned()
    }

    /// The token of its link.
    pub fn token(&self) -> String {
        self.link().split_once("?token=").expect("a link with a token").1.to_owned()
    }

    /// Its code, as a person reads it.
    pub fn code(&self) -> String {
        self.0.code.as_ref().expect("a mail with a code").expose_in_groups()
    }
}
