//! What is the short name of something long?

use aws_lc_rs::digest::{Context, SHA256};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_counts_and_the_border_between_parts_does_not() {
        assert_ne!(sha256("a", &[b"bc"]), sha256("ab", &[b"c"]));
        assert_eq!(sha256("a", &[b"b", b"c"]), sha256("a", &[b"bc"]));
    }
}
