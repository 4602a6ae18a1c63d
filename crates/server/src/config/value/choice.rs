//! Values that are one word of a few.

use std::str::FromStr;

use portcullis_core::crypto::password::BcryptKernel;
use portcullis_core::legacy::PreviousForeign;
use portcullis_core::model::Locale;
use portcullis_core::policy::{RegistrationAccess, RegistrationAnswer};
use portcullis_core::verifier::Algorithm;
use portcullis_http::Hsts;
use portcullis_store::options::{Durability, Pooling};
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::super::problem::nearest;
use super::{CounterPlace, Refusal, Value, members};

/// Where the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Environment {
    /// Somebody's own machine.
    Development,
    /// The real thing.
    Production,
}

/// How new passwords are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordAlgorithm {
    /// RFC 9106.
    Argon2id,
    /// The one that most older backends can read.
    Bcrypt,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// How the connection to a database server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// Not at all.
    Off,
    /// If the server can.
    Prefer,
    /// Encrypted, to whoever is in the server's place.
    Require,
    /// Encrypted, to the server with this name.
    VerifyFull,
}

impl TlsMode {
    /// Whether the server's certificate is looked at.
    pub(crate) const fn verifies(self) -> bool {
        matches!(self, Self::VerifyFull)
    }
}

/// The member of a list of words that a text is.
fn one_of<T: Copy>(text: &str, choices: &[(&'static str, T)]) -> Result<T, Refusal> {
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    Err(match nearest(text, choices.iter().map(|(word, _)| *word)) {
        Some(near) => Refusal::with_fix("is not a known word", format!("did you mean `{near}`?")),
        None => Refusal::new("is not a known word"),
    })
}

/// The word of a value.
fn word_of<T: PartialEq>(value: &T, choices: &[(&'static str, T)]) -> String {
    choices
        .iter()
        .find(|(_, choice)| choice == value)
        .map_or_else(String::new, |(word, _)| (*word).to_owned())
}

/// The words as a sentence says them.
fn listed<T>(choices: &[(&'static str, T)]) -> String {
    let words: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

macro_rules! choices {
    ($($type:ty: $($word:literal => $value:expr),+;)+) => {
        $(impl Value for $type {
            fn parse(text: &str) -> Result<Self, Refusal> {
                one_of(text, &[$(($word, $value)),+])
            }

            fn show(&self) -> String {
                word_of(self, &[$(($word, $value)),+])
            }

            fn expects() -> String {
                listed(&[$(($word, $value)),+])
            }
        })+
    };
}

choices! {
    Environment: "development" => Self::Development, "production" => Self::Production;
    PasswordAlgorithm: "argon2id" => Self::Argon2id, "bcrypt" => Self::Bcrypt;
    BcryptKernel: "interleaved" => Self::Interleaved, "library" => Self::Library;
    LogFormat: "text" => Self::Text, "json" => Self::Json;
    CounterPlace: "memory" => Self::Memory, "database" => Self::Database, "redis" => Self::Redis;
    TlsMode: "off" => Self::Off, "prefer" => Self::Prefer, "require" => Self::Require,
        "verify-full" => Self::VerifyFull;
    Hsts: "off" => Self::Off, "host" => Self::Host, "subdomains" => Self::Subdomains, "preload" => Self::Preload;
    PreviousForeign: "all" => Self::Believed, "own" => Self::Refused;
    Locale: "en" => Self::En, "de" => Self::De;
    RegistrationAnswer: "conceal" => Self::Conceal, "reveal" => Self::Reveal;
    RegistrationAccess: "open" => Self::Open, "invited" => Self::Invited;
    Pooling: "session" => Self::Session, "transaction" => Self::Transaction;
    Durability: "full" => Self::Full, "relaxed" => Self::Relaxed;
    Algorithm: "EdDSA" => Self::EdDsa, "ES256" => Self::Es256, "RS256" => Self::Rs256, "HS256" => Self::Hs256;
}

impl LogFormat {
    /// The form that suits an environment.
    pub(crate) const fn of(environment: Environment) -> Self {
        match environment {
            Environment::Development => Self::Text,
            Environment::Production => Self::Json,
        }
    }
}

/// What is logged.
#[derive(Debug, Clone)]
pub(crate) struct LogFilter {
    text: String,
    targets: Targets,
}

impl LogFilter {
    /// For the subscriber.
    pub(crate) fn into_targets(self) -> Targets {
        self.targets
    }
}

impl Value for LogFilter {
    fn parse(text: &str) -> Result<Self, Refusal> {
        // The parser of `Targets` takes a misspelt level for the name of a target, and would log almost nothing.
        for member in members(text) {
            let level = member.rsplit_once('=').map_or(member, |(_, level)| level);
            if LevelFilter::from_str(level).is_err() || level.parse::<u8>().is_ok() {
                return Err(Refusal::new("is neither a level nor a filter"));
            }
        }
        let targets = text.parse().map_err(|_| Refusal::new("is neither a level nor a filter"))?;
        Ok(Self { text: text.to_owned(), targets })
    }

    fn show(&self) -> String {
        self.text.clone()
    }

    fn expects() -> String {
        "`error`, `warn`, `info`, `debug`, `trace`, `off`, or a filter such as `info,portcullis_store=debug`"
            .into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_word_is_taken_exactly_and_a_near_miss_is_corrected() {
        assert_eq!(Environment::parse("production"), Ok(Environment::Production));
        assert_eq!(Environment::parse("prodution").unwrap_err().fix.unwrap(), "did you mean `production`?");
        assert_eq!(Algorithm::parse("eddsa"), None);
        assert_eq!(<Algorithm as Value>::parse("eddsa").unwrap_err().fix.unwrap(), "did you mean `EdDSA`?");
        assert_eq!(<Algorithm as Value>::parse("none").unwrap_err().fix, None);
        assert_eq!(<Algorithm as Value>::expects(), "`EdDSA`, `ES256`, `RS256` or `HS256`");
    }

    #[test]
    fn every_algorithm_can_be_chosen() {
        for algorithm in Algorithm::ALL {
            assert_eq!(<Algorithm as Value>::parse(algorithm.as_str()), Ok(algorithm));
            assert_eq!(algorithm.show(), algorithm.as_str());
        }
    }

    #[test]
    fn a_misspelt_level_is_refused_and_filters_are_not() {
        for text in ["info", "off", "info,portcullis_store=debug", "warn, request=off", "hyper=TRACE"] {
            assert!(LogFilter::parse(text).is_ok(), "{text}");
        }
        for text in ["inof", "portcullis_store", "info,store=loud", "3", "a=b=c=d"] {
            assert!(LogFilter::parse(text).is_err(), "{text}");
        }
    }
}
