#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

const KERNELS: [BcryptKernel; 2] = [BcryptKernel::Interleaved, BcryptKernel::Library];
const ARGON2: Scheme = Scheme::Argon2id { memory_kib: 32, iterations: 2, parallelism: 2 };
const PASSWORD: &str = "password";

/// Hashes of [`PASSWORD`], from the tests of the reference implementation of Argon2 and made with Python's `hashlib`.
const FOREIGN: [&str; 7] = [
    "$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$scrypt$ln=4,r=8,p=2$c2l4dGVlbiBieXRlcyBvZg$6q/g5uT8V6r66rcvs5aWup/e9JFBVD+i4m9PJ6CFS5A",
    "$pbkdf2-sha1$i=100$c2l4dGVlbiBieXRlcyBvZg$Q1gGQ2Jb5jqWzA0TLZVis9Qz1jrcORKd",
    "$pbkdf2-sha256$i=100$c2l4dGVlbiBieXRlcyBvZg$2fmFCVGTWq4v4gLAgktT6hJTCEAgDUj1n+FBSrA+h+U",
    "$pbkdf2-sha512$i=100$c2l4dGVlbiBieXRlcyBvZg$DS+c0yHECA6DhaiNvpxdYiKlRHoazHjL61lriaHZIRfIyVUd0hT0IvN4+qWDsWU8S1x6OAlPWvHxGnaQ8pxP1A",
    "pbkdf2_sha256$100$seasalt$dyJ9iJEOk1cyIaO66OaOstmzFEfb5vXjLLYgmzDOcDY=",
];

/// Hashes of [`PASSWORD`] by each algorithm, and by bcrypt with each prefix at three costs.
fn stored() -> Vec<StoredHash> {
    let made = |scheme: Scheme| scheme.hash(&PASSWORD.into(), [7; 16], &mut Scratch::new()).unwrap();
    let mut texts: Vec<String> = FOREIGN.map(str::to_owned).into();
    texts.push(made(ARGON2).as_str().to_owned());
    for cost in 4..=6 {
        let bcrypt = made(Scheme::Bcrypt { cost });
        texts.extend(["$2a$", "$2b$", "$2x$", "$2y$"].map(|prefix| bcrypt.as_str().replace("$2b$", prefix)));
    }
    texts.iter().map(|text| StoredHash::parse(text).expect(text)).collect()
}

/// What was computed, as texts that can be compared.
fn outcomes(batch: &[Computation], kernel: BcryptKernel) -> Vec<String> {
    let text = |computed| match computed {
        Computed::Verified(fits) => format!("verified {fits}"),
        Computed::Hashed(hash) => hash.as_str().to_owned(),
    };
    compute(batch, kernel, &mut Scratch::new()).into_iter().map(text).collect()
}

#[test]
fn an_empty_batch_has_no_results() {
    for kernel in KERNELS {
        assert!(outcomes(&[], kernel).is_empty());
    }
}

#[test]
fn only_the_right_password_is_verified_whatever_the_algorithm() {
    let stored = stored();
    for kernel in KERNELS {
        for (password, expected) in [(PASSWORD, "verified true"), ("passwore", "verified false")] {
            let batch: Vec<_> =
                stored.iter().map(|hash| Computation::verification(hash, &password.into())).collect();
            assert_eq!(outcomes(&batch, kernel), vec![expected; stored.len()], "{kernel:?}");
        }
    }
}

#[test]
fn what_a_scheme_refuses_is_not_computed() {
    let scheme = Scheme::bcrypt_default();
    for password in ["x".repeat(73), "a\0b".to_owned()] {
        let password = Password::from(password);
        assert_eq!(Computation::hashing(scheme, &password, [0; 16]).err(), scheme.check(&password).err());
        assert!(Computation::hashing(scheme, &password, [0; 16]).is_err());
        assert!(Computation::hashing(ARGON2, &password, [0; 16]).is_ok());
    }
}

#[test]
fn a_computation_is_of_the_kind_of_its_hash_or_scheme() {
    let argon2 = |algorithm, memory_kib, parallelism| ComputationKind::Argon2 {
        algorithm,
        memory_kib,
        iterations: 2,
        parallelism,
    };
    let pbkdf2 = |algorithm, blocks| ComputationKind::Pbkdf2 { algorithm, iterations: 100, blocks };
    let expected = [
        (argon2("argon2i", 256, 2), 256),
        (argon2("argon2id", 256, 1), 256),
        (ComputationKind::Scrypt { log_n: 4, r: 8, p: 2 }, 18),
        (pbkdf2("pbkdf2-sha1", 2), 0),
        (pbkdf2("pbkdf2-sha256", 1), 0),
        (pbkdf2("pbkdf2-sha512", 1), 0),
        (pbkdf2("pbkdf2-sha256", 1), 0),
        (argon2("argon2id", 32, 2), 32),
        (ComputationKind::Bcrypt { cost: 4 }, 5),
    ];
    for (hash, (kind, memory_kib)) in stored().iter().zip(expected) {
        let computation = Computation::verification(hash, &PASSWORD.into());
        assert_eq!((hash.kind(), computation.kind()), (kind, kind));
        assert_eq!(computation.memory_kib(), memory_kib, "{kind:?}");
        assert_eq!(kind.is_interleaved(), hash.algorithm() == "bcrypt");
    }
    for (scheme, kind) in [
        (ARGON2, argon2("argon2id", 32, 2)),
        (Scheme::Bcrypt { cost: 5 }, ComputationKind::Bcrypt { cost: 5 }),
        (Scheme::Bcrypt { cost: 31 }, ComputationKind::Bcrypt { cost: 14 }),
    ] {
        assert_eq!(scheme.kind(), kind);
        assert_eq!(Computation::hashing(scheme, &PASSWORD.into(), [0; 16]).unwrap().kind(), kind);
    }
}

#[test]
fn a_decoy_costs_the_same_and_belongs_to_nobody() {
    let random: [u8; 192] = std::array::from_fn(|at| u8::try_from(at).unwrap().wrapping_mul(151));
    for hash in stored() {
        let decoy = hash.decoy(&random);
        assert_eq!((decoy.algorithm(), decoy.kind()), (hash.algorithm(), hash.kind()));
        assert_eq!(decoy.kind().memory_kib(), hash.kind().memory_kib());
        assert_eq!(decoy.as_str(), "");
        let password = Password::from(PASSWORD);
        assert!(hash.verify(&password, &mut Scratch::new()));
        assert!(!decoy.verify(&password, &mut Scratch::new()));
        for kernel in KERNELS {
            let batch = [&hash, &decoy].map(|hash| Computation::verification(hash, &password));
            assert_eq!(outcomes(&batch, kernel), ["verified true", "verified false"], "{:?}", hash.kind());
        }
    }
}

/// A password to be checked against one of [`stored`], or to be hashed.
#[derive(Debug, Clone)]
enum Wish {
    Verification { which: prop::sample::Index, is_right: bool },
    Hashing { scheme: Scheme, password: String, salt: [u8; 16] },
}

fn wish() -> impl Strategy<Value = Wish> {
    let scheme = prop_oneof![4 => (4..=6_u32).prop_map(|cost| Scheme::Bcrypt { cost }), 1 => Just(ARGON2)];
    prop_oneof![
        (any::<prop::sample::Index>(), any::<bool>())
            .prop_map(|(which, is_right)| Wish::Verification { which, is_right }),
        (scheme, "[^\\x00]{0,18}", any::<[u8; 16]>()).prop_map(|(scheme, password, salt)| Wish::Hashing {
            scheme,
            password,
            salt
        }),
    ]
}

/// The computation, and what it becomes when it is the only one.
fn granted(wish: &Wish, stored: &[StoredHash]) -> (Computation, String) {
    let scratch = &mut Scratch::new();
    match wish {
        Wish::Verification { which, is_right } => {
            let password = Password::from(if *is_right { PASSWORD } else { "passwore" });
            let hash = which.get(stored);
            let fits = hash.verify(&password, scratch);
            assert_eq!(fits, *is_right);
            (Computation::verification(hash, &password), format!("verified {fits}"))
        }
        Wish::Hashing { scheme, password, salt } => {
            let password = Password::from(password.as_str());
            let alone = scheme.hash(&password, *salt, scratch).unwrap().as_str().to_owned();
            (Computation::hashing(*scheme, &password, *salt).unwrap(), alone)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_batch_of_any_kinds_becomes_what_each_becomes_alone(wishes in prop::collection::vec(wish(), 1..=7)) {
        let stored = stored();
        let (batch, alone): (Vec<_>, Vec<_>) = wishes.iter().map(|wish| granted(wish, &stored)).unzip();
        for kernel in KERNELS {
            prop_assert_eq!(outcomes(&batch, kernel), alone.clone(), "{:?}", kernel);
        }
    }
}
