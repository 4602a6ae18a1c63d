//! What time is it, really?

use std::time::{SystemTime, UNIX_EPOCH};

use portcullis_core::model::Timestamp;
use portcullis_core::ports::Clock;

/// The clock of the operating system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else asks")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is answered as 1970: `doctor` tells, and no token is valid so long.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}
