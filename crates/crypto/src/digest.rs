//! What is the short name of something long?

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use zeroize::Zeroizing;

use crate::secret::Password;

/// SHA-256 of `parts` (taken as one message), for the use named `domain`: other domains give other digests.
pub fn sha256(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(&(domain.len() as u64).to_be_bytes());
    context.update(domain.as_bytes());
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// SHA-1 of a password: the name that it has in the lists of breached passwords (Have I Been Pwned).
///
/// SECURITY: it is their format and protects nothing. It is told to nobody as a whole, and never stored.
pub fn name_in_breach_lists(password: &Password) -> Zeroizing<[u8; 20]> {
    sha1(password.expose().as_bytes())
}

/// SHA-1 of a line of a list of passwords, whatever its encoding, for the same use.
pub fn sha1(bytes: &[u8]) -> Zeroizing<[u8; 20]> {
    let mut out = Zeroizing::new([0; 20]);
    let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes);
    out.iter_mut().zip(sum.as_ref()).for_each(|(to, from)| *to = *from);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_the_name_that_the_lists_give_it() {
        let name = |text: &str| hex::encode_upper(*name_in_breach_lists(&Password::from(text)));
        assert_eq!(name("password"), "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
        assert_eq!(name(""), "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709");
    }

    #[test]
    fn the_domain_counts_and_the_border_between_parts_does_not() {
        assert_ne!(sha256("a", &[b"bc"]), sha256("ab", &[b"c"]));
        assert_eq!(sha256("a", &[b"b", b"c"]), sha256("a", &[b"bc"]));
    }
}
