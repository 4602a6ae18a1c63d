//! Which program is that, in words?
//!
//! SECURITY: a user agent is a text that anybody chooses, and a mail puts it before the eyes of somebody else. So what is
//! shown are names that we know, or a few letters and digits of the first product: no sentence, and nothing that a mail
//! program would make a link of.

/// The longest name that is shown of a program that we do not know, in characters.
const NAME_CHARS: usize = 40;
/// The most words of it.
const NAME_WORDS: usize = 3;

/// What a user agent contains, and the name of the browser. The first one counts: most claim to be others too.
const BROWSERS: [(&str, &str); 12] = [
    ("EdgiOS/", "Edge"),
    ("EdgA/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The same for systems.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// What a program is called: `Firefox on Linux`, with the word for "on". `None` when nothing can be said.
pub(crate) fn name(user_agent: &str, on: &str) -> Option<String> {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let is_browser = user_agent.starts_with("Mozilla/5.0 (");
    match (find(&BROWSERS).filter(|_| is_browser), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser} {on} {system}")),
        (Some(browser), None) => Some(browser.to_owned()),
        (None, _) => first_product(user_agent),
    }
}

/// The first product (RFC 9110 §10.1.5) without version and comment: letters and digits, apart by single spaces.
fn first_product(user_agent: &str) -> Option<String> {
    let product = user_agent.split(['/', '(']).next().unwrap_or_default();
    let words = product.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    let name = words.filter(|word| !word.is_empty()).take(NAME_WORDS).collect::<Vec<_>>().join(" ");
    let name: String = name.chars().take(NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn known_programs_have_names() {
        for (user_agent, said) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                "Safari on macOS",
            ),
            ("curl/8.5.0", "curl"),
            ("okhttp/4.12.0", "okhttp"),
            ("com.example.app/12 (Android 14)", "com example app"),
            ("portcullis command line", "portcullis command line"),
        ] {
            assert_eq!(name(user_agent, "on").as_deref(), Some(said), "{user_agent}");
        }
    }

    #[test]
    fn nobody_writes_a_letter_by_a_user_agent() {
        assert_eq!(name("https://evil.example/reset", "on").as_deref(), Some("https"));
        assert_eq!(name("Go to evil.example now", "on").as_deref(), Some("Go to evil"));
        assert_eq!(name("<script>alert(1)</script>\r\nBcc: x", "on").as_deref(), Some("script alert"));
        assert_eq!(name(&"x".repeat(300), "on").map(|name| name.len()), Some(40));
        for nothing in ["", "()", "\r\n", "///"] {
            assert_eq!(name(nothing, "on"), None, "{nothing:?}");
        }
    }
}
