//! How does the server say that it is ready?

use std::fmt::Write;
use std::time::Duration;

use crate::config::Settings;
use crate::config::meant::MasterKeySource;
use crate::config::value::Environment;
use crate::wiring;

/// Says it once: to a person in development, to the log in production.
pub(crate) fn ready(settings: &Settings, took: Duration) {
    match settings.environment {
        Environment::Development => eprintln!("{}", block(settings, took)),
        Environment::Production => tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            listen = %settings.listen,
            public_url = settings.public_url.as_str(),
            took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "ready"
        ),
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
    if let MasterKeySource::FileOrNew(path) | MasterKeySource::File(path) = &settings.master_key {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  key       {} (keep a copy, but not with the backups)", path.display());
    }
    let _ = write!(
        text,
        "\n  Register the first account:\n\n  curl {url}/v1/register \\\n    -H 'content-type: application/json' \\\n    \
         -d '{{\"email\": \"ada@example.com\", \"password\": \"correct horse battery\"}}'\n"
    );
    text
}
