//! `portcullis account`: what can the operator do with accounts?

mod invite;
mod shown;

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use portcullis_core::Auth;
use portcullis_core::flows::administer::{AdministerError, Administrator};
use portcullis_core::flows::register::Register;
use portcullis_core::model::page::MAX_PAGE_ITEMS;
use portcullis_core::model::{
    Account, AccountId, Email, EmailError, Identifier, PageRequest, Profile, Role, Username, UsernameError,
};
use serde_json::json;

use self::invite::InviteSomebody;
use self::shown::{Sessions, Shown};
use super::failure::{WithFix, WrongUsage};
use super::opened::Opened;
use super::output::{print, print_json};
use super::password::PasswordSource;
use crate::config::Settings;

/// The commands of `portcullis account`. An account is named by its id, email address or username.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create an account
    Create(Create),
    /// Invite somebody to register with an address
    Invite(InviteSomebody),
    /// List accounts, the oldest first
    List(List),
    /// Show an account and its sessions
    Show(Named),
    /// Keep an account from logging in and end its sessions
    Disable(Named),
    /// Let a disabled account log in again
    Enable(Named),
    /// Delete an account and everything that belongs to it
    Delete(Delete),
    /// Say what an account may do
    SetRole(SetRole),
    /// Replace the password of an account and end its sessions
    SetPassword(SetPassword),
    /// Take it for shown that the address of an account is its owner's
    MarkVerified(Named),
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("identifier").required(true).multiple(true)))]
pub(super) struct Create {
    /// Its email address
    #[arg(long, group = "identifier", value_parser = |text: &str| -> Result<Email, EmailError> { Email::parse(text) })]
    email: Option<Email>,
    /// Its username
    #[arg(long, group = "identifier", value_parser = |text: &str| -> Result<Username, UsernameError> { Username::parse(text) })]
    username: Option<Username>,
    /// What the person is called
    #[arg(long)]
    name: Option<String>,
    /// What it may do: user or admin
    #[arg(long, default_value = "user", value_parser = role)]
    role: Role,
    #[command(flatten)]
    password: PasswordSource,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Only those whose number is greater
    #[arg(long, value_name = "NUMBER")]
    after: Option<i64>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// Id, email address or username
    account: String,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Delete {
    #[command(flatten)]
    named: Named,
    /// Do not ask first
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct SetRole {
    #[command(flatten)]
    named: Named,
    /// user or admin
    #[arg(value_parser = role)]
    role: Role,
}

#[derive(Debug, Args)]
pub(super) struct SetPassword {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    password: PasswordSource,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let opened = match &self {
            Self::Create(_) | Self::Invite(_) => Opened::open_or_make(settings).await?,
            _ => Opened::open(settings).await?,
        };
        let desk = Desk { opened, operator: Administrator::operator() };
        match self {
            Self::Create(create) => desk.create(create).await,
            Self::Invite(invite) => invite.run(&desk).await,
            Self::List(list) => desk.list(list).await,
            Self::Show(named) => desk.show(named).await,
            Self::Disable(named) => desk.disable(named).await,
            Self::Enable(named) => desk.enable(named).await,
            Self::Delete(delete) => desk.delete(delete).await,
            Self::SetRole(set_role) => desk.set_role(set_role).await,
            Self::SetPassword(set_password) => desk.set_password(set_password).await,
            Self::MarkVerified(named) => desk.mark_verified(named).await,
        }
    }
}

/// Where the operator does the work.
struct Desk {
    opened: Opened,
    operator: Administrator,
}

impl Desk {
    async fn create(&self, create: Create) -> anyhow::Result<()> {
        let register = Register {
            email: create.email,
            username: create.username,
            password: create.password.read()?,
            profile: Profile { name: create.name, ..Profile::default() },
            external_id: None,
        };
        let account = self.opened.auth.create_account(&self.operator, register, create.role).await?;
        Shown(&account).print(create.json)
    }

    async fn list(&self, list: List) -> anyhow::Result<()> {
        let mut accounts = Vec::new();
        let mut after = list.after;
        let mut left = list.limit;
        while left > 0 {
            let request = PageRequest { after, limit: left.min(MAX_PAGE_ITEMS) };
            let page = self.opened.auth.list_accounts(&self.operator, request).await?;
            left = left.saturating_sub(u32::try_from(page.items.len()).unwrap_or(u32::MAX));
            accounts.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        shown::print_list(&accounts, after, list.json)
    }

    async fn show(&self, named: Named) -> anyhow::Result<()> {
        let id = self.find(&named.account).await?;
        let account = self.opened.auth.account(&self.operator, id).await?;
        let first = PageRequest::first(MAX_PAGE_ITEMS);
        let sessions = self.opened.auth.list_sessions_of(&self.operator, id, first).await?;
        Sessions { account: &account, sessions: &sessions.items }.print(named.json)
    }

    async fn disable(&self, named: Named) -> anyhow::Result<()> {
        let id = self.find(&named.account).await?;
        self.opened.auth.disable_account(&self.operator, id).await?;
        self.print_now(id, named.json).await
    }

    async fn enable(&self, named: Named) -> anyhow::Result<()> {
        let id = self.find(&named.account).await?;
        self.opened.auth.enable_account(&self.operator, id).await?;
        self.print_now(id, named.json).await
    }

    async fn delete(&self, Delete { named, yes }: Delete) -> anyhow::Result<()> {
        let id = self.find(&named.account).await?;
        if !yes {
            confirm(&format!("Delete the account {} for good?", named.account))?;
        }
        self.opened.auth.delete_account(&self.operator, id).await?;
        if named.json {
            return print_json(&json!({ "deleted": id.to_string() }));
        }
        print(format!("deleted {id}\n"))
    }

    async fn set_role(&self, SetRole { named, role }: SetRole) -> anyhow::Result<()> {
        let id = self.find(&named.account).await?;
        self.opened.auth.set_role(&self.operator, id, role).await?;
        self.print_now(id, named.json).await
    }

    async fn set_password(&self, SetPassword { named, password }: SetPassword) -> anyhow::Result<()> {
        let id = self.find(&named.account).await?;
        let ended = self.opened.auth.set_password(id, &password.read()?).await?;
        let sends_none = self.opened.auth.policy().mail.is_none();
        if sends_none && self.opened.auth.account(&self.operator, id).await?.email.is_some() {
            eprintln!("portcullis: no mail.url here: the owner is not told");
        }
        if named.json {
            return print_json(&json!({ "sessions_ended": ended }));
        }
        print(format!("The password is set; sessions ended: {ended}\n"))
    }

    async fn mark_verified(&self, named: Named) -> anyhow::Result<()> {
        let id = self.find(&named.account).await?;
        self.opened.auth.mark_email_verified(&self.operator, id).await?;
        self.print_now(id, named.json).await
    }

    async fn print_now(&self, id: AccountId, json: bool) -> anyhow::Result<()> {
        Shown(&self.opened.auth.account(&self.operator, id).await?).print(json)
    }

    /// The account that a text names.
    async fn find(&self, text: &str) -> anyhow::Result<AccountId> {
        find(&self.opened.auth, &self.operator, text).await
    }
}

/// The account that a text names: by its id, which is believed, its email address or its username.
pub(super) async fn find(auth: &Auth, operator: &Administrator, text: &str) -> anyhow::Result<AccountId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let mut found: Option<Account> = None;
    for identifier in readings(text) {
        let account = match auth.account_by_identifier(operator, &identifier).await {
            Ok(account) => account,
            Err(AdministerError::NoAccount) => continue,
            Err(error) => return Err(error.into()),
        };
        match &found {
            None => found = Some(account),
            // SECURITY: who registers under the name of another must not be made an administrator in their place.
            Some(first) if first.id != account.id && is_called(&account, text) => {
                let what = format!("two accounts are called {text:?}: {} and {}", first.id, account.id);
                return Err(anyhow!(what).with_fix("name the one that is meant by its id"));
            }
            Some(_) => {}
        }
    }
    let unknown = || anyhow!("there is no account {text:?}").with_fix("`portcullis account list` shows all");
    found.map(|account| account.id).ok_or_else(unknown)
}

/// What a text may be, in the order in which it is looked for. Dialects keep names that the native API would not take,
/// and some tell upper from lower case.
fn readings(text: &str) -> impl Iterator<Item = Identifier> {
    let email = Email::lenient(text).map(Identifier::Email).ok();
    let exact = Username::exact(text).map(Identifier::Username).ok();
    let folded = Username::lenient(text).map(Identifier::Username).ok();
    let order = if text.contains('@') { [email, exact, folded] } else { [exact, folded, email] };
    order.into_iter().flatten()
}

/// Whether a text is an identifier of the account to the letter.
fn is_called(account: &Account, text: &str) -> bool {
    let email = account.email.as_ref().map(Email::as_str);
    let username = account.username.as_ref().map(Username::as_str);
    [email, username].contains(&Some(text))
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "the roles are user and admin".to_owned())
}

/// Goes on only when a person says yes.
fn confirm(question: &str) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() {
        return Err(WrongUsage("nobody can be asked here; give --yes to go on without".to_owned()).into());
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).context("no answer was read")?;
    if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(anyhow!("nothing was done")) }
}
