#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::HashSet;

use serde_json::Value;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn document() -> Value {
    serde_json::to_value(crate::openapi_document()).unwrap()
}

/// Name of the operation for messages, its method, its path, and itself.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, it)| (method, path, it)))
        .map(|(method, path, it)| (method.clone(), path.clone(), it))
        .collect()
}

fn visit(value: &Value, see: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inner)| {
            see(name, inner);
            visit(inner, see);
        }),
        Value::Array(items) => items.iter().for_each(|inner| visit(inner, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_router_has_a_handler_for_each_operation_and_no_other() {
    let (router, document) = crate::api::router().split_for_parts();
    let router = format!("{router:?}");
    let document = serde_json::to_value(document).unwrap();
    let operations = operations(&document);
    for method in METHODS {
        let handlers = router.matches(&format!(" {method}: BoxedHandler")).count();
        let described = operations.iter().filter(|(own, _, _)| own == method).count();
        assert_eq!(handlers, described, "{method}");
    }
    assert!(operations.iter().all(|(method, _, _)| METHODS.contains(&method.as_str())));
    assert!(operations.len() > 20);
}

#[test]
fn every_operation_says_what_it_is_and_what_it_answers() {
    let document = document();
    let tags: Vec<&Value> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids = HashSet::new();
    for (method, path, operation) in operations(&document) {
        let place = format!("{method} {path}");
        let id = operation["operationId"].as_str().expect(&place);
        assert!(ids.insert(id), "{place}: another operation is called {id} too");
        assert!(operation["summary"].as_str().expect(&place).ends_with('.'), "{place}");
        let own_tags = operation["tags"].as_array().expect(&place);
        assert!(own_tags.len() == 1 && tags.contains(&&own_tags[0]), "{place}: {own_tags:?}");
        let answers = operation["responses"].as_object().expect(&place);
        assert!(answers.keys().any(|status| status.starts_with('2')), "{place}");
        for (status, answer) in answers {
            assert!(answer["description"].as_str().is_some_and(|text| !text.is_empty()), "{place} {status}");
            let is_problem = answer["content"]["application/problem+json"].is_object();
            assert_eq!(is_problem, !status.starts_with('2'), "{place} {status}");
        }
    }
}

#[test]
fn who_has_to_authenticate_is_told_how_and_may_be_refused() {
    let document = document();
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["bearer", "cookie"]);
    for (method, path, operation) in operations(&document) {
        let place = format!("{method} {path}");
        let ways = operation["security"].as_array().cloned().unwrap_or_default();
        for way in &ways {
            assert!(way.as_object().unwrap().keys().all(|scheme| schemes.contains_key(scheme)), "{place}");
            assert!(operation["responses"]["401"].is_object(), "{place}");
        }
        if path.starts_with("/v1/admin/") {
            assert!(
                ways.iter().all(|way| way.as_object().unwrap().values().all(|roles| roles[0] == "admin")),
                "{place}"
            );
            assert_eq!(ways.len(), schemes.len(), "{place}");
            let refusals = operation["responses"]["403"]["description"].as_str().expect(&place);
            assert!(refusals.contains("`forbidden`"), "{place}");
            assert_eq!(refusals.contains("`csrf_failed`"), method != "get", "{place}");
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let in_path: Vec<&str> =
            path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let described: Vec<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(described, in_path, "{method} {path}");
        assert!(parameters.iter().all(|parameter| parameter["description"].is_string()), "{method} {path}");
    }
}

#[test]
fn the_header_that_is_shown_is_the_one_that_is_read() {
    let shown: http::HeaderName = super::CSRF_HEADER_SHOWN.parse().unwrap();
    assert_eq!(shown, crate::extract::same_site::CSRF_HEADER);
}

#[test]
fn every_reference_leads_to_a_schema() {
    let document = document();
    let mut references = 0;
    visit(&document, &mut |name, value| {
        if name == "$ref" {
            let target = value.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(document.pointer(target).is_some(), "{target}");
            references += 1;
        }
    });
    assert!(references > 50);
}

#[test]
fn no_description_has_a_link_that_only_rustdoc_understands() {
    visit(&document(), &mut |name, value| {
        if name == "description" || name == "summary" {
            let text = value.as_str().unwrap_or_default();
            assert!(!text.contains("[`") && !text.contains("crate::"), "{text}");
            assert_eq!(text.matches('`').count() % 2, 0, "{text}");
        }
    });
}

#[test]
fn the_document_in_the_repository_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let current = crate::openapi_document().to_pretty_json().unwrap() + "\n";
    // Compared without printing a hundred kilobytes.
    assert!(kept == current, "docs/openapi.json is out of date; write it anew with `portcullis openapi`");
}
