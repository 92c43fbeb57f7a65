//! Reads the keys of a configuration's mapping. Every mistake becomes a problem at its place; no value stands in a message, since any
//! of them may be a secret.

use secrecy::SecretString;

use crate::yaml::{Content, Located, Node, Problem};

/// A mapping under reading, and what was wrong with it so far.
#[derive(Debug)]
pub struct Keys<'a> {
    node: &'a Node,
    what: String,
    problems: Vec<Problem>,
}

impl<'a> Keys<'a> {
    /// Begin. `what` names the mapping in messages: ``account `clinic` ``.
    pub fn new(node: &'a Node, what: impl Into<String>) -> Self {
        Self { node, what: what.into(), problems: Vec::new() }
    }

    /// What was wrong.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Where the mapping begins.
    pub fn place(&self) -> &'a Located {
        self.node.entries().first().map_or(&self.node.at, |(key, _)| &key.at)
    }

    /// The value of a key; an empty one (`key:`) counts as missing.
    pub fn value(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key).filter(|value| value.content != Content::Empty)
    }

    /// Report a problem with the value of a key.
    pub fn wrong(&mut self, at: &Located, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::error("wrong-value", at, message).help(help));
    }

    /// Report a missing key.
    pub fn missing(&mut self, key: &str, help: &str) {
        let written = self.node.entries().iter().find(|(k, _)| k.text == key);
        let at = match written {
            Some((key, value)) if value.content == Content::Empty => &key.at,
            Some((_, value)) => &value.at,
            None => self.place(),
        };
        let problem = Problem::error("missing-key", at, format!("{} has no `{key}`", self.what)).help(help);
        self.problems.push(problem);
    }

    /// A scalar's text.
    pub fn text(&mut self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        let text = value.scalar().map(str::to_owned);
        if text.is_none() {
            self.wrong(&value.at, format!("`{key}` must be one value"), format!("write it as `{key}: VALUE`"));
        }
        text
    }

    /// A scalar's text, which must be there and not be empty.
    pub fn needed(&mut self, key: &str, help: &str) -> Option<String> {
        if self.value(key).is_none_or(|value| value.scalar() == Some("")) {
            self.missing(key, help);
            return None;
        }
        self.text(key)
    }

    /// A scalar that is read in some way; `wish` says what it must be.
    pub fn read<T>(&mut self, key: &str, wish: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(key)?;
        let got = read(&text);
        if let (None, Some(value)) = (&got, self.value(key)) {
            self.wrong(&value.at, format!("`{key}` must be {wish}"), format!("write {wish}"));
        }
        got
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        self.read(key, "`true` or `false`", |text| text.parse().ok())
    }

    /// A secret text; an empty one is missing.
    pub fn secret(&mut self, key: &str) -> Option<SecretString> {
        self.text(key).filter(|text| !text.is_empty()).map(SecretString::from)
    }

    /// An `http://` or `https://` address to which paths are added, without its last slash.
    pub fn base_url(&mut self, key: &str) -> Option<String> {
        self.read(key, "an address like `https://api.example.com`", |text| base_url(text).map(str::to_owned))
    }
}

fn base_url(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '@' | '\\');
    let host = rest.split('/').next().unwrap_or_default();
    (!host.is_empty() && !rest.contains(odd)).then(|| text.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn base_urls() {
        let cases = [
            ("https://api.pact.im", Some("https://api.pact.im")),
            ("http://127.0.0.1:8080/", Some("http://127.0.0.1:8080")),
            ("https://gate.example.com/pact/", Some("https://gate.example.com/pact")),
            ("api.pact.im", None),
            ("ftp://api.pact.im", None),
            ("https://", None),
            ("https:///x", None),
            ("https://user:password@api.pact.im", None),
            ("https://api.pact.im?token=x", None),
            ("https://api.pact.im\nx", None),
        ];
        for (text, want) in cases {
            assert_eq!(super::base_url(text), want, "{text}");
        }
    }
}
