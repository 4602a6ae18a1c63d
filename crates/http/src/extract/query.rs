//! What does the query of a request ask for?
//!
//! Only list routes have one. An unknown parameter is refused by name: a filter that is silently ignored shows
//! more than was asked for.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::Uri;
use http::request::Parts;
use portcullis_core::model::PageRequest;
use portcullis_core::model::page::MAX_PAGE_ITEMS;

use super::fields::Wrong;
use crate::problem::{FieldError, Problem};

/// How many items a page has when nobody says.
const DEFAULT_LIMIT: u32 = 50;

/// The parameters of a query. All that is wrong with them is told at once, as with [`super::Fields`].
pub(crate) struct Query {
    left: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Query {
    fn parse(uri: &Uri) -> Self {
        // A query is any text; what is no pair in it is an unknown parameter.
        let parsed = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
        Self { left: parsed.map(|query| query.0).unwrap_or_default(), errors: Vec::new() }
    }

    /// A parameter that may be absent; `expected` says what it must be.
    pub(crate) fn optional<T: FromStr>(&mut self, name: &'static str, expected: &'static str) -> Option<T> {
        let position = self.left.iter().position(|(known, _)| known == name)?;
        let (_, text) = self.left.remove(position);
        let value = text.parse().ok();
        if value.is_none() {
            self.errors.push(Wrong::new("invalid", expected).of(name));
        }
        value
    }

    /// `limit` and `after`.
    pub(crate) fn page<C: FromStr>(&mut self) -> PageRequest<C> {
        let limit = self.optional("limit", "must be a number from 1 to 200").unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_PAGE_ITEMS).contains(&limit) {
            self.errors.push(Wrong::new("out_of_range", "must be a number from 1 to 200").of("limit"));
        }
        PageRequest { limit, after: self.optional("after", "must be the `next` of an earlier page") }
    }

    /// What the handler read, if nothing was wrong and nothing is left over.
    pub(crate) fn finish<T>(mut self, read: T) -> Result<T, Problem> {
        for (name, _) in self.left {
            let shown: String = name.chars().take(64).collect();
            self.errors.push(Wrong::new("unknown_parameter", "must not be given, or only once").of(shown));
        }
        if self.errors.is_empty() { Ok(read) } else { Err(Problem::invalid(self.errors)) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::parse(&parts.uri))
    }
}

/// A query that only asks for a page of a list: `?limit=` (1 to 200, 50 by default) and `&after=`.
pub(crate) struct PageQuery<C>(pub(crate) PageRequest<C>);

impl<S: Send + Sync, C: FromStr> FromRequestParts<S> for PageQuery<C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut query = Query::parse(&parts.uri);
        let page = query.page();
        query.finish(Self(page))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    fn page(query: &str) -> Result<PageRequest<i64>, String> {
        let mut query = Query::parse(&format!("/list?{query}").parse().unwrap());
        let page = query.page();
        query.finish(page).map_err(|problem| String::from_utf8(problem.to_json("r")).unwrap())
    }

    #[test]
    fn a_page_has_fifty_items_unless_said_otherwise() {
        assert_eq!(page(""), Ok(PageRequest { after: None, limit: 50 }));
        assert_eq!(page("limit=200&after=17"), Ok(PageRequest { after: Some(17), limit: 200 }));
    }

    #[test]
    fn what_cannot_be_a_page_is_refused_by_name() {
        for (query, field, code) in [
            ("limit=0", "limit", "out_of_range"),
            ("limit=201", "limit", "out_of_range"),
            ("limit=-1", "limit", "invalid"),
            ("limit=", "limit", "invalid"),
            ("after=x", "after", "invalid"),
            ("after=1&after=2", "after", "unknown_parameter"),
            ("page=2", "page", "unknown_parameter"),
            ("%6Cimit=5&nonsense", "nonsense", "unknown_parameter"),
        ] {
            let refusal = page(query).unwrap_err();
            assert!(refusal.contains(&format!(r#""field":"{field}","code":"{code}""#)), "{query}: {refusal}");
        }
    }
}
