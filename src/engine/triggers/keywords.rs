//! `{keywords: …}`: whole words in a message, whatever their case, accents and width.

use super::super::fold::fold;
use super::{Core, Trigger};
use crate::bot::{Argument, KeyDoc, Shape, StepReader, TriggerType};
use crate::bot::{Content, Node, Problem};

pub(super) const TYPE: TriggerType<Core> = TriggerType {
    name: "keywords",
    doc: "Words in the message, whole, whatever their case, accents and width: one, a list, or `{all: [...]}`. A keyword may be several \
          words or an emoji; `keyword` holds the one that matched.",
    example: "{keywords: [price, how much]}",
    argument: Argument::Needed,
    keys: &[],
    compile,
};

/// Words to look for.
#[derive(Debug)]
pub struct Keywords {
    /// In the order written.
    pub words: Vec<Keyword>,
    /// All of them are wanted, not any.
    pub all: bool,
}

/// One word, or several in a row.
#[derive(Debug)]
pub struct Keyword {
    /// As written.
    pub written: String,
    /// As looked for.
    pub folded: String,
}

pub(super) const ALL: Shape = Shape {
    name: "keywords that belong together",
    at: &["**.keywords"],
    doc: "In place of a list of which any counts.",
    keys: &[KeyDoc { name: "all", doc: "Words that must all be in the message." }],
    example: "",
};

fn compile(r: &mut StepReader<'_, Core>) -> Option<Trigger> {
    let node = r.argument()?;
    let (words, all) = match &node.content {
        Content::Map(_) => {
            let closed = r.closed(&node, ALL.keys);
            let Some(list) = node.get("all") else {
                if closed {
                    let problem =
                        Problem::error("missing-key", &node.at, "`keywords` is a list of words, or `{all: […]}`");
                    r.report(problem.help("`on: {keywords: [price, cost]}`"));
                }
                return None;
            };
            (list.clone(), true)
        }
        _ => (node, false),
    };
    if words.one_or_many().is_empty() {
        let problem = Problem::error("empty-keyword", &words.at, "there is no word to listen for");
        r.report(problem.help("`on: {keywords: [price, cost]}`"));
    }
    let words: Vec<Keyword> = words.one_or_many().iter().filter_map(|word| keyword(r, word)).collect();
    if words.is_empty() { None } else { Some(Trigger::Keywords(Keywords { words, all })) }
}

fn keyword(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Keyword> {
    let written = r.scalar(node)?;
    let folded = fold(&written);
    if folded.is_empty() {
        let problem = Problem::error("empty-keyword", &node.at, "this keyword is empty");
        r.report(problem.help("take it out, or write the word: signs alone are none"));
        return None;
    }
    Some(Keyword { written, folded })
}
