//! `set`: variables.

use super::{Run, Step, nameless};
use crate::bot::{Argument, Key, Node, Problem, StepReader, StepType, ValueExpr};
use crate::domain::Value;
use crate::engine::Core;
use crate::engine::show::shown;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "set",
    doc: "Set variables of the session. `contact.vars.NAME` lasts beyond it; `contact.language` is one of the bot's languages.",
    argument: Argument::Needed,
    keys: &[],
    example: "- set: {visits: \"{{ (visits ?? 0) + 1 }}\", contact.vars.known: true}\n- say: Visit {{ visits }}.\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Set {
    /// In the order written: the next sees the one before.
    entries: Vec<(Target, ValueExpr)>,
}

#[derive(Debug)]
enum Target {
    Session(String),
    Lasting(String),
    Language,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let node = r.argument()?;
    if node.entries().is_empty() {
        r.report(
            Problem::error("wrong-type", &node.at, "`set` is a mapping: `set: {name: value}`")
                .help("write each variable with its value: `set: {guests: 3}`"),
        );
        return None;
    }
    // All are read before one that is wrong ends it: each has its problem.
    let read: Vec<_> = node.entries().iter().map(|(key, value)| entry(r, key, value)).collect();
    let entries: Option<Vec<_>> = read.into_iter().collect();
    Some(Box::new(Set { entries: entries? }))
}

fn entry(r: &mut StepReader<'_, Core>, key: &Key, node: &Node) -> Option<(Target, ValueExpr)> {
    let (target, value) = (target(r, key), r.value(node));
    let (target, value) = (target?, value?);
    if let (Target::Language, ValueExpr::Literal(_)) = (&target, &value) {
        r.language(node)?;
    }
    Some((target, value))
}

fn target(r: &mut StepReader<'_, Core>, key: &Key) -> Option<Target> {
    if key.text == "contact.language" {
        return Some(Target::Language);
    }
    if let Some(name) = key.text.strip_prefix("contact.vars.") {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            r.report(
                Problem::error(
                    "bad-name",
                    &key.at,
                    format!("`{name}` is no name of a variable: small letters, digits and `_`"),
                )
                .help("`contact.vars.favourite_room`"),
            );
            return None;
        }
        return Some(Target::Lasting(name.to_owned()));
    }
    if key.text.starts_with("contact.") {
        let problem = Problem::error("bad-name", &key.at, format!("`{}` cannot be set", key.text));
        r.report(problem.help("of a contact, `contact.vars.NAME` and `contact.language` can"));
        return None;
    }
    r.sets_name(&key.text, &key.at).map(Target::Session)
}

impl Run for Set {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        for (target, value) in &self.entries {
            let value = t.value(value);
            match target {
                Target::Session(name) => t.set(name, value),
                Target::Lasting(name) => t.set_lasting(name, value),
                Target::Language => set_language(t, &value),
            }
        }
        Control::Next
    }
}

fn set_language(t: &mut Turning<'_>, value: &Value) {
    let language = shown(value, t.zone());
    t.set_language(language);
}
