//! Which names is a certificate ordered for, and where?

use std::fmt;
use std::net::IpAddr;

use axum::http::Uri;

use super::{Refusal, Value, members};

/// The most names of one certificate that authorities take.
const DOMAINS_MAX: usize = 100;
/// The longest name in the DNS (RFC 1035 §2.3.4) and its longest label.
const DOMAIN_MAX_CHARS: usize = 253;
const LABEL_MAX_CHARS: usize = 63;

/// Names that a certificate is for, in lower case, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Domains(pub(crate) Vec<String>);

impl Value for Domains {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let mut domains = Vec::new();
        for member in members(text) {
            let domain = domain_of(member)?;
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        match domains.len() {
            0 => Err(Refusal::new("names no domain")),
            1..=DOMAINS_MAX => Ok(Self(domains)),
            _ => Err(Refusal::new(format!(
                "has more than the {DOMAINS_MAX} names that a certificate can have"
            ))),
        }
    }

    fn show(&self) -> String {
        self.0.join(", ")
    }

    fn expects() -> String {
        "a list of names such as `auth.example.com`".into()
    }
}

fn domain_of(text: &str) -> Result<String, Refusal> {
    let because = |why: &str, fix: &'static str| {
        Err(Refusal::with_fix(format!("has the member `{text}`, which {why}"), fix))
    };
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return because(
            "is an address",
            "write a name; for an address name files with `tls.cert` and `tls.key`",
        );
    }
    if text.starts_with("*.") {
        let fix = "list each name; for a wildcard get the certificate by DNS-01 and name it with `tls.cert`";
        return because("is a wildcard, which cannot be proved over TLS", fix);
    }
    if !text.is_ascii() {
        return because("is not in ASCII", "write it as the DNS does: `xn--…`");
    }
    let is_label = |label: &str| {
        (1..=LABEL_MAX_CHARS).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.len() > DOMAIN_MAX_CHARS || !text.split('.').all(is_label) {
        return because(
            "is no name",
            "write the bare name, such as `auth.example.com`: no scheme, port or path",
        );
    }
    Ok(text.to_ascii_lowercase())
}

/// The directory of an authority that speaks ACME (RFC 8555 §7.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AcmeDirectory {
    /// Let's Encrypt.
    LetsEncrypt,
    /// Its place for trials: certificates that nobody trusts, and generous limits.
    LetsEncryptStaging,
    /// Another, by its URL, which is https.
    Other(String),
}

impl AcmeDirectory {
    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::LetsEncrypt => "https://acme-v02.api.letsencrypt.org/directory",
            Self::LetsEncryptStaging => "https://acme-staging-v02.api.letsencrypt.org/directory",
            Self::Other(url) => url,
        }
    }
}

impl fmt::Display for AcmeDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LetsEncrypt => "letsencrypt",
            Self::LetsEncryptStaging => "letsencrypt-staging",
            Self::Other(url) => url,
        })
    }
}

impl Value for AcmeDirectory {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let known = [Self::LetsEncrypt, Self::LetsEncryptStaging];
        if let Some(known) = known.into_iter().find(|known| text == known.to_string() || text == known.url())
        {
            return Ok(known);
        }
        let uri: Option<Uri> = text.parse().ok();
        match uri.as_ref().map(|uri| (uri.scheme_str(), uri.host())) {
            Some((Some("https"), Some(host))) if !host.is_empty() && !text.contains('@') => {
                Ok(Self::Other(text.to_owned()))
            }
            // SECURITY: whoever is in between could take the certificate of somebody else for ours.
            Some((Some("http"), _)) => Err(Refusal::new("is not https, which ACME needs")),
            _ => Err(Refusal::new("is neither a known authority nor a URL")),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn expects() -> String {
        "`letsencrypt`, `letsencrypt-staging` or the https URL of a directory".into()
    }
}

/// The mail address that an authority may write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AcmeContact(pub(crate) String);

impl Value for AcmeContact {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let address = text.strip_prefix("mailto:").unwrap_or(text);
        let is_plain = address.is_ascii() && !address.contains([' ', ',', ';', '?', '<', '>', '"']);
        match address.split_once('@') {
            Some((name, host))
                if is_plain && !name.is_empty() && host.contains('.') && !host.contains('@') =>
            {
                Ok(Self(address.to_owned()))
            }
            _ => Err(Refusal::new("is no mail address")),
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }

    fn expects() -> String {
        "a mail address such as `admin@example.com`".into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn domains_are_bare_names() {
        let domains = Domains::parse("Auth.Example.com, auth.example.com,xn--bcher-kva.example").unwrap();
        assert_eq!(domains.show(), "auth.example.com, xn--bcher-kva.example");
        for (text, why) in [
            ("192.0.2.1", "is an address"),
            ("[2001:db8::1]", "is an address"),
            ("*.example.com", "is a wildcard"),
            ("bücher.example", "is not in ASCII"),
            ("https://auth.example.com", "is no name"),
            ("auth.example.com:443", "is no name"),
            ("auth..example", "is no name"),
            ("-auth.example", "is no name"),
            ("auth_1.example", "is no name"),
        ] {
            let refusal = Domains::parse(text).unwrap_err();
            assert!(refusal.what.contains(why), "{text}: {}", refusal.what);
        }
        assert!(Domains::parse("").is_err() && Domains::parse(&"a".repeat(64)).is_err());
        let many: Vec<_> = (0..=DOMAINS_MAX).map(|n| format!("n{n}.example")).collect();
        assert!(Domains::parse(&many.join(",")).is_err());
    }

    #[test]
    fn an_authority_is_known_by_name_or_by_the_https_url_of_its_directory() {
        for (text, url) in [
            ("letsencrypt", "https://acme-v02.api.letsencrypt.org/directory"),
            ("letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory"),
            ("https://ca.internal:9000/acme/acme/directory", "https://ca.internal:9000/acme/acme/directory"),
        ] {
            let directory = AcmeDirectory::parse(text).unwrap();
            assert_eq!((directory.show().as_str(), directory.url()), (text, url));
        }
        let known = AcmeDirectory::parse("https://acme-v02.api.letsencrypt.org/directory");
        assert_eq!(known, Ok(AcmeDirectory::LetsEncrypt));
        for text in
            ["http://ca.internal/directory", "zerossl", "https://u:p@ca.internal/", "https://", "ca:1"]
        {
            assert!(AcmeDirectory::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_contact_is_one_mail_address() {
        assert_eq!(AcmeContact::parse("mailto:a@example.com").unwrap().show(), "a@example.com");
        for text in ["a", "a@b", "a@example.com,b@example.com", "@example.com", "a@b@example.com", "a b@c.d"]
        {
            assert!(AcmeContact::parse(text).is_err(), "{text}");
        }
    }
}
