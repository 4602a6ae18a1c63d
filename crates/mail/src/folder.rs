//! How does a mail get into a directory?
//!
//! A file appears whole or not at all, under a name that the letter alone decides: a second try takes its place. Links in
//! it open accounts, so nobody else may read it.

use std::io;
use std::path::{Path, PathBuf};

use portcullis_core::model::mail::Letter;
use time::OffsetDateTime;
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

/// Makes the directory, if there is none: for its owner only.
pub(crate) fn prepare(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    if directory.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// Writes a mail; answers when it is on the disk.
pub(crate) async fn write(directory: &Path, letter: &Letter, bytes: &[u8]) -> io::Result<PathBuf> {
    let name = file_name(letter);
    let (path, unfinished) = (directory.join(&name), directory.join(format!(".{name}.new")));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    fs::rename(&unfinished, &path).await?;
    Ok(path)
}

/// In the order of time, by `ls`.
fn file_name(letter: &Letter) -> String {
    let at =
        OffsetDateTime::from_unix_timestamp(letter.at.as_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    let time = format!("{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z", u8::from(month));
    format!("{time}-{}-{}.eml", letter.kind.as_str(), letter.id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use std::os::unix::fs::PermissionsExt as _;

    use portcullis_core::model::Locale;
    use portcullis_core::model::mail::LetterKind;
    use portcullis_core::ports::Mailer as _;

    use crate::preview::letters::letter;
    use crate::{MailSettings, Transport, open};

    #[tokio::test]
    async fn a_mail_becomes_one_file_that_only_its_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("new/mails");
        let transport = Transport::File(directory.clone());
        let mailer = open(&MailSettings::new(transport, "no-reply@example.com", "App")).unwrap();
        let letter = letter(LetterKind::ResetPassword, Locale::En);
        mailer.send(&letter).await.unwrap();
        mailer.send(&letter).await.unwrap();
        let files: Vec<_> =
            std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        let name = format!("20261121T200900Z-reset_password-{}.eml", letter.id);
        assert_eq!(files, [directory.join(name)]);
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&files[0]), mode(&directory)), (0o600, 0o700));
        let message = std::fs::read_to_string(&files[0]).unwrap();
        assert!(message.contains("To: alex@example.com\r\n"), "{message}");
    }
}
