//! Options to choose from: shown as buttons, as a list or as numbered text, and taken in any of these ways: pressed, by number, by text,
//! and by unambiguous beginning.

use super::Core;
use super::fold::fold;
use super::kinds::digits::western;
use super::steps::STEPS;
use super::turn::Turning;
use crate::bot::{Block, KeyDoc, Shape, StepReader, Texts};
use crate::bot::{Content, Node, Problem};
use crate::domain::{Message, ShownOption, Value};
use crate::script::Text;

/// More options than a person reads.
const MOST_OPTIONS: usize = 50;

/// An option of a menu or of a choice.
pub const OPTION: Shape = Shape {
    name: "option",
    at: &["**.options"],
    doc: "An option is a text (or a map by language), or this. Those of an `ask` lead nowhere, and have no `do`.",
    keys: &[
        KeyDoc { name: "option", doc: "Its text." },
        KeyDoc { name: "value", doc: "What is saved; its text in the bot's first language otherwise." },
        KeyDoc { name: "also", doc: "Further texts that choose it." },
        KeyDoc { name: "do", doc: "Steps when it is chosen. Then the flow goes on." },
    ],
    example: "flows:\n  reception:\n    on: {keywords: [menu]}\n    do:\n      - menu: How can we help?\n        options:\n          - option: Prices\n            value: prices\n            \
              also: [cost]\n            do: {say: A visit is 50.}\n          - Something else\n",
};
/// The same for an option that leads nowhere.
const PLAIN_KEYS: &[KeyDoc] = OPTION.keys.split_at(3).0;

/// Options, in the order shown.
#[derive(Debug)]
pub struct Options(Vec<Choice>);

#[derive(Debug)]
struct Choice {
    /// What tells it from the others of its step when it is pressed.
    mark: String,
    text: Texts,
    value: Option<Value>,
    also: Vec<Texts>,
    then: Block,
}

impl Options {
    /// Read a list of options; `leading` ones may have steps.
    pub fn read(r: &mut StepReader<'_, Core>, node: &Node, leading: bool) -> Option<Self> {
        let items = node.one_or_many();
        if items.is_empty() || items.len() > MOST_OPTIONS {
            let message = format!("`options` is a list of 1 to {MOST_OPTIONS} options");
            r.report(Problem::error("options", &node.at, message).help("`options: [Prices, Something else]`"));
            return None;
        }
        let choices: Vec<Option<Choice>> = items.iter().map(|item| choice(r, item, leading)).collect();
        let mut choices = choices.into_iter().collect::<Option<Vec<_>>>()?;
        choices.iter_mut().enumerate().for_each(|(n, choice)| choice.mark = choice.mark_at(n));
        warn_of_long_labels(r, items, &choices);
        Some(Self(choices))
    }

    /// All options as the contact sees them, before they are cut to what the channel shows. `None` when one of them could not be put to
    /// words.
    pub fn shown(&self, t: &mut Turning<'_>) -> Option<Vec<ShownOption>> {
        let step = t.step_ref();
        let shown = |choice: &Choice| {
            let title = t.text(&choice.text)?;
            let id = format!("{step}.{}", choice.mark);
            Some(ShownOption { id, title, description: String::new() })
        };
        self.0.iter().map(shown).collect()
    }

    /// The option that a message chooses: pressed, or by text, number, or beginning.
    pub fn find(&self, t: &Turning<'_>, message: &Message) -> Option<usize> {
        let Some(pressed) = &message.option else { return self.find_text(t, &message.text) };
        match pressed.rsplit_once('.').filter(|(step, _)| *step == t.step_ref()) {
            Some((_, mark)) => self.0.iter().position(|choice| choice.mark == mark),
            None => self.find_text(t, pressed),
        }
        // Its text was changed by an edit meanwhile, or it is the button of a template: the label tells.
        .or_else(|| self.find_text(t, &message.text))
    }

    fn find_text(&self, t: &Turning<'_>, text: &str) -> Option<usize> {
        let names: Vec<Vec<String>> = self.0.iter().map(|choice| choice.names(t)).collect();
        choose(&names, text)
    }

    /// What choosing it saves.
    pub fn value(&self, t: &mut Turning<'_>, n: usize) -> Value {
        let Some(choice) = self.0.get(n) else { return Value::Unit };
        match (&choice.value, choice.text.by_language.first()) {
            (Some(value), _) => value.clone(),
            (None, Some((_, text))) => Value::Text(plain(t, text).unwrap_or_default()),
            (None, None) => Value::Unit,
        }
    }

    /// Where choosing it leads.
    pub fn then(&self, n: usize) -> Block {
        self.0.get(n).map_or(Block(None), |choice| choice.then)
    }
}

/// The option that a text chooses among these, each with all its names: by name, number, or unambiguous beginning.
pub fn choose(names: &[Vec<String>], text: &str) -> Option<usize> {
    let said = fold(text);
    let said = said.trim_end_matches(['.', '!', ')', ' ']);
    if said.is_empty() {
        return None;
    }
    let names: Vec<Vec<String>> = names.iter().map(|names| names.iter().map(|name| fold(name)).collect()).collect();
    let exact = sole(&names, |name| name == said || name.trim_end_matches(['.', '!', '?']) == said);
    exact.or_else(|| number(said, names.len())).or_else(|| sole(&names, |name| name.starts_with(said)))
}

fn number(said: &str, most: usize) -> Option<usize> {
    let plain = said.trim_start_matches(['#', '№', '(']).trim_end_matches('\u{20e3}').trim();
    let number: usize = western(plain).parse().ok()?;
    (1..=most).contains(&number).then(|| number - 1)
}

impl Choice {
    /// By its value, else its text, so that an option moved in the list is still the same one; by its place where it has neither.
    fn mark_at(&self, n: usize) -> String {
        let text = || self.text.by_language.first().and_then(|(_, text)| text.literal()).map(str::to_owned);
        let value = self.value.as_ref().map(|value| serde_json::Value::from(value.clone()).to_string());
        let told = value.or_else(text).unwrap_or_else(|| n.to_string());
        // FNV-1a: the same in every release and on every machine, and short.
        let hash = told.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        format!("{hash:08x}")
    }

    /// All that choose it.
    fn names(&self, t: &Turning<'_>) -> Vec<String> {
        let texts = std::iter::once(&self.text).chain(&self.also).flat_map(|texts| &texts.by_language);
        let mut names: Vec<String> = texts.filter_map(|(_, text)| plain(t, text)).collect();
        if let Some(Value::Text(value)) = &self.value {
            names.push(value.clone());
        }
        names
    }
}

fn plain(t: &Turning<'_>, text: &Text) -> Option<String> {
    text.literal().map(str::to_owned).or_else(|| text.render(&t.view()).ok())
}

/// The only option of which a name fits.
fn sole(names: &[Vec<String>], fits: impl Fn(&str) -> bool) -> Option<usize> {
    let mut fitting = names.iter().enumerate().filter(|(_, names)| names.iter().any(|name| fits(name))).map(|(n, _)| n);
    match (fitting.next(), fitting.next()) {
        (Some(n), None) => Some(n),
        _ => None,
    }
}

fn choice(r: &mut StepReader<'_, Core>, node: &Node, leading: bool) -> Option<Choice> {
    // A mapping without `option` is a text by language.
    let described =
        matches!(node.content, Content::Map(_)) && node.entries().iter().any(|(key, _)| is_option_key(&key.text));
    if !described {
        let text = r.texts(node)?;
        return Some(Choice { mark: String::new(), text, value: None, also: Vec::new(), then: Block(None) });
    }
    let closed = r.closed_but(node, if leading { OPTION.keys } else { PLAIN_KEYS }, |key| {
        let is_step = leading && STEPS.iter().any(|step| step.verb == key);
        is_step.then(|| format!("steps of an option stand under `do`: `do: {{{key}: …}}`"))
    });
    let Some(text) = node.get("option") else {
        let problem = Problem::error("missing-key", &node.at, "an option needs the key `option`: its text");
        r.report(problem.help("`{option: Prices, value: prices}`, or the text alone"));
        return None;
    };
    let text = r.texts(text)?;
    let value = node.get("value").and_then(|value| r.literal(value));
    let also = node.get("also").and_then(|also| r.texts_to_match(also)).unwrap_or_default();
    let then = node.get("do").filter(|_| leading).map_or(Block(None), |steps| r.block(steps));
    closed.then_some(Choice { mark: String::new(), text, value, also, then })
}

/// Messengers cut labels: WhatsApp shows 20 characters on a button and 24 in a list.
fn warn_of_long_labels(r: &mut StepReader<'_, Core>, items: &[Node], choices: &[Choice]) {
    let Some(room) = r.label_room(choices.len()) else { return };
    for (node, choice) in items.iter().zip(choices) {
        let literals = choice.text.by_language.iter().filter_map(|(_, text)| text.literal());
        if let Some(long) = literals.into_iter().find(|label| label.chars().count() > room.most) {
            let message = format!("`{long}` is longer than the {} characters that {} shows", room.most, room.place);
            r.report(
                Problem::warning("long-label", &node.at, message)
                    .help("shorten it; where there are buttons, it is cut. `also` takes longer texts"),
            );
        }
    }
}

fn is_option_key(key: &str) -> bool {
    OPTION.keys.iter().any(|doc| doc.name == key)
}
