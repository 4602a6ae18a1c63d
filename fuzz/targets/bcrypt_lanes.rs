//! Does our own bcrypt ever compute anything else than crate `bcrypt`, whatever is computed side by side?
//!
//! Each line of the input is a password: it is hashed, then checked against the hash of the line before.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_crypto::Password;
use portcullis_crypto::password::{
    BcryptKernel, Computation, Computed, Scheme, Scratch, StoredHash, compute,
};

const SCHEME: Scheme = Scheme::Bcrypt { cost: 4 };
const PREFIXES: [&str; 4] = ["$2a$", "$2b$", "$2x$", "$2y$"];
/// More than go side by side.
const MOST: usize = 7;

fuzz_target!(|text: &str| {
    let passwords: Vec<Password> = text.lines().take(MOST).map(Password::from).collect();
    let hashes = both(passwords.iter().enumerate().filter_map(hashing).collect());
    let guesses = hashes.iter().zip(passwords.iter().cycle().skip(1)).zip(PREFIXES.iter().cycle());
    both(guesses.map(|((hash, password), prefix)| verification(hash, password, prefix)).collect());
    let own = hashes.iter().zip(passwords.iter().filter(|password| SCHEME.check(password).is_ok()));
    let verified = both(own.map(|(hash, password)| verification(hash, password, "$2b$")).collect());
    assert!(verified.iter().all(|answer| answer == "true"), "{verified:?}");
});

/// With a salt of its own, made of the password; nothing for what bcrypt would not look at.
fn hashing((at, password): (usize, &Password)) -> Option<Computation> {
    let mut salt = [u8::try_from(at).expect("there are few"); 16];
    for (to, from) in salt.iter_mut().zip(password.expose().bytes().rev()) {
        *to ^= from;
    }
    Computation::hashing(SCHEME, password, salt).ok()
}

fn verification(hash: &str, password: &Password, prefix: &str) -> Computation {
    let hash = StoredHash::parse(&hash.replace("$2b$", prefix)).expect("what was made is read");
    Computation::verification(&hash, password)
}

/// What both kernels make of it.
fn both(batch: Vec<Computation>) -> Vec<String> {
    let [ours, theirs] = [BcryptKernel::Interleaved, BcryptKernel::Library].map(|kernel| {
        let computed = compute(&batch, kernel, &mut Scratch::new());
        computed.into_iter().map(text).collect::<Vec<String>>()
    });
    assert_eq!(ours, theirs);
    ours
}

fn text(computed: Computed) -> String {
    match computed {
        Computed::Verified(fits) => fits.to_string(),
        Computed::Hashed(hash) => hash.as_str().to_owned(),
    }
}
