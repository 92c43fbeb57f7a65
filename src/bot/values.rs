//! Values keep their types: unquoted `true`, `false`, `null` and JSON numbers, lists and maps; quoted is text.

use std::collections::BTreeMap;

use crate::domain::Value;
use crate::yaml::{Content, Node, Problem, Style};

use super::ValueExpr;
use super::context::Context;

impl Context {
    /// A value with `{{ }}` in it.
    pub fn value(&mut self, node: &Node) -> Option<ValueExpr> {
        match &node.content {
            Content::Empty => Some(ValueExpr::Literal(Value::Unit)),
            Content::Scalar { text, style: Style::Plain } => match self.plain(text, node) {
                Plain::Typed(value) => Some(ValueExpr::Literal(value)),
                Plain::Text => self.text_value(text, node),
                Plain::Wrong => None,
            },
            Content::Scalar { text, .. } => self.text_value(text, node),
            Content::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.value(item)).collect();
                items.into_iter().collect::<Option<_>>().map(ValueExpr::List)
            }
            Content::Map(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(key, item)| Some((key.text.clone(), self.value(item)?))).collect();
                entries.into_iter().collect::<Option<_>>().map(ValueExpr::Map)
            }
        }
    }

    fn text_value(&mut self, text: &str, node: &Node) -> Option<ValueExpr> {
        if text.contains("{{") {
            return self.text(node).map(ValueExpr::Text);
        }
        Some(ValueExpr::Literal(Value::Text(text.into())))
    }

    /// A value without expressions.
    pub fn literal(&mut self, node: &Node) -> Option<Value> {
        match &node.content {
            Content::Empty => Some(Value::Unit),
            Content::Scalar { text, .. } if text.contains("{{") => {
                let problem = Problem::error("no-expression", &node.at, "an expression cannot stand here");
                self.report(problem.help("this is read once, when the bot is loaded; write the value itself"));
                None
            }
            Content::Scalar { text, style: Style::Plain } => match self.plain(text, node) {
                Plain::Typed(value) => Some(value),
                Plain::Text => Some(Value::Text(text.clone())),
                Plain::Wrong => None,
            },
            Content::Scalar { text, .. } => Some(Value::Text(text.clone())),
            Content::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.literal(item)).collect();
                items.into_iter().collect::<Option<_>>().map(Value::List)
            }
            Content::Map(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(key, item)| Some((key.text.clone(), self.literal(item)?))).collect();
                entries.into_iter().collect::<Option<BTreeMap<_, _>>>().map(Value::Map)
            }
        }
    }

    fn plain(&mut self, text: &str, node: &Node) -> Plain {
        match text {
            "true" => return Plain::Typed(Value::Bool(true)),
            "false" => return Plain::Typed(Value::Bool(false)),
            "null" => return Plain::Typed(Value::Unit),
            _ => {}
        }
        // JSON's rules tell a number from `08:30`, `+7926` and `1_000`, which stay text.
        if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Plain::Text;
        }
        let Ok(number) = serde_json::from_str::<serde_json::Number>(text) else { return Plain::Text };
        if let Some(whole) = number.as_i64() {
            return Plain::Typed(Value::Int(whole));
        }
        match number.as_f64() {
            Some(float) if float.is_finite() && text.contains(['.', 'e', 'E']) => Plain::Typed(Value::Float(float)),
            _ => {
                let problem = Problem::error("number-too-large", &node.at, "too large for a number");
                self.report(problem.help("put it in quotes to keep it as text"));
                Plain::Wrong
            }
        }
    }
}

/// What a scalar without quotes is.
enum Plain {
    Typed(Value),
    Text,
    Wrong,
}
