//! The lists of the language, walked once more: each step, key and trigger refuses what makes no sense there, at its place.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use frontdesk::config;
use frontdesk::engine::steps::{STEPS, question_kinds};
use frontdesk::engine::triggers::TRIGGERS;
use frontdesk::script::Scripts;
use frontdesk::testing::{self, Stage, Subject};
use frontdesk::yaml::{Problem, Severity, Source};

/// What is put in the place of a value, in this order, until one is refused.
const BAD: &[&str] = &["{nonsense: {}}", "[[]]", "'{{ 1 + }}'", "'no such thing!'", "-1", "''", "~"];

/// The problems of a bot with these steps, and where the steps begin in its text.
fn load(on: &str, steps: &str) -> (Vec<Problem>, usize) {
    let head = format!(
        "bot: bad\nlanguages: [en]\nloop_guard: false\nteams: {{sales: {{members: {{anna: {{ids: {{pact: 42}}}}}}}}}}\nfaq: {{prices: {{questions: price list, answer: A visit is 50.}}}}\nflows:\n  example:\n    on: {on}\n    do:\n"
    );
    let text = [head.as_str(), steps].concat();
    let source = Arc::new(Source { path: "bad/bot.yaml".into(), text: text.into() });
    (Subject::load("bad", vec![source], &Arc::new(Scripts::default())).1, head.len())
}

/// The steps of an example as lines of a flow, with `key: bad` in the step of that verb, and where that stands.
fn spoiled(verb: &str, example: &str, key: &str, bad: &str) -> (String, Range<usize>) {
    let begins = |line: &str| line.starts_with(&format!("- {verb}:")) || line == format!("- {verb}");
    let (mut text, mut at, mut inside, mut dropping) = (String::new(), 0..0, false, false);
    let mut put = |text: &mut String, lead: &str| {
        let begin = text.len() + lead.len();
        let _ = writeln!(text, "{lead}{key}: {bad}");
        at = begin..text.len();
    };
    let mut done = false;
    for line in example.lines() {
        let deeper = line.starts_with("    ") || line.is_empty();
        if dropping && deeper {
            continue;
        }
        dropping = false;
        if inside && line.starts_with("- ") {
            if !done {
                put(&mut text, "        ");
                done = true;
            }
            inside = false;
        }
        if !done && begins(line) {
            inside = true;
            if key == verb {
                put(&mut text, "      - ");
                (done, dropping) = (true, true);
            } else {
                let _ = writeln!(text, "      {line}{}", if line.contains(':') { "" } else { ":" });
            }
        } else if inside && line.starts_with(&format!("  {key}:")) {
            put(&mut text, "        ");
            (done, dropping) = (true, true);
        } else {
            let _ = writeln!(text, "      {line}");
        }
    }
    if !done {
        put(&mut text, "        ");
    }
    (text, at)
}

/// What is said of the first bad value that is refused at its place.
fn refused(verb: &str, example: &str, key: &str) -> Option<String> {
    BAD.iter().find_map(|bad| {
        let (steps, at) = spoiled(verb, example, key, bad);
        let (problems, begin) = load("message", &steps);
        let at = begin + at.start..begin + at.end;
        let here = |problem: &&Problem| {
            problem.severity == Severity::Error && at.contains(&problem.at.bytes.start) && problem.code != "unset-name"
        };
        let problem = problems.iter().find(here)?;
        Some(format!("{verb}.{key}: {bad}\n{}", told(problem)))
    })
}

/// Instead of what to do.
const NO_HELP: &str = "NOTHING IS SAID OF WHAT TO DO";

/// What is wrong, and what to do.
fn told(problem: &Problem) -> String {
    let Problem { code, message, help, .. } = problem;
    let help = help.as_deref().unwrap_or(NO_HELP);
    format!("    {code}: {message}\n    {help}\n")
}

#[test]
fn every_key_of_a_step_refuses_what_makes_no_sense() {
    let (mut said, mut silent) = (String::new(), Vec::new());
    for step in STEPS {
        // The argument, too: where a verb takes none, anything is too much.
        for key in [step.verb].into_iter().chain(step.keys.iter().map(|key| key.name)) {
            match refused(step.verb, step.example, key) {
                Some(words) => said += &words,
                None => silent.push(format!("{}.{key}", step.verb)),
            }
        }
    }
    assert!(silent.is_empty(), "nothing is too bad for {silent:?}");
    assert!(!said.contains(NO_HELP), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn every_trigger_refuses_what_makes_no_sense() {
    let (mut said, mut silent) = (String::new(), Vec::new());
    for trigger in TRIGGERS {
        for key in [trigger.name].into_iter().chain(trigger.keys.iter().map(|key| key.name)) {
            let refused = BAD.iter().find_map(|bad| {
                let on =
                    if key == trigger.name { format!("{{{key}: {bad}}}") } else { beside(trigger.example, key, bad) };
                let (problems, _) = load(&on, "      - note: It came\n");
                let problem = problems.iter().find(|problem| problem.severity == Severity::Error)?;
                Some(format!("{on}\n{}", told(problem)))
            });
            match refused {
                Some(words) => said += &words,
                None => silent.push(format!("{}.{key}", trigger.name)),
            }
        }
    }
    assert!(silent.is_empty(), "nothing is too bad for {silent:?}");
    assert!(!said.contains(NO_HELP), "{said}");
    insta::assert_snapshot!(said);
}

/// The example of a trigger with another value of the key that stands beside it.
fn beside(example: &str, key: &str, bad: &str) -> String {
    let (before, _) = example.split_once(&format!("{key}: ")).unwrap_or_else(|| panic!("no `{key}` in {example}"));
    format!("{before}{key}: {bad}}}")
}

/// What is no answer to a question of each kind: a text, or `image` for a picture. `any` takes all, and has none.
const NO_ANSWER: &[(&str, &str, &str)] = &[
    ("text", "", "image"),
    ("integer", "", "many"),
    ("number", "", "some"),
    ("email", "", "anna at example"),
    ("phone", "", "none"),
    ("yes_no", "", "perhaps"),
    ("choice", "options: [Red, Blue]", "green"),
    ("matches", "pattern: 'A\\d+'", "B7"),
    ("date", "", "whenever"),
    ("time", "", "late"),
    ("datetime", "", "some day"),
    ("location", "", "at home"),
    ("address", "", "image"),
    ("contacts", "", "Boris"),
    ("whatsapp_form", "whatsapp_form: {id: '1', button: Open}", "it broke"),
    ("image", "", "a picture"),
    ("file", "", "a file"),
];

#[test]
fn every_kind_of_question_refuses_what_is_no_answer() {
    let known: Vec<&str> = question_kinds().filter(|kind| *kind != "any").collect();
    let listed: Vec<&str> = NO_ANSWER.iter().map(|(kind, ..)| *kind).collect();
    assert!(known.iter().all(|kind| listed.contains(kind)), "no wrong answer to some of {known:?}");
    for (kind, beside, answer) in NO_ANSWER {
        let bot = format!(
            "bot: bad\nflows:\n  example:\n    on: first_message\n    do:\n      - ask: it\n        text: Which?\n        kind: {kind}\n        retry: That is none.\n        {beside}\n"
        );
        let source = Arc::new(Source { path: "bad/bot.yaml".into(), text: bot.into() });
        let (subject, problems) = Subject::load("bad", vec![source], &Arc::new(Scripts::default()));
        let subject = subject.unwrap_or_else(|| panic!("{kind}: {problems:?}"));
        let answer = if *answer == "image" { "send: {image: a.jpg}".to_owned() } else { format!("user: {answer}") };
        let talk = format!(
            "test: {kind}\nbuttons: {}\ntalk:\n  - user: hi\n  - bot: {{contains: Which?}}\n  - {answer}\n  - bot: {{contains: That is none.}}\n",
            *kind == "whatsapp_form"
        );
        let (tests, problems) =
            testing::read_tests(&Arc::new(Source { path: "x.test.yaml".into(), text: talk.into() }), config::imitated);
        assert!(problems.is_empty(), "{kind}: {problems:?}");
        let stage = Stage { account: "bad".to_owned(), provider: "pact".to_owned() };
        let failed = testing::play(&subject, &stage, &tests[0]).err().map(|failure| failure.render(kind));
        assert_eq!(failed, None, "{kind}");
    }
}
