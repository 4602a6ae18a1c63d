//! Which routes does the contract have?

use super::handlers;
use crate::dialects::routes::Routes;

#[rustfmt::skip]
pub(super) fn routes() -> Routes {
    Routes::default()
        .post("/users/register",            handlers::register)
        .post("/users/login",               handlers::log_in)
        .get("/users/profile",              handlers::profile)
        .patch("/users/update-profile",     handlers::update_profile)
        .delete("/users/profile",           handlers::delete)
        .post("/users/refresh-token",       handlers::refresh)
        // Not of the contract, whose sessions end with their tokens only.
        .post("/users/logout",              handlers::log_out)
        // Not of the contract, which knows no mails.
        .post("/users/forgot-password",     handlers::forgot_password)
        .post("/users/reset-password",      handlers::reset_password)
        .post("/users/verify-email",        handlers::verify_email)
        .post("/users/resend-verification", handlers::resend_verification)
}
