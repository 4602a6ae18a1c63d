//! What is asked of the server, and what does it answer?
//!
//! Invariants
//! - Requests are counted by the route as it is declared and by a method of a short list, never by anything that a client
//!   makes up: strangers cannot make the counts grow in number.
//! - To count a request takes no lock and no memory, but for the first of its route and method.

mod page;

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use http::{Method, StatusCode};
use portcullis_core::metrics::{Count, Histogram, Times};

pub(crate) use page::beside_api;
pub use page::{MetricsPage, metrics_only};

use crate::dialects::{self, Mount};

/// Where the page stands.
pub(crate) const PATH: &str = page::PATH;

/// The upper ends of the classes that durations are counted in.
const BOUNDS: [Duration; 14] = [
    Duration::from_micros(250),
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// The methods that are told apart; after them all others.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER];

/// What stands for a path that is nobody's, and for a method that nobody has.
const OTHER: &str = "other";

/// The statuses that an answer can have.
const STATUSES: std::ops::Range<u16> = 100..600;

/// Counts of requests since the start.
pub struct RequestMetrics {
    places: HashMap<String, usize>,
    /// A route each, the last for paths that are nobody's.
    routes: Vec<Route>,
}

struct Route {
    template: String,
    endpoints: [OnceLock<Box<Endpoint>>; METHODS.len()],
}

/// What is counted of one method of one route.
struct Endpoint {
    begun: Count,
    abandoned: Count,
    durations: Histogram<{ BOUNDS.len() }>,
    answers: [Count; STATUSES.end as usize - STATUSES.start as usize],
}

/// A request that is being answered.
pub(crate) struct Running {
    route: usize,
    method: usize,
    since: Instant,
}

/// What was asked of one method of one route.
#[derive(Debug, Clone)]
pub struct EndpointMetrics {
    /// The route as it is declared: `/v1/me/sessions/{id}`; `other` for paths that are nobody's.
    pub route: String,
    /// The method; `other` for those that no route has.
    pub method: &'static str,
    /// How many are being answered now.
    pub in_flight: u64,
    /// How many were given up before the answer, by a client that hung up.
    pub abandoned: u64,
    /// How long the others took, from their head to that of the answer.
    pub durations: Times<{ BOUNDS.len() }>,
    /// How many answers of which status.
    pub answers: Vec<(u16, u64)>,
}

impl RequestMetrics {
    /// For the native API and what is mounted beside it.
    pub fn new(mounts: &[Mount]) -> Self {
        let native = crate::native_routes().into_iter().map(|(path, _)| path);
        let mounted = mounts.iter().flat_map(dialects::paths);
        let mut paths: Vec<String> = native.chain(mounted).collect();
        paths.sort();
        paths.dedup();
        let places = paths.iter().cloned().enumerate().map(|(place, path)| (path, place)).collect();
        paths.push(OTHER.to_owned());
        let route = |template| Route { template, endpoints: Default::default() };
        Self { places, routes: paths.into_iter().map(route).collect() }
    }

    /// What was counted, but for what was never asked.
    pub fn snapshot(&self) -> Vec<EndpointMetrics> {
        let of_route = |route: &Route| -> Vec<EndpointMetrics> {
            let endpoints = METHODS.iter().zip(&route.endpoints);
            let begun = endpoints.filter_map(|(method, endpoint)| Some((method, endpoint.get()?)));
            begun.map(|(method, endpoint)| endpoint.snapshot(&route.template, method)).collect()
        };
        self.routes.iter().flat_map(of_route).collect()
    }

    /// A request has come.
    pub(crate) fn begin(&self, request: &Request) -> Running {
        let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let place = template.and_then(|template| self.places.get(template).copied());
        let running = Running {
            route: place.unwrap_or(self.places.len()),
            method: place_of(request.method()),
            since: Instant::now(),
        };
        if let Some(endpoint) = self.endpoint(&running) {
            endpoint.begun.add(1);
        }
        running
    }

    /// It is answered.
    pub(crate) fn end(&self, running: &Running, status: StatusCode) {
        let Some(endpoint) = self.endpoint(running) else { return };
        endpoint.durations.note(running.since.elapsed());
        let place = status.as_u16().checked_sub(STATUSES.start).map(usize::from);
        if let Some(count) = place.and_then(|place| endpoint.answers.get(place)) {
            count.add(1);
        }
    }

    /// Nobody waits for the answer any more.
    pub(crate) fn abandon(&self, running: &Running) {
        if let Some(endpoint) = self.endpoint(running) {
            endpoint.abandoned.add(1);
        }
    }

    fn endpoint(&self, running: &Running) -> Option<&Endpoint> {
        let endpoint = self.routes.get(running.route)?.endpoints.get(running.method)?;
        Some(endpoint.get_or_init(Endpoint::new))
    }
}

impl std::fmt::Debug for RequestMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestMetrics").field("routes", &self.routes.len()).finish_non_exhaustive()
    }
}

impl Endpoint {
    fn new() -> Box<Self> {
        Box::new(Self {
            begun: Count::default(),
            abandoned: Count::default(),
            durations: Histogram::new(&BOUNDS),
            answers: [const { Count::new() }; _],
        })
    }

    fn snapshot(&self, route: &str, method: &'static str) -> EndpointMetrics {
        let durations = self.durations.times();
        let abandoned = self.abandoned.get();
        let answers = STATUSES.zip(&self.answers).map(|(status, count)| (status, count.get()));
        EndpointMetrics {
            route: route.to_owned(),
            method,
            // Read last, so that nothing has ended that had not begun.
            in_flight: self.begun.get().saturating_sub(durations.count() + abandoned),
            abandoned,
            durations,
            answers: answers.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

fn place_of(method: &Method) -> usize {
    let last = METHODS.len() - 1;
    METHODS.iter().position(|known| method.as_str() == *known).unwrap_or(last)
}

/// The name of a method, unless a client has made it up.
pub(crate) fn name_of(method: &Method) -> &'static str {
    METHODS.get(place_of(method)).copied().unwrap_or(OTHER)
}

#[cfg(test)]
mod tests;
