//! What a step or trigger type is: one file and one line in the list.

use super::{Node, Parts, StepReader};

/// A key that may stand beside a verb (or in a trigger's mapping).
#[derive(Clone, Copy, Debug)]
pub struct KeyDoc {
    /// Its name.
    pub name: &'static str,
    /// What it does, one line.
    pub doc: &'static str,
}

/// A step type: one file and one line in the list of steps.
#[derive(Debug)]
pub struct StepType<P: Parts> {
    /// The verb.
    pub verb: &'static str,
    /// What it does, one or two lines.
    pub doc: &'static str,
    /// Whether the verb takes its main argument always, never, or as it likes.
    pub argument: Argument,
    /// All other keys (`if` and `id` go with every step and are not listed).
    pub keys: &'static [KeyDoc],
    /// A complete flow's `do:` in YAML that works, for the reference and the tests.
    pub example: &'static str,
    /// It stops the turn until something comes (a question, a wait): a circle through it is no endless loop.
    pub waits: bool,
    /// Nothing of its block runs after it (`go`, `stop`).
    pub leaves: bool,
    /// The key that names it when it has no `id`: the argument of `ask`, `save` of `menu`. `None`: verb and ordinal.
    pub names_itself: fn(&Node) -> Option<String>,
    /// Read it. Problems go to the reader; `None` where it cannot be used.
    pub compile: fn(&mut StepReader<'_, P>) -> Option<P::Step>,
}

impl<P: Parts> StepType<P> {
    /// A question: it waits for an answer, and the answer can be wrong.
    pub fn is_question(&self) -> bool {
        self.waits && self.takes("on_fail")
    }

    /// Whether the key may stand beside the verb.
    pub fn takes(&self, key: &str) -> bool {
        self.keys.iter().any(|doc| doc.name == key)
    }
}

/// The endings of questions: what `every_question` may give for all of them.
pub const ENDINGS: &[&str] =
    &["retry", "tries", "on_fail", "remind", "timeout", "on_timeout", "default", "or_faq", "interruptible", "strict"];

/// Whether a verb has a main argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Must be there.
    Needed,
    /// May be there.
    Optional,
    /// Must not be there.
    None,
}

/// A trigger type: one file and one line in the list of triggers.
#[derive(Debug)]
pub struct TriggerType<P: Parts> {
    /// Its name: a bare word (`fallback`) or the one key of a mapping (`keywords: …`).
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// A complete `on:` that works.
    pub example: &'static str,
    /// A bare word, or a key with a value.
    pub argument: Argument,
    /// Keys that may stand beside it.
    pub keys: &'static [KeyDoc],
    /// Read it.
    pub compile: fn(&mut StepReader<'_, P>) -> Option<P::Trigger>,
}
