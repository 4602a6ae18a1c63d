//! Can a living system be taken over, and given back, without anybody noticing?
//!
//! An older backend (`tests/peers`) runs on its own database and `.env`; people register and log in. It is stopped, its
//! users are imported, and the real binary starts in the same directory, with the same `.env`, on the same port. Every
//! client goes on. Then the accounts are given back and the older backend starts again.
//!
//! - `site`: the directory, the port, and who serves on it.
//! - all else: the five dialects.

mod site;

mod api_session;
mod auth_router;
mod bearer_pair;
mod bearer_single;
mod users_cookies;

const PASSWORD: &str = "correct horse battery";
const ACCESS_SECRET: &str = "b1yN0pQ7sXc2Lw9bTgYh4ZrJ6uKpM3dFaO8iVx5WqC";
const REFRESH_SECRET: &str = "k8Pz3RnUw6VbQe1GyMx0LsJd4CfAi9XoHr7BtWv2hT5";
