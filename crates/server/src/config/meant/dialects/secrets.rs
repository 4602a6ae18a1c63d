//! What signs the tokens of each dialect, and is it secret at all?
//!
//! | the secret is | in production | in development |
//! |---|---|---|
//! | missing | nothing starts | made from the master key, with a warning |
//! | well known, or under 16 bytes | nothing starts | used with a warning; of a dialect that never takes one, made |
//! | of 16 to 31 bytes | used with a warning | used with a warning |
//! | longer | used | used |

use portcullis_http::dialects::{Dialect, Secrets, WellKnown};
use secrecy::{ExposeSecret, SecretString};

use super::super::super::keys;
use super::super::super::resolve::Resolver;
use super::super::super::value::{Dialects, Environment, SharedSecret};
use super::{Purpose, SecretSettings, SecretSource, leave_out, well_known};

/// Shorter ones are found from one token, with the machines that everybody has.
const LEAST_BYTES: usize = 16;
/// RFC 7518 §3.2: a key of the size of the hash.
const ENOUGH_BYTES: usize = 32;
/// Makes a good one.
const MAKE: &str = "openssl rand -base64 32";

/// What is to be said against a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weakness {
    /// It stands in a tutorial, or asks to be replaced.
    WellKnown,
    /// It is found by trying.
    Short,
    /// It is longer than that, and shorter than it should be.
    Meagre,
}

impl Weakness {
    /// Of a secret, if there is anything to say.
    pub(super) fn of(secret: &SecretString) -> Option<Self> {
        let secret = secret.expose_secret();
        match secret.len() {
            _ if well_known::contains(secret) => Some(Self::WellKnown),
            0..LEAST_BYTES => Some(Self::Short),
            LEAST_BYTES..ENOUGH_BYTES => Some(Self::Meagre),
            _ => None,
        }
    }

    /// Whether it is as good as no secret.
    pub(super) const fn is_grave(self) -> bool {
        matches!(self, Self::WellKnown | Self::Short)
    }
}

/// The secrets that were written.
pub(super) struct Written {
    access: Option<Secret>,
    refresh: Option<Secret>,
    jwt: Option<Secret>,
}

struct Secret {
    text: SecretString,
    weakness: Option<Weakness>,
}

impl Written {
    /// The secret that is written for a purpose.
    pub(super) fn text_of(&self, purpose: Purpose) -> Option<&SecretString> {
        let secret = match purpose {
            Purpose::Access => &self.access,
            Purpose::Refresh => &self.refresh,
            Purpose::Jwt => &self.jwt,
        };
        secret.as_ref().map(|secret| &secret.text)
    }

    /// What signs the tokens of a dialect.
    pub(super) fn of(&self, dialect: &Dialect) -> SecretSettings {
        match dialect.secrets {
            Secrets::Pair => SecretSettings::Pair {
                access: source(self.access.as_ref(), Purpose::Access, WellKnown::Warned),
                refresh: source(self.refresh.as_ref(), Purpose::Refresh, WellKnown::Warned),
            },
            Secrets::Single { well_known } => {
                SecretSettings::Single(source(self.jwt.as_ref(), Purpose::Jwt, well_known))
            }
        }
    }
}

fn source(written: Option<&Secret>, purpose: Purpose, well_known: WellKnown) -> SecretSource {
    match written {
        Some(Secret { text, weakness }) if !is_replaced(*weakness, well_known) => {
            SecretSource::Written(text.clone())
        }
        Some(_) | None => SecretSource::MasterKey(purpose),
    }
}

fn is_replaced(weakness: Option<Weakness>, well_known: WellKnown) -> bool {
    well_known == WellKnown::Replaced && weakness.is_some_and(Weakness::is_grave)
}

/// What a dialect does with a weak secret of this purpose; `None` if it has none of it.
fn use_of(dialect: &Dialect, purpose: Purpose) -> Option<WellKnown> {
    match (dialect.secrets, purpose) {
        (Secrets::Pair, Purpose::Access | Purpose::Refresh) => Some(WellKnown::Warned),
        (Secrets::Single { well_known }, Purpose::Jwt) => Some(well_known),
        (Secrets::Pair, Purpose::Jwt) | (Secrets::Single { .. }, Purpose::Access | Purpose::Refresh) => None,
    }
}

/// Whether a dialect has a secret of this purpose.
pub(super) fn has(dialect: &Dialect, purpose: Purpose) -> bool {
    use_of(dialect, purpose).is_some()
}

pub(super) fn resolve(resolver: &mut Resolver<'_>, environment: Environment, spoken: &Dialects) -> Written {
    let [access, refresh, jwt] = Purpose::ALL.map(|purpose| find(resolver, environment, spoken, purpose));
    if let (Some(one), Some(other)) = (&access, &refresh)
        && one.text.expose_secret() == other.text.expose_secret()
    {
        let keys = [Purpose::Access, Purpose::Refresh].map(|purpose| &purpose.key().declared);
        let [one, other] = keys.map(|key| resolver.cite_place(key));
        let what = format!(
            "{one} and {other} are one secret: what the older backend issued is told apart by its lifetime alone"
        );
        resolver.warn("secrets", what, "give each kind of token a secret of its own");
    }
    Written { access, refresh, jwt }
}

/// The secret that is written for a purpose, if anybody uses it.
fn find(
    resolver: &mut Resolver<'_>,
    environment: Environment,
    spoken: &Dialects,
    purpose: Purpose,
) -> Option<Secret> {
    let key = purpose.key();
    let asks = |dialect: &Dialect| has(dialect, purpose);
    let users = spoken.that(asks);
    if users.is_empty() {
        leave_out(resolver, key, asks);
        return None;
    }
    let weakness_of = |secret: &SharedSecret| Weakness::of(&secret.0);
    let replacing: Vec<_> = users
        .iter()
        .filter(|dialect| use_of(dialect, purpose) == Some(WellKnown::Replaced))
        .copied()
        .collect();
    let is_development = environment == Environment::Development;
    let written = resolver.find_or_make(key, |written| {
        let is_grave = || written.and_then(weakness_of).is_some_and(Weakness::is_grave);
        is_development && (written.is_none() || (replacing.len() == users.len() && is_grave()))
    });
    let Some(secret) = written else {
        if !is_development {
            forbid_missing(resolver, purpose, &users);
        } else if !resolver.is_written(&key.declared) {
            warn_of_missing(resolver, purpose, &users);
        }
        return None;
    };
    let weakness = weakness_of(&secret);
    match weakness {
        Some(weakness) if weakness.is_grave() && !is_development => {
            forbid_weak(resolver, purpose, weakness, &secret);
        }
        Some(weakness) => warn(resolver, purpose, (weakness, &secret), &users),
        None => {}
    }
    if weakness.is_some_and(Weakness::is_grave) && is_development {
        for dialect in replacing {
            warn_of_replacement(resolver, purpose, dialect);
        }
    }
    Some(Secret { text: secret.0, weakness })
}

fn forbid_missing(resolver: &mut Resolver<'_>, purpose: Purpose, users: &[&'static Dialect]) {
    let key = &purpose.key().declared;
    let variable = variable_of(purpose);
    let what = format!("{variable} is missing, and {} needs it in production", names_of(users));
    let fix = match misspelled(resolver, variable) {
        Some(question) => question,
        None => format!(
            "set {variable} to the secret of the older backend, so that its tokens go on working; without one, to the \
             output of `{MAKE}`"
        ),
    };
    resolver.forbid(&[key, &keys::DIALECTS.declared], what, fix);
}

/// All works without it, but for what people have from the older backend.
fn warn_of_missing(resolver: &mut Resolver<'_>, purpose: Purpose, users: &[&'static Dialect]) {
    let variable = variable_of(purpose);
    let kind = match purpose {
        Purpose::Access => "access tokens",
        Purpose::Refresh => "refresh tokens",
        Purpose::Jwt => "tokens",
    };
    let what = format!(
        "{variable} is missing: the {kind} of {} are signed with a secret that is made from the master key, and those of \
         the older backend are not accepted",
        names_of(users)
    );
    let advice = misspelled(resolver, variable).unwrap_or_else(|| {
        format!("fine where nobody has such tokens; else set {variable} to the secret of the older backend")
    });
    resolver.warn("secrets", what, advice);
}

/// Asks whether a variable that is passed over was meant for this one.
fn misspelled(resolver: &Resolver<'_>, variable: &str) -> Option<String> {
    let stranger = resolver.misspelled(variable)?;
    let (name, place) = (stranger.variable()?, stranger.place());
    Some(format!("{name} ({place}) is passed over: did you mean `{variable}`?"))
}

fn names_of(users: &[&'static Dialect]) -> String {
    let names: Vec<_> = users.iter().map(|dialect| format!("`{}`", dialect.name)).collect();
    names.join(" and ")
}

/// SECURITY: whoever knows the secret makes access tokens for any account.
fn forbid_weak(resolver: &mut Resolver<'_>, purpose: Purpose, weakness: Weakness, secret: &SharedSecret) {
    let key = &purpose.key().declared;
    let what =
        format!("{} {}, which production refuses", resolver.cite_place(key), told(weakness, &secret.0));
    let fix = format!(
        "run `{MAKE}` and write the output in its place; tokens of the older backend end with that, passwords stay"
    );
    resolver.forbid(&[key, &keys::DIALECTS.declared], what, fix);
}

fn warn(
    resolver: &mut Resolver<'_>,
    purpose: Purpose,
    (weakness, secret): (Weakness, &SharedSecret),
    users: &[&'static Dialect],
) {
    let is_used = |dialect: &&&Dialect| {
        use_of(dialect, purpose).is_some_and(|well_known| !is_replaced(Some(weakness), well_known))
    };
    if users.iter().filter(is_used).count() == 0 {
        return;
    }
    let key = &purpose.key().declared;
    let what = format!("{} {}", resolver.cite_place(key), told(weakness, &secret.0));
    let advice = match weakness {
        Weakness::WellKnown | Weakness::Short => {
            format!(
                "fine on this machine only; production refuses it: run `{MAKE}` and write the output in its place"
            )
        }
        Weakness::Meagre => {
            format!(
                "put the output of `{MAKE}` in its place and this one into `{}_previous`: nobody is logged out by it",
                key.name
            )
        }
    };
    resolver.warn("secrets", what, advice);
}

fn warn_of_replacement(resolver: &mut Resolver<'_>, purpose: Purpose, dialect: &Dialect) {
    let cited = resolver.cite_place(&purpose.key().declared);
    let what = format!(
        "{cited} is not used by `{}`, because everybody could find it: a secret that is made from the master key takes \
         its place",
        dialect.name
    );
    let advice =
        format!("run `{MAKE}` and write the output in its place, here and in what checks the tokens");
    resolver.warn("secrets", what, advice);
}

/// What is to be said against a secret, in words.
pub(super) fn told(weakness: Weakness, secret: &SecretString) -> String {
    let bytes = secret.expose_secret().len();
    match weakness {
        Weakness::WellKnown => "is no secret: it stands in tutorials, or can be guessed at once".to_owned(),
        Weakness::Short => format!("has {bytes} bytes, and is found by trying from any token"),
        Weakness::Meagre => format!("has {bytes} bytes; RFC 7518 (section 3.2) asks for {ENOUGH_BYTES}"),
    }
}

/// The name that people know the secret by.
fn variable_of(purpose: Purpose) -> &'static str {
    let aliases = purpose.key().declared.aliases;
    aliases.first().map_or(purpose.key().declared.name, |alias| alias.name)
}
