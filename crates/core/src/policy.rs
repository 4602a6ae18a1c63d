//! Which rules does Portcullis decide by?
//!
//! Everything here is data or a pure function of state and time. What differs between the native API and
//! a legacy contract is a different [`Policy`], never a branch in a flow.

pub mod audit_chain;
pub mod key_rotation;
pub mod mail;
pub mod password;
pub mod refresh;
pub mod strength;
pub mod throttle;

use std::num::NonZeroU32;
use std::time::Duration;

use portcullis_crypto::password::Scheme;
use portcullis_verifier::Algorithm;

pub use mail::{
    DomainPolicy, MailPolicy, RegistrationAccess, RegistrationAnswer, RegistrationPolicy, VerifiedEmail,
};
pub use password::{Guessable, PasswordPolicy, PasswordProblem};
pub use strength::{Strength, strength};
pub use throttle::ThrottlePolicy;

use crate::model::session::SessionLifetime;

/// The rules of one face of the server.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The `iss` of access tokens: the public URL of this server.
    pub issuer: String,
    /// The `aud` of access tokens.
    pub audience: String,
    /// How long sessions and access tokens live.
    pub session: SessionLifetime,
    /// How many live sessions an account may have; one more ends the one that was used least recently. Any number where
    /// there is none.
    pub max_sessions: Option<NonZeroU32>,
    /// How long ago a credential may have been proved for what is sensitive.
    pub step_up: Duration,
    /// For how long an exchanged refresh token still gets the answer that was lost.
    pub refresh_grace: Duration,
    /// What a password must be.
    pub password: PasswordPolicy,
    /// What the next signing key is made for.
    pub access_algorithm: Algorithm,
    /// How many wrong passwords are borne; any number where there is none.
    pub throttle: Option<ThrottlePolicy>,
    /// What links to the pages begin with that mails lead to, without a slash at the end: `https://auth.example.com/account`.
    /// What follows is `/<page>?token=…`.
    pub links: String,
    /// How accounts are written to. None is, where there is none.
    pub mail: Option<MailPolicy>,
    /// Who gets an account.
    pub registration: RegistrationPolicy,
    /// What an account is kept from until its address is verified.
    pub verified_email: VerifiedEmail,
}

impl Policy {
    /// Defaults: access tokens of 15 minutes, sessions of 30 days that end after 14 idle ones, 100 of them an account,
    /// proofs that count for 15 minutes, 30 seconds of grace, passwords of 8 characters hashed with Argon2id, `EdDSA`, and the limits of
    /// [`ThrottlePolicy::default`]. No mails; everybody may register, and is told what is taken.
    pub fn new(issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        Self {
            links: format!("{issuer}/account"),
            issuer,
            audience: "portcullis".into(),
            session: SessionLifetime {
                absolute: Duration::from_hours(30 * 24),
                idle: Duration::from_hours(14 * 24),
                access: Duration::from_mins(15),
            },
            max_sessions: NonZeroU32::new(100),
            step_up: Duration::from_mins(15),
            refresh_grace: Duration::from_secs(30),
            password: PasswordPolicy {
                min_chars: 8,
                scheme: Scheme::argon2id_default(),
                common: Guessable::Refused,
                identifiers: Guessable::Refused,
                breached: Guessable::Refused,
                blocked_words: ["portcullis".to_owned()].into(),
            },
            access_algorithm: Algorithm::EdDsa,
            throttle: Some(ThrottlePolicy::default()),
            mail: None,
            registration: RegistrationPolicy::default(),
            verified_email: VerifiedEmail::NotAsked,
        }
    }
}
