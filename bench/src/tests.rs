//! `frontdesk test` as people run it: the whole command, with the bot and the files of its tests read each time.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::report::{Report, percentile};
use crate::{Outcome, Settings, bots};

/// Cases in one run.
const CASES: usize = 500;

/// The most that one run of them takes, in milliseconds: it is waited for after each edit.
const MOST_MS: f64 = 2_000.0;

/// Flows of the bot, so that its loading counts as a grown one's does.
const FLOWS: usize = 200;

/// Runs for a median.
const RUNS: usize = 5;

/// Run it a few times.
pub fn run(settings: &Settings, report: &mut Report) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let bot = folder.path().join("grown");
    std::fs::create_dir(&bot)?;
    std::fs::write(bot.join("bot.yaml"), bots::keywords("grown", FLOWS) + bots::form_flow())?;
    std::fs::write(bot.join("cases.test.yaml"), (0..CASES).map(case).collect::<Vec<_>>().join("---\n"))?;
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        runs.push(once(&settings.server, &bot)?);
    }
    runs.sort_by(f64::total_cmp);
    report.add_limited("frontdesk test: 500 cases, median", percentile(&runs, 0.5), "ms", MOST_MS);
    Ok(())
}

/// One run, in milliseconds. All cases must hold.
fn once(program: &Path, bot: &Path) -> Outcome<f64> {
    let begun = Instant::now();
    let output = Command::new(program).arg("test").arg(bot).output()?;
    let took = begun.elapsed().as_secs_f64() * 1e3;
    let said = String::from_utf8_lossy(&output.stdout);
    if said.trim_end().ends_with(&format!("{CASES} passed, 0 failed")) {
        return Ok(took);
    }
    Err(format!("`{} test`: {said}{}", program.display(), String::from_utf8_lossy(&output.stderr)).into())
}

/// A talk through the form, with a wrong answer, a question in between and time that passes.
fn case(n: usize) -> String {
    let word = bots::word(n % FLOWS);
    let asked = bots::keyword_message(n % FLOWS);
    format!(
        "test: case {n}\ntalk:\n  - user: {asked}\n  - bot: The answer to {word}.\n  - user: I want to book\n  - bot: What is your name?\n  \
         - user: Anna\n  - bot: How old are you, Anna?\n  - user: old\n  - bot: A number, please.\n  - after: 10m\n  - user: {age}\n  \
         - bot: Which number shall we call?\n  - user: \"+79260000001\"\n  - bot: Shall we book it?\n  - user: yes\n  \
         - bot: {{contains: Thank you}}\n  - expect: {{vars: {{age: {age}}}, owner: bot}}\n",
        age = 18 + n % 80
    )
}
