//! Fills a recipe in for one use: its inputs, its own names, the languages of the bot. What comes out is read like any flow.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::{JOINT, Values};
use crate::yaml::{Content, Key, Node, Problem, Style};

/// Keys whose values are bare expressions.
const EXPRESSIONS: &[&str] = &["if", "unless", "check", "while", "in", "run"];
/// Keys whose values name flows.
const FLOWS: &[&str] = &["go", "call", "start", "cancel"];

/// `input.NAME` or `own.NAME` in an expression.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(input|own)\.([a-z][a-z0-9_]*)").ok());

/// One use being filled in.
pub(super) struct Filling<'a> {
    /// What its names begin with.
    pub used: &'a str,
    pub values: &'a Values,
    /// The flows of the recipe.
    pub own: &'a HashSet<&'a str>,
    /// Languages that the recipe's texts are in.
    pub recipe: &'a [String],
    /// The bot's.
    pub bot: &'a [Arc<str>],
    pub problems: Vec<Problem>,
}

impl Filling<'_> {
    /// A flow; its triggers only where it begins by itself.
    pub fn flow(&mut self, node: &Node, begins: bool) -> Node {
        let mut filled = self.node(node, "");
        if let Content::Map(entries) = &mut filled.content
            && !begins
        {
            entries.retain(|(key, _)| key.text != "on");
        }
        filled
    }

    fn node(&mut self, node: &Node, key: &str) -> Node {
        match &node.content {
            Content::Empty => node.clone(),
            Content::Scalar { text, style } => self.scalar(node, text, *style, key),
            Content::List(items) => {
                let items = items.iter().map(|item| self.node(item, key)).collect();
                Node { at: node.at.clone(), content: Content::List(items) }
            }
            Content::Map(entries) if self.is_by_language(entries) => self.in_languages_of_bot(node, entries, key),
            Content::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let renamed =
                        Key { text: self.own_name(&key.text).unwrap_or_else(|| key.text.clone()), ..key.clone() };
                    (renamed, self.node(value, &key.text))
                });
                Node { at: node.at.clone(), content: Content::Map(entries.collect()) }
            }
        }
    }

    fn is_by_language(&self, entries: &[(Key, Node)]) -> bool {
        !entries.is_empty() && entries.iter().all(|(key, _)| self.recipe.contains(&key.text))
    }

    /// The texts in the bot's languages; in none of them, the first as it is.
    fn in_languages_of_bot(&mut self, node: &Node, entries: &[(Key, Node)], key: &str) -> Node {
        let known = |language: &str| self.bot.iter().any(|own| **own == *language);
        let kept: Vec<_> = entries.iter().filter(|(language, _)| known(&language.text)).cloned().collect();
        if let (true, Some((_, first))) = (kept.is_empty(), entries.first()) {
            return self.node(first, key);
        }
        let kept = kept.into_iter().map(|(language, text)| (language, self.node(&text, key))).collect();
        Node { at: node.at.clone(), content: Content::Map(kept) }
    }

    fn scalar(&mut self, node: &Node, text: &str, style: Style, key: &str) -> Node {
        let trimmed = text.trim();
        let alone = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
        if let Some(name) = alone.and_then(|inner| inner.strip_prefix("input.")).filter(|name| super::is_word(name)) {
            return self.value(name, node).unwrap_or_else(|| node.clone());
        }
        let text = if let Some(name) = self.own_name(trimmed) {
            name
        } else if FLOWS.contains(&key) {
            self.target(trimmed)
        } else if EXPRESSIONS.contains(&key) && !text.contains("{{") {
            self.expression(text, node)
        } else {
            self.text(text, node)
        };
        Node { at: node.at.clone(), content: Content::Scalar { text, style } }
    }

    fn value(&mut self, name: &str, node: &Node) -> Option<Node> {
        let found = self.values.get(name).cloned();
        if found.is_none() {
            let problem = Problem::error("unknown-input", &node.at, format!("the recipe has no input `{name}`"));
            self.problems.push(problem.help("its inputs stand under `inputs:`"));
        }
        let found = found?;
        // A default is the recipe's own text, in its languages.
        Some(if Arc::ptr_eq(&found.at.source, &node.at.source) { self.node(&found, "") } else { found })
    }

    /// `own.NAME`, whole.
    fn own_name(&self, text: &str) -> Option<String> {
        let name = text.strip_prefix("own.").filter(|name| super::is_word(name))?;
        Some(format!("{}_{name}", self.used))
    }

    /// A flow of the recipe goes before one of the bot.
    fn target(&self, text: &str) -> String {
        let flow = text.split('.').next().unwrap_or(text);
        if self.own.contains(flow) { format!("{}{JOINT}{text}", self.used) } else { text.to_owned() }
    }

    /// A text: an input alone between its braces is its words, all else between them is an expression.
    fn text(&mut self, text: &str, node: &Node) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, inside)) = rest.split_once("{{") {
            filled.push_str(before);
            let Some((expr, after)) = inside.split_once("}}") else {
                filled.push_str("{{");
                rest = inside;
                continue;
            };
            match expr.trim().strip_prefix("input.").filter(|name| super::is_word(name)) {
                Some(name) => filled.push_str(&self.words(name, node)),
                None => filled.extend(["{{", &self.expression(expr, node), "}}"]),
            }
            rest = after;
        }
        filled + rest
    }

    fn words(&mut self, name: &str, node: &Node) -> String {
        let Some(value) = self.value(name, node) else { return String::new() };
        if let Some(text) = value.scalar() {
            return text.to_owned();
        }
        let problem = Problem::error(
            "wrong-type",
            &value.at,
            format!("`{name}` stands within a text of the recipe: one text is expected here"),
        )
        .help("write one value, with nothing below it");
        self.problems.push(problem);
        String::new()
    }

    fn expression(&mut self, expr: &str, node: &Node) -> String {
        let Some(named) = &*NAMED else { return expr.to_owned() };
        let mut filled = String::with_capacity(expr.len());
        let mut from = 0;
        for found in named.captures_iter(expr) {
            let (Some(whole), Some(of), Some(name)) = (found.get(0), found.get(1), found.get(2)) else { continue };
            filled.push_str(expr.get(from..whole.start()).unwrap_or_default());
            match of.as_str() {
                "own" => filled.extend([self.used, "_", name.as_str()]),
                _ => filled.push_str(
                    &self.value(name.as_str(), node).map_or_else(|| "()".to_owned(), |value| literal(&value)),
                ),
            }
            from = whole.end();
        }
        filled.push_str(expr.get(from..).unwrap_or_default());
        filled
    }
}

/// A value as an expression.
fn literal(node: &Node) -> String {
    match &node.content {
        Content::Empty => "()".to_owned(),
        Content::Scalar { text, style: Style::Plain }
            if matches!(text.as_str(), "true" | "false") || text.parse::<f64>().is_ok() =>
        {
            text.clone()
        }
        Content::Scalar { text, style: Style::Plain } if text == "null" => "()".to_owned(),
        // JSON's escapes are rhai's.
        Content::Scalar { text, .. } => serde_json::Value::from(text.as_str()).to_string(),
        Content::List(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Content::Map(entries) => {
            let entry = |(key, value): &(Key, Node)| {
                format!("{}: {}", serde_json::Value::from(key.text.as_str()), literal(value))
            };
            format!("#{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}
