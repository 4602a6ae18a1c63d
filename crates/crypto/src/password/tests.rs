#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

const CHEAP_BCRYPT: Scheme = Scheme::Bcrypt { cost: 4 };
const CHEAP_ARGON2: Scheme = Scheme::Argon2id { memory_kib: 16, iterations: 1, parallelism: 1 };

const BCRYPT_4: &str = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuu";
const ARGON2ID: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const SCRYPT: &str = "$scrypt$ln=4,r=8,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA";
/// Made with Python's `hashlib`.
const DJANGO: &str = "pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=";

fn parse(text: &str) -> StoredHash {
    StoredHash::parse(text).expect(text)
}

fn accepts(text: &str, password: &str) -> bool {
    parse(text).verify(&Password::from(password), &mut Scratch::new())
}

#[test]
fn each_form_is_told_by_its_prefix() {
    let argon2 = |name| format!("${name}$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA");
    let pbkdf2 = |name| format!("${name}$1000$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA");
    for (text, algorithm) in [
        (BCRYPT_4.to_owned(), "bcrypt"),
        (argon2("argon2id"), "argon2id"),
        (argon2("argon2i"), "argon2i"),
        (argon2("argon2d"), "argon2d"),
        (SCRYPT.to_owned(), "scrypt"),
        (pbkdf2("pbkdf2"), "pbkdf2-sha1"),
        (pbkdf2("pbkdf2-sha1"), "pbkdf2-sha1"),
        (pbkdf2("pbkdf2-sha256"), "pbkdf2-sha256"),
        (pbkdf2("pbkdf2-sha512"), "pbkdf2-sha512"),
        (DJANGO.to_owned(), "pbkdf2-sha256"),
    ] {
        assert_eq!(parse(&text).algorithm(), algorithm, "{text}");
        assert_eq!(parse(&text).as_str(), text);
    }
}

#[test]
fn a_text_of_no_known_kind_is_unknown() {
    for text in [
        "",
        "secret",
        "$1$abc$def",
        "$argon2x$v=19$m=8,t=1,p=1$a$b",
        "$pbkdf2-md5$1$c2FsdA$AA",
        "pbkdf2_md5$1$a$b",
        "{SSHA}x",
        " $2b$",
    ] {
        assert_eq!(StoredHash::parse(text).err(), Some(HashFormatError::Unknown), "{text:?}");
    }
}

#[test]
fn a_text_that_is_cut_or_longer_is_never_accepted() {
    for text in [BCRYPT_4, ARGON2ID, SCRYPT] {
        for end in 0..text.len() {
            let cut = &text[..end];
            // The shorter hash of a PHC string may still be well formed, but must not match.
            assert!(StoredHash::parse(cut).is_err() || !accepts(cut, "password"), "{cut}");
        }
        for more in ["$", "=", " ", "\n", "\0"] {
            let longer = format!("{text}{more}");
            assert_eq!(StoredHash::parse(&longer).err(), Some(HashFormatError::Malformed), "{longer:?}");
        }
    }
    let long = format!("{ARGON2ID}{}", "A".repeat(512));
    assert_eq!(StoredHash::parse(&long).err(), Some(HashFormatError::Malformed));
}

#[test]
fn the_forms_of_passlib_and_django_are_checked() {
    for (text, password) in [
        (DJANGO, "l\u{e8}tmein"),
        ("pbkdf2_sha1$1000$seasalt$ljleU4wBmTtz/MoG5YTwxpM0d7I=", "l\u{e8}tmein"),
        ("$pbkdf2$1000$8PHy8/T19vf4.fr7/P3./w$VLOwsbLMiNYZ2idBLbNFFCCq5.w", "password"),
        (
            "$pbkdf2-sha256$1000$8PHy8/T19vf4.fr7/P3./w$d5D2InnL4oi0qnBlkUtzZMs.KcGeuKJ59Lp081vm.JM",
            "password",
        ),
        (
            "$pbkdf2-sha512$1000$8PHy8/T19vf4.fr7/P3./w$7JpjqKnxCfKupr7RXyhBzOyaiDby3r66zVaV0PpzTHeAv/Rhegfu5r6FVr4bD7pDGkeRerZdnt6Zcqjq6quNSw",
            "password",
        ),
        (
            "$pbkdf2-sha256$i=1000,l=32$8PHy8/T19vf4+fr7/P3+/w$d5D2InnL4oi0qnBlkUtzZMs+KcGeuKJ59Lp081vm+JM",
            "password",
        ),
    ] {
        assert!(accepts(text, password), "{text}");
        assert!(!accepts(text, "Password"), "{text}");
    }
}

#[test]
fn pbkdf2_outside_the_limits_is_refused_before_any_work() {
    let hash32 = "A".repeat(43);
    let with =
        |iterations: &str| StoredHash::parse(&format!("$pbkdf2-sha256${iterations}$c2FsdA${hash32}")).err();
    assert_eq!(with("2000000"), None);
    assert_eq!(with("i=2000000"), None);
    for iterations in ["2000001", "4294967295", "i=2000001"] {
        assert!(
            matches!(with(iterations), Some(HashFormatError::TooExpensive { limit: 2_000_000, .. })),
            "{iterations}"
        );
    }
    for iterations in ["0", "i=0", "", "i=", "i=5,l=31", "i=5,l=32,x=1", "i=05", "l=32,i=5", "4294967296"] {
        assert_eq!(with(iterations), Some(HashFormatError::Malformed), "{iterations}");
    }
    let four_blocks = format!("$pbkdf2$500001$c2FsdA${}", "A".repeat(86));
    assert!(matches!(StoredHash::parse(&four_blocks).err(), Some(HashFormatError::TooExpensive { .. })));
}

#[test]
fn a_made_hash_is_read_as_it_was_made() {
    let mut scratch = Scratch::new();
    for (scheme, prefix) in [(CHEAP_BCRYPT, "$2b$04$"), (CHEAP_ARGON2, "$argon2id$v=19$m=16,t=1,p=1$")] {
        let made = scheme.hash(&Password::from("correct horse"), [7; 16], &mut scratch).unwrap();
        assert!(made.as_str().starts_with(prefix), "{}", made.as_str());
        assert!(accepts(made.as_str(), "correct horse"));
        assert!(!parse(made.as_str()).is_weaker_than(&scheme));
    }
}

#[test]
fn the_default_schemes_are_valid_and_make_checkable_hashes() {
    let mut scratch = Scratch::new();
    let password = Password::from("correct horse");
    for scheme in [Scheme::argon2id_default(), Scheme::bcrypt_default()] {
        assert_eq!(scheme.validate(), Ok(()));
        let made = scheme.hash(&password, [1; 16], &mut scratch).unwrap();
        assert!(parse(made.as_str()).verify(&password, &mut scratch));
    }
    assert_eq!(scratch.held_bytes(), 19_456 * 1024);
}

#[test]
fn a_scheme_outside_the_limits_is_refused_and_hashes_with_the_nearest() {
    let argon2 =
        |memory_kib, iterations, parallelism| Scheme::Argon2id { memory_kib, iterations, parallelism };
    for (scheme, parameter) in [
        (Scheme::Bcrypt { cost: 3 }, "cost"),
        (Scheme::Bcrypt { cost: 15 }, "cost"),
        (argon2(7, 1, 1), "memory_kib"),
        (argon2(15, 1, 2), "memory_kib"),
        (argon2(262_145, 1, 1), "memory_kib"),
        (argon2(8, 0, 1), "iterations"),
        (argon2(8, 17, 1), "iterations"),
        (argon2(262_144, 5, 1), "iterations"),
        (argon2(8, 1, 0), "parallelism"),
        (argon2(128, 1, 9), "parallelism"),
    ] {
        assert_eq!(scheme.validate().unwrap_err().parameter, parameter, "{scheme:?}");
    }
    let mut scratch = Scratch::new();
    let made = Scheme::Bcrypt { cost: 0 }.hash(&Password::from("x"), [0; 16], &mut scratch).unwrap();
    assert!(made.as_str().starts_with("$2b$04$"));
    let made = argon2(0, 0, 0).hash(&Password::from("x"), [0; 16], &mut scratch).unwrap();
    assert!(made.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
}

#[test]
fn bcrypt_refuses_what_it_would_not_look_at() {
    let check = |scheme: Scheme, text: &str| scheme.check(&Password::from(text));
    assert_eq!(check(CHEAP_BCRYPT, &"x".repeat(72)), Ok(()));
    assert_eq!(check(CHEAP_BCRYPT, &"x".repeat(73)), Err(PasswordError::TooLong { limit_bytes: 72 }));
    assert_eq!(check(CHEAP_BCRYPT, &"\u{e4}".repeat(37)), Err(PasswordError::TooLong { limit_bytes: 72 }));
    assert_eq!(check(CHEAP_BCRYPT, "a\0b"), Err(PasswordError::ContainsNul));
    let refused = CHEAP_BCRYPT.hash(&Password::from("a\0b"), [0; 16], &mut Scratch::new());
    assert_eq!(refused.err(), Some(PasswordError::ContainsNul));
    assert_eq!(check(CHEAP_ARGON2, &"x\0".repeat(500)), Ok(()));
}

#[test]
fn only_weaker_hashes_are_weaker() {
    let bcrypt = Scheme::bcrypt_default();
    let argon2id = Scheme::argon2id_default();
    let rest = "c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let argon2 = |head: &str| format!("${head}${rest}");
    let bcrypt_of = |head: &str| BCRYPT_4.replace("$2b$04$", head);
    for (text, under_bcrypt, under_argon2id) in [
        (bcrypt_of("$2b$09$"), true, true),
        (bcrypt_of("$2a$10$"), false, true),
        (bcrypt_of("$2y$14$"), false, true),
        (bcrypt_of("$2x$10$"), true, true),
        (argon2("argon2id$v=19$m=19456,t=2,p=1"), false, false),
        (argon2("argon2id$v=19$m=65536,t=4,p=4"), false, false),
        (argon2("argon2id$v=19$m=19455,t=2,p=1"), false, true),
        (argon2("argon2id$v=19$m=65536,t=1,p=1"), false, true),
        (argon2("argon2id$v=19$m=7168,t=5,p=1"), false, true),
        (argon2("argon2id$v=19$m=7168,t=4,p=1"), true, true),
        (argon2("argon2id$v=19$m=7167,t=16,p=1"), true, true),
        (argon2("argon2id$v=16$m=65536,t=4,p=1"), false, true),
        (argon2("argon2i$v=19$m=65536,t=4,p=1"), false, true),
        (argon2("argon2d$v=19$m=65536,t=4,p=1"), false, true),
        (SCRYPT.replace("ln=4,r=8,p=1", "ln=17,r=8,p=1"), false, true),
        (SCRYPT.replace("ln=4,r=8,p=1", "ln=13,r=8,p=10"), false, true),
        (SCRYPT.replace("ln=4,r=8,p=1", "ln=13,r=8,p=9"), true, true),
        (SCRYPT.to_owned(), true, true),
        (DJANGO.to_owned(), true, true),
    ] {
        assert_eq!(parse(&text).is_weaker_than(&bcrypt), under_bcrypt, "{text} under bcrypt");
        assert_eq!(parse(&text).is_weaker_than(&argon2id), under_argon2id, "{text} under argon2id");
    }
}

#[test]
fn a_stored_hash_does_not_print() {
    assert_eq!(format!("{:?}", parse(BCRYPT_4)), "StoredHash(bcrypt)");
    assert_eq!(format!("{:?}", Scratch::new()), "Scratch(0 bytes)");
}

/// Another text of the same shape: one character replaced by another of its alphabet.
fn with_one_change(text: &str, at: usize, by: char) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    let at = at % characters.len().max(1);
    let slot = characters.get_mut(at)?;
    if *slot == by {
        return None;
    }
    *slot = by;
    Some(characters.into_iter().collect())
}

fn cheap_scheme() -> impl Strategy<Value = Scheme> {
    prop_oneof![
        Just(CHEAP_BCRYPT),
        (1..=4_u32, 1..=2_u32, 8..=16_u32).prop_map(|(parallelism, iterations, lane_kib)| Scheme::Argon2id {
            memory_kib: parallelism * lane_kib,
            iterations,
            parallelism,
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_password_is_accepted_and_one_changed_character_is_not(
        scheme in cheap_scheme(), password in "[^\\x00]{1,17}", salt: [u8; 16], at: usize, by in "[^\\x00]",
    ) {
        let mut scratch = Scratch::new();
        let stored = scheme.hash(&Password::from(password.as_str()), salt, &mut scratch).unwrap();
        let read = parse(stored.as_str());
        prop_assert!(read.verify(&Password::from(password.as_str()), &mut scratch));
        if let Some(other) = with_one_change(&password, at, by.chars().next().unwrap()) {
            prop_assert!(!read.verify(&Password::from(other), &mut scratch));
        }
        let longer = format!("{password}x");
        prop_assert!(!read.verify(&Password::from(longer), &mut scratch));
    }

    #[test]
    fn another_salt_gives_another_hash(scheme in cheap_scheme(), one: [u8; 16], other: [u8; 16]) {
        prop_assume!(one != other);
        let mut scratch = Scratch::new();
        let mut of = |salt| scheme.hash(&Password::from("same"), salt, &mut scratch).unwrap().as_str().to_owned();
        prop_assert_ne!(of(one), of(other));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), prefix in 0..7_usize) {
        let prefixes = ["", "$2b$", "$argon2id$", "$scrypt$", "$pbkdf2", "pbkdf2_", "$2b$04$"];
        let _ = StoredHash::parse(&format!("{}{text}", prefixes[prefix]));
    }

    #[test]
    fn no_change_of_a_good_text_makes_the_parser_panic(which in 0..4_usize, at: usize, by: char) {
        let good = [BCRYPT_4, ARGON2ID, SCRYPT, DJANGO][which];
        if let Some(text) = with_one_change(good, at, by)
            && let Ok(stored) = StoredHash::parse(&text)
        {
            prop_assert_eq!(stored.as_str(), text);
        }
    }
}
