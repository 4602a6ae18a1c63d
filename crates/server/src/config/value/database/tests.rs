//! URLs that are databases, URLs that are none, and what is shown of either.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod properties;

use secrecy::ExposeSecret;

use super::*;

fn address(text: &str) -> ServerAddress {
    match DatabaseUrl::parse(text) {
        Ok(DatabaseUrl::Server(address)) => address,
        other => panic!("{text}: {other:?}"),
    }
}

fn hosts(text: &str) -> Vec<String> {
    address(text).hosts.iter().map(ToString::to_string).collect()
}

fn password(address: &ServerAddress) -> Option<&str> {
    address.password.as_ref().map(ExposeSecret::expose_secret)
}

/// What is wrong, and what to do.
fn refused(text: &str) -> (String, String) {
    let refusal = DatabaseUrl::parse(text).unwrap_err();
    let fix = refusal.fix.map_or_else(|| format!("write {}", DatabaseUrl::expects()), Into::into);
    (refusal.what.into(), fix)
}

fn refused_with(text: &str, what: &str, fix: &str) {
    assert_eq!(refused(text), (what.to_owned(), fix.to_owned()), "{text}");
}

#[test]
fn sqlite_files_are_databases() {
    for (text, path) in
        [("sqlite:a.db", "a.db"), ("sqlite:///var/a.db", "/var/a.db"), ("SQLITE:a@b.db", "a@b.db")]
    {
        assert!(
            matches!(DatabaseUrl::parse(text), Ok(DatabaseUrl::Sqlite(p)) if p.as_os_str() == path),
            "{text}"
        );
    }
    for text in ["sqlite:", "sqlite::memory:", "sqlite:a.db?mode=ro"] {
        assert_eq!(refused(text).0, "does not name a file", "{text}");
    }
}

#[test]
fn both_names_of_both_kinds_of_servers_are_known_with_their_ports() {
    for (scheme, kind, port) in [
        ("postgres", ServerKind::Postgres, 5432),
        ("postgresql", ServerKind::Postgres, 5432),
        ("mysql", ServerKind::MySql, 3306),
        ("MariaDB", ServerKind::MySql, 3306),
    ] {
        let address = address(&format!("{scheme}://app:s3cret@db.internal/auth"));
        assert_eq!(address.kind, kind);
        assert_eq!(address.hosts, [Host { name: "db.internal".into(), port }]);
        assert_eq!((address.user.as_str(), address.database.as_str()), ("app", "auth"));
        assert_eq!(password(&address), Some("s3cret"));
        assert_eq!((address.tls, address.tls_ca), (None, None));
    }
    assert_eq!(password(&address("mysql://app@h/d")), None);
    assert_eq!(password(&address("mysql://app:@h/d")), None);
}

#[test]
fn hosts_keep_their_order_and_their_own_ports() {
    assert_eq!(
        hosts("postgres://u@h1:5433,h2,[::1]:5434,[fe80::1]/d"),
        ["h1:5433", "h2:5432", "[::1]:5434", "[fe80::1]:5432"]
    );
    assert_eq!(hosts("mysql://u@10.0.0.1,db_2.internal:1/d"), ["10.0.0.1:3306", "db_2.internal:1"]);
    for (text, what) in [
        ("postgres://u@h1,,h2/d", "has a comma too many between its hosts"),
        ("postgres://u@h1,/d", "has a comma too many between its hosts"),
        ("postgres://u@:5432/d", "has a comma too many between its hosts"),
        ("postgres://u@h:0/d", "has a port that is not a number from 1 to 65535"),
        ("postgres://u@h:65536/d", "has a port that is not a number from 1 to 65535"),
        ("postgres://u@h:/d", "has a port that is not a number from 1 to 65535"),
        ("postgres://u@h:+1/d", "has a port that is not a number from 1 to 65535"),
        ("postgres://u@[::1]5432/d", "has a port that is not a number from 1 to 65535"),
        ("postgres://u@::1/d", "has an IPv6 address without brackets"),
        ("postgres://u@fe80::1:5432/d", "has an IPv6 address without brackets"),
        ("postgres://u@[db]/d", "has brackets around what is not an IPv6 address"),
        ("postgres://u@[::1/d", "has brackets around what is not an IPv6 address"),
        ("postgres://u@d b/d", "has a host that is neither a name nor an address"),
        ("postgres://u@dä/d", "has a host that is neither a name nor an address"),
    ] {
        refused_with(text, what, "write hosts as `db1.internal,db2.internal:5433,[::1]:5434`");
    }
}

#[test]
fn what_is_missing_is_named() {
    let form = "write `postgres://user:password@host:5432/database`";
    refused_with("postgres://h/d", "does not name the user", form);
    refused_with("postgres://h:5432/d", "does not name the user", form);
    refused_with("postgres://:pw@h/d", "does not name the user", form);
    refused_with("postgres://u@h", "does not name the database", form);
    refused_with("postgres://u@h/?sslmode=require", "does not name the database", form);
    refused_with("postgres://h", "does not name the user and the database", form);
    let no_socket = format!("{form}; a Unix socket is not supported, 127.0.0.1 is");
    refused_with("postgres://u@/d", "does not name the host", &no_socket);
    refused_with("postgres:///d?host=/run/postgresql", "does not name the user and the host", &no_socket);
    refused_with(
        "mysql://u@h/d/e",
        "has a `/` in the name of its database",
        "write `mysql://user:password@host:3306/database`, and a `/` in a name as `%2F`",
    );
    refused_with("postgres:app@h/d", "is not a database URL", form);
}

#[test]
fn a_unix_socket_is_not_supported_however_it_is_written() {
    refused_with(
        "postgres://u@%2Frun%2Fpostgresql/d",
        "names a Unix socket, which is not supported",
        "name the host 127.0.0.1",
    );
    refused_with(
        "postgres://u:p@h/d?host=/run/postgresql",
        "has the parameter `host`, which has another place",
        "remove it and name the host before the `/`; a Unix socket is not supported, 127.0.0.1 is",
    );
    assert_eq!(
        refused("mysql://u:p@h/d?socket=/run/mysqld").0,
        "has the parameter `socket`, which has another place"
    );
}

#[test]
fn a_password_that_is_not_encoded_is_told_how_to_be() {
    let advice =
        "in a password write `@` as `%40`, `/` as `%2F`, `#` as `%23`, `?` as `%3F` and `%` as `%25`";
    for (raw, what) in [
        ("p@ss", "has more than one `@`"),
        ("p@s/s?w#d", "has more than one `@`"),
        ("p/ss", "has a `/` before its `@`"),
        ("p?ss", "has a `?` before its `@`"),
        ("p#ss", "has a `#` before its `@`"),
        ("100%", "has a `%` in its password that is not followed by two hexadecimal digits"),
        ("100%sure", "has a `%` in its password that is not followed by two hexadecimal digits"),
        ("%+1a", "has a `%` in its password that is not followed by two hexadecimal digits"),
        ("%ff", "has percent-codes in its password that are not a text in UTF-8"),
        ("a%00b", "has percent-codes in its password that are not a text in UTF-8"),
    ] {
        refused_with(&format!("postgres://app:{raw}@db.internal/app"), what, advice);
    }
    refused_with("postgres://app:pw@db/app#x", "has a `#`", advice);
}

#[test]
fn a_password_that_a_comment_cut_off_is_recognised() {
    refused_with(
        "postgres://app:hun",
        "has no `@` between password and host",
        "write `postgres://user:password@host:5432/database`; if it is cut at a `#`, where a comment begins in `.env`, \
         write that as `%23`",
    );
}

#[test]
fn what_is_no_database_is_told_apart() {
    assert_eq!(refused("a.db").0, "is not a database URL");
    refused_with("file:./dev.db", "is not a database URL", "write `sqlite:` in place of `file:`");
    let known = "write `sqlite:path`, `postgres://user:password@host:port/database` or \
                 `mysql://user:password@host:port/database` (`postgresql://` and `mariadb://` are the same), several \
                 hosts separated by commas";
    refused_with("mongodb://u:p@h/d", "is a MongoDB database, which is not supported", known);
    refused_with("mongodb+srv://u:p@h/d", "is a MongoDB database, which is not supported", known);
    refused_with("redis://h", "names a database that is not supported", known);
    refused_with("postgresql+asyncpg://u:p@h/d", "names a database that is not supported", known);
}

#[test]
fn tls_is_read_in_the_words_of_either_kind() {
    let read = |text: &str| {
        let address = address(text);
        (address.tls, address.tls_ca)
    };
    for (word, mode) in [
        ("disable", TlsMode::Off),
        ("allow", TlsMode::Prefer),
        ("prefer", TlsMode::Prefer),
        ("require", TlsMode::Require),
        ("verify-ca", TlsMode::VerifyFull),
        ("verify-full", TlsMode::VerifyFull),
    ] {
        assert_eq!(read(&format!("postgres://u@h/d?sslmode={word}")), (Some(mode), None));
    }
    for (word, mode) in [
        ("DISABLED", TlsMode::Off),
        ("preferred", TlsMode::Prefer),
        ("Required", TlsMode::Require),
        ("VERIFY_CA", TlsMode::VerifyFull),
        ("verify_identity", TlsMode::VerifyFull),
    ] {
        assert_eq!(read(&format!("mysql://u@h/d?ssl-mode={word}")), (Some(mode), None));
        assert_eq!(read(&format!("mysql://u@h/d?sslmode={word}")), (Some(mode), None));
    }
    let ca = Some(PathBuf::from("/etc/my ca.pem"));
    assert_eq!(read("postgres://u@h/d?sslrootcert=/etc/my%20ca.pem"), (None, ca.clone()));
    assert_eq!(
        read("mysql://u@h/d?&ssl-ca=/etc/my%20ca.pem&ssl-mode=VERIFY_CA"),
        (Some(TlsMode::VerifyFull), ca)
    );
    assert_eq!(read("postgres://u@h/d?sslrootcert=system"), (None, None));
    refused_with(
        "postgres://u@h/d?sslmode=on",
        "has an unknown word for `sslmode`",
        "write `disable`, `prefer`, `allow`, `require`, `verify-full` or `verify-ca`",
    );
    refused_with(
        "mysql://u@h/d?ssl-mode=require",
        "has an unknown word for `ssl-mode`",
        "write `DISABLED`, `PREFERRED`, `REQUIRED`, `VERIFY_IDENTITY` or `VERIFY_CA`",
    );
    refused_with(
        "postgres://u@h/d?sslrootcert=",
        "has an empty `sslrootcert`",
        "name a PEM file, or remove it",
    );
    refused_with(
        "mysql://u@h/d?ssl-mode=DISABLED&sslmode=REQUIRED",
        "says a second time with `sslmode` how TLS is used",
        "keep one",
    );
}

#[test]
fn parameters_that_mean_nothing_here_are_passed_over() {
    for text in [
        "postgres://u@h/d?application_name=my%20app&fallback_application_name=x",
        "postgres://u@h/d?client_encoding=UTF8&target_session_attrs=read-write&channel_binding=prefer",
        "mysql://u@h/d?charset=utf8mb4&collation=utf8mb4_0900_ai_ci&timezone=Z",
        "mysql://u@h/d?",
    ] {
        assert!(DatabaseUrl::parse(text).is_ok(), "{text}");
    }
    refused_with(
        "mysql://u@h/d?charset=latin1",
        "asks for a `charset` that is not supported",
        "remove it, or write `utf8mb4` or `utf8`",
    );
    refused_with(
        "postgres://u@h/d?sslmode=require&channel_binding=require",
        "asks for a `channel_binding` that is not supported",
        "remove it, or write `prefer` or `disable`",
    );
}

#[test]
fn parameters_that_have_a_key_are_sent_there() {
    for (text, name, place) in [
        ("postgres://u@h/d?schema=auth", "schema", "write `database.schema`"),
        ("postgres://u@h/d?currentSchema=auth", "currentSchema", "write `database.schema`"),
        ("postgres://u@h/d?options=-csearch_path%3Dauth", "options", "write `database.schema`"),
        (
            "postgres://u@h/d?pgbouncer=true",
            "pgbouncer",
            "write `database.pooling` = `transaction` if PgBouncer hands out connections by transaction",
        ),
        ("postgres://u@h/d?connection_limit=5", "connection_limit", "write `database.pool_size`"),
        ("mysql://u@h/d?connectionLimit=5", "connectionLimit", "write `database.pool_size`"),
        ("mysql://u@h/d?connect_timeout=5", "connect_timeout", "write `database.timeout`"),
        (
            "postgres://u@h/d?ssl=true",
            "ssl",
            "write `database.tls`, such as `verify-full`, or `require` to believe any certificate",
        ),
        ("postgres://h/d?user=u", "user", ""),
    ] {
        let (what, fix) = refused(text);
        if place.is_empty() {
            assert_eq!(what, "does not name the user", "{text}");
        } else {
            assert_eq!(what, format!("has the parameter `{name}`, which has another place"), "{text}");
            assert_eq!(fix, format!("remove it and {place}"), "{text}");
        }
    }
}

#[test]
fn an_unknown_parameter_is_named_unless_it_can_be_something_else() {
    refused_with(
        "postgres://u@h/d?sslcert=/x&application_name=y",
        "has the parameter `sslcert`, which Portcullis does not know",
        "remove it; known are `sslmode` and `sslrootcert`; passed over are `application_name`, `channel_binding`, \
         `client_encoding`, `fallback_application_name` and `target_session_attrs`",
    );
    refused_with(
        "mysql://u@h/d?sslrootcert=/x",
        "has the parameter `sslrootcert`, which Portcullis does not know",
        "remove it; known are `ssl-mode` (or `sslmode`) and `ssl-ca`; passed over are `charset`, `collation` and `timezone`",
    );
    assert_eq!(refused("mysql://u@h/d?s%20crt").0, "has a parameter, which Portcullis does not know");
}

#[test]
fn what_a_refusal_calls_known_is_known() {
    for (scheme, fix) in
        [("postgres", refused("postgres://u@h/d?x").1), ("mysql", refused("mysql://u@h/d?x").1)]
    {
        let names: Vec<_> = fix.split('`').skip(1).step_by(2).collect();
        assert!(names.len() >= 5, "{fix}");
        for name in names {
            let result = DatabaseUrl::parse(&format!("{scheme}://u@h/d?{name}=x"));
            let what = result.err().map(|refusal| refusal.what).unwrap_or_default();
            assert!(!what.contains("does not know"), "{name}: {what}");
        }
    }
}

#[test]
fn a_url_is_shown_whole_but_for_its_password() {
    for (text, shown) in [
        ("postgresql://app:s3cret@db/x", "postgres://app:********@db:5432/x"),
        ("postgres://app@db/x", "postgres://app@db:5432/x"),
        (
            "mariadb://a%40b:p@h1,[::1]:1/my%2Fdb?charset=utf8",
            "mysql://a%40b:********@h1:3306,[::1]:1/my%2Fdb",
        ),
        (
            "postgres://u@h/d?sslrootcert=/ca.pem&sslmode=allow",
            "postgres://u@h:5432/d?sslmode=prefer&sslrootcert=%2Fca.pem",
        ),
        ("mysql://u@h/d?sslmode=verify_identity", "mysql://u@h:3306/d?ssl-mode=VERIFY_IDENTITY"),
        ("sqlite:a@b.db", "sqlite:a@b.db"),
    ] {
        assert_eq!(DatabaseUrl::parse(text).unwrap().show(), shown);
    }
}

#[test]
fn a_refused_text_is_shown_as_far_as_it_cannot_hold_a_password() {
    for (text, shown) in [
        ("postgres://app:s3:cr@t@db/x", "postgres://app:********@db/x"),
        ("postgres://app:a/b?c#d@db:5/x?y=z", "postgres://app:********@********"),
        ("postgres://app:a/b@db:5/x?y=z", "postgres://app:********@db:5/x"),
        ("postgres://app:s3cret", "postgres://app:********"),
        ("postgres://app:s3@cret", "postgres://app:********@********"),
        ("postgres://db.internal/app", "postgres://db.internal/app"),
        ("postgres://db/app?user=a&password=s3@cret", "postgres://********@********"),
        ("postgres://db/app?user=a&password=s3cret", "postgres://********"),
        ("postgres://db:5/app?user=a&password=s3cret", "postgres://db:********"),
        ("postgres:app:s3cret@db/x", "********"),
        ("host=db user=app password=s3cret", "********"),
        ("jdbc:postgresql://db/x?password=s3cret", "jdbc:postgresql://********"),
        ("app%3As3cret://app%3As3cret@db:s3cret/x", "********"),
        ("postgres://app%3As3cret@db:s3cret/x", "postgres://********@********"),
        ("mongodb+srv://u:s3cret@db/x", "mongodb+srv://u:********@db/x"),
        ("a.db", "a.db"),
        ("file:./dev.db", "file:./dev.db"),
        ("sqlite:", "sqlite:"),
    ] {
        assert_eq!(without_password(text), shown, "{text}");
    }
}

#[test]
fn the_host_of_its_own_key_has_no_port_and_is_no_socket() {
    for (text, name) in
        [("localhost", "localhost"), ("[::1]", "::1"), ("::1", "::1"), ("db_1.internal", "db_1.internal")]
    {
        assert_eq!(HostName::parse(text).unwrap().0, name);
    }
    let refused = |text: &str| HostName::parse(text).unwrap_err();
    assert_eq!(refused("db:3307").what, "has a port");
    assert_eq!(refused("db:3307").fix.unwrap(), "write the port as `database.port`");
    assert_eq!(refused("/run/mysqld.sock").what, "is a Unix socket, which is not supported");
    for text in ["mysql://db", "a b", "db:x", "a,b"] {
        assert_eq!(refused(text).what, "is neither a host name nor an address", "{text}");
    }
}
