//! The lists of the language, walked: every step, key, trigger and kind of question has a case and an example that works.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use frontdesk::domain::{Time, TraceKind};
use frontdesk::engine::steps::{self, STEPS};
use frontdesk::engine::triggers::TRIGGERS;
use frontdesk::runtime::folder;
use frontdesk::script::Scripts;
use frontdesk::testing::{Setting, Subject, World};
use frontdesk::yaml::{self, Colour, Content, Node, Source};

/// All that the cases of the language use: `say`, `say.one_of`, `on.keywords`, `kind.email`.
fn used() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for dir in folder::bot_folders(Path::new("tests/data/language")).unwrap() {
        for source in folder::read_bot(&dir).files.iter().filter(|file| file.path.ends_with(".yaml")) {
            let (node, _) = yaml::read(source);
            collect(&node.unwrap(), &mut used);
        }
    }
    used
}

fn collect(node: &Node, used: &mut BTreeSet<String>) {
    match &node.content {
        Content::List(items) => items.iter().for_each(|item| collect(item, used)),
        Content::Scalar { text, .. } => {
            used.insert(text.clone());
        }
        Content::Map(entries) => {
            for (key, value) in entries {
                used.insert(key.text.clone());
                used.extend(entries.iter().map(|(beside, _)| format!("{}.{}", key.text, beside.text)));
                used.extend(
                    value.one_or_many().iter().filter_map(Node::scalar).map(|text| format!("{}.{text}", key.text)),
                );
                let below = value.one_or_many().iter().flat_map(Node::entries);
                used.extend(below.map(|(below, _)| format!("{}.{}", key.text, below.text)));
                collect(value, used);
            }
        }
        Content::Empty => {}
    }
}

#[test]
fn every_entry_of_the_lists_has_a_case() {
    let steps = STEPS.iter().map(|step| step.verb.to_owned());
    let keys = STEPS.iter().flat_map(|step| step.keys.iter().map(move |key| format!("{}.{}", step.verb, key.name)));
    let triggers = TRIGGERS.iter().map(|trigger| format!("on.{}", trigger.name));
    let beside = TRIGGERS.iter().flat_map(|on| on.keys.iter().map(move |key| format!("{}.{}", on.name, key.name)));
    let kinds = steps::question_kinds().map(|kind| format!("kind.{kind}"));
    let used = used();
    let missing: Vec<_> =
        steps.chain(keys).chain(triggers).chain(beside).chain(kinds).filter(|entry| !used.contains(entry)).collect();
    assert!(missing.is_empty(), "no case in tests/data/language uses {missing:?}");
}

/// A bot around an example: the team and the flow that examples speak of.
fn around(on: &str, steps: &str) -> Subject {
    let steps = steps.lines().fold(String::new(), |out, line| out + "      " + line + "\n");
    let text = format!(
        "bot: example\nloop_guard: false\nteams: {{sales: {{members: {{anna: {{ids: {{pact: 42}}}}}}}}}}\nfaq: {{prices: {{questions: price list, answer: A visit is 50.}}}}\nflows:\n  example:\n    on: {on}\n    do:\n{steps}"
    );
    let source = Arc::new(Source { path: "example/bot.yaml".into(), text: text.into() });
    let (subject, problems) = Subject::load("example", vec![source], &Arc::new(Scripts::default()));
    assert!(problems.is_empty(), "{}", yaml::render(&problems, Colour::Never));
    subject.unwrap()
}

#[test]
fn every_example_of_a_step_runs() {
    for step in STEPS {
        assert!(!step.doc.is_empty(), "`{}` is not documented", step.verb);
        let subject = around("message", step.example);
        let mut world = World::new(subject.revision, Setting::new("main", Time::from_unix(1_772_000_000)));
        let mut ran = false;
        for text in ["hello", "12", "yes"] {
            world.user(text);
            let trace = &world.trace().entries;
            ran |= trace.iter().any(|entry| entry.kind == TraceKind::Step && entry.text.starts_with(step.verb));
            let errors: Vec<_> = trace.iter().filter(|entry| entry.kind == TraceKind::Error).collect();
            assert!(errors.is_empty(), "the example of `{}` fails: {errors:?}", step.verb);
        }
        assert!(ran, "the example of `{}` never comes to it", step.verb);
    }
}

#[test]
fn every_example_of_a_trigger_loads() {
    for trigger in TRIGGERS {
        assert!(!trigger.doc.is_empty(), "`{}` is not documented", trigger.name);
        let subject = around(trigger.example, "- note: It came");
        assert_eq!(subject.revision.flows[0].triggers.len(), 1, "{}", trigger.name);
    }
}
