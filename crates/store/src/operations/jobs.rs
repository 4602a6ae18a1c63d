//! Who does what only one node should do?

use portcullis_core::ports::store::JobClaim;

use crate::connection::{Connection, DatabaseError};
use crate::row::Single;
use crate::statement::statements;

statements! {
    CLAIM = "UPDATE jobs SET held_by = $1, held_until = $2 \
             WHERE name = $3 AND (held_until <= $4 OR held_until > $5 OR held_by = $6)";
    SELECT = "SELECT held_until FROM jobs WHERE name = $1";
    INSERT = "INSERT INTO jobs (name, held_by, held_until) VALUES ($1, $2, $3)";
    PRETEND = "UPDATE jobs SET held_until = $1 WHERE name = $2";
}

/// Takes a job for a while, or keeps it for longer. False when another node has it.
pub(crate) async fn claim(connection: &mut Connection<'_>, claim: &JobClaim) -> Result<bool, DatabaseError> {
    let (name, holder) = (claim.job.as_str(), claim.holder.as_str());
    // Nobody may hold a job twice as long as is asked for now: a clock that ran ahead has claimed it for ever.
    let longest = claim.until.plus(claim.until.since(claim.now));
    let values =
        [holder.into(), claim.until.into(), name.into(), claim.now.into(), longest.into(), holder.into()];
    if connection.execute(&CLAIM, &values).await? == 1 {
        return Ok(true);
    }
    if connection.one::<Single<i64>>(&SELECT, &[name.into()]).await?.is_some() {
        return Ok(false);
    }
    match connection.execute(&INSERT, &[name.into(), holder.into(), claim.until.into()]).await {
        Ok(_) => Ok(true),
        // Another node was faster. On PostgreSQL the transaction is over with this, and there is nothing in it.
        Err(DatabaseError::Taken { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Asks the database whether it would take a write, without writing.
pub(crate) async fn pretend(connection: &mut Connection<'_>) -> Result<(), DatabaseError> {
    connection.execute(&PRETEND, &[0_i64.into(), "".into()]).await.map(drop)
}
