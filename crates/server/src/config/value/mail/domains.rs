//! Which domains of mail addresses does a list name?

use std::collections::BTreeSet;

use portcullis_core::model::Email;

use super::super::{Refusal, Value, members};

/// Domains of mail addresses, in the form in which addresses are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailDomains(pub(crate) BTreeSet<String>);

impl Value for MailDomains {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let folded = members(text).map(|member| {
            domain_of(member).ok_or_else(|| {
                let fix = "write the bare name after the `@`, such as `example.com`: it stands for all below it too";
                Refusal::with_fix(format!("has the member `{member}`, which is no domain"), fix)
            })
        });
        folded.collect::<Result<_, _>>().map(Self)
    }

    fn show(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    fn expects() -> String {
        "a list of domains such as `example.com, example.org`".into()
    }
}

/// A domain as it stands in the key of an address: in lower case, in ASCII. `None` for what is no domain.
pub(crate) fn domain_of(text: &str) -> Option<String> {
    // Lists have a hundred thousand lines, and nearly all need nothing else.
    if is_plain(text) {
        return Some(text.to_owned());
    }
    let email = Email::parse(&format!("a@{text}")).ok().filter(|_| !text.contains('@'))?;
    email.key().split_once('@').map(|(_, domain)| domain.to_owned())
}

/// Whether folding would change nothing, as far as a quick look can tell.
fn is_plain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= 250 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn domains_are_written_as_addresses_are_compared() {
        let domains = MailDomains::parse("Example.COM, bücher.example,a-b.example,example.com,").unwrap();
        assert_eq!(domains.show(), "a-b.example, example.com, xn--bcher-kva.example");
        assert_eq!(MailDomains::parse("").unwrap().0.len(), 0);
        for text in
            ["a@example.com", "@example.com", "*.example.com", "a b", "example.", ".example", "a..b", "a_b.c"]
        {
            assert!(MailDomains::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_quick_look_sees_the_same_as_a_long_one() {
        for text in ["example.com", "a1.b2", "localhost", "123.456"] {
            let folded = Email::parse(&format!("a@{text}")).map(|email| email.key().to_owned());
            assert_eq!(
                domain_of(text),
                folded.ok().map(|key| key.trim_start_matches("a@").to_owned()),
                "{text}"
            );
        }
    }
}
