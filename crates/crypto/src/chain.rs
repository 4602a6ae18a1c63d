//! How is a log sealed so that nobody changes what stands in it, or takes something out, without being seen?
//!
//! Each entry has a tag over its place, the tag before it and its content. Whoever can write to the log and does not know
//! the key can neither make a tag nor leave one out.

use aws_lc_rs::hmac;
use secrecy::ExposeSecret;

use crate::mac;
use crate::seal::MasterKey;

const DOMAIN: &str = "portcullis/audit-chain/v1";
const CONTEXT: &str = "audit-chain";

const DOMAIN_OF_CUT: &str = "portcullis/audit-chain-cut/v1";
const DOMAIN_OF_ID: &str = "portcullis/audit-chain-id/v1";

/// Bytes of a tag.
pub const TAG_LEN: usize = 32;
/// Bytes of the id of a key.
pub const KEY_ID_LEN: usize = 4;

/// The key that a chain is made with: another for every master key.
#[derive(Clone)]
pub struct ChainKey {
    key: hmac::Key,
    id: [u8; KEY_ID_LEN],
}

/// Where a tag belongs.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The number of the entry, from 1.
    pub number: u64,
    /// The tag before it, with whatever belongs to that; empty for the first one.
    pub previous: &'a [u8],
    /// The entry in the one form that it has.
    pub entry: &'a [u8],
}

impl ChainKey {
    /// The key that follows from a master key.
    pub fn of(master_key: &MasterKey) -> Self {
        let secret = master_key.derive_secret(CONTEXT);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        let mut id = [0; KEY_ID_LEN];
        id.iter_mut().zip(mac::tag(&key, DOMAIN_OF_ID, &[])).for_each(|(to, from)| *to = from);
        Self { key, id }
    }

    /// What tells it from other keys. Tells nothing about it.
    pub const fn id(&self) -> [u8; KEY_ID_LEN] {
        self.id
    }

    /// The tag of an entry: HMAC-SHA-256.
    pub fn tag(&self, link: Link<'_>) -> [u8; TAG_LEN] {
        let Link { number, previous, entry } = link;
        let length = (previous.len() as u64).to_be_bytes();
        mac::tag(&self.key, DOMAIN, &[&number.to_be_bytes(), &length, previous, entry])
    }

    /// Whether that is the tag of an entry, in a time that tells nothing of it.
    pub fn is_tag(&self, link: Link<'_>, tag: &[u8]) -> bool {
        mac::is_equal(&self.tag(link), tag)
    }

    /// What proves that who knows the key has cut off the beginning, up to an entry and with it: HMAC-SHA-256 over the
    /// number of that entry and what it was sealed with.
    pub fn tag_of_cut(&self, number: u64, seal: &[u8]) -> [u8; TAG_LEN] {
        mac::tag(&self.key, DOMAIN_OF_CUT, &[&number.to_be_bytes(), seal])
    }

    /// Whether that proves it, in a time that tells nothing of it.
    pub fn is_tag_of_cut(&self, number: u64, seal: &[u8], tag: &[u8]) -> bool {
        mac::is_equal(&self.tag_of_cut(number, seal), tag)
    }
}

impl std::fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link<'_> = Link { number: 7, previous: b"before", entry: b"entry" };

    fn key(byte: u8) -> ChainKey {
        ChainKey::of(&MasterKey::from_bytes([byte; 32]))
    }

    #[test]
    fn a_tag_holds_for_its_place_its_predecessor_its_entry_and_its_key() {
        let tag = key(7).tag(LINK);
        assert!(key(7).is_tag(LINK, &tag));
        assert!(!key(8).is_tag(LINK, &tag));
        assert!(!key(7).is_tag(Link { number: 8, ..LINK }, &tag));
        assert!(!key(7).is_tag(Link { previous: b"", ..LINK }, &tag));
        assert!(!key(7).is_tag(Link { entry: b"entrz", ..LINK }, &tag));
        assert!(
            !key(7).is_tag(Link { previous: b"beforee", entry: b"ntry", ..LINK }, &tag),
            "the border counts"
        );
        assert!(!key(7).is_tag(LINK, &tag[..31]));
    }

    /// The expected bytes were computed with the `hmac` and `hashlib` modules of Python, by the definition of HKDF
    /// (RFC 5869).
    #[test]
    fn the_form_does_not_change_between_versions() {
        assert_eq!(
            hex::encode(key(7).tag(LINK)),
            "8f13c10353cd43f5d09104b613a706fe279f12f85fced270a5a024c9f5a7a243"
        );
    }

    #[test]
    fn a_cut_is_proved_for_its_place_its_seal_and_its_key() {
        let tag = key(7).tag_of_cut(7, b"seal");
        assert!(key(7).is_tag_of_cut(7, b"seal", &tag));
        assert!(!key(8).is_tag_of_cut(7, b"seal", &tag));
        assert!(!key(7).is_tag_of_cut(8, b"seal", &tag));
        assert!(!key(7).is_tag_of_cut(7, b"sea", &tag));
        assert!(!key(7).is_tag_of_cut(7, b"seal", &tag[..31]));
        assert_ne!(tag, key(7).tag(Link { number: 7, previous: b"", entry: b"seal" }));
    }

    #[test]
    fn a_key_is_known_by_its_id() {
        assert_eq!(key(7).id(), key(7).id());
        assert_ne!(key(7).id(), key(8).id());
    }

    #[test]
    fn a_chain_key_does_not_print() {
        assert_eq!(format!("{:?}", key(7)), "ChainKey(..)");
    }
}
