//! Which database is it, how is it reached, and what about it contradicts itself?

use std::path::PathBuf;
use std::time::Duration;

use insta::assert_snapshot;
use portcullis_store::DatabaseOptions;
use portcullis_store::options::{Durability, Pooling, PostgresOptions, ServerOptions, Tls};
use secrecy::ExposeSecret;

use super::super::report;
use super::{Place, sqlite_path};

const POSTGRES: &str = "postgres://app:hunter2@db.internal/app";

impl Place {
    fn url(self, url: &str) -> Self {
        self.variable("PORTCULLIS_DATABASE_URL", url)
    }

    fn options(self) -> DatabaseOptions {
        self.settings().database.options
    }

    fn postgres(self) -> PostgresOptions {
        match self.options() {
            DatabaseOptions::Postgres(options) => options,
            other => panic!("{other:?}"),
        }
    }

    fn mysql(self) -> ServerOptions {
        match self.options() {
            DatabaseOptions::MySql(options) => options,
            other => panic!("{other:?}"),
        }
    }

    fn tls(self) -> Tls {
        match self.options() {
            DatabaseOptions::Postgres(options) => options.server.tls,
            DatabaseOptions::MySql(options) => options.tls,
            other @ DatabaseOptions::Sqlite(_) => panic!("{other:?}"),
        }
    }

    /// The line of `portcullis config` about a key.
    fn shown(self, key: &str) -> String {
        let table = report::table(&self.load().effective);
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(key)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn a_postgresql_database_is_named_by_its_url_and_has_usual_values() {
    let settings = Place::new().url(POSTGRES).settings();
    assert_eq!(settings.database.startup_timeout, Duration::from_mins(1));
    let options = Place::new().url(POSTGRES).postgres();
    assert_eq!(options.server.hosts[0].to_string(), "db.internal:5432");
    assert_eq!((options.server.user.as_str(), options.server.database.as_str()), ("app", "app"));
    assert_eq!(options.server.password.unwrap().expose_secret(), "hunter2");
    assert_eq!((options.server.pool_size, options.server.timeout), (16, Duration::from_secs(5)));
    assert_eq!((options.schema, options.pooling), (None, Pooling::Session));
}

#[test]
fn everything_about_a_postgresql_database_can_be_said() {
    let options = Place::new()
        .toml(
            "[database]\nurl = 'postgresql://app@h1,h2:5433/auth'\nschema = 'auth'\npooling = 'transaction'\n\
             pool_size = 4\ntimeout = '2s'\nstartup_timeout = '0s'\ntls = 'verify-full'\ntls_ca = '/etc/ca.pem'",
        )
        .postgres();
    assert_eq!(options.server.hosts.len(), 2);
    assert_eq!(options.schema.unwrap().as_str(), "auth");
    assert_eq!(options.pooling, Pooling::Transaction);
    assert_eq!((options.server.pool_size, options.server.timeout), (4, Duration::from_secs(2)));
    assert_eq!(options.server.tls, Tls::VerifyFull { ca: Some("/etc/ca.pem".into()) });
    assert!(options.server.password.is_none());
}

#[test]
fn the_time_and_the_durability_of_sqlite_can_be_said() {
    let place = Place::new().toml("[database]\ntimeout = '9s'\ndurability = 'relaxed'\npool_size = 4");
    let DatabaseOptions::Sqlite(options) = place.options() else { panic!("not SQLite") };
    let timeout = Duration::from_secs(9);
    assert_eq!((options.queue_timeout, options.busy_timeout), (timeout, timeout));
    assert_eq!(options.durability, Durability::Relaxed);
    let DatabaseOptions::Sqlite(options) = Place::new().options() else { panic!("not SQLite") };
    assert_eq!(options.durability, Durability::Full);
}

#[test]
fn an_old_dot_env_names_a_mysql_database_part_by_part() {
    let text = "DB_HOST=db.internal\nDB_PORT=3307\nDB_USER=app\nDB_PASSWORD=\"p@ss/w#rd%41\"\nDB_NAME=shop\n";
    let options = Place::new().dot_env(text).mysql();
    assert_eq!(options.hosts[0].to_string(), "db.internal:3307");
    assert_eq!((options.user.as_str(), options.database.as_str()), ("app", "shop"));
    assert_eq!(options.password.unwrap().expose_secret(), "p@ss/w#rd%41");
    let options = Place::new().dot_env("DB_USER=root\nDB_PASSWORD=\nDB_NAME=shop").mysql();
    assert_eq!(options.hosts[0].to_string(), "127.0.0.1:3306");
    assert!(options.password.is_none());
    let options = Place::new().toml("[database]\nname = 'shop'\nuser = 'root'\npassword = ''").mysql();
    assert!(options.password.is_none());
}

#[test]
fn what_is_missing_beside_an_old_name_is_told() {
    let place = Place::new().dot_env("DB_HOST=db.internal\nDB_PASSWORD=hunter2");
    assert_snapshot!(place.problems(), @r"
    the configuration has 2 problems:
      `database.host` = `db.internal` (.env:1 DB_HOST) tells of a MySQL database, and `database.user` is missing
        fix: set DB_USER or PORTCULLIS_DATABASE_USER; for PostgreSQL set PORTCULLIS_DATABASE_URL
      `database.host` = `db.internal` (.env:1 DB_HOST) tells of a MySQL database, and `database.name` is missing
        fix: set DB_NAME or PORTCULLIS_DATABASE_NAME; for PostgreSQL set PORTCULLIS_DATABASE_URL
    ");
    let place = Place::new().dot_env("DB_NAME=shop");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.name` = `shop` (.env:1 DB_NAME) tells of a MySQL database, and `database.user` is missing
        fix: set DB_USER or PORTCULLIS_DATABASE_USER; for PostgreSQL set PORTCULLIS_DATABASE_URL
    ");
    let place = Place::new().dot_env("DB_NAME=shop\nDB_USER=app\nDB_HOST=db:3307\nDB_PORT=x");
    assert_snapshot!(place.problems(), @r"
    the configuration has 2 problems:
      `database.host` = `db:3307` (.env:3 DB_HOST) has a port
        fix: write the port as `database.port`; PORTCULLIS_DATABASE_HOST wins over DB_HOST
      `database.port` = `x` (.env:4 DB_PORT) is not a whole number
        fix: write a number from 1 to 65535; PORTCULLIS_DATABASE_PORT wins over DB_PORT
    ");
}

#[test]
fn old_names_that_say_nothing_alone_are_passed_over() {
    let settings =
        Place::new().dot_env("DB_USER=app\nDB_PASSWORD=x\nDB_PORT=5432\nSCHEMA=my-schema").settings();
    assert_eq!(sqlite_path(&settings), "./data/portcullis.db");
}

#[test]
fn of_the_two_names_of_one_old_backend_the_environment_chooses() {
    let both =
        "DB_FILE=dev.db\nDATABASE_URL=postgres://app:hunter2@db.internal/app?sslmode=require\nSCHEMA=auth\n";
    for development in
        ["", "NODE_ENV=development\n", "NODE_ENV=test\n", "PORTCULLIS_ENV=development\nNODE_ENV=production\n"]
    {
        let settings = Place::new().dot_env(&format!("{development}{both}")).settings();
        assert_eq!(sqlite_path(&settings), "dev.db", "{development}");
    }
    let options = Place::new().dot_env(both).in_production().postgres();
    assert_eq!(options.server.tls, Tls::Require);
    assert_eq!(options.schema.unwrap().as_str(), "auth");
    let place = Place::new().dot_env(both).in_production();
    assert_eq!(place.shown("database.tls"), "database.tls require .env:2 DATABASE_URL");
    assert_eq!(Place::new().dot_env(both).shown("database.url"), "database.url sqlite:dev.db .env:1 DB_FILE");
}

#[test]
fn of_the_two_names_of_one_old_backend_a_stronger_source_counts_before_the_environment() {
    let place = Place::new().dot_env("DB_FILE=dev.db").variable("DATABASE_URL", POSTGRES);
    assert_eq!(place.postgres().server.database, "app");
    let place = Place::new().dot_env(&format!("DATABASE_URL={POSTGRES}")).variable("DB_FILE", "prod.db");
    assert_eq!(sqlite_path(&place.in_production().settings()), "prod.db");
}

#[test]
fn a_url_under_our_own_name_wins_over_what_an_old_backend_left() {
    let left = "DB_HOST=/run/mysqld.sock\nDB_PORT=x\nDB_USER=app\nDB_PASSWORD=hunter2\nDB_NAME=shop\n";
    assert_eq!(Place::new().dot_env(left).url(POSTGRES).postgres().server.database, "app");
    let toml = format!("[database]\nurl = '{POSTGRES}'");
    assert_eq!(Place::new().dot_env(left).toml(&toml).postgres().server.database, "app");
    let place = Place::new().dot_env(left).toml(&toml);
    assert_eq!(place.shown("database.host"), "database.host - default");
    let place =
        Place::new().dot_env("DATABASE_URL=mongodb://h/d").toml("[database]\nname = 'shop'\nuser = 'app'");
    assert_eq!(place.mysql().database, "shop");
}

#[test]
fn two_databases_are_one_too_many() {
    let left = "DB_HOST=db\nDB_USER=app\nDB_PASSWORD=hunter2\nDB_NAME=shop\n";
    let place = Place::new().dot_env(&format!("{left}DATABASE_URL={POSTGRES}"));
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.url` = `postgres://app:********@db.internal:5432/app` (.env:5 DATABASE_URL) and `database.host` = `db` (.env:1 DB_HOST), `database.name` = `shop` (.env:4 DB_NAME) name two databases
        fix: remove DATABASE_URL, or DB_HOST and DB_NAME; PORTCULLIS_DATABASE_URL wins over them
    ");
    let place = Place::new().dot_env("DB_FILE=dev.db\nDATABASE_URL=x\nDB_NAME=shop");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.url` = `sqlite:dev.db` (.env:1 DB_FILE) and `database.name` = `shop` (.env:3 DB_NAME) name two databases
        fix: remove DB_FILE, or DB_NAME; PORTCULLIS_DATABASE_URL wins over them
    ");
    let place = Place::new().url(POSTGRES).toml("[database]\nhost = 'db'\nuser = 'app'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.url` = `postgres://app:********@db.internal:5432/app` (environment PORTCULLIS_DATABASE_URL) and `database.host` = `db` (portcullis.toml:2) name two databases
        fix: remove PORTCULLIS_DATABASE_URL, or `database.host`
    ");
}

#[test]
fn what_we_call_a_user_or_a_password_has_an_effect_or_is_refused() {
    let place = Place::new().url(POSTGRES).toml("[database]\npassword = 'hunter3'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.password` (portcullis.toml:2) has no effect beside `database.url` = `postgres://app:********@db.internal:5432/app` (environment PORTCULLIS_DATABASE_URL)
        fix: write it in the URL, and remove `database.password`
    ");
    let place = Place::new().toml("[database]\nuser = 'app'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.user` = `app` (portcullis.toml:2) has no effect beside `database.url` = `sqlite:./data/portcullis.db` (default)
        fix: write `database.host` and `database.name` as well, or all in `database.url`
    ");
}

#[test]
fn what_is_for_one_engine_is_refused_with_another_when_it_was_meant() {
    let place =
        Place::new().toml("[database]\nschema = 'auth'\npooling = 'session'\ntls = 'off'\ntls_ca = 'x'");
    assert_snapshot!(place.problems(), @r"
    the configuration has 4 problems:
      `database.pooling` = `session` (portcullis.toml:3) is for PostgreSQL only, and `database.url` = `sqlite:./data/portcullis.db` (default) is SQLite
        fix: remove `database.pooling`
      `database.schema` = `auth` (portcullis.toml:2) is for PostgreSQL only, and `database.url` = `sqlite:./data/portcullis.db` (default) is SQLite
        fix: remove `database.schema`
      `database.tls` = `off` (portcullis.toml:4) is for PostgreSQL and MySQL only, and `database.url` = `sqlite:./data/portcullis.db` (default) is SQLite
        fix: remove `database.tls`
      `database.tls_ca` = `x` (portcullis.toml:5) is for PostgreSQL and MySQL only, and `database.url` = `sqlite:./data/portcullis.db` (default) is SQLite
        fix: remove `database.tls_ca`
    ");
    let place = Place::new()
        .dot_env("DB_HOST=db\nDB_USER=app\nDB_NAME=shop\nSCHEMA=my-schema")
        .toml("[database]\ndurability = 'full'")
        .variable("PORTCULLIS_DATABASE_POOLING", "transaction");
    assert_snapshot!(place.problems(), @r"
    the configuration has 2 problems:
      `database.durability` = `full` (portcullis.toml:2) is for SQLite only, and `database.host` = `db` (.env:1 DB_HOST) is MySQL
        fix: remove `database.durability`
      `database.pooling` = `transaction` (environment PORTCULLIS_DATABASE_POOLING) is for PostgreSQL only, and `database.host` = `db` (.env:1 DB_HOST) is MySQL
        fix: remove `database.pooling`
    ");
    let settings = Place::new().dot_env("DB_FILE=x.db\nSCHEMA=my-schema").settings();
    assert_eq!(sqlite_path(&settings), "x.db");
    let place = Place::new().dot_env(&format!("DATABASE_URL={POSTGRES}\nSCHEMA=my-schema"));
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.schema` = `my-schema` (.env:2 SCHEMA) is not a name for our schema
        fix: write 1 to 63 letters, digits and `_`, no digit first, and not `pg_…`, which is PostgreSQL's own; PORTCULLIS_DATABASE_SCHEMA wins over SCHEMA
    ");
}

#[test]
fn tls_is_complete_in_production_and_tried_in_development() {
    assert_eq!(Place::new().url(POSTGRES).tls(), Tls::Prefer);
    assert_eq!(Place::new().url(POSTGRES).in_production().tls(), Tls::VerifyFull { ca: None });
    let mysql = "DB_USER=app\nDB_NAME=shop";
    assert_eq!(Place::new().dot_env(mysql).in_production().tls(), Tls::VerifyFull { ca: None });
    for (word, tls) in
        [("off", Tls::Off), ("require", Tls::Require), ("verify-full", Tls::VerifyFull { ca: None })]
    {
        let place = Place::new().url(POSTGRES).in_production().variable("PORTCULLIS_DATABASE_TLS", word);
        assert_eq!(place.tls(), tls);
    }
}

#[test]
fn a_ca_file_stands_in_its_key_or_in_the_url_and_is_looked_at() {
    let ca = Some(PathBuf::from("/ca.pem"));
    let place = Place::new().url(POSTGRES).variable("PORTCULLIS_DATABASE_TLS_CA", "/ca.pem");
    assert_eq!(place.tls(), Tls::VerifyFull { ca: ca.clone() });
    let in_url = format!("{POSTGRES}?sslrootcert=/ca.pem");
    assert_eq!(Place::new().url(&in_url).tls(), Tls::VerifyFull { ca: ca.clone() });
    let place = Place::new().url("mysql://u@h/d?ssl-ca=/ca.pem&ssl-mode=VERIFY_CA");
    assert_eq!(place.tls(), Tls::VerifyFull { ca: ca.clone() });
    let same = Place::new()
        .url(&format!("{in_url}&sslmode=verify-full"))
        .toml("[database]\ntls = 'verify-full'\ntls_ca = '/ca.pem'");
    assert_eq!(same.tls(), Tls::VerifyFull { ca });
    let place = Place::new().url(&in_url);
    assert_eq!(place.shown("database.tls_ca"), "database.tls_ca /ca.pem environment PORTCULLIS_DATABASE_URL");
    assert_eq!(Place::new().url(&in_url).shown("database.tls"), "database.tls verify-full default");
}

#[test]
fn tls_that_contradicts_itself_is_refused() {
    let place = Place::new()
        .url(&format!("{POSTGRES}?sslmode=require&sslrootcert=/a.pem"))
        .toml("[database]\ntls = 'verify-full'\ntls_ca = '/b.pem'");
    assert_snapshot!(place.problems(), @r"
    the configuration has 2 problems:
      `database.tls_ca` = `/b.pem` (portcullis.toml:3) contradicts `database.url` = `postgres://app:********@db.internal:5432/app?sslmode=require&sslrootcert=%2Fa.pem` (environment PORTCULLIS_DATABASE_URL)
        fix: keep one of the two
      `database.tls` = `verify-full` (portcullis.toml:2) contradicts `database.url` = `postgres://app:********@db.internal:5432/app?sslmode=require&sslrootcert=%2Fa.pem` (environment PORTCULLIS_DATABASE_URL)
        fix: keep one of the two
    ");
    let place = Place::new().url(POSTGRES).toml("[database]\ntls = 'require'\ntls_ca = '/b.pem'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.tls` = `require` (portcullis.toml:2) does not look at `database.tls_ca` = `/b.pem` (portcullis.toml:3)
        fix: write `database.tls` = `verify-full`, or leave the file out
    ");
    let place = Place::new().url(&format!("{POSTGRES}?sslmode=require&sslrootcert=/a.pem"));
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.tls` = `require` (environment PORTCULLIS_DATABASE_URL) does not look at `database.tls_ca` = `/a.pem` (environment PORTCULLIS_DATABASE_URL)
        fix: write `sslmode=verify-full` in the URL, or leave the file out
    ");
}

#[test]
fn production_does_not_merely_prefer_tls() {
    let place = Place::new().in_production().url(POSTGRES).toml("[database]\ntls = 'prefer'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.tls` = `prefer` (portcullis.toml:2) protects from nobody who is in between, and production refuses it
        fix: write `database.tls` = `verify-full`; or by name what you accept: `database.tls` = `require` (any certificate is believed), `database.tls` = `off` (no TLS at all)
    ");
    let place = Place::new().in_production().dot_env("DATABASE_URL=mysql://u@h/d?ssl-mode=PREFERRED");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.tls` = `prefer` (.env:1 DATABASE_URL) protects from nobody who is in between, and production refuses it
        fix: write `ssl-mode=VERIFY_IDENTITY` in the URL; or by name what you accept: `ssl-mode=REQUIRED` in the URL (any certificate is believed), `ssl-mode=DISABLED` in the URL (no TLS at all)
    ");
}

#[test]
fn bounds_are_told() {
    let place = Place::new()
        .toml("[database]\npool_size = 0\ntimeout = '61s'\nstartup_timeout = '2h'\ntls = 'on'\npooling = 'statement'");
    assert_snapshot!(place.problems(), @r"
    the configuration has 5 problems:
      `database.pool_size` = `0` (portcullis.toml:2) is too small
        fix: write a number from 1 to 1000
      `database.timeout` = `61s` (portcullis.toml:3) is too long
        fix: write a duration from 1s to 1m, such as `900s`, `15m`, `12h` or `30d`
      `database.startup_timeout` = `2h` (portcullis.toml:4) is too long
        fix: write a duration from 0s to 1h, such as `900s`, `15m`, `12h` or `30d`
      `database.pooling` = `statement` (portcullis.toml:6) is not a known word
        fix: write `session` or `transaction`
      `database.tls` = `on` (portcullis.toml:5) is not a known word
        fix: write `off`, `prefer`, `require` or `verify-full`
    ");
}

#[test]
fn a_url_that_is_none_is_told_once_and_without_its_password() {
    let place = Place::new()
        .dot_env("DATABASE_URL=postgres://app:hunt/er2@db.internal/app\nSCHEMA=auth")
        .toml("[database]\nuser = 'x'\npooling = 'transaction'\ndurability = 'full'\ntls = 'require'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.url` = `postgres://app:********@db.internal/app` (.env:1 DATABASE_URL) has a `/` before its `@`
        fix: in a password write `@` as `%40`, `/` as `%2F`, `#` as `%23`, `?` as `%3F` and `%` as `%25`; PORTCULLIS_DATABASE_URL wins over DATABASE_URL
    ");
    let place = Place::new().dot_env("DATABASE_URL=postgres://app:hunt#er2@db.internal/app");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.url` = `postgres://app:********` (.env:1 DATABASE_URL) has no `@` between password and host
        fix: write `postgres://user:password@host:5432/database`; if it is cut at a `#`, where a comment begins in `.env`, write that as `%23`; PORTCULLIS_DATABASE_URL wins over DATABASE_URL
    ");
    let place = Place::new().dot_env("DATABASE_URL=mongodb://app:hunter2@db.internal/app");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `database.url` = `mongodb://app:********@db.internal/app` (.env:1 DATABASE_URL) is a MongoDB database, which is not supported
        fix: write `sqlite:path`, `postgres://user:password@host:port/database` or `mysql://user:password@host:port/database` (`postgresql://` and `mariadb://` are the same), several hosts separated by commas; PORTCULLIS_DATABASE_URL wins over DATABASE_URL
    ");
}

#[test]
fn no_password_is_shown() {
    let shown = |place: Place| {
        let configuration = place.load();
        let settings =
            configuration.settings.map_or_else(|problems| problems.to_string(), |s| format!("{s:?}"));
        format!(
            "{} {}\n{settings}",
            report::table(&configuration.effective),
            report::json(&configuration.effective)
        )
    };
    for text in [
        "DATABASE_URL=postgres://app:hunter2@h1,h2:5433/app".to_owned(),
        "DATABASE_URL=postgres://app:hunter2@h1,h2:x/app".to_owned(),
        "DATABASE_URL=postgres://h1/app?user=app&password=hunter2".to_owned(),
        "DATABASE_URL='host=db password=hunter2'".to_owned(),
        "DB_NAME=shop\nDB_USER=app\nDB_PASSWORD=hunter2".to_owned(),
        "DB_NAME=shop\nDB_PASSWORD=hunter2".to_owned(),
        "PORTCULLIS_DATABASE_PASSWORD=hunter2".to_owned(),
        format!("DATABASE_URL={POSTGRES}\nDB_HOST=db\nDB_PASSWORD=hunter2"),
    ] {
        let text = shown(Place::new().dot_env(&text));
        assert!(text.contains("database.url") && !text.contains("hunter2"), "{text}");
    }
    let line =
        Place::new().dot_env("DB_NAME=shop\nDB_USER=app\nDB_PASSWORD=hunter2").shown("database.password");
    assert_eq!(line, "database.password ******** .env:3 DB_PASSWORD");
}

#[test]
fn what_the_driver_would_take_from_the_environment_is_refused_where_it_would() {
    let place = Place::new().url(POSTGRES).variable("PGOPTIONS", "-c search_path=elsewhere");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      PGOPTIONS (environment) would change the connection to the database
        fix: unset PGOPTIONS; what Portcullis needs stands in its own settings
    ");
    let place = Place::new().variable("PGOPTIONS", "-c search_path=elsewhere");
    assert!(matches!(place.options(), DatabaseOptions::Sqlite(_)));
}

#[test]
fn the_password_of_a_server_can_stand_in_a_file_that_may_change() {
    let file = "/run/secrets/database";
    let place = |url: &str| Place::new().url(url).variable("PORTCULLIS_DATABASE_PASSWORD_FILE", file);
    let options = place("postgres://app@db.internal/app").postgres();
    assert_eq!(options.server.password_file, Some(file.into()));
    assert!(options.server.password.is_none());
    let both = place(POSTGRES).problems();
    assert!(both.contains("keep one of the two"), "{both}");
    let none = place("sqlite:x.db").problems();
    assert!(none.contains("is for PostgreSQL and MySQL only"), "{none}");
    let beside = Place::new()
        .dot_env("DB_HOST=db\nDB_USER=app\nDB_NAME=app\nDB_PASSWORD=hunter2")
        .variable("PORTCULLIS_DATABASE_PASSWORD_FILE", file)
        .problems();
    assert!(beside.contains("keep one of the two"), "{beside}");
}
