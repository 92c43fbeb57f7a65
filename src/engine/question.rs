//! What all questions share: how a wrong answer and silence end.

use super::Core;
use super::turn::{Control, Turning};
use crate::bot::{Block, KeyDoc, Node, Problem, Shape, StepReader, Texts, ValueExpr};
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
/// `remind`.
pub const REMIND: KeyDoc = KeyDoc {
    name: "remind",
    doc: "What to say after a while without an answer, `{after: 30m, say: …}` or a list of these; the question keeps waiting.",
};
/// `interruptible`.
pub const INTERRUPTIBLE: KeyDoc = KeyDoc {
    name: "interruptible",
    doc: "`false`: no flow with `interrupt: true` cuts in, and a menu keeps what is no option.",
};
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
    remind: Vec<Reminder>,
    interruptible: bool,
    timeout: Option<Span>,
    on_timeout: Block,
    default: Option<ValueExpr>,
}

/// Something said while it keeps waiting.
#[derive(Debug)]
struct Reminder {
    /// Since it was asked.
    after: Span,
    say: Texts,
}

/// A reminder.
pub const REMINDER: Shape = Shape {
    name: "reminder",
    at: &["**.remind"],
    doc: "Said while a question waits, which goes on waiting.",
    keys: &[
        KeyDoc { name: "after", doc: "How long after the question." },
        KeyDoc { name: "say", doc: "What is said." },
    ],
    example: "",
};

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
        let remind = r.key(REMIND.name).map_or(Vec::new(), |node| reminders(r, &node, timeout));
        let interruptible = r.key(INTERRUPTIBLE.name).and_then(|node| r.flag(&node)).unwrap_or(true);
        Self { retry, tries, on_fail, remind, interruptible, timeout, on_timeout, default }
    }

    /// When it must be looked after first: a reminder comes before the time-out.
    pub fn first_due(&self) -> Option<Span> {
        self.due_after(0)
    }

    /// The same after so many reminders, counted from the question.
    pub fn due_after(&self, reminded: u32) -> Option<Span> {
        self.remind.get(reminded as usize).map(|reminder| reminder.after).or(self.timeout)
    }

    /// What the next reminder says, after so many.
    pub fn reminder(&self, reminded: u32) -> Option<&Texts> {
        self.remind.get(reminded as usize).map(|reminder| &reminder.say)
    }

    /// Whether other flows may cut in.
    pub fn interruptible(&self) -> bool {
        self.interruptible
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

    /// What follows where the messenger cannot put the question: the same as after the last wrong answer.
    pub fn unasked(&self, t: &mut Turning<'_>, save: Option<&str>) -> Control {
        t.tell_unasked();
        self.give_up(t, save);
        Control::Enter(self.on_fail)
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

/// Each comes after the one before, and before the time-out.
fn reminders(r: &mut StepReader<'_, Core>, node: &Node, timeout: Option<Span>) -> Vec<Reminder> {
    let mut reminders: Vec<Reminder> = Vec::new();
    for item in node.one_or_many() {
        if !r.closed(item, REMINDER.keys) {
            continue;
        }
        let after = r.needed_in(item, REMIND.name, "after").and_then(|node| r.span(&node));
        let say = r.needed_in(item, REMIND.name, "say").and_then(|node| r.texts(&node));
        let (Some(after), Some(say)) = (after, say) else { continue };
        let is_late = timeout.is_some_and(|timeout| timeout <= after);
        if is_late || reminders.last().is_some_and(|before| before.after >= after) {
            let problem = Problem::error("reminder-order", &item.at, "this reminder would never come");
            r.report(problem.help("each comes later than the one before it, and before the `timeout`"));
        }
        reminders.push(Reminder { after, say });
    }
    reminders
}
