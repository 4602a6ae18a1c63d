//! How does a page look that a link of a mail leads to?
//!
//! One column: a title, what it is about, and either a form or nothing more to do. A form works without a script, and what is
//! wrong with a field stands beside it, told to who sees the page and to who hears it.

use portcullis_core::model::Locale;

use super::Page;
use super::form::Sent;
use super::reveal::{Done, Fault, Reason};
use super::words::{self, Pair};
use crate::pages::html::Html;
use crate::pages::layout::{self, Head};

/// What there is to see.
pub(super) enum Shown<'a> {
    /// The form, and what is wrong with what was sent by it.
    Form(Option<Fault>),
    /// What was done.
    Done(&'a Done),
    /// That nothing was done, and why.
    Refused(Reason),
}

/// A field that a person fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Email,
    Code,
    Username,
    Name,
    Password,
}

impl Field {
    const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Code => "code",
            Self::Username => "username",
            Self::Name => "name",
            Self::Password => "password",
        }
    }

    /// Which ones a form has.
    const fn of(page: Page, has_token: bool) -> &'static [Self] {
        match page {
            Page::Confirm if has_token => &[Self::Password],
            Page::Confirm => &[Self::Email, Self::Code, Self::Password],
            Page::ResetPassword => &[Self::Password],
            Page::UndoEmailChange | Page::KeepAccount => &[],
            Page::Register => &[Self::Username, Self::Name, Self::Password],
        }
    }

    const fn label(self, page: Page) -> Pair {
        match (self, page) {
            (Self::Email, _) => words::EMAIL,
            (Self::Code, _) => words::CODE,
            (Self::Username, _) => words::USERNAME,
            (Self::Name, _) => words::NAME,
            (Self::Password, Page::ResetPassword) => words::NEW_PASSWORD,
            (Self::Password, _) => words::PASSWORD,
        }
    }

    /// Whether a password is made up there, not one that there is.
    const fn is_new_password(self, page: Page) -> bool {
        matches!((self, page), (Self::Password, Page::ResetPassword | Page::Register))
    }

    fn hint(self, form: &Form<'_>) -> Option<String> {
        let words = |pair: Pair| Some(pair.in_language(form.look.locale).to_owned());
        match self {
            Self::Code => words(words::CODE_HINT),
            Self::Username => words(words::USERNAME_HINT),
            _ if self.is_new_password(form.look.page) => {
                Some(words::password_rules(form.look.locale, form.look.min_chars))
            }
            Self::Email | Self::Name | Self::Password => None,
        }
    }

    const fn attributes(self, page: Page) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Email => &[("type", "email"), ("autocomplete", "email"), ("required", "")],
            Self::Code => &[
                ("type", "text"),
                ("autocomplete", "one-time-code"),
                ("autocapitalize", "characters"),
                ("spellcheck", "false"),
                ("maxlength", "32"),
                ("placeholder", "XXXX-XXXX"),
                ("required", ""),
            ],
            Self::Username => &[
                ("type", "text"),
                ("autocomplete", "username"),
                ("autocapitalize", "none"),
                ("spellcheck", "false"),
                ("minlength", "3"),
                ("maxlength", "64"),
            ],
            Self::Name => &[("type", "text"), ("autocomplete", "name")],
            _ if self.is_new_password(page) => {
                &[("type", "password"), ("autocomplete", "new-password"), ("required", "")]
            }
            // Not required: an account that came from elsewhere may have none.
            Self::Password => &[("type", "password"), ("autocomplete", "current-password")],
        }
    }

    const fn is_at_fault(self, fault: Fault) -> bool {
        matches!(
            (self, fault),
            (Self::Email, Fault::Email(_))
                | (Self::Code, Fault::Code)
                | (Self::Username, Fault::Username(_) | Fault::UsernameTaken)
                | (Self::Name, Fault::Name(_))
                | (
                    Self::Password,
                    Fault::Password(_) | Fault::ChosenPasswordMissing | Fault::ChosenPasswordWrong
                )
        )
    }
}

/// Which page it is, for whom, and of what service.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) page: Page,
    pub(super) locale: Locale,
    /// What the mails call the service.
    pub(super) app_name: Option<&'a str>,
    /// How long a password has to be.
    pub(super) min_chars: usize,
}

/// The page. `sent` fills the form.
pub(super) fn page(look: Look<'_>, shown: &Shown<'_>, sent: &Sent) -> String {
    let Look { page, locale, app_name, .. } = look;
    let title = match shown {
        Shown::Form(_) => words::form(page, has_token(sent))[0],
        Shown::Done(done) => words::done(done)[0],
        Shown::Refused(reason) => words::refused(*reason, page)[0],
    };
    let title = title.in_language(locale);
    let named = app_name.map(|name| format!("{title} \u{b7} {name}"));
    let skip = words::SKIP.in_language(locale);
    let head = Head { locale, title: named.as_deref().unwrap_or(title), class: "account", skip };
    layout::page_in(&head, |html| {
        html.element("main", &[("id", "content")], |html| {
            if let Some(name) = app_name {
                html.leaf("p", &[("class", "app")], name);
            }
            match shown {
                Shown::Form(fault) => {
                    html.leaf("h1", &[], title);
                    draw_form(html, &Form { look, fault: *fault, sent });
                }
                Shown::Done(done) => draw_done(html, done, locale, title),
                Shown::Refused(reason) => {
                    mark(html, "!", "mark refused");
                    html.leaf("h1", &[], title);
                    html.leaf("p", &[], words::refused(*reason, page)[1].in_language(locale));
                }
            }
        });
    })
}

fn has_token(sent: &Sent) -> bool {
    !sent.get("token").is_empty()
}

fn mark(html: &mut Html, sign: &str, class: &str) {
    html.leaf("p", &[("class", class), ("aria-hidden", "true")], sign);
}

fn draw_done(html: &mut Html, done: &Done, locale: Locale, title: &str) {
    mark(html, "\u{2713}", "mark done");
    html.leaf("h1", &[], title);
    let address = match done {
        Done::Verified(verified) => Some(&verified.email),
        Done::EmailBack(email) => Some(email),
        Done::PasswordSet | Done::AccountKept | Done::Registered => None,
    };
    if let Some(email) = address {
        html.leaf("p", &[("class", "address")], email.as_str());
    }
    html.leaf("p", &[], words::done(done)[1].in_language(locale));
}

struct Form<'a> {
    look: Look<'a>,
    fault: Option<Fault>,
    sent: &'a Sent,
}

fn draw_form(html: &mut Html, form: &Form<'_>) {
    let has_token = has_token(form.sent);
    let [_, about, button] =
        words::form(form.look.page, has_token).map(|pair| pair.in_language(form.look.locale));
    if form.fault == Some(Fault::Incomplete) {
        let text = words::fault(Fault::Incomplete, form.look.locale);
        html.leaf("p", &[("class", "fault"), ("role", "alert")], &text);
    }
    html.leaf("p", &[], about);
    html.element("form", &[("method", "post"), ("action", form.look.page.path())], |html| {
        if has_token {
            let token = form.sent.get("token");
            html.void("input", &[("type", "hidden"), ("name", "token"), ("value", token)]);
        }
        let fields = Field::of(form.look.page, has_token);
        let is_faulty = |field: &&Field| form.fault.is_some_and(|fault| field.is_at_fault(fault));
        // Where there is something to put right, else where there is something to fill in.
        let focused = fields.iter().find(is_faulty).or(fields.first());
        for field in fields {
            draw_field(html, form, *field, Some(field) == focused);
        }
        html.leaf("button", &[("type", "submit")], button);
    });
}

fn draw_field(html: &mut Html, form: &Form<'_>, field: Field, is_focused: bool) {
    let name = field.name();
    let (hint_id, fault_id) = (format!("{name}-hint"), format!("{name}-fault"));
    let hint = field.hint(form);
    let fault = form.fault.filter(|fault| field.is_at_fault(*fault));
    let described: Vec<&str> =
        [fault.map(|_| &*fault_id), hint.as_ref().map(|_| &*hint_id)].into_iter().flatten().collect();
    let (described, min_chars) = (described.join(" "), form.look.min_chars.to_string());
    let mut attributes = vec![("id", name), ("name", name)];
    attributes.extend_from_slice(field.attributes(form.look.page));
    if field.is_new_password(form.look.page) {
        attributes.push(("minlength", &min_chars));
    } else if field != Field::Password && !form.sent.get(name).is_empty() {
        attributes.push(("value", form.sent.get(name)));
    }
    if !described.is_empty() {
        attributes.push(("aria-describedby", &described));
    }
    if fault.is_some() {
        attributes.push(("aria-invalid", "true"));
    }
    if is_focused {
        attributes.push(("autofocus", ""));
    }
    html.element("div", &[("class", "field")], |html| {
        html.leaf("label", &[("for", name)], field.label(form.look.page).in_language(form.look.locale));
        if let Some(fault) = fault {
            let text = words::fault(fault, form.look.locale);
            html.leaf("p", &[("class", "fault"), ("id", &fault_id), ("role", "alert")], &text);
        }
        html.void("input", &attributes);
        if let Some(hint) = &hint {
            html.leaf("p", &[("class", "hint"), ("id", &hint_id)], hint);
        }
    });
}
