//! How do nodes count wrong passwords together in their database?

use async_trait::async_trait;
use portcullis_core::model::Timestamp;
use portcullis_core::ports::StoreError;
use portcullis_core::ports::throttle::{
    Counted, Counter, CounterChange, CounterKey, CountersError, Replaced, ThrottleCounters, Which,
};

use crate::SqlStore;
use crate::engine::operation;
use crate::operations::throttles;

fn away(error: &StoreError) -> CountersError {
    CountersError { cause: error.to_string() }
}

#[async_trait]
impl ThrottleCounters for SqlStore {
    async fn load(&self, keys: &[CounterKey], now: Timestamp) -> Result<Vec<Option<Counter>>, CountersError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys = keys.to_vec();
        self.engine
            .read(operation!([keys, now] | c | throttles::load(c, keys, *now)))
            .await
            .map_err(|error| away(&error))
    }

    async fn replace(&self, changes: &[CounterChange], now: Timestamp) -> Result<Replaced, CountersError> {
        if changes.is_empty() {
            return Ok(Replaced::All);
        }
        let changes = changes.to_vec();
        let replaced =
            self.engine.write(operation!([changes, now] | c | throttles::replace(c, changes, *now)));
        replaced.await.map_err(|error| away(&error))
    }

    async fn list(
        &self,
        which: Which,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<(CounterKey, Counter)>, CountersError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let listed = operation!([which, most, now] | c | throttles::list(c, *which, *most, *now));
        self.engine.read(listed).await.map_err(|error| away(&error))
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, CountersError> {
        let mut pruned = 0;
        for counted in Counted::all() {
            loop {
                let once = operation!([counted, now] | c | throttles::prune(c, *counted, *now));
                let count = self.engine.write(once).await.map_err(|error| away(&error))?;
                pruned += count;
                if count < throttles::PRUNED_AT_ONCE {
                    break;
                }
            }
        }
        Ok(pruned)
    }
}
