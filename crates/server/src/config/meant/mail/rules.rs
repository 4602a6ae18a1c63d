//! What about mails contradicts itself, is not safe, or cannot work without them?

use std::time::Duration;

use portcullis_core::policy::{RegistrationAccess, RegistrationAnswer};

use super::super::super::keys::{self, Declared};
use super::super::super::resolve::Resolver;
use super::super::super::value::{MailRoute, RequiredEmail};
use super::super::Settings;
use super::super::dialects::{logs_in_at_registration, registers_without_email};
use super::{CA_FILE, FROM, LINKS, MailSettings, PASSWORD, PASSWORD_FILE, URL};

/// What says nothing where no mails are sent.
const ONLY_WITH_MAIL: [&Declared; 11] = [
    PASSWORD,
    PASSWORD_FILE,
    FROM,
    &keys::MAIL_REPLY_TO.declared,
    &keys::MAIL_APP_NAME.declared,
    &keys::MAIL_LOCALE.declared,
    &keys::MAIL_TEMPLATES.declared,
    CA_FILE,
    &keys::MAIL_PER_ADDRESS_HOURLY.declared,
    &keys::MAIL_HOURLY.declared,
    &keys::REGISTRATION_INVITATION_LIFETIME.declared,
];
const ANSWER: &Declared = &keys::REGISTRATION_ANSWER.declared;
const ACCESS: &Declared = &keys::REGISTRATION_ACCESS.declared;
const REQUIRED: &Declared = &keys::ACCOUNT_REQUIRE_VERIFIED_EMAIL.declared;
const GRACE: &Declared = &keys::ACCOUNT_DELETION_GRACE.declared;
const DIALECTS: &Declared = &keys::DIALECTS.declared;
/// Where an account gets another address.
const CORRECTED_AT: &str = "/v1/me/email";
/// The shortest time in which somebody can be expected to read a mail and take a deletion back.
const LEAST_GRACE: Duration = Duration::from_hours(1);
const STILL_FINE: &str = "fine where nobody registers there any more";
const SET_URL: &str = "set PORTCULLIS_MAIL_URL, such as `smtps://user@mail.example.com`";

/// Checks what no single key can tell.
pub(in crate::config::meant) fn check(resolver: &mut Resolver<'_>, settings: &Settings) {
    match &settings.mail {
        Some(mail) => check_mail(resolver, settings, mail),
        None => check_without_mail(resolver, settings),
    }
    if settings.is_production() {
        check_links(resolver, settings);
        check_grace(resolver, settings);
    }
    check_routes(resolver, settings);
    check_dialects(resolver, settings);
}

fn check_mail(resolver: &mut Resolver<'_>, settings: &Settings, mail: &MailSettings) {
    match mail.url.route() {
        MailRoute::Smtp { .. } => {
            check_from(resolver);
            check_password(resolver, mail);
        }
        MailRoute::Files | MailRoute::Console => {
            for key in [PASSWORD, PASSWORD_FILE, CA_FILE] {
                if resolver.is_written(key) {
                    let what = format!(
                        "{} has no effect: {} asks no mail server",
                        resolver.cite(key),
                        resolver.cite(URL)
                    );
                    resolver.forbid(&[key, URL], what, format!("remove `{}`", key.name));
                }
            }
        }
    }
    if settings.is_production() {
        check_production(resolver, mail);
    }
}

fn check_from(resolver: &mut Resolver<'_>) {
    if resolver.is_written(FROM) {
        return;
    }
    let what = format!("`{}` is missing, and {} needs it", FROM.name, resolver.cite(URL));
    let fix = format!(
        "set {} to an address that the mail server may send for, such as `Acme <no-reply@example.com>`",
        FROM.environment_name()
    );
    resolver.forbid(&[FROM, URL], what, fix);
}

fn check_password(resolver: &mut Resolver<'_>, mail: &MailSettings) {
    let key = if resolver.is_written(PASSWORD_FILE) { PASSWORD_FILE } else { PASSWORD };
    let url = resolver.cite(URL);
    let has_user = mail.url.has_user();
    if has_user && mail.password.is_none() {
        let fix = format!(
            "set {} or {}; if the server asks for none, leave the user out of the URL",
            PASSWORD.environment_name(),
            PASSWORD_FILE.environment_name()
        );
        let what = format!("{url} names a user, and there is no password");
        resolver.forbid(&[URL, PASSWORD, PASSWORD_FILE], what, fix);
    } else if !has_user && mail.password.is_some() {
        let what = format!("{} is written, and {url} names no user", resolver.cite(key));
        let fix =
            "write the user into the URL, as in `smtps://user@mail.example.com`, or remove the password";
        resolver.forbid(&[URL, key], what, fix);
    }
}

fn check_production(resolver: &mut Resolver<'_>, mail: &MailSettings) {
    match mail.url.route() {
        // SECURITY: whoever reads the log could set the password of everybody.
        MailRoute::Console => {
            let what = format!("{} writes links into the log, which production refuses", resolver.cite(URL));
            resolver.forbid(&[URL], what, "name a mail server, as in `smtps://user@mail.example.com`");
        }
        MailRoute::Files => {
            let what = format!("{} writes mails into files, and delivers none", resolver.cite(URL));
            let advice = "fine where something delivers them from there; let nobody else read that directory: the links open accounts";
            resolver.warn("mail", what, advice);
        }
        MailRoute::Smtp { .. } => {}
    }
}

fn check_links(resolver: &mut Resolver<'_>, settings: &Settings) {
    // That `public_url` is, is told already.
    if resolver.is_written(LINKS) && !settings.links.is_https() {
        let what = format!("{} is not https, which production needs", resolver.cite(LINKS));
        resolver.forbid(&[LINKS], what, "write the https address: the links open accounts");
    }
}

/// SECURITY: whoever has got into an account for a moment deletes it for good when nobody has the time to take it back.
fn check_grace(resolver: &mut Resolver<'_>, settings: &Settings) {
    let grace = settings.account.deletion_grace;
    if !grace.is_zero() && grace < LEAST_GRACE {
        let what = format!("{} is too short to take a deletion back", resolver.cite(GRACE));
        resolver.forbid(&[GRACE], what, "write `1h` or more, such as `7d`, or `0` to delete at once");
    }
}

fn check_without_mail(resolver: &mut Resolver<'_>, settings: &Settings) {
    for key in ONLY_WITH_MAIL {
        if resolver.is_written(key) {
            let what = format!("{} says nothing without `{}`", resolver.cite(key), URL.name);
            resolver.forbid(&[URL, key], what, format!("{SET_URL}, or leave it out"));
        }
    }
    if settings.registration.answer == RegistrationAnswer::Conceal {
        let what = format!(
            "{} needs mails, and `{}` is missing: nobody could get an account",
            resolver.cite(ANSWER),
            URL.name
        );
        resolver.forbid(&[URL, ANSWER], what, format!("{SET_URL}, or write `reveal`"));
    }
    if settings.account.required_email != RequiredEmail::Never {
        let what = format!(
            "{} needs mails, and `{}` is missing: nobody could verify an address",
            resolver.cite(REQUIRED),
            URL.name
        );
        resolver.forbid(&[URL, REQUIRED], what, format!("{SET_URL}, or write `never`"));
    }
    if resolver.is_written(GRACE) && !settings.account.deletion_grace.is_zero() {
        let what = format!(
            "{} says nothing without `{}`: there would be no link to keep an account",
            resolver.cite(GRACE),
            URL.name
        );
        resolver.forbid(
            &[URL, GRACE],
            what,
            format!("{SET_URL}, or leave it out: accounts are deleted at once"),
        );
    }
}

fn check_routes(resolver: &mut Resolver<'_>, settings: &Settings) {
    let RequiredEmail::Routes(routes) = &settings.account.required_email else { return };
    let document = portcullis_http::openapi_document();
    let is_there = |route: &str| {
        let below = format!("{route}/");
        document.paths.paths.keys().any(|path| path == route || path.starts_with(&below))
    };
    // SECURITY: a slip would leave open what was to be closed.
    if let Some(route) = routes.iter().find(|route| !is_there(route)) {
        let what = format!("{} names `{route}`, and there is no such path", resolver.cite(REQUIRED));
        resolver.forbid(&[REQUIRED], what, "`portcullis openapi` lists the paths of the API");
    }
    if routes.iter().any(|route| {
        CORRECTED_AT.strip_prefix(route.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }) {
        let what = format!(
            "{} keeps people from `{CORRECTED_AT}`: whoever has mistyped an address cannot correct it",
            resolver.cite(REQUIRED)
        );
        let advice = "name what is to be kept from them more closely, such as `/v1/me/sessions`";
        resolver.warn("registration", what, advice);
    }
}

/// What clients of older backends expect stands against what is asked of everybody else.
fn check_dialects(resolver: &mut Resolver<'_>, settings: &Settings) {
    let mounted = |wanted: fn(&str) -> bool| {
        let names = settings.dialects.iter().map(|spoken| spoken.dialect.name).filter(|name| wanted(name));
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| names.join(" and "))
    };
    if settings.account.required_email == RequiredEmail::LogIn {
        if let Some(names) = mounted(logs_in_at_registration) {
            let what = format!(
                "{} cannot hold with {names}: a registration there logs in at once, before an address can be verified",
                resolver.cite(REQUIRED)
            );
            let fix = format!("leave {names} out of `{}`, or list paths in place of `login`", DIALECTS.name);
            resolver.forbid(&[REQUIRED, DIALECTS], what, fix);
        }
        if let Some(names) = mounted(registers_without_email) {
            let what = format!(
                "{} closes the registration of {names}: accounts there have no address",
                resolver.cite(REQUIRED)
            );
            resolver.warn("registration", what, STILL_FINE);
        }
    }
    let Some(names) = mounted(|_| true) else { return };
    if settings.registration.access == RegistrationAccess::Invited {
        let what = format!(
            "{} closes the registration of {names}: there are no invitations there",
            resolver.cite(ACCESS)
        );
        resolver.warn("registration", what, STILL_FINE);
    } else if settings.registration.answer == RegistrationAnswer::Conceal {
        let what = format!(
            "{} does not hold for {names}: whoever registers there is told whether an address has an account",
            resolver.cite(ANSWER)
        );
        let advice = "clients of these backends expect it; once they have moved, leave them out of PORTCULLIS_DIALECTS";
        resolver.warn("registration", what, advice);
    }
}
