//! The language's own cases, and the sample bots: each is a bot with its `*.test.yaml`, played through a world.

use std::path::Path;
use std::sync::Arc;

use frontdesk::config;
use frontdesk::domain::{Span, Time};
use frontdesk::runtime::folder;
use frontdesk::script::Scripts;
use frontdesk::testing::{self, Setting, Stage, Subject, World};
use frontdesk::yaml::{self, Colour, Severity, Source};

const CASES: &str = "tests/data/language";

fn scripts(path: &str) -> Arc<Scripts> {
    let (files, problems) = folder::read_scripts(Path::new(path));
    assert_eq!(problems, []);
    let (scripts, problems) = Scripts::load(&files);
    assert_eq!(problems, []);
    Arc::new(scripts)
}

fn stage() -> Stage {
    Stage { account: "main".to_owned(), provider: "pact".to_owned() }
}

/// Play all tests of all bots in a folder; the failures, rendered. Problems that bad count as such.
fn play_all(path: &str, scripts: &Arc<Scripts>, bad: Severity) -> (usize, Vec<String>) {
    let mut played = 0;
    let mut failures = Vec::new();
    for dir in folder::bot_folders(Path::new(path)).unwrap() {
        let read = folder::read_bot(&dir);
        let (subject, mut problems) = Subject::load(&read.name, read.files, scripts);
        problems.retain(|problem| problem.severity <= bad);
        if !problems.is_empty() {
            failures.push(yaml::render(&problems, Colour::Never));
        }
        let Some(subject) = subject else { continue };
        for source in &read.tests {
            let (tests, problems) = testing::read_tests(source, config::imitated);
            assert!(problems.is_empty(), "{}", yaml::render(&problems, Colour::Never));
            played += tests.len();
            let failed = tests.iter().filter_map(|test| Some((test, testing::play(&subject, &stage(), test).err()?)));
            failures.extend(failed.map(|(test, failure)| failure.render(&test.name)));
        }
    }
    (played, failures)
}

#[test]
fn the_language_does_as_its_cases_say() {
    let (played, failures) = play_all(CASES, &scripts("tests/data/language/scripts"), Severity::Error);
    assert!(failures.is_empty(), "{} of {played} failed\n\n{}", failures.len(), failures.join("\n\n"));
    assert!(played > 100, "only {played} were found");
}

#[test]
fn the_sample_bots_hold_their_tests_and_have_no_warnings() {
    let (played, failures) = play_all("bots", &scripts("scripts"), Severity::Warning);
    assert!(failures.is_empty(), "{} of {played} failed\n\n{}", failures.len(), failures.join("\n\n"));
    assert!(played > 10, "only {played} were found");
}

/// How a failing test is told is part of what people get.
#[test]
fn a_failing_test_shows_where_and_why() {
    let (played, failures) = play_all("tests/data/failing", &scripts("scripts"), Severity::Error);
    assert_eq!(played, failures.len(), "all of them are wrong on purpose");
    insta::assert_snapshot!(failures.join("\n----\n"));
}

/// Where notes are messages to a team, those of it who are there at this hour get them, and read whose conversation it is.
#[test]
fn notes_go_to_those_of_a_team_who_are_there() {
    let bot = "bot: told\nteams:\n  front:\n    members:\n      anna: {phone: '+49 151 111-1111', hours: Mo-Fr 09:00-17:00}\n      boris: {phone: '+491512222222', hours: Mo-Fr 17:00-20:00}\n      vera: {ids: {pact: 1}}\n  empty: {members: {vera: {ids: {pact: 1}}}}\nflows: {a: {on: message, do: {note: 'Asks: {{ text }}'}}}\n";
    let source = Arc::new(Source { path: "told/bot.yaml".into(), text: bot.into() });
    let (subject, problems) = Subject::load("told", vec![source], &Arc::new(Scripts::default()));
    assert_eq!(problems, []);
    let revision = subject.unwrap().revision;
    let noon = Time::from_unix(1_772_452_800);
    let cases = [
        ("front", noon, vec!["note to +491511111111: Anna, +79260000001\nAsks: price"]),
        ("front", noon + Span::hours(6), vec!["note to +491512222222: Anna, +79260000001\nAsks: price"]),
        (
            "front",
            noon + Span::hours(10),
            vec![
                "note to +491511111111: Anna, +79260000001\nAsks: price",
                "note to +491512222222: Anna, +79260000001\nAsks: price",
            ],
        ),
        ("empty", noon, vec![]),
    ];
    for (team, start, want) in cases {
        let mut setting = Setting::new("main", start).with_notes_to(team);
        (setting.contact.name, setting.contact.phone) = (Some("Anna".into()), Some("+79260000001".into()));
        let mut world = World::new(Arc::clone(&revision), setting);
        world.user("price");
        let said: Vec<_> = world.sent().iter().map(|sent| testing::describe(&sent.effect)).collect();
        assert_eq!(said, want, "{team} at {start}");
        let failed = world.trace().entries.iter().any(|entry| entry.text.contains("has a `phone`"));
        assert_eq!(failed, want.is_empty(), "{team}");
    }
}

/// A mark is no message: it is set on the contact's, and taken away.
#[test]
fn marks_are_set_on_the_contacts_message() {
    let (subject, _) =
        Subject::load("wares", folder::read_bot(&Path::new(CASES).join("wares")).files, &Arc::new(Scripts::default()));
    let setting = Setting::new("main", Time::from_unix(1_772_452_800)).with_buttons();
    let mut world = World::new(subject.unwrap().revision, setting);
    world.user("liked");
    let said: Vec<_> = world.sent().iter().map(|sent| testing::describe(&sent.effect)).collect();
    assert_eq!(said, ["reaction 👍", "reaction taken away", "Seen."]);
}
