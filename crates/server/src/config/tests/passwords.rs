//! Which passwords are refused, by which settings?

use insta::assert_snapshot;
use portcullis_core::policy::Guessable;

use super::Place;
use crate::config::meant::BreachedSource;

#[test]
fn what_is_guessed_first_is_refused_and_nobody_is_asked() {
    let password = Place::new().settings().password;
    assert_eq!((password.common, password.identifiers), (Guessable::Refused, Guessable::Refused));
    assert_eq!(password.blocked_words, ["portcullis"]);
    assert_eq!(password.breached, None);
}

#[test]
fn the_service_is_called_what_its_host_is_called_unless_somebody_says_otherwise() {
    let place = || Place::new().variable("PORTCULLIS_PUBLIC_URL", "https://login.acme.com");
    assert_eq!(place().settings().password.blocked_words, ["portcullis", "login", "acme"]);
    let written = place().toml("[password]\nblocked_words = ['acme', 'road runner']");
    assert_eq!(written.settings().password.blocked_words, ["acme", "road runner"]);
    let none = place().toml("[password]\nblocked_words = []");
    assert_eq!(none.settings().password.blocked_words.len(), 0);
}

#[test]
fn each_rule_can_be_given_up() {
    let place = Place::new().toml("[password]\nblock_common = false\nblock_identifiers = false");
    let password = place.settings().password;
    assert_eq!((password.common, password.identifiers), (Guessable::Accepted, Guessable::Accepted));
}

#[test]
fn a_dialect_that_takes_short_passwords_takes_common_ones_unless_somebody_says_otherwise() {
    let of = |dialect: &str, written: &str| {
        let place = Place::new().variable("PORTCULLIS_DIALECTS", dialect).toml(written);
        place.settings().dialects[0].common_passwords
    };
    assert_eq!(of("api-session", ""), Some(Guessable::Accepted));
    assert_eq!(of("bearer-pair", ""), Some(Guessable::Refused));
    for dialect in ["api-session", "bearer-pair"] {
        for written in ["true", "false"] {
            let written = format!("[password]\nblock_common = {written}");
            assert_eq!(of(dialect, &written), None, "as everywhere: {written}");
        }
    }
}

#[test]
fn breached_passwords_are_known_by_a_file_or_a_service() {
    let file = Place::new().variable("PORTCULLIS_PASSWORD_BREACHED_FILE", "breached.pcbf");
    assert_eq!(file.settings().password.breached, Some(BreachedSource::File("breached.pcbf".into())));
    let url = Place::new().toml("[password]\nbreached_url = 'https://ranges.example/range'");
    let Some(BreachedSource::Service(url)) = url.settings().password.breached else { panic!("no service") };
    assert_eq!(url.as_str(), "https://ranges.example/range/");
}

#[test]
fn of_two_answers_one_is_kept() {
    let place = Place::new().toml("[password]\nbreached_file = 'x'\nbreached_url = 'http://ranges.example'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `password.breached_url` = `http://ranges.example` (portcullis.toml:3) is not https, and not on this machine
        fix: write an https URL such as `https://api.pwnedpasswords.com/range/`
    ");
    let place = Place::new().toml("[password]\nbreached_file = 'x'\nbreached_url = 'https://ranges.example'");
    assert_snapshot!(place.problems(), @r"
    the configuration has a problem:
      `password.breached_file` = `x` (portcullis.toml:2) and `password.breached_url` = `https://ranges.example/` (portcullis.toml:3) are both written
        fix: keep one of the two: the file asks nobody
    ");
}
