#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn computed(jobs: &[Job], kernel: BcryptKernel) -> Vec<Digest> {
    digests(&jobs.iter().collect::<Vec<_>>(), kernel)
}

fn accepts(encoded: &str, password: &[u8]) -> bool {
    Hash::parse(encoded).expect("parses").verify(password)
}

/// The self-test table of openwall's `crypt_blowfish` (`wrapper.c`), public domain.
fn vectors_of_crypt_blowfish() -> Vec<(&'static str, Vec<u8>)> {
    let past_72 = [&[0xaa; 72][..], b"chars after 72 are ignored as usual"].concat();
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\
        0123456789chars after 72 are ignored";
    let vectors: &[(&str, &[u8])] = &[
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", b"U*U"),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", b"U*U*"),
        ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", b"U*U*U"),
        ("$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", digits),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xff\xff\xa3"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xa3"),
        ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xff\xff\xa3"),
        ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", b"\xa3"),
        ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", b"\xa3"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi", b"\xff\xa334\xff\xff\xff\xa3345"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi", b"1\xa3345"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.6IflQkJytoRVc1yuaNtHfiuq.FRlSIS", b"\xa3ab"),
        ("$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS", b"\xd1\x91"),
        ("$2x$05$6bNw2HLQYeqHYyBfLMsv/O9LIGgn8OMzuDoHfof8AQimSGfcSWxnS", b"\xd0\xc1\xd2\xcf\xcc\xd8"),
        ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6", &past_72),
        ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.R9xrDjiycxMbQE2bp.vgqlYpW5wx2yy", &[0xaa, 0x55].repeat(36)),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", b""),
    ];
    vectors.iter().map(|(encoded, password)| (*encoded, password.to_vec())).collect()
}

/// `TestBCrypt.java` of jBCrypt, cost 6.
const VECTORS_OF_JBCRYPT: [(&str, &str); 5] = [
    ("$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", ""),
    ("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a"),
    ("$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", "abc"),
    ("$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC", "abcdefghijklmnopqrstuvwxyz"),
    ("$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO", "~!@#$%^&*()      ~!@#$%^&*()PNBFRD"),
];

#[test]
fn the_vectors_of_crypt_blowfish_match() {
    for (encoded, password) in vectors_of_crypt_blowfish() {
        assert!(accepts(encoded, &password), "{encoded}");
    }
    assert!(!accepts("$2y$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS", b"\xd1\x91"));
}

#[test]
fn the_vectors_of_jbcrypt_match() {
    for (encoded, password) in VECTORS_OF_JBCRYPT {
        assert!(accepts(encoded, password.as_bytes()), "{encoded}");
        assert!(!accepts(encoded, format!("{password}x").as_bytes()), "{encoded}");
    }
}

/// Made by libxcrypt 4.4.
#[test]
fn the_sign_extension_bug_is_imitated_across_the_words_of_the_key() {
    let umlauts = "p\u{e4}ssw\u{f6}rt \u{1f980}".as_bytes();
    assert!(accepts("$2x$04$6bNw2HLQYeqHYyBfLMsv/OivxyAQEgm6Ncj7nTnqJ.m/6GUrms.xu", umlauts));
    let long = "\u{e4}".repeat(40);
    assert!(accepts("$2x$04$6bNw2HLQYeqHYyBfLMsv/OGdqDb6uLtJ3e3MTQd.TYISTaRDq787i", long.as_bytes()));
    let last = "xyz\u{e4}".as_bytes();
    assert!(accepts("$2x$04$6bNw2HLQYeqHYyBfLMsv/Ox33.yQOMXFPjR78DrwXTayxlQ2rbVIq", last));
}

/// Made by bcryptjs 3.0.3.
#[test]
fn nul_bytes_and_long_passwords_count_as_in_bcryptjs() {
    let a = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuu";
    assert!(accepts(a, b"a"));
    assert!(accepts(a, b"a\0a"));
    assert!(!accepts(a, b"a\0b"));
    assert!(accepts("$2b$04$CCCCCCCCCCCCCCCCCCCCC.flu1Gv69OE8XQBS4Bm1aHA6o5dN4y3.", b"a\0b"));
    let empty = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.Cg0ly9t/KVBCBYYDfOmZKwry9JuXClC";
    assert!(accepts(empty, b"") && accepts(empty, b"\0"));
    let full = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.ug0A3dTXhy5U.dFjx/qguZ8I4CB77BC";
    assert!(accepts(full, &[b'x'; 72]) && accepts(full, &[b'x'; 300]) && !accepts(full, &[b'x'; 71]));
    assert!(accepts("$2b$04$CCCCCCCCCCCCCCCCCCCCC.mwrsLq6gtszNEQrpvY85c8XKy5rgdwW", &[b'x'; 71]));
    let umlauts = "p\u{e4}ssw\u{f6}rd \u{2713}".as_bytes();
    assert!(accepts("$2b$04$CCCCCCCCCCCCCCCCCCCCC.htuS2uEHHpp3iDfo2HLUjr/PGhanmaK", umlauts));
    let cyrillic = "\u{436}".repeat(40);
    assert!(accepts("$2b$04$CCCCCCCCCCCCCCCCCCCCC.6UqpEmwjodP3Frk6YYKQHemM8qk4DGi", cyrillic.as_bytes()));
}

#[test]
fn only_the_canonical_text_is_read() {
    let good = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuu";
    assert!(Hash::parse(good).is_ok());
    let stray_hash_bits = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuv";
    let stray_salt_bits = "$2b$04$CCCCCCCCCCCCCCCCCCCCC/f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuu";
    let malformed = [
        &good[..59],
        stray_hash_bits,
        stray_salt_bits,
        &good.replace("$04$", "$+4$"),
        &good.replace("$04$", "$04."),
    ];
    for wrong in malformed {
        assert_eq!(Hash::parse(wrong).err(), Some(HashFormatError::Malformed), "{wrong}");
    }
    for unknown in ["$2c$", "$2$", "$2", "$2B$"] {
        let text = format!("{unknown}{}", &good[4..]);
        assert_eq!(Hash::parse(&text).err(), Some(HashFormatError::Unknown), "{text}");
    }
    assert_eq!(Hash::parse(&good.replace("$04$", "$03$")).err(), Some(HashFormatError::Malformed));
    let expensive = HashFormatError::TooExpensive { parameter: "bcrypt cost", value: 15, limit: 14 };
    assert_eq!(Hash::parse(&good.replace("$04$", "$15$")).err(), Some(expensive));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_bug_changes_nothing_for_ascii(password in "[\\x01-\\x7f]{0,80}") {
        let bytes = password.as_bytes();
        prop_assert_eq!(Variant::SignExtended.key(bytes), Variant::Correct.key(bytes));
    }

    #[test]
    fn what_is_made_equals_what_the_bcrypt_crate_makes(
        password in prop::collection::vec(any::<u8>(), 0..=71), salt: [u8; 16],
    ) {
        let theirs = ::bcrypt::hash_with_salt(&password, 4, salt).unwrap();
        prop_assert_eq!(Hash::make(&password, 4, salt).encode(), theirs.format_for_version(::bcrypt::Version::TwoB));
    }
}

/// In every place among one, two and three, beside jobs of the same cost.
#[test]
fn the_published_vectors_match_in_every_lane() {
    let of_jbcrypt = VECTORS_OF_JBCRYPT.map(|(encoded, password)| (encoded, password.as_bytes().to_vec()));
    for (encoded, password) in vectors_of_crypt_blowfish().into_iter().chain(of_jbcrypt) {
        let stored = Hash::parse(encoded).unwrap();
        for count in 1..=LANES_MAX {
            for place in 0..count {
                let mut jobs: Vec<Job> = (1..count)
                    .map(|other| {
                        Job::new(b"of somebody else", stored.cost, [u8::try_from(other).unwrap(); 16])
                    })
                    .collect();
                jobs.insert(place, stored.job(&password));
                let digests = computed(&jobs, BcryptKernel::Interleaved);
                assert!(stored.has(&digests[place]), "{encoded} in lane {place} of {count}");
                assert_eq!(digests.iter().filter(|digest| stored.has(digest)).count(), 1);
            }
        }
    }
}

#[test]
fn neighbours_with_the_same_password_or_the_same_salt_stay_apart() {
    let job = |password: &[u8], salt| Job::new(password, 4, [salt; 16]);
    let jobs = [job(b"same", 1), job(b"same", 2), job(b"other", 2), job(b"same", 1)];
    let digests = computed(&jobs, BcryptKernel::Interleaved);
    assert_eq!(digests[0], digests[3]);
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        assert_ne!(digests[one], digests[other]);
    }
}

/// Password, salt, whether it is a `$2x$`, and cost.
type Seed = (Vec<u8>, [u8; SALT_LEN], bool, u32);

fn seed() -> impl Strategy<Value = Seed> {
    let byte = prop_oneof![1 => Just(0), 6 => any::<u8>()];
    (prop::collection::vec(byte, 0..=80), any::<[u8; SALT_LEN]>(), any::<bool>(), 4..=6_u32)
}

fn job((password, salt, is_2x, cost): &Seed) -> Job {
    let variant = if *is_2x { Variant::SignExtended } else { Variant::Correct };
    Job { key: variant.key(password), cost: *cost, salt: *salt }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_kernel_computes_what_the_bcrypt_crate_computes(seeds in prop::collection::vec(seed(), 1..=7)) {
        let mut jobs: Vec<Job> = seeds.iter().map(job).collect();
        let theirs = computed(&jobs, BcryptKernel::Library);
        prop_assert_eq!(computed(&jobs, BcryptKernel::Interleaved), theirs);
        jobs.sort_by_key(Job::cost);
        let theirs = computed(&jobs, BcryptKernel::Library);
        prop_assert_eq!(computed(&jobs, BcryptKernel::Interleaved), theirs);
    }

    #[test]
    fn a_lane_does_not_depend_on_its_neighbours(one in seed(), two in seed(), three in seed()) {
        let [one, two, three] = [one, two, three].map(|seed| job(&seed));
        let [alone] = lane_digests([&one], 4);
        let [_, in_the_middle, _] = lane_digests([&two, &one, &three], 4);
        let [_, at_the_end] = lane_digests([&three, &one], 4);
        prop_assert_eq!(&in_the_middle, &alone);
        prop_assert_eq!(&at_the_end, &alone);
    }

    #[test]
    fn the_key_is_the_password_and_a_nul_repeated(password in prop::collection::vec(any::<u8>(), 0..=80)) {
        let mut repeated = password.clone();
        repeated.push(0);
        let bytes: Vec<u8> = Variant::Correct.key(&password).iter().flat_map(|word| word.to_be_bytes()).collect();
        prop_assert_eq!(bytes, repeated.repeat(72)[..72].to_vec());
    }
}
