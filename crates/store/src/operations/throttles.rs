//! How are counters of wrong passwords read, replaced and forgotten?
//!
//! What a counter says is bytes of the core. The columns beside them are for finding it.

use portcullis_core::model::Timestamp;
use portcullis_core::ports::throttle::{
    Counted, Counter, CounterChange, CounterKey, MOST_KEYS, Replaced, Which,
};
use uuid::Uuid;

use crate::connection::{Connection, DatabaseError};
use crate::row::{Columns, FromColumn, FromRow, Row};
use crate::statement::statements;
use crate::value::Value;

/// How many expired counters of one kind a transaction forgets at most.
pub(crate) const PRUNED_AT_ONCE: u64 = 1000;

statements! {
    // As many keys as are ever asked for at once.
    SELECT = "SELECT id, counter FROM throttles \
              WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ORDER BY id";
    SELECT_OF_SUBJECT = "SELECT id, counter FROM throttles WHERE subject = $1 AND expires_at > $2 LIMIT $3";
    SELECT_COUNTED = "SELECT id, counter FROM throttles WHERE counted = $1 AND expires_at > $2 \
                      ORDER BY expires_at DESC LIMIT $3";
    INSERT = "INSERT INTO throttles (id, counted, subject, counter, expires_at) VALUES ($1, $2, $3, $4, $5)";
    UPDATE = "UPDATE throttles SET counted = $1, subject = $2, counter = $3, expires_at = $4 WHERE id = $5";
    DELETE = "DELETE FROM throttles WHERE id = $1";
    DELETE_EXPIRED = "DELETE FROM throttles WHERE id IN (SELECT id FROM \
                      (SELECT id FROM throttles WHERE counted = $1 AND expires_at <= $2 LIMIT $3) AS ended)"
                      => "DELETE FROM throttles WHERE counted = $1 AND expires_at <= $2 LIMIT $3";
}

/// A row, and what is in it as far as this version can read it.
struct Kept {
    key: CounterKey,
    counter: Option<Counter>,
}

impl FromColumn for CounterKey {
    fn from_column<C: Columns>(columns: &C, column: usize) -> Result<Option<Self>, DatabaseError> {
        Ok(columns.id(column)?.map(|id| Self(id.into_bytes())))
    }
}

impl FromRow for Kept {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        let (key, bytes): (_, Vec<u8>) = (row.value()?, row.value()?);
        Ok(Self { key, counter: Counter::from_bytes(&bytes) })
    }
}

impl Kept {
    fn alive(&self, now: Timestamp) -> Option<&Counter> {
        self.counter.as_ref().filter(|counter| counter.expires_at > now)
    }
}

/// What is kept under each key.
pub(crate) async fn load(
    connection: &mut Connection<'_>,
    keys: &[CounterKey],
    now: Timestamp,
) -> Result<Vec<Option<Counter>>, DatabaseError> {
    let Some(values) = values_of(keys) else { return too_many(keys.len()) };
    let kept = connection.all::<Kept>(&SELECT, &values).await?;
    Ok(keys.iter().map(|key| find(&kept, *key)?.alive(now).cloned()).collect())
}

/// Makes all changes, or none.
pub(crate) async fn replace(
    connection: &mut Connection<'_>,
    changes: &[CounterChange],
    now: Timestamp,
) -> Result<Replaced, DatabaseError> {
    let keys: Vec<CounterKey> = changes.iter().map(|change| change.key).collect();
    let Some(values) = values_of(&keys) else { return too_many(keys.len()) };
    let kept = connection.all_for_update::<Kept>(&SELECT, &values).await?;
    for change in changes {
        if find(&kept, change.key).and_then(|kept| kept.alive(now)) != change.expected.as_ref() {
            return Ok(Replaced::Nothing);
        }
    }
    // Whoever writes several rows writes them in one order.
    let mut changes: Vec<&CounterChange> = changes.iter().collect();
    changes.sort_by_key(|change| change.key);
    for change in changes {
        let is_there = find(&kept, change.key).is_some();
        write(connection, change, is_there).await?;
    }
    Ok(Replaced::All)
}

async fn write(
    connection: &mut Connection<'_>,
    change: &CounterChange,
    is_there: bool,
) -> Result<(), DatabaseError> {
    let id = id_of(change.key);
    let Some(new) = &change.new else {
        if is_there {
            connection.execute(&DELETE, &[id]).await?;
        }
        return Ok(());
    };
    let (counted, bytes) = (i64::from(new.counted.code()).into(), new.to_bytes());
    let subject = Value::Id(new.subject.map(|key| Uuid::from_bytes(key.0)));
    let (bytes, expires_at) = (bytes.as_slice().into(), new.expires_at.into());
    if is_there {
        return connection.execute(&UPDATE, &[counted, subject, bytes, expires_at, id]).await.map(drop);
    }
    match connection.execute(&INSERT, &[id, counted, subject, bytes, expires_at]).await {
        Ok(_) => Ok(()),
        // Somebody else was faster, and is not to be overwritten: all of it begins again, and finds that out.
        Err(DatabaseError::Taken { index }) => Err(DatabaseError::Conflict { cause: index }),
        Err(error) => Err(error),
    }
}

/// Up to `most` of those that are asked for.
pub(crate) async fn list(
    connection: &mut Connection<'_>,
    which: Which,
    most: i64,
    now: Timestamp,
) -> Result<Vec<(CounterKey, Counter)>, DatabaseError> {
    let kept = match which {
        Which::Subject(subject) => {
            let values = [id_of(subject), now.into(), most.into()];
            connection.all::<Kept>(&SELECT_OF_SUBJECT, &values).await?
        }
        Which::Of(counted) | Which::Lasting(counted, _) => {
            let after = if let Which::Lasting(_, after) = which { after.max(now) } else { now };
            let values = [i64::from(counted.code()).into(), after.into(), most.into()];
            connection.all::<Kept>(&SELECT_COUNTED, &values).await?
        }
    };
    Ok(kept.iter().filter_map(|kept| Some((kept.key, kept.alive(now)?.clone()))).collect())
}

/// Forgets up to [`PRUNED_AT_ONCE`] counters of a kind that have expired.
pub(crate) async fn prune(
    connection: &mut Connection<'_>,
    counted: Counted,
    now: Timestamp,
) -> Result<u64, DatabaseError> {
    let most = i64::try_from(PRUNED_AT_ONCE).unwrap_or(i64::MAX);
    connection.execute(&DELETE_EXPIRED, &[i64::from(counted.code()).into(), now.into(), most.into()]).await
}

fn find(kept: &[Kept], key: CounterKey) -> Option<&Kept> {
    kept.iter().find(|kept| kept.key == key)
}

fn id_of(key: CounterKey) -> Value<'static> {
    Value::Id(Some(Uuid::from_bytes(key.0)))
}

/// As many values as the statement has places; the last key fills up what is left. `None` when there are none or too
/// many.
fn values_of(keys: &[CounterKey]) -> Option<[Value<'static>; MOST_KEYS]> {
    if keys.len() > MOST_KEYS {
        return None;
    }
    let mut values = [id_of(*keys.last()?); MOST_KEYS];
    values.iter_mut().zip(keys).for_each(|(value, key)| *value = id_of(*key));
    Some(values)
}

fn too_many<T>(count: usize) -> Result<T, DatabaseError> {
    Err(DatabaseError::failed(format!("1 to {MOST_KEYS} counters can be asked for at once, not {count}")))
}
