//! Where do dialects stand beside the native API, and who answers a path that nobody has?
//!
//! ```text
//! request ──▶ a route of the native API or of a dialect
//!        └──▶ none: the path in lower case and without its last slash, as Express matches it ──▶ a dialect's route
//!             └──▶ none: "not there" in the manner of the dialect whose prefix it is, else of the native API
//! ```

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use http::Uri;
use http::uri::PathAndQuery;
use portcullis_core::Auth;
use portcullis_core::crypto::jwt::LegacySecret;
use portcullis_core::legacy::{LegacyAuth, LegacyRules, PreviousSecret, RefreshRules};
use portcullis_core::policy::Policy;
use tower::ServiceExt as _;

use super::contract::Contract;
use super::routes::path_under;
use super::{Cors, Dialect};
use crate::face::Face;
use crate::layers::{CorsManner, EnvelopeLayer, Manner, Rules};
use crate::problem::{Code, Problem};
use crate::settings::{Environment, HttpSettings};

/// A dialect that is spoken.
pub struct Mount {
    /// Which.
    pub dialect: &'static Dialect,
    /// What its paths begin with.
    pub prefix: Prefix,
    /// Its rules.
    pub policy: Policy,
    /// Signs its access tokens.
    pub access_secret: LegacySecret,
    /// Signs its refresh tokens, and whether it is the access secret as well. `None` where it has none.
    pub refresh_secret: Option<(LegacySecret, SecretUse)>,
    /// What signed its tokens before.
    pub previous: PreviousSecrets,
    /// The `iss` of its tokens.
    pub issuer: Option<String>,
}

/// What signed the tokens of a dialect before its secrets were changed.
#[derive(Default)]
pub struct PreviousSecrets {
    /// Its access tokens.
    pub access: Option<PreviousSecret>,
    /// Its refresh tokens. A secret that signed both counts as shared in [`Mount::refresh_secret`] too.
    pub refresh: Option<PreviousSecret>,
}

/// For what a secret is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretUse {
    /// For one kind of tokens.
    Own,
    /// For both kinds.
    Shared,
}

/// What the paths of a dialect begin with: nothing, or `/` and a path without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Prefix(String);

/// A text that is no prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixError;

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a prefix is like /auth: lower-case letters, digits, `-`, `_` and `.` after each slash")
    }
}

impl std::error::Error for PrefixError {}

impl Prefix {
    /// Reads a prefix; `/` is none.
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.chars().all(is_plain);
        match path.strip_prefix('/') {
            None if path.is_empty() => Ok(Self::default()),
            Some(rest) if rest.split('/').all(is_segment) => Ok(Self(path.to_owned())),
            None | Some(_) => Err(PrefixError),
        }
    }

    /// The text; empty for none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.0.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Two routes of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// A route, and whose it is.
    pub one: String,
    /// The other.
    pub other: String,
}

impl fmt::Display for Collision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {}", self.one, self.other)
    }
}

/// Every pair of routes that are one path, among dialects and with the native API. The native page at `/` makes room.
pub fn collisions(mounts: &[(&'static Dialect, Prefix)]) -> Vec<Collision> {
    let mut owners: HashMap<String, String> = HashMap::new();
    for (path, methods) in crate::native_routes() {
        if path != "/" {
            let methods = methods.join(", ");
            owners.insert(path.clone(), format!("{methods} {path} of the native API"));
        }
    }
    let mut found = Vec::new();
    for (dialect, prefix) in mounts {
        let mut own = HashMap::new();
        for (method, path) in (dialect.routes)().list() {
            let path = path_under(prefix.as_str(), path);
            let route = format!("{method} {path} of {}", dialect.name);
            match owners.get(&path) {
                Some(owner) => found.push(Collision { one: owner.clone(), other: route }),
                None => drop(own.entry(path).or_insert(route)),
            }
        }
        owners.extend(own);
    }
    found
}

/// The paths of what is mounted.
pub(crate) fn paths(mount: &Mount) -> Vec<String> {
    let routes = (mount.dialect.routes)().list();
    routes.into_iter().map(|(_, path)| path_under(mount.prefix.as_str(), path)).collect()
}

/// The native API with the dialects beside it. `native` makes it, with or without its page at `/`.
pub(crate) fn mounted(
    auth: &Auth,
    settings: &HttpSettings,
    mounts: Vec<Mount>,
    native: impl FnOnce(HomePage) -> Router,
) -> Router {
    let mut known = HashSet::new();
    let mut routers = Vec::new();
    let mut manners = Vec::new();
    for mount in mounts {
        let (dialect, prefix) = (mount.dialect, mount.prefix.clone());
        for (_, path) in (dialect.routes)().list() {
            known.insert(path_under(prefix.as_str(), path));
        }
        let layered = Layered::new(auth, settings, mount);
        routers.push(layered.router((dialect.routes)().under(prefix.as_str())));
        manners.push((prefix, layered.router(Router::new().fallback(not_found))));
    }
    let home = if known.contains("/") { HomePage::MakesRoom } else { HomePage::Shown };
    let native = native(home);
    let unclaimed = native.clone();
    let routed = routers.into_iter().fold(native.reset_fallback(), Router::merge);
    // Of nested prefixes the longest says more; what several share belongs to the first, as in the configuration.
    manners.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.as_str().len()));
    let fallback = Arc::new(Fallback { known, routed: routed.clone(), manners, unclaimed });
    routed.fallback(move |request: Request| async move { fallback.answer(request).await })
}

/// Whether the native API has its page at `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HomePage {
    Shown,
    /// A dialect has that path.
    MakesRoom,
}

async fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

/// Answers what no route does.
struct Fallback {
    known: HashSet<String>,
    routed: Router,
    manners: Vec<(Prefix, Router)>,
    unclaimed: Router,
}

impl Fallback {
    async fn answer(&self, mut request: Request) -> Response {
        let path = request.uri().path();
        let plain = plain(path);
        let router = if plain != path && self.known.contains(&plain) {
            *request.uri_mut() = with_path(request.uri(), &plain);
            &self.routed
        } else if plain.starts_with("/v1/") {
            &self.unclaimed
        } else {
            let manner = self.manners.iter().find(|(prefix, _)| prefix.covers(&plain));
            manner.map_or(&self.unclaimed, |(_, router)| router)
        };
        match router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// A path as Express matches it when nothing else is said: whatever its case and a slash at the end.
fn plain(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    match lower.strip_suffix('/') {
        None | Some("") => lower,
        Some(rest) => rest.to_owned(),
    }
}

fn with_path(uri: &Uri, path: &str) -> Uri {
    let text = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(text).ok();
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// What every request to a dialect goes through.
struct Layered {
    dialect: &'static Dialect,
    contract: Contract,
    rules: Arc<Rules>,
}

impl Layered {
    fn new(auth: &Auth, settings: &HttpSettings, mount: Mount) -> Self {
        let Mount { dialect, policy, access_secret, refresh_secret, previous, issuer, .. } = mount;
        let cors = match (dialect.cors, settings.environment) {
            (Cors::AnybodyInDevelopment, Environment::Development) => CorsManner::LikeExpress,
            (Cors::AnybodyInDevelopment, Environment::Production) | (Cors::Silent, _) => CorsManner::Listed,
        };
        let refuse = dialect.refuse;
        let manner = Manner::Dialect(Box::new(move |problem| refuse(problem).about(problem)));
        let rules = Rules::new(settings.clone(), auth.random());
        let rules = Arc::new(rules.in_manner(manner, cors));
        let rules_of_tokens = LegacyRules {
            access_secret,
            previous_access: previous.access,
            refresh: refresh_secret.map(|(secret, used)| RefreshRules {
                secret,
                previous: previous.refresh,
                is_shared: used == SecretUse::Shared,
                foreign: dialect.foreign_refresh,
            }),
            issuer,
            shape: dialect.shape,
            unexpiring: dialect.unexpiring,
        };
        let face = Face::with_rules(auth.clone(), Arc::clone(&rules));
        let contract = Contract::new(LegacyAuth::new(auth, policy, rules_of_tokens), face);
        Self { dialect, contract, rules }
    }

    fn router(&self, routes: Router<Contract>) -> Router {
        let routes = routes.method_not_allowed_fallback(crate::api::method_not_allowed);
        (self.dialect.around)(routes, &self.contract)
            .layer(EnvelopeLayer::new(Arc::clone(&self.rules)))
            .with_state(self.contract.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_prefix_is_a_path_without_a_last_slash() {
        let parsed = |text: &str| Prefix::parse(text).map(|prefix| prefix.0);
        assert_eq!(parsed(""), Ok(String::new()));
        assert_eq!(parsed("/"), Ok(String::new()));
        assert_eq!(parsed("/old/v2/"), Ok("/old/v2".to_owned()));
        for text in ["old", "/Old", "//", "/a//b", "/a b", "/{id}", "/*x", "/..", "/a?b"] {
            assert_eq!(parsed(text), Err(PrefixError), "{text}");
        }
    }

    #[test]
    fn a_prefix_covers_whole_segments() {
        let prefix = Prefix::parse("/old").unwrap();
        assert!(prefix.covers("/old") && prefix.covers("/old/x"));
        assert!(!prefix.covers("/older") && !prefix.covers("/"));
        assert!(Prefix::default().covers("/anything"));
    }

    #[test]
    fn paths_match_as_in_express() {
        assert_eq!(plain("/Users/Login/"), "/users/login");
        assert_eq!(plain("/"), "/");
        assert_eq!(with_path(&"/X/?a=b".parse().unwrap(), "/x"), "/x?a=b".parse::<Uri>().unwrap());
    }
}
