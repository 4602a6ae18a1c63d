//! Where do the parts of the URL of a database server begin and end?
//!
//! ```text
//! user:password@host:port,host:port/database?parameter=value&…
//! ```
//!
//! Much stricter than RFC 3986 where a password with a raw character would be cut in two: a start that stops is
//! better than half a password that is taken for a host and looked up in the DNS.

use std::net::Ipv6Addr;

use portcullis_store::options::Host;

use super::super::Refusal;
use super::ServerKind;
use super::percent::ADVICE;

/// The parts, still percent-encoded.
pub(super) struct Syntax<'a> {
    /// Not empty.
    pub(super) user: &'a str,
    /// `None` when it is empty.
    pub(super) password: Option<&'a str>,
    /// Not empty.
    pub(super) hosts: &'a str,
    /// Not empty.
    pub(super) database: &'a str,
    /// Without its `?`; empty when there is none.
    pub(super) query: &'a str,
}

/// Splits what follows `scheme://`.
pub(super) fn split(kind: ServerKind, rest: &str) -> Result<Syntax<'_>, Refusal> {
    let (authority, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match rest.matches('@').count() {
        0 => refuse_cut_password(kind, authority)?,
        1 if authority.contains('@') => {}
        1 => {
            let culprit = after.chars().next().unwrap_or('/');
            return Err(Refusal::with_fix(format!("has a `{culprit}` before its `@`"), ADVICE));
        }
        _ => return Err(Refusal::with_fix("has more than one `@`", ADVICE)),
    }
    if after.contains('#') {
        return Err(Refusal::with_fix("has a `#`", ADVICE));
    }
    let (user_info, hosts) = authority.split_once('@').unwrap_or(("", authority));
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let (path, query) = after.split_once('?').unwrap_or((after, ""));
    let database = path.strip_prefix('/').unwrap_or(path);
    refuse_missing(kind, [("user", user), ("host", hosts), ("database", database)])?;
    if database.contains('/') {
        return Err(Refusal::with_fix(
            "has a `/` in the name of its database",
            format!("write {}, and a `/` in a name as `%2F`", kind.form()),
        ));
    }
    let password = Some(password).filter(|password| !password.is_empty());
    Ok(Syntax { user, password, hosts, database, query })
}

/// `postgres://app:hun` is what a `.env` file makes of `postgres://app:hun#ter@db/app`.
fn refuse_cut_password(kind: ServerKind, authority: &str) -> Result<(), Refusal> {
    let is_port = |text: &str| text.parse::<u16>().is_ok();
    let is_cut =
        authority.rsplit_once(':').is_some_and(|(host, port)| !is_port(port) && !host.ends_with(':'));
    if !is_cut || authority.starts_with('[') {
        return Ok(());
    }
    let fix = format!(
        "write {}; if it is cut at a `#`, where a comment begins in `.env`, write that as `%23`",
        kind.form()
    );
    Err(Refusal::with_fix("has no `@` between password and host", fix))
}

fn refuse_missing(kind: ServerKind, parts: [(&str, &str); 3]) -> Result<(), Refusal> {
    let missing: Vec<_> =
        parts.iter().filter(|(_, text)| text.is_empty()).map(|(name, _)| format!("the {name}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut fix = format!("write {}", kind.form());
    if missing.iter().any(|name| name == "the host") {
        fix.push_str("; a Unix socket is not supported, 127.0.0.1 is");
    }
    Err(Refusal::with_fix(format!("does not name {}", missing.join(" and ")), fix))
}

/// The members of `host:port,host:port`.
pub(super) fn hosts(text: &str, default_port: u16) -> Result<Vec<Host>, Refusal> {
    text.split(',').map(|member| host(member, default_port)).collect()
}

fn host(text: &str, default_port: u16) -> Result<Host, Refusal> {
    let (name, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((name, port))) if name.parse::<Ipv6Addr>().is_ok() => (name, port),
        Some(_) => return Err(bad_host("has brackets around what is not an IPv6 address")),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    if text.parse::<Ipv6Addr>().is_ok() || port.matches(':').count() > 1 {
        return Err(bad_host("has an IPv6 address without brackets"));
    }
    if text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2f")) {
        return Err(Refusal::with_fix(
            "names a Unix socket, which is not supported",
            "name the host 127.0.0.1",
        ));
    }
    if name.is_empty() {
        return Err(bad_host("has a comma too many between its hosts"));
    }
    if !is_host(name) {
        return Err(bad_host("has a host that is neither a name nor an address"));
    }
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => Some(default_port),
        None => None,
        Some(digits) => digits.parse().ok().filter(|port| *port != 0 && !digits.starts_with('+')),
    };
    let port = port.ok_or_else(|| bad_host("has a port that is not a number from 1 to 65535"))?;
    Ok(Host { name: name.to_owned(), port })
}

fn bad_host(what: &'static str) -> Refusal {
    Refusal::with_fix(what, "write hosts as `db1.internal,db2.internal:5433,[::1]:5434`")
}

/// Whether a text can be the name or address of a server, without brackets.
pub(super) fn is_host(text: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    text.parse::<Ipv6Addr>().is_ok() || (!text.is_empty() && text.chars().all(is_name))
}
