//! Texts with `{{ }}`: cut at load into literal parts and expressions.

use std::sync::Arc;

use super::tokens::end_of_braces;
use super::{Expr, FieldRead, ScriptError, Scripts, Shown, View};
use crate::yaml::{Located, Problem};

/// The longest text that is rendered, in bytes: no messenger takes a tenth of it.
const MAX_RENDERED: usize = 100_000;

/// A part of a text.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// As written.
    Literal(&'a str),
    /// The expression between braces.
    Expr(&'a Expr),
}

/// A compiled text: literal parts and expressions.
#[derive(Clone, Debug)]
pub struct Text {
    parts: Arc<[Part]>,
    /// Of expressions that do not compile.
    broken: Arc<[Problem]>,
}

#[derive(Debug)]
enum Part {
    Literal(String),
    Expr(Expr),
}

impl Text {
    /// Compile a text with `{{ }}`. `at` is the node it came from; problems point into it as well as they can.
    pub(super) fn new(scripts: &Arc<Scripts>, text: &str, at: &Located) -> Self {
        let mut parts = Vec::new();
        let mut broken = Vec::new();
        let mut from = 0;
        while let Some(open) = text[from..].find("{{").map(|open| from + open) {
            if open > from {
                parts.push(Part::Literal(text[from..open].to_owned()));
            }
            let inside = open + 2;
            // An open quote would hide the end; rhai then says what is wrong with what stands between the braces.
            let close = end_of_braces(text, inside).or_else(|| text[inside..].find("}}").map(|close| inside + close));
            let Some(close) = close else {
                broken.push(never_closed(&place_of(text, open..open + 2, at)));
                from = text.len();
                break;
            };
            let place = place_of(text, open..close + 2, at);
            let exact = place.bytes.len() == close + 2 - open;
            let place = if exact { place.part(2, close - open) } else { place };
            match Expr::new(scripts, &text[inside..close], &place) {
                Ok(expr) => parts.push(Part::Expr(expr)),
                Err(problem) => broken.push(*problem),
            }
            from = close + 2;
        }
        if from < text.len() {
            parts.push(Part::Literal(text[from..].to_owned()));
        }
        Self { parts: parts.into(), broken: broken.into() }
    }

    fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.parts.iter().filter_map(|part| match part {
            Part::Expr(expr) => Some(expr),
            Part::Literal(_) => None,
        })
    }

    /// Its parts, in order. Of an expression that does not compile there is none.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.parts.iter().map(|part| match part {
            Part::Literal(text) => Piece::Literal(text),
            Part::Expr(expr) => Piece::Expr(expr),
        })
    }

    /// The free names it reads.
    pub fn names(&self) -> Vec<(String, Located)> {
        self.exprs().flat_map(Expr::names).cloned().collect()
    }

    /// What it reads of `bot`, `calendars` and `teams`.
    pub fn fields(&self) -> impl Iterator<Item = &FieldRead> {
        self.exprs().flat_map(Expr::fields)
    }

    /// What was found at load: errors (a text that has one is not to be used) and what looks like a slip.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.broken.iter().chain(self.exprs().flat_map(Expr::problems))
    }

    /// It says nothing by itself, in no language: `{{ visit }}`, `5 €`.
    pub fn is_wordless(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Literal(text) if text.chars().any(char::is_alphabetic)))
    }

    /// The text when it holds no expression.
    pub fn literal(&self) -> Option<&str> {
        match &*self.parts {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The only expression, when the whole text is one `{{ expr }}`: its value keeps its type.
    pub fn sole_expr(&self) -> Option<&Expr> {
        match &*self.parts {
            [Part::Expr(expr)] => Some(expr),
            _ => None,
        }
    }

    /// The text with all values shown.
    pub fn render(&self, view: &View<'_>) -> Result<String, ScriptError> {
        let mut shown = String::new();
        let mut in_address = false;
        for part in &*self.parts {
            match part {
                Part::Literal(text) => {
                    in_address = is_address(text, in_address);
                    shown.push_str(text);
                }
                Part::Expr(expr) => {
                    let told = view.shown.told && !in_address;
                    let view = View { shown: Shown { told, ..view.shown }, ..*view };
                    shown.push_str(&expr.shown(&view)?);
                }
            }
            if shown.len() > MAX_RENDERED {
                return Err(ScriptError(format!("the text is longer than {MAX_RENDERED} bytes")));
            }
        }
        Ok(shown)
    }
}

/// Whether what follows a part is within an address of the web, where values are what programs read.
fn is_address(part: &str, before: bool) -> bool {
    let last = part.rsplit(char::is_whitespace).next().unwrap_or_default();
    last.contains("://") || (before && last.len() == part.len())
}

fn never_closed(at: &Located) -> Problem {
    let problem = Problem::error("script-syntax", at, "`{{` is never closed");
    problem.help("close it with `}}`; braces that are text are written `{{ \"{{\" }}`")
}

/// Where a part of a node's text stands in the file. YAML may have unescaped or folded it: then the same words are looked for in
/// what was written, and where they are not found it is the whole node.
fn place_of(text: &str, part: std::ops::Range<usize>, at: &Located) -> Located {
    let written = at.text();
    let words = &text[part.clone()];
    let earlier = text[..part.start].matches(words).count();
    let found = written.match_indices(words).nth(earlier);
    found.map_or_else(|| at.clone(), |(start, _)| at.part(start, start + words.len()))
}
