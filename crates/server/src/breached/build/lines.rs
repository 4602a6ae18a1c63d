//! What does a line of a list of breached passwords say?

use portcullis_core::crypto::digest;

use super::ListForm;
use super::filter::key_of;

/// Hexadecimal digits of a SHA-1, and of the part of it that is the key.
const SHA1_DIGITS: usize = 40;
const KEY_DIGITS: usize = 16;
/// Hexadecimal digits of an NTLM hash, of which there are such lists too.
const NTLM_DIGITS: usize = 32;

/// A line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// There is nothing in it.
    Empty,
    /// A password that was not seen often enough.
    TooSeldom,
    /// A password.
    Key(u64),
}

/// Reads a line, with its end or without.
pub(super) fn read(line: &[u8], form: ListForm) -> Result<Line, &'static str> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Ok(Line::Empty);
    }
    match form {
        // Whatever its encoding is: those who tried the password sent these bytes.
        ListForm::Plain => Ok(Line::Key(key_of(&digest::sha1(line)))),
        ListForm::Hashes { min_count } => hash(line, min_count),
    }
}

fn hash(line: &[u8], min_count: u64) -> Result<Line, &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| NO_HASH)?;
    // Some programs begin a text with a mark of its encoding.
    let line = line.strip_prefix('\u{feff}').unwrap_or(line).trim_end();
    let (digits, count) = line.split_once(':').map_or((line, None), |(digits, count)| (digits, Some(count)));
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match digits.len() {
        SHA1_DIGITS if is_hex => {}
        NTLM_DIGITS if is_hex => return Err("it has an NTLM hash; take the list with SHA-1"),
        _ => return Err(NO_HASH),
    }
    let count = count.map_or(Ok(1), |count| count.trim().parse::<u64>());
    if count.map_err(|_| "what follows the colon is no number")? < min_count {
        return Ok(Line::TooSeldom);
    }
    let key = digits.get(..KEY_DIGITS).and_then(|digits| u64::from_str_radix(digits, 16).ok());
    key.map(Line::Key).ok_or(NO_HASH)
}

const NO_HASH: &str =
    "it does not begin with the 40 hexadecimal digits of a SHA-1; give --plain for a list of passwords";

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
    const KEY: u64 = 0x5BAA_61E4_C9B9_3F3F;

    fn line(text: &str, min_count: u64) -> Result<Line, &'static str> {
        read(text.as_bytes(), ListForm::Hashes { min_count })
    }

    #[test]
    fn a_hash_is_read_with_its_count_or_without_in_either_case() {
        for text in
            [SHA1.into(), format!("{SHA1}:9\r\n"), format!("\u{feff}{SHA1}:9 \n"), SHA1.to_lowercase()]
        {
            assert_eq!(line(&text, 1), Ok(Line::Key(KEY)), "{text}");
        }
        assert_eq!(line("\r\n", 1), Ok(Line::Empty));
    }

    #[test]
    fn what_was_seen_too_seldom_is_left_out() {
        assert_eq!(line(&format!("{SHA1}:9"), 9), Ok(Line::Key(KEY)));
        assert_eq!(line(&format!("{SHA1}:9"), 10), Ok(Line::TooSeldom));
        assert_eq!(line(SHA1, 2), Ok(Line::TooSeldom));
    }

    #[test]
    fn what_is_no_hash_is_told_with_what_to_do() {
        assert!(line("password", 1).is_err_and(|why| why.contains("--plain")));
        assert!(line(&format!("{SHA1}0:1"), 1).is_err_and(|why| why.contains("--plain")));
        assert!(line("8846F7EAEE8FB117AD06BDD830B7586C:1", 1).is_err_and(|why| why.contains("NTLM")));
        assert!(line(&format!("{SHA1}:many"), 1).is_err_and(|why| why.contains("colon")));
        assert!(read(&[0xff; 40], ListForm::Hashes { min_count: 1 }).is_err());
    }

    #[test]
    fn a_plain_password_keeps_its_blanks_and_bytes() {
        let plain = |bytes: &[u8]| read(bytes, ListForm::Plain);
        assert_eq!(plain(b"password\n"), Ok(Line::Key(KEY)));
        assert_ne!(plain(b" password\n"), plain(b"password\n"));
        assert!(matches!(plain(&[0xe9, b'\r', b'\n']), Ok(Line::Key(_))));
        assert_eq!(plain(b"\n"), Ok(Line::Empty));
    }
}
