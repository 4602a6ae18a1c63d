//! Which blocks does a template fill, and which has a layout?

/// The layouts around a template, the innermost first.
pub(super) fn layouts_around(name: &str) -> Vec<String> {
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    let outer = format!("layout.{suffix}");
    match name.split_once('/') {
        // A layout of all languages has none around it.
        None => Vec::new(),
        Some((_, file)) if file == outer => vec![outer],
        Some((locale, _)) => vec![format!("{locale}/{outer}"), outer],
    }
}

/// All blocks of a text.
pub(super) fn all(text: &str) -> Vec<&str> {
    tags(text).into_iter().filter_map(|(_, tag)| block(tag)).collect()
}

/// The blocks of a text that fills those of a layout, but for blocks in blocks: which line, and what they are called. None
/// of a text that stands for itself: it shows them all.
pub(super) fn outermost(text: &str) -> Vec<(usize, &str)> {
    let tags = tags(text);
    if !tags.iter().any(|(_, tag)| tag.starts_with("extends")) {
        return Vec::new();
    }
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (line, tag) in tags {
        if let Some(name) = block(tag) {
            if depth == 0 {
                found.push((line, name));
            }
            depth += 1;
        } else if tag.starts_with("endblock") {
            depth = depth.saturating_sub(1);
        }
    }
    found
}

fn block(tag: &str) -> Option<&str> {
    let mut words = tag.split_ascii_whitespace();
    if words.next() == Some("block") { words.next() } else { None }
}

/// What stands between `{%` and `%}`, and in which line; not in comments.
fn tags(text: &str) -> Vec<(usize, &str)> {
    let mut tags = Vec::new();
    let (mut line, mut rest) = (1, text);
    while let Some(at) = rest.find('{') {
        let (before, here) = rest.split_at(at);
        line += before.matches('\n').count();
        let end = match here.get(..2) {
            Some("{%") => "%}",
            Some("{#") => "#}",
            _ => "{",
        };
        let len = here.find(end).map_or(here.len(), |at| at + end.len());
        let (tag, after) = here.split_at(len);
        if end == "%}" {
            let inner = tag.trim_start_matches("{%").trim_end_matches("%}");
            tags.push((line, inner.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+')));
        }
        line += tag.matches('\n').count();
        rest = after;
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::{all, layouts_around, outermost};

    const TEXT: &str = "{% extends \"en/layout.txt\" %}\n{# {% block no %} #}\n{%- block body -%}\n{{ at }} { x {% block inner %}\n\
                        {% endblock %}{% endblock %}\n{%block foot%}{%endblock foot%}";

    #[test]
    fn blocks_are_found_with_their_lines() {
        assert_eq!(all(TEXT), ["body", "inner", "foot"]);
        assert_eq!(outermost(TEXT), [(3, "body"), (6, "foot")]);
        assert!(outermost("{% block body %}{% endblock %}").is_empty(), "it extends nothing");
        assert!(all("{").is_empty() && all("{% block").is_empty() && all("").is_empty());
    }

    #[test]
    fn a_template_stands_in_the_layout_of_its_language_and_that_in_the_one_of_all() {
        assert_eq!(layouts_around("en/test.txt"), ["en/layout.txt", "layout.txt"]);
        assert_eq!(layouts_around("de/layout.html"), ["layout.html"]);
        assert!(layouts_around("layout.html").is_empty());
    }
}
