//! How do the settings of a dialect become what the HTTP face is told about it?

use portcullis_core::crypto::MasterKey;
use portcullis_core::crypto::jwt::LegacySecret;
use portcullis_core::legacy;
use portcullis_core::model::session::SessionLifetime;
use portcullis_core::policy::{PasswordPolicy, Policy, RegistrationAnswer, RegistrationPolicy};
use portcullis_http::dialects::{Mount, PreviousSecrets, SecretUse};
use secrecy::{ExposeSecret, SecretString};

use crate::config::Settings;
use crate::config::meant::{DialectSettings, PreviousSecret, Purpose, SecretSettings, SecretSource};

/// The rules of each dialect.
pub(crate) fn policies(settings: &Settings) -> Vec<Policy> {
    settings.dialects.iter().map(|spoken| policy(settings, spoken)).collect()
}

/// What is mounted beside the native API.
pub(crate) fn mounts(settings: &Settings, master_key: &MasterKey) -> Vec<Mount> {
    settings.dialects.iter().filter_map(|spoken| mount(settings, spoken, master_key)).collect()
}

/// The rules of a dialect: those of the native API, but for lifetimes and passwords. Its contract tells what is taken.
fn policy(settings: &Settings, spoken: &DialectSettings) -> Policy {
    let native = super::policy(settings);
    let access = spoken.access;
    let session = match spoken.refresh {
        Some(idle) => SessionLifetime { absolute: native.session.absolute.max(idle), idle, access },
        // Nothing can lengthen it.
        None => SessionLifetime { absolute: access, idle: access, access },
    };
    let min_chars = spoken.min_password_chars.unwrap_or(native.password.min_chars);
    let common = spoken.common_passwords.unwrap_or(native.password.common);
    let password = PasswordPolicy { min_chars, common, ..native.password };
    let registration = RegistrationPolicy { answer: RegistrationAnswer::Reveal, ..native.registration };
    Policy { session, password, registration, ..native }
}

/// `None` for a secret of no bytes, which the configuration has refused.
fn mount(settings: &Settings, spoken: &DialectSettings, master_key: &MasterKey) -> Option<Mount> {
    let (access, refresh) = match &spoken.secrets {
        SecretSettings::Pair { access, refresh } => (text(access, master_key), text(refresh, master_key)),
        SecretSettings::Single(secret) => (text(secret, master_key), text(secret, master_key)),
    };
    let before = &spoken.previous;
    let of_access = [Some(&access), before.access.as_ref().map(|secret| &secret.text)];
    let of_refresh = [Some(&refresh), before.refresh.as_ref().map(|secret| &secret.text)];
    let is_of_refresh = |one: &SecretString| {
        of_refresh.iter().flatten().any(|other| one.expose_secret() == other.expose_secret())
    };
    let is_shared = of_access.into_iter().flatten().any(is_of_refresh);
    let used = if is_shared { SecretUse::Shared } else { SecretUse::Own };
    let refresh_secret = match spoken.refresh {
        Some(_) => Some((key(&refresh)?, used)),
        None => None,
    };
    Some(Mount {
        dialect: spoken.dialect,
        prefix: spoken.prefix.clone(),
        policy: policy(settings, spoken),
        access_secret: key(&access)?,
        refresh_secret,
        previous: PreviousSecrets {
            access: before.access.as_ref().and_then(previous),
            refresh: before.refresh.as_ref().and_then(previous),
        },
        issuer: spoken.issuer.clone(),
    })
}

fn previous(before: &PreviousSecret) -> Option<legacy::PreviousSecret> {
    Some(legacy::PreviousSecret { secret: key(&before.text)?, foreign: before.foreign })
}

fn key(secret: &SecretString) -> Option<LegacySecret> {
    LegacySecret::new(secret.expose_secret()).ok()
}

fn text(source: &SecretSource, master_key: &MasterKey) -> SecretString {
    let made = |context| master_key.derive_secret(context);
    match source {
        SecretSource::Written(secret) => secret.clone(),
        SecretSource::MasterKey(Purpose::Access) => made("legacy-secret:access"),
        SecretSource::MasterKey(Purpose::Refresh) => made("legacy-secret:refresh"),
        SecretSource::MasterKey(Purpose::Jwt) => made("legacy-secret:jwt"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use std::time::Duration;

    use super::*;
    use crate::config::{Inputs, load};

    const MASTER_KEY: &str = "6d1f0c8e25b94a7703fe9b61d84c2a5fe0913b7c46d85a2f11c07e9d3ba4f862";

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let directory = tempfile::tempdir().unwrap();
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        load(Inputs { directory: directory.path().to_owned(), variables, ..Inputs::default() })
            .settings
            .unwrap()
    }

    const fn days(days: u64) -> Duration {
        Duration::from_hours(24 * days)
    }

    #[test]
    fn a_session_of_a_dialect_lives_as_long_as_its_tokens_can() {
        let lifetime = |dialect: &str, absolute: &str| {
            let settings =
                settings(&[("PORTCULLIS_DIALECTS", dialect), ("PORTCULLIS_SESSION_ABSOLUTE", absolute)]);
            let SessionLifetime { absolute, idle, access } = policies(&settings)[0].session;
            (absolute, idle, access)
        };
        assert_eq!(lifetime("users-cookies", "30d"), (days(30), days(7), days(1)));
        assert_eq!(
            lifetime("auth-router", "30d"),
            (Duration::from_hours(8766), Duration::from_hours(8766), Duration::from_hours(1))
        );
        assert_eq!(lifetime("api-session", "30d"), (days(7), days(7), days(7)));
    }

    #[test]
    fn the_sessions_of_a_dialect_are_counted_with_those_of_the_native_api() {
        let most = |written: &str| {
            let settings = settings(&[
                ("PORTCULLIS_DIALECTS", "users-cookies"),
                ("PORTCULLIS_SESSION_MAX_PER_ACCOUNT", written),
            ]);
            let [native, spoken] = [super::super::policy(&settings), policies(&settings).remove(0)];
            assert_eq!(native.max_sessions, spoken.max_sessions);
            native.max_sessions.map(std::num::NonZeroU32::get)
        };
        assert_eq!((most("100"), most("7"), most("0")), (Some(100), Some(7), None));
    }

    #[test]
    fn the_rules_of_the_native_api_stay_as_they_are_but_for_the_hash() {
        let native = super::super::policy(&settings(&[("PORTCULLIS_DIALECTS", "api-session")]));
        let alone = super::super::policy(&settings(&[("PORTCULLIS_PORT", "8000")]));
        assert_eq!((&native.issuer, &native.audience), (&alone.issuer, &alone.audience));
        assert_eq!(native.session, alone.session);
        assert_eq!(native.password.min_chars, alone.password.min_chars);
        assert_ne!(native.password.scheme, alone.password.scheme);
    }

    #[test]
    fn a_dialect_tells_what_is_taken_and_keeps_to_who_may_register() {
        let settings = settings(&[
            ("PORTCULLIS_DIALECTS", "bearer-pair"),
            ("PORTCULLIS_MAIL_URL", "console:"),
            ("PORTCULLIS_REGISTRATION_ACCESS", "invited"),
            ("PORTCULLIS_REGISTRATION_BLOCKED_DOMAINS", "trash.example"),
        ]);
        let [native, spoken] = [super::super::policy(&settings), policies(&settings).remove(0)];
        assert_eq!(native.registration.answer, RegistrationAnswer::Conceal);
        let revealing = RegistrationPolicy { answer: RegistrationAnswer::Reveal, ..native.registration };
        assert_eq!((spoken.registration, spoken.mail), (revealing, native.mail));
    }

    #[test]
    fn every_dialect_is_mounted_with_its_secrets() {
        let key = MasterKey::from_hex(MASTER_KEY).unwrap();
        let mounted = |dialect: &str, secrets: [&str; 2]| {
            let variables = [
                ("PORTCULLIS_DIALECTS", dialect),
                ("ACCESS_TOKEN_SECRET", secrets[0]),
                ("REFRESH_TOKEN_SECRET", secrets[1]),
            ];
            mounts(&settings(&variables), &key).remove(0)
        };
        let used = |mount: Mount| mount.refresh_secret.map(|(_, used)| used);
        assert_eq!(used(mounted("bearer-pair", ["one", "other"])), Some(SecretUse::Own));
        assert_eq!(used(mounted("bearer-pair", ["one", "one"])), Some(SecretUse::Shared));
        assert_eq!(used(mounted("bearer-pair", ["", ""])), Some(SecretUse::Own));
        assert_eq!(used(mounted("bearer-single", ["", ""])), None);
        let issuer = mounted("auth-router", ["", ""]).issuer;
        assert_eq!(issuer.as_deref(), Some("localhost:3000"));
    }
}
