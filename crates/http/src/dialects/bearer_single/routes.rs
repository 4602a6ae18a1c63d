//! Which routes does the contract have?

use super::handlers;
use crate::dialects::routes::Routes;

#[rustfmt::skip]
pub(super) fn routes() -> Routes {
    Routes::default()
        .post("/register",  handlers::register)
        .post("/login",     handlers::log_in)
        .get("/protected",  handlers::protected)
}
