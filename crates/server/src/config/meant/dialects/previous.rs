//! Which secrets signed the tokens of the dialects before, and for what do they still count?
//!
//! | the secret before is | its tokens that this server signed | those of the older backend and of other services |
//! |---|---|---|
//! | well known, or under 16 bytes | accepted | refused, with a warning |
//! | another | accepted | as `legacy.previous_accepted` says |
//!
//! Invariant: nothing is signed with it.

use portcullis_core::legacy::PreviousForeign;
use portcullis_http::dialects::{Dialect, Secrets};
use secrecy::{ExposeSecret, SecretString};

use super::super::super::keys::{self, Key};
use super::super::super::resolve::Resolver;
use super::super::super::value::{Dialects, SharedSecret};
use super::secrets::{self, Weakness};
use super::{Purpose, leave_out};

/// A secret that another has taken the place of.
#[derive(Debug, Clone)]
pub(crate) struct PreviousSecret {
    /// The secret.
    pub(crate) text: SecretString,
    /// What becomes of tokens under it that this server did not sign.
    pub(crate) foreign: PreviousForeign,
}

/// The secrets of a dialect before those of today, where there are any.
#[derive(Debug, Clone, Default)]
pub(crate) struct PreviousSecrets {
    /// For access tokens.
    pub(crate) access: Option<PreviousSecret>,
    /// For refresh tokens.
    pub(crate) refresh: Option<PreviousSecret>,
}

/// The secrets that were written.
pub(super) struct Written {
    access: Option<PreviousSecret>,
    refresh: Option<PreviousSecret>,
    jwt: Option<PreviousSecret>,
}

impl Written {
    /// Those of a dialect.
    pub(super) fn of(&self, dialect: &Dialect) -> PreviousSecrets {
        let (access, refresh) = match dialect.secrets {
            Secrets::Pair => (&self.access, &self.refresh),
            Secrets::Single { .. } => (&self.jwt, &self.jwt),
        };
        PreviousSecrets { access: access.clone(), refresh: refresh.clone() }
    }
}

/// What was written, beside the secrets of today.
pub(super) fn resolve(resolver: &mut Resolver<'_>, spoken: &Dialects, current: &secrets::Written) -> Written {
    let accepted = &keys::LEGACY_PREVIOUS_ACCEPTED;
    let is_accepted_written = resolver.is_written(&accepted.declared);
    let foreign = resolver.get(accepted).unwrap_or(PreviousForeign::Refused);
    let [access, refresh, jwt] =
        Purpose::ALL.map(|purpose| find(resolver, spoken, purpose, current.text_of(purpose), foreign));
    if is_accepted_written && access.is_none() && refresh.is_none() && jwt.is_none() {
        let what =
            format!("{} has no effect: no secret before is written", resolver.cite(&accepted.declared));
        let others = Purpose::ALL.map(|purpose| &key_of(purpose).declared);
        let keys: Vec<_> = others.into_iter().chain([&keys::DIALECTS.declared]).collect();
        resolver.forbid(&keys, what, "remove it");
    }
    Written { access, refresh, jwt }
}

const fn key_of(purpose: Purpose) -> &'static Key<SharedSecret> {
    match purpose {
        Purpose::Access => &keys::LEGACY_ACCESS_TOKEN_SECRET_PREVIOUS,
        Purpose::Refresh => &keys::LEGACY_REFRESH_TOKEN_SECRET_PREVIOUS,
        Purpose::Jwt => &keys::LEGACY_JWT_SECRET_PREVIOUS,
    }
}

fn find(
    resolver: &mut Resolver<'_>,
    spoken: &Dialects,
    purpose: Purpose,
    current: Option<&SecretString>,
    foreign: PreviousForeign,
) -> Option<PreviousSecret> {
    let key = key_of(purpose);
    let asks = |dialect: &Dialect| secrets::has(dialect, purpose);
    if spoken.that(asks).is_empty() {
        leave_out(resolver, key, asks);
        return None;
    }
    let SharedSecret(text) = resolver.find(key)?;
    if current.is_some_and(|current| current.expose_secret() == text.expose_secret()) {
        let (one, other) = (&key.declared, &purpose.key().declared);
        let what = format!("{} is {} itself", resolver.cite_place(one), resolver.cite_place(other));
        let fix = "write the secret before there and the new one in its place, or remove the setting";
        resolver.forbid(&[one, other], what, fix);
    }
    let foreign = match Weakness::of(&text).filter(|weakness| weakness.is_grave()) {
        None => foreign,
        Some(weakness) => {
            warn(resolver, key, &secrets::told(weakness, &text));
            PreviousForeign::Refused
        }
    };
    Some(PreviousSecret { text, foreign })
}

/// SECURITY: whoever finds the secret signs what he likes. Of a token of our own more is proved than that it was signed.
fn warn(resolver: &mut Resolver<'_>, key: &'static Key<SharedSecret>, weakness: &str) {
    let what = format!(
        "{} {weakness}: of the tokens under it only those are accepted that this server signed",
        resolver.cite_place(&key.declared)
    );
    resolver.warn("secrets", what, "remove it when those have expired");
}
