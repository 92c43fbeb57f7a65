//! `form`: several questions that can be gone back to, looked over at the end, and cancelled.

use super::{Run, Step};
use crate::bot::{Argument, Block, Content, Field, KeyDoc, Node, Problem, StepReader, StepType, Texts};
use crate::domain::{Lap, Message, Value};
use crate::engine::Core;
use crate::engine::fold::fold;
use crate::engine::kinds::{digits::western, yes_no};
use crate::engine::question::{Endings, INTERRUPTIBLE, ON_FAIL, ON_TIMEOUT, REMIND, RETRY, TIMEOUT, TRIES};
use crate::engine::turn::{Answered, Control, For, Turning};
use crate::engine::wording;

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "form",
    doc: "Ask several questions. The contact can go back to the one before (`back`), cancel, and, at the review, change an answer by its number or name \
          (`change phone`). The words for that are the bot's `words`.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "fields", doc: "The questions. `label` beside one is what the contact calls it." },
        KeyDoc {
            name: "review",
            doc: "What is shown at the end, with all answers in it: yes or no. The flow goes on only after a yes. The endings beside the form are those \
                  of this question, and end the flow.",
        },
        KeyDoc { name: "on_cancel", doc: "Steps when it is cancelled. Then the flow is over." },
        RETRY,
        TRIES,
        ON_FAIL,
        REMIND,
        TIMEOUT,
        ON_TIMEOUT,
        INTERRUPTIBLE,
    ],
    example: "- form: booking\n  fields:\n    - ask: guests\n      text: How many will you be?\n      kind: integer\n    - ask: day\n      text: On which day?\n      \
              label: the day\n  review: \"{{ guests }} on {{ day }}. Right?\"\n  on_cancel: {say: Never mind.}\n- say: Booked.\n",
    waits: true,
    leaves: false,
    names_itself: |node| node.get("form").and_then(Node::scalar).map(str::to_owned),
    compile,
};

/// Nobody goes through more, and each is shown at the review.
const MOST_FIELDS: usize = 50;

/// A longer question says more than what it is about.
const LONGEST_QUESTION: usize = 60;

/// Where a form stands, as its lap's `round`: the fields one after the other.
const IN_ORDER: u32 = 0;
/// One field is changed; then the review again.
const CHANGING: u32 = 1;
/// All is asked.
const AT_REVIEW: u32 = 2;

#[derive(Debug)]
struct Form {
    fields: Vec<Field>,
    review: Option<Texts>,
    on_cancel: Option<Block>,
    endings: Endings,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let name = r.argument().and_then(|node| r.named(&node, "a form"));
    let fields = r.needed("fields").and_then(|node| fields(r, &node));
    let review = r.key("review").and_then(|node| r.texts(&node));
    let on_cancel = r.key("on_cancel").map(|node| r.last_block(&node));
    let endings = Endings::read_last(r);
    needless(r, review.is_none());
    name?;
    Some(Box::new(Form { fields: fields?, review, on_cancel, endings }))
}

fn fields(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Vec<Field>> {
    let items = node.one_or_many();
    if items.is_empty() || items.len() > MOST_FIELDS || node.content == Content::Empty {
        let message = format!("`fields` is a list of 1 to {MOST_FIELDS} questions");
        r.report(Problem::error("fields", &node.at, message).help("`fields: [{ask: name, text: Your name?}, …]`"));
        return None;
    }
    let fields: Vec<_> = items.iter().map(|item| r.field(item)).collect();
    fields.into_iter().collect()
}

/// The endings are the review's.
fn needless(r: &mut StepReader<'_, Core>, no_review: bool) {
    for key in [RETRY, TRIES, ON_FAIL, REMIND, TIMEOUT, ON_TIMEOUT, INTERRUPTIBLE].iter().filter(|_| no_review) {
        if let Some(node) = r.own_key(key.name) {
            let problem =
                Problem::error("needless-key", &node.at, format!("`{}` is of the review, and there is none", key.name));
            r.report(problem.help("a question of the form has its own endings beside it"));
        }
    }
}

impl Form {
    fn asked(&self, t: &Turning<'_>, lap: &Lap) -> Option<usize> {
        let Some(Value::Text(key)) = lap.items.first() else { return None };
        let step = t.step_named(key)?;
        self.fields.iter().position(|field| field.step == step)
    }

    fn ask(&self, t: &mut Turning<'_>, n: usize, mode: u32) -> Control {
        let Some(field) = self.fields.get(n) else { return Control::Next };
        let items = t.key_of(field.step).map(Value::Text).into_iter().collect();
        t.keep_lap(Lap { round: mode, items });
        Control::Enter(Block(Some(field.step)))
    }

    fn look_over(&self, t: &mut Turning<'_>) -> Control {
        let Some(review) = &self.review else { return Control::Next };
        t.keep_lap(Lap { round: AT_REVIEW, items: Vec::new() });
        t.say_texts(review);
        Control::Wait(For::Answer, self.endings.first_due())
    }

    /// `back` and `cancel`, said to the field `n`, or at the review, which is behind the last.
    fn heed(&self, t: &mut Turning<'_>, lap: &Lap, n: usize, message: &Message) -> Option<Control> {
        let said = fold(&message.text);
        if t.words().cancel.contains(&said) {
            return Some(self.cancel(t));
        }
        if !t.words().back.contains(&said) {
            return None;
        }
        if lap.round == CHANGING {
            return Some(self.look_over(t));
        }
        let before = (0..n).rev().find(|before| self.fields.get(*before).is_some_and(|field| t.applies(field.step)));
        Some(self.ask(t, before.unwrap_or(n), IN_ORDER))
    }

    fn cancel(&self, t: &mut Turning<'_>) -> Control {
        match self.on_cancel {
            Some(block @ Block(Some(_))) => Control::Enter(block),
            Some(Block(None)) => Control::Return(Value::Unit),
            None => {
                t.say(wording::cancelled(t.language()));
                Control::Return(Value::Unit)
            }
        }
    }

    /// The fields that a text speaks of, by number, label or variable.
    fn meant(&self, t: &mut Turning<'_>, text: &str) -> Vec<usize> {
        let said = fold(text);
        let words: Vec<&str> = said.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let numbers = words.iter().filter_map(|word| western(word).parse::<usize>().ok());
        let by_number: Vec<usize> = numbers.filter(|n| (1..=self.fields.len()).contains(n)).map(|n| n - 1).collect();
        if !by_number.is_empty() {
            return by_number;
        }
        let all = 0..self.fields.len();
        all.filter(|n| self.names(t, *n).iter().any(|name| has_words(&words, name))).collect()
    }

    fn names(&self, t: &mut Turning<'_>, n: usize) -> Vec<String> {
        let Some(field) = self.fields.get(n) else { return Vec::new() };
        let label = field.label.as_ref().and_then(|label| t.text(label));
        field.name.iter().cloned().chain(label).map(|name| fold(&name)).collect()
    }

    /// All answers, numbered, a line each.
    fn numbered(&self, t: &mut Turning<'_>) -> String {
        let line = |(n, field): (usize, &Field)| {
            let name = field.name.as_ref()?;
            let label = field.label.as_ref().and_then(|label| t.text(label)).map(|label| format!("{label}:"));
            let label = label.or_else(|| as_asked(t, field)).unwrap_or_else(|| format!("{}:", name.replace('_', " ")));
            Some(format!("{}. {label} {}", n + 1, t.shown_var(name)))
        };
        self.fields.iter().enumerate().filter_map(line).collect::<Vec<_>>().join("\n")
    }

    fn ask_what_to_change(&self, t: &mut Turning<'_>) -> Answered {
        let text = format!("{}\n{}", wording::what_to_change(t.language()), self.numbered(t));
        t.say(&text);
        Answered::Stays
    }
}

/// The question, before its answer: where it is one short line.
fn as_asked(t: &mut Turning<'_>, field: &Field) -> Option<String> {
    let asked = field.question.as_ref().and_then(|question| t.text(question))?;
    let line = asked.trim();
    let is_short = !line.contains('\n') && line.chars().count() <= LONGEST_QUESTION;
    (is_short && !line.is_empty())
        .then(|| if line.ends_with(['?', ':', '…', '.', '!']) { line.to_owned() } else { format!("{line}:") })
}

/// Whether the words of a name stand in a text, one after the other.
fn has_words(words: &[&str], name: &str) -> bool {
    let name: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    !name.is_empty() && words.windows(name.len()).any(|part| part == name)
}

impl Run for Form {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let Some(lap) = t.take_lap() else { return self.ask(t, 0, IN_ORDER) };
        match self.asked(t, &lap) {
            _ if lap.round != IN_ORDER => self.look_over(t),
            Some(asked) if asked + 1 == self.fields.len() => self.look_over(t),
            asked => self.ask(t, asked.map_or(0, |asked| asked + 1), IN_ORDER),
        }
    }

    fn asks(&self) -> bool {
        true
    }

    fn endings(&self) -> Option<&Endings> {
        Some(&self.endings)
    }

    fn overhears(&self, t: &mut Turning<'_>, message: &Message) -> Option<Control> {
        let lap = t.take_lap()?;
        let asked = self.asked(t, &lap)?;
        let heeded = self.heed(t, &lap, asked, message);
        if heeded.is_none() {
            t.keep_lap(lap);
        }
        heeded
    }

    fn answer(&self, t: &mut Turning<'_>, message: &Message) -> Answered {
        let lap = t.take_lap().unwrap_or_default();
        if let Some(control) = self.heed(t, &lap, self.fields.len(), message) {
            return Answered::Taken(control);
        }
        match (self.meant(t, &message.text).as_slice(), yes_no::yes_no(&message.text)) {
            ([n], _) => Answered::Taken(self.ask(t, *n, CHANGING)),
            ([], Some(true)) => Answered::Taken(Control::Next),
            ([], None) => Answered::Wrong,
            _ if self.fields.len() == 1 => Answered::Taken(self.ask(t, 0, CHANGING)),
            _ => self.ask_what_to_change(t),
        }
    }

    fn wrong(&self, t: &mut Turning<'_>, n: u32) -> Control {
        over(self.endings.wrong(t, n, None, |t| {
            let text = format!("{}\n{}", wording::yes_or_change(t.language()), self.numbered(t));
            t.say(&text);
        }))
    }

    fn timeout(&self, t: &mut Turning<'_>) -> Control {
        over(self.endings.timed_out(t, None))
    }
}

/// Without a yes the flow does not go on.
fn over(control: Control) -> Control {
    match control {
        Control::Enter(Block(None)) => Control::Return(Value::Unit),
        control => control,
    }
}
