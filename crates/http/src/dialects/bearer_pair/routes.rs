//! Which routes does the contract have?

use super::handlers;
use crate::dialects::routes::Routes;

#[rustfmt::skip]
pub(super) fn routes() -> Routes {
    Routes::default()
        .post("/register",            handlers::register)
        .post("/login",               handlers::log_in)
        .get("/protected",            handlers::protected)
        // Announced by the contract, and left to its readers.
        .post("/refresh",             handlers::refresh)
        .post("/logout",              handlers::log_out)
        // Not of the contract, which knows no mails.
        .post("/forgot-password",     handlers::forgot_password)
        .post("/reset-password",      handlers::reset_password)
        .post("/verify-email",        handlers::verify_email)
        .post("/resend-verification", handlers::resend_verification)
}
