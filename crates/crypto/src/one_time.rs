//! What does a mail carry that proves that its mailbox was read?
//!
//! ```text
//! token   pc_ot_ base64url( HMAC-SHA-256 of the id, under a key of the server )     49 characters, 256 bits
//! code    XXXX-XXXX                                                                 40 bits, for people who type
//! ```
//!
//! Invariants
//! - Both follow from the id of the token and a key that is not in the database: a mail that is sent twice carries the
//!   same ones, and until it is sent nothing is stored that they can be read from.
//! - What is stored of a token is its SHA-256 (256 random bits need no more), of a code a MAC: 40 bits could be tried.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use crate::digest;
use crate::mac;
use crate::seal::MasterKey;

/// What a token begins with, so that scanners find those that leaked.
pub const PREFIX: &str = "pc_ot_";
/// Bytes of a stored digest.
pub const DIGEST_LEN: usize = 32;
/// Characters of a code, without the hyphen.
pub const CODE_LEN: usize = 8;

const CONTEXT: &str = "portcullis/one-time-tokens/v1";
const TOKEN: &str = "portcullis/one-time-token/v1";
const CODE: &str = "portcullis/one-time-code/v1";
const STORED_TOKEN: &str = "portcullis/stored-one-time-token/v1";
const STORED_CODE: &str = "portcullis/stored-one-time-code/v1";
/// Crockford's base 32: no letter that looks like a digit, and no U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What is stored of a token or a code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; DIGEST_LEN]);

impl Digest {
    /// A digest read back from where it was stored.
    pub const fn from_stored(bytes: [u8; DIGEST_LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; DIGEST_LEN] {
        &self.0
    }

    /// Whether both are equal, in a time that tells nothing.
    pub fn is(&self, other: &Self) -> bool {
        mac::is_equal(&self.0, &other.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// The text of a one-time token, for its mailbox only.
#[derive(Clone)]
pub struct OneTimeToken(Zeroizing<String>);

impl OneTimeToken {
    /// Reads a text that somebody sent; `None` when it cannot be a token.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(PREFIX)?;
        let mut raw = [0; DIGEST_LEN];
        URL_SAFE_NO_PAD.decode_slice(random, &mut raw).ok().filter(|len| *len == raw.len())?;
        Some(Self(Zeroizing::new(text.to_owned())))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn digest(&self) -> Digest {
        Digest(digest::sha256(STORED_TOKEN, &[self.0.as_bytes()]))
    }
}

impl fmt::Debug for OneTimeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeToken(..)")
    }
}

/// A code, for people who type it: [`CODE_LEN`] characters.
#[derive(Clone)]
pub struct OneTimeCode(Zeroizing<String>);

impl OneTimeCode {
    /// Reads what somebody typed: in any case, with spaces and hyphens, a letter O for the digit 0 and an I or L for the
    /// digit 1. `None` when it cannot be a code.
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = Zeroizing::new(String::with_capacity(CODE_LEN));
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let is_known = u8::try_from(c).is_ok_and(|byte| ALPHABET.contains(&byte));
            if !is_known || code.len() == CODE_LEN {
                return None;
            }
            code.push(c);
        }
        (code.len() == CODE_LEN).then_some(Self(code))
    }

    /// As a person reads it: two groups of four.
    pub fn expose_in_groups(&self) -> String {
        let (one, other) = self.0.split_at(CODE_LEN / 2);
        format!("{one}-{other}")
    }

    /// The bare characters.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(..)")
    }
}

/// The key that one-time tokens and codes follow from.
#[derive(Clone)]
pub struct OneTimeKey(hmac::Key);

impl OneTimeKey {
    /// The key that belongs to a master key.
    pub fn new(master_key: &MasterKey) -> Self {
        let secret = master_key.derive_secret(CONTEXT);
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes()))
    }

    /// The token of that id.
    pub fn token(&self, id: &[u8; 16]) -> OneTimeToken {
        let secret = Zeroizing::new(mac::tag(&self.0, TOKEN, &[id]));
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 43));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(secret.as_slice(), &mut text);
        OneTimeToken(text)
    }

    /// The code of that id.
    pub fn code(&self, id: &[u8; 16]) -> OneTimeCode {
        let secret = Zeroizing::new(mac::tag(&self.0, CODE, &[id]));
        let symbol = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from);
        OneTimeCode(Zeroizing::new(secret.iter().take(CODE_LEN).map(symbol).collect()))
    }

    /// What is stored of a code that was sent to the mailbox of that key for that purpose.
    pub fn code_digest(&self, purpose: &str, email_key: &str, code: &OneTimeCode) -> Digest {
        let border: &[u8] = b"\0";
        let parts = [purpose.as_bytes(), border, email_key.as_bytes(), border, code.0.as_bytes()];
        Digest(mac::tag(&self.0, STORED_CODE, &parts))
    }
}

impl fmt::Debug for OneTimeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeKey(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// A key of a master key of its own.
    fn key(name: char) -> OneTimeKey {
        let hex = "8f3c1a5be07742d9961f0b6e2ad4c783519e6fb07d2c48a3e1905bd6f72a8c4";
        OneTimeKey::new(&MasterKey::from_hex(&format!("{hex}{name}")).unwrap())
    }

    #[test]
    fn a_token_follows_from_its_id_and_the_master_key_alone() {
        let text = |key: &OneTimeKey, id: u8| key.token(&[id; 16]).expose().to_owned();
        assert_eq!(text(&key('a'), 1), text(&key('a'), 1));
        assert_ne!(text(&key('a'), 1), text(&key('a'), 2));
        assert_ne!(text(&key('a'), 1), text(&key('b'), 1));
        assert_eq!(text(&key('a'), 1).len(), 49);
    }

    #[test]
    fn a_token_that_was_sent_is_known_by_its_digest() {
        let sent = key('a').token(&[1; 16]);
        let back = OneTimeToken::parse(sent.expose()).unwrap();
        assert!(back.digest().is(&sent.digest()));
        assert!(!key('a').token(&[2; 16]).digest().is(&sent.digest()));
        for odd in ["", "pc_ot_", "pc_ot_abc", &sent.expose()[1..], &format!("{}A", sent.expose())] {
            assert!(OneTimeToken::parse(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = key('a').code(&[1; 16]);
        let read = |text: &str| OneTimeCode::parse(text).map(|code| code.expose().to_owned());
        for typed in [
            code.expose_in_groups(),
            code.expose().to_lowercase(),
            format!(" {} ", code.expose_in_groups().replace('-', " ")),
            code.expose().replace('0', "o").replace('1', "L"),
        ] {
            assert_eq!(read(&typed).as_deref(), Some(code.expose()), "{typed}");
        }
        for odd in ["", "1234567", "123456789", "ABCDEFGU", "ABCDEFGÄ"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_code_is_good_for_one_purpose_and_one_mailbox() {
        let (key, code) = (key('a'), key('a').code(&[1; 16]));
        let stored = key.code_digest("verify_email", "a@example.com", &code);
        assert!(stored.is(&key.code_digest("verify_email", "a@example.com", &code)));
        assert!(!stored.is(&key.code_digest("register", "a@example.com", &code)));
        assert!(!stored.is(&key.code_digest("verify_email", "b@example.com", &code)));
    }

    #[test]
    fn none_of_them_prints() {
        let key = key('a');
        let printed = format!(
            "{key:?} {:?} {:?} {:?}",
            key.token(&[1; 16]),
            key.code(&[1; 16]),
            key.token(&[1; 16]).digest()
        );
        assert_eq!(printed, "OneTimeKey(..) OneTimeToken(..) OneTimeCode(..) Digest(..)");
    }
}
