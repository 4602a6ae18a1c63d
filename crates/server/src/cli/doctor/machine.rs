//! Is the machine fit: directory, disk, clock, limits?

use std::path::Path;

use portcullis_core::ports::Clock;
use rustix::fs::statvfs;
use rustix::process::{Resource, getrlimit};

use super::Finding;
use crate::cli::output::time_of;
use crate::config::Settings;
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
    let needed = u64::try_from(settings.server.max_connections).unwrap_or(u64::MAX).saturating_add(OWN_FILES);
    match getrlimit(Resource::Nofile).maximum {
        Some(limit) if limit < needed => Finding::warn(
            "open files",
            format!("the limit of {limit} is less than server.max_connections needs"),
            format!("raise it (LimitNOFILE={needed} in systemd) or lower PORTCULLIS_SERVER_MAX_CONNECTIONS"),
        ),
        Some(limit) => Finding::ok("open files", format!("up to {limit}")),
        None => Finding::ok("open files", "unlimited"),
    }
}
