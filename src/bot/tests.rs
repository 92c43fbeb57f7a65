//! The loader with a language of five steps and three triggers, so that its rules are tested apart from the real steps.

#![allow(clippy::unnecessary_wraps, reason = "all readers of steps have one signature")]

use std::sync::Arc;

use crate::script::Scripts;
use crate::yaml::{Node, Problem, Source};

use super::{Argument, Block, Flow, KeyDoc, Parts, Revision, StepReader, StepType, TriggerType, load};

#[derive(Debug)]
struct Tiny;

/// What a step reads to: its verb and its blocks.
type TinyStep = (&'static str, Vec<Block>);

const fn doc(name: &'static str) -> KeyDoc {
    KeyDoc { name, doc: "" }
}

fn unnamed(_node: &Node) -> Option<String> {
    None
}

fn by_ask(node: &Node) -> Option<String> {
    node.get("ask")?.scalar().map(String::from)
}

const fn step(verb: &'static str, argument: Argument, keys: &'static [KeyDoc]) -> StepType<Tiny> {
    StepType {
        verb,
        doc: "",
        argument,
        keys,
        example: "",
        waits: false,
        leaves: false,
        names_itself: unnamed,
        compile: plain,
    }
}

fn plain(reader: &mut StepReader<'_, Tiny>) -> Option<TinyStep> {
    let text = reader.argument()?;
    reader.scalar(&text)?;
    Some(("plain", Vec::new()))
}

fn stop(_reader: &mut StepReader<'_, Tiny>) -> Option<TinyStep> {
    Some(("stop", Vec::new()))
}

fn go(reader: &mut StepReader<'_, Tiny>) -> Option<TinyStep> {
    let target = reader.argument()?;
    reader.flow_ref(&target)?;
    Some(("go", Vec::new()))
}

fn ask(reader: &mut StepReader<'_, Tiny>) -> Option<TinyStep> {
    let name = reader.argument()?;
    reader.sets(&name)?;
    let blocks = reader.key("on_fail").map(|steps| reader.block(&steps));
    Some(("ask", blocks.into_iter().collect()))
}

fn branch(reader: &mut StepReader<'_, Tiny>) -> Option<TinyStep> {
    let blocks = ["then", "else"].map(|name| reader.key(name).map(|steps| reader.block(&steps)));
    Some(("if", blocks.into_iter().flatten().collect()))
}

const STEPS: &[StepType<Tiny>] = &[
    step("say", Argument::Optional, &[doc("one_of")]),
    step("note", Argument::Needed, &[]),
    step("hand_off", Argument::Needed, &[doc("say"), doc("note")]),
    StepType { leaves: true, compile: stop, ..step("stop", Argument::None, &[]) },
    StepType { leaves: true, compile: go, ..step("go", Argument::Needed, &[]) },
    StepType {
        waits: true,
        names_itself: by_ask,
        compile: ask,
        ..step("ask", Argument::Needed, &[doc("text"), doc("on_fail"), doc("tries")])
    },
    StepType { compile: branch, ..step("if", Argument::Needed, &[doc("then"), doc("else")]) },
];

fn trigger(_reader: &mut StepReader<'_, Tiny>) -> Option<()> {
    Some(())
}

const TRIGGERS: &[TriggerType<Tiny>] = &[
    TriggerType { name: "fallback", doc: "", example: "", argument: Argument::None, keys: &[], compile: trigger },
    TriggerType { name: "keywords", doc: "", example: "", argument: Argument::Needed, keys: &[], compile: trigger },
];

impl Parts for Tiny {
    type Step = TinyStep;
    type Trigger = ();
    type Table = ();
    type Faq = ();

    fn steps() -> &'static [StepType<Self>] {
        STEPS
    }
    fn triggers() -> &'static [TriggerType<Self>] {
        TRIGGERS
    }
    fn table(_flows: &[Flow<Self>]) {}
    fn fold(text: &str) -> String {
        text.to_lowercase()
    }
    fn faq(_faq: &super::Faq) {}
    fn faq_step() -> TinyStep {
        ("say", Vec::new())
    }
}

fn read(text: &str) -> (Option<Revision<Tiny>>, Vec<Problem>) {
    let file = Arc::new(Source { path: "bots/a/bot.yaml".into(), text: format!("bot: a\n{text}").into() });
    load("a", &[file], &Arc::new(Scripts::default()))
}

/// The codes of a flow's steps.
fn codes_of_steps(steps: &str) -> Vec<&'static str> {
    let indented = steps.replace('\n', "\n      ");
    let (_, problems) = read(&format!("flows:\n  f:\n    on: fallback\n    do:\n      {indented}\n"));
    problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn the_verb_is_what_no_other_key_takes() {
    let cases: &[(&str, &[&str])] = &[
        ("- say: Hello", &[]),
        ("- hand_off: sales\n  say: One moment", &[]),
        ("- say: One moment\n  note: why\n  hand_off: sales", &[]),
        ("- stop", &[]),
        ("- stop:", &[]),
        ("- note: x\n  id: first", &[]),
        ("- say: a\n  stop:", &["two-verbs"]),
        ("- say: a\n  note: b", &["two-verbs"]),
        ("- hallo: a", &["unknown-step"]),
        ("- id: a", &["unknown-step"]),
        ("- {}", &["unknown-step"]),
        ("- Hello", &["unknown-step"]),
        ("- note", &["missing-argument"]),
        ("- note:", &["missing-argument"]),
        ("- stop: now", &["needless-argument"]),
        ("- say: a\n  one_off: b", &["unknown-key"]),
        ("- [say]", &["wrong-type"]),
        ("- say: [a, b]", &["wrong-type"]),
    ];
    for (steps, want) in cases {
        assert_eq!(codes_of_steps(steps), *want, "{steps}");
    }
}

#[test]
fn what_comes_next_is_laid_into_one_list() {
    let text = "
flows:
  f:
    on: fallback
    do:
      - say: one
      - if: true
        then:
          - say: two
          - if: true
            then: {say: three}
        else: []
      - say: four
";
    let (revision, problems) = read(text);
    // Conditions are the scripts' own; here only their places matter.
    let Some(revision) = revision else { panic!("{problems:?}") };
    let flow = &revision.flows[0];
    let nexts: Vec<_> = flow.steps.iter().map(|step| step.next).collect();
    assert_eq!(nexts, [Some(1), Some(5), Some(3), Some(5), Some(5), None]);
    let keys: Vec<_> = flow.steps.iter().map(|step| step.key.as_str()).collect();
    assert_eq!(keys, ["say#1", "if#1", "say#2", "if#2", "say#3", "say#4"]);
    assert_eq!(flow.steps[1].step.1, [Block(Some(2)), Block(None)]);
    assert_eq!((&*flow.steps[5].place.file, flow.steps[5].place.line), ("a/bot.yaml", 14));
}

#[test]
fn the_bots_own_endings_stand_in_for_those_a_question_lacks() {
    let text = "
every_question: {on_fail: {note: failed}}
flows:
  f:
    on: fallback
    do:
      - ask: phone
      - ask: name
        on_fail: {stop: }
      - ask: day
";
    let (revision, problems) = read(text);
    let Some(revision) = revision else { panic!("{problems:?}") };
    let keys: Vec<_> = revision.flows[0].steps.iter().map(|step| step.key.as_str()).collect();
    assert_eq!(keys, ["phone", "phone.note#1", "name", "stop#1", "day", "day.note#1"]);
    assert_eq!(revision.flows[0].steps[1].next, Some(2));
}

#[test]
fn circles_are_errors_when_nothing_can_end_them() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("{go: b}", "{go: a}", &["endless-circle"]),
        ("{go: b", "{go: a}", &["yaml-syntax"]),
        ("{go: a}", "stop", &["endless-circle", "unused-flow"]),
        ("[{ask: x}, {go: b}]", "{go: a}", &[]),
        ("[{say: x, id: x}, {go: b}]", "[{ask: x, on_fail: {go: a}}, {go: a.x}]", &[]),
        ("[{say: x, id: x}, {go: a.x}]", "stop", &["endless-circle", "unused-flow"]),
        ("{go: c}", "stop", &["unknown-flow", "unused-flow"]),
        ("{go: b.x}", "stop", &["unknown-flow-step", "unused-flow"]),
        ("[{go: b}, {say: x}]", "{stop: }", &["unreachable-step"]),
    ];
    for (a, b, want) in cases {
        let (_, problems) = read(&format!("flows:\n  a: {{on: fallback, do: {a}}}\n  b: {{do: {b}}}\n"));
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, *want, "{a} / {b}: {problems:?}");
    }
}

#[test]
fn the_same_files_have_the_same_id_in_any_order() {
    let file =
        |name: &str, text: &str| Arc::new(Source { path: format!("bots/a/{name}.yaml").into(), text: text.into() });
    let (main, more) = (file("bot", "bot: a"), file("b", "flows: {f: {on: fallback, do: stop}}"));
    let id = |files: &[Arc<Source>]| load::<Tiny>("a", files, &Arc::new(Scripts::default())).0.map(|r| r.id);
    let first = id(&[main.clone(), more.clone()]);
    assert!(first.is_some());
    assert_eq!(first, id(&[more, main.clone()]));
    assert_ne!(first, id(&[main]));
}
