//! Mistakes in bots and what is said of them. Each `tests/data/check/CASE/` is a folder with a bot (and `scripts/`); its
//! `expected.txt` is what `check` says of it, rewritten by `UPDATE=1`. A case is named by the code that it shows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use frontdesk::bot::{self, Audience, Parts};
use frontdesk::cli::bots;
use frontdesk::cli::check::{explanations, private_addresses};
use frontdesk::engine::{self, Core};
use frontdesk::runtime::folder;
use frontdesk::script::{self, Scripts};
use frontdesk::yaml::{self, Colour, Problem, Source};
use proptest::prelude::*;
use regex::Regex;

use crate::harness::Home;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/check")
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<_> = std::fs::read_dir(data()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn problems_of(case: &Path) -> Vec<Problem> {
    let (modules, mut problems) = folder::read_scripts(&case.join("scripts"));
    let (scripts, found) = Scripts::load(&modules);
    problems.extend(found);
    let read = folder::read_bot(case);
    let (revision, mut found) = bot::load_for::<Core>(&read.name, &read.files, &Arc::new(scripts), audience_of(case));
    let secrets = BTreeSet::from(["crm".to_owned()]);
    found.extend(revision.iter().flat_map(|revision| bot::unknown_secrets(revision, &secrets)));
    found.extend(revision.iter().flat_map(|revision| private_addresses(revision, &[])));
    problems.extend(bot::beside_unread(read.problems, found));
    yaml::sort(&mut problems);
    problems
}

/// The accounts of `accounts.conf`, a configuration by another name: in a bot's folder, `.yaml` is the bot's.
fn audience_of(case: &Path) -> Audience {
    let accounts = case.join("accounts.conf");
    if accounts.exists() { bots::find(Some(case), &accounts).unwrap().audience_of(case) } else { Audience::default() }
}

/// As shown to people, with paths that are the same everywhere.
fn shown(case: &Path) -> String {
    let home = format!("{}/", case.display());
    yaml::render(&problems_of(case), Colour::Never).replace(&home, "")
}

#[test]
fn every_case_says_what_is_expected() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let (file, said) = (case.join("expected.txt"), shown(&case));
        if update {
            std::fs::write(&file, &said).unwrap();
        } else if std::fs::read_to_string(&file).unwrap_or_default() != said {
            wrong.push(format!("==== {}\n{said}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "rewrite with UPDATE=1 if this is right:\n{}", wrong.join("\n"));
}

#[test]
fn every_problem_says_what_to_do() {
    let cases = cases();
    let problems = cases.iter().flat_map(|case| problems_of(case));
    let helpless: BTreeSet<_> = problems
        .filter(|problem| problem.help.is_none())
        .map(|problem| format!("{}: {}", problem.code, problem.message))
        .collect();
    assert!(helpless.is_empty(), "{helpless:#?}");
}

#[test]
fn every_code_of_a_bot_has_a_case_named_after_it() {
    /// Made of files that the repository cannot hold, or by no step there is; unit tests have them.
    const ELSEWHERE: &[&str] = &["unreadable", "link-outside", "no-bot", "bad-step", "file-too-large"];
    let name = |case: &Path| case.file_name().unwrap().to_string_lossy().into_owned();
    let shows_its_name = |case: &&PathBuf| problems_of(case).iter().any(|problem| problem.code == name(case));
    let named: BTreeSet<String> = cases().iter().filter(shows_its_name).map(|case| name(case)).collect();
    let codes = [bot::EXPLANATIONS, engine::EXPLANATIONS, script::EXPLANATIONS].concat();
    let missing: Vec<_> =
        codes.iter().map(|e| e.code).filter(|code| !ELSEWHERE.contains(code) && !named.contains(*code)).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

#[test]
fn every_code_in_the_source_is_explained() {
    let explained: BTreeSet<&str> = explanations().map(|explanation| explanation.code).collect();
    let made = Regex::new(r#"Problem::(?:error|warning)\(\s*"([a-z0-9-]+)""#).unwrap();
    let mut codes = BTreeSet::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        codes.extend(made.captures_iter(code).map(|found| found[1].to_owned()));
    }
    assert!(codes.len() > 50, "the source makes more codes than {codes:?}");
    let missing: Vec<_> = codes.iter().filter(|code| !explained.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "`check --explain` does not know {missing:?}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// A bot that all examples of steps can stand in.
const AROUND: &str = "bot: example
teams: {sales: {members: {anna: {ids: {pact: 42}}}}}
faq: {prices: {questions: price list, answer: A visit is 50.}}
";

fn load(name: &str, text: String) -> Vec<Problem> {
    let file = Arc::new(Source { path: format!("{name}/bot.yaml").into(), text: text.into() });
    bot::load::<Core>("example", &[file], &Arc::new(Scripts::default())).1
}

#[test]
fn every_step_and_trigger_has_words_and_an_example_that_works() {
    let in_flow = |text: &str| text.lines().map(|line| format!("      {line}")).collect::<Vec<_>>().join("\n");
    for step in Core::steps() {
        assert!(
            !step.doc.is_empty() && step.keys.iter().all(|key| !key.doc.is_empty()),
            "`{}` says nothing",
            step.verb
        );
        let flow = format!("flows:\n  example:\n    on: message\n    do:\n{}\n", in_flow(step.example));
        let problems = load(step.verb, format!("{AROUND}{flow}"));
        assert!(problems.is_empty(), "`{}`:\n{}", step.verb, yaml::render(&problems, Colour::Never));
    }
    for trigger in Core::triggers() {
        assert!(!trigger.doc.is_empty(), "`{}` says nothing", trigger.name);
        let flow = format!("flows:\n  example:\n    on: {}\n    do: {{say: Hello}}\n", trigger.example);
        let problems = load(trigger.name, format!("{AROUND}{flow}"));
        assert!(problems.is_empty(), "`{}`:\n{}", trigger.name, yaml::render(&problems, Colour::Never));
    }
}

proptest! {
    /// Whatever happens to a file, loading it says what is wrong, and a bot without errors is there.
    #[test]
    fn no_text_breaks_the_loader(at in any::<prop::sample::Index>(), length in 0_usize..40, with in "[-\\[\\]{}:#&*!|>'\"%@`, \na-z0-9é]{0,8}") {
        let whole = std::fs::read_to_string(data().join("fine/bot.yaml")).unwrap();
        let start = whole.floor_char_boundary(at.index(whole.len()));
        let end = whole.ceil_char_boundary((start + length).min(whole.len()));
        let text = format!("{}{with}{}", &whole[..start], &whole[end..]);
        let file = Arc::new(Source { path: "fine/bot.yaml".into(), text: text.into() });
        let (revision, problems) = bot::load::<Core>("fine", &[file], &Arc::new(Scripts::default()));
        prop_assert_eq!(revision.is_some(), !yaml::has_errors(&problems));
        yaml::render(&problems, Colour::Never);
    }

    #[test]
    fn no_text_breaks_opening_hours(text in "[MoTuFrSaPHJanec0-9:;,.\\-+/\"() a-z|\\[\\]]{0,40}") {
        let file = format!("{AROUND}hours: '{text}'\nflows: {{a: {{on: message, do: stop}}}}\n");
        load("hours", file);
    }
}

/// Labels are measured by what the accounts show on which the bot answers: Pact has no buttons, Pabbly has lists alone.
#[test]
fn labels_are_measured_by_the_accounts() {
    let menu = "bot: b\nflows:\n  a:\n    on: message\n    do:\n      - menu: Which?\n        options: [Just over twenty chars, No]\n";
    let config = |providers: &[&str]| {
        let account = |(n, provider): (usize, &&str)| format!("  a{n}: {{provider: {provider}, bot: b}}\n");
        let accounts: String = providers.iter().enumerate().map(account).collect();
        format!("accounts:\n{accounts}  z: {{provider: whatsapp-cloud, bot: another}}\n")
    };
    let cases: [(&[&str], bool); 5] = [
        (&[], true),
        (&["pact"], false),
        (&["pabbly"], false),
        (&["pact", "getchat"], true),
        (&["pabbly", "whatsapp-cloud"], true),
    ];
    for (providers, warned) in cases {
        let home = Home::new(&[("frontdesk.yaml", &config(providers)), ("bots/b/bot.yaml", menu)]);
        let ran = home.run(&["check"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(ran.stdout.contains("long-label"), warned, "{providers:?}: {}", ran.stdout);
    }
}

/// Accounts that send notes to a team: the bot must have it, and somebody in it a phone.
#[test]
fn teams_that_get_notes_are_there() {
    let bot = "bot: b\nteams: {sales: {members: {anna: {phone: '+4915123456789'}}}, desk: {members: {boris: {ids: {pact: 7}}}}}\nflows: {a: {on: message, do: {note: Hello}}}\n";
    let cases = [
        ("notes: {message_to: sales}", 0, ""),
        ("message_to: '+49 151 23456789'", 0, ""),
        ("message_to: desk", 0, "nobody of the team `desk` has a `phone`"),
        ("notes: {message_to: sale}", 1, "the bot `b` has no team `sale` to send notes to"),
    ];
    for (keys, code, says) in cases {
        let config = format!("accounts:\n  a: {{provider: pabbly, bot: b, {keys}}}\n");
        let home = Home::new(&[("frontdesk.yaml", &config), ("bots/b/bot.yaml", bot)]);
        let ran = home.run(&["check"]);
        assert_eq!((ran.code, ran.stdout.is_empty()), (Some(code), says.is_empty()), "{keys}: {}", ran.stdout);
        assert!(ran.stdout.contains(says), "{keys}: {}", ran.stdout);
    }
}
