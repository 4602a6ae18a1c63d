//! What does somebody see who opens the address of the server in a browser?

use super::layout;

const PLACES: [(&str, &str, &str); 4] = [
    ("/docs", "API reference", "Every route, what it takes and what it answers."),
    ("/openapi.json", "OpenAPI document", "The same for programs."),
    ("/.well-known/jwks.json", "Public keys", "What services check access tokens with."),
    ("/readyz", "Readiness", "Whether this server can serve now."),
];

/// The page.
pub(super) fn page() -> String {
    layout::page("Portcullis", "home", |html| {
        html.element("main", &[("id", "content")], |html| {
            html.leaf("h1", &[], "Portcullis");
            html.paragraph(
                "This is an authentication server. Applications talk to it; for people there is this:",
            );
            html.element("ul", &[("class", "places")], |html| {
                for (path, title, text) in PLACES {
                    html.element("li", &[], |html| {
                        html.leaf("a", &[("href", path)], title);
                        html.leaf("p", &[], text);
                    });
                }
            });
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_page_leads_to_the_reference() {
        assert!(page().contains(r#"<a href="/docs">API reference</a>"#));
    }
}
