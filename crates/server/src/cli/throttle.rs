//! `portcullis throttle`: what do wrong passwords weigh, and how is that taken away?

use std::net::IpAddr;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use ipnet::IpNet;
use portcullis_core::flows::administer::Administrator;
use portcullis_core::flows::log_in::SentIdentifier;
use portcullis_core::flows::throttling::Limited;
use portcullis_core::policy::throttle::LimitKind;
use portcullis_core::throttle::Weight;
use serde_json::{Value, json};

use super::failure::WithFix;
use super::opened::Opened;
use super::output::{Table, print, print_json, time_of};
use crate::config::Settings;
use crate::config::meant::CounterSettings;

/// The commands of `portcullis throttle`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the limits that make somebody wait, or all that weighs on an account or identifier
    Show(Show),
    /// Take away what weighs on an account, an identifier or a network, or all limits of a kind
    Clear(Clear),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Id, email address or username, of an account or of nobody
    identifier: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true)))]
pub(super) struct Clear {
    /// Id, email address or username, of an account or of nobody
    #[arg(group = "what")]
    identifier: Option<String>,
    /// An address with the network around it, or a /24 (IPv4) or /48 (IPv6)
    #[arg(long, group = "what", value_parser = network)]
    network: Option<IpNet>,
    /// All limits of a kind, whomever they are about, like `identifiers_of_password` or `node`
    #[arg(long, group = "what", value_parser = kind)]
    kind: Option<LimitKind>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let opened = Opened::open(settings).await?;
        match self {
            Self::Show(show) => show.run(settings, &opened).await,
            Self::Clear(clear) => clear.run(settings, &opened).await,
        }
    }
}

impl Show {
    async fn run(self, settings: &Settings, opened: &Opened) -> anyhow::Result<()> {
        if let CounterSettings::Memory = settings.throttle.counters {
            let what = "wrong passwords are counted in the memory of the running server, where a command cannot look";
            let fix = "ask the server as an administrator: GET /v1/admin/throttles, or \
                       GET /v1/admin/accounts/{id}/throttle; `portcullis throttle clear` works from here";
            return Err(anyhow!(what).with_fix(fix));
        }
        let operator = Administrator::operator();
        let weights = match self.identifier {
            Some(text) => opened.auth.throttle_of(&operator, &limited(&text)).await?,
            None => opened.auth.list_throttles(&operator).await?,
        };
        if self.json {
            return print_json(&json!({ "throttles": weights.iter().map(entry).collect::<Vec<_>>() }));
        }
        let mut table = Table::new(&["LIMIT", "NETWORK", "FAILURES", "SINCE", "WAITS UNTIL"]);
        for weight in &weights {
            table.row([
                weight.kind.sentence().to_owned(),
                weight.network.map_or_else(|| "-".to_owned(), |network| network.to_string()),
                weight.failures.to_string(),
                time_of(weight.since),
                weight.waits_until.map_or_else(|| "-".to_owned(), time_of),
            ]);
        }
        print(table)
    }
}

impl Clear {
    async fn run(self, settings: &Settings, opened: &Opened) -> anyhow::Result<()> {
        let limited = match (self.kind, self.network) {
            (Some(kind), _) => Limited::Kind(kind),
            (None, Some(network)) => Limited::Network(network),
            (None, None) => limited(&self.identifier.unwrap_or_default()),
        };
        let cleared = opened.auth.clear_throttle(&Administrator::operator(), &limited).await?;
        opened.auth.write_audit_queue().await?;
        let is_in_memory = matches!(settings.throttle.counters, CounterSettings::Memory);
        if self.json {
            return print_json(&json!({ "cleared": cleared, "servers_follow": is_in_memory }));
        }
        if is_in_memory {
            return print("noted; a running server takes it away from its memory within two seconds\n");
        }
        print(format!("cleared {cleared}\n"))
    }
}

fn limited(text: &str) -> Limited {
    text.parse().map_or_else(|_| Limited::Sent(SentIdentifier::parse(text)), Limited::Account)
}

fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse().ok().map(|address: IpAddr| address.to_canonical().into());
    text.parse().ok().or_else(address).ok_or_else(|| "write it as 203.0.113.7 or 203.0.113.0/24".to_owned())
}

fn kind(word: &str) -> Result<LimitKind, String> {
    let words = || LimitKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    LimitKind::parse(word).ok_or_else(|| format!("it is one of {}", words()))
}

fn entry(weight: &Weight) -> Value {
    json!({
        "kind": weight.kind.as_str(),
        "network": weight.network.map(|network| network.to_string()),
        "failures": weight.failures,
        "since": time_of(weight.since),
        "waits_until": weight.waits_until.map(time_of),
    })
}
