#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::HashSet;

use super::*;
use crate::problem::Code;

const BASE_URL: &str = "https://auth.example";

fn documentation() -> Documentation {
    Documentation { document: crate::openapi_document(), json: OnceLock::new(), page: OnceLock::new() }
}

fn reference() -> String {
    let page = documentation().page(BASE_URL).unwrap_or_else(|problem| panic!("{:?}", problem.cause()));
    String::from_utf8(page.to_vec()).unwrap()
}

/// What stands between `before` and the next `after`, for each occurrence.
fn all_between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split(after).next().unwrap()).collect()
}

#[test]
fn every_operation_has_its_place_and_a_command() {
    let page = reference();
    let document = serde_json::to_value(crate::openapi_document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations: Vec<&serde_json::Value> =
        paths.values().flat_map(|item| item.as_object().unwrap().values()).collect();
    for operation in &operations {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.contains(&format!(r#"<article id="{id}" class="operation""#)), "{id}");
    }
    assert_eq!(page.matches("<h4>Try it</h4>").count(), operations.len());
    assert!(page.contains("curl https://auth.example/v1/register"));
}

#[test]
fn every_problem_code_is_explained() {
    let page = reference();
    for code in Code::ALL {
        assert!(page.contains(&format!(r#"<div id="error-{}">"#, code.as_str())), "{code:?}");
    }
}

#[test]
fn every_link_into_the_page_leads_somewhere_and_no_anchor_occurs_twice() {
    let page = reference();
    let anchors = all_between(&page, " id=\"", "\"");
    let known: HashSet<&str> = anchors.iter().copied().collect();
    assert_eq!(known.len(), anchors.len());
    let links = all_between(&page, "href=\"#", "\"");
    assert!(links.len() > 100);
    for link in links {
        assert!(known.contains(link), "#{link}");
    }
}

#[test]
fn nothing_on_a_page_is_active_or_comes_from_elsewhere() {
    for page in [reference(), home::page()] {
        for tag in ["<script", "<style", "<iframe", "<img", "<form", " style=", " src=", " onclick="] {
            assert!(!page.contains(tag), "{tag}");
        }
        for link in all_between(&page, "href=\"", "\"") {
            assert!(link.starts_with('#') || link.starts_with('/') || link == "data:,", "{link}");
        }
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn a_page_has_its_landmarks_and_steps_through_headings_one_by_one() {
    let page = reference();
    for (landmark, times) in
        [("<main ", 1), ("<nav ", 1), ("<h1>", 1), ("class=\"skip\"", 1), ("lang=\"en\"", 1)]
    {
        assert_eq!(page.matches(landmark).count(), times, "{landmark}");
    }
    let levels = page.match_indices("<h").filter_map(|(at, _)| page[at + 2..].chars().next()?.to_digit(10));
    levels.fold(0, |before, level| {
        assert!(level <= before + 1, "h{before} is followed by h{level}");
        level
    });
}

#[test]
fn what_a_description_says_cannot_become_markup() {
    let mut document = crate::openapi_document();
    let hostile = "<script>alert(1)</script>`\"><b>`";
    document.info.title = hostile.into();
    document.info.description = Some(hostile.into());
    for tag in document.tags.iter_mut().flatten() {
        tag.description = Some(hostile.into());
    }
    let document = document.to_json().unwrap();
    let page = docs::page(document.as_bytes(), "https://auth.example/<b>").unwrap();
    assert!(!page.contains("<script") && !page.contains("<b>"));
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn the_server_answers_pages_with_a_policy_that_forbids_scripts() {
    let response = answer("text/html; charset=utf-8", Bytes::new());
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none';") && !policy.contains("script") && !policy.contains("unsafe")
    );
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
}

/// Relative luminance and contrast of WCAG 2.2.
mod contrast {
    use super::*;

    fn luminance(colour: &str) -> f64 {
        let digits = colour.trim_start_matches('#');
        let long: String = if digits.len() == 3 {
            digits.chars().flat_map(|digit| [digit, digit]).collect()
        } else {
            digits.into()
        };
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&long[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn colour<'a>(scheme: &'a str, name: &str) -> &'a str {
        all_between(scheme, &format!("--{name}: "), ";")[0]
    }

    #[test]
    fn text_can_be_read_in_both_schemes() {
        let dark_at = STYLE.find("prefers-color-scheme: dark").unwrap();
        for scheme in [&STYLE[..dark_at], &STYLE[dark_at..]] {
            for ink in ["ink", "soft", "link", "mark", "post", "delete"] {
                for paper in ["paper", "raised"] {
                    let ratio = contrast(colour(scheme, ink), colour(scheme, paper));
                    assert!(ratio >= 4.5, "{ink} on {paper}: {ratio}");
                }
            }
            for method in ["get", "post", "patch", "delete"] {
                let ratio = contrast(colour(scheme, method), colour(scheme, &format!("{method}-back")));
                assert!(ratio >= 4.5, "{method}: {ratio}");
            }
        }
    }
}
