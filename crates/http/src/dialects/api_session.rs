//! How does a backend with `/api/session` and `/api/users` look that a React application of the same site calls?
//!
//! Accounts have a username and an email address; login is by either. One token, in a cookie that no script can read;
//! whatever changes something is answered only with a token against forged requests.

mod csrf;
mod handlers;
mod reveal;
mod routes;
mod wire;

use portcullis_core::legacy::{ForeignRefresh, TokenShape, Unexpiring};
use portcullis_core::policy::Guessable;

use super::{AtRegistration, Cors, Dialect, Expiry, Lifetime, Secrets, WellKnown, days};

pub(super) static DIALECT: Dialect = Dialect {
    name: "api-session",
    port: 8000,
    secrets: Secrets::Single { well_known: WellKnown::Warned },
    // Nothing lengthens a session, so whoever wants a long one may have it.
    access: Lifetime { default: days(7), configured_by: Some(Expiry::Jwt), most: days(365) },
    refresh: None,
    issuer: None,
    min_password_chars: Some(6),
    // Whoever may have six characters has `123456`.
    common_passwords: Guessable::Accepted,
    registration: AtRegistration::LogsIn,
    shape: TokenShape { access: wire::claims, refresh: wire::claims, account: wire::account_of },
    // There are none.
    foreign_refresh: ForeignRefresh::ImportedOnly,
    // Such backends always write `exp`.
    unexpiring: Unexpiring::Refused,
    cors: Cors::AnybodyInDevelopment,
    routes: routes::routes,
    around: csrf::around,
    refuse: reveal::problem,
};
