//! Would mails leave, and would they arrive?

use portcullis_core::policy::{RegistrationAccess, RegistrationAnswer};
use portcullis_core::ports::SendError;

use super::Finding;
use crate::cli::mail::{ABOUT_SENDER, is_about_sender};
use crate::config::Settings;
use crate::config::meant::MailSettings;
use crate::config::value::{MailRoute, Value as _};
use crate::wiring;

const WHAT: &str = "mail";

pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    let Some(mail) = &settings.mail else { return vec![none(settings), registration(settings)] };
    let mut findings = vec![way(mail).await, registration(settings)];
    findings.extend(sender(settings, mail));
    findings
}

fn none(settings: &Settings) -> Finding {
    if !settings.is_production() {
        return Finding::ok(WHAT, "none is sent, as suits development");
    }
    Finding::warn(
        WHAT,
        "none is sent: nobody can choose another password who has forgotten one, and nobody is told what happens to \
         their account",
        "set PORTCULLIS_MAIL_URL",
    )
}

/// Asks the mail server whether it would take mails, and sends none. Templates are tried as well.
async fn way(mail: &MailSettings) -> Finding {
    let url = mail.url.show();
    match (wiring::mailer::check(mail).await, mail.url.route()) {
        (Err(error), _) => {
            let advice = match error.downcast_ref::<SendError>() {
                Some(error) if is_about_sender(error) => ABOUT_SENDER,
                Some(_) => {
                    "correct it; what is to be sent waits in the outbox, `portcullis mail list` shows it"
                }
                None => "correct it; until then no server starts",
            };
            Finding::fail(WHAT, format!("{error:#}"), advice)
        }
        // That a directory delivers none is among the warnings of the configuration.
        (Ok(()), MailRoute::Files | MailRoute::Console) => Finding::ok(WHAT, format!("to {url}")),
        (Ok(()), MailRoute::Smtp { .. }) => Finding::ok(WHAT, format!("{url} would take mails")),
    }
}

/// Mail servers trust what the owner of a domain lets send for it (RFC 7208, RFC 7489); a sender at another domain than the
/// links is taken for a fraud more often.
fn sender(settings: &Settings, mail: &MailSettings) -> Option<Finding> {
    if !matches!(mail.url.route(), MailRoute::Smtp { .. }) {
        return None;
    }
    let from = mail.from.address.key().rsplit_once('@').map_or("", |(_, domain)| domain);
    let host = settings.links.host();
    let is_kin = host == from || host.ends_with(&format!(".{from}")) || from.ends_with(&format!(".{host}"));
    Some(if is_kin || !settings.is_production() {
        Finding::ok("mail sender", mail.from.show())
    } else {
        Finding::warn(
            "mail sender",
            format!("{} is not at the domain of {host}, where links lead", mail.from.show()),
            "fine where SPF and DKIM of that domain name your mail server; else mails are taken for spam",
        )
    })
}

fn registration(settings: &Settings) -> Finding {
    const WHAT: &str = "registration";
    match (settings.registration.access, settings.registration.answer) {
        (RegistrationAccess::Invited, _) => Finding::ok(WHAT, "by invitation only"),
        (RegistrationAccess::Open, RegistrationAnswer::Conceal) => {
            Finding::ok(WHAT, "the answer tells nobody which addresses have an account")
        }
        (RegistrationAccess::Open, RegistrationAnswer::Reveal) if settings.is_production() => Finding::warn(
            WHAT,
            "the answer tells everybody which addresses have an account",
            "set PORTCULLIS_MAIL_URL, and leave PORTCULLIS_REGISTRATION_ANSWER out",
        ),
        (RegistrationAccess::Open, RegistrationAnswer::Reveal) => {
            Finding::ok(WHAT, "the answer tells which addresses have an account, as suits development")
        }
    }
}
