//! Which number would the next account get, also after the account with the highest one was deleted?
//!
//! Every engine remembers it in a place of its own.

use portcullis_core::model::{AccountId, Timestamp};
use uuid::Uuid;

use crate::connection::{Connection, DatabaseError};
use crate::row::{Columns, FromRow, Row};
use crate::statement::{Sql, statements};

static LAST_ON_SQLITE: Sql = Sql::new("SELECT seq FROM sqlite_sequence WHERE name = 'accounts'");
static LAST_ON_POSTGRES: Sql =
    Sql::new("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence('accounts', 'number') AS regclass))");
// The other places in which MySQL tells it are out of date for up to a day.
static TABLE_ON_MYSQL: Sql = Sql::with_mysql("", "SHOW CREATE TABLE accounts");
static SET_ON_POSTGRES: Sql = Sql::new("SELECT setval(pg_get_serial_sequence('accounts', 'number'), $1)");

statements! {
    INSERT = "INSERT INTO accounts (number, id, role, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)";
    DELETE = "DELETE FROM accounts WHERE number = $1";
}

/// The number of the next account.
pub(crate) async fn next(connection: &mut Connection<'_>) -> Result<i64, DatabaseError> {
    match connection {
        Connection::Sqlite(_) => after_last(connection, &LAST_ON_SQLITE).await,
        Connection::Postgres(_) => after_last(connection, &LAST_ON_POSTGRES).await,
        Connection::MySql(_) => {
            let table = connection.one::<TableDefinition>(&TABLE_ON_MYSQL, &[]).await?;
            Ok(table.and_then(|table| auto_increment(&table.0)).unwrap_or(1))
        }
    }
}

/// Makes sure that no number below `next` is given any more.
pub(crate) async fn raise(connection: &mut Connection<'_>, next: i64) -> Result<(), DatabaseError> {
    if self::next(connection).await? >= next {
        return Ok(());
    }
    let last = next - 1;
    match connection {
        Connection::Postgres(_) => {
            connection.one::<Last>(&SET_ON_POSTGRES, &[last.into()]).await?;
        }
        // A row that comes and goes: its number has been given.
        Connection::Sqlite(_) | Connection::MySql(_) => {
            let (id, then) = (AccountId::from_uuid(Uuid::nil()), Timestamp::from_millis(0));
            let values = [last.into(), id.into(), "user".into(), then.into(), then.into()];
            connection.execute(&INSERT, &values).await?;
            connection.execute(&DELETE, &[last.into()]).await?;
        }
    }
    Ok(())
}

/// The last number that was given; NULL or no row at all when none was.
struct Last(Option<i64>);

impl FromRow for Last {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        row.optional().map(Self)
    }
}

/// The second column of `SHOW CREATE TABLE`.
struct TableDefinition(String);

impl FromRow for TableDefinition {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        let _name: String = row.value()?;
        row.value().map(Self)
    }
}

async fn after_last(connection: &mut Connection<'_>, sql: &'static Sql) -> Result<i64, DatabaseError> {
    let last = connection.one::<Last>(sql, &[]).await?;
    Ok(last.and_then(|Last(number)| number).unwrap_or(0).saturating_add(1))
}

/// The number in `… ENGINE=InnoDB AUTO_INCREMENT=7 …`; there is none when none was given.
fn auto_increment(definition: &str) -> Option<i64> {
    let (_, rest) = definition.rsplit_once(" AUTO_INCREMENT=")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::auto_increment;

    #[test]
    fn mysql_tells_the_next_number_behind_the_columns() {
        let definition = "CREATE TABLE `accounts` (\n `number` bigint(20) NOT NULL AUTO_INCREMENT,\n) ";
        assert_eq!(auto_increment(&format!("{definition}ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT")), Some(7));
        assert_eq!(auto_increment(&format!("{definition}ENGINE=InnoDB DEFAULT CHARSET=utf8mb4")), None);
    }
}
