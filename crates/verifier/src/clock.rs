//! What time is it?

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Milliseconds since the Unix epoch; 0 before it.
pub(crate) fn millis(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// The clock of the machine: the one place that reads it.
#[expect(clippy::disallowed_methods, reason = "a published library has no clock port of its own to ask")]
pub(crate) fn system_clock() -> Clock {
    Arc::new(SystemTime::now)
}
