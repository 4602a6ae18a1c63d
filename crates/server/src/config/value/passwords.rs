//! What may stand where it is said which passwords are refused?

use super::{PublicUrl, Refusal, Value, is_this_machine, members};

/// Words of which no password is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

impl Words {
    /// What a service at this address is called: `auth`, `acme` and `portcullis` at `auth.acme.com`.
    pub(crate) fn of_service(url: &PublicUrl) -> Self {
        let host = url.host();
        // An address that is no name names nobody; neither does what comes last.
        let is_name = host.parse::<std::net::IpAddr>().is_err();
        let labels = host.rsplit_once('.').filter(|_| is_name).map_or("", |(before, _)| before);
        let labels = labels.split('.').filter(|label| !label.is_empty() && *label != "www");
        Self(std::iter::once("portcullis").chain(labels).map(str::to_owned).collect())
    }
}

impl Value for Words {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.chars().any(char::is_control) {
            return Err(Refusal::new("contains a control character"));
        }
        Ok(Self(members(text).map(str::to_owned).collect()))
    }

    fn show(&self) -> String {
        self.0.join(", ")
    }

    fn expects() -> String {
        "a list of words such as `acme, acme shop`".into()
    }
}

/// The address of a range service, to which five digits are appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RangeUrl(String);

impl RangeUrl {
    /// The address, with a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for RangeUrl {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let url = PublicUrl::parse(text)?;
        // SECURITY: on the way everybody could read of which passwords one was set, and say that none is known.
        if !url.is_https() && !is_this_machine(url.host()) {
            return Err(Refusal::new("is not https, and not on this machine"));
        }
        Ok(Self(format!("{}/", url.as_str())))
    }

    fn show(&self) -> String {
        self.0.clone()
    }

    fn expects() -> String {
        "an https URL such as `https://api.pwnedpasswords.com/range/`".into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_service_is_called_what_its_host_is_called() {
        let words = |url: &str| Words::of_service(&PublicUrl::parse(url).unwrap()).show();
        assert_eq!(words("https://auth.acme.co.uk/x"), "portcullis, auth, acme, co");
        assert_eq!(words("https://www.acme.com"), "portcullis, acme");
        for url in ["http://localhost:3000", "http://192.0.2.7", "https://[2001:db8::1]:1"] {
            assert_eq!(words(url), "portcullis", "{url}");
        }
    }

    #[test]
    fn words_are_a_list_that_may_be_empty() {
        assert_eq!(Words::parse("acme, acme shop,").unwrap().0, ["acme", "acme shop"]);
        assert_eq!(Words::parse("").unwrap().0.len(), 0);
        assert!(Words::parse("ac\u{7}me").is_err());
    }

    #[test]
    fn a_range_service_is_asked_over_https_or_on_this_machine() {
        let shown = |text: &str| RangeUrl::parse(text).map(|url| url.show());
        assert_eq!(
            shown("https://api.pwnedpasswords.com/range/").unwrap(),
            "https://api.pwnedpasswords.com/range/"
        );
        assert_eq!(shown("http://127.0.0.1:8080/range").unwrap(), "http://127.0.0.1:8080/range/");
        assert_eq!(shown("http://localhost").unwrap(), "http://localhost/");
        for text in ["http://ranges.example/range/", "https://a.b/?x=", "ranges", "ftp://a.b/"] {
            assert!(shown(text).is_err(), "{text}");
        }
    }
}
