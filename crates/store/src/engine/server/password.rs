//! With which password is a connection to a database server made?

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::pool::ConnectError;
use crate::options::ServerOptions;

/// The one that holds now: that of the file, if there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "a small file, when a connection is made, that may be far away"
)]
pub(crate) async fn current(options: &ServerOptions) -> Result<Option<SecretString>, ConnectError> {
    let Some(file) = options.password_file.clone() else { return Ok(options.password.clone()) };
    let path = file.clone();
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(path).map(Zeroizing::new)).await;
    let read = read.unwrap_or_else(|broken| Err(std::io::Error::other(broken)));
    let text = read.map_err(|error| {
        ConnectError::lasting(
            format!("its password cannot be read from {}: {error}", file.display()),
            "write the password into that file, readable by the user that the server runs as",
        )
    })?;
    Ok(text.lines().next().map(SecretString::from))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use secrecy::ExposeSecret;

    use super::*;
    use crate::testing::server_at;

    #[tokio::test]
    async fn the_first_line_of_the_file_is_the_password_whenever_it_is_asked_for() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let options = ServerOptions {
            password_file: Some(file.path().to_owned()),
            ..server_at("postgres://user:of-the-url@localhost:5432/database")
        };
        for (text, password) in [("first\n", "first"), (" second \r\nrest", " second "), ("third", "third")] {
            std::fs::write(file.path(), text).unwrap();
            assert_eq!(current(&options).await.unwrap().unwrap().expose_secret(), password);
        }
        std::fs::write(file.path(), "").unwrap();
        assert!(current(&options).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_named() {
        let missing = Some("/nowhere/password".into());
        let options = ServerOptions { password_file: missing, ..server_at("mysql://u:p@localhost:1/d") };
        let error = current(&options).await.unwrap_err();
        assert!(error.cause.contains("/nowhere/password") && !error.is_temporary, "{error:?}");
    }
}
