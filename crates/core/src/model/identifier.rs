//! By what is an account found, and when are two spellings the same?
//!
//! An identifier keeps the spelling it was given for display, and a folded *key* for uniqueness and
//! look-up. Folding happens here and nowhere else: no database's idea of case or accents takes part.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The longest address in bytes: RFC 5321 §4.5.3.1.3 allows a path of 256 with its brackets.
const EMAIL_BYTES: usize = 254;
/// The longest part before the `@` in bytes: RFC 5321 §4.5.3.1.1.
const LOCAL_PART_BYTES: usize = 64;
/// The bounds of a username, in characters.
const USERNAME_CHARS: std::ops::RangeInclusive<usize> = 3..=64;

/// The longest folded username, in bytes: what every database can index.
const USERNAME_KEY_BYTES: usize = 255;

/// A text that is either identifier, as a login form sends it.
#[derive(Clone, PartialEq, Eq)]
pub enum Identifier {
    /// An email address.
    Email(Email),
    /// A username.
    Username(Username),
}

impl Identifier {
    /// Reads what a person typed into a login form: with an `@` it is an email address, else a username.
    /// `None` for a text that cannot be either, and therefore belongs to no account.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains('@') {
            Email::parse(text).ok().map(Self::Email)
        } else {
            Username::parse(text).ok().map(Self::Username)
        }
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Personal data stays out of logs.
        f.write_str(match self {
            Self::Email(_) => "Email(…)",
            Self::Username(_) => "Username(…)",
        })
    }
}

/// An email address.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    address: String,
    key: String,
}

impl Email {
    /// Reads an address. White space around it is dropped; nothing else is changed for display.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let address = text.trim();
        if address.is_empty() {
            return Err(EmailError::Empty);
        }
        if address.len() > EMAIL_BYTES {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = address.rsplit_once('@').ok_or(EmailError::NotAnAddress)?;
        if !is_local_part(local) {
            return Err(EmailError::NotAnAddress);
        }
        let domain = fold_domain(domain).ok_or(EmailError::NotAnAddress)?;
        let folded = fold(local);
        // Folding can lengthen a text, and turn a wide @ into a plain one.
        if !is_local_part(&folded) {
            return Err(EmailError::NotAnAddress);
        }
        let key = format!("{folded}@{domain}");
        if key.len() > EMAIL_BYTES {
            return Err(EmailError::TooLong);
        }
        Ok(Self { address: address.to_owned(), key })
    }

    /// Reads what an older system took for an address: any text without control characters, up to 254 bytes. What
    /// [`Email::parse`] reads too has the same key.
    pub fn lenient(text: &str) -> Result<Self, EmailError> {
        Self::parse(text).or_else(|_| {
            let address = text.trim();
            let key = fold(address);
            // SECURITY: what only looks like an address after folding would take the place of who has that one.
            let is_taken_for_another = Self::parse(&key).is_ok();
            match address {
                _ if is_taken_for_another => Err(EmailError::NotAnAddress),
                "" => Err(EmailError::Empty),
                _ if address.len() > EMAIL_BYTES || key.len() > EMAIL_BYTES => Err(EmailError::TooLong),
                _ if address.contains(char::is_control) => Err(EmailError::NotAnAddress),
                _ => Ok(Self { address: address.to_owned(), key }),
            }
        })
    }

    /// An address read back from where it was stored.
    pub fn from_stored(address: String, key: String) -> Self {
        Self { address, key }
    }

    /// The address as its owner writes it.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The address that mails go to: as it is written, unless folding changes more of it than its case.
    ///
    /// SECURITY: accounts are found by the key. A spelling with a letter that only folds to another one (a Kelvin sign, a
    /// wide letter) may be the mailbox of a stranger, who would get the mails of the account.
    #[must_use]
    pub fn mailbox(&self) -> Self {
        let local = |address: &str| address.rsplit_once('@').map(|(local, _)| local.to_owned());
        let (written, folded) = (local(&self.address), local(&self.key));
        let is_same =
            written.zip(folded).is_some_and(|(written, folded)| written.eq_ignore_ascii_case(&folded));
        let address = if is_same { self.address.clone() } else { self.key.clone() };
        Self { address, key: self.key.clone() }
    }

    /// What is unique: two spellings of one mailbox share it.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// Why a text is not an email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// Longer than mail systems take.
    #[error("must be at most 254 bytes long")]
    TooLong,
    /// No `@`, or something odd on either side of it.
    #[error("must be an email address like name@example.com")]
    NotAnAddress,
}

/// A username: 3 to 64 letters, digits and `.` `_` `-` `+`, in any script.
#[derive(Clone, PartialEq, Eq)]
pub struct Username {
    name: String,
    key: String,
}

impl Username {
    /// Reads a username. It has no `@`, so that it is never taken for an email address.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        let chars = text.chars().count();
        if !USERNAME_CHARS.contains(&chars) {
            return Err(UsernameError::Length);
        }
        if !text.chars().all(|c| (c.is_alphanumeric() && !is_invisible(c)) || ".-_+".contains(c)) {
            return Err(UsernameError::Character);
        }
        let key = fold(text);
        if key.len() > USERNAME_KEY_BYTES {
            return Err(UsernameError::Length);
        }
        Ok(Self { name: text.to_owned(), key })
    }

    /// Reads what an older system took for a username: any text without control characters that is not blank, up to
    /// 255 bytes.
    pub fn lenient(text: &str) -> Result<Self, UsernameError> {
        Self::of_any_form(text, fold(text))
    }

    /// The same for a system that tells upper from lower case: only this very spelling is this name.
    pub fn exact(text: &str) -> Result<Self, UsernameError> {
        Self::of_any_form(text, text.to_owned())
    }

    fn of_any_form(text: &str, key: String) -> Result<Self, UsernameError> {
        if text.trim().is_empty() || text.len() > USERNAME_KEY_BYTES || key.len() > USERNAME_KEY_BYTES {
            return Err(UsernameError::Length);
        }
        if text.contains(char::is_control) {
            return Err(UsernameError::Character);
        }
        Ok(Self { name: text.to_owned(), key })
    }

    /// A username read back from where it was stored.
    pub fn from_stored(name: String, key: String) -> Self {
        Self { name, key }
    }

    /// The name as its owner writes it.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// What is unique: spellings that differ in case or width only share it.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Username(…)")
    }
}

/// Why a text is not a username.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// Too short or too long.
    #[error("must be 3 to 64 characters long")]
    Length,
    /// A character that is not allowed.
    #[error("must consist of letters, digits and . _ - +")]
    Character,
}

/// Folds case and compatibility forms: `Ｚoë` and `zoë` are one name, `zoe` is another.
fn fold(text: &str) -> String {
    // The lower case of Σ depends on its place in the word, so both small forms are one.
    let lower = text.nfkc().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c });
    // Lower case can undo normalisation (İ becomes i and a combining dot), hence the second pass.
    lower.nfkc().collect()
}

/// Whether a character leaves no trace on the screen: formatting, joiners, direction marks, variation selectors
/// (the default ignorable code points of Unicode).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_local_part(local: &str) -> bool {
    (1..=LOCAL_PART_BYTES).contains(&local.len())
        // SECURITY: an address that only looks like somebody else's is made for deceiving administrators.
        && !local.chars().any(|c| c.is_control() || is_invisible(c) || c.is_whitespace() || "@<>()[],;:\\\"".contains(c))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

/// The ASCII form of a domain (UTS #46); `None` for what is not a host name.
fn fold_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let fits = !ascii.is_empty() && ascii.len() <= 253 && !ascii.ends_with('.');
    fits.then_some(ascii)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn spellings_of_one_mailbox_share_a_key() {
        let key = |text: &str| Email::parse(text).unwrap().key().to_owned();
        assert_eq!(key("Ada@Example.COM"), key(" ada@example.com "));
        assert_eq!(key("zoë@bücher.example"), key("ZOË@XN--BCHER-KVA.example"));
        assert_ne!(key("zoë@example.com"), key("zoe@example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "", " ", "a", "@b.c", "a@", "a@b@c d", "a b@c.d", "a\0@b.c", "a@b..c", ".a@b.c", "a..b@c.d",
            "a@-b.c", "<a@b.c>",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Email::parse(&format!("{}@b.c", "a".repeat(65))), Err(EmailError::NotAnAddress));
        assert_eq!(Email::parse(&format!("a@{}.c", "b".repeat(260))), Err(EmailError::TooLong));
    }

    #[test]
    fn a_username_folds_case_and_width_but_keeps_accents() {
        let key = |text: &str| Username::parse(text).unwrap().key().to_owned();
        assert_eq!(key("Demo-Lition"), key("demo-lition"));
        assert_eq!(key("Ｚoe"), key("zoe"));
        assert_ne!(key("zoë"), key("zoe"));
        assert_eq!(Username::parse("ab"), Err(UsernameError::Length));
        assert_eq!(Username::parse("a@b.c"), Err(UsernameError::Character));
        assert_eq!(Username::parse("a b c"), Err(UsernameError::Character));
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["İstanbul", "ﬀoo", "ΣΊΣΥΦΟΣ", "straße"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }

    #[test]
    fn a_small_sigma_is_one_letter_wherever_it_stands() {
        assert_eq!(fold("ΟΔΥΣΣΕΥΣ"), fold("οδυσσευς"));
        assert_eq!(Email::parse("ΣΑΣ@x.gr").unwrap().key(), Email::parse("σας@x.gr").unwrap().key());
    }

    #[test]
    fn what_folding_makes_of_a_text_is_checked_too() {
        assert_eq!(Email::parse("a\u{ff20}b@example.com"), Err(EmailError::NotAnAddress));
        assert_eq!(
            Email::parse(&format!("{}@example.com", "\u{fdfa}".repeat(20))),
            Err(EmailError::NotAnAddress)
        );
        assert_eq!(Username::parse(&"\u{fdfa}".repeat(60)), Err(UsernameError::Length));
    }

    #[test]
    fn an_address_with_invisible_characters_is_refused() {
        for text in [
            "a\u{200b}da@example.com",
            "ad\u{ad}a@example.com",
            "\u{202e}ada@example.com",
            "ada\u{fe0f}@example.com",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::NotAnAddress), "{text:?}");
        }
    }

    #[test]
    fn what_older_systems_kept_is_read_and_shares_the_key_of_what_is_read_strictly() {
        assert_eq!(Email::lenient(" Ada@Example.COM").unwrap(), Email::parse(" Ada@Example.COM").unwrap());
        assert_eq!(Email::lenient("Bob").unwrap().key(), "bob");
        assert_eq!(Email::lenient("a\0b"), Err(EmailError::NotAnAddress));
        assert_eq!(Email::lenient(&"x".repeat(255)), Err(EmailError::TooLong));
        assert_eq!(Username::lenient("Ada L").unwrap().key(), "ada l");
        assert_eq!(Username::exact("Ada L").unwrap().key(), "Ada L");
        assert_eq!(Username::exact("a\nb"), Err(UsernameError::Character));
        assert_eq!(Username::exact(""), Err(UsernameError::Length));
        assert_eq!(Username::lenient(" \u{3000}"), Err(UsernameError::Length));
    }

    #[test]
    fn identifiers_do_not_print() {
        let printed =
            format!("{:?} {:?}", Identifier::parse("ada@example.com"), Identifier::parse("adalovelace"));
        assert!(!printed.contains("ada"));
    }
}
