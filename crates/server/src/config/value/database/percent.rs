//! How do a user, a password or a name stand in a URL (RFC 3986 §2.1)?

use super::super::Refusal;

/// What to do about a character that means something else in a URL.
pub(super) const ADVICE: &str =
    "in a password write `@` as `%40`, `/` as `%2F`, `#` as `%23`, `?` as `%3F` and `%` as `%25`";

/// The text that a part of a URL stands for. `part` is what the refusal calls it.
pub(super) fn decode(text: &str, part: &str) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return Err(Refusal::with_fix(
                format!("has a `%` in its {part} that is not followed by two hexadecimal digits"),
                ADVICE,
            ));
        };
        bytes.push(high << 4 | low);
    }
    let decoded = String::from_utf8(bytes).ok().filter(|decoded| !decoded.contains('\0'));
    decoded.ok_or_else(|| {
        Refusal::with_fix(format!("has percent-codes in its {part} that are not a text in UTF-8"), ADVICE)
    })
}

fn digit(byte: Option<u8>) -> Option<u8> {
    char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The part of a URL that stands for a text.
pub(super) fn encode(text: &str) -> String {
    let code = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(code).collect()
}
