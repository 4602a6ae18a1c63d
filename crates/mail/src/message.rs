//! Which headers does a mail have, and how is it put together?

use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart, header};
use lettre::{Address, Message};
use portcullis_core::model::Email;
use portcullis_core::model::mail::Letter;

use crate::templates::Rendered;
use crate::words;

/// A mail, ready to be handed over.
pub(crate) struct Packed {
    pub(crate) envelope: Envelope,
    /// The message (RFC 5322), in ASCII unless an address is not.
    pub(crate) bytes: Vec<u8>,
}

/// Who mails are from, and where answers go.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

impl Sender {
    /// Reads both; `app_name` is the name of a sender that has none. `Err` is the text that is no address.
    pub(crate) fn new(from: &str, reply_to: Option<&str>, app_name: &str) -> Result<Self, String> {
        let mut from = mailbox(from).ok_or_else(|| from.to_owned())?;
        from.name = from.name.or_else(|| Some(words::plain(app_name))).filter(|name| !name.is_empty());
        let reply_to = reply_to.map(|text| mailbox(text).ok_or_else(|| text.to_owned())).transpose()?;
        Ok(Self { from, reply_to })
    }

    /// Whom mails are from, to a mail server.
    pub(crate) fn address(&self) -> &Address {
        &self.from.email
    }

    /// The part after the `@`.
    pub(crate) fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// Puts a mail together. The same letter gives the same bytes.
    pub(crate) fn pack(&self, letter: &Letter, rendered: &Rendered) -> Result<Packed, Unaddressable> {
        let to = recipient(&letter.to).ok_or(Unaddressable)?;
        let envelope =
            Envelope::new(Some(self.from.email.clone()), vec![to.clone()]).map_err(|_| Unaddressable)?;
        let seconds = u64::try_from(letter.at.as_seconds()).unwrap_or(0);
        let id = letter.id.to_string();
        let mut message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.domain())))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(rendered.subject.clone());
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        // RFC 3834 §5: nobody's holiday notice answers this. Exchange asks for a header of its own.
        for (name, value) in [
            (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"),
            (HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All"),
            (HeaderName::new_from_ascii_str("Content-Language"), letter.locale.as_str()),
        ] {
            message = message.raw_header(HeaderValue::new(name, value.to_owned()));
        }
        let part =
            |content_type, text: &str| SinglePart::builder().header(content_type).body(text.to_owned());
        // A boundary is random otherwise.
        let body = MultiPart::alternative()
            .boundary(format!("=_{}", id.replace('-', "")))
            .singlepart(part(header::ContentType::TEXT_PLAIN, &rendered.text))
            .singlepart(part(header::ContentType::TEXT_HTML, &rendered.html));
        let message = message.multipart(body).map_err(|_| Unaddressable)?;
        Ok(Packed { envelope, bytes: message.formatted() })
    }
}

/// No mail can go to this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unaddressable;

/// The address as its owner writes it, at the domain as the network knows it. `None`: it may be a name in an older system,
/// but no mail goes there.
fn recipient(email: &Email) -> Option<Address> {
    let (local, _) = email.as_str().rsplit_once('@')?;
    let (_, domain) = email.key().rsplit_once('@')?;
    let is_plain = |text: &str| !text.contains(char::is_control);
    if !is_plain(local) || !is_plain(domain) {
        return None;
    }
    Address::new(local, domain).ok()
}

/// Reads `name@example.com` or `Name <name@example.com>`.
fn mailbox(text: &str) -> Option<Mailbox> {
    let text = text.trim();
    if text.contains(char::is_control) {
        return None;
    }
    let (name, address) = match text.strip_suffix('>') {
        Some(rest) => {
            let (name, address) = rest.rsplit_once('<')?;
            let name = words::plain(name.trim().trim_matches('"'));
            (Some(name).filter(|name| !name.is_empty()), address)
        }
        None => (None, text),
    };
    let address: Address = address.trim().parse().ok()?;
    // In a header of ASCII, and as the domain of `Message-ID`.
    address.domain().is_ascii().then(|| Mailbox::new(name, address))
}

#[cfg(test)]
#[path = "message/tests.rs"]
mod tests;
