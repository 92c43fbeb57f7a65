//! Texts in the bot's languages, and conditions: what is compiled as it is read.

use std::sync::Arc;

use crate::script::{Expr, Text};
use crate::yaml::{Content, Key, Located, Node, Problem, Style};

use super::Texts;
use super::context::{Context, offer};

/// So many missing translations are told: they must not keep errors from being told.
const MAX_UNTRANSLATED: usize = 300;
/// The longest text, in characters: twice what the widest channel takes in one message.
const MAX_TEXT: usize = 10_000;

impl Context {
    /// A text, or a map by language.
    pub fn texts(&mut self, node: &Node) -> Option<Texts> {
        match &node.content {
            Content::Map(entries) if !entries.is_empty() => self.texts_by_language(node, entries),
            Content::Scalar { .. } => {
                let text = self.text(node)?;
                self.one_for_all(node, &text);
                Some(Texts { by_language: vec![(self.languages.first()?.clone(), text)], is_one: true })
            }
            _ => {
                self.wrong_type(node, "a text");
                None
            }
        }
    }

    /// A text for people of the business or for programs: nobody translates it.
    pub fn texts_for_people(&mut self, node: &Node) -> Option<Texts> {
        let languages = std::mem::take(&mut self.untranslated);
        self.untranslated = MAX_UNTRANSLATED;
        let texts = self.texts(node);
        self.untranslated = languages;
        texts
    }

    /// One text for all languages: what has words is in one of them.
    fn one_for_all(&mut self, node: &Node, text: &Text) {
        if let Some(first) = self.languages.first().filter(|_| !text.is_wordless()).cloned() {
            self.translated(node, &[first]);
        }
    }

    /// Warn of the languages that a text is not in.
    fn translated(&mut self, node: &Node, has: &[Arc<str>]) {
        let missing: Vec<String> =
            self.languages.iter().filter(|language| !has.contains(language)).map(|l| format!("`{l}`")).collect();
        let Some(instead) = has.first().filter(|_| !missing.is_empty() && self.untranslated < MAX_UNTRANSLATED) else {
            return;
        };
        self.untranslated += 1;
        let problem =
            Problem::warning("missing-translation", &node.at, format!("there is no text in {}", missing.join(", ")));
        self.report(problem.help(format!("contacts of {} get the one in `{instead}`", these(missing.len()))));
    }

    fn texts_by_language(&mut self, node: &Node, entries: &[(Key, Node)]) -> Option<Texts> {
        let mut texts = Vec::new();
        for (key, node) in entries {
            let language = self.language(&key.text, &key.at);
            texts.push((language, self.text(node)));
        }
        let texts: Option<Vec<_>> = texts.into_iter().map(|(language, text)| Some((language?, text?))).collect();
        let mut texts = texts?;
        let has: Vec<_> = texts.iter().map(|(language, _)| language.clone()).collect();
        self.translated(node, &has);
        // The default language first: it is what a missing translation falls back to.
        texts.sort_by_key(|(language, _)| self.languages.iter().position(|l| l == language));
        Some(Texts { by_language: texts, is_one: false })
    }

    /// One of the bot's languages, as the key of a text.
    pub fn language(&mut self, name: &str, at: &Located) -> Option<Arc<str>> {
        self.language_or(name, at, "a text is written as it is or as a map by language")
    }

    /// One of the bot's languages, as a value.
    pub fn known_language(&mut self, name: &str, at: &Located) -> Option<Arc<str>> {
        self.language_or(name, at, "`languages` of the bot lists them")
    }

    fn language_or(&mut self, name: &str, at: &Located, more: &str) -> Option<Arc<str>> {
        if let Some(language) = self.languages.iter().find(|language| &***language == name) {
            return Some(language.clone());
        }
        let known = self.languages.clone();
        let problem = Problem::error("unknown-language", at, format!("`{name}` is none of the bot's languages"));
        // `en-US` is most often meant as `en`.
        let base = name.split(['-', '_']).next().unwrap_or(name);
        let same = known.iter().find(|language| language.split('-').next() == Some(base));
        let offer = match same {
            Some(same) => format!("did you mean `{same}`?"),
            None => offer(name, known.iter().map(|language| &**language)),
        };
        let joint = if offer.ends_with('?') { " " } else { "; " };
        self.report(problem.help(format!("{offer}{joint}{more}")));
        None
    }

    /// A scalar with `{{ }}`.
    pub fn text(&mut self, node: &Node) -> Option<Text> {
        let written = self.scalar(node, "a text")?;
        if written.chars().count() > MAX_TEXT {
            let message = format!("a text of more than {MAX_TEXT} characters");
            self.report(Problem::error("text-too-long", &node.at, message).help("send it as several messages"));
            return None;
        }
        if !self.spend_expressions(written.matches("{{").count(), &node.at) {
            return None;
        }
        let text = self.scripts.text(&written, &inner(node));
        for problem in text.problems() {
            self.report(problem.clone());
        }
        self.fields.extend(text.fields().cloned());
        for (name, at) in text.names() {
            self.reads(&name, &at);
        }
        Some(text)
    }

    /// A bare rhai condition.
    pub fn condition(&mut self, node: &Node) -> Option<Expr> {
        let written = self.scalar(node, "a condition")?;
        if !self.spend_expressions(1, &node.at) {
            return None;
        }
        let compiled = self.scripts.expr(&written, &inner(node));
        let expr = self.keep(compiled)?;
        for problem in expr.problems() {
            self.report(problem.clone());
        }
        self.fields.extend(expr.fields().iter().cloned());
        for (name, at) in expr.names() {
            self.reads(name, at);
        }
        Some(expr)
    }
}

/// The place of a scalar's text: without its quotes where it stands between them just as it reads.
pub(super) fn inner(node: &Node) -> Located {
    let raw = node.at.text();
    match &node.content {
        Content::Scalar { text, style: Style::Quoted } if raw.get(1..raw.len().max(2) - 1) == Some(text) => {
            node.at.part(1, raw.len() - 1)
        }
        _ => node.at.clone(),
    }
}

fn these(languages: usize) -> &'static str {
    if languages == 1 { "that language" } else { "those languages" }
}
