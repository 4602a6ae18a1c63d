//! What does the `.env` file in the working directory say?
//!
//! It is often the file of an older Node backend, so it is read by the rules of the npm package `dotenv`, not
//! by those of a shell: `$` stands for itself (it occurs in secrets), an unquoted value may contain spaces and
//! ends at ` #` or at the end of the line, quotes may span lines, a line that makes no sense is passed over,
//! and of two lines with the same name the last counts.

use std::io::ErrorKind;
use std::path::Path;

use super::super::problem::Problem;
use super::{Source, Variable, Written};

/// The variables of `.env`; none when there is no such file.
pub(super) fn read(directory: &Path, written: &mut Written, problems: &mut Vec<Problem>) -> Vec<Variable> {
    let path = directory.join(".env");
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            written.notes_file(&path);
            parse(&text)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            written.lacks_a_source();
            problems.push(Problem::new(
                format!(".env cannot be read: {error}"),
                "make it a readable file in UTF-8, or start in another directory",
            ));
            Vec::new()
        }
    }
}

fn parse(text: &str) -> Vec<Variable> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    let mut variables = Vec::new();
    while !rest.is_empty() {
        let (variable, length) = assignment(rest);
        variables.extend(variable.map(|(name, value)| Variable {
            source: Source::DotEnv { line, name: name.clone() },
            name,
            value,
        }));
        let (read, unread) = rest.split_at(length);
        line += read.bytes().filter(|b| *b == b'\n').count();
        rest = unread;
    }
    variables
}

/// The assignment at the beginning of a text, and the bytes up to the next line that may hold one.
fn assignment(text: &str) -> (Option<(String, String)>, usize) {
    let line_end = text.find('\n').map_or(text.len(), |at| at + 1);
    let line = text.get(..line_end).unwrap_or(text);
    let Some((name, value_start)) = name_of(line) else { return (None, line_end) };
    let after_name = text.get(value_start..).unwrap_or("");
    let blanks = after_name.len() - after_name.trim_start_matches([' ', '\t']).len();
    let value = after_name.get(blanks..).unwrap_or("");
    let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')).and_then(|quote| {
        let inner = value.get(1..)?;
        let end = closing_quote(inner, quote)?;
        Some((quote, inner.get(..end)?, value_start + blanks + end + 2))
    });
    if let Some((quote, inner, end)) = quoted {
        let unread = text.get(end..).unwrap_or("");
        let length = end + unread.find('\n').map_or(unread.len(), |at| at + 1);
        let inner =
            if quote == '"' { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() };
        return (Some((name.to_owned(), inner)), length);
    }
    let unquoted = value.lines().next().unwrap_or("");
    let unquoted = unquoted.split('#').next().unwrap_or("").trim();
    (Some((name.to_owned(), unquoted.to_owned())), line_end)
}

/// The name that a line assigns to, and where its value begins.
fn name_of(line: &str) -> Option<(&str, usize)> {
    let (left, _) = line.split_once('=')?;
    let name = left.trim();
    let name = name.strip_prefix("export").map(str::trim_start).filter(|n| !n.is_empty()).unwrap_or(name);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    is_name.then_some((name, left.len() + 1))
}

/// Where a quoted text ends. A backslash keeps the quote after it from ending it.
fn closing_quote(inner: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        if c == quote && !escaped {
            return Some(at);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).into_iter().map(|v| (v.name, v.value)).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn values_are_read_as_the_npm_package_reads_them() {
        for (text, value) in [
            ("A=b", "b"),
            ("A = b c ", "b c"),
            ("export A=b", "b"),
            ("A=b # comment", "b"),
            ("A='b # c' # d", "b # c"),
            (r#"A="b\nc""#, "b\nc"),
            (r"A='b\nc'", r"b\nc"),
            ("A=pa$$word$X", "pa$$word$X"),
            ("A=\"b\nc\"", "b\nc"),
            ("A='b", "'b"),
            ("A=", ""),
            ("A=b=c==", "b=c=="),
        ] {
            assert_eq!(pairs(text), [pair("A", value)], "{text}");
        }
    }

    #[test]
    fn lines_without_an_assignment_are_passed_over_and_lines_are_counted() {
        let variables = parse("\u{feff}# a comment\r\nnonsense\nA=\"1\n2\"\r\n\nB=3\n");
        let lines: Vec<_> = variables.iter().map(|v| (v.value.as_str(), v.source.to_string())).collect();
        assert_eq!(lines, [("1\n2", ".env:3 A".to_owned()), ("3", ".env:6 B".to_owned())]);
    }

    #[test]
    fn an_empty_value_does_not_take_the_next_line() {
        assert_eq!(pairs("A=\nB=c"), [pair("A", ""), pair("B", "c")]);
    }
}
