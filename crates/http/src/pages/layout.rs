//! What do all pages have in common?

use portcullis_core::model::Locale;

use super::html::Html;

/// Where the one stylesheet is.
pub(super) const STYLE_PATH: &str = "/docs/style.css";

/// What stands before the content of a page.
pub(super) struct Head<'a> {
    /// The language of the page.
    pub(super) locale: Locale,
    /// Its name.
    pub(super) title: &'a str,
    /// Which of the looks in the stylesheet it has.
    pub(super) class: &'a str,
    /// How the link to the content is called.
    pub(super) skip: &'a str,
}

/// A whole page in English: its head, and what `inside` puts into the body.
pub(super) fn page(title: &str, class: &str, inside: impl FnOnce(&mut Html)) -> String {
    page_in(&Head { locale: Locale::En, title, class, skip: "Skip to the content" }, inside)
}

/// A whole page in any language.
pub(super) fn page_in(head: &Head<'_>, inside: impl FnOnce(&mut Html)) -> String {
    let Head { locale, title, class, skip } = *head;
    Html::page(locale.as_str(), |html| {
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
            html.leaf("a", &[("href", "#content"), ("class", "skip")], skip);
            inside(html);
        });
    })
}
