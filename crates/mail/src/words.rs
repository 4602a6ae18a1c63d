//! How are times and durations said, and what of a stranger's text is shown?

use std::time::Duration;

use portcullis_core::model::{Locale, Timestamp};
use time::OffsetDateTime;

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// A time in words: `21 November 2026, 20:09 UTC`.
pub(crate) fn time(locale: Locale, at: Timestamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.as_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (day, year, hour, minute) = (at.day(), at.year(), at.hour(), at.minute());
    let month = |names: [&'static str; 12]| {
        names.into_iter().nth(usize::from(u8::from(at.month()) - 1)).unwrap_or_default()
    };
    match locale {
        Locale::En => format!("{day} {} {year}, {hour:02}:{minute:02} UTC", month(MONTHS_EN)),
        Locale::De => format!("{day}. {} {year}, {hour:02}:{minute:02} Uhr (UTC)", month(MONTHS_DE)),
    }
}

/// A duration in words, in the largest unit that fits: `1 hour`, `24 hours`, `7 days`. What is left over below a minute
/// is not said, unless there is nothing else.
pub(crate) fn duration(locale: Locale, duration: Duration) -> String {
    const DAY: u64 = 24 * 60;
    let minutes = duration.as_secs() / 60;
    // People say 24 hours, not 1 day.
    let (count, [one, many]) = match (minutes, locale) {
        (minutes, Locale::En) if minutes > DAY && minutes % DAY == 0 => (minutes / DAY, ["day", "days"]),
        (minutes, Locale::De) if minutes > DAY && minutes % DAY == 0 => (minutes / DAY, ["Tag", "Tage"]),
        (minutes, Locale::En) if minutes > 0 && minutes % 60 == 0 => (minutes / 60, ["hour", "hours"]),
        (minutes, Locale::De) if minutes > 0 && minutes % 60 == 0 => (minutes / 60, ["Stunde", "Stunden"]),
        (0, Locale::En) => (duration.as_secs(), ["second", "seconds"]),
        (0, Locale::De) => (duration.as_secs(), ["Sekunde", "Sekunden"]),
        (minutes, Locale::En) => (minutes, ["minute", "minutes"]),
        (minutes, Locale::De) => (minutes, ["Minute", "Minuten"]),
    };
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A text on one line, without control characters and without those that turn the direction of what follows or are not
/// seen at all.
pub(crate) fn plain(text: &str) -> String {
    let is_unseen = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.chars().filter(|c| !c.is_control() && !is_unseen(*c)).collect::<String>().trim().to_owned()
}

/// The most columns of a line of text (RFC 5322 §2.1.1 asks for 78).
const COLUMNS: usize = 76;

/// Text as it stands in a mail: lines broken between words, at most one empty line after another. What is longer than a
/// line, a link, stays in one piece.
pub(crate) fn wrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / COLUMNS);
    let mut is_after_empty = true;
    for line in text.lines() {
        let is_empty = line.trim().is_empty();
        if is_empty && is_after_empty {
            continue;
        }
        is_after_empty = is_empty;
        if !is_empty {
            wrap_line(line, &mut out);
        }
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

fn wrap_line(line: &str, out: &mut String) {
    if line.chars().count() <= COLUMNS {
        out.push_str(line);
        return;
    }
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let mut column = 0;
    for word in line.split_ascii_whitespace() {
        let len = word.chars().count();
        if column > 0 && column + 1 + len > COLUMNS {
            out.push('\n');
            column = 0;
        }
        let gap = if column == 0 { indent.as_str() } else { " " };
        out.push_str(gap);
        out.push_str(word);
        column += gap.len() + len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_words() {
        let at = Timestamp::from_seconds(1_772_323_449);
        assert_eq!(time(Locale::En, at), "1 March 2026, 00:04 UTC");
        assert_eq!(time(Locale::De, at), "1. März 2026, 00:04 Uhr (UTC)");
    }

    #[test]
    fn a_duration_is_said_in_the_largest_unit_that_fits() {
        for (minutes, en, de) in [
            (1, "1 minute", "1 Minute"),
            (15, "15 minutes", "15 Minuten"),
            (60, "1 hour", "1 Stunde"),
            (90, "90 minutes", "90 Minuten"),
            (24 * 60, "24 hours", "24 Stunden"),
            (36 * 60, "36 hours", "36 Stunden"),
            (2 * 24 * 60, "2 days", "2 Tage"),
            (7 * 24 * 60, "7 days", "7 Tage"),
        ] {
            let said = |locale| duration(locale, Duration::from_mins(minutes));
            assert_eq!((said(Locale::En).as_str(), said(Locale::De).as_str()), (en, de));
        }
        assert_eq!(duration(Locale::En, Duration::from_secs(5)), "5 seconds");
        assert_eq!(duration(Locale::De, Duration::from_secs(1)), "1 Sekunde");
        assert_eq!(duration(Locale::En, Duration::from_secs(119)), "1 minute");
    }

    #[test]
    fn what_is_not_seen_is_not_shown() {
        assert_eq!(plain(" a\r\nBcc: b\u{202e}c\u{200b}\0 "), "aBcc: bc");
        assert_eq!(plain("Zoë’s App – 東京"), "Zoë’s App – 東京");
    }

    #[test]
    fn lines_are_broken_between_words_and_links_are_not() {
        let link = format!("https://example.com/{}", "x".repeat(90));
        let text = format!("\n\n{}\n\n\n\n{link}\n    code\n\n\n", "word ".repeat(30).trim_end());
        let wrapped = wrapped(&text);
        let lines: Vec<_> = wrapped.lines().collect();
        assert!(lines.iter().all(|line| line.len() <= 76 || *line == link), "{wrapped}");
        assert!(lines.contains(&"    code") && lines.contains(&link.as_str()), "{wrapped}");
        assert!(!wrapped.contains("\n\n\n") && wrapped.ends_with("code\n") && wrapped.starts_with("word"));
    }
}
