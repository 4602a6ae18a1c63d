//! What does a mail look like where no mail server is needed?

use std::io::{self, Write as _};

use crate::templates::Rendered;

/// How wide the frame is, with lines of up to 76 columns in it.
const WIDTH: usize = 80;

/// Shows a mail on standard error.
pub(crate) fn show(to: &str, rendered: &Rendered) -> io::Result<()> {
    io::stderr().lock().write_all(framed(to, rendered).as_bytes())
}

/// A link stays in one piece, so that terminals know it for one; it may be wider than the frame.
fn framed(to: &str, rendered: &Rendered) -> String {
    let rule = "─".repeat(WIDTH - 2);
    let (mail, subject) = (row(&format!("Mail to {to}")), row(&rendered.subject));
    let text: String = rendered.text.lines().map(row).collect();
    format!("┌{rule}┐\n{mail}{subject}├{rule}┤\n{text}└{rule}┘\n")
}

fn row(line: &str) -> String {
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    match (WIDTH - 4).checked_sub(line.chars().count()) {
        Some(room) => format!("│ {line}{} │\n", " ".repeat(room)),
        None => format!("│ {line}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_stands_in_a_frame_with_its_link_in_one_piece() {
        let link = format!("https://example.com/?token={}", "x".repeat(80));
        let text = format!("Hello.\n\n{link}\n\x1b[31m\n");
        let shown = framed("a@example.com", &Rendered { subject: "Hi".into(), text, html: String::new() });
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines.contains(&format!("│ {link}").as_str()), "{shown}");
        assert!(
            lines.iter().filter(|line| !line.contains("token")).all(|line| line.chars().count() == WIDTH)
        );
        assert!(
            shown.contains("Mail to a@example.com") && shown.contains("│ Hi ") && !shown.contains('\x1b')
        );
    }
}
