//! What do people see who follow a link of a mail?
//!
//! ```text
//! GET   the page with a button or a form, the token of the link in it; nothing is looked up
//! POST  the same flow as the route of the native API, its outcome as a page
//! ```
//!
//! - Programs that look at mails open every link in them. So a GET neither uses a token nor tells whether it is good.
//! - SECURITY: the token is all that counts, and no other site has it. No cookie is set, and none is looked at.
//! - SECURITY: the form goes to the path without the query. So the token stays out of the address of what comes after it, and
//!   no page tells where it was opened from.

mod form;
mod reveal;
mod view;
mod words;

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use portcullis_core::Auth;
use portcullis_core::crypto::Password;
use portcullis_core::crypto::device::DeviceTokens;
use portcullis_core::crypto::one_time::{OneTimeCode, OneTimeToken};
use portcullis_core::flows::one_time::Proof;
use portcullis_core::flows::register::Register;
use portcullis_core::model::{Client, Email, Locale, Profile, Username};

use self::form::Sent;
use self::reveal::{Done, Fault, Reason, Refused};
use self::view::{Look, Shown};
use crate::extract::FromClient;
use crate::face::Face;

/// As on the other pages, but that a form may be sent to this server.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// What a link of a mail leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// Somebody reads the mails of an address, and has the password.
    Confirm,
    /// Another password.
    ResetPassword,
    /// The address that the account had before.
    UndoEmailChange,
    /// An account that is not to be deleted.
    KeepAccount,
    /// An account for somebody who was invited.
    Register,
}

impl Page {
    pub(super) const ALL: [Self; 5] =
        [Self::Confirm, Self::ResetPassword, Self::UndoEmailChange, Self::KeepAccount, Self::Register];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Confirm => "/account/confirm",
            Self::ResetPassword => "/account/reset-password",
            Self::UndoEmailChange => "/account/undo-email-change",
            Self::KeepAccount => "/account/keep-account",
            Self::Register => "/account/register",
        }
    }

    /// Whether the code of the mail does what its link does.
    const fn takes_code(self) -> bool {
        matches!(self, Self::Confirm)
    }
}

/// The routes of these pages.
pub(super) fn router() -> Router<Face> {
    Page::ALL.into_iter().fold(Router::new(), |router, page| {
        let show = async move |State(face): State<Face>, RawQuery(query): RawQuery, headers: HeaderMap| {
            show(&face, page, query.as_deref(), locale_of(&headers))
        };
        let act = async move |State(face): State<Face>, FromClient(client): FromClient, request: Request| {
            // SECURITY: what a browser was known by before is no business of a page that a link leads to.
            act(&face, page, client.with_devices(DeviceTokens::default()), request).await
        };
        router.route(page.path(), get(show).post(act))
    })
}

/// The language that somebody likes best.
fn locale_of(headers: &HeaderMap) -> Locale {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted.and_then(Locale::negotiate).unwrap_or_default()
}

fn show(face: &Face, page: Page, query: Option<&str>, locale: Locale) -> Response {
    let token = query.and_then(token_of);
    let shown = match token {
        None if !page.takes_code() => Shown::Refused(Reason::Incomplete),
        None if query.is_some_and(names_token) => Shown::Form(Some(Fault::Incomplete)),
        Some(_) | None => Shown::Form(None),
    };
    let sent = token.map(|token| Sent::of("token", token)).unwrap_or_default();
    let status = if matches!(shown, Shown::Form(None)) { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    answer(status, view::page(look(face, page, locale), &shown, &sent))
}

/// The token of a link. What cannot be one was cut off on the way.
fn token_of(query: &str) -> Option<String> {
    let mut sent = Sent::parse(query.as_bytes()).ok()?;
    sent.take("token").filter(|token| OneTimeToken::parse(token).is_some())
}

/// Whether there is something where a token stands in a link.
fn names_token(query: &str) -> bool {
    query.split('&').any(|pair| pair == "token" || pair.starts_with("token="))
}

fn look(face: &Face, page: Page, locale: Locale) -> Look<'_> {
    let app_name = face.rules.settings.app_name.as_deref();
    Look { page, locale, app_name, min_chars: face.auth.policy().password.min_chars }
}

async fn act(face: &Face, page: Page, client: Client, request: Request) -> Response {
    let locale = locale_of(request.headers());
    let client = client.with_locale(Some(locale));
    let limit_bytes = face.rules.settings.body_limit_bytes;
    let mut sent = match Sent::read(request, limit_bytes).await {
        Ok(sent) => sent,
        Err(problem) => return failed(Refused::Problem(problem), page, locale, &Sent::default(), face),
    };
    match outcome(&face.auth, page, &client, &mut sent).await {
        Ok(done) => answer(StatusCode::OK, view::page(look(face, page, locale), &Shown::Done(&done), &sent)),
        Err(refused) => failed(refused, page, locale, &sent, face),
    }
}

async fn outcome(auth: &Auth, page: Page, client: &Client, sent: &mut Sent) -> Result<Done, Refused> {
    if page.takes_code() && sent.get("token").is_empty() {
        return confirm_by_code(auth, client, sent).await;
    }
    let token = OneTimeToken::parse(sent.get("token")).ok_or(Refused::Final(Reason::NotGood))?;
    match page {
        Page::Confirm => {
            let password = chosen_password(sent)?;
            let verified = auth.verify_email(&Proof::Token(token), password.as_ref(), client).await;
            verified.map(Done::Verified).map_err(reveal::one_time)
        }
        Page::ResetPassword => {
            let password = sent.take_password()?;
            let reset = auth.reset_password(&token, &password, client).await;
            reset.map(|_| Done::PasswordSet).map_err(reveal::reset_password)
        }
        Page::UndoEmailChange => {
            let undone = auth.undo_email_change(&token, client).await;
            undone.map(Done::EmailBack).map_err(reveal::one_time)
        }
        Page::KeepAccount => {
            auth.keep_account(&token, client).await.map(|()| Done::AccountKept).map_err(reveal::one_time)
        }
        Page::Register => {
            let new = read_registration(sent)?;
            let account = auth.register_invited(new, &token, client).await;
            account.map(|_| Done::Registered).map_err(reveal::register)
        }
    }
}

async fn confirm_by_code(auth: &Auth, client: &Client, sent: &mut Sent) -> Result<Done, Refused> {
    let email = Email::parse(sent.get("email").trim()).map_err(Fault::Email)?;
    let code = OneTimeCode::parse(sent.get("code")).ok_or(Fault::Code)?;
    let password = chosen_password(sent)?;
    let verified = auth.verify_email(&Proof::Code { email, code }, password.as_ref(), client).await;
    verified.map(Done::Verified).map_err(reveal::code)
}

/// The password of an account or a registration. Where it is not filled in, the flow says whether there is one.
fn chosen_password(sent: &mut Sent) -> Result<Option<Password>, Fault> {
    let password = sent.take_password()?;
    Ok(Some(password).filter(|password| !password.expose().is_empty()))
}

/// What the form of somebody who was invited says. The address is that of the invitation.
fn read_registration(sent: &mut Sent) -> Result<Register, Refused> {
    let username = match sent.get("username").trim() {
        "" => None,
        text => Some(Username::parse(text).map_err(Fault::Username)?),
    };
    let name = Some(sent.get("name").trim()).filter(|name| !name.is_empty()).map(str::to_owned);
    let password = sent.take_password()?;
    let profile = Profile { name, ..Profile::default() };
    Ok(Register { email: None, username, password, profile, external_id: None })
}

fn failed(refused: Refused, page: Page, locale: Locale, sent: &Sent, face: &Face) -> Response {
    let draw = |shown: &Shown<'_>| view::page(look(face, page, locale), shown, sent);
    match refused {
        Refused::Final(reason) => answer(StatusCode::BAD_REQUEST, draw(&Shown::Refused(reason))),
        Refused::Fault(fault) => answer(StatusCode::BAD_REQUEST, draw(&Shown::Form(Some(fault)))),
        Refused::Problem(problem) => {
            let drawn = draw(&Shown::Refused(reveal::reason(problem.code())));
            reveal::noted(answer(problem.code().status(), drawn), problem)
        }
    }
}

fn answer(status: StatusCode, page: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        // They hold a token.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
    ];
    (status, headers, page).into_response()
}

#[cfg(test)]
mod tests;
