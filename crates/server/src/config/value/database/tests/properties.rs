//! What holds for every URL and every password.

use proptest::prelude::*;

use super::super::*;
use super::{address, password};

/// Only what stands in the place of a secret has a `Q`.
fn secret() -> impl Strategy<Value = String> {
    "Q[Q@/#?%:&=,;+ \\[\\]\\\\'\"\\.~!$^*()|<>äß-]{0,24}Q"
}

proptest! {
    #[test]
    fn user_password_and_database_come_out_of_a_url_as_they_were_before_they_were_encoded(
        user in "[^\0]{1,20}",
        secret in "[^\0]{1,40}",
        database in "[^\0]{1,20}",
    ) {
        let [u, p, d] = [&user, &secret, &database].map(|text| percent::encode(text));
        for scheme in ["postgres", "mysql"] {
            let address = address(&format!("{scheme}://{u}:{p}@h1,[::1]:5/{d}"));
            prop_assert_eq!(&address.user, &user);
            prop_assert_eq!(password(&address), Some(secret.as_str()));
            prop_assert_eq!(&address.database, &database);
        }
    }

    #[test]
    fn nothing_of_a_password_is_shown_wherever_it_stands(secret in secret(), form in 0_usize..9) {
        let text = match form {
            0 => format!("postgres://app:{secret}@db.internal:5432/app?sslmode=require"),
            1 => format!("mysql://app:{secret}@h1,[::1]:3306/app"),
            2 => format!("postgres://app:{secret}@db.internal/app?ssl=yes"),
            // With an `@` and a `/` it would be a URL, with a host and a database.
            3 => format!("postgres://app:{}", secret.replace('/', "")),
            4 => format!("postgres://db/app?user=app&password={secret}"),
            5 => format!("host=db user=app password={secret}"),
            6 => format!("postgres:app:{secret}@db/app"),
            7 => format!("redis://:{secret}@cache:6379/0"),
            _ => format!("mysql://app:x@h/app?password={secret}&x=1"),
        };
        let told = match DatabaseUrl::parse(&text) {
            Ok(url) => format!("{} {url:?}", url.show()),
            Err(refusal) => format!("{refusal:?} {}", without_password(&text)),
        };
        prop_assert!(!told.contains('Q'), "{} -> {}", text, told);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(postgres|mysql|sqlite)?:?(//)?[a-z0-9@:/?#%,=&\\[\\]ä]{0,40}") {
        if let Ok(url) = DatabaseUrl::parse(&text) {
            // What is shown of a URL without a password means the same.
            let shown = url.show();
            if !shown.contains('*') {
                prop_assert_eq!(DatabaseUrl::parse(&shown).unwrap().show(), shown);
            }
        }
        let _ = without_password(&text);
    }
}
