//! Is this password made of names that everybody knows?
//!
//! Whoever guesses at an account begins with what it is called, with a year or an exclamation mark behind it, and with
//! what the service is called. A password that merely mentions a name is another matter: `alice likes two lumps` is
//! none of Alice's names.

use zeroize::Zeroizing;

use super::folded;

/// The shortest name that is looked for inside of a password. A shorter one is found in half of all words.
const NAME_MIN_CHARS: usize = 3;
/// The shortest part of a name that counts for itself: `smith` of `alice.smith`.
const PART_MIN_CHARS: usize = 4;
/// So many letters beside the names are words of their own.
const LETTERS_OF_ITS_OWN: usize = 3;

/// Whether hardly anything is left of a password, which is folded, when these names are taken out of it, in either
/// direction.
pub(super) fn is_made_of<'n>(password: &str, names: impl IntoIterator<Item = &'n str>) -> bool {
    let mut terms: Vec<String> = names.into_iter().flat_map(terms_of).collect();
    // The longest first: what `alice@example.com` covers is not left over by `alice`.
    terms.sort_unstable_by_key(|term| std::cmp::Reverse(term.len()));
    terms.dedup();
    let mut rest = Zeroizing::new(password.to_owned());
    let mut has_name = false;
    for term in &terms {
        for term in [term.clone(), reversed(term)] {
            if password == term {
                return true;
            }
            if can_be_part(&term) && rest.contains(&term) {
                has_name = true;
                rest = Zeroizing::new(rest.replace(&term, " "));
            }
        }
    }
    has_name && rest.chars().filter(|c| c.is_alphabetic()).count() < LETTERS_OF_ITS_OWN
}

/// A name that is all digits could be the year in anybody's password.
fn can_be_part(term: &str) -> bool {
    term.chars().count() >= NAME_MIN_CHARS && term.chars().any(char::is_alphabetic)
}

/// A name, and what people take it for: of an address what stands before and behind the `@`, of `alice.smith` both
/// words. What comes last in a domain names nobody.
fn terms_of(name: &str) -> Vec<String> {
    let name = folded(name.trim()).to_string();
    let (own, domain) = match name.rsplit_once('@') {
        Some((own, domain)) => (own, domain.rsplit_once('.').map_or(domain, |(before, _)| before)),
        None => (name.as_str(), ""),
    };
    let parts = [own, domain].into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let parts = parts.filter(|part| part.chars().count() >= PART_MIN_CHARS);
    let whole = [name.as_str(), own].into_iter().filter(|term| !term.is_empty());
    whole.chain(parts).map(str::to_owned).collect()
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: [&str; 2] = ["Alice.Smith@Example.com", "alice_s"];

    fn refused<'n>(password: &str, names: impl IntoIterator<Item = &'n str>) -> bool {
        is_made_of(&folded(password), names)
    }

    #[test]
    fn a_name_with_decoration_is_no_password() {
        for password in [
            "alice.smith@example.com",
            "ALICE.SMITH",
            "Alice_S!",
            "alice1984",
            "19Alice84!!",
            "smith-smith",
            "AliceSmith",
            "htims.ecila",
            "ecila2024",
            "example123",
            "ａｌｉｃｅ1984",
            "aliceab1",
        ] {
            assert!(refused(password, ALICE), "{password}");
        }
    }

    #[test]
    fn a_password_that_mentions_a_name_is_one() {
        for password in [
            "alice's correct horse",
            "smith & wesson & co",
            "malice in wonderland",
            "alice@work",
            "20240817",
            "!!!!!!!!",
            "",
        ] {
            assert!(!refused(password, ALICE), "{password}");
        }
    }

    #[test]
    fn short_names_and_numbers_count_only_when_they_are_all() {
        assert!(refused("bo", ["bo"]));
        assert!(refused("ob", ["bo"]));
        assert!(!refused("bobobobo1", ["bo"]));
        assert!(refused("5551234567", ["5551234567"]));
        assert!(refused("7654321555", ["5551234567"]));
        assert!(!refused("98123764", ["123"]));
        assert!(!refused("a1984b", ["1984"]));
    }

    #[test]
    fn names_of_other_scripts_count_as_well() {
        assert!(refused("ЗОЯ-1987", ["зоя"]));
        assert!(refused("田中太郎1990", ["田中太郎"]));
        assert!(!refused("田中太郎と猫と犬", ["田中太郎"]));
    }

    #[test]
    fn nobody_has_no_names() {
        assert!(!refused("anything at all", []));
        assert!(!refused("anything at all", ["", " ", "@", "@@", "."]));
    }
}
