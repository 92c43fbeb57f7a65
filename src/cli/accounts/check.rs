//! `frontdesk accounts check`: credentials, the webhook's registration, the way to us, and the templates that the account's bot names.

use super::super::{Done, Shared, bots, check, settings, start};
use super::online::{Online, review};
use super::reports::{self, Format, Report};
use crate::config::AccountConfig;
use crate::domain::{Ask, Finding, Inquiry, Kept, ReportLine};
use crate::engine::Revision;
use crate::providers::reports::{amiss, well};
use crate::server::socket::{self, Request};

/// What our own server says to a webhook without its secret, and without JSON.
const OURS: [(u16, &str); 2] = [(401, "missing or wrong"), (400, "not JSON")];

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk accounts check
  frontdesk accounts check clinic --format json

It asks the providers and changes nothing. Exit codes: 0 all is well, 1 something is not, 2 wrong usage.")]
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
    let reports = start::block_on(async {
        let mut reports = Vec::new();
        for account in accounts {
            reports.push(Report::new(account, report(&online, account, shared).await));
        }
        Ok(reports)
    })?;
    reports::print(&reports, args.format)
}

async fn report(online: &Online, account: &AccountConfig, shared: &Shared) -> Vec<ReportLine> {
    if account.sandbox.is_some() {
        return of_sandbox(online, account, shared);
    }
    let url = online.webhook(account);
    let mut lines = match online.ask(account, &Inquiry::Check { url: url.clone() }).await {
        Finding::Report(lines) => lines,
        Finding::Failed { why } => vec![amiss(
            format!("the provider cannot be asked: {why}"),
            "look at the account's credentials and `base_url`",
        )],
        _ => Vec::new(),
    };
    if account.account.stream(Kept::nothing()).is_none() {
        lines.push(match url {
            Some(url) => reached(online, &url, account).await,
            None => amiss(
                "the configuration says no `public_url`, so nobody can tell where webhooks should go",
                "write the https address at which this server is reached: `public_url: https://bot.example.com`",
            ),
        });
    }
    // Who is not let in has no list of templates either.
    if lines.first().is_none_or(|line| line.well) {
        lines.extend(of_templates(online, account, shared).await);
    }
    lines
}

/// The sandbox is a part of the running server, which alone is let in there.
fn of_sandbox(online: &Online, account: &AccountConfig, shared: &Shared) -> Vec<ReportLine> {
    let name = account.name.to_string();
    let asked = socket::ask(&settings::database(&shared.config), &Request::Ask(Ask::Check(name.clone())));
    let mut lines: Vec<ReportLine> = match asked {
        Ok(Some(Ok(report))) => serde_json::from_str(&report).unwrap_or_default(),
        Ok(Some(Err(why))) => vec![amiss(format!("the sandbox cannot be asked: {why}"), "see the server's log")],
        Ok(None) => vec![amiss("the sandbox is a part of the server, and no server runs", "start `frontdesk serve`")],
        Err(why) => vec![amiss(format!("the running server cannot be asked: {why}"), "ask as the server's own user")],
    };
    if lines.iter().all(|line| line.well) {
        let under = settings::listen(&shared.config).unwrap_or_else(|| online.config.listen.clone());
        lines.push(well(format!("the phone is at http://{under}/sandbox/{name}")));
    }
    lines
}

/// Does the way from outside lead to a server with this account? A webhook without its secret is refused in words that are ours.
async fn reached(online: &Online, url: &str, account: &AccountConfig) -> ReportLine {
    let answer = match online.client.post(url).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let why = innermost(&error.without_url());
            return amiss(
                format!("nobody answers at {url}: {why}"),
                "start the server (`frontdesk serve`), and look at the name, the certificate and the proxy of `public_url`",
            );
        }
    };
    let status = answer.status().as_u16();
    let said = answer.text().await.unwrap_or_default();
    let is_ours = |(code, words): &(u16, &str)| *code == status && said.contains(words);
    if OURS.iter().any(is_ours) {
        return well(format!("this server answers at {url}"));
    }
    match status {
        404 if said.contains("no such account") => amiss(
            format!("a Frontdesk answers at {url}, and has no account `{}`", account.name),
            "start it again with this configuration: it is read at the start only",
        ),
        503 => amiss(format!("the server at {url} takes nothing now"), "see `/readyz` and its log"),
        _ => amiss(
            format!("what answers at {url} is no Frontdesk (status {status})"),
            "let the proxy of `public_url` pass `/webhooks/` on to where the server listens",
        ),
    }
}

/// reqwest's own words alone say little.
fn innermost(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// The templates that the account's bot names.
async fn of_templates(online: &Online, account: &AccountConfig, shared: &Shared) -> Vec<ReportLine> {
    let Some(revision) = revision(account, shared) else {
        let todo = "`frontdesk check` shows what is wrong";
        return vec![amiss(format!("the bot `{}` cannot be loaded", account.bot), todo)];
    };
    if revision.templates.is_empty() {
        return Vec::new();
    }
    let catalogue = match online.catalogue(account).await {
        Ok(Some(catalogue)) => catalogue,
        Ok(None) => return Vec::new(),
        Err(why) => return vec![amiss(format!("the list of templates cannot be had: {why}"), "see to that first")],
    };
    let problems = review(&catalogue, account, &revision.templates, &revision.languages);
    if problems.is_empty() {
        let count = revision.templates.len();
        return vec![well(format!("the templates that bot `{}` names can be sent ({count} places)", account.bot))];
    }
    let line = |problem: &crate::yaml::Problem| {
        let (line, column) = problem.at.line_column();
        let what = format!("{}:{line}:{column}: {}", problem.at.source.path, problem.message);
        ReportLine { well: problem.severity == crate::yaml::Severity::Warning, what, todo: problem.help.clone() }
    };
    problems.iter().map(line).collect()
}

fn revision(account: &AccountConfig, shared: &Shared) -> Option<Revision> {
    let bots = bots::find_one(Some(account.bot.as_str()), &shared.config).ok()?;
    check::revision_of(bots.folders.first()?, &bots)
}
