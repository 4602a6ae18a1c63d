//! How are mails sent, and what do they say about us?
//!
//! Invariant: without `mail.url` none is sent, and what is written about them beside it stops the start. Links there are in
//! any case.

pub(super) mod rules;

use std::path::PathBuf;

use portcullis_core::model::Locale;
use secrecy::SecretString;

use super::super::keys::{self, Declared};
use super::super::resolve::Resolver;
use super::super::value::{MailUrl, Mailbox, PublicUrl, Value as _};

const URL: &Declared = &keys::MAIL_URL.declared;
const PASSWORD: &Declared = &keys::MAIL_PASSWORD.declared;
const PASSWORD_FILE: &Declared = &keys::MAIL_PASSWORD_FILE.declared;
const FROM: &Declared = &keys::MAIL_FROM.declared;
const LINKS: &Declared = &keys::MAIL_LINKS.declared;
const CA_FILE: &Declared = &keys::MAIL_CA_FILE.declared;

/// What follows `public_url` where nobody wrote where links lead.
const PAGES: &str = "/account";

/// How mails are sent.
#[derive(Debug, Clone)]
pub(crate) struct MailSettings {
    /// How they leave.
    pub(crate) url: MailUrl,
    /// What the mail server asks for, if anything.
    pub(crate) password: Option<MailSecret>,
    /// Who may vouch for the mail server beside the public authorities of the web.
    pub(crate) ca_file: Option<PathBuf>,
    /// Whom they come from. Where nobody wrote it, made up.
    pub(crate) from: Mailbox,
    /// Where answers go, if not there.
    pub(crate) reply_to: Option<Mailbox>,
    /// What this service is called.
    pub(crate) app_name: String,
    /// The language of those who have not said any.
    pub(crate) locale: Locale,
    /// Templates that take the place of ours.
    pub(crate) templates: Option<PathBuf>,
    /// How many of a kind go to an address in an hour.
    pub(crate) per_address_hourly: u32,
    /// How many go out in an hour in all.
    pub(crate) hourly: u32,
}

/// Where the password stands.
#[derive(Debug, Clone)]
pub(crate) enum MailSecret {
    /// In the configuration.
    Given(SecretString),
    /// In the first line of a file.
    File(PathBuf),
}

/// What links begin with: those in mails, and those that an administrator hands out where none are sent.
pub(super) fn links(resolver: &mut Resolver<'_>, public_url: &PublicUrl) -> PublicUrl {
    resolver.get_or(&keys::MAIL_LINKS, || default_links(public_url))
}

/// Where links lead when nobody wrote it.
pub(super) fn default_links(public_url: &PublicUrl) -> PublicUrl {
    public_url.join(PAGES)
}

/// How mails are sent, if at all.
pub(super) fn resolve(resolver: &mut Resolver<'_>, public_url: &PublicUrl) -> Option<MailSettings> {
    let url = resolver.find(&keys::MAIL_URL);
    let password = password(resolver);
    let app_name = resolver.get(&keys::MAIL_APP_NAME)?.0;
    let made_up = made_up(&app_name, public_url).filter(|_| url.is_some());
    let from = match made_up {
        Some(made_up) => Some(resolver.get_or(&keys::MAIL_FROM, || made_up)),
        None => resolver.find(&keys::MAIL_FROM),
    };
    let reply_to = resolver.find(&keys::MAIL_REPLY_TO);
    let locale = resolver.get(&keys::MAIL_LOCALE)?;
    let templates = resolver.find(&keys::MAIL_TEMPLATES);
    let ca_file = resolver.find(&keys::MAIL_CA_FILE);
    let per_address_hourly = resolver.get(&keys::MAIL_PER_ADDRESS_HOURLY)?.get();
    let hourly = resolver.get(&keys::MAIL_HOURLY)?.get();
    Some(MailSettings {
        url: url?,
        password,
        ca_file,
        from: from?,
        reply_to,
        app_name,
        locale,
        templates,
        per_address_hourly,
        hourly,
    })
}

fn password(resolver: &mut Resolver<'_>) -> Option<MailSecret> {
    let given = resolver.find(&keys::MAIL_PASSWORD).map(|password| password.0);
    let file = resolver.find(&keys::MAIL_PASSWORD_FILE);
    if given.is_some() && file.is_some() {
        let what =
            format!("{} and {} are both written", resolver.cite(PASSWORD), resolver.cite(PASSWORD_FILE));
        resolver.forbid(&[PASSWORD, PASSWORD_FILE], what, "keep one of the two");
    }
    given.map(MailSecret::Given).or_else(|| file.map(MailSecret::File))
}

/// An address at the host of this server, which no mail server has heard of.
fn made_up(app_name: &str, public_url: &PublicUrl) -> Option<Mailbox> {
    let host = public_url.host();
    let tries =
        [format!("{app_name} <no-reply@{host}>"), format!("no-reply@{host}"), "no-reply@localhost".into()];
    tries.iter().find_map(|text| Mailbox::parse(text).ok())
}
