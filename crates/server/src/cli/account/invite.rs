//! How is somebody invited from the command line?

use clap::Args;
use portcullis_core::flows::invite::Invite;
use portcullis_core::model::{Email, EmailError, Role};
use secrecy::ExposeSecret;
use serde_json::json;

use super::{Desk, role};
use crate::cli::output::{print, print_json, time_of};

/// An invitation to an address.
#[derive(Debug, Args)]
pub(in crate::cli) struct InviteSomebody {
    /// The address that the account will have
    #[arg(value_parser = |text: &str| -> Result<Email, EmailError> { Email::parse(text) })]
    email: Email,
    /// What the account may do: user or admin
    #[arg(long, default_value = "user", value_parser = role)]
    role: Role,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl InviteSomebody {
    /// Invites. The link is shown where no mail takes it there, this once: nobody else knows it.
    pub(super) async fn run(self, desk: &Desk) -> anyhow::Result<()> {
        let invite = Invite { email: self.email, role: self.role };
        let invitation = desk.opened.auth.invite(&desk.operator, invite).await?;
        let (token, link) = (&invitation.token, invitation.link.as_ref().map(ExposeSecret::expose_secret));
        if self.json {
            return print_json(&json!({
                "invitation": {
                    "id": token.id.to_string(),
                    "email": token.email.as_str(),
                    "role": self.role.as_str(),
                    "expires_at": time_of(token.expires_at),
                },
                "link": link,
            }));
        }
        let (email, until) = (token.email.as_str(), time_of(token.expires_at));
        match link {
            Some(link) => print(format!(
                "{link}\n\nGive it to {email}; it is good until {until}, and shown this once\n"
            )),
            None => print(format!("a mail is on its way to {email}; its link is good until {until}\n")),
        }
    }
}
