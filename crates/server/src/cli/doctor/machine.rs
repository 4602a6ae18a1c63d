//! Is the machine fit: directory, disk, clock, limits?

use std::path::Path;

use portcullis_core::ports::Clock;
use rustix::fs::statvfs;
use rustix::process::{Resource, getrlimit};

use super::Finding;
use crate::cli::output::time_of;
use crate::config::Settings;
use crate::config::meant::MetricsSettings;
use crate::lifecycle::{METRICS_CONNECTIONS, most_redirected_connections};
use crate::wiring::{SystemClock, data_dir};

const MIB: u64 = 1024 * 1024;
/// Less free space than this may not last the day.
const DISK_WARN_MIB: u64 = 1024;
/// Less free space than this may not last the hour.
const DISK_FAIL_MIB: u64 = 100;
/// No machine runs this version at an earlier time: 2026-01-01T00:00:00Z.
const EARLIEST_MS: i64 = 1_767_225_600_000;
/// Files that the server opens beside its connections.
const OWN_FILES: u64 = 64;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    vec![data_directory(&settings.data_dir), disk(&settings.data_dir), clock(), open_files(settings)]
}

fn data_directory(path: &Path) -> Finding {
    let shown = path.display();
    match data_dir::open_to_others(path) {
        Ok(None) => Finding::ok("data dir", format!("{shown}, for its owner only")),
        Ok(Some(mode)) => Finding::warn(
            "data dir",
            format!("{shown} can be used by others than its owner (mode {mode:o})"),
            format!("chmod 700 {shown}"),
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Finding::ok("data dir", format!("{shown} is not there yet; the first start makes it"))
        }
        Err(error) => Finding::fail(
            "data dir",
            format!("{shown} cannot be looked at: {error}"),
            "make it readable for this user",
        ),
    }
}

fn disk(data_dir: &Path) -> Finding {
    let place = data_dir.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let advice = "make room: without it nothing can be written, not even a login";
    match statvfs(place) {
        Err(error) => Finding::warn("disk", format!("its free space is not known: {error}"), advice),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize) / MIB;
            let seen = format!("{free} MiB free");
            match free {
                0..DISK_FAIL_MIB => Finding::fail("disk", seen, advice),
                DISK_FAIL_MIB..DISK_WARN_MIB => Finding::warn("disk", seen, advice),
                _ => Finding::ok("disk", seen),
            }
        }
    }
}

fn clock() -> Finding {
    let now = SystemClock.now();
    let seen = time_of(now);
    if now.as_millis() < EARLIEST_MS {
        return Finding::fail(
            "clock",
            format!("{seen} has long passed"),
            "set the clock; tokens depend on it",
        );
    }
    Finding::ok("clock", seen)
}

fn open_files(settings: &Settings) -> Finding {
    let needed = files_needed(settings);
    match getrlimit(Resource::Nofile).maximum {
        Some(limit) if limit < needed => Finding::warn(
            "open files",
            format!("the limit of {limit} is less than the {needed} that all connections need"),
            format!("raise it (LimitNOFILE={needed} in systemd) or lower PORTCULLIS_SERVER_MAX_CONNECTIONS"),
        ),
        Some(limit) => Finding::ok("open files", format!("up to {limit}")),
        None => Finding::ok("open files", "unlimited"),
    }
}

/// Files that are open when every place for a connection is taken.
fn files_needed(settings: &Settings) -> u64 {
    let redirects = settings.tls.as_ref().is_some_and(|tls| tls.redirect_port.is_some());
    let is_watched = matches!(settings.metrics, MetricsSettings::Apart { .. });
    let connections = [
        settings.server.max_connections,
        if redirects { most_redirected_connections(&settings.server) } else { 0 },
        if is_watched { METRICS_CONNECTIONS } else { 0 },
        settings.database.connections().unwrap_or(0),
    ];
    connections
        .into_iter()
        .fold(OWN_FILES, |sum, count| sum.saturating_add(u64::try_from(count).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::config::{Inputs, load};

    #[test]
    fn every_listener_and_the_database_need_files() {
        let needed = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            let directory = tempfile::tempdir().unwrap().path().to_owned();
            files_needed(&load(Inputs { directory, variables, ..Inputs::default() }).settings.unwrap())
        };
        let most = ("PORTCULLIS_SERVER_MAX_CONNECTIONS", "5000");
        assert_eq!(needed(&[most]), 5064);
        assert_eq!(needed(&[most, ("PORTCULLIS_METRICS_LISTEN", "127.0.0.1:9464")]), 5080);
        let database = ("DATABASE_URL", "postgres://me@db.example/auth");
        let pool = ("PORTCULLIS_DATABASE_POOL_SIZE", "40");
        assert_eq!(needed(&[most, database, pool]), 5104);
        let tls = [("PORTCULLIS_TLS_CERT", "c.pem"), ("PORTCULLIS_TLS_KEY", "k.pem")];
        let redirect = ("PORTCULLIS_TLS_REDIRECT_PORT", "8080");
        assert_eq!(needed(&[most, redirect, tls[0], tls[1]]), 6064);
        let few = ("PORTCULLIS_SERVER_MAX_CONNECTIONS", "100");
        assert_eq!(needed(&[few, redirect, tls[0], tls[1]]), 264);
    }
}
