//! Which token stands in an `Authorization` header, as hand-written middleware reads it?

use http::{HeaderMap, header};

/// What the header holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authorization<'h> {
    /// There is none, or nothing in it.
    Absent,
    /// There is one, without a second word.
    Empty,
    /// Its second word, whatever the first is.
    Token(&'h str),
}

impl<'h> Authorization<'h> {
    /// Reads what is separated by single spaces. Several headers are no good token.
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Self::Absent };
        if values.next().is_some() {
            return Self::Empty;
        }
        if value.is_empty() {
            return Self::Absent;
        }
        match value.to_str().ok().and_then(|text| text.split(' ').nth(1)) {
            None | Some("") => Self::Empty,
            Some(token) => Self::Token(token),
        }
    }
}

/// The whole header without `Bearer ` before it, for middleware that takes that away and looks no further. Several
/// headers are no good token.
pub(super) fn bare_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, another) = (values.next()?, values.next());
    let text = value.to_str().ok().filter(|_| another.is_none())?;
    Some(text.strip_prefix("Bearer ").unwrap_or(text)).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn read(lines: &[&'static str]) -> String {
        let headers = lines.iter().map(|line| (header::AUTHORIZATION, line.parse().unwrap())).collect();
        format!("{:?}", Authorization::of(&headers))
    }

    #[test]
    fn the_second_word_is_the_token() {
        assert_eq!(read(&["Bearer a.b.c"]), r#"Token("a.b.c")"#);
        assert_eq!(read(&["bearer a.b.c d"]), r#"Token("a.b.c")"#);
        assert_eq!(read(&["JWT a"]), r#"Token("a")"#);
        for nothing in ["a.b.c", "Bearer", "Bearer ", "Bearer  a"] {
            assert_eq!(read(&[nothing]), "Empty", "{nothing:?}");
        }
        assert_eq!(read(&["Bearer a", "Bearer b"]), "Empty");
        assert_eq!(read(&[]), "Absent");
        assert_eq!(read(&[""]), "Absent");
    }

    #[test]
    fn a_bare_token_is_all_that_stands_there() {
        let bare = |lines: &[&'static str]| {
            let headers = lines.iter().map(|line| (header::AUTHORIZATION, line.parse().unwrap())).collect();
            bare_token(&headers).map(str::to_owned)
        };
        assert_eq!(bare(&["Bearer a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(bare(&["a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(bare(&["bearer a.b.c"]).as_deref(), Some("bearer a.b.c"));
        assert_eq!(bare(&["Bearer  a"]).as_deref(), Some(" a"));
        for nothing in [&["" as &str][..], &["Bearer "], &["Bearer a", "Bearer b"], &[]] {
            assert_eq!(bare(nothing), None, "{nothing:?}");
        }
    }
}
