//! Which routes does the contract have?

use super::handlers;
use crate::dialects::routes::Routes;

#[rustfmt::skip]
pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/hello/world",                    handlers::hello_world)
        .get("/api/csrf/restore",               handlers::restore_csrf)
        .get("/api/session",                    handlers::session)
        .post("/api/session",                   handlers::log_in)
        .delete("/api/session",                 handlers::log_out)
        .post("/api/users",                     handlers::sign_up)
        // By which the readers of the contract see that a login is asked for where one is needed.
        .get("/api/require-auth",               handlers::require_auth)
        // Not of the contract, which knows no mails.
        .post("/api/users/forgot-password",     handlers::forgot_password)
        .post("/api/users/reset-password",      handlers::reset_password)
        .post("/api/users/verify-email",        handlers::verify_email)
        .post("/api/users/resend-verification", handlers::resend_verification)
}
