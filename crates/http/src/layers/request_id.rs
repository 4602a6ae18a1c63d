//! How is a request named, so that its answer and its lines in the log find each other?

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

/// The header that the name travels in.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest name that is taken from a proxy.
const MAX_BYTES: usize = 64;

/// Makes names: some random characters that tell processes apart, and a number.
pub(crate) struct RequestIds {
    prefix: String,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(random: [u8; 6]) -> Self {
        let mut prefix = String::new();
        for byte in random {
            // Writing to a string does not fail.
            let _ = write!(prefix, "{byte:02x}");
        }
        Self { prefix, next: AtomicU64::new(1) }
    }

    /// A name that no other request has.
    pub(crate) fn make(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut name = String::with_capacity(self.prefix.len() + 1 + 16);
        name.push_str(&self.prefix);
        let _ = write!(name, "-{number:x}");
        HeaderValue::from_maybe_shared(Bytes::from(name)).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

/// The name that a trusted proxy gave the request, if it is one.
///
/// SECURITY: it goes into logs and answers, so a free text could forge lines in either.
pub(crate) fn given(value: Option<&HeaderValue>) -> Option<HeaderValue> {
    let value = value?;
    let bytes = value.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    ((1..=MAX_BYTES).contains(&bytes.len()) && bytes.iter().all(plain)).then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_a_name_of_its_own_that_a_proxy_could_pass_on() {
        let ids = RequestIds::new([0, 1, 2, 3, 4, 0xff]);
        let (first, second) = (ids.make(), ids.make());
        assert_eq!(first, "0001020304ff-1");
        assert_eq!(second, "0001020304ff-2");
        assert_eq!(given(Some(&first)), Some(first));
    }

    #[test]
    fn a_name_with_anything_odd_in_it_is_not_taken() {
        let of = |text: &str| given(HeaderValue::from_str(text).ok().as_ref());
        assert!(of("a.B_c-9").is_some());
        assert!(of(&"x".repeat(64)).is_some());
        for odd in ["", "a b", "a\"b", "a;b", "ä", &"x".repeat(65)] {
            assert!(of(odd).is_none(), "{odd}");
        }
        assert!(given(None).is_none());
    }
}
