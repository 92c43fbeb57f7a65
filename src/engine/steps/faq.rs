//! The step behind the FAQ, which no bot writes: it says the answer of the entry that fits, or asks which of several is meant.

use std::fmt::Write as _;

use super::{Run, Step};
use crate::domain::{Message, Span};
use crate::engine::options::choose;
use crate::engine::turn::{Answered, Control, For, Turning};
use crate::engine::wording;

/// How long "Did you mean …?" waits: then the person has gone on to something else.
const PATIENCE: Span = Span::minutes(30);

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
        let question = question(t, &entries);
        t.say(&question);
        Control::Wait(For::Answer, Some(PATIENCE))
    }

    fn asks(&self) -> bool {
        true
    }

    fn gives_way(&self) -> bool {
        true
    }

    fn answer(&self, t: &mut Turning<'_>, message: &Message) -> Answered {
        let entries = t.faq_asked();
        let mut names: Vec<Vec<String>> = entries.iter().map(|name| t.faq_labels(name)).collect();
        names.push(vec![wording::none_of_these(t.language()).to_owned()]);
        let chosen = message.option.as_deref().and_then(|pressed| choose(&names, pressed));
        let Some(chosen) = chosen.or_else(|| choose(&names, &message.text)) else { return Answered::LetsGo };
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

fn question(t: &mut Turning<'_>, entries: &[String]) -> String {
    let language = t.language().to_owned();
    let mut text = wording::did_you_mean(&language).to_owned();
    let labels = entries.iter().map(|name| t.faq_labels(name).into_iter().next().unwrap_or_default());
    let options = labels.chain([wording::none_of_these(&language).to_owned()]);
    for (n, option) in options.enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{}. {option}", n + 1);
    }
    text
}
