//! Does the whole world know this secret?

use std::collections::BTreeSet;

/// What tutorials, templates and generators of code sign tokens with; without case, hyphens, underscores and blanks.
const LISTED: &[&str] = &[
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "123456",
    "12345678",
    "1234567890",
    "12345678901234567890123456789012",
    "404e635266556a586e3272357538782f413f4428472b4b6250645367566b5970",
    "accesssecret",
    "accesstoken",
    "accesstokensecret",
    "anysecrethere",
    "asupersecretkey",
    "authsecret",
    "changeme",
    "changemeinproduction",
    "changethis",
    "changethissecret",
    "changethissecretinproduction",
    "cookiesecret",
    "default",
    "defaultsecret",
    "dev",
    "devjwtsecret",
    "devjwtsecretchangeme",
    "devsecret",
    "devsecretchangeme",
    "example",
    "examplekey",
    "fallbacksecret",
    "fallbacksecretkey",
    "fallbacksecretkeyfordevelopment",
    "helloworld",
    "iamasecret",
    "insecure",
    "jwt",
    "jwtkey",
    "jwtprivatekey",
    "jwtrefreshsecret",
    "jwtsecret",
    "jwtsecretkey",
    "jwttoken",
    "keyboardcat",
    "localsecret",
    "mysecret",
    "mysecretkey",
    "mysupersecret",
    "mysupersecretkey",
    "mytopsecret",
    "mytopsecretkey",
    "nodeauth",
    "notasecret",
    "password",
    "placeholder",
    "privatekey",
    "qwertyuiopasdfghjklzxcvbnm123456",
    "randomsecret",
    "refreshsecret",
    "refreshtoken",
    "refreshtokensecret",
    "replaceme",
    "replacewithasecuresecret",
    "secret",
    "secret123",
    "secretkey",
    "secretkeyhere",
    "secretorprivatekey",
    "sessionsecret",
    "sharedsecret",
    "shhhhh",
    "shhhhhharedsecret",
    "somesecret",
    "superdupersecret",
    "supersecret",
    "supersecretjwtkey",
    "supersecretjwttokenwithatleast32characterslong",
    "supersecretkey",
    "thisisasecret",
    "thisisasecretkey",
    "verysecret",
    "your256bitsecret",
    "youraccesssecret",
    "youraccesstokensecret",
    "yourrefreshsecret",
    "yourrefreshtokensecret",
    "yoursecrethere",
    "yoursecretkey",
];

/// How a text begins and what it contains that asks to be replaced: `your-256-bit-secret`, `change_this_key`.
const PLACEHOLDERS: [&str; 3] = ["your", "changeme", "changethis"];
const NAMES: [&str; 4] = ["secret", "key", "token", "production"];

/// What people make secrets of when they make them up: a text of these and digits is no secret.
const WORDS: [&str; 33] = [
    "access",
    "api",
    "app",
    "auth",
    "changeme",
    "demo",
    "dev",
    "for",
    "is",
    "jwt",
    "key",
    "long",
    "my",
    "node",
    "password",
    "private",
    "production",
    "random",
    "refresh",
    "secret",
    "secure",
    "server",
    "session",
    "short",
    "sign",
    "some",
    "super",
    "test",
    "this",
    "token",
    "top",
    "very",
    "the",
];

/// A random text of a length that is taken has more different characters than this.
const FEW_CHARACTERS: usize = 4;

/// Whether a secret is none.
pub(super) fn contains(secret: &str) -> bool {
    let plain = plain(secret);
    let asks_to_be_replaced = PLACEHOLDERS.iter().any(|begin| plain.starts_with(begin))
        && NAMES.iter().any(|name| plain.contains(name));
    let characters: BTreeSet<_> = secret.chars().collect();
    LISTED.contains(&plain.as_str())
        || asks_to_be_replaced
        || characters.len() <= FEW_CHARACTERS
        || is_made_up(&plain)
}

/// Whether nothing is left of a text without digits and [`WORDS`], one after the other.
fn is_made_up(plain: &str) -> bool {
    let letters: String = plain.chars().filter(|c| !c.is_ascii_digit()).collect();
    // Up to where words reach.
    let mut reached = BTreeSet::from([0]);
    while let Some(at) = reached.pop_first() {
        let Some(rest) = letters.get(at..).filter(|rest| !rest.is_empty()) else { return true };
        reached.extend(WORDS.iter().filter(|word| rest.starts_with(**word)).map(|word| at + word.len()));
    }
    false
}

fn plain(secret: &str) -> String {
    let kept = secret.chars().filter(|c| !matches!(c, '-' | '_') && !c.is_whitespace());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_of_tutorials_are_known_in_every_spelling() {
        for secret in [
            "youraccesstokensecret",
            "yourrefreshtokensecret",
            "your_access_secret",
            "your_refresh_secret",
            "your_secret_here",
            "your-secret-key",
            "Your Secret Key",
            "your-256-bit-secret",
            "your_super_secure_random_string_here_min_32_chars_key",
            "secret",
            "SECRET",
            "s e c r e t",
            "changeme",
            "change_this_secret_in_production",
            "change-me-in-production",
            "supersecret",
            "super-secret-jwt-token-with-at-least-32-characters-long",
            "jwt_secret",
            "keyboard cat",
            "shhhhhhared-secret",
            "12345678901234567890123456789012",
            "abababababababababababababababababab",
            "00000000000000000000000000000000",
        ] {
            assert!(contains(secret), "{secret}");
        }
    }

    #[test]
    fn a_random_secret_is_not_known() {
        for secret in [
            "q0Xr7n3J5mU2h1Zb9kW4tVfLs8yDpGcE6aRiNoQj+/A=",
            "7f3a9c1e5b2d8f604a7c3e91b5d2f806",
            "yoursAreMineAndMineAreYours",
            "correct horse battery staple",
        ] {
            assert!(!contains(secret), "{secret}");
        }
    }

    #[test]
    fn the_list_is_written_as_it_is_compared_and_says_everything_once() {
        for secret in LISTED {
            assert_eq!(plain(secret), *secret);
        }
        assert_eq!(LISTED.iter().collect::<BTreeSet<_>>().len(), LISTED.len());
    }

    #[test]
    fn what_is_made_of_such_words_and_digits_is_no_secret() {
        for text in [
            "mysupersecretkey123456",
            "access_token_secret_key_12345",
            "thisismysecretkeyforjwt12345",
            "accessTokenSecret1",
            "1234567890123456",
        ] {
            assert!(contains(text), "{text}");
        }
        for text in ["mE9vQ2sXc7Lw0bTgYh4Zr", "secretly-hidden-horse", "k8Pz3RnUw6VbQe1GyMx0LsJd4CfAi9Xo"] {
            assert!(!contains(text), "{text}");
        }
    }
}
