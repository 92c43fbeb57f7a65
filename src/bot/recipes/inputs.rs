//! The inputs of a recipe, as it declares them.

use crate::yaml::{Node, Problem};

use super::super::context::Context;
use super::super::names::is_name;
use super::super::shapes::INPUT;

/// Inputs of one recipe: more is several recipes.
const MOST_INPUTS: usize = 30;

/// An input.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub name: String,
    pub kind: Kind,
    /// What holds where the use says nothing; without it the use must say.
    pub default: Option<Node>,
    /// What it is, one line.
    pub about: String,
}

/// What may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text, or a map by language.
    Text,
    Number,
    Duration,
    /// `true` or `false`.
    Flag,
    /// A team, or a person of one.
    Team,
    /// A flow of the bot.
    Flow,
    /// The name of a variable.
    Name,
    List,
}

const KINDS: &[(&str, Kind)] = &[
    ("text", Kind::Text),
    ("number", Kind::Number),
    ("duration", Kind::Duration),
    ("flag", Kind::Flag),
    ("team", Kind::Team),
    ("flow", Kind::Flow),
    ("name", Kind::Name),
    ("list", Kind::List),
];

impl Context {
    /// `inputs` of a recipe.
    pub(super) fn inputs(&mut self, node: &Node) -> Vec<Input> {
        if node.entries().is_empty() || node.entries().len() > MOST_INPUTS {
            self.wrong_type(node, &format!("a mapping of 1 to {MOST_INPUTS} inputs"));
            return Vec::new();
        }
        let read = node.entries().iter().map(|(key, node)| {
            // It is read as `input.NAME`: words that are taken elsewhere are free here.
            if !is_name(&key.text) {
                let message = format!("`{}` cannot be the name of an input", key.text);
                self.report(
                    Problem::error("bad-name", &key.at, message).help("small letters, digits and `_`, a letter first"),
                );
            }
            self.input(key.text.clone(), node)
        });
        read.flatten().collect()
    }

    fn input(&mut self, name: String, node: &Node) -> Option<Input> {
        if !self.shaped(node, &INPUT) {
            return None;
        }
        let Some(about) = node.get("about") else {
            let problem = Problem::error("missing-key", &node.at, format!("the input `{name}` needs the key `about`"));
            self.report(problem.help("one line on what it is, for whoever uses the recipe"));
            return None;
        };
        let about = self.scalar(about, "a text")?;
        let kind = node.get("kind").map_or(Some(Kind::Text), |node| self.word(node, KINDS))?;
        Some(Input { name, kind, default: node.get("default").cloned(), about })
    }
}
