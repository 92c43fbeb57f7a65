//! Options to choose from: shown as numbered text, taken by number, by text, and by unambiguous beginning.

use std::fmt::Write as _;

use super::Core;
use super::fold::fold;
use super::kinds::digits::western;
use super::turn::Turning;
use crate::bot::{Block, KeyDoc, StepReader, Texts};
use crate::bot::{Content, Node, Problem};
use crate::domain::{Message, Value};
use crate::script::Text;

/// More options than a person reads.
const MOST_OPTIONS: usize = 50;

/// What an option of a menu may have.
pub const OPTION_KEYS: &[KeyDoc] = &[
    KeyDoc { name: "option", doc: "Its text." },
    KeyDoc { name: "value", doc: "What is saved; its text in the bot's first language otherwise." },
    KeyDoc { name: "also", doc: "Further texts that choose it." },
    KeyDoc { name: "do", doc: "Steps when it is chosen. Then the flow goes on." },
];
/// The same for an option that leads nowhere.
const PLAIN_KEYS: &[KeyDoc] = OPTION_KEYS.split_at(3).0;

/// Options, in the order shown.
#[derive(Debug)]
pub struct Options(Vec<Choice>);

#[derive(Debug)]
struct Choice {
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
            r.report(Problem::error("options", &node.at, message));
            return None;
        }
        let choices: Vec<Option<Choice>> = items.iter().map(|item| choice(r, item, leading)).collect();
        choices.into_iter().collect::<Option<_>>().map(Self)
    }

    /// All options, numbered, a line each. `None` when one of them could not be put to words.
    pub fn numbered(&self, t: &mut Turning<'_>) -> Option<String> {
        let mut out = String::new();
        for (n, choice) in self.0.iter().enumerate() {
            let text = t.text(&choice.text)?;
            // Writing to a string cannot fail.
            let _ = write!(out, "{}{}. {text}", if n == 0 { "" } else { "\n" }, n + 1);
        }
        Some(out)
    }

    /// The option that a message chooses: pressed, or by text, number, or beginning.
    pub fn find(&self, t: &Turning<'_>, message: &Message) -> Option<usize> {
        if let Some(pressed) = &message.option
            && let Some(found) = self.find_text(t, pressed)
        {
            return Some(found);
        }
        self.find_text(t, &message.text)
    }

    fn find_text(&self, t: &Turning<'_>, text: &str) -> Option<usize> {
        let said = fold(text);
        let said = said.trim_end_matches(['.', '!', ')', ' ']);
        if said.is_empty() {
            return None;
        }
        let names: Vec<Vec<String>> = self.0.iter().map(|choice| choice.names(t)).collect();
        let exact = sole(&names, |name| name == said || name.trim_end_matches(['.', '!', '?']) == said);
        exact.or_else(|| self.number(said)).or_else(|| sole(&names, |name| name.starts_with(said)))
    }

    fn number(&self, said: &str) -> Option<usize> {
        let plain = said.trim_start_matches(['#', '№', '(']).trim_end_matches('\u{20e3}').trim();
        let number: usize = western(plain).parse().ok()?;
        (1..=self.0.len()).contains(&number).then(|| number - 1)
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

impl Choice {
    /// All that choose it, folded.
    fn names(&self, t: &Turning<'_>) -> Vec<String> {
        let texts = std::iter::once(&self.text).chain(&self.also).flat_map(|texts| &texts.by_language);
        let mut names: Vec<String> = texts.filter_map(|(_, text)| plain(t, text)).map(|text| fold(&text)).collect();
        if let Some(Value::Text(value)) = &self.value {
            names.push(fold(value));
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
        return Some(Choice { text: r.texts(node)?, value: None, also: Vec::new(), then: Block(None) });
    }
    let closed = r.closed(node, if leading { OPTION_KEYS } else { PLAIN_KEYS });
    let Some(text) = node.get("option") else {
        r.report(Problem::error("missing-key", &node.at, "an option needs the key `option`: its text"));
        return None;
    };
    let text = r.texts(text)?;
    let value = node.get("value").and_then(|value| r.literal(value));
    let also = node.get("also").and_then(|also| r.texts_to_match(also)).unwrap_or_default();
    let then = node.get("do").filter(|_| leading).map_or(Block(None), |steps| r.block(steps));
    closed.then_some(Choice { text, value, also, then })
}

fn is_option_key(key: &str) -> bool {
    OPTION_KEYS.iter().any(|doc| doc.name == key)
}
