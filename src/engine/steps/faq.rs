//! The step behind the FAQ, which no bot writes: it says the answer of the entry that fits, or asks which of several is meant.

use super::{Run, Step};
use crate::domain::{Message, ShownOption, Span};
use crate::engine::options::choose;
use crate::engine::turn::{Answered, Control, For, Turning};
use crate::engine::wording;

/// How long "Did you mean …?" waits: then the person has gone on to something else.
const PATIENCE: Span = Span::minutes(30);

/// Marks the option that none was meant: no entry can be named so.
const NONE: &str = "-";

/// The step.
pub fn faq() -> Step {
    Box::new(Faq)
}

#[derive(Debug)]
struct Faq;

impl Run for Faq {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let Some(entries) = t.faq_to_ask() else {
            t.say_faq_answer();
            return Control::Next;
        };
        let options = options(t, &entries);
        let text = wording::did_you_mean(t.language());
        t.offer_sentences(text, &options);
        Control::Wait(For::Answer, Some(PATIENCE))
    }

    fn asks(&self) -> bool {
        true
    }

    fn gives_way(&self) -> bool {
        true
    }

    fn answer(&self, t: &mut Turning<'_>, message: &Message) -> Answered {
        let pressed = message.option.as_deref().and_then(|option| option.rsplit_once('.'));
        let mark = pressed.filter(|(step, _)| *step == t.step_ref()).map(|(_, mark)| mark);
        // Also of an offer that is over.
        if let Some(entry) = mark.filter(|mark| t.has_faq(mark)) {
            t.choose_faq(entry);
            return Answered::Taken(Control::Enter(crate::bot::Block(None)));
        }
        let entries = t.faq_asked();
        let none = mark.filter(|mark| *mark == NONE).map(|_| entries.len());
        let mut names: Vec<Vec<String>> = entries.iter().map(|name| t.faq_labels(name)).collect();
        names.push(vec![wording::none_of_these(t.language()).to_owned()]);
        let Some(chosen) = none.or_else(|| choose(&names, &message.text)) else { return Answered::LetsGo };
        match entries.get(chosen) {
            Some(entry) => {
                t.choose_faq(entry);
                Answered::Taken(Control::Enter(crate::bot::Block(None)))
            }
            None if t.forget_faq() => Answered::LetsGo,
            None => {
                let text = wording::ask_otherwise(t.language());
                t.say(text);
                Answered::Taken(Control::Next)
            }
        }
    }
}

/// The entries and, at the end, none of them. Their marks are the entries' names, which have no dot in them.
fn options(t: &Turning<'_>, entries: &[String]) -> Vec<ShownOption> {
    let step = t.step_ref();
    let label = |name: &String| t.faq_labels(name).into_iter().next().unwrap_or_default();
    let none = wording::none_of_these(t.language()).to_owned();
    let marked = entries.iter().map(|name| (name.as_str(), label(name))).chain([(NONE, none)]);
    let shown = |(mark, title)| ShownOption { id: format!("{step}.{mark}"), title, description: String::new() };
    marked.map(shown).collect()
}
