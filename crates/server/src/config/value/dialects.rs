//! Which contracts of older backends are spoken, and under which paths?

use portcullis_http::dialects::{ALL, Dialect, Prefix};

use super::super::problem::nearest;
use super::{Refusal, Value, members};

/// The dialects in the order in which they were written, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dialects(pub(crate) Vec<(&'static Dialect, Prefix)>);

impl Dialects {
    /// Those alone that a rule is about.
    pub(crate) fn that(&self, applies: impl Fn(&Dialect) -> bool) -> Vec<&'static Dialect> {
        self.0.iter().map(|(dialect, _)| *dialect).filter(|dialect| applies(dialect)).collect()
    }

    /// The only one.
    pub(crate) fn only(&self) -> Option<&'static Dialect> {
        match self.0.as_slice() {
            [(dialect, _)] => Some(dialect),
            _ => None,
        }
    }
}

impl Value for Dialects {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let mut read = Self::default();
        for member in members(text) {
            let (name, prefix) = member.split_once('=').unwrap_or((member, ""));
            let (name, prefix) = (name.trim_end(), prefix.trim_start());
            if name.is_empty() {
                let what = format!("has no dialect before `={prefix}`");
                return Err(Refusal::with_fix(what, "write `NAME=/PREFIX`"));
            }
            let Some(dialect) = Dialect::find(name) else {
                let what = format!("has no dialect `{name}`");
                return Err(match nearest(name, ALL.iter().map(|dialect| dialect.name)) {
                    Some(near) => Refusal::with_fix(what, format!("did you mean `{near}`?")),
                    None => Refusal::new(what),
                });
            };
            let prefix = Prefix::parse(prefix).map_err(|error| {
                let what = format!("has no prefix after `{name}=`: `{prefix}` {}", fault_of(prefix));
                Refusal::with_fix(what, error.to_string())
            })?;
            if read.0.iter().any(|(known, _)| known.name == name) {
                let fix = format!("write `{name}` once; a dialect stands under one prefix");
                return Err(Refusal::with_fix(format!("has `{name}` twice"), fix));
            }
            read.0.push((dialect, prefix));
        }
        Ok(read)
    }

    fn show(&self) -> String {
        let shown = self.0.iter().map(|(dialect, prefix)| match prefix.as_str() {
            "" => dialect.name.to_owned(),
            prefix => format!("{}={prefix}", dialect.name),
        });
        shown.collect::<Vec<_>>().join(",")
    }

    fn expects() -> String {
        let names: Vec<_> = ALL.iter().map(|dialect| format!("`{}`", dialect.name)).collect();
        format!(
            "a list of {}, each with the prefix of its paths or without: `NAME=/PREFIX`",
            names.join(", ")
        )
    }
}

/// What is wrong with a text that is no prefix.
fn fault_of(prefix: &str) -> String {
    let Some(rest) = prefix.strip_prefix('/') else { return "does not begin with a slash".into() };
    let segments = || rest.strip_suffix('/').unwrap_or(rest).split('/');
    if prefix.contains(char::is_uppercase) {
        return "has a capital letter".into();
    }
    if prefix.contains(char::is_whitespace) {
        return "has a blank in it".into();
    }
    if segments().any(str::is_empty) {
        return "has two slashes in a row".into();
    }
    if segments().any(|segment| matches!(segment, "." | "..")) {
        return "has a step `.` or `..` in it".into();
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    prefix
        .chars()
        .find(|c| !is_plain(*c))
        .map_or_else(|| "is none".into(), |other| format!("has `{other}` in it"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_list_is_read_with_and_without_prefixes_and_shown_as_it_may_be_written() {
        for (text, shown) in [
            ("", ""),
            ("bearer-pair", "bearer-pair"),
            ("bearer-pair=/", "bearer-pair"),
            ("bearer-pair=", "bearer-pair"),
            (" bearer-pair = /auth/v2/ ,", "bearer-pair=/auth/v2"),
            ("users-cookies,bearer-pair=/b", "users-cookies,bearer-pair=/b"),
        ] {
            assert_eq!(Dialects::parse(text).unwrap().show(), shown, "{text}");
        }
    }

    #[test]
    fn every_dialect_can_be_named() {
        for dialect in ALL {
            assert_eq!(Dialects::parse(dialect.name).unwrap().only().unwrap().name, dialect.name);
            assert!(Dialects::expects().contains(dialect.name));
        }
    }

    #[test]
    fn an_unknown_name_a_second_mention_and_what_is_no_prefix_are_refused() {
        let fix = |text: &str| Dialects::parse(text).unwrap_err().fix.unwrap_or_default().into_owned();
        assert_eq!(fix("bearer_pair"), "did you mean `bearer-pair`?");
        assert_eq!(fix("Bearer-Pair"), "did you mean `bearer-pair`?");
        assert_eq!(fix("something"), "");
        assert!(fix("bearer-pair,bearer-pair=/x").contains("once"));
        assert!(fix("bearer-pair=x").contains("/auth"));
        assert!(fix("bearer-pair=/a b").contains("/auth"));
    }

    #[test]
    fn what_is_wrong_with_a_prefix_is_told() {
        for (text, what) in [
            ("bearer-pair=x", "has no prefix after `bearer-pair=`: `x` does not begin with a slash"),
            ("bearer-pair=/Users", "has no prefix after `bearer-pair=`: `/Users` has a capital letter"),
            ("bearer-pair=/a b", "has no prefix after `bearer-pair=`: `/a b` has a blank in it"),
            ("bearer-pair=/a//b", "has no prefix after `bearer-pair=`: `/a//b` has two slashes in a row"),
            ("bearer-pair=/../b", "has no prefix after `bearer-pair=`: `/../b` has a step `.` or `..` in it"),
            ("bearer-pair=/:id", "has no prefix after `bearer-pair=`: `/:id` has `:` in it"),
            ("bearer-pair=/é", "has no prefix after `bearer-pair=`: `/é` has `é` in it"),
            ("=/a b", "has no dialect before `=/a b`"),
        ] {
            assert_eq!(Dialects::parse(text).unwrap_err().what, what, "{text}");
        }
    }
}
