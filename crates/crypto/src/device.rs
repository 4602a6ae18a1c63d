//! By what is a browser recognised from which somebody has logged in before?
//!
//! After a login it gets a device token, which says which names that login could have been made with:
//!
//! ```text
//! base64url( version (1) ‖ device (16) ‖ issued at (8, milliseconds) ‖ MAC of a name (16) ‖ MAC of another (16) )
//! ```
//!
//! Several people may share a browser: their tokens stand side by side, divided by a dot, the latest first.
//!
//! Invariants
//! - A token names nobody. Whether it is good for a name can be told by the server only, and only for a name that is given.
//! - There are always two MACs: how many names an account has does not show.
//!
//! SECURITY: a token proves nothing but that a login was made with it. It is worth a count of wrong passwords of its own.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;

use crate::mac;
use crate::pseudonym;
use crate::seal::MasterKey;

/// How long a token counts.
pub const LIFETIME: Duration = Duration::from_hours(365 * 24);
/// How many people a browser remembers.
pub const MOST_TOKENS: usize = 4;

const CONTEXT: &str = "portcullis/device-tokens/v1";
const DOMAIN: &str = "portcullis/device-token/v1";
const VERSION: u8 = 1;
const ID_LEN: usize = 16;
const TIME_LEN: usize = 8;
/// 128 bits: whoever forges one has asked the server 2¹²⁷ times.
const TAG_LEN: usize = 16;
const RAW_LEN: usize = 1 + ID_LEN + TIME_LEN + 2 * TAG_LEN;
const TEXT_LEN: usize = (RAW_LEN * 4).div_ceil(3);
const DIVIDER: char = '.';

/// The names of an account, each as its pseudonym. An account has one or two.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// One of them.
    pub one: [u8; pseudonym::LEN],
    /// The other, or the same again.
    pub other: [u8; pseudonym::LEN],
}

/// A browser that was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// What it is counted by.
    pub id: [u8; ID_LEN],
    /// When the login was made, in milliseconds since the Unix epoch.
    pub issued_at_ms: i64,
}

/// The key that authenticates device tokens.
#[derive(Clone)]
pub struct DeviceKey(hmac::Key);

impl DeviceKey {
    /// The key that belongs to a master key.
    pub fn new(master_key: &MasterKey) -> Self {
        let secret = master_key.derive_secret(CONTEXT);
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes()))
    }

    /// The token of a login. `device.id` is random.
    pub fn issue(&self, device: Device, names: &Names) -> DeviceToken {
        let Device { id, issued_at_ms } = device;
        let time = issued_at_ms.to_be_bytes();
        let [one, other] = [&names.one, &names.other].map(|name| self.tag(&id, time, name));
        // Which is which must not show either.
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        // SECURITY: two that are equal would tell that the account has one name.
        let second = if first == second { self.tag(&id, time, &id) } else { second };
        let raw = [&[VERSION][..], &id, &time, &first, &second].concat();
        DeviceToken(URL_SAFE_NO_PAD.encode(raw))
    }

    /// The first of the tokens that was issued for this name and counts at `now_ms`, if there is one.
    pub fn recognise(
        &self,
        tokens: &DeviceTokens,
        name: &[u8; pseudonym::LEN],
        now_ms: i64,
    ) -> Option<Device> {
        tokens.0.iter().find_map(|token| self.open(&token.0, name, now_ms))
    }

    fn open(&self, text: &str, name: &[u8; pseudonym::LEN], now_ms: i64) -> Option<Device> {
        let mut raw = [0; RAW_LEN];
        URL_SAFE_NO_PAD.decode_slice(text, &mut raw).ok().filter(|len| *len == RAW_LEN)?;
        let (version, rest) = raw.split_first()?;
        let (id, rest) = rest.split_first_chunk::<ID_LEN>()?;
        let (time, tags) = rest.split_first_chunk::<TIME_LEN>()?;
        let (first, second) = tags.split_first_chunk::<TAG_LEN>()?;
        let expected = self.tag(id, *time, name);
        // SECURITY: both are compared in any case, in a time that tells nothing.
        let is_good = mac::is_equal(&expected, first) | mac::is_equal(&expected, second);
        let issued_at_ms = i64::from_be_bytes(*time);
        let age_ms = now_ms.saturating_sub(issued_at_ms).max(0).unsigned_abs();
        let is_alive = u128::from(age_ms) <= LIFETIME.as_millis();
        (*version == VERSION && is_good && is_alive).then_some(Device { id: *id, issued_at_ms })
    }

    fn tag(&self, id: &[u8; ID_LEN], time: [u8; TIME_LEN], name: &[u8]) -> [u8; TAG_LEN] {
        let mut tag = [0; TAG_LEN];
        let full = mac::tag(&self.0, DOMAIN, &[&[VERSION], id, &time, name]);
        tag.iter_mut().zip(full).for_each(|(to, from)| *to = from);
        tag
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

/// The text of a device token, for its browser only.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

/// What a browser sends: up to [`MOST_TOKENS`] texts in the form of a token, good or not.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DeviceTokens(Vec<DeviceToken>);

impl DeviceTokens {
    /// Reads a text; what cannot be a token is left out.
    pub fn parse(text: &str) -> Self {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let texts = text.split(DIVIDER).filter(|text| text.len() == TEXT_LEN && text.chars().all(is_plain));
        Self(texts.take(MOST_TOKENS).map(|text| DeviceToken(text.to_owned())).collect())
    }

    /// The same, after a login that got this token. Those that were good for one of its names give way, and the oldest
    /// when there is no room.
    #[must_use]
    pub fn after_login(&self, token: DeviceToken, is_of_same: impl Fn(&Self) -> bool) -> Self {
        let others = self.0.iter().filter(|other| !is_of_same(&Self(vec![(*other).clone()])));
        Self([token].into_iter().chain(others.cloned()).take(MOST_TOKENS).collect())
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text itself.
    pub fn expose(&self) -> String {
        let texts: Vec<&str> = self.0.iter().map(|token| token.0.as_str()).collect();
        texts.join(&DIVIDER.to_string())
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(..)")
    }
}

impl fmt::Debug for DeviceTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceTokens({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;
    const EMAIL: [u8; 16] = [1; 16];
    const USERNAME: [u8; 16] = [2; 16];
    const BOTH: Names = Names { one: EMAIL, other: USERNAME };

    fn key() -> DeviceKey {
        DeviceKey::new(&MasterKey::from_bytes([7; 32]))
    }

    fn device(id: u8) -> Device {
        Device { id: [id; 16], issued_at_ms: NOW_MS }
    }

    fn only(token: DeviceToken) -> DeviceTokens {
        DeviceTokens::default().after_login(token, |_| false)
    }

    #[test]
    fn a_browser_is_recognised_by_each_name_of_the_account_and_by_no_other() {
        let tokens = only(key().issue(device(9), &BOTH));
        for name in [EMAIL, USERNAME] {
            assert_eq!(key().recognise(&tokens, &name, NOW_MS), Some(device(9)));
        }
        assert_eq!(key().recognise(&tokens, &[3; 16], NOW_MS), None);
        let other = DeviceKey::new(&MasterKey::from_bytes([8; 32]));
        assert_eq!(other.recognise(&tokens, &EMAIL, NOW_MS), None);
    }

    #[test]
    fn a_token_counts_for_a_year_and_also_after_the_clock_was_set_back() {
        let tokens = only(key().issue(device(9), &BOTH));
        let year = i64::try_from(LIFETIME.as_millis()).unwrap();
        assert!(key().recognise(&tokens, &EMAIL, NOW_MS + year).is_some());
        assert!(key().recognise(&tokens, &EMAIL, NOW_MS - year).is_some());
        assert_eq!(key().recognise(&tokens, &EMAIL, NOW_MS + year + 1), None);
    }

    #[test]
    fn how_many_names_there_are_does_not_show() {
        let one = key().issue(device(9), &Names { one: EMAIL, other: EMAIL });
        let swapped = key().issue(device(9), &Names { one: USERNAME, other: EMAIL });
        assert_eq!(swapped, key().issue(device(9), &BOTH));
        let raw = URL_SAFE_NO_PAD.decode(&one.0).unwrap();
        assert_eq!(raw.len(), RAW_LEN);
        assert_ne!(raw[25..37], raw[37..]);
        assert!(key().recognise(&only(one), &EMAIL, NOW_MS).is_some());
    }

    #[test]
    fn the_people_of_a_browser_are_remembered_side_by_side_up_to_four_of_them() {
        let mut tokens = DeviceTokens::default();
        for id in 0..6 {
            let name = [id; 16];
            let token = key().issue(device(id), &Names { one: name, other: name });
            tokens = tokens.after_login(token, |_| false);
        }
        tokens = DeviceTokens::parse(&tokens.expose());
        let known: Vec<u8> =
            (0..6).filter(|id| key().recognise(&tokens, &[*id; 16], NOW_MS).is_some()).collect();
        assert_eq!(known, [2, 3, 4, 5]);
        let again = key().issue(device(99), &Names { one: [3; 16], other: [3; 16] });
        let tokens = tokens.after_login(again, |other| key().recognise(other, &[3; 16], NOW_MS).is_some());
        assert_eq!(key().recognise(&tokens, &[3; 16], NOW_MS), Some(device(99)));
        assert_eq!(tokens.0.len(), 4);
        assert!(key().recognise(&tokens, &[2; 16], NOW_MS).is_some());
    }

    #[test]
    fn what_cannot_be_a_token_is_left_out() {
        let good = key().issue(device(9), &BOTH).0;
        for text in
            ["", ".", "x", &good[1..], &format!("{good}A"), &good.replace(good.as_bytes()[9] as char, "=")]
        {
            assert!(DeviceTokens::parse(text).is_empty(), "{text}");
        }
        let many = [good.as_str(); 50].join(".");
        assert_eq!(DeviceTokens::parse(&many).0.len(), MOST_TOKENS);
        assert_eq!(DeviceTokens::parse(&format!("junk.{good}")).expose(), good);
    }

    #[test]
    fn a_token_does_not_print() {
        let token = key().issue(device(9), &BOTH);
        assert_eq!(format!("{token:?} {:?}", only(token.clone())), "DeviceToken(..) DeviceTokens(1)");
    }

    proptest! {
        #[test]
        fn a_changed_bit_is_refused(at in 0..RAW_LEN - TAG_LEN, bit in 0..8_u32) {
            let token = key().issue(device(9), &Names { one: EMAIL, other: EMAIL });
            let mut raw = URL_SAFE_NO_PAD.decode(&token.0).unwrap();
            let (good, changed) = (raw.clone(), raw[at] ^ (1 << bit));
            raw[at] = changed;
            // Of the two MACs one is of no name: whichever it is.
            let is_idle = key().recognise(&only(token), &EMAIL, NOW_MS).is_some() && at >= 25 && {
                let expected = key().tag(&[9; 16], NOW_MS.to_be_bytes(), &EMAIL);
                good[25..25 + TAG_LEN] != expected
            };
            let recognised = key().open(&URL_SAFE_NO_PAD.encode(&raw), &EMAIL, NOW_MS).is_some();
            prop_assert_eq!(recognised, is_idle);
        }
    }
}
