//! Which routes are there, what do they take, and which answers do they document?
//!
//! Read from the description that the server publishes, so that no route can be forgotten, and none can answer
//! what it does not document: [`check`] holds every answer of every test against it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use http::Method;
use serde_json::{Value, json};

use super::client::{Answer, Call};
use super::persona::Session;

/// A token in the form of those that mails carry. Nobody has it.
pub const NOBODYS_TOKEN: &str = "pc_ot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// One operation of the API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    pub method: String,
    /// With its parameters in braces.
    pub path: String,
    /// Statuses of successes.
    successes: BTreeSet<u16>,
    /// Codes of problems.
    pub problems: BTreeSet<String>,
    /// Whether it reads a body, and whether there has to be one.
    pub takes_body: bool,
    pub needs_body: bool,
    /// The members of its body with their JSON types.
    pub fields: Vec<(String, String)>,
    pub id: String,
}

/// All operations.
pub fn operations() -> &'static [Operation] {
    static OPERATIONS: OnceLock<Vec<Operation>> = OnceLock::new();
    OPERATIONS.get_or_init(|| {
        let document = serde_json::to_value(portcullis_http::openapi_document()).unwrap();
        let schemas = document["components"]["schemas"].clone();
        let paths = document["paths"].as_object().unwrap().clone();
        let of_path = |(path, methods): (String, Value)| {
            let methods: BTreeMap<String, Value> = serde_json::from_value(methods).unwrap();
            let read =
                |(method, operation): (String, Value)| Operation::read(&method, &path, &operation, &schemas);
            methods.into_iter().map(read).collect::<Vec<_>>()
        };
        paths.into_iter().flat_map(of_path).collect()
    })
}

impl Operation {
    fn read(method: &str, path: &str, operation: &Value, schemas: &Value) -> Self {
        let mut successes = BTreeSet::new();
        let mut problems = BTreeSet::new();
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let status: u16 = status.parse().unwrap();
            if status < 400 {
                successes.insert(status);
            } else {
                let codes = answer["description"].as_str().unwrap().split(", ");
                problems.extend(codes.map(|code| code.trim_matches('`').to_owned()));
            }
        }
        let body = &operation["requestBody"];
        let fields = fields_of(&body["content"]["application/json"]["schema"], schemas);
        Self {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            successes,
            problems,
            takes_body: !body.is_null(),
            needs_body: body["required"] == true,
            fields,
            id: operation["operationId"].as_str().unwrap().to_owned(),
        }
    }

    fn is_called_by(&self, method: &Method, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or_default();
        let (mine, theirs): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), path.split('/').collect());
        let fits = |(mine, theirs): (&&str, &&str)| mine == theirs || mine.starts_with('{');
        self.method == method.as_str() && mine.len() == theirs.len() && mine.iter().zip(&theirs).all(fits)
    }

    pub fn documents(&self, code: &str) -> bool {
        self.problems.contains(code)
    }

    /// A body that the operation would take from `caller`.
    pub fn good_body(&self, caller: &Session) -> Value {
        match (self.method.as_str(), self.path.as_str()) {
            ("POST", "/v1/register" | "/v1/admin/accounts") => {
                json!({"email": "new@example.com", "password": "long enough"})
            }
            ("POST", "/v1/login") => {
                json!({"identifier": "root@example.com", "password": "root's correct horse"})
            }
            ("POST", "/v1/logout") => json!({"sessions": "this"}),
            ("POST", "/v1/token/refresh") => json!({"refresh_token": caller.refresh_token()}),
            ("PATCH", "/v1/me") => json!({"name": "Root"}),
            ("DELETE", "/v1/me") | ("POST", "/v1/me/reauthenticate") => {
                json!({"password": "root's correct horse"})
            }
            ("POST", "/v1/me/password") => {
                json!({"current_password": "root's correct horse", "new_password": "another correct horse"})
            }
            ("POST", "/v1/email/verify" | "/v1/email/undo" | "/v1/account/keep") => {
                json!({"token": NOBODYS_TOKEN})
            }
            ("POST", "/v1/email/verify/resend" | "/v1/password/forgot") => {
                json!({"email": "root@example.com"})
            }
            ("POST", "/v1/password/reset") => {
                json!({"token": NOBODYS_TOKEN, "new_password": "another correct horse"})
            }
            ("POST", "/v1/me/email") => {
                json!({"email": "root@new.example", "password": "root's correct horse"})
            }
            ("POST", "/v1/admin/invitations") => json!({"email": "new@example.com"}),
            ("POST", "/v1/password/strength") => json!({"password": "long enough"}),
            ("PATCH", "/v1/admin/accounts/{id}") => json!({"disabled": true}),
            ("POST", "/v1/admin/throttles/clear") => json!({"network": "203.0.113.7"}),
            ("POST", "/v1/admin/keys/rotate") => json!({"purpose": "access_token"}),
            (method, path) => panic!("a new operation with a body: {method} {path}; give it a good one here"),
        }
    }

    /// The path with somebody's ids in it.
    pub fn path_of(&self, target: &Session) -> String {
        let last_id =
            if self.path.starts_with("/v1/me/sessions/") { &target.session_id } else { &target.account_id };
        self.path.replace("{session_id}", &target.session_id).replace("{id}", last_id)
    }

    /// A call that `caller`, who is an administrator called root, would succeed with.
    pub fn good_call(&self, caller: &Session, target: &Session) -> Call {
        let target = if self.path.starts_with("/v1/me/") { caller } else { target };
        let call = caller.call(&self.method, &self.path_of(target));
        if self.takes_body { call.json(&self.good_body(caller)) } else { call }
    }
}

/// The members of the object that a schema describes, behind a reference or an alternative to `null`.
fn fields_of(schema: &Value, schemas: &Value) -> Vec<(String, String)> {
    if let Some(alternatives) = schema["oneOf"].as_array() {
        return alternatives.iter().flat_map(|schema| fields_of(schema, schemas)).collect();
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return fields_of(&schemas[name], schemas);
    }
    let Some(members) = schema["properties"].as_object() else { return Vec::new() };
    let kind = |schema: &Value| match &schema["type"] {
        Value::Array(kinds) => kinds[0].as_str().unwrap().to_owned(),
        kind => kind.as_str().unwrap().to_owned(),
    };
    members.iter().map(|(name, schema)| (name.clone(), kind(schema))).collect()
}

/// Whether an answer is one that its operation documents.
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operations().iter().find(|operation| operation.is_called_by(method, path)) else {
        return;
    };
    let documented = if answer.status.as_u16() < 400 {
        operation.successes.contains(&answer.status.as_u16())
    } else {
        operation.documents(&answer.code())
    };
    assert!(documented, "{method} {path} does not document this answer:\n{answer}");
}
