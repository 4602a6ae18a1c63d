//! `GET /livez`, `GET /readyz`: does the process live, and could it serve?

use std::time::{Duration, Instant};

use axum::extract::State;
use portcullis_core::Auth;
use tokio::sync::Mutex;

use crate::face::Face;
use crate::problem::Problem;
use crate::problem::answers::problems;

/// For how long a look at the database counts, so that the question cannot be made a load.
const LOOK_COUNTS_FOR: Duration = Duration::from_secs(1);

/// What the database last said. Those who ask while somebody looks wait for that look.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, bool)>>);

impl Readiness {
    async fn is_ready(&self, auth: &Auth) -> bool {
        let mut last = self.0.lock().await;
        if let Some((at, ready)) = *last
            && at.elapsed() < LOOK_COUNTS_FOR
        {
            return ready;
        }
        let outcome = auth.check_ready().await;
        if let Err(error) = &outcome {
            tracing::warn!(%error, "not ready");
        }
        *last = Some((Instant::now(), outcome.is_ok()));
        outcome.is_ok()
    }
}

/// Whether the process lives.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez",
    tag = "server",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain")),
)]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

problems!(Problems: &[]);

/// Whether the server could serve: its database answers.
///
/// A look at the database counts for a second.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "server",
    responses((status = 200, description = "It could.", body = String, content_type = "text/plain"), Problems),
)]
pub(crate) async fn ready(State(face): State<Face>) -> Result<&'static str, Problem> {
    if face.readiness.is_ready(&face.auth).await {
        return Ok("ok\n");
    }
    Err(Problem::not_ready())
}
