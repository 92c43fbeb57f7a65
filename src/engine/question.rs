//! What all questions share: how a wrong answer and silence end.

use super::Core;
use super::turn::{Control, Turning};
use crate::bot::{Block, KeyDoc, StepReader, Texts, ValueExpr};
use crate::domain::{Span, Value};

/// `retry`.
pub const RETRY: KeyDoc =
    KeyDoc { name: "retry", doc: "What to say after a wrong answer: a text, or a list for the 1st, 2nd, 3rd time." };
/// `tries`.
pub const TRIES: KeyDoc = KeyDoc { name: "tries", doc: "How many answers are taken in all, the first counted." };
/// `on_fail`.
pub const ON_FAIL: KeyDoc =
    KeyDoc { name: "on_fail", doc: "Steps after the last wrong answer. Then the flow goes on." };
/// `timeout`.
pub const TIMEOUT: KeyDoc = KeyDoc { name: "timeout", doc: "How long the question waits for its answer." };
/// `on_timeout`.
pub const ON_TIMEOUT: KeyDoc =
    KeyDoc { name: "on_timeout", doc: "Steps when nobody answered in time. Then the flow goes on." };
/// `default`.
pub const DEFAULT: KeyDoc =
    KeyDoc { name: "default", doc: "The value when the question ends without an answer; `()` otherwise." };
/// `or_faq`.
pub const OR_FAQ: KeyDoc = KeyDoc {
    name: "or_faq",
    doc: "`true`: what clearly asks for an entry of the FAQ is answered from there, then the question is asked again. Only what the kind \
          cannot read as an answer goes there; where any text is one, all does.",
};

/// How a question ends without an answer.
#[derive(Debug)]
pub struct Endings {
    retry: Vec<Texts>,
    tries: Option<u32>,
    on_fail: Block,
    timeout: Option<Span>,
    on_timeout: Block,
    default: Option<ValueExpr>,
}

impl Endings {
    /// Read them from beside the question.
    pub fn read(r: &mut StepReader<'_, Core>) -> Self {
        Self::read_with(r, block)
    }

    /// The same, of a question whose flow ends with it when nobody answers.
    pub fn read_last(r: &mut StepReader<'_, Core>) -> Self {
        Self::read_with(r, |r, key| r.key(key).map_or(Block(None), |node| r.last_block(&node)))
    }

    fn read_with(r: &mut StepReader<'_, Core>, block: fn(&mut StepReader<'_, Core>, &str) -> Block) -> Self {
        let retry = r.key(RETRY.name).and_then(|node| r.texts_list(&node)).unwrap_or_default();
        let tries = r.key(TRIES.name).and_then(|node| r.count(&node, 1));
        let on_fail = block(r, ON_FAIL.name);
        let timeout = r.key(TIMEOUT.name).and_then(|node| r.span(&node));
        let on_timeout = block(r, ON_TIMEOUT.name);
        let default = r.key(DEFAULT.name).and_then(|node| r.value(&node));
        Self { retry, tries, on_fail, timeout, on_timeout, default }
    }

    /// How long the question waits.
    pub fn timeout(&self) -> Option<Span> {
        self.timeout
    }

    /// What follows the `n`th wrong answer. `standard` says something where the author said nothing.
    pub fn wrong(
        &self,
        t: &mut Turning<'_>,
        n: u32,
        save: Option<&str>,
        standard: impl FnOnce(&mut Turning<'_>),
    ) -> Control {
        if self.tries.is_some_and(|tries| n >= tries) {
            self.give_up(t, save);
            return Control::Enter(self.on_fail);
        }
        let nth = (n as usize).saturating_sub(1);
        if let Some(retry) = self.retry.get(nth).or(self.retry.last()) {
            t.say_texts(retry);
        } else {
            standard(t);
        }
        Control::Stay
    }

    /// What follows when nobody answered in time.
    pub fn timed_out(&self, t: &mut Turning<'_>, save: Option<&str>) -> Control {
        self.give_up(t, save);
        Control::Enter(self.on_timeout)
    }

    fn give_up(&self, t: &mut Turning<'_>, save: Option<&str>) {
        let Some(name) = save else { return };
        let value = self.default.as_ref().map_or(Value::Unit, |default| t.value(default));
        t.set(name, value);
    }
}

/// The steps of a key; an empty block where it is not there.
pub fn block(r: &mut StepReader<'_, Core>, key: &str) -> Block {
    r.key(key).map_or(Block(None), |node| r.block(&node))
}
