//! `frontdesk test`: the bots' own tests on a virtual clock.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bot;
use crate::runtime::folder;
use crate::script::Scripts;
use crate::testing::{self, Stage, Subject, Test};
use crate::yaml::{self, Colour, Problem};

use super::bots::{self, AccountOf, Bots};
use super::{Done, Failure, Shared, Verdict};

const HELP: &str = "Examples:
  frontdesk test
  frontdesk test bots/clinic --junit report.xml

A test has `test` (its name) and `talk`, and may have `at`, `channel`, `contact`, `vars`, `tags`. It begins at noon of a Monday
on whatsapp_business unless it says otherwise. The lines of a talk:
  - user: hi                     the contact writes, 5 s after what was before (`late: 30h` beside it: told late)
  - press: Prices                the contact takes an option of the last menu, by text or number
  - bot: Hello!                  the whole text; or {contains: …}, {matches: …}, {one_of: […]}, {template: …}
  - human: Hello                 a colleague writes
  - after: 10m                   time passes; `at: 2026-03-09 15:00` goes there, `nothing: 10m` in silence
  - deliver: failed              the message just before did not arrive; before any, the next will not
  - set: {name: Ann}             session variables change
  - edit: {bot.yaml: …}          a file of the bot changes
  - expect: {owner: people}      assigned, note, tags, owner, vars, language, contact; {only: …}: these and no others
What the bot says must be expected: a message too many fails as well as one too few.";

/// Run the bots' own tests (*.test.yaml) on a virtual clock
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// A bot's folder, or a folder of bots; by default what the configuration names.
    path: Option<PathBuf>,
    /// Write a report for the build server, as `JUnit` has it.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// A test that was played.
struct Played {
    bot: String,
    file: String,
    name: String,
    failure: Option<String>,
}

/// Run it.
pub fn run(args: &Args, shared: &Shared) -> Done {
    let bots = bots::find(args.path.as_deref(), &shared.config)?;
    let (played, problems) = play_all(&bots);
    for played in &played {
        if let Some(failure) = &played.failure {
            println!("{failure}");
        }
    }
    eprint!("{}", yaml::render(&problems, Colour::Never));
    if let Some(path) = &args.junit {
        let report = junit(&played);
        fs::write(path, report).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    }
    let failed = played.iter().filter(|played| played.failure.is_some()).count();
    println!("{} passed, {failed} failed", played.len() - failed);
    Ok(if failed > 0 || yaml::has_errors(&problems) { Verdict::Errors } else { Verdict::Fine })
}

fn play_all(bots: &Bots) -> (Vec<Played>, Vec<Problem>) {
    let (modules, mut problems) = folder::read_scripts(&bots.scripts);
    let (scripts, script_problems) = Scripts::load(&modules);
    problems.extend(script_problems);
    let scripts = Arc::new(scripts);
    let mut played = Vec::new();
    for folder in &bots.folders {
        played.extend(play_bot(folder, &scripts, &bots.accounts, &mut problems));
    }
    (played, problems)
}

/// Warnings of the bot are for `check`; here only what keeps its tests from being played is shown.
fn play_bot(path: &Path, scripts: &Arc<Scripts>, accounts: &[AccountOf], problems: &mut Vec<Problem>) -> Vec<Played> {
    let read = folder::read_bot(path);
    let (subject, found) = Subject::load(&read.name, read.files, scripts);
    let found = bot::beside_unread(read.problems, found);
    problems.extend(found.into_iter().filter(|problem| problem.severity == yaml::Severity::Error));
    let mut tests = Vec::new();
    for source in &read.tests {
        let (found, wrong) = testing::read_tests(source);
        problems.extend(wrong);
        tests.extend(found);
    }
    let Some(subject) = subject else { return Vec::new() };
    let stage = stage(&read.name, accounts);
    tests.iter().map(|test| play(&subject, &stage, test)).collect()
}

/// The account that this bot answers on; without one, an account of the bot's name at Pact.
pub(super) fn stage(bot: &str, accounts: &[AccountOf]) -> Stage {
    let account = accounts.iter().find(|account| account.bot == bot);
    Stage {
        account: account.map_or(bot, |account| account.name.as_str()).to_owned(),
        provider: account.map_or("pact", |account| account.provider.as_str()).to_owned(),
    }
}

fn play(subject: &Subject, stage: &Stage, test: &Test) -> Played {
    let failure = testing::play(subject, stage, test).err().map(|failure| failure.render(&test.name));
    let file = test.place.source.path.to_string();
    Played { bot: subject.folder.clone(), file, name: test.name.clone(), failure }
}

fn junit(played: &[Played]) -> String {
    let failed = played.iter().filter(|played| played.failure.is_some()).count();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"frontdesk\" tests=\"{}\" failures=\"{failed}\">\n",
        played.len()
    );
    for test in played {
        let [bot, file, name] = [&test.bot, &test.file, &test.name].map(|text| escaped(text));
        let head = format!("  <testcase classname=\"{bot}\" file=\"{file}\" name=\"{name}\"");
        match &test.failure {
            Some(failure) => {
                out.extend([head.as_str(), ">\n    <failure>", &escaped(failure), "</failure>\n  </testcase>\n"]);
            }
            None => out.extend([head.as_str(), "/>\n"]),
        }
    }
    out + "</testsuite>\n"
}

/// For XML; control characters that XML 1.0 has no way to write become `?`.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_junit_report_is_xml_whatever_was_said() {
        let played = |failure: Option<&str>| Played {
            bot: "clinic".into(),
            file: "a.test.yaml".into(),
            name: "asks \"why\" & <how>".into(),
            failure: failure.map(str::to_owned),
        };
        let report = junit(&[played(None), played(Some("a\u{1b}b < c"))]);
        assert!(report.contains("tests=\"2\" failures=\"1\""), "{report}");
        assert!(report.contains("name=\"asks &quot;why&quot; &amp; &lt;how&gt;\"/>"), "{report}");
        assert!(report.contains("<failure>a?b &lt; c</failure>"), "{report}");
    }
}
