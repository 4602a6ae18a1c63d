//! `portcullis seed`: are the demo users there that a client in development logs in with?
//!
//! The three that the seeder of an older backend makes. Running it again changes nothing; `--undo` removes an account
//! only when its username and its email address are those of one demo user, and it was made here.

use anyhow::anyhow;
use clap::Args;
use portcullis_core::Auth;
use portcullis_core::crypto::Password;
use portcullis_core::flows::administer::{AdministerError, Administrator};
use portcullis_core::flows::register::{Register, RegisterError};
use portcullis_core::model::{Account, Email, Identifier, Profile, Role, Username};
use portcullis_core::policy::Guessable;
use serde_json::json;

use super::failure::WithFix;
use super::opened::Opened;
use super::output::{print, print_json};
use crate::config::Settings;

/// The flags of `portcullis seed`.
#[derive(Debug, Args)]
pub(super) struct Seed {
    /// Remove the demo users instead
    #[arg(long)]
    undo: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Somebody whose password everybody knows.
struct DemoUser {
    username: &'static str,
    email: &'static str,
    password: &'static str,
}

const DEMO_USERS: [DemoUser; 3] = [
    DemoUser { username: "Demo-lition", email: "demo@user.io", password: "password" },
    DemoUser { username: "FakeUser1", email: "user1@user.io", password: "password2" },
    DemoUser { username: "FakeUser2", email: "user2@user.io", password: "password3" },
];

/// What became of a demo user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Created,
    /// Was there before.
    Present,
    Removed,
    /// Was not there.
    Absent,
    /// Its username or email address belongs to another account, which stays as it is.
    Taken,
    /// Came from an older backend, and stays: somebody may be using it.
    Imported,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Present => "present",
            Self::Removed => "removed",
            Self::Absent => "absent",
            Self::Taken => "taken",
            Self::Imported => "imported",
        }
    }

    const fn told(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Present => "was there already",
            Self::Removed => "removed",
            Self::Absent => "was not there",
            Self::Taken => "left alone: another account has that username or email address",
            Self::Imported => "left alone: it came from an older backend",
        }
    }
}

impl Seed {
    /// Makes the demo users, or removes them.
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        // SECURITY: their passwords stand in public; whoever tries them would be in.
        if settings.is_production() {
            let error = anyhow!("demo users have passwords that everybody knows, and this is production");
            return Err(error.with_fix(
                "nothing was done; for a test system set NODE_ENV or PORTCULLIS_ENV to development, to remove an account \
                 use `portcullis account delete`",
            ));
        }
        let opened =
            if self.undo { Opened::open(settings).await? } else { Opened::open_or_make(settings).await? };
        let desk = Desk {
            auth: without_guesses(&opened.auth),
            _opened: opened,
            operator: Administrator::operator(),
        };
        let mut outcomes = Vec::new();
        for user in &DEMO_USERS {
            let outcome = if self.undo { desk.remove(user).await? } else { desk.create(user).await? };
            outcomes.push((user, outcome));
        }
        if self.json {
            let entry = |(user, outcome): &(&DemoUser, Outcome)| json!({ "username": user.username, "email": user.email, "outcome": outcome.as_str() });
            return print_json(&json!({ "users": outcomes.iter().map(entry).collect::<Vec<_>>() }));
        }
        outcomes.iter().try_for_each(|(user, outcome)| {
            print(format!("{} ({}): {}\n", user.username, user.email, outcome.told()))
        })
    }
}

/// Who has a demo user's names.
enum Owner {
    Nobody,
    /// The demo user.
    Itself(Box<Account>),
    SomebodyElse,
}

/// Where the operator does the work.
struct Desk {
    auth: Auth,
    _opened: Opened,
    operator: Administrator,
}

/// The same door for accounts whose passwords are meant to be known.
fn without_guesses(auth: &Auth) -> Auth {
    let mut policy = auth.policy().clone();
    policy.password.common = Guessable::Accepted;
    policy.password.breached = Guessable::Accepted;
    auth.with_policy(policy)
}

impl Desk {
    async fn create(&self, user: &DemoUser) -> anyhow::Result<Outcome> {
        match self.owner_of(user).await? {
            Owner::Itself(_) => return Ok(Outcome::Present),
            Owner::SomebodyElse => return Ok(Outcome::Taken),
            Owner::Nobody => {}
        }
        let register = Register {
            email: Some(Email::parse(user.email)?),
            username: Some(Username::parse(user.username)?),
            password: Password::from(user.password),
            profile: Profile::default(),
            external_id: None,
        };
        match self.auth.create_account(&self.operator, register, Role::User).await {
            Ok(_) => Ok(Outcome::Created),
            // Somebody was faster; another `seed`, as a rule.
            Err(RegisterError::EmailTaken | RegisterError::UsernameTaken) => match self.owner_of(user).await?
            {
                Owner::Itself(_) => Ok(Outcome::Present),
                Owner::SomebodyElse | Owner::Nobody => Ok(Outcome::Taken),
            },
            Err(error @ RegisterError::Password(_)) => {
                let error =
                    anyhow::Error::from(error).context(format!("{} cannot be created", user.username));
                Err(error.with_fix("lower `password.min_length` to 8, or do without demo users"))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn remove(&self, user: &DemoUser) -> anyhow::Result<Outcome> {
        match self.owner_of(user).await? {
            Owner::Itself(account) if account.cut_over_at.is_some() => Ok(Outcome::Imported),
            Owner::Itself(account) => match self.auth.delete_account(&self.operator, account.id).await {
                Ok(()) => Ok(Outcome::Removed),
                Err(AdministerError::NoAccount) => Ok(Outcome::Absent),
                Err(error) => Err(error.into()),
            },
            Owner::SomebodyElse => Ok(Outcome::Taken),
            Owner::Nobody => Ok(Outcome::Absent),
        }
    }

    async fn owner_of(&self, user: &DemoUser) -> anyhow::Result<Owner> {
        let by_email = self.find(user.email).await?;
        let by_username = self.find(user.username).await?;
        Ok(match (by_email, by_username) {
            (None, None) => Owner::Nobody,
            (Some(one), Some(other)) if one.id == other.id => Owner::Itself(Box::new(one)),
            (Some(_), _) | (None, Some(_)) => Owner::SomebodyElse,
        })
    }

    async fn find(&self, text: &str) -> anyhow::Result<Option<Account>> {
        let Some(identifier) = Identifier::parse(text) else { return Ok(None) };
        match self.auth.account_by_identifier(&self.operator, &identifier).await {
            Ok(account) => Ok(Some(account)),
            Err(AdministerError::NoAccount) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
