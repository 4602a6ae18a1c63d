//! How does a backend with `/users/…` look that keeps its tokens in cookies?
//!
//! Accounts have a name and an email address; login is by email. Tokens travel in cookies that no script can read, and
//! in bodies beside them. Such backends keep the latest refresh token of each account in its row.

mod handlers;
mod reveal;
mod routes;
mod wire;

use axum::Router;
use axum::middleware::from_fn_with_state;
use portcullis_core::legacy::{ForeignRefresh, TokenShape, Unexpiring};
use portcullis_core::policy::Guessable;

use super::contract::Contract;
use super::{AtRegistration, Cors, Dialect, Expiry, Lifetime, Secrets, YEAR, days};

pub(super) static DIALECT: Dialect = Dialect {
    name: "users-cookies",
    port: 5000,
    secrets: Secrets::Pair,
    access: Lifetime { default: days(1), configured_by: Some(Expiry::Access), most: YEAR },
    refresh: Some(Lifetime { default: days(7), configured_by: Some(Expiry::Refresh), most: YEAR }),
    issuer: None,
    min_password_chars: None,
    common_passwords: Guessable::Refused,
    registration: AtRegistration::MakesAnAccount,
    shape: TokenShape {
        access: wire::access_claims,
        refresh: wire::refresh_claims,
        account: wire::account_of,
    },
    foreign_refresh: ForeignRefresh::ImportedOnly,
    unexpiring: Unexpiring::Refused,
    cors: Cors::Silent,
    routes: routes::routes,
    around: from_the_same_site,
    refuse: reveal::problem,
};

fn from_the_same_site(routes: Router<Contract>, contract: &Contract) -> Router<Contract> {
    routes.layer(from_fn_with_state(contract.clone(), handlers::check_origin))
}
