//! How long do operations take, and what comes of them?

use std::time::{Duration, Instant};

use portcullis_core::metrics::{Count, Histogram, Times};
use portcullis_core::ports::StoreError;
use portcullis_core::trace;
use tracing::Instrument as _;

/// The upper ends of the classes that durations are counted in.
const BOUNDS: [Duration; 13] = [
    Duration::from_micros(100),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// What came of operations since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationMetrics {
    /// How long they took for whoever asked: waiting and further tries included, whatever came of them.
    pub durations: Times<{ BOUNDS.len() }>,
    /// Those that could not be done now.
    pub unavailable: u64,
    /// Those that could not be done at all.
    pub failed: u64,
}

/// The counts behind [`OperationMetrics`], of one kind of operations.
pub(crate) struct Observed {
    kind: &'static str,
    durations: Histogram<{ BOUNDS.len() }>,
    unavailable: Count,
    failed: Count,
}

impl Observed {
    /// Operations that change something.
    pub(crate) const fn writes() -> Self {
        Self::of("write")
    }

    /// Operations that change nothing.
    pub(crate) const fn reads() -> Self {
        Self::of("read")
    }

    const fn of(kind: &'static str) -> Self {
        Self { kind, durations: Histogram::new(&BOUNDS), unavailable: Count::new(), failed: Count::new() }
    }

    /// Counts an operation. One whose caller goes away is not counted.
    pub(crate) async fn observe<T>(
        &self,
        operation: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let span = tracing::trace_span!(target: trace::TARGET, "store", kind = self.kind);
        let outcome = operation.instrument(span).await;
        self.durations.note(begun.elapsed());
        match &outcome {
            Ok(_) => {}
            Err(StoreError::Unavailable { .. }) => self.unavailable.add(1),
            Err(StoreError::Failed { .. }) => self.failed.add(1),
        }
        outcome
    }

    /// The counts now.
    pub(crate) fn metrics(&self) -> OperationMetrics {
        OperationMetrics {
            durations: self.durations.times(),
            unavailable: self.unavailable.get(),
            failed: self.failed.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_operation_is_counted_by_what_came_of_it() {
        let observed = Observed::writes();
        let unavailable = StoreError::Unavailable { retry_after: Duration::ZERO, cause: String::new() };
        let failed = StoreError::Failed { cause: String::new() };
        for outcome in [Ok(()), Err(unavailable), Ok(()), Err(failed), Ok(())] {
            let came = outcome.is_ok();
            assert_eq!(observed.observe(async { outcome }).await.is_ok(), came);
        }
        let metrics = observed.metrics();
        assert_eq!((metrics.durations.count(), metrics.unavailable, metrics.failed), (5, 1, 1));
    }
}
