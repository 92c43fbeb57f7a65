//! `frontdesk accounts setup`: registers the webhooks at the providers.

use super::super::{Done, Failure, Shared, start};
use super::online::Online;
use super::reports::{self, Format, Report};
use crate::config::AccountConfig;
use crate::domain::{Finding, Inquiry, Kept, ReportLine};
use crate::providers::reports::{amiss, well};

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk accounts setup
  frontdesk accounts setup clinic

Run it while the server runs and is reached at `public_url`: some providers try the address out before they take it.
Exit codes: 0 done, 1 something could not be done, 2 wrong usage.")]
pub(super) struct Args {
    /// Accounts of the configuration; all of them unless named
    #[arg(value_name = "ACCOUNT")]
    accounts: Vec<String>,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Run it.
pub(super) fn run(args: &Args, shared: &Shared) -> Done {
    let online = Online::open(shared)?;
    let accounts = online.picked(&args.accounts)?;
    let listens =
        |account: &&AccountConfig| account.sandbox.is_some() || account.account.stream(Kept::nothing()).is_some();
    if online.config.public_url.is_none() && !accounts.iter().all(listens) {
        let example = "`public_url: https://bot.example.com`";
        return Err(Failure::new(format!(
            "the configuration says no `public_url`; write where providers reach this server: {example}"
        )));
    }
    let reports = start::block_on(async {
        let mut reports = Vec::new();
        for account in accounts {
            reports.push(Report::new(account, set_up(&online, account).await));
        }
        Ok(reports)
    })?;
    reports::print(&reports, args.format)
}

async fn set_up(online: &Online, account: &AccountConfig) -> Vec<ReportLine> {
    if account.sandbox.is_some() {
        return vec![well("the sandbox is a part of the server, which sees to its webhook itself")];
    }
    let url = online.webhook(account).unwrap_or_default();
    match online.ask(account, &Inquiry::Setup { url }).await {
        Finding::Report(lines) => lines,
        Finding::Failed { why } => {
            vec![amiss(format!("the webhook was not registered: {why}"), "`frontdesk accounts check` tells more")]
        }
        _ => vec![well("there is nothing to set up at this provider")],
    }
}
