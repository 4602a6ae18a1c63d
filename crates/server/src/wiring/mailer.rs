//! Who writes and sends mails, by which rules?

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use portcullis_core::policy::{MailPolicy, RegistrationPolicy, VerifiedEmail};
use portcullis_core::ports::Mailer;
use portcullis_mail::{MailSettings, Transport, Writer};
use rustix::fs::{Access, access};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::cli::failure::WithFix as _;
use crate::config::Settings;
use crate::config::meant::{self, MailSecret};
use crate::config::value::{MailRoute, RequiredEmail, Value};

/// What the service is called in samples where nothing is said about mails.
const APP_NAME: &str = "Portcullis";

/// What writes and sends them, if anything does. Its templates have been tried.
pub(crate) fn open(settings: &Settings) -> anyhow::Result<Option<Arc<dyn Mailer>>> {
    let Some(mail) = &settings.mail else { return Ok(None) };
    Ok(Some(writer(mail)?))
}

/// Whether mails would be written and taken. Sends and makes nothing. What the mail server says may pass; whatever else is
/// wrong stops the start.
pub(crate) async fn check(mail: &meant::MailSettings) -> anyhow::Result<()> {
    if let MailRoute::Smtp { .. } = mail.url.route() {
        return Ok(writer(mail)?.check().await?);
    }
    portcullis_mail::render_samples(&told(mail, Transport::Console))?;
    if let Ok(Transport::File(directory)) = mail.url.transport(None) {
        check_directory(&directory)?;
    }
    Ok(())
}

/// Whether mails can be written into a directory, or it can be made.
fn check_directory(directory: &Path) -> anyhow::Result<()> {
    let place = directory.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    if !place.is_dir() {
        bail!(
            "mails cannot be written into {} (mail.url): {} is no directory",
            directory.display(),
            place.display()
        );
    }
    access(place, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| {
        let (directory, place) = (directory.display(), place.display());
        anyhow!("mails cannot be written into {directory} (mail.url): {place}: {error}")
    })
}

/// Writes a sample of every mail in every language into a directory, as it looks with these settings; answers where the page
/// is that leads to them.
pub(crate) fn preview(settings: &Settings, directory: &Path) -> anyhow::Result<PathBuf> {
    let told = match &settings.mail {
        Some(mail) => told(mail, Transport::Console),
        None => MailSettings::new(Transport::Console, "no-reply@localhost", APP_NAME),
    };
    Ok(portcullis_mail::preview(&told, directory)?)
}

fn writer(mail: &meant::MailSettings) -> anyhow::Result<Arc<Writer>> {
    let password = match &mail.password {
        Some(MailSecret::File(path)) => Some(read(path)?),
        Some(MailSecret::Given(password)) => Some(password.clone()),
        None => None,
    };
    let transport = mail.url.transport(password).context("`mail.url` cannot be used")?;
    Ok(portcullis_mail::open(&told(mail, transport))?)
}

/// What the settings say, but for who takes the mails.
fn told(mail: &meant::MailSettings, transport: Transport) -> MailSettings {
    MailSettings {
        reply_to: mail.reply_to.as_ref().map(Value::show),
        templates: mail.templates.clone(),
        ca_file: mail.ca_file.clone(),
        ..MailSettings::new(transport, mail.from.show(), mail.app_name.clone())
    }
}

/// The first line of a file.
fn read(path: &Path) -> anyhow::Result<SecretString> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
        let what = format!("the mail password cannot be read from {}", path.display());
        let fix = "write it into the file that `mail.password_file` names, readable by the user that the server runs as";
        anyhow::Error::from(error).context(what).with_fix(fix)
    })?;
    Ok(SecretString::from(text.lines().next().unwrap_or_default()))
}

/// The rules for mails, where any are sent.
pub(super) fn policy(settings: &Settings) -> Option<MailPolicy> {
    let mail = settings.mail.as_ref()?;
    Some(MailPolicy {
        locale: mail.locale,
        per_address_hourly: mail.per_address_hourly,
        hourly: mail.hourly,
        invitation: settings.registration.invitation_lifetime,
        deletion_grace: settings.account.deletion_grace,
    })
}

/// Who gets an account.
pub(super) fn registration(settings: &Settings) -> RegistrationPolicy {
    let registration = &settings.registration;
    RegistrationPolicy {
        answer: registration.answer,
        access: registration.access,
        domains: registration.domains.clone(),
    }
}

/// What the flows keep an account from whose address is not verified.
pub(super) const fn verified_email(settings: &Settings) -> VerifiedEmail {
    match settings.account.required_email {
        RequiredEmail::LogIn => VerifiedEmail::BeforeLogIn,
        // Paths are the business of the HTTP face.
        RequiredEmail::Never | RequiredEmail::Routes(_) => VerifiedEmail::NotAsked,
    }
}

/// What it is kept from in the HTTP face: whatever begins with one of these paths.
pub(super) fn verified_email_routes(settings: &Settings) -> Vec<String> {
    match &settings.account.required_email {
        RequiredEmail::Routes(routes) => routes.clone(),
        RequiredEmail::Never | RequiredEmail::LogIn => Vec::new(),
    }
}
