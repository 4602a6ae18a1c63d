//! What do all the mails look like?

pub(crate) mod letters;

use std::path::{Path, PathBuf};
use std::{fs, io};

use portcullis_core::model::Locale;
use portcullis_core::model::mail::LetterKind;

use crate::writer::stationery;
use crate::{MailSettings, OpenError};

/// A mail with made-up contents.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The name of its files, without what they end in: `en-reset_password`.
    pub name: String,
    /// What it is about.
    pub kind: LetterKind,
    /// In which language.
    pub locale: Locale,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same for programs that show HTML.
    pub html: String,
    /// The message as it is sent.
    pub message: Vec<u8>,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The settings or the templates.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file that cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// Every kind of mail in every language, with made-up contents. Their links lead nowhere.
pub fn render_samples(settings: &MailSettings) -> Result<Vec<Sample>, OpenError> {
    let (templates, sender) = stationery(settings)?;
    let mut samples = Vec::new();
    for (name, letter) in letters::named() {
        let rendered = templates.render(&letter, &settings.app_name)?;
        // The address is ours.
        let message = sender.pack(&letter, &rendered).map(|packed| packed.bytes).unwrap_or_default();
        let (kind, locale, subject) = (letter.kind, letter.locale, rendered.subject);
        samples.push(Sample {
            name,
            kind,
            locale,
            subject,
            text: rendered.text,
            html: rendered.html,
            message,
        });
    }
    Ok(samples)
}

/// Writes all samples as files into a directory, with an `index.html` that leads to them; answers the path of that.
pub fn preview(settings: &MailSettings, directory: &Path) -> Result<PathBuf, PreviewError> {
    let samples = render_samples(settings)?;
    let write = |name: String, contents: &[u8]| {
        let path = directory.join(name);
        let written = fs::write(&path, contents);
        written.map_err(|cause| PreviewError::Write { path: path.clone(), cause }).map(|()| path)
    };
    fs::create_dir_all(directory)
        .map_err(|cause| PreviewError::Write { path: directory.to_owned(), cause })?;
    for sample in &samples {
        write(format!("{}.html", sample.name), sample.html.as_bytes())?;
        write(format!("{}.txt", sample.name), format!("{}\n\n{}", sample.subject, sample.text).as_bytes())?;
        write(format!("{}.eml", sample.name), &sample.message)?;
    }
    write("index.html".to_owned(), index(&samples).as_bytes())
}

fn row(sample: &Sample) -> String {
    let (name, kind, locale) = (&sample.name, sample.kind.as_str(), sample.locale.as_str());
    let subject = sample.subject.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<tr><td>{kind}</td><td>{locale}</td><td><a lang=\"{locale}\" href=\"{name}.html\">{subject}</a></td>\
         <td><a href=\"{name}.txt\">text</a></td><td><a href=\"{name}.eml\">message</a></td></tr>\n"
    )
}

fn index(samples: &[Sample]) -> String {
    let rows: String = samples.iter().map(row).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Mails</title>\n<style>\n\
         :root {{ color-scheme: light dark; }}\nbody {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; }}\n\
         td {{ padding: 0.25rem 1rem 0.25rem 0; }}\n</style>\n</head>\n<body>\n<h1>Mails</h1>\n\
         <p>Contents are made up; links lead nowhere.</p>\n<table>\n{rows}</table>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::Transport;

    #[test]
    fn a_preview_is_a_page_that_leads_to_every_mail() {
        let folder = tempfile::tempdir().unwrap();
        let settings = MailSettings::new(Transport::Console, "no-reply@example.com", "<Example>");
        let index = preview(&settings, &folder.path().join("mails")).unwrap();
        let page = fs::read_to_string(&index).unwrap();
        assert_eq!(page.matches("href=").count(), (LetterKind::ALL.len() + 1) * Locale::ALL.len() * 3);
        for link in page.split("href=\"").skip(1) {
            let name = link.split('"').next().unwrap();
            assert!(fs::metadata(index.with_file_name(name)).unwrap().len() > 100, "{name}");
        }
        assert!(page.contains("en-email_changed_unverified.html"));
        assert!(!page.contains("<Example>"));
    }
}
