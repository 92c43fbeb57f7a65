//! `frontdesk test`: the bots' own tests on a virtual clock.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bot;
use crate::config;
use crate::runtime::folder;
use crate::script::Scripts;
use crate::testing::{self, Case, Coverage, Ending, Ran, Stage, Subject, Test};
use crate::yaml::{self, Colour, Problem};

use super::bots::{self, AccountOf, Bots};
use super::{Done, Failure, Shared, Verdict};

mod update;

const HELP: &str = "Examples:
  frontdesk test
  frontdesk test bots/clinic --junit report.xml
  frontdesk test --coverage
  frontdesk test --update         after a change of the bot's texts

A test has `test` (its name) and `talk`, and may have `at`, `channel`, `imitates`, `contact`, `vars`, `tags`, `conversation`, and `http`: what answers
to the calls of the bot, `{match: POST https://…, reply: {status: 200, json: {id: 7}}}` or `fail: timeout`. It begins at noon of a Monday
on whatsapp_business unless it says otherwise. The lines of a talk:
  - user: hi                     the contact writes, 5 s after what was before (`late: 30h` beside it: told late)
  - press: Prices                the contact takes an option of the last menu, by text or number
  - bot: Hello!                  the whole text; or {contains: …}, {matches: …}, {one_of: […]}, {template: …}
  - human: Hello                 a colleague writes
  - after: 10m                   time passes; `at: 2026-03-09 15:00` goes there, `nothing: 10m` in silence
  - deliver: failed              the message just before did not arrive; before any, the next will not
  - set: {name: Ann}             session variables change
  - edit: {bot.yaml: …}          a file of the bot changes
  - expect: {owner: people}      assigned, note, tags, owner, vars, language, contact, http; {only: …}: these and no others
What the bot says must be expected: a message too many fails as well as one too few. docs/testing.md has every key.";

/// Run the bots' own tests (*.test.yaml) on a virtual clock
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// A bot's name or folder, or a folder of bots; by default what the configuration names.
    path: Option<PathBuf>,
    /// Write a report for the build server, as `JUnit` has it: each test with its file, line and failure.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Show the steps that no test runs, with file and line, and how many of a hundred do run.
    #[arg(long)]
    coverage: bool,
    /// Write into the tests what the bot says now, in place of each whole text that it was expected to say. Read what they became.
    #[arg(long)]
    update: bool,
}

/// What came of all tests.
#[derive(Default)]
struct Played {
    cases: Vec<Case>,
    problems: Vec<Problem>,
    /// By the bots' folders.
    coverage: Vec<(String, Coverage)>,
}

/// Run it.
pub fn run(args: &Args, shared: &Shared) -> Done {
    let bots = bots::find(args.path.as_deref(), &shared.config)?;
    if args.update {
        update::all(&bots)?;
    }
    let Played { cases, problems, coverage } = play_all(&bots);
    for case in &cases {
        if let Ending::Failed(failure) = &case.ending {
            println!("{failure}");
        }
    }
    eprint!("{}", yaml::render(&problems, Colour::Never));
    if args.coverage {
        for (bot, coverage) in &coverage {
            println!("{bot}: {coverage}");
        }
    }
    let failed = cases.iter().filter(|case| case.failed()).count();
    println!("{} passed, {failed} failed", cases.len() - failed);
    if let Some(path) = &args.junit {
        let cases: Vec<_> = cases.into_iter().chain(problems.iter().filter_map(unplayable)).collect();
        fs::write(path, testing::junit(&cases))
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    }
    Ok(if failed > 0 || yaml::has_errors(&problems) { Verdict::Errors } else { Verdict::Fine })
}

/// The modules of `scripts/`.
fn scripts(bots: &Bots) -> (Arc<Scripts>, Vec<Problem>) {
    let (modules, mut problems) = folder::read_scripts(&bots.scripts);
    let (scripts, script_problems) = Scripts::load(&modules);
    problems.extend(script_problems);
    (Arc::new(scripts), problems)
}

fn play_all(bots: &Bots) -> Played {
    let (scripts, problems) = scripts(bots);
    let mut played = Played { problems, ..Played::default() };
    for folder in &bots.folders {
        play_bot(folder, &scripts, bots, &mut played);
    }
    played
}

/// Warnings of the bot are for `check`; here only what keeps its tests from being played is shown.
fn play_bot(path: &Path, scripts: &Arc<Scripts>, bots: &Bots, played: &mut Played) {
    let read = folder::read_bot(path).and_recipes(&bots.recipes);
    let (subject, found) = Subject::load(&read.name, read.files, scripts);
    let found = bot::beside_unread(read.problems, found);
    played.problems.extend(found.into_iter().filter(|problem| problem.severity == yaml::Severity::Error));
    let mut tests = Vec::new();
    for source in &read.tests {
        let (found, wrong) = testing::read_tests(source, config::imitated);
        played.problems.extend(wrong);
        tests.extend(found);
    }
    let Some(subject) = subject else { return };
    let stage = stage(&read.name, &bots.accounts);
    let mut ran = Ran::of(&subject.revision);
    played.cases.extend(tests.iter().map(|test| play(&subject, &stage, test, &mut ran)));
    played.coverage.push((read.name, Coverage::new(&subject.revision, &ran)));
}

/// The account that this bot answers on; without one, an account of the bot's name at Pact.
pub(super) fn stage(bot: &str, accounts: &[AccountOf]) -> Stage {
    let account = accounts.iter().find(|account| account.bot == bot);
    Stage {
        account: account.map_or(bot, |account| account.name.as_str()).to_owned(),
        provider: account.map_or("pact", |account| account.provider.as_str()).to_owned(),
    }
}

fn play(subject: &Subject, stage: &Stage, test: &Test, ran: &mut Ran) -> Case {
    let (stepped, ended) = testing::watch(subject, stage, test);
    ran.join(stepped);
    Case {
        bot: subject.folder.clone(),
        file: test.place.source.path.to_string(),
        line: test.place.line_column().0,
        name: test.name.clone(),
        ending: ended.err().map_or(Ending::Passed, |failure| Ending::Failed(failure.render(&test.name))),
    }
}

/// What kept tests from being played: a report without it would look as if all was well.
fn unplayable(problem: &Problem) -> Option<Case> {
    let file = problem.at.source.path.to_string();
    let bot = Path::new(&file).parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    (problem.severity == yaml::Severity::Error).then(|| Case {
        bot: bot.unwrap_or_default(),
        file,
        line: problem.at.line_column().0,
        name: problem.message.clone(),
        ending: Ending::Unplayable(yaml::render(std::slice::from_ref(problem), Colour::Never)),
    })
}
