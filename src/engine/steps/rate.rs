//! `rate`: how many points of five; the answer becomes a variable.

use super::{Run, Step};
use crate::bot::{Argument, KeyDoc, Node, Problem, StepReader, StepType, Texts};
use crate::domain::{Message, Value};
use crate::engine::Core;
use crate::engine::kinds::number::integer;
use crate::engine::question::{DEFAULT, Endings, INTERRUPTIBLE, ON_FAIL, ON_TIMEOUT, REMIND, RETRY, TIMEOUT, TRIES};
use crate::engine::turn::{Answered, Control, For, Turning};
use crate::engine::wording;

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "rate",
    doc: "Ask for a rating from 1 to 5, and keep it in a variable as a whole number. Stars count, too.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "text", doc: "The question; a usual one otherwise." },
        KeyDoc { name: "scale", doc: "The best rating, 2 to 10; 5 otherwise." },
        RETRY,
        TRIES,
        ON_FAIL,
        REMIND,
        TIMEOUT,
        ON_TIMEOUT,
        DEFAULT,
        INTERRUPTIBLE,
    ],
    example: "- rate: service\n  text: How did we do, from 1 to 5?\n  timeout: 1d\n- note: \"Service: {{ service }}\"\n- say: Thank you.\n",
    waits: true,
    leaves: false,
    names_itself: |node| node.get("rate").and_then(Node::scalar).map(str::to_owned),
    compile,
};

/// The best rating unless the author says otherwise.
const USUAL_SCALE: u32 = 5;
/// Of more points people can no longer tell one from the next.
const LARGEST_SCALE: u32 = 10;

#[derive(Debug)]
struct Rate {
    name: String,
    text: Option<Texts>,
    scale: u32,
    endings: Endings,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let name = r.argument().and_then(|node| r.sets(&node));
    let text = r.key("text").and_then(|node| r.texts(&node));
    let scale = r.key("scale").map_or(Some(USUAL_SCALE), |node| scale(r, &node));
    let endings = Endings::read(r);
    Some(Box::new(Rate { name: name?, text, scale: scale?, endings }))
}

fn scale(r: &mut StepReader<'_, Core>, node: &Node) -> Option<u32> {
    let scale = r.count(node, 2)?;
    if scale > LARGEST_SCALE {
        let message = format!("at most {LARGEST_SCALE} is expected here");
        r.report(Problem::error("wrong-type", &node.at, message).help(format!("write `{LARGEST_SCALE}`, or less")));
        return None;
    }
    Some(scale)
}

impl Rate {
    /// The one number in the message, or how many stars it shows and nothing else.
    fn points(&self, t: &Turning<'_>, message: &Message) -> Option<i64> {
        let text = message.text.trim();
        let points = match stars(text) {
            Some(stars) => stars,
            // "4/5" and "4 of 5" are a 4.
            None => integer(self.without_scale(text), &t.languages())?,
        };
        (1..=i64::from(self.scale)).contains(&points).then_some(points)
    }

    fn without_scale<'m>(&self, text: &'m str) -> &'m str {
        let Some(rest) = text.strip_suffix(&self.scale.to_string()).map(str::trim_end) else { return text };
        ["/", " of", " out of", " из"].iter().find_map(|between| rest.strip_suffix(between)).unwrap_or(text)
    }
}

fn stars(text: &str) -> Option<i64> {
    // The variation selector asks for a coloured picture and is none itself.
    let signs: Vec<char> = text.chars().filter(|c| *c != '\u{fe0f}').collect();
    let all = !signs.is_empty() && signs.iter().all(|c| matches!(c, '⭐' | '★' | '🌟'));
    all.then(|| i64::try_from(signs.len()).unwrap_or(i64::MAX))
}

impl Run for Rate {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        match &self.text {
            Some(text) => t.say_texts(text),
            None => t.say(&wording::rate(self.scale, t.language())),
        }
        Control::Wait(For::Answer, self.endings.first_due())
    }

    fn asks(&self) -> bool {
        true
    }

    fn endings(&self) -> Option<&Endings> {
        Some(&self.endings)
    }

    fn answer(&self, t: &mut Turning<'_>, message: &Message) -> Answered {
        let Some(points) = self.points(t, message) else { return Answered::Wrong };
        t.set(&self.name, Value::Int(points));
        Answered::Taken(Control::Next)
    }

    fn wrong(&self, t: &mut Turning<'_>, n: u32) -> Control {
        self.endings.wrong(t, n, Some(&self.name), |t| {
            let text = wording::no_rating(self.scale, t.language());
            t.say(&text);
        })
    }

    fn timeout(&self, t: &mut Turning<'_>) -> Control {
        self.endings.timed_out(t, Some(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_alone_are_counted() {
        let cases = [
            ("⭐⭐⭐", Some(3)),
            ("⭐️⭐️", Some(2)),
            ("★★★★★★", Some(6)),
            ("3 ⭐", None),
            ("", None),
            ("\u{fe0f}", None),
        ];
        for (text, want) in cases {
            assert_eq!(stars(text), want, "{text}");
        }
    }
}
