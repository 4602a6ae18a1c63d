//! How are accounts and sessions printed?

use portcullis_core::model::{Account, Locale, Session};
use serde_json::{Value, json};

use crate::cli::output::{Table, print, print_json, time_of};

/// One account.
pub(super) struct Shown<'a>(pub(super) &'a Account);

impl Shown<'_> {
    /// On stdout.
    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            return print_json(&json!({ "account": self.json() }));
        }
        print(self.table())
    }

    fn table(&self) -> Table<2> {
        let account = self.0;
        let mut table = Table::headless();
        let mut line = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                table.row([name.to_owned(), value]);
            }
        };
        line("id", Some(account.id.to_string()));
        line("number", Some(account.number.to_string()));
        line("external id", account.external_id.clone());
        line("email", email_of(account));
        if account.email.is_some() {
            line("verified", Some(account.email_verified_at.map_or_else(|| "no".to_owned(), time_of)));
        }
        line("username", username_of(account));
        line("name", account.profile.name.clone());
        line("language", account.locale.map(|locale| locale.as_str().to_owned()));
        line("role", Some(account.role.as_str().to_owned()));
        line("created", Some(time_of(account.created_at)));
        line("updated", Some(time_of(account.updated_at)));
        line("disabled", account.disabled_at.map(time_of));
        line("deleted at", account.deletion.map(|deletion| time_of(deletion.due_at)));
        table
    }

    fn json(&self) -> Value {
        let account = self.0;
        json!({
            "id": account.id.to_string(),
            "number": account.number,
            "external_id": account.external_id,
            "email": email_of(account),
            "email_verified_at": account.email_verified_at.map(time_of),
            "username": username_of(account),
            "name": account.profile.name,
            "bio": account.profile.bio,
            "contact": account.profile.contact,
            "role": account.role.as_str(),
            "locale": account.locale.map(Locale::as_str),
            "disabled_at": account.disabled_at.map(time_of),
            "delete_at": account.deletion.map(|deletion| time_of(deletion.due_at)),
            "created_at": time_of(account.created_at),
            "updated_at": time_of(account.updated_at),
        })
    }
}

/// One account with its live sessions.
pub(super) struct Sessions<'a> {
    /// The account.
    pub(super) account: &'a Account,
    /// Its sessions, newest first.
    pub(super) sessions: &'a [Session],
}

impl Sessions<'_> {
    /// On stdout.
    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            let sessions: Vec<_> = self.sessions.iter().map(session_json).collect();
            return print_json(&json!({ "account": Shown(self.account).json(), "sessions": sessions }));
        }
        print(Shown(self.account).table())?;
        if self.sessions.is_empty() {
            return print("\nno live session\n");
        }
        let mut table = Table::new(&["SESSION", "BEGUN", "LAST SEEN", "ADDRESS", "USER AGENT"]);
        for session in self.sessions {
            table.row([
                session.id.to_string(),
                time_of(session.created_at),
                time_of(session.last_seen_at),
                session.client.address.map_or_else(|| "-".to_owned(), |address| address.to_string()),
                session.client.user_agent.clone().unwrap_or_else(|| "-".to_owned()),
            ]);
        }
        print(format!("\n{table}"))
    }
}

/// Accounts as a list; `next` is the number to go on after.
pub(super) fn print_list(accounts: &[Account], next: Option<i64>, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let accounts: Vec<_> = accounts.iter().map(|account| Shown(account).json()).collect();
        return print_json(&json!({ "accounts": accounts, "next": next }));
    }
    let mut table = Table::new(&["NUMBER", "ID", "EMAIL", "USERNAME", "ROLE", "STATE", "CREATED"]);
    for account in accounts {
        table.row([
            account.number.to_string(),
            account.id.to_string(),
            email_of(account).unwrap_or_else(|| "-".to_owned()),
            username_of(account).unwrap_or_else(|| "-".to_owned()),
            account.role.as_str().to_owned(),
            state_of(account).to_owned(),
            time_of(account.created_at),
        ]);
    }
    print(table)?;
    if let Some(next) = next {
        eprintln!("there are more: add --after {next}");
    }
    Ok(())
}

fn session_json(session: &Session) -> Value {
    json!({
        "id": session.id.to_string(),
        "created_at": time_of(session.created_at),
        "last_seen_at": time_of(session.last_seen_at),
        "idle_expires_at": time_of(session.idle_expires_at),
        "expires_at": time_of(session.expires_at),
        "address": session.client.address.map(|address| address.to_string()),
        "user_agent": session.client.user_agent,
    })
}

const fn state_of(account: &Account) -> &'static str {
    match (account.deletion, account.is_disabled()) {
        (Some(_), _) => "leaving",
        (None, true) => "disabled",
        (None, false) => "active",
    }
}

fn email_of(account: &Account) -> Option<String> {
    account.email.as_ref().map(|email| email.as_str().to_owned())
}

fn username_of(account: &Account) -> Option<String> {
    account.username.as_ref().map(|username| username.as_str().to_owned())
}
