//! How are tables filled with many rows at once?

use uuid::Uuid;

use super::place::Driver;

/// A hash such as Argon2id makes.
const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHR0aGF0aXNzMTY$Zm9ydHktdGhyZWUgY2hhcmFjdGVycyBvZiBvdXRwdXQuLi4";

/// The id of row `number`.
pub fn id(number: u32) -> Uuid {
    Uuid::from_u128(number.into())
}

/// The email address of account `number`. Neighbours by number are not neighbours in the index.
pub fn email(number: u32) -> String {
    format!("person-{}@example.com", u64::from(number) * SPREAD % (1 << 32))
}

/// An odd number: multiplying by it shuffles the numbers of 32 bits.
const SPREAD: u64 = 2_654_435_761;

/// Makes `count` accounts with passwords.
pub async fn accounts(driver: &Driver, count: u32) {
    let (numbers, id) = (numbers(driver, count), id_of("n", driver));
    let email = format!("CONCAT('person-', n * {SPREAD} % 4294967296, '@example.com')");
    driver
        .run(format!(
            "INSERT INTO accounts (id, email, email_key, role, created_at, updated_at) \
             SELECT {id}, {email}, {email}, 'user', 0, 0 FROM {numbers}"
        ))
        .await;
    driver.run(format!("INSERT INTO passwords SELECT id, '{HASH}', 0 FROM accounts")).await;
    look_over(driver, &["accounts", "passwords"]).await;
}

/// Makes `count` sessions of so many accounts that end at a time, with what they remember of exchanges.
pub async fn sessions(driver: &Driver, count: u32, accounts: u32, ends_at: i64, rotations: &str) {
    let (numbers, id) = (numbers(driver, count), id_of("n", driver));
    let account = id_of(&format!("1 + n % {accounts}"), driver);
    driver
        .run(format!(
            "INSERT INTO sessions SELECT {id}, {account}, 1, '{rotations}', '192.0.2.7', 'phone/1', \
             0, 0, {ends_at}, {ends_at}, 0, NULL, NULL FROM {numbers}"
        ))
        .await;
    look_over(driver, &["sessions"]).await;
}

/// What `FROM` takes for the numbers `n` from 1 to `count`.
fn numbers(driver: &Driver, count: u32) -> String {
    match driver {
        Driver::Sqlite(_) => format!(
            "(WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
             SELECT n FROM numbers)"
        ),
        Driver::Postgres(_) => format!("generate_series(1, {count}::BIGINT) n"),
        Driver::MySql(_) => format!("(SELECT seq AS n FROM seq_1_to_{count}) AS numbers"),
    }
}

fn id_of(number: &str, driver: &Driver) -> String {
    match driver {
        Driver::Sqlite(_) => format!("unhex(printf('%032x', {number}))"),
        Driver::Postgres(_) => format!("lpad(to_hex({number}), 32, '0')::UUID"),
        Driver::MySql(_) => format!("UNHEX(LPAD(HEX({number}), 32, '0'))"),
    }
}

/// Has the database tidy up and count what is there, as it would by itself before long.
async fn look_over(driver: &Driver, tables: &[&str]) {
    for table in tables {
        match driver {
            Driver::Sqlite(_) => driver.run("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await,
            Driver::Postgres(_) => driver.run(format!("VACUUM ANALYZE {table}")).await,
            Driver::MySql(_) => driver.run(format!("ANALYZE TABLE {table}")).await,
        }
    }
}
