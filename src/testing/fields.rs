//! Reads the parts of a test file; every method reports its own problem.

use crate::bot::Shape;
use crate::domain::{Span, Value, Vars};
use crate::yaml::{Content, Node, Problem, Style, nearest};

/// The problems so far.
pub(super) struct Fields {
    pub(super) problems: Vec<Problem>,
}

impl Fields {
    /// What is wrong, and how it is written.
    pub(super) fn error(
        &mut self,
        code: &'static str,
        node: &Node,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Problem::error(code, &node.at, message).help(help));
    }

    /// A mapping whose keys are all known.
    pub(super) fn closed(&mut self, node: &Node, what: &str, keys: &[&str]) -> Option<()> {
        if !matches!(node.content, Content::Map(_)) {
            let (what, first) = (a(what), keys.first().copied().unwrap_or_default());
            self.error(
                "wrong-type",
                node,
                format!("{what} is a mapping of {}", list(keys)),
                format!("`{{{first}: …}}`"),
            );
            return None;
        }
        for (key, _) in node.entries() {
            if !keys.contains(&key.text.as_str()) {
                let problem = Problem::error("unknown-key", &key.at, format!("{} has no key `{}`", a(what), key.text));
                self.problems.push(problem.help(suggestion(&key.text, keys)));
            }
        }
        Some(())
    }

    /// The same for a mapping of the format.
    pub(super) fn shaped(&mut self, node: &Node, shape: &Shape) -> Option<()> {
        self.closed(node, shape.name, &shape.names())
    }

    pub(super) fn needed<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let found = node.get(key);
        if found.is_none() {
            self.error(
                "missing-key",
                node,
                format!("`{key}` is missing"),
                format!("write `{key}: …` beside the other keys"),
            );
        }
        found
    }

    /// A scalar as written.
    pub(super) fn text(&mut self, node: &Node) -> Option<String> {
        let text = node.scalar().map(str::to_owned);
        if text.is_none() {
            self.error("wrong-type", node, "a text is expected here", bare(node));
        }
        text
    }

    /// A mapping with nothing in it would hold whatever happens.
    pub(super) fn says_something(&mut self, node: &Node, what: &str, example: &str) -> Option<()> {
        if node.one_or_many().is_empty() || matches!(&node.content, Content::Map(entries) if entries.is_empty()) {
            self.error("missing-key", node, format!("{what} says nothing"), example);
            return None;
        }
        Some(())
    }

    /// One text, or several in a list.
    pub(super) fn some_texts(&mut self, node: &Node) -> Option<Vec<String>> {
        self.says_something(node, "an empty list", "a text, or several: `[one, other]`")?;
        self.texts(node)
    }

    /// A text or a list of texts.
    pub(super) fn texts(&mut self, node: &Node) -> Option<Vec<String>> {
        node.one_or_many().iter().map(|item| self.text(item)).collect()
    }

    pub(super) fn span(&mut self, node: &Node) -> Option<Span> {
        let text = self.text(node)?;
        let read = text.parse();
        let wrong = |error: crate::domain::NotASpan| {
            let help = "a number and `s`, `m`, `h` or `d`, or several: `90s`, `1h30m`";
            self.error("bad-duration", node, error.to_string(), help);
        };
        read.map_err(wrong).ok()
    }

    pub(super) fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let problem = Problem::error("unknown-word", &node.at, format!("`{text}` is not expected here"));
            self.problems.push(problem.help(suggestion(&text, &names)));
        }
        found
    }

    /// Names with values that keep their types.
    pub(super) fn vars(&mut self, node: &Node) -> Option<Vars> {
        if !matches!(node.content, Content::Map(_)) {
            let help = "`{guests: 3, name: Ann}`, or each on a line of its own";
            self.error("wrong-type", node, "a mapping of names to values is expected here", help);
            return None;
        }
        Some(node.entries().iter().map(|(key, value)| (key.text.clone(), literal(value))).collect())
    }
}

/// A value by its looks: unquoted `true`, `false`, `null` and JSON numbers are that, all else is text.
pub(super) fn literal(node: &Node) -> Value {
    match &node.content {
        Content::Empty => Value::Unit,
        Content::Scalar { text, style: Style::Plain } => plain(text),
        Content::Scalar { text, .. } => Value::Text(text.clone()),
        Content::List(items) => Value::List(items.iter().map(literal).collect()),
        Content::Map(entries) => Value::Map(entries.iter().map(|(k, v)| (k.text.clone(), literal(v))).collect()),
    }
}

fn plain(text: &str) -> Value {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json @ (serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_))) => json.into(),
        _ => Value::Text(text.to_owned()),
    }
}

/// What to do about something that is no text.
fn bare(node: &Node) -> &'static str {
    match &node.content {
        Content::Empty => "write one behind the colon; an empty one is `\"\"`",
        _ if node.at.text().starts_with(['{', '[']) => {
            "without quotes, YAML reads brackets as a list or a mapping; put all of the text in quotes"
        }
        _ => "one text stands here, with nothing below it",
    }
}

/// With its article.
fn a(what: &str) -> String {
    let first = what.chars().find(char::is_ascii_alphabetic);
    let article = if first.is_some_and(|first| "aeiou".contains(first)) { "an" } else { "a" };
    format!("{article} {what}")
}

fn suggestion(text: &str, words: &[&str]) -> String {
    match nearest(text, words.iter().copied()) {
        Some(word) => format!("did you mean `{word}`?"),
        None if words.len() == 1 => format!("there is {}", list(words)),
        None => format!("there are {}", list(words)),
    }
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
