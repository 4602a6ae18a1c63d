//! What does a template know of a letter?
//!
//! Every name is there in every template; what a letter does not have is none, and a template that writes it out all the
//! same is broken.

use minijinja::{Value, context};
use portcullis_core::model::Locale;
use portcullis_core::model::mail::Letter;
use portcullis_crypto::one_time::OneTimeCode;
use secrecy::ExposeSecret as _;

use crate::{program, words};

/// The values that templates use.
pub(super) fn of(letter: &Letter, app_name: &str) -> Value {
    let locale = letter.locale;
    let on = match locale {
        Locale::En => "on",
        Locale::De => "unter",
    };
    let maybe = |text: Option<String>| text.map_or(Value::from(()), Value::from);
    context! {
        app_name => words::plain(app_name),
        locale => locale.as_str(),
        kind => letter.kind.as_str(),
        to => words::plain(letter.to.as_str()),
        link => maybe(letter.link.as_ref().map(|link| words::plain(link.expose_secret()))),
        code => maybe(letter.code.as_ref().map(OneTimeCode::expose_in_groups)),
        valid_for => maybe(letter.valid_for.map(|duration| words::duration(locale, duration))),
        at => words::time(locale, letter.at),
        address => maybe(letter.address.map(|address| address.to_canonical().to_string())),
        program => maybe(letter.user_agent.as_deref().and_then(|user_agent| program::name(user_agent, on))),
        other_email => maybe(letter.other_email.as_ref().map(|email| words::plain(email.as_str()))),
        due_at => maybe(letter.due_at.map(|at| words::time(locale, at))),
    }
}
