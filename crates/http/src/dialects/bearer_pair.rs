//! How does a backend with `/register`, `/login` and `/protected` look that hands out a pair of tokens?
//!
//! Accounts have a username and an email address; login is by email. Tokens travel in bodies.

mod handlers;
mod reveal;
mod routes;
mod wire;

use std::time::Duration;

use portcullis_core::legacy::{ForeignRefresh, TokenShape, Unexpiring};
use portcullis_core::policy::Guessable;

use super::{AtRegistration, Cors, Dialect, Lifetime, Secrets, days, plainly};

pub(super) static DIALECT: Dialect = Dialect {
    name: "bearer-pair",
    port: 3000,
    secrets: Secrets::Pair,
    access: Lifetime::fixed(Duration::from_mins(15)),
    refresh: Some(Lifetime::fixed(days(7))),
    issuer: None,
    min_password_chars: None,
    common_passwords: Guessable::Refused,
    registration: AtRegistration::MakesAnAccount,
    shape: TokenShape { access: wire::claims, refresh: wire::claims, account: wire::account_of },
    foreign_refresh: ForeignRefresh::Adopted,
    // Such backends always write `exp`, and never look whether it is there.
    unexpiring: Unexpiring::BeforeCutOver,
    cors: Cors::Silent,
    routes: routes::routes,
    around: plainly,
    refuse: reveal::problem,
};
