//! What does a refresh token say, and did this server say it?
//!
//! A refresh token is not stored. It states a session and a generation, authenticated by a key of the keyring:
//!
//! ```text
//! pc_rt_ + base64url( key id (4, big-endian) ‖ session (16) ‖ generation (4, big-endian) ‖ MAC (24) )
//! ```
//!
//! Invariants
//! - 48 bytes are exactly 64 characters: a statement has one token, and no character of it can change unnoticed.
//! - Length, prefix and alphabet are checked before any key is looked up, and the MAC before anything is believed.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::mac::{self, SHORT_TAG_LEN};

/// What every native refresh token begins with, so that scanners recognise a leaked one.
pub const PREFIX: &str = "pc_rt_";

const DOMAIN: &str = "portcullis/refresh/v1";
const KEY_ID_LEN: usize = 4;
const SESSION_LEN: usize = 16;
const GENERATION_LEN: usize = 4;
const RAW_LEN: usize = KEY_ID_LEN + SESSION_LEN + GENERATION_LEN + SHORT_TAG_LEN;
const TEXT_LEN: usize = RAW_LEN / 3 * 4;

/// What a refresh token proves: its holder was given this generation of this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Statement {
    /// The session's id.
    pub session: [u8; SESSION_LEN],
    /// Counts the rotations of the session.
    pub generation: u32,
}

/// A key that authenticates refresh tokens.
#[derive(Clone)]
pub struct RefreshKey {
    id: u32,
    mac: hmac::Key,
}

impl RefreshKey {
    /// A key from 32 random bytes. The id stands in every token of the key, in the clear.
    pub fn new(id: u32, secret: &[u8; 32]) -> Self {
        Self { id, mac: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// The id by which a token names this key.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Makes the token of a statement; always the same for the same statement.
    pub fn issue(&self, statement: Statement) -> RefreshToken {
        let [id, generation] = [self.id.to_be_bytes(), statement.generation.to_be_bytes()];
        let tag = self.short_tag(DOMAIN, &[&id, &statement.session, &generation]);
        let raw = Zeroizing::new([&id[..], &statement.session, &generation, &tag].concat());
        let mut text = String::with_capacity(PREFIX.len() + TEXT_LEN);
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(raw.as_slice(), &mut text);
        RefreshToken::new(text)
    }

    pub(crate) fn short_tag(&self, domain: &str, parts: &[&[u8]]) -> [u8; SHORT_TAG_LEN] {
        mac::short_tag(&self.mac, domain, parts)
    }

    pub(crate) fn tag(&self, domain: &str, parts: &[&[u8]]) -> [u8; 32] {
        mac::tag(&self.mac, domain, parts)
    }
}

impl fmt::Debug for RefreshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshKey({:08x})", self.id)
    }
}

/// The text of a refresh token, for its owner only.
#[derive(Clone)]
pub struct RefreshToken(Zeroizing<String>);

impl RefreshToken {
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

/// Reads a token and checks that it was made by the key it names. `key` finds a key by its id; it is not asked for
/// a text that cannot be a token.
///
/// # Errors
/// [`RefreshTokenError`]. A caller need not tell the cases apart to the client.
pub fn open<'k>(
    token: &str,
    key: impl FnOnce(u32) -> Option<&'k RefreshKey>,
) -> Result<Statement, RefreshTokenError> {
    let text = token.strip_prefix(PREFIX).ok_or(RefreshTokenError::Malformed)?;
    if text.len() != TEXT_LEN {
        return Err(RefreshTokenError::Malformed);
    }
    let mut raw = Zeroizing::new([0; RAW_LEN]);
    URL_SAFE_NO_PAD.decode_slice(text, raw.as_mut_slice()).map_err(|_| RefreshTokenError::Malformed)?;
    let (id, session, generation, tag) = split(raw.as_slice()).ok_or(RefreshTokenError::Malformed)?;
    let key = key(u32::from_be_bytes(*id)).ok_or(RefreshTokenError::UnknownKey)?;
    // SECURITY: a comparison that stops at the first difference would let the MAC be guessed byte by byte.
    if !mac::is_equal(&key.short_tag(DOMAIN, &[id, session, generation]), tag) {
        return Err(RefreshTokenError::Forged);
    }
    Ok(Statement { session: *session, generation: u32::from_be_bytes(*generation) })
}

type Fields<'a> = (&'a [u8; KEY_ID_LEN], &'a [u8; SESSION_LEN], &'a [u8; GENERATION_LEN], &'a [u8]);

fn split(raw: &[u8]) -> Option<Fields<'_>> {
    let (id, rest) = raw.split_first_chunk()?;
    let (session, rest) = rest.split_first_chunk()?;
    let (generation, tag) = rest.split_first_chunk()?;
    Some((id, session, generation, tag))
}

/// Why a text is not a refresh token of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefreshTokenError {
    /// Not in the form of a refresh token.
    #[error("not a refresh token")]
    Malformed,
    /// In the form, but of a key that is not there (any more).
    #[error("the refresh token names an unknown key")]
    UnknownKey,
    /// In the form, but not made by the key it names.
    #[error("the refresh token is forged")]
    Forged,
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests"
    )]

    use proptest::prelude::*;

    use super::*;

    fn key() -> RefreshKey {
        RefreshKey::new(0x0102_0304, &[7; 32])
    }

    fn open_with(token: &str, key: &RefreshKey) -> Result<Statement, RefreshTokenError> {
        open(token, |id| (id == key.id()).then_some(key))
    }

    /// The expected text was computed with Python's `hmac`.
    #[test]
    fn the_form_does_not_change_between_versions() {
        let token = key().issue(Statement { session: [0x11; 16], generation: 5 });
        assert_eq!(token.expose().len(), 70);
        assert_eq!(token.expose(), "pc_rt_AQIDBBEREREREREREREREREREREAAAAF_dNilWvHpddJ5Sl9hi9KoMG4PHpxySmq");
    }

    #[test]
    fn junk_is_refused_before_a_key_is_looked_up() {
        let good = key().issue(Statement { session: [1; 16], generation: 1 });
        let good = good.expose();
        for junk in [
            String::new(),
            "pc_rt_".to_owned(),
            good[..69].to_owned(),
            format!("{good}A"),
            format!("{good}="),
            format!(" {}", &good[1..]),
            good.replace("pc_rt_", "pc_at_"),
            format!("{}+", &good[..69]),
            format!("{}\u{e9}", &good[..68]),
            good.to_uppercase(),
        ] {
            let opened = open(&junk, |_| panic!("looked up a key for {junk:?}"));
            assert_eq!(opened, Err(RefreshTokenError::Malformed), "{junk:?}");
        }
    }

    #[test]
    fn a_token_of_another_key_is_refused() {
        let token = key().issue(Statement { session: [1; 16], generation: 1 });
        let same_id = RefreshKey::new(key().id(), &[8; 32]);
        assert_eq!(open_with(token.expose(), &same_id), Err(RefreshTokenError::Forged));
        let other_id = RefreshKey::new(9, &[7; 32]);
        assert_eq!(open_with(token.expose(), &other_id), Err(RefreshTokenError::UnknownKey));
    }

    #[test]
    fn neither_key_nor_token_prints() {
        assert_eq!(format!("{:?}", key()), "RefreshKey(01020304)");
        let token = key().issue(Statement { session: [1; 16], generation: 1 });
        assert_eq!(format!("{token:?}"), "RefreshToken(..)");
    }

    proptest! {
        #[test]
        fn a_statement_comes_back(session: [u8; 16], generation: u32) {
            let statement = Statement { session, generation };
            prop_assert_eq!(open_with(key().issue(statement).expose(), &key()), Ok(statement));
        }

        #[test]
        fn any_single_changed_character_is_refused(session: [u8; 16], generation: u32, by in "[A-Za-z0-9_-]") {
            let key = key();
            let good = key.issue(Statement { session, generation });
            for at in 0..good.expose().len() {
                let mut changed = good.expose().to_owned();
                changed.replace_range(at..=at, &by);
                if changed != good.expose() {
                    prop_assert!(open(&changed, |_| Some(&key)).is_err(), "{}", changed);
                }
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String, body in "[A-Za-z0-9_-]{64}") {
            let key = key();
            prop_assert!(open_with(&text, &key).is_err());
            let random = format!("{PREFIX}{body}");
            prop_assert!(open(&random, |_| Some(&key)).is_err());
        }
    }
}
