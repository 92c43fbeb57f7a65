//! Words, numbers, durations and names, as they stand in a bot's files.

use std::str::FromStr;

use crate::domain::Span;
use crate::yaml::{Located, Node, Problem};

use super::CalendarRef;
use super::context::{Context, kind, offer};
use super::hints;
use super::names::check_name;

impl Context {
    /// A text as written, not empty.
    pub fn scalar(&mut self, node: &Node, what: &str) -> Option<String> {
        match node.scalar() {
            Some(text) if !text.trim().is_empty() => Some(text.into()),
            _ => {
                self.wrong_type(node, what);
                None
            }
        }
    }

    /// Something that parses from its text.
    pub fn parsed<T: FromStr>(&mut self, node: &Node, what: &str) -> Option<T> {
        let text = self.scalar(node, what)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            let problem = Problem::error("wrong-type", &node.at, format!("{what} is expected here, not `{text}`"));
            self.report(problem.help(hints::written(what).unwrap_or_else(|| hints::instead_of(node))));
        }
        parsed
    }

    pub fn flag(&mut self, node: &Node) -> Option<bool> {
        let text = self.scalar(node, "`true` or `false`")?;
        let meant = match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => None,
        };
        if let Ok(flag) = text.parse() {
            return Some(flag);
        }
        let problem =
            Problem::error("wrong-type", &node.at, format!("`true` or `false` is expected here, not `{text}`"));
        self.report(match meant {
            Some(meant) => problem.help(format!("write `{meant}`")),
            None => problem.help("one of the two, without quotes"),
        });
        None
    }

    pub fn span(&mut self, node: &Node) -> Option<Span> {
        let text = self.scalar(node, "a duration")?;
        match text.parse::<Span>() {
            Ok(span) => Some(span),
            Err(error) => {
                let problem = Problem::error("bad-duration", &node.at, format!("`{text}` is no duration"));
                self.report(problem.help(hints::meant_span(&text).unwrap_or_else(|| error.to_string())));
                None
            }
        }
    }

    /// A whole number of at least `least`.
    pub fn count(&mut self, node: &Node, least: u32) -> Option<u32> {
        let count: u32 = self.parsed(node, "a whole number")?;
        if count < least {
            let problem = Problem::error("wrong-type", &node.at, format!("at least {least} is expected here"));
            self.report(problem.help(format!("write `{least}`, or more")));
            return None;
        }
        Some(count)
    }

    /// One of these words.
    pub fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let Some(text) = node.scalar().filter(|text| !text.trim().is_empty()) else {
            let all: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let problem =
                Problem::error("wrong-type", &node.at, format!("a word is expected here, not {}", kind(node)));
            self.report(problem.help(format!("one of {}", all.join(", "))));
            return None;
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known = words.iter().map(|(word, _)| *word);
        let problem = Problem::error("unknown-word", &node.at, format!("`{text}` means nothing here"));
        self.report(problem.help(offer(text, known)));
        None
    }

    /// `open`, or `NAME.open` of `calendars`.
    pub fn opening(&mut self, node: &Node) -> Option<CalendarRef> {
        let text = self.scalar(node, "`open`, or the name of a calendar and `.open`")?;
        let short = text.strip_prefix("calendars.").unwrap_or(&text);
        if matches!(short, "open" | "hours.open") {
            return Some(CalendarRef(None));
        }
        if let Some(name) = short.strip_suffix(".open").filter(|name| self.calendars.contains(*name)) {
            return Some(CalendarRef(Some(name.to_owned())));
        }
        let known: Vec<String> = self.calendars.iter().map(|name| format!("{name}.open")).collect();
        let problem = Problem::error("unknown-word", &node.at, format!("`{text}` means nothing here"));
        let words = std::iter::once("open").chain(known.iter().map(String::as_str));
        self.report(problem.help(format!("{}; a time is written `\"{{{{ visit }}}}\"`", offer(&text, words))));
        None
    }

    /// A name that is new here.
    pub fn name(&mut self, name: &str, what: &str, at: &Located) -> Option<()> {
        self.keep(check_name(name, what, at))
    }
}
