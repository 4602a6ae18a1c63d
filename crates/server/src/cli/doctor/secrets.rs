//! Could the secrets of the dialects be guessed, though they are long enough and stand in no tutorial?
//!
//! What the configuration warns of already is not told twice. No line shows a secret or a part of one.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::Finding;
use crate::config::Settings;
use crate::config::meant::{PreviousSecrets, SecretSettings, SecretSource};

/// So many guesses, as a power of ten, somebody with a token and graphics cards makes in a fortnight.
const FEW_GUESSES: f64 = 16.0;
/// The estimator counts a character of random text as ten guesses to multiply with. What has less than this share of that is
/// made of words, walks over the keyboard, dates or repetitions.
const MADE_UP: f64 = 0.75;
/// More characters make the estimator slow, and no secret worse.
const CHARS_MAX: usize = 40;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let mut secrets = BTreeMap::new();
    for spoken in &settings.dialects {
        match &spoken.secrets {
            SecretSettings::Pair { access, refresh } => {
                secrets.insert("ACCESS_TOKEN_SECRET", access);
                secrets.insert("REFRESH_TOKEN_SECRET", refresh);
            }
            SecretSettings::Single(secret) => {
                secrets.insert("JWT_SECRET", secret);
            }
        }
    }
    let is_told = |name: &str| settings.warnings.iter().any(|warning| warning.what.contains(name));
    let guessable = secrets.into_iter().filter_map(|(name, source)| match source {
        SecretSource::Written(text) if !is_told(name) && is_guessable(text) => Some(guessed(name)),
        SecretSource::Written(_) | SecretSource::MasterKey(_) => None,
    });
    guessable.chain(previous(settings)).collect()
}

fn guessed(name: &str) -> Finding {
    let advice = "put the output of `openssl rand -base64 32` in its place and this one into its `…_previous` setting: \
                  nobody is logged out by it";
    Finding::warn("secrets", format!("{name} looks made up by a person, and may be found by trying"), advice)
}

/// Secrets that nothing is signed with any more, and that somebody has to remove.
fn previous(settings: &Settings) -> Option<Finding> {
    let has_any =
        |PreviousSecrets { access, refresh }: &PreviousSecrets| access.is_some() || refresh.is_some();
    let names: Vec<_> = settings.dialects.iter().filter(|spoken| has_any(&spoken.previous)).collect();
    let names: Vec<_> = names.into_iter().map(|spoken| spoken.dialect.name).collect();
    (!names.is_empty()).then(|| {
        let seen = format!("tokens of {} under the secret before are still accepted", names.join(", "));
        Finding {
            advice: Some("remove the `…_previous` settings when they have expired".into()),
            ..Finding::ok("secrets", seen)
        }
    })
}

fn is_guessable(secret: &SecretString) -> bool {
    let text = secret.expose_secret();
    let end = text.char_indices().nth(CHARS_MAX).map_or(text.len(), |(at, _)| at);
    let looked_at = text.get(..end).unwrap_or_default();
    let guesses = zxcvbn::zxcvbn(looked_at, &[]).guesses_log10();
    let chars = u32::try_from(looked_at.chars().count()).map_or(f64::INFINITY, f64::from);
    guesses < FEW_GUESSES && guesses < MADE_UP * chars
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::config::{Inputs, load};

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let directory = tempfile::tempdir().unwrap().path().to_owned();
        load(Inputs { directory, variables, ..Inputs::default() }).settings.unwrap()
    }

    #[test]
    fn words_walks_over_the_keyboard_dates_and_repetitions_are_guessable_and_random_texts_are_not() {
        for text in [
            "secretly-hidden-horse",
            "qwertyuiopasdfgh1234",
            "1q2w3e4r5t6y7u8i9o0p",
            "letmeinletmeinletmein",
            "Summer2024Summer2024",
            "abcdefghijklmnop1234",
            "P@ssw0rdP@ssw0rd!!",
        ] {
            assert!(is_guessable(&SecretString::from(text)), "{text}");
        }
        for text in [
            "mE9vQ2sXc7Lw0bTgYh4ZrJ6uKpN1dFaO8iVx3WqCyB5",
            "Exhptq48ACKZF014",
            "vbJpmxdGXMmB2ZGIhr+vig==",
            "892690fc59a01877c99325aae57d9dee",
            "819b20dfd04cf975d5a4cf300d0661a3a23247df51c2d9c0",
            "eqcauxyivuvvapqpezgtbapa",
        ] {
            assert!(!is_guessable(&SecretString::from(text)), "{text}");
        }
    }

    #[test]
    fn a_secret_is_named_and_not_shown_and_told_of_once() {
        let secret = "Summer2024Summer2024Summer2024Summer2024";
        let guessable = settings(&[("PORTCULLIS_DIALECTS", "api-session"), ("JWT_SECRET", secret)]);
        let findings = examine(&guessable);
        assert!(
            matches!(findings.as_slice(), [finding] if finding.seen.starts_with("JWT_SECRET looks made up"))
        );
        assert!(!format!("{findings:?}").contains("Summer"));
        let known = settings(&[("PORTCULLIS_DIALECTS", "api-session"), ("JWT_SECRET", "secret123")]);
        assert_eq!(examine(&known), []);
        assert!(known.warnings.iter().any(|warning| warning.what.contains("JWT_SECRET")));
    }

    #[test]
    fn a_secret_before_that_is_still_accepted_is_told_of() {
        let before = ("PORTCULLIS_LEGACY_JWT_SECRET_PREVIOUS", "mE9vQ2sXc7Lw0bTgYh4ZrJ6uKpN1dFaO8iVx3WqCyB5");
        let findings = examine(&settings(&[("PORTCULLIS_DIALECTS", "api-session"), before]));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].seen, "tokens of api-session under the secret before are still accepted");
    }
}
