//! How is a message authenticated so that a MAC made for one use can never pass in another?
//!
//! Invariant: the MAC input is the length of the domain, the domain, then the message. Two uses with different
//! domains have no input in common, whatever the message is.

use aws_lc_rs::{constant_time, hmac};

/// Bytes of a truncated MAC: 192 bits, above the 128 that forging must cost.
pub(crate) const SHORT_TAG_LEN: usize = 24;

/// HMAC-SHA-256 of `parts` (taken as one message) under `key` for the use named `domain`.
pub(crate) fn tag(key: &hmac::Key, domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    context.update(&(domain.len() as u64).to_be_bytes());
    context.update(domain.as_bytes());
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    out
}

/// The first [`SHORT_TAG_LEN`] bytes of [`tag`].
pub(crate) fn short_tag(key: &hmac::Key, domain: &str, parts: &[&[u8]]) -> [u8; SHORT_TAG_LEN] {
    let full = tag(key, domain, parts);
    let mut out = [0; SHORT_TAG_LEN];
    for (to, from) in out.iter_mut().zip(full) {
        *to = from;
    }
    out
}

/// Whether two tags are equal, in a time that depends on their lengths only.
pub(crate) fn is_equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_between_domain_and_message_is_authenticated() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        assert_ne!(tag(&key, "ab", &[b"c"]), tag(&key, "a", &[b"bc"]));
        assert_eq!(tag(&key, "a", &[b"b", b"c"]), tag(&key, "a", &[b"bc"]));
    }

    #[test]
    fn another_key_makes_another_tag() {
        let one = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let other = hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]);
        assert!(is_equal(&tag(&one, "a", &[]), &tag(&one, "a", &[])));
        assert!(!is_equal(&tag(&one, "a", &[]), &tag(&other, "a", &[])));
    }
}
