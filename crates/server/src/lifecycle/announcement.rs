//! How does the server say that it is ready?

mod first_call;

use std::fmt::Write;
use std::time::Duration;

use crate::cli::output::time_of;
use crate::config::Settings;
use crate::config::meant::{DialectSettings, MasterKeySource};
use crate::config::value::{Environment, Value as _};
use crate::wiring;
use crate::wiring::tls::{self, Served};

/// Says it once: to a person in development, to the log in production.
pub(crate) fn ready(settings: &Settings, took: Duration) {
    match settings.environment {
        Environment::Development => eprintln!("{}", block(settings, took)),
        Environment::Production => tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            listen = %settings.listen,
            public_url = settings.public_url.as_str(),
            tls = settings.tls.is_some(),
            dialects = dialects(settings),
            mail = settings.mail.as_ref().map(|mail| mail.url.show()),
            files = files(settings),
            took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "ready"
        ),
    }
}

/// Warns of what is possible, and seldom wise.
pub(crate) fn warnings(settings: &Settings) {
    if settings.is_production() && settings.throttle.policy.is_none() {
        tracing::warn!("throttle.enabled is false: passwords can be guessed without a limit");
    }
    for warning in &settings.warnings {
        tracing::warn!(advice = warning.advice, "{}", warning.what);
    }
}

/// Says what clients are shown from the beginning.
pub(crate) fn certificate(served: &Served) {
    match served.identity() {
        Some(identity) => {
            let expires = tls::validity(&identity).map(|validity| time_of(validity.until));
            tracing::info!(names = tls::names(&identity).join(", "), expires, "a certificate is served");
        }
        None => {
            tracing::warn!(
                "there is no certificate yet, so that clients are turned away until one is issued"
            );
        }
    }
}

fn block(settings: &Settings, took: Duration) -> String {
    let url = settings.public_url.as_str();
    let database = wiring::name_of(&settings.database.options);
    let mut text = format!(
        "\n  Portcullis {} is ready after {} ms\n\n  server    {url}\n  docs      {url}/docs\n  database  {}\n",
        env!("CARGO_PKG_VERSION"),
        took.as_millis(),
        database
    );
    // Writing to a string cannot fail.
    if let MasterKeySource::FileOrNew(path) | MasterKeySource::File(path) = &settings.master_key {
        let _ = writeln!(text, "  key       {} (keep a copy, but not with the backups)", path.display());
    }
    if !settings.files.is_empty() {
        let _ = writeln!(text, "  settings  {}", files(settings));
    }
    if !settings.dialects.is_empty() {
        let _ = writeln!(text, "  dialects  {}", dialects(settings));
    }
    let _ = writeln!(text, "  mail      {}", mail(settings));
    if let Some(reach) = reach(settings) {
        let _ = writeln!(text, "  reach     {reach}");
    }
    for (purpose, command) in first_call::commands(url, &settings.dialects) {
        let _ = write!(text, "\n  {purpose}:\n\n  {command}\n");
    }
    text
}

/// Where mails go; where none does, how to see them.
fn mail(settings: &Settings) -> String {
    settings.mail.as_ref().map_or_else(
        || "none is sent; PORTCULLIS_MAIL_URL=console: shows them here".to_owned(),
        |mail| format!("{}, from {}", mail.url.show(), mail.from.show()),
    )
}

/// Who can connect, where an older backend was open to more: Express listens on every interface.
fn reach(settings: &Settings) -> Option<String> {
    let is_narrower = !settings.dialects.is_empty() && !settings.host_is_written;
    let address = settings.listen.ip();
    (is_narrower && address.is_loopback()).then(|| {
        format!("{address} only; HOST=0.0.0.0 listens on every interface, as Express does by default")
    })
}

/// The files that the settings come from, the strongest first.
fn files(settings: &Settings) -> String {
    let files: Vec<_> = settings.files.iter().map(|path| path.display().to_string()).collect();
    files.join(", ")
}

/// What is spoken beside the native API, and where.
fn dialects(settings: &Settings) -> String {
    let dialects: Vec<_> = settings.dialects.iter().map(told).collect();
    dialects.join(", ")
}

fn told(spoken: &DialectSettings) -> String {
    let (name, routes) = (spoken.dialect.name, spoken.dialect.list_routes().len());
    match spoken.prefix.as_str() {
        "" => format!("{name} ({routes} routes)"),
        prefix => format!("{name} under {prefix} ({routes} routes)"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::config::{Inputs, load};

    /// Without the files of this directory.
    fn settings_with(variables: &[(&str, &str)]) -> Settings {
        let directory = tempfile::tempdir().unwrap();
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let inputs = Inputs { directory: directory.path().to_owned(), variables, ..Inputs::default() };
        load(inputs).settings.unwrap()
    }

    fn reach_with(variables: &[(&str, &str)]) -> Option<String> {
        let settings = settings_with(variables);
        let told = reach(&settings);
        assert_eq!(told.is_some(), block(&settings, Duration::ZERO).contains("HOST=0.0.0.0"));
        told
    }

    #[test]
    fn who_takes_over_from_express_is_told_that_this_machine_alone_can_connect() {
        let dialect = ("PORTCULLIS_DIALECTS", "bearer-pair");
        let told = reach_with(&[dialect]).unwrap();
        assert_eq!(
            told,
            "127.0.0.1 only; HOST=0.0.0.0 listens on every interface, as Express does by default"
        );
        assert_eq!(reach_with(&[dialect, ("HOST", "127.0.0.1")]), None);
        assert_eq!(reach_with(&[dialect, ("PORTCULLIS_HOST", "0.0.0.0")]), None);
        assert_eq!(reach_with(&[]), None);
    }

    #[test]
    fn it_is_told_where_mails_go_or_how_to_see_them() {
        let told = |variables: &[(&str, &str)]| {
            let text = block(&settings_with(variables), Duration::ZERO);
            text.lines().find_map(|line| line.strip_prefix("  mail      ")).unwrap().to_owned()
        };
        assert_eq!(told(&[]), "none is sent; PORTCULLIS_MAIL_URL=console: shows them here");
        let console = told(&[("PORTCULLIS_MAIL_URL", "console:")]);
        assert_eq!(console, "console:, from Portcullis <no-reply@localhost>");
    }
}
