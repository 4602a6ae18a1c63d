//! In which language is somebody written to?

/// A language that mails and pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

/// The most that is read of a header; browsers send a dozen languages.
const MOST_RANGES: usize = 32;

impl Locale {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The language tag (RFC 5646): in the database, in JSON, in HTML, as a folder of templates.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// The language of that tag or of its first part, whatever its case: `de-AT` is German.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|locale| locale.as_str().eq_ignore_ascii_case(primary.trim()))
    }

    /// What somebody likes best of what there is, by an `Accept-Language` header (RFC 9110 §12.5.4). `None` when there is
    /// nothing that they like.
    pub fn negotiate(accept_language: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in accept_language.split(',').take(MOST_RANGES) {
            let mut parts = range.split(';');
            let Some(locale) = parts.next().and_then(Self::parse) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=").map(permille)).unwrap_or(1000);
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }
}

/// A weight from 0 to 1 in thousandths; what cannot be read weighs nothing.
fn permille(text: &str) -> u16 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_weight = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" if is_weight => 1000,
        "0" if is_weight => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    #[test]
    fn a_tag_is_read_by_its_first_part() {
        for (tag, locale) in [
            ("de", Some(Locale::De)),
            ("DE-at", Some(Locale::De)),
            ("en_GB", Some(Locale::En)),
            ("fr", None),
            ("", None),
        ] {
            assert_eq!(Locale::parse(tag), locale, "{tag}");
        }
    }

    #[test]
    fn the_heaviest_language_that_there_is_wins_and_the_first_of_equals() {
        for (header, locale) in [
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Some(Locale::En)),
            ("de-DE,de;q=0.9,en;q=0.8", Some(Locale::De)),
            ("en;q=0.2, de;q=0.25", Some(Locale::De)),
            ("en, de", Some(Locale::En)),
            ("de;q=0, en;q=0.001", Some(Locale::En)),
            ("de;q=0", None),
            ("de;q=2", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(Locale::negotiate(header), locale, "{header}");
        }
    }
}
