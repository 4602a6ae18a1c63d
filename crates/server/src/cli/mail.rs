//! `portcullis mail`: what is in the outbox, and do mails arrive?

mod shown;

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::mail::{Letter, LetterKind};
use portcullis_core::model::page::MAX_PAGE_ITEMS;
use portcullis_core::model::{Email, Locale, MailFilter, MailId, MailState, PageRequest};
use portcullis_core::ports::{Clock as _, Entropy as _, SendError};
use serde_json::json;

use super::failure::WithFix;
use super::opened::Opened;
use super::output::{print, print_json};
use crate::config::Settings;
use crate::config::value::Value as _;
use crate::wiring::{self, SystemClock, SystemEntropy};

/// The commands of `portcullis mail`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the outbox, the newest first
    List(List),
    /// Try mails again at once that were given up or wait
    Retry(Retry),
    /// Write a sample of every mail in every language into a directory
    Preview(Preview),
    /// Send a mail at once, past the outbox, to see whether it arrives
    Test(Test),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those of this state: pending, sent, dead or dropped
    #[arg(long, value_parser = state)]
    state: Option<MailState>,
    /// Only those to this address
    #[arg(long, value_name = "ADDRESS", value_parser = |text: &str| Email::lenient(text))]
    to: Option<Email>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Only those that are older than this one
    #[arg(long, value_name = "ID")]
    after: Option<MailId>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("which").required(true)))]
pub(super) struct Retry {
    /// The mail, as `portcullis mail list` names it
    #[arg(group = "which")]
    id: Option<MailId>,
    /// All that were given up or wait
    #[arg(long, group = "which")]
    all: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Preview {
    /// The directory, made if it is not there
    directory: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// Where it goes
    #[arg(value_parser = |text: &str| Email::parse(text))]
    address: Email,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(settings).await,
            Self::Retry(retry) => retry.run(settings).await,
            Self::Preview(preview) => preview.run(settings),
            Self::Test(test) => test.run(settings).await,
        }
    }
}

impl List {
    async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let opened = Opened::open(settings).await?;
        let operator = Administrator::operator();
        let filter = MailFilter { state: self.state, email: self.to };
        let mut mails = Vec::new();
        let mut after = self.after;
        let mut left = self.limit;
        while left > 0 {
            let request = PageRequest { after, limit: left.min(MAX_PAGE_ITEMS) };
            let page = opened.auth.list_mails(&operator, &filter, request).await?;
            left = left.saturating_sub(u32::try_from(page.items.len()).unwrap_or(u32::MAX));
            mails.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        shown::print_list(&mails, after, self.json)
    }
}

impl Retry {
    async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let opened = Opened::open(settings).await?;
        let retried = opened.auth.retry_mails(&Administrator::operator(), self.id).await?;
        if let Some(id) = self.id.filter(|_| retried == 0) {
            let what = format!("there is no mail {id} that was given up or waits");
            return Err(anyhow!(what).with_fix("`portcullis mail list` shows all"));
        }
        if self.json {
            return print_json(&json!({ "retried": retried }));
        }
        print(format!("will be tried at once by a running server: {retried}\n"))
    }
}

impl Preview {
    fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let index = wiring::mailer::preview(settings, &self.directory)?.display().to_string();
        if self.json {
            return print_json(&json!({ "index": index }));
        }
        print(format!("open {index} in a browser\n"))
    }
}

impl Test {
    async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let (Some(mailer), Some(mail)) = (wiring::mailer::open(settings)?, &settings.mail) else {
            let fix = "set PORTCULLIS_MAIL_URL, such as `console:` to see mails here";
            return Err(anyhow!("this server sends no mails: `mail.url` is not set").with_fix(fix));
        };
        let (address, way) = (self.address.as_str().to_owned(), mail.url.show());
        mailer.send(&letter(self.address, mail.locale)).await.map_err(|error| {
            let fix = match &error {
                error if is_about_sender(error) => ABOUT_SENDER,
                SendError::Later { .. } => {
                    "`portcullis doctor` looks at the mail server without sending anything"
                }
                SendError::Refused { .. } => {
                    "the mail server does not want this mail: see what it says about address and sender"
                }
            };
            anyhow::Error::from(error).with_fix(fix)
        })?;
        if self.json {
            return print_json(&json!({ "sent_to": address, "by": way }));
        }
        print(format!("the mail to {address} was taken by {way}\n"))
    }
}

/// What to do when a mail server does not take mails of this sender.
pub(super) const ABOUT_SENDER: &str = "see `mail.from`, and whether the server wants a user in `mail.url` before it takes mails of that address";

/// Whether a mail server does not take mails of this sender.
pub(super) fn is_about_sender(error: &SendError) -> bool {
    let (SendError::Later { cause } | SendError::Refused { cause }) = error;
    cause.contains("MAIL FROM failed")
}

/// A mail that says that mails arrive. It needs no database: nothing of it is kept.
fn letter(to: Email, locale: Locale) -> Letter {
    let mut random = [0; 10];
    SystemEntropy.fill(&mut random);
    let at = SystemClock.now();
    Letter {
        id: MailId::new(at, random),
        to,
        locale,
        kind: LetterKind::Test,
        link: None,
        code: None,
        valid_for: None,
        at,
        address: None,
        user_agent: None,
        other_email: None,
        due_at: None,
    }
}

fn state(word: &str) -> Result<MailState, String> {
    let words = || MailState::ALL.map(MailState::as_str).join(", ");
    MailState::parse(word).ok_or_else(|| format!("it is one of {}", words()))
}
