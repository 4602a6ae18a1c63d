//! Which routes does the contract have?

use super::handlers;
use crate::dialects::routes::Routes;

#[rustfmt::skip]
pub(super) fn routes() -> Routes {
    Routes::default()
        .post("/auth/register",            handlers::register)
        .post("/auth/login",               handlers::log_in)
        .post("/auth/refresh-token",       handlers::refresh)
        .delete("/auth/logout",            handlers::log_out)
        .get("/",                          handlers::root)
        // Not of the contract, which knows no mails.
        .post("/auth/forgot-password",     handlers::forgot_password)
        .post("/auth/reset-password",      handlers::reset_password)
        .post("/auth/verify-email",        handlers::verify_email)
        .post("/auth/resend-verification", handlers::resend_verification)
}
