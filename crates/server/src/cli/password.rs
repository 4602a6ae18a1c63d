//! Where does a command get a password from?
//!
//! Never from an argument, which every user of the machine can see.

use std::io::{self, BufRead, IsTerminal};

use anyhow::Context;
use portcullis_core::crypto::Password;
use zeroize::Zeroizing;

use super::failure::WrongUsage;

/// How the password is given.
#[derive(Debug, clap::Args)]
pub(super) struct PasswordSource {
    /// Read the password from the first line of stdin instead of asking for it
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordSource {
    /// A password that will be set: the first line of stdin without its end, or what is typed twice.
    pub(super) fn read(&self) -> anyhow::Result<Password> {
        if self.password_stdin {
            return read_line(&mut io::stdin().lock());
        }
        let first = ask("Password: ")?;
        if *first != *ask("Once more: ")? {
            anyhow::bail!("the two passwords differ");
        }
        Ok(Password::from(first.as_str()))
    }

    /// A password that is only looked at: typed once.
    pub(super) fn read_once(&self) -> anyhow::Result<Password> {
        if self.password_stdin {
            return read_line(&mut io::stdin().lock());
        }
        Ok(Password::from(ask("Password: ")?.as_str()))
    }
}

fn ask(prompt: &str) -> anyhow::Result<Zeroizing<String>> {
    if !io::stdin().is_terminal() {
        let what = "nobody can be asked for a password here; give --password-stdin and write it to stdin";
        return Err(WrongUsage(what.to_owned()).into());
    }
    rpassword::prompt_password(prompt).map(Zeroizing::new).context("no password was read")
}

fn read_line(input: &mut dyn BufRead) -> anyhow::Result<Password> {
    let mut line = Zeroizing::new(String::new());
    input.read_line(&mut line).context("no password was read")?;
    let text = line.strip_suffix('\n').unwrap_or(&line);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Password::from(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::read_line;

    #[test]
    fn a_password_is_the_first_line_with_its_blanks() {
        for (input, password) in [(" a b \n", " a b "), ("a\r\nb", "a"), ("a", "a"), ("", "")] {
            assert_eq!(read_line(&mut input.as_bytes()).unwrap().expose(), password);
        }
    }
}
