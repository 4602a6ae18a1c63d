//! What does the driver reach by itself, with the statements of a refresh?
//!
//! It decides nothing, reads nothing but the generation, and writes rows of the length that the store writes.

use sqlx::{MySqlPool, PgPool, Row};
use uuid::Uuid;

use super::place::Driver;

macro_rules! select {
    ($id:literal) => {
        concat!(
            "SELECT s.id, s.account_id, s.generation, s.rotations, s.address, s.user_agent, s.created_at, \
             s.last_seen_at, s.expires_at, s.idle_expires_at, s.access_expires_at, s.revoked_at, s.revoke_reason, \
             a.id, a.number, a.external_id, a.email, a.email_key, a.username, a.username_key, a.name, a.bio, \
             a.contact, a.role, a.disabled_at, a.created_at, a.updated_at \
             FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = ",
            $id
        )
    };
}

/// What a refresh writes.
pub struct Refresh<'r> {
    pub session: Uuid,
    pub rotations: &'r str,
    pub now: i64,
    pub idle_expires_at: i64,
}

/// Both ways of doing it, for one engine.
macro_rules! refresh {
    ($engine:ident, $pool:ty, $select:expr, $update:expr) => {
        mod $engine {
            use super::*;

            /// `BEGIN`, a `SELECT`, an `UPDATE`, `COMMIT`.
            pub async fn transaction(pool: &$pool, refresh: &Refresh<'_>) {
                let mut transaction = pool.begin().await.unwrap();
                statements(&mut transaction, refresh).await;
                transaction.commit().await.unwrap();
            }

            /// The `SELECT` and the `UPDATE`, each by itself.
            pub async fn alone(pool: &$pool, refresh: &Refresh<'_>) {
                statements(&mut *pool.acquire().await.unwrap(), refresh).await;
            }

            async fn statements(
                connection: &mut <<$pool as Of>::Database as sqlx::Database>::Connection,
                refresh: &Refresh<'_>,
            ) {
                let row =
                    sqlx::query($select).bind(refresh.session).fetch_one(&mut *connection).await.unwrap();
                let generation: i64 = row.get(2);
                let done = sqlx::query($update)
                    .bind(generation + 1)
                    .bind(refresh.rotations)
                    .bind("192.0.2.7")
                    .bind("phone/1")
                    .bind(refresh.now)
                    .bind(refresh.idle_expires_at)
                    .bind(refresh.now)
                    .bind(refresh.session)
                    .bind(generation)
                    .execute(connection)
                    .await
                    .unwrap();
                assert_eq!(done.rows_affected(), 1);
            }
        }
    };
}

/// The database of a pool.
trait Of {
    type Database: sqlx::Database;
}

impl<D: sqlx::Database> Of for sqlx::Pool<D> {
    type Database = D;
}

refresh!(
    postgres,
    PgPool,
    select!("$1"),
    "UPDATE sessions SET generation = $1, rotations = $2, address = $3, user_agent = $4, last_seen_at = $5, \
     idle_expires_at = $6, access_expires_at = $7 WHERE id = $8 AND generation = $9 AND COALESCE(revoked_at, 0) = 0"
);
refresh!(
    mysql,
    MySqlPool,
    select!("?"),
    "UPDATE sessions SET generation = ?, rotations = ?, address = ?, user_agent = ?, last_seen_at = ?, \
     idle_expires_at = ?, access_expires_at = ? WHERE id = ? AND generation = ? AND COALESCE(revoked_at, 0) = 0"
);

/// The transaction as everybody would write it.
pub async fn transaction(driver: &Driver, refresh: &Refresh<'_>) {
    match driver {
        Driver::Postgres(pool) => postgres::transaction(pool, refresh).await,
        Driver::MySql(pool) => mysql::transaction(pool, refresh).await,
        Driver::Sqlite(_) => panic!("SQLite has no such driver"),
    }
}

/// The same statements, without a transaction around them.
pub async fn alone(driver: &Driver, refresh: &Refresh<'_>) {
    match driver {
        Driver::Postgres(pool) => postgres::alone(pool, refresh).await,
        Driver::MySql(pool) => mysql::alone(pool, refresh).await,
        Driver::Sqlite(_) => panic!("SQLite has no such driver"),
    }
}
