//! How many guesses would a password stand?
//!
//! An estimate for whoever chooses one, and no rule: what is refused is decided in [`super::password`].

use portcullis_crypto::secret::Password;

/// The most work that an estimate may take, in units of about a quarter of a microsecond.
const WORK_MAX: usize = 40_000;
/// The most characters that are looked at; the estimator looks at no more.
const CHARS_MAX: usize = 100;

/// For each letter the characters that stand in for it in `p4$$w0rd`, as the estimator takes them.
const STAND_INS: [(char, &str); 12] = [
    ('a', "4@"),
    ('b', "8"),
    ('c', "({[<"),
    ('e', "3"),
    ('g', "69"),
    ('i', "1!|"),
    ('l', "1|7"),
    ('o', "0"),
    ('s', "$5"),
    ('t', "+7"),
    ('x', "%"),
    ('z', "2"),
];

/// How good a password is, and what would make it better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    /// 0: a thousand guesses. 1: a million. 2: a hundred millions. 3: ten thousand millions. 4: more.
    pub score: u8,
    /// What makes it easy to guess, in a sentence.
    pub warning: Option<String>,
    /// What to do about it, each in a sentence.
    pub suggestions: Vec<String>,
}

/// Estimates a password. `known` is what everybody knows of the account and the service. Takes up to ten milliseconds.
pub fn strength(password: &Password, known: &[&str]) -> Strength {
    // The parts of a name are as well known as the whole.
    let is_border = |c: char| !c.is_alphanumeric();
    let parts = known.iter().flat_map(|name| name.split(is_border)).filter(|part| part.chars().count() > 2);
    let known: Vec<&str> = known.iter().copied().chain(parts).collect();
    let estimate = zxcvbn::zxcvbn(looked_at(password.expose()), &known);
    let feedback = estimate.feedback();
    Strength {
        score: estimate.score().into(),
        warning: feedback.and_then(zxcvbn::feedback::Feedback::warning).map(|warning| warning.to_string()),
        suggestions: feedback
            .map(|feedback| feedback.suggestions().iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
    }
}

/// The beginning of a password, of which the whole is no weaker, as far as it can be estimated in a bounded time.
///
/// SECURITY: the estimator tries every way of reading stand-ins as letters, on every part of the password: a hundred
/// characters of them took it more than half a second, for anybody who asks.
fn looked_at(password: &str) -> &str {
    let end = password
        .char_indices()
        .enumerate()
        .map(|(chars, (at, c))| (chars + 1, at + c.len_utf8()))
        .take_while(|(chars, end)| {
            let readings = password.get(..*end).map_or(1, readings);
            *chars <= CHARS_MAX && chars * chars * readings <= WORK_MAX
        })
        .last();
    end.and_then(|(_, end)| password.get(..end)).unwrap_or_default()
}

/// In how many ways the stand-ins of a text can be read at once, at most.
fn readings(text: &str) -> usize {
    let of_letter = |(_, stand_ins): &(char, &str)| stand_ins.chars().filter(|c| text.contains(*c)).count();
    // A character that stands for two letters doubles what it takes part in.
    let doubled = ['1', '|', '7'].into_iter().filter(|c| text.contains(*c)).count();
    STAND_INS.iter().map(|letter| of_letter(letter).max(1)).product::<usize>() << doubled
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn score(password: &str) -> u8 {
        strength(&Password::from(password), &["alice@example.com", "alice"]).score
    }

    #[test]
    fn a_password_is_the_better_the_more_guesses_it_stands() {
        for (password, expected) in
            [("", 0), ("password", 0), ("alice2024", 1), ("gh7-Kd2", 2), ("correct horse battery staple", 4)]
        {
            assert_eq!(score(password), expected, "{password}");
        }
    }

    #[test]
    fn a_weak_password_is_told_why_and_a_strong_one_nothing() {
        let weak = strength(&Password::from("password1"), &[]);
        assert_eq!(weak.warning.as_deref(), Some("This is a very common password."));
        assert_eq!(weak.suggestions, ["Add another word or two. Uncommon words are better."]);
        let strong = strength(&Password::from("correct horse battery staple"), &[]);
        assert_eq!((strong.warning, strong.suggestions.len()), (None, 0));
    }

    #[test]
    fn a_part_of_a_name_is_as_well_known_as_the_name() {
        let of = |known: &[&str]| strength(&Password::from("quetzalcoatl77"), known).score;
        assert_eq!((of(&[]), of(&["ada.quetzalcoatl@example.com"])), (4, 1));
    }

    #[test]
    fn an_estimate_looks_at_as_much_as_it_has_time_for() {
        let stand_ins = "4@8({[<369!1|0$5+7%2".repeat(5);
        let seen = looked_at(&stand_ins);
        assert!(stand_ins.starts_with(seen) && (10..20).contains(&seen.len()), "{seen}");
        assert_eq!(score(&stand_ins), 4);
        let words = "two lumps of sugar ".repeat(20);
        assert_eq!(looked_at(&words).len(), CHARS_MAX);
        assert_eq!(looked_at("🦀🦀"), "🦀🦀");
        assert_eq!(looked_at(""), "");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// SECURITY: the message of a panic inside of the estimator could have the password in it.
        #[test]
        fn every_text_has_a_strength(text in "(\\PC|[a1@$ß İﬁ漢🦀]){0,60}", known in "\\PC{0,20}") {
            let strength = strength(&Password::from(text.as_str()), &[&known, &text]);
            prop_assert!(strength.score <= 4);
            prop_assert!(text.starts_with(looked_at(&text)));
        }
    }
}
