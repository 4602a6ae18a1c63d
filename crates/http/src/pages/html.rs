//! How is a page written so that no text in it can become markup?
//!
//! - There is no way to put ready-made markup in: tags and attribute names are words of this program
//!   (`&'static str`), everything else is escaped on its way in.
//! - An element is closed by the call that opened it, so pages are well-formed by construction.

/// A page, or a part of one, as it grows.
#[derive(Debug, Default)]
pub(crate) struct Html {
    out: String,
}

/// The attributes of an element: names from here, values from anywhere.
pub(crate) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Html {
    /// An empty page in the language of that tag; the rest is up to `inside`.
    pub(crate) fn page(language: &str, inside: impl FnOnce(&mut Self)) -> String {
        let mut html = Self { out: String::from("<!doctype html>\n") };
        html.element("html", &[("lang", language)], inside);
        html.out.push('\n');
        html.out
    }

    /// Text, escaped.
    pub(crate) fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                other => self.out.push(other),
            }
        }
    }

    /// An element with what `inside` writes into it.
    pub(crate) fn element(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.open(tag, attributes);
        inside(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
    }

    /// An element that holds nothing but text.
    pub(crate) fn leaf(&mut self, tag: &'static str, attributes: Attributes<'_>, text: &str) {
        self.element(tag, attributes, |html| html.text(text));
    }

    /// An element that cannot hold anything: `meta`, `link`.
    pub(crate) fn void(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.open(tag, attributes);
    }

    /// A sentence in which words between backticks are code; `link` says where a piece of code leads to.
    pub(crate) fn prose(&mut self, text: &str, link: impl Fn(&str) -> Option<String>) {
        for (index, part) in text.split('`').enumerate() {
            if index % 2 == 0 {
                self.text(part);
            } else if let Some(target) = link(part) {
                self.element("a", &[("href", &target)], |html| html.leaf("code", &[], part));
            } else {
                self.leaf("code", &[], part);
            }
        }
    }

    /// A paragraph of [`Html::prose`] without links.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.element("p", &[], |html| html.prose(text, |_| None));
    }

    fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.text(value);
            self.out.push('"');
        }
        self.out.push('>');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(inside: impl FnOnce(&mut Html)) -> String {
        let mut html = Html::default();
        inside(&mut html);
        html.out
    }

    #[test]
    fn text_cannot_become_markup() {
        let hostile = r#"<script>alert("x" & 'y')</script>"#;
        let safe = "&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;";
        assert_eq!(written(|html| html.text(hostile)), safe);
        assert_eq!(written(|html| html.leaf("p", &[], hostile)), format!("<p>{safe}</p>"));
        assert_eq!(
            written(|html| html.paragraph(&format!("`{hostile}`"))),
            format!("<p><code>{safe}</code></p>")
        );
    }

    #[test]
    fn an_attribute_cannot_be_left() {
        let html = written(|html| html.leaf("a", &[("href", "\"><b onclick='x'>")], "go"));
        assert_eq!(html, r#"<a href="&quot;&gt;&lt;b onclick=&#39;x&#39;&gt;">go</a>"#);
    }

    #[test]
    fn words_between_backticks_are_code_and_may_lead_somewhere() {
        let link = |code: &str| (code == "known").then(|| "#it".to_owned());
        assert_eq!(
            written(|html| html.prose("a `known` and `another` word", link)),
            r##"a <a href="#it"><code>known</code></a> and <code>another</code> word"##
        );
    }

    #[test]
    fn a_page_is_a_whole_document() {
        let page = Html::page("en", |html| html.element("body", &[], |html| html.void("hr", &[])));
        assert_eq!(page, "<!doctype html>\n<html lang=\"en\"><body><hr></body></html>\n");
    }
}
