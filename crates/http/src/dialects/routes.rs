//! Which routes does a dialect have? Said once, for the router, for collisions and for the documentation.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, delete, get, patch, post};

use super::contract::Contract;

/// The routes of a dialect.
#[derive(Default)]
pub(super) struct Routes(Vec<(&'static str, &'static str, MethodRouter<Contract>)>);

impl Routes {
    pub(super) fn get<H: Handler<T, Contract>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.with("GET", path, get(handler))
    }

    pub(super) fn post<H: Handler<T, Contract>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.with("POST", path, post(handler))
    }

    pub(super) fn patch<H: Handler<T, Contract>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.with("PATCH", path, patch(handler))
    }

    pub(super) fn delete<H: Handler<T, Contract>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.with("DELETE", path, delete(handler))
    }

    fn with(mut self, method: &'static str, path: &'static str, route: MethodRouter<Contract>) -> Self {
        self.0.push((method, path, route));
        self
    }

    /// Method and path of each.
    pub(super) fn list(&self) -> Vec<(&'static str, &'static str)> {
        self.0.iter().map(|(method, path, _)| (*method, *path)).collect()
    }

    /// The router, with every path under `prefix`.
    pub(super) fn under(self, prefix: &str) -> Router<Contract> {
        self.0
            .into_iter()
            .fold(Router::new(), |router, (_, path, route)| router.route(&path_under(prefix, path), route))
    }
}

/// A path of a dialect under a prefix, as it is matched: without a slash at the end.
pub(super) fn path_under(prefix: &str, path: &str) -> String {
    match (prefix, path) {
        ("", path) => path.to_owned(),
        (prefix, "/") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}{path}"),
    }
}
