//! Can a row of the password table, whoever wrote it, do more than be read or be refused?
//!
//! - What is read is kept as it is written, and is read again as the same.
//! - A hash that asks for little is checked without a panic, and twice with the same answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_crypto::Password;
use portcullis_crypto::password::{Scheme, Scratch, StoredHash};

const ALGORITHMS: [&str; 8] =
    ["bcrypt", "argon2id", "argon2i", "argon2d", "scrypt", "pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512"];

fuzz_target!(|text: &str| {
    let Ok(hash) = StoredHash::parse(text) else {
        return;
    };
    assert_eq!(hash.as_str(), text);
    assert!(ALGORITHMS.contains(&hash.algorithm()), "{}", hash.algorithm());
    let again = StoredHash::parse(hash.as_str()).expect("what was read once is read again");
    assert_eq!(again.algorithm(), hash.algorithm());

    let schemes = [
        Scheme::Bcrypt { cost: 10 },
        Scheme::Argon2id { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 },
    ];
    for scheme in &schemes {
        assert_eq!(hash.is_weaker_than(scheme), again.is_weaker_than(scheme));
    }
    if is_cheap(text) {
        let password = Password::from("correct horse battery");
        let mut scratch = Scratch::new();
        assert_eq!(hash.verify(&password, &mut scratch), again.verify(&password, &mut scratch));
    }
});

/// Whether its parameters ask for no more than a moment.
fn is_cheap(text: &str) -> bool {
    let parts: Vec<&str> = text.split('$').collect();
    let parameters = match parts.as_slice() {
        ["", kind, cost, ..] if kind.starts_with('2') => return *cost == "04",
        ["", _, version, parameters, ..] if version.starts_with("v=") => parameters,
        ["", _, parameters, ..] | [_, parameters, ..] => parameters,
        _ => return false,
    };
    let numbers = parameters.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    numbers.map(str::parse).all(|number: Result<u64, _>| number.is_ok_and(|number| number <= 8))
}
