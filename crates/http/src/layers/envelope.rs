//! In which order do the parts of every request's way in and out take place?
//!
//! ```text
//! in    client address · request id · log line begun · preflight answered at once
//! under a deadline, and a panic ends the request, not the connection
//! out   body of a problem · security headers · request id · CORS · log line
//! ```

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower::{Layer, Service};
use tracing::Span;

use super::access_log::LogLine;
use super::request_id::{self, REQUEST_ID};
use super::request_span;
use super::{CorsManner, Manner, RequestContext, Rules, client_address, cors};
use crate::dialects::Noted;
use crate::metrics::Running;
use crate::problem::{Code, Problem};

/// Puts the envelope round a router.
#[derive(Clone)]
pub(crate) struct EnvelopeLayer(Arc<Rules>);

impl EnvelopeLayer {
    pub(crate) const fn new(rules: Arc<Rules>) -> Self {
        Self(rules)
    }
}

impl<S> Layer<S> for EnvelopeLayer {
    type Service = Envelope<S>;

    fn layer(&self, inner: S) -> Envelope<S> {
        Envelope { inner, rules: Arc::clone(&self.0) }
    }
}

/// A service in its envelope.
#[derive(Clone)]
pub(crate) struct Envelope<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl<S> Service<Request> for Envelope<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Enveloped<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let (context, comes_from) = context_of(&request, &self.rules);
        let context = Arc::new(context);
        let span = request_span::begin(&request, &context);
        if let (ComesFrom::Proxy, Some(continue_trace)) = (comes_from, self.rules.settings.continue_trace)
            && !span.is_disabled()
        {
            continue_trace(&span, request.headers());
        }
        let log = LogLine::begin(&request, self.rules.settings.log_requests);
        let counted = self.rules.settings.requests.as_ref().map(|metrics| metrics.begin(&request));
        let cors = self.rules.judge_origin(request.headers());
        let way_out =
            WayOut { rules: Arc::clone(&self.rules), context: Arc::clone(&context), cors, log, counted };
        if self.rules.is_preflight(request.method(), request.headers()) {
            return Enveloped { state: State::Preflight, way_out: Some(way_out), span };
        }
        request.extensions_mut().insert(context);
        let future = span.in_scope(|| self.inner.call(request));
        let state = State::Inner { future, deadline: None };
        Enveloped { state, way_out: Some(way_out), span }
    }
}

/// Who has handed the request on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ComesFrom {
    /// One that the operator trusts.
    Proxy,
    /// Anybody.
    Stranger,
}

fn context_of(request: &Request, rules: &Rules) -> (RequestContext, ComesFrom) {
    let trusted = &rules.settings.trusted_proxies;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    let proxied = peer.is_some_and(|peer| client_address::is_trusted(peer, trusted));
    if let Some(peer) = peer
        && !proxied
    {
        rules.strangers.look_at(peer, request.headers());
    }
    let given = if proxied { request_id::given(request.headers().get(REQUEST_ID)) } else { None };
    let name = given.unwrap_or_else(|| rules.request_ids.make());
    let context = RequestContext::new(name, client_address::of(peer, request.headers(), trusted));
    // SECURITY: a stranger who could name a trace would decide what is traced, and write into the traces of others.
    (context, if proxied { ComesFrom::Proxy } else { ComesFrom::Stranger })
}

pin_project! {
    /// A request on its way.
    pub(crate) struct Enveloped<F> {
        #[pin]
        state: State<F>,
        // Taken when the answer is ready.
        way_out: Option<WayOut>,
        span: Span,
    }

    impl<F> PinnedDrop for Enveloped<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(way_out) = this.project().way_out.take() {
                way_out.abandon();
            }
        }
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Preflight,
        Inner {
            #[pin]
            future: F,
            // Made only when the request has to wait for something: most token checks do not.
            #[pin]
            deadline: Option<Sleep>,
        },
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for Enveloped<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(way_out) = this.way_out.as_ref() else {
            return Poll::Pending;
        };
        let entered = this.span.enter();
        let response = match this.state.project() {
            StateProjection::Preflight => way_out.preflight(),
            StateProjection::Inner { future, mut deadline } => {
                // What the handler shared with others is behind locks that are not poisoned by it; what was its
                // own is never looked at again.
                match std::panic::catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
                    Ok(Poll::Ready(Ok(response))) => response,
                    Ok(Poll::Pending) => {
                        if deadline.is_none() {
                            deadline.set(Some(tokio::time::sleep(way_out.rules.settings.request_timeout)));
                        }
                        match deadline.as_pin_mut().map(|deadline| deadline.poll(cx)) {
                            Some(Poll::Ready(())) => Problem::timeout().into_response(),
                            Some(Poll::Pending) | None => return Poll::Pending,
                        }
                    }
                    Err(panic) => Problem::internal(message_of(&*panic)).into_response(),
                }
            }
        };
        drop(entered);
        let Some(way_out) = this.way_out.take() else {
            return Poll::Pending;
        };
        let response = way_out.finish(response);
        request_span::end(this.span, response.status());
        Poll::Ready(Ok(response))
    }
}

/// What it takes to finish an answer.
struct WayOut {
    rules: Arc<Rules>,
    context: Arc<RequestContext>,
    cors: cors::Verdict,
    log: Option<LogLine>,
    counted: Option<Running>,
}

impl WayOut {
    fn preflight(&self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        match self.rules.cors_manner {
            CorsManner::Decided | CorsManner::LikeExpress => {
                self.cors.add_to_preflight(response.headers_mut());
            }
            CorsManner::Listed => self.cors.add_to_preflight_of_dialect(response.headers_mut()),
        }
        response
    }

    /// The client has hung up.
    fn abandon(self) {
        if let (Some(running), Some(metrics)) = (self.counted, &self.rules.settings.requests) {
            metrics.abandon(&running);
        }
    }

    fn finish(self, mut response: Response) -> Response {
        let Self { rules, context, cors, log, counted } = self;
        let problem = write_problem(&mut response, &rules.manner, &context);
        let headers = response.headers_mut();
        rules.security_headers.add_to(headers);
        headers.insert(REQUEST_ID, context.request_id.clone());
        cors.add_to(headers);
        if let Some(log) = log {
            let code = problem.map(|problem| problem.code()).or_else(|| context.refusal()).or_else(|| {
                // What a dialect answers says little; this an operator looks for.
                (response.status() == StatusCode::TOO_MANY_REQUESTS).then_some(Code::TooManyAttempts)
            });
            log.end(response.status(), code, &context);
        }
        if let (Some(running), Some(metrics)) = (counted, &rules.settings.requests) {
            metrics.end(&running, response.status());
        }
        response
    }
}

/// Writes the body of a problem that no handler has written, and says which it was.
fn write_problem(response: &mut Response, manner: &Manner, context: &RequestContext) -> Option<Arc<Problem>> {
    let unwritten = response.extensions_mut().remove::<Arc<Problem>>();
    let problem = match (unwritten, manner) {
        (Some(problem), Manner::Native) => {
            *response.body_mut() = Body::from(problem.to_json(context.request_id()));
            Some(problem)
        }
        (Some(problem), Manner::Dialect(write)) => {
            *response = write(&problem);
            Some(problem)
        }
        (None, _) => None,
    };
    let written = response.extensions_mut().remove::<Noted>();
    let problem = problem.or(written.map(|Noted(problem)| problem));
    if let Some(problem) = &problem {
        log_cause(problem, context);
    }
    problem
}

fn log_cause(problem: &Problem, context: &RequestContext) {
    let Some(cause) = problem.cause() else { return };
    let (code, request_id) = (problem.code(), context.request_id());
    if code.status() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(request_id, code = code.as_str(), "{cause}");
    } else {
        tracing::warn!(request_id, code = code.as_str(), "{cause}");
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("without a message"))
}

#[cfg(test)]
mod tests;
