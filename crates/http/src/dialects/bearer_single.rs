//! How does a backend with `/register`, `/login` and `/protected` look that hands out one token?
//!
//! Accounts have a username, whose case counts, and nothing else. The token travels in bodies, and nothing renews it:
//! a session is as long as its token.

mod handlers;
mod reveal;
mod routes;
mod wire;

use std::time::Duration;

use portcullis_core::legacy::{ForeignRefresh, TokenShape, Unexpiring};
use portcullis_core::policy::Guessable;

use super::{AtRegistration, Cors, Dialect, Expiry, Lifetime, Secrets, WellKnown, days, plainly};

pub(super) static DIALECT: Dialect = Dialect {
    name: "bearer-single",
    port: 3000,
    // SECURITY: such backends have their secret in the code, and many have the one of the tutorial.
    secrets: Secrets::Single { well_known: WellKnown::Replaced },
    access: Lifetime {
        default: Duration::from_hours(1),
        configured_by: Some(Expiry::Jwt),
        // SECURITY: nothing but the end of its session takes a token back, and the contract has no logout.
        most: days(7),
    },
    refresh: None,
    issuer: None,
    min_password_chars: None,
    common_passwords: Guessable::Refused,
    registration: AtRegistration::MakesAnAccount,
    shape: TokenShape { access: wire::claims, refresh: wire::claims, account: wire::account_of },
    foreign_refresh: ForeignRefresh::ImportedOnly,
    // Such backends never write `exp`.
    unexpiring: Unexpiring::BeforeCutOver,
    cors: Cors::Silent,
    routes: routes::routes,
    around: plainly,
    refuse: reveal::problem,
};
