//! `ask`: a question; its answer becomes a variable.

use super::manner::{OUTSIDE_KEYS, manner};
use super::{Run, Step};
use crate::bot::{Argument, KeyDoc, Node, Problem, Shape, StepReader, StepType, Texts};
use crate::domain::{Message, Value};
use crate::engine::Core;
use crate::engine::kinds::when::{self, Want};
use crate::engine::kinds::{FormFrom, Kind, phone};
use crate::engine::options::Options;
use crate::engine::question::{
    DEFAULT, Endings, INTERRUPTIBLE, ON_FAIL, ON_TIMEOUT, OR_FAQ, REMIND, RETRY, TIMEOUT, TRIES,
};
use crate::engine::triggers::regex;
use crate::engine::turn::{Answered, Control, For, SayingManner, Turning};
use crate::engine::wording::{self, Wanted};
use crate::script::Expr;

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "ask",
    doc: "Ask the contact, and keep the answer in a variable. An answer of the wrong kind is asked for again.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "text", doc: "The question." },
        KeyDoc {
            name: "kind",
            doc: "What is wanted: text, integer, number, email, phone, date, time, datetime, yes_no, choice, matches, image, file, location, address, contacts, whatsapp_form or any. `text` otherwise.",
        },
        KeyDoc { name: "options", doc: "For `choice`: the options, shown as buttons, as a list, or numbered." },
        KeyDoc { name: "pattern", doc: "For `matches`: the regex; the answer is what it finds." },
        KeyDoc {
            name: "country",
            doc: "For `address`: two letters, `IN` or `SG`. There WhatsApp shows a form for the address, where the provider has it.",
        },
        KeyDoc {
            name: "whatsapp_form",
            doc: "For `whatsapp_form`: Meta's `id` of the form (a Flow), the label of the `button`, and the first `screen` with its `data` if you like.",
        },
        KeyDoc { name: "check", doc: "A condition that the answer, under its name already, must meet." },
        RETRY,
        TRIES,
        ON_FAIL,
        REMIND,
        TIMEOUT,
        ON_TIMEOUT,
        DEFAULT,
        OR_FAQ,
        OUTSIDE_KEYS[0],
        OUTSIDE_KEYS[1],
        OUTSIDE_KEYS[2],
        OUTSIDE_KEYS[3],
        INTERRUPTIBLE,
    ],
    example: "- ask: guests\n  text: How many will you be?\n  kind: integer\n  check: guests > 0 && guests < 20\n  retry: One number from 1 to 19, please.\n  \
              tries: 3\n  on_fail:\n    - say: A colleague will help you.\n    - stop\n- say: A table for {{ guests }}.\n",
    waits: true,
    leaves: false,
    names_itself: |node| node.get("ask").and_then(Node::scalar).map(str::to_owned),
    compile,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum KindWord {
    Text,
    Integer,
    Number,
    Email,
    Phone,
    When(Want),
    YesNo,
    Choice,
    Matches,
    Image,
    File,
    Location,
    Address,
    Contacts,
    WhatsAppForm,
    Any,
}

const KINDS: &[(&str, KindWord)] = &[
    ("text", KindWord::Text),
    ("integer", KindWord::Integer),
    ("number", KindWord::Number),
    ("email", KindWord::Email),
    ("phone", KindWord::Phone),
    ("date", KindWord::When(Want::Date)),
    ("time", KindWord::When(Want::Time)),
    ("datetime", KindWord::When(Want::DateTime)),
    ("yes_no", KindWord::YesNo),
    ("choice", KindWord::Choice),
    ("matches", KindWord::Matches),
    ("image", KindWord::Image),
    ("file", KindWord::File),
    ("location", KindWord::Location),
    ("address", KindWord::Address),
    ("contacts", KindWord::Contacts),
    ("whatsapp_form", KindWord::WhatsAppForm),
    ("any", KindWord::Any),
];

/// What becomes of a file that has no address.
const BY_ID: &str =
    "the answer is its id at the provider, unless `public_url` of `frontdesk.yaml` says where this server is reached";

/// The kinds of questions, as written.
pub fn question_kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| *name)
}

#[derive(Debug)]
struct Ask {
    name: String,
    text: Option<Texts>,
    kind: Kind,
    check: Option<Expr>,
    manner: SayingManner,
    or_faq: bool,
    endings: Endings,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let name = r.argument().and_then(|node| r.sets(&node));
    let text = r.key("text").and_then(|node| r.texts(&node));
    let kind = kind(r);
    let check = r.key("check").and_then(|node| r.condition(&node));
    let manner = manner(r)?;
    let or_faq = r.key(OR_FAQ.name).and_then(|node| r.flag(&node)).unwrap_or(false);
    let endings = Endings::read(r);
    Some(Box::new(Ask { name: name?, text, kind: kind?, check, manner, or_faq, endings }))
}

fn kind(r: &mut StepReader<'_, Core>) -> Option<Kind> {
    let word = match r.key("kind") {
        Some(node) => {
            let word = r.word(&node, KINDS)?;
            if matches!(word, KindWord::Image | KindWord::File) {
                r.needs_channel(&node.at, "the address of a file", BY_ID, |can| can.files_have_addresses);
            }
            word
        }
        None if r.key("options").is_some() => KindWord::Choice,
        None if r.key("pattern").is_some() => KindWord::Matches,
        None if r.key("whatsapp_form").is_some() => KindWord::WhatsAppForm,
        None => KindWord::Text,
    };
    needless(r, "options", word == KindWord::Choice);
    needless(r, "pattern", word == KindWord::Matches);
    needless(r, "country", word == KindWord::Address);
    needless(r, "whatsapp_form", word == KindWord::WhatsAppForm);
    Some(match word {
        KindWord::Text => Kind::Text,
        KindWord::Integer => Kind::Integer,
        KindWord::Number => Kind::Number,
        KindWord::Email => Kind::Email,
        KindWord::Phone => {
            phone::warm();
            Kind::Phone
        }
        KindWord::When(want) => {
            when::warm();
            Kind::When(want)
        }
        KindWord::YesNo => Kind::YesNo,
        KindWord::Image => Kind::Image,
        KindWord::File => Kind::File,
        KindWord::Location => Kind::Location,
        KindWord::Address => Kind::Address(match r.key("country") {
            Some(node) => Some(country(r, &node)?),
            None => None,
        }),
        KindWord::Contacts => Kind::Contacts,
        KindWord::WhatsAppForm => Kind::Form(whatsapp_form(r)?),
        KindWord::Any => Kind::Any,
        KindWord::Choice => {
            let node = needed(r, "options")?;
            Kind::Choice(Options::read(r, &node, false)?)
        }
        KindWord::Matches => {
            let node = needed(r, "pattern")?;
            Kind::Matches(regex(r, &node)?)
        }
    })
}

/// The country whose addresses WhatsApp has a form for.
fn country(r: &mut StepReader<'_, Core>, node: &Node) -> Option<String> {
    let code = r.scalar(node)?;
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(code);
    }
    r.wrong_type(node, "two letters of a country, like `IN`,");
    None
}

/// A form that WhatsApp shows.
pub(super) const SHOWN_FORM: Shape = Shape {
    name: "whatsapp_form",
    at: &["**.whatsapp_form"],
    doc: "Which form of WhatsApp is shown.",
    keys: &[
        KeyDoc { name: "id", doc: "Meta's id of the form." },
        KeyDoc { name: "button", doc: "The label of the button that opens it." },
        KeyDoc { name: "screen", doc: "The screen that it begins with." },
        KeyDoc { name: "data", doc: "What that screen is given." },
    ],
    example: "",
};

fn whatsapp_form(r: &mut StepReader<'_, Core>) -> Option<Box<FormFrom>> {
    let node = needed(r, "whatsapp_form")?;
    r.needs_channel(&node.at, "a form of WhatsApp's own", "the question ends at once, by `on_fail`", |can| can.forms);
    let closed = r.closed(&node, SHOWN_FORM.keys);
    let id = r.needed_in(&node, "whatsapp_form", "id").and_then(|id| r.texts_for_people(&id));
    let button = r.needed_in(&node, "whatsapp_form", "button").and_then(|button| r.texts(&button));
    let screen = node.get("screen").map_or(Some(None), |screen| r.texts_for_people(screen).map(Some));
    let data = node.get("data").map_or(Some(None), |data| r.value(data).map(Some));
    let form = FormFrom { id: id?, button: button?, screen: screen?, data: data? };
    closed.then(|| Box::new(form))
}

fn needed(r: &mut StepReader<'_, Core>, key: &str) -> Option<Node> {
    let found = r.key(key);
    if found.is_none() {
        let problem = Problem::error("missing-key", &r.at(), format!("this kind of question needs the key `{key}`"));
        let example = if key == "options" { "`options: [Red, Blue]`" } else { "`pattern: '[A-Z]\\d+'`" };
        r.report(problem.help(format!("write {example} beside it")));
    }
    found
}

fn needless(r: &mut StepReader<'_, Core>, key: &str, fits: bool) {
    if let Some(node) = r.key(key).filter(|_| !fits) {
        r.report(
            Problem::error("needless-key", &node.at, format!("`{key}` means nothing to this kind of question"))
                .help(format!("delete it, or ask with the `kind` that `{key}` belongs to")),
        );
    }
}

fn offer(t: &mut Turning<'_>, text: &str, options: &Options) {
    if let Some(options) = options.shown(t) {
        t.offer_options(text, &options, None);
    }
}

impl Ask {
    /// Put the question.
    fn put(&self, t: &mut Turning<'_>) {
        let Some(text) = self.text.as_ref().map_or(Some(String::new()), |texts| t.text(texts)) else { return };
        match &self.kind {
            Kind::Choice(options) if text.is_empty() => {
                let text = wording::retry(Wanted::Option, t.language());
                offer(t, text, options);
            }
            Kind::Choice(options) => offer(t, &text, options),
            Kind::Location => t.ask_location(&text),
            Kind::Address(country) => t.ask_address(&text, country.as_deref()),
            Kind::Form(form) => form.offer(t, &text),
            _ => t.say(&text),
        }
    }

    /// The same once more, after a wrong answer, with a word on that.
    fn put_again(&self, t: &mut Turning<'_>) {
        let standard = wording::retry(self.kind.wanted(), t.language());
        if let Kind::Choice(options) = &self.kind {
            return offer(t, standard, options);
        }
        if let Kind::Form(form) = &self.kind {
            return form.offer(t, standard);
        }
        let text = self.text.as_ref().and_then(|texts| t.text(texts)).unwrap_or_default();
        t.say(&format!("{standard}\n{text}"));
    }

    /// Whether the value passes `check`, which sees it under its name; one that does not is taken away again.
    fn keep(&self, t: &mut Turning<'_>, value: Value) -> bool {
        let before = t.vars().get(&self.name).cloned();
        t.set(&self.name, value);
        let fits = self.check.as_ref().is_none_or(|check| t.test(check));
        if !fits {
            t.set(&self.name, before.unwrap_or_default());
        }
        fits
    }
}

impl Run for Ask {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        if matches!(self.kind, Kind::Form(_)) && !t.channel_can().forms {
            return self.endings.unasked(t, Some(&self.name));
        }
        t.in_manner(&self.manner, |t| self.put(t));
        Control::Wait(For::Answer, self.endings.first_due())
    }

    fn asks(&self) -> bool {
        true
    }

    fn wants_file(&self) -> bool {
        matches!(self.kind, Kind::Image | Kind::File)
    }

    fn is_kept(&self) -> bool {
        self.manner.outside.is_kept()
    }

    fn lets_faq(&self, t: &mut Turning<'_>, message: &Message) -> bool {
        self.or_faq && (matches!(self.kind, Kind::Text | Kind::Any) || self.kind.read(t, message).is_none())
    }

    fn endings(&self) -> Option<&Endings> {
        Some(&self.endings)
    }

    fn answer(&self, t: &mut Turning<'_>, message: &Message) -> Answered {
        let fits = self.kind.read(t, message).is_some_and(|value| self.keep(t, value));
        if fits { Answered::Taken(Control::Next) } else { Answered::Wrong }
    }

    fn wrong(&self, t: &mut Turning<'_>, n: u32) -> Control {
        self.endings.wrong(t, n, Some(&self.name), |t| self.put_again(t))
    }

    fn timeout(&self, t: &mut Turning<'_>) -> Control {
        self.endings.timed_out(t, Some(&self.name))
    }
}
