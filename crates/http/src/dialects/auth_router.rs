//! How does a backend with `/auth/…` look that keeps its accounts in `MongoDB`?
//!
//! Accounts have a name and an email address; login is by email. Tokens travel in bodies: a pair after a registration
//! or a refresh, the access token alone after a login. They name the account in `aud` and the backend in `iss`.

mod handlers;
mod reveal;
mod routes;
mod wire;

use std::time::Duration;

use portcullis_core::legacy::{ForeignRefresh, TokenShape, Unexpiring};
use portcullis_core::policy::Guessable;

use super::{AtRegistration, Cors, Dialect, Expiry, Lifetime, Secrets, YEAR, plainly};

pub(super) static DIALECT: Dialect = Dialect {
    name: "auth-router",
    port: 3000,
    secrets: Secrets::Pair,
    access: Lifetime::fixed(Duration::from_hours(1)),
    refresh: Some(Lifetime { default: YEAR, configured_by: Some(Expiry::Refresh), most: YEAR }),
    issuer: Some("localhost:3000"),
    min_password_chars: None,
    common_passwords: Guessable::Refused,
    registration: AtRegistration::LogsIn,
    shape: TokenShape { access: wire::claims, refresh: wire::claims, account: wire::account_of },
    foreign_refresh: ForeignRefresh::Adopted,
    unexpiring: Unexpiring::Refused,
    cors: Cors::Silent,
    routes: routes::routes,
    around: plainly,
    refuse: reveal::problem,
};
