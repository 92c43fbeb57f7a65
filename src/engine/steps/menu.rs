//! `menu`: options to choose from, as buttons, a list, or numbered text.

use super::manner::{OUTSIDE_KEYS, manner};
use super::{Run, Step};
use crate::bot::{Argument, KeyDoc, Node, StepReader, StepType, Texts};
use crate::domain::Message;
use crate::engine::Core;
use crate::engine::options::Options;
use crate::engine::question::{DEFAULT, Endings, INTERRUPTIBLE, ON_FAIL, ON_TIMEOUT, REMIND, RETRY, TIMEOUT, TRIES};
use crate::engine::turn::{Answered, Control, For, SayingManner, Turning};
use crate::engine::wording::{self, Wanted};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "menu",
    doc: "Offer options: taken by number, by text, and by unambiguous beginning. What is no option goes to the other flows first; when none \
          wants it, it is a wrong answer.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "options", doc: "The options: a text, or `option`, `value`, `also`, `do`." },
        KeyDoc {
            name: "button",
            doc: "The label of the button that opens the options, where they are shown as a list.",
        },
        KeyDoc { name: "save", doc: "The variable that gets the option's value." },
        KeyDoc { name: "strict", doc: "`true`: what is no option goes to no other flow." },
        RETRY,
        TRIES,
        ON_FAIL,
        REMIND,
        TIMEOUT,
        ON_TIMEOUT,
        DEFAULT,
        OUTSIDE_KEYS[0],
        OUTSIDE_KEYS[1],
        OUTSIDE_KEYS[2],
        OUTSIDE_KEYS[3],
        INTERRUPTIBLE,
    ],
    example: "- menu: How can we help?\n  save: topic\n  options:\n    - option: Prices\n      value: prices\n      also: [cost]\n      do:\n        \
              - say: A visit is 50.\n    - Something else\n- say: You chose {{ topic }}.\n",
    waits: true,
    leaves: false,
    names_itself: |node| node.get("save").and_then(Node::scalar).map(str::to_owned),
    compile,
};

#[derive(Debug)]
struct Menu {
    text: Texts,
    options: Options,
    save: Option<String>,
    strict: bool,
    button: Option<Texts>,
    manner: SayingManner,
    endings: Endings,
}

impl Menu {
    fn offer(&self, t: &mut Turning<'_>, text: &str) {
        let button = self.button.as_ref().and_then(|texts| t.text(texts));
        if let Some(options) = self.options.shown(t) {
            t.offer_options(text, &options, button.as_deref());
        }
    }
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let text = r.argument().and_then(|node| r.texts(&node));
    let save = r.key("save").and_then(|node| r.sets(&node));
    let strict = r.key("strict").and_then(|node| r.flag(&node)).unwrap_or(false);
    let button = r.key("button").and_then(|node| r.texts(&node));
    let manner = manner(r)?;
    let list = r.needed("options")?;
    let options = Options::read(r, &list, true);
    let endings = Endings::read(r);
    Some(Box::new(Menu { text: text?, options: options?, save, strict, button, manner, endings }))
}

impl Run for Menu {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        if let Some(text) = t.text(&self.text) {
            t.in_manner(&self.manner, |t| self.offer(t, &text));
        }
        Control::Wait(For::Answer, self.endings.first_due())
    }

    fn asks(&self) -> bool {
        true
    }

    fn is_kept(&self) -> bool {
        self.manner.outside.is_kept()
    }

    fn endings(&self) -> Option<&Endings> {
        Some(&self.endings)
    }

    fn answer(&self, t: &mut Turning<'_>, message: &Message) -> Answered {
        let Some(chosen) = self.options.find(t, message) else {
            return if self.strict { Answered::Wrong } else { Answered::LetsGo };
        };
        if let Some(name) = &self.save {
            let value = self.options.value(t, chosen);
            t.set(name, value);
        }
        Answered::Taken(Control::Enter(self.options.then(chosen)))
    }

    fn wrong(&self, t: &mut Turning<'_>, n: u32) -> Control {
        self.endings.wrong(t, n, self.save.as_deref(), |t| {
            let standard = wording::retry(Wanted::Option, t.language());
            self.offer(t, standard);
        })
    }

    fn timeout(&self, t: &mut Turning<'_>) -> Control {
        self.endings.timed_out(t, self.save.as_deref())
    }
}
