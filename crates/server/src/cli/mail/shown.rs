//! How is the outbox printed?

use portcullis_core::model::{MailId, MailState, QueuedMail};
use serde_json::{Value, json};

use crate::cli::output::{Table, print, print_json, time_of};

/// Mails as a list; `next` is the one to go on after.
pub(super) fn print_list(mails: &[QueuedMail], next: Option<MailId>, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let mails: Vec<_> = mails.iter().map(entry).collect();
        return print_json(&json!({ "mails": mails, "next": next.map(|id| id.to_string()) }));
    }
    let mut table = Table::new(&["ID", "KIND", "TO", "STATE", "TRIES", "CREATED", "NEXT TRY", "WHY"]);
    for mail in mails {
        let is_pending = mail.state == MailState::Pending;
        table.row([
            mail.id.to_string(),
            mail.kind.as_str().to_owned(),
            mail.email.as_str().to_owned(),
            mail.state.as_str().to_owned(),
            mail.attempts.to_string(),
            time_of(mail.created_at),
            if is_pending { time_of(mail.due_at) } else { "-".to_owned() },
            // Why an earlier try failed is no news of one that has arrived.
            mail.last_error
                .clone()
                .filter(|_| mail.state != MailState::Sent)
                .unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    print(table)?;
    if let Some(next) = next {
        eprintln!("there are more: add --after {next}");
    }
    Ok(())
}

fn entry(mail: &QueuedMail) -> Value {
    json!({
        "id": mail.id.to_string(),
        "kind": mail.kind.as_str(),
        "account_id": mail.account_id.map(|id| id.to_string()),
        "email": mail.email.as_str(),
        "state": mail.state.as_str(),
        "attempts": mail.attempts,
        "created_at": time_of(mail.created_at),
        "due_at": (mail.state == MailState::Pending).then(|| time_of(mail.due_at)),
        "finished_at": mail.finished_at.map(time_of),
        "last_error": mail.last_error,
    })
}
