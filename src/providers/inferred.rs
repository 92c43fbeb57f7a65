//! What a provider's document leaves out and is taken for likely: a path, the name of a field, a value. An account says otherwise under `inferred`.

use std::collections::BTreeMap;

use super::Keys;
use crate::yaml::{self, Content, Node};

/// Longer is no path and no name.
const LONGEST: usize = 200;

/// Something that is taken for likely.
#[derive(Debug)]
pub struct Guess {
    /// As `inferred` names it.
    pub name: &'static str,
    /// What it is, where the account does not say otherwise.
    pub usual: &'static str,
}

/// What an account says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Inferred(BTreeMap<&'static str, String>);

impl Inferred {
    /// Read `inferred`; `guesses` are those that the provider makes.
    pub fn read(keys: &mut Keys<'_>, guesses: &[&Guess]) -> Self {
        let Some(node) = keys.value("inferred") else { return Self::default() };
        if !matches!(node.content, Content::Map(_)) {
            keys.wrong(&node.at, "`inferred` must be a mapping", written(guesses));
            return Self::default();
        }
        let mut said = BTreeMap::new();
        for (key, value) in node.entries() {
            let Some(guess) = guesses.iter().find(|guess| guess.name == key.text) else {
                let near = yaml::nearest(&key.text, guesses.iter().map(|guess| guess.name));
                let help = near.map_or_else(|| written(guesses), |near| format!("did you mean `{near}`?"));
                keys.wrong(&key.at, format!("nothing called `{}` is inferred here", key.text), help);
                continue;
            };
            match text(value) {
                Some(text) => drop(said.insert(guess.name, text)),
                None => keys.wrong(&value.at, format!("`{}` must be a short text", guess.name), written(&[guess])),
            }
        }
        Self(said)
    }

    /// What holds.
    pub fn of(&self, guess: &Guess) -> &str {
        self.0.get(guess.name).map_or(guess.usual, String::as_str)
    }
}

fn text(node: &Node) -> Option<String> {
    if node.content == Content::Empty {
        return Some(String::new());
    }
    let plain = |text: &&str| text.len() <= LONGEST && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    node.scalar().filter(plain).map(|text| text.trim_start_matches('/').to_owned())
}

fn written(guesses: &[&Guess]) -> String {
    let all: Vec<_> = guesses.iter().map(|guess| format!("{}: \"{}\"", guess.name, guess.usual)).collect();
    format!("without it this holds: `inferred: {{{}}}`", all.join(", "))
}
