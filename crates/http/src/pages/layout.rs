//! What do all pages have in common?

use super::html::Html;

/// Where the one stylesheet is.
pub(super) const STYLE_PATH: &str = "/docs/style.css";

/// A whole page: its head, and what `inside` puts into the body.
pub(super) fn page(title: &str, class: &str, inside: impl FnOnce(&mut Html)) -> String {
    Html::page(|html| {
        html.element("head", &[], |html| {
            html.void("meta", &[("charset", "utf-8")]);
            html.leaf("title", &[], title);
            html.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
            html.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
            html.void("meta", &[("name", "robots"), ("content", "noindex")]);
            html.void("link", &[("rel", "stylesheet"), ("href", STYLE_PATH)]);
            // A browser that is told of no icon asks for one.
            html.void("link", &[("rel", "icon"), ("href", "data:,")]);
        });
        html.element("body", &[("class", class)], |html| {
            html.leaf("a", &[("href", "#content"), ("class", "skip")], "Skip to the content");
            inside(html);
        });
    })
}
