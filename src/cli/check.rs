//! `frontdesk check`: all mistakes of all files at once.

use std::io::{IsTerminal, Write, stdout};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use reqwest::Url;

use crate::bot::{self, CallUse};
use crate::config::{self, Network};
use crate::engine::{self, Core, Revision};
use crate::runtime::{Guard, folder};
use crate::script::{self, Scripts};
use crate::testing;
use crate::yaml::{self, Colour, Explanation, Problem, Severity};

use super::accounts::online::{self, Online};
use super::bots::{self, Bots};
use super::{Done, Failure, Shared, Verdict, start};

/// Report all mistakes of the bots' files, each with its place and what to do
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  frontdesk check\n  frontdesk check clinic --format json\n  \
                        frontdesk check --online\n  frontdesk check --explain unknown-key")]
pub struct Args {
    /// A bot's name or folder, or a folder of bots; by default what the configuration names.
    path: Option<PathBuf>,
    /// How problems are written to stdout.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Ask the accounts' providers, too: are the templates that bots name there, and do they fit? The configuration's variables must be set.
    #[arg(long, conflicts_with = "explain")]
    online: bool,
    /// Tell what a problem's code means, and check nothing.
    #[arg(long, value_name = "CODE", conflicts_with = "path")]
    explain: Option<String>,
}

/// How problems are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the line, a caret, what to do.
    Human,
    /// For tools: one array.
    Json,
}

/// Codes of what no room's list has.
const OTHERS: &[Explanation] = &[
    Explanation {
        code: "no-phone",
        text: "An account sends notes to a team of the bot, by `notes: {message_to: TEAM}`, and nobody of that team has a `phone` beside \
               their `ids`. A note is sent to all of the team who are there at that hour and have one.",
    },
    Explanation {
        code: "test-failed",
        text: "A test beside the bot expects something else than the bot does. What was expected and what came is shown, with the talk \
               up to there and why the bot did what it did. Mend the one that is wrong.",
    },
    Explanation {
        code: "private-address",
        text: "An `http` step calls an address of a private network or of this machine. The server refuses that unless `http: {allow: […]}` of \
               `frontdesk.yaml` names the address: whoever writes bots could otherwise reach what stands behind the firewall.",
    },
];

/// What every room says of its codes.
pub fn explanations() -> impl Iterator<Item = &'static Explanation> {
    let rooms = [
        bot::EXPLANATIONS,
        engine::EXPLANATIONS,
        script::EXPLANATIONS,
        yaml::EXPLANATIONS,
        config::EXPLANATIONS,
        online::EXPLANATIONS,
        OTHERS,
    ];
    rooms.into_iter().flatten()
}

/// Run it.
pub fn run(args: &Args, shared: &Shared) -> Done {
    if let Some(code) = &args.explain {
        show(explain(code)?);
        return Ok(Verdict::Fine);
    }
    let bots = bots::find(args.path.as_deref(), &shared.config)?;
    let mut problems = problems_of(&bots);
    let unasked = if args.online { ask_accounts(&bots, shared, &mut problems)? } else { Vec::new() };
    match args.format {
        Format::Human => show(&yaml::render(&problems, colour())),
        Format::Json => show(&json(&problems)),
    }
    for line in &unasked {
        eprintln!("error: {line}");
    }
    eprintln!("{}", summary(bots.folders.len(), &problems));
    Ok(if yaml::has_errors(&problems) || !unasked.is_empty() { Verdict::Errors } else { Verdict::Fine })
}

/// All problems of these bots, their tests' files and the scripts, in the order of files and places.
pub fn problems_of(bots: &Bots) -> Vec<Problem> {
    let (modules, mut problems) = folder::read_scripts(&bots.scripts);
    let (scripts, found) = Scripts::load(&modules);
    problems.extend(found);
    let scripts = Arc::new(scripts);
    for path in &bots.folders {
        problems.extend(problems_of_bot(path, &scripts, bots));
    }
    yaml::sort(&mut problems);
    problems
}

fn problems_of_bot(path: &Path, scripts: &Arc<Scripts>, bots: &Bots) -> Vec<Problem> {
    let read = folder::read_bot(path).and_recipes(&bots.recipes);
    let (revision, mut found) = bot::load_for::<Core>(&read.name, &read.files, scripts, bots.audience_of(path));
    if let (Some(revision), Some(known)) = (&revision, &bots.secrets) {
        found.extend(bot::unknown_secrets(revision, known));
    }
    if let Some(revision) = &revision {
        found.extend(unknown_teams(revision, bots));
    }
    found.extend(revision.iter().flat_map(|revision| private_addresses(revision, &bots.allow)));
    let mut problems = bot::beside_unread(read.problems, found);
    for file in &read.tests {
        problems.extend(testing::read_tests(file, config::imitated).1);
    }
    problems
}

/// Accounts whose notes go to a team that the bot does not have, or in which nobody has a phone.
fn unknown_teams(revision: &Revision, bots: &Bots) -> Vec<Problem> {
    let accounts = bots.accounts.iter().filter(|account| account.bot == revision.bot.as_str());
    let named =
        accounts.filter_map(|account| Some((account.notes_team.as_ref()?, account.notes_team.as_ref()?.scalar()?)));
    let problem = |(node, name): (&yaml::Node, &str)| match revision.teams.get(name) {
        None => {
            let known = revision.teams.keys().map(String::as_str);
            let help = yaml::nearest(name, known).map_or_else(
                || "write a phone with its country's code, or a team of the bot".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("the bot `{}` has no team `{name}` to send notes to", revision.bot);
            Some(Problem::error("unknown-team", &node.at, message).help(help))
        }
        Some(team) if team.members.iter().all(|member| member.phone.is_none()) => {
            let message = format!("nobody of the team `{name}` has a `phone`, so notes go nowhere");
            let help =
                format!("`teams: {{{name}: {{members: {{anna: {{phone: \"+49 151 23456789\"}}}}}}}}` in the bot");
            Some(Problem::warning("no-phone", &node.at, message).help(help))
        }
        Some(_) => None,
    };
    named.filter_map(problem).collect()
}

/// Calls that the server will refuse to make: their hosts are addresses of a private network, or this machine, and nothing allows them.
pub fn private_addresses(revision: &Revision, allow: &[Network]) -> Vec<Problem> {
    let guard = Guard::new(allow);
    let refused = |call: &&CallUse| {
        let Ok(url) = Url::parse(&call.host) else { return false };
        let is_here = url.host_str() == Some("localhost") && !guard.allows(Ipv4Addr::LOCALHOST.into());
        is_here || guard.check(&url).is_err()
    };
    let problem = |call: &CallUse| {
        let message = format!("`{}` is a private address, and calls to such are refused", call.host);
        let host = Url::parse(&call.host).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let host = if host == "localhost" { "127.0.0.1" } else { host.trim_matches(['[', ']']) };
        let help = format!("if it is meant, write into `frontdesk.yaml`: `http: {{allow: [\"{host}\"]}}`");
        Problem::warning("private-address", &call.at, message).help(help)
    };
    revision.calls.iter().filter(refused).map(problem).collect()
}

/// Look the templates up that the bots name. Returned are the accounts that could not be asked, a line each.
fn ask_accounts(bots: &Bots, shared: &Shared, problems: &mut Vec<Problem>) -> Result<Vec<String>, Failure> {
    let online = Online::open(shared)?;
    let mut unasked = Vec::new();
    for folder in &bots.folders {
        let Some(revision) = revision_of(folder, bots).filter(|revision| !revision.templates.is_empty()) else {
            continue;
        };
        for account in online.config.accounts.iter().filter(|account| account.bot == revision.bot) {
            match start::block_on(async { Ok(online.catalogue(account).await) })? {
                Ok(Some(catalogue)) => {
                    problems.extend(online::review(&catalogue, account, &revision.templates, &revision.languages));
                }
                Ok(None) => {}
                Err(why) => {
                    unasked.push(format!("the account `{}` has no list of templates to ask: {why}", account.name));
                }
            }
        }
    }
    yaml::sort(problems);
    Ok(unasked)
}

/// A bot as it would be loaded; `None` where it has errors.
pub(super) fn revision_of(folder: &Path, bots: &Bots) -> Option<Revision> {
    let (scripts, _) = Scripts::load(&folder::read_scripts(&bots.scripts).0);
    let read = folder::read_bot(folder).and_recipes(&bots.recipes);
    bot::load::<Core>(&read.name, &read.files, &Arc::new(scripts)).0
}

/// What a code means.
fn explain(code: &str) -> Result<&'static str, Failure> {
    if let Some(explanation) = explanations().find(|explanation| explanation.code == code) {
        return Ok(explanation.text);
    }
    let near = yaml::nearest(code, explanations().map(|explanation| explanation.code));
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(Failure::Usage(format!("no problem has the code `{code}`{hint}")))
}

fn json(problems: &[Problem]) -> String {
    let all: Vec<_> = problems.iter().map(Problem::to_json).collect();
    format!("{:#}", serde_json::Value::from(all))
}

fn summary(bots: usize, problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let warnings = problems.len() - errors;
    format!("{}: {}, {}", counted(bots, "bot"), counted(errors, "error"), counted(warnings, "warning"))
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Who closed the pipe (`| head`) has seen enough.
fn show(text: &str) {
    if !text.is_empty() {
        let _ = writeln!(stdout(), "{}", text.trim_end());
    }
}

fn colour() -> Colour {
    let wanted = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted { Colour::Always } else { Colour::Never }
}
