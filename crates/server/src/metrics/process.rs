//! What does this process take of the machine?
//!
//! Under the names that every client library of Prometheus uses, so that the dashboards of others fit. What the system
//! does not tell is left out.

use std::fs;

use portcullis_core::model::Timestamp;
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

use super::text::Page;

/// Writes it. The process began at `started`.
pub(super) fn write(page: &mut Page, started: Timestamp) {
    page.gauge("process_start_time_seconds", "When the process began, since the epoch.").is(started);
    if let Some(seconds) = cpu_seconds() {
        page.counter("process_cpu_seconds_total", "Time of processors that was used.").is(seconds);
    }
    if let Some([whole, resident]) = memory_bytes() {
        page.gauge("process_resident_memory_bytes", "Memory that is held in RAM.").is(resident);
        page.gauge("process_virtual_memory_bytes", "Memory that is addressed.").is(whole);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        // One of them is the directory that is being read.
        page.gauge("process_open_fds", "Files and connections that are open.")
            .is(files.count().saturating_sub(1));
    }
    if let Some(most) = getrlimit(Resource::Nofile).current {
        page.gauge("process_max_fds", "How many files and connections may be open.").is(most);
    }
}

/// `proc_pid_stat(5)`: fields 14 and 15, counted from behind the name, which may hold anything.
fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    let ticks = u32::try_from(clock_ticks_per_second()).ok()?;
    Some((f64::from(user) + f64::from(system)) / f64::from(ticks))
}

/// All of it and the resident part: `proc_pid_statm(5)`.
fn memory_bytes() -> Option<[usize; 2]> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = text.split_ascii_whitespace().map(str::parse::<usize>);
    let mut next = || Some(pages.next()?.ok()? * page_size());
    Some([next()?, next()?])
}
