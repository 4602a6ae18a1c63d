//! Which contracts of older backends does the server speak?
//!
//! A dialect is one folder of four files over the same flows:
//!
//! | file | what stands in it |
//! |---|---|
//! | `routes.rs` | the contract as a list |
//! | `wire.rs` | bodies, claims and cookies, and nothing else that has a legacy name |
//! | `reveal.rs` | which error becomes which status and body; every error of the core by name |
//! | `handlers.rs` | decode, one flow, encode |
//!
//! and one line in [`ALL`]. It uses the core, `extract`, `layers` and what stands beside this line, never another
//! dialect and never the native API. What its tokens, lifetimes and secrets are is data: [`Dialect`].

mod answer;
mod api_session;
mod auth_router;
mod authorization;
mod bearer_pair;
mod bearer_single;
mod clock;
mod contract;
mod cookies;
mod mails;
mod mount;
mod routes;
mod users_cookies;

use std::time::Duration;

use axum::Router;
use portcullis_core::legacy::{ForeignRefresh, TokenShape, Unexpiring};
use portcullis_core::policy::Guessable;

pub(crate) use answer::Noted;
pub use mount::{Collision, Mount, Prefix, PrefixError, PreviousSecrets, SecretUse, collisions};
pub(crate) use mount::{HomePage, mounted, paths};

use self::answer::Refusal;
use self::contract::Contract;
use self::routes::Routes;
use crate::problem::Problem;

/// Every dialect, in the order of the documentation.
pub static ALL: [&Dialect; 5] = [
    &bearer_pair::DIALECT,
    &users_cookies::DIALECT,
    &api_session::DIALECT,
    &bearer_single::DIALECT,
    &auth_router::DIALECT,
];

/// What there is to know of a dialect besides its handlers.
pub struct Dialect {
    /// Its name in the configuration.
    pub name: &'static str,
    /// The port that its backends listen on when nothing is configured.
    pub port: u16,
    /// The secrets that sign its tokens.
    pub secrets: Secrets,
    /// How long an access token lives.
    pub access: Lifetime,
    /// How long a refresh token lives, and with it a session that nobody uses; `None` where there are none.
    pub refresh: Option<Lifetime>,
    /// The `iss` of its tokens where nothing else is configured; `None` where they have none.
    pub issuer: Option<&'static str>,
    /// The fewest characters of a password where nothing is configured, if not those of the server.
    pub min_password_chars: Option<usize>,
    /// What becomes of passwords that many people have, where nothing is configured.
    pub common_passwords: Guessable,
    /// What a registration leads to.
    pub registration: AtRegistration,
    /// What its tokens say.
    shape: TokenShape,
    /// What becomes of refresh tokens that its backends issued.
    foreign_refresh: ForeignRefresh,
    /// Whether access tokens of its backends may lack `exp`.
    unexpiring: Unexpiring,
    /// Whether a browser of any origin may call it, without cookies, on somebody's own machine.
    cors: Cors,
    /// The contract as a list.
    routes: fn() -> Routes,
    /// What all its requests go through, those to a path that is not there as well.
    around: fn(Router<Contract>, &Contract) -> Router<Contract>,
    /// How what no handler has answered looks: a path that is not there, a body that is no JSON, a panic.
    refuse: fn(&Problem) -> Refusal,
}

impl std::fmt::Debug for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dialect({})", self.name)
    }
}

impl Dialect {
    /// The dialect of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|dialect| dialect.name == name)
    }

    /// Its routes, as `METHOD /path`.
    pub fn list_routes(&self) -> Vec<String> {
        (self.routes)().list().iter().map(|(method, path)| format!("{method} {path}")).collect()
    }
}

/// Which secrets sign the tokens of a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// One for access tokens, one for refresh tokens: `ACCESS_TOKEN_SECRET`, `REFRESH_TOKEN_SECRET`.
    Pair,
    /// One: `JWT_SECRET`.
    Single {
        /// Whether a secret that stands in somebody's tutorial is never accepted, in development neither.
        well_known: WellKnown,
    },
}

/// What becomes of a secret that the whole world knows, in development. In production nothing starts with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WellKnown {
    /// It is used, with a warning: the `.env` of a tutorial starts.
    Warned,
    /// It is not used; one of our own takes its place.
    Replaced,
}

/// How long a token lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Where nothing is configured.
    pub default: Duration,
    /// What configures it, if anything.
    pub configured_by: Option<Expiry>,
    /// The most that is taken.
    pub most: Duration,
}

impl Lifetime {
    const fn fixed(lifetime: Duration) -> Self {
        Self { default: lifetime, configured_by: None, most: lifetime }
    }
}

/// A lifetime that `.env` files of older backends hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// `ACCESS_TOKEN_EXPIRY`
    Access,
    /// `REFRESH_TOKEN_EXPIRY`
    Refresh,
    /// `JWT_EXPIRES_IN`
    Jwt,
}

/// What a registration leads to.
///
/// Where it logs in, nobody can be asked to verify the address first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtRegistration {
    /// To a session: the answer holds tokens.
    LogsIn,
    /// To an account, and a login is another step.
    MakesAnAccount,
}

/// What a dialect tells the browsers of other origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cors {
    /// Nothing, unless the operator listed their origin.
    Silent,
    /// In development that every origin may call, without cookies; in production nothing.
    AnybodyInDevelopment,
}

/// As npm `ms` counts it: 365.25 days.
const YEAR: Duration = Duration::from_hours(8766);

const fn days(days: u64) -> Duration {
    Duration::from_hours(days * 24)
}

/// What a dialect says that has nothing around its routes.
fn plainly(routes: Router<Contract>, _: &Contract) -> Router<Contract> {
    routes
}
