//! `/v1/admin/throttles`, `/v1/admin/accounts/{id}/throttle`: whom do limits hold up, and how is that ended?

use axum::Json;
use axum::extract::State;
use ipnet::IpNet;
use portcullis_core::flows::throttling::Limited;
use portcullis_core::model::AccountId;
use portcullis_core::policy::throttle::LimitKind;
use portcullis_core::throttle::Weight;
use serde::Serialize;
use utoipa::ToSchema;

use super::Admin;
use crate::api::wire::Time;
use crate::extract::{Fields, PathId, Wrong};
use crate::face::Face;
use crate::problem::answers::{BODY, CALLER, problems};
use crate::problem::{Code, Problem};

/// What weighs on one thing that is limited. Identifiers are not kept where tries are counted, and so not told.
#[derive(Serialize, ToSchema)]
pub(crate) struct Throttle {
    /// What is limited: `identifier_and_network`, `identifier`, `known_network`, `known_device`, `address`, `network`,
    /// `identifiers_of_address`, `identifiers_of_password`, `known_identifiers_of_address`,
    /// `known_identifiers_of_password`, `node`, `registrations`, `foreign_tokens`, `mails` or `mails_of_network`.
    #[schema(example = "address")]
    kind: &'static str,
    /// From where, if it is about a network.
    #[schema(example = "203.0.113.7/32")]
    network: Option<String>,
    /// How many failures weigh on it.
    #[schema(example = 104)]
    failures: u32,
    /// Since when something weighs on it without a break.
    since: Time,
    /// Until when the next try has to wait; `null` when it need not.
    waits_until: Option<Time>,
    /// Whether only the node that answered counts this.
    node_only: bool,
}

impl From<Weight> for Throttle {
    fn from(weight: Weight) -> Self {
        Self {
            kind: weight.kind.as_str(),
            network: weight.network.map(|network| network.to_string()),
            failures: weight.failures,
            since: Time(weight.since),
            waits_until: weight.waits_until.map(Time),
            node_only: weight.is_of_this_node,
        }
    }
}

/// What weighs, the longest wait first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ThrottleList {
    /// The limits.
    throttles: Vec<Throttle>,
}

impl From<Vec<Weight>> for ThrottleList {
    fn from(weights: Vec<Weight>) -> Self {
        Self { throttles: weights.into_iter().map(Throttle::from).collect() }
    }
}

/// What was taken away.
#[derive(Serialize, ToSchema)]
pub(crate) struct ThrottlesCleared {
    /// How many limits something weighed on.
    #[schema(example = 2)]
    cleared: usize,
}

problems!(ListProblems: CALLER, &[Code::Forbidden]);

/// The limits that make somebody wait now.
///
/// Where nodes count in their own memory, these are those of the node that answers.
#[utoipa::path(
    get,
    path = "/v1/admin/throttles",
    operation_id = "list_throttles",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    responses((status = 200, description = "The limits.", body = ThrottleList), ListProblems),
)]
pub(crate) async fn list(State(face): State<Face>, admin: Admin) -> Result<Json<ThrottleList>, Problem> {
    Ok(Json(face.auth.list_throttles(&admin.by).await?.into()))
}

/// Which network is let go, or which kind of limit: one of both.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body; `clear_network` reads it")]
pub(crate) struct ClearThrottlesBody {
    /// An address, which stands for the network around it as well, or a network: a /24 (IPv4) or a /48 (IPv6).
    #[schema(example = "203.0.113.7")]
    network: Option<String>,
    /// What is limited, as in `Throttle.kind`: all of it is taken away, whomever it is about.
    #[schema(example = "identifiers_of_password")]
    kind: Option<String>,
}

problems!(ClearNetworkProblems: BODY, CALLER, &[Code::Forbidden, Code::CsrfFailed]);

/// Takes away what wrong passwords, registrations and foreign tokens weigh on a network, or all limits of a kind.
///
/// Other nodes follow within two seconds.
#[utoipa::path(
    post,
    path = "/v1/admin/throttles/clear",
    operation_id = "clear_throttles_of_network",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    request_body = ClearThrottlesBody,
    responses((status = 200, description = "How much it was.", body = ThrottlesCleared), ClearNetworkProblems),
)]
pub(crate) async fn clear_network(
    State(face): State<Face>,
    admin: Admin,
    mut fields: Fields,
) -> Result<Json<ThrottlesCleared>, Problem> {
    let kinds: Vec<_> = LimitKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
    let limited = match fields.one_of("kind", &kinds) {
        None => fields.text_as("network", |text| network_of(text)).map(Limited::Network),
        Some(kind) if fields.optional_text("network").is_none() => Some(Limited::Kind(kind)),
        Some(_) => {
            fields.refuse("kind", Wrong::new("invalid", "must not be given together with `network`"));
            None
        }
    };
    let limited = fields.finish(limited)?;
    let cleared = face.auth.clear_throttle(&admin.by, &limited).await?;
    Ok(Json(ThrottlesCleared { cleared }))
}

fn network_of(text: &str) -> Result<IpNet, Wrong> {
    let address = || text.parse().ok().map(|address: std::net::IpAddr| address.to_canonical().into());
    let network = text.parse().ok().or_else(address);
    network.ok_or_else(|| Wrong::new("invalid", "must be an address, or a network like 203.0.113.0/24"))
}

problems!(ShowProblems: CALLER, &[Code::Forbidden, Code::NotFound]);

/// What wrong passwords weigh on an account, by whatever name and from wherever they came.
#[utoipa::path(
    get,
    path = "/v1/admin/accounts/{id}/throttle",
    operation_id = "get_throttle_of_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(("id" = Uuid, Path, description = "The account.")),
    responses((status = 200, description = "The limits.", body = ThrottleList), ShowProblems),
)]
pub(crate) async fn show_of_account(
    State(face): State<Face>,
    admin: Admin,
    PathId(id): PathId<AccountId>,
) -> Result<Json<ThrottleList>, Problem> {
    Ok(Json(face.auth.throttle_of(&admin.by, &Limited::Account(id)).await?.into()))
}

problems!(ClearProblems: CALLER, &[Code::Forbidden, Code::CsrfFailed, Code::NotFound]);

/// Takes away what wrong passwords weigh on an account.
///
/// Other nodes follow within two seconds. What weighs on the networks that they came from stays.
#[utoipa::path(
    delete,
    path = "/v1/admin/accounts/{id}/throttle",
    operation_id = "clear_throttle_of_account",
    tag = "admin",
    security(("bearer" = ["admin"]), ("cookie" = ["admin"])),
    params(("id" = Uuid, Path, description = "The account.")),
    responses((status = 200, description = "How much it was.", body = ThrottlesCleared), ClearProblems),
)]
pub(crate) async fn clear_of_account(
    State(face): State<Face>,
    admin: Admin,
    PathId(id): PathId<AccountId>,
) -> Result<Json<ThrottlesCleared>, Problem> {
    let cleared = face.auth.clear_throttle(&admin.by, &Limited::Account(id)).await?;
    Ok(Json(ThrottlesCleared { cleared }))
}
