//! Would this password do, and how good is it?

use portcullis_crypto::secret::Password;

use super::Trouble;
use crate::Auth;
use crate::estimates::{PATIENCE, TooMany};
use crate::hash_gate::HashError;
use crate::model::{Account, Client, Email, Username};
use crate::policy::{Guessable, PasswordProblem, Strength, strength};

/// What is to be said about a password before anybody sets it.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Why it could not be set; it can when there is nothing.
    pub problems: Vec<PasswordProblem>,
    /// How good it is.
    pub strength: Strength,
}

impl Auth {
    /// Judges a password for an account with these identifiers, which may be half written. Nothing is stored, counted
    /// or asked elsewhere: whether it is known from a breach is found out when it is set.
    ///
    /// # Errors
    /// When too many others wait, or the client asks for too many at once.
    pub async fn judge_password(
        &self,
        password: Password,
        identifiers: Vec<String>,
        client: &Client,
    ) -> Result<Judgement, Trouble> {
        let names: Vec<&str> = identifiers.iter().map(String::as_str).collect();
        let problems = self.policy().password.problems(&password, &names).collect();
        let overloaded = |TooMany| Trouble::Hash(HashError::Overloaded { retry_after: PATIENCE });
        let (_place, turn) = self.estimates().turn(client.address_block()).await.map_err(overloaded)?;
        let words = std::sync::Arc::clone(&self.policy().password.blocked_words);
        #[expect(
            clippy::disallowed_methods,
            reason = "ten milliseconds, of which nothing is left but the answer"
        )]
        let estimate = tokio::task::spawn_blocking(move || {
            let known: Vec<&str> = identifiers.iter().chain(words.iter()).map(String::as_str).collect();
            turn.run(|| strength(&password, &known))
        });
        let strength = estimate.await.map_err(|_| Trouble::Hash(HashError::Failed))?;
        Ok(Judgement { problems, strength })
    }

    /// Asks about a password that has met the policy whether it is known from a breach.
    pub(super) async fn check_breached(&self, password: &Password) -> Result<(), PasswordProblem> {
        if self.policy().password.breached == Guessable::Accepted {
            return Ok(());
        }
        if self.breached().knows(password, self.now()).await {
            Err(PasswordProblem::Breached)
        } else {
            Ok(())
        }
    }
}

/// What an account is found by, for the policy of its password.
pub(super) fn identifiers<'a>(email: Option<&'a Email>, username: Option<&'a Username>) -> Vec<&'a str> {
    email.map(Email::as_str).into_iter().chain(username.map(Username::as_str)).collect()
}

/// The same of an account that is there.
pub(super) fn identifiers_of(account: &Account) -> Vec<&str> {
    identifiers(account.email.as_ref(), account.username.as_ref())
}
