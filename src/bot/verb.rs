//! Which step a mapping is. The verb is the one step key that no other step key present takes beside it; `if` is the verb only
//! when it has `then`; the order of keys never matters.

use crate::yaml::{Content, Key, Node, Problem, nearest};

use super::build::Builder;
use super::context::offer;
use super::shapes::{EVERY_STEP, FIELD};
use super::{Argument, Parts, StepType};

/// The key that goes with every question of a form.
pub(super) const LABEL: &str = "label";

/// Whether it goes with every step.
fn is_common(key: &str) -> bool {
    EVERY_STEP.keys.iter().any(|doc| doc.name == key)
}

impl<P: Parts> Builder<P> {
    /// The step's type, its keys and main argument checked.
    pub(super) fn verb(&mut self, node: &Node) -> Option<&'static StepType<P>> {
        match &node.content {
            Content::Scalar { text, .. } => self.bare_word(text, node),
            Content::Map(entries) => {
                let kind = self.find_verb(entries, node)?;
                self.check_keys(entries, kind);
                if node.get(kind.verb).is_some_and(|argument| self.check_inside(argument, kind)) {
                    return None;
                }
                self.check_argument(node.get(kind.verb), kind, node);
                Some(kind)
            }
            _ => {
                self.cx.wrong_type(node, "a step");
                None
            }
        }
    }

    fn bare_word(&mut self, word: &str, node: &Node) -> Option<&'static StepType<P>> {
        if let Some(kind) = P::steps().iter().find(|kind| kind.verb == word) {
            self.check_argument(None, kind, node);
            return Some(kind);
        }
        let problem = Problem::error("unknown-step", &node.at, "this is no step");
        let help = match nearest(word, P::steps().iter().map(|kind| kind.verb)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a step begins with its verb: `say: …`".into(),
        };
        self.cx.report(problem.help(help));
        None
    }

    fn find_verb(&mut self, entries: &[(Key, Node)], node: &Node) -> Option<&'static StepType<P>> {
        let has_then = entries.iter().any(|(key, _)| key.text == "then");
        let present: Vec<(&Key, &'static StepType<P>)> = entries
            .iter()
            .filter(|(key, _)| has_then || key.text != "if")
            .filter_map(|(key, _)| Some((key, P::steps().iter().find(|kind| kind.verb == key.text)?)))
            .collect();
        let is_taken = |verb: &str| present.iter().any(|(_, other)| other.verb != verb && other.takes(verb));
        let mut candidates = present.iter().filter(|(_, kind)| !is_taken(kind.verb));
        match (candidates.next(), candidates.next()) {
            (Some((_, kind)), None) => Some(kind),
            (Some((first, _)), Some((second, _))) => {
                let message = format!("a step is either `{}` or `{}`", first.text, second.text);
                let problem = Problem::error("two-verbs", &second.at, message).also(&first.at, "the other is here");
                self.cx.report(problem.help("make two steps of it, each an item of the list"));
                None
            }
            (None, _) => {
                self.no_verb(entries, node);
                None
            }
        }
    }

    fn no_verb(&mut self, entries: &[(Key, Node)], node: &Node) {
        let verbs = || P::steps().iter().map(|kind| kind.verb);
        let own = || entries.iter().filter(|(key, _)| !is_common(&key.text));
        let near = own().find_map(|(key, _)| Some((key, nearest(&key.text, verbs())?)));
        let problem = match (near, own().next().or(entries.first())) {
            (Some((key, near)), _) => {
                let problem = Problem::error("unknown-step", &key.at, format!("unknown step `{}`", key.text));
                problem.help(format!("did you mean `{near}`?"))
            }
            (_, Some((key, _))) if is_common(&key.text) => {
                let problem = Problem::error("unknown-step", &node.at, format!("only `{}` is here, no step", key.text));
                problem.help("`if` decides over a step beside it, or over the steps of `then`")
            }
            (_, Some((key, _))) => {
                let problem = Problem::error("unknown-step", &key.at, format!("unknown step `{}`", key.text));
                problem.help("a step begins with its verb: `say: …`, `ask: …`, `go: …`")
            }
            (_, None) => Problem::error("unknown-step", &node.at, "an empty mapping is no step")
                .help("a step begins with its verb: `say: …`, `ask: …`, `go: …`"),
        };
        self.cx.report(problem);
    }

    fn check_keys(&mut self, entries: &[(Key, Node)], kind: &'static StepType<P>) {
        let more = if self.reads_field { FIELD.names() } else { Vec::new() };
        let own = kind.keys.iter().map(|doc| doc.name).chain([kind.verb]);
        let known: Vec<&str> = own.chain(EVERY_STEP.names()).chain(more).collect();
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            let problem = Problem::error("unknown-key", &key.at, format!("`{}` has no key `{}`", kind.verb, key.text));
            let verb = nearest(&key.text, P::steps().iter().map(|kind| kind.verb));
            let help = match verb.filter(|_| nearest(&key.text, known.iter().copied()).is_none()) {
                Some(verb) => format!("the step `{verb}` is an item of the list of its own"),
                None => offer(&key.text, known.iter().copied().filter(|key| *key != kind.verb)),
            };
            self.cx.report(problem.help(help));
        }
    }

    /// `say: {one_of: …}`: a key that belongs beside the verb, indented too far.
    fn check_inside(&mut self, argument: &Node, kind: &StepType<P>) -> bool {
        let is_inside = |key: &Key| kind.takes(&key.text) && !self.cx.languages.iter().any(|l| **l == *key.text);
        let Some((key, _)) = argument.entries().iter().find(|(key, _)| is_inside(key)) else { return false };
        let message = format!("`{}` stands beside `{}`, not inside it", key.text, kind.verb);
        let problem = Problem::error("key-inside", &key.at, message);
        self.cx.report(problem.help(format!("indent it as far as `{}`", kind.verb)));
        true
    }

    fn check_argument(&mut self, argument: Option<&Node>, kind: &StepType<P>, node: &Node) {
        let argument = argument.filter(|argument| argument.content != Content::Empty);
        let verb = kind.verb;
        match (kind.argument, argument) {
            (Argument::Needed, None) => {
                let problem =
                    Problem::error("missing-argument", &node.at, format!("`{verb}` needs something after it"));
                self.cx.report(problem.help(format!("`{verb}: …`")));
            }
            (Argument::None, Some(argument)) => {
                let message = format!("`{verb}` stands alone");
                let problem = Problem::error("needless-argument", &argument.at, message);
                self.cx.report(problem.help(match kind.keys.first() {
                    Some(key) => format!("`{verb}:` stays empty; `{}` and its like stand beside it", key.name),
                    None => format!("`- {verb}`"),
                }));
            }
            _ => {}
        }
    }
}
