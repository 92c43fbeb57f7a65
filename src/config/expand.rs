//! `${NAME}`, `${NAME:-default}` and `$${` in scalars, after parsing: a variable's value can never become YAML.

use crate::yaml::{Content, Located, Node, Problem};

/// Looks up a variable.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Expand all scalars of a tree in place. What cannot be expanded is reported at its place; the scalars it stands in are returned.
pub fn expand(node: &mut Node, env: Env<'_>, problems: &mut Vec<Problem>) -> Vec<Located> {
    let mut failed = Vec::new();
    expand_all(node, env, problems, &mut failed);
    failed
}

fn expand_all(node: &mut Node, env: Env<'_>, problems: &mut Vec<Problem>, failed: &mut Vec<Located>) {
    match &mut node.content {
        Content::Empty => {}
        Content::Scalar { text, .. } => {
            let before = problems.len();
            if text.contains("${") {
                *text = expand_text(text, &node.at, env, problems);
            }
            if problems.len() > before {
                failed.push(node.at.clone());
            }
        }
        Content::List(items) => items.iter_mut().for_each(|item| expand_all(item, env, problems, failed)),
        Content::Map(entries) => entries.iter_mut().for_each(|(_, value)| expand_all(value, env, problems, failed)),
    }
}

fn expand_text(text: &str, at: &Located, env: Env<'_>, problems: &mut Vec<Problem>) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    let mut nth = 0;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        nth += 1;
        if let Some(before) = before.strip_suffix('$') {
            whole.push_str(before);
            whole.push_str("${");
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        whole.push_str(before);
        let (written, after) = from.find('}').map_or((from, ""), |end| from.split_at(end + 1));
        match variable(written, env) {
            Ok(value) => whole.push_str(&value),
            Err(wrong) => problems.push(wrong.problem(&place(at, nth, written.len()))),
        }
        rest = after;
    }
    whole + rest
}

/// Why a variable has no value.
enum Wrong {
    Missing(String),
    Unreadable,
}

impl Wrong {
    fn problem(self, at: &Located) -> Problem {
        match self {
            Self::Missing(name) => Problem::error("missing-variable", at, format!("the variable `{name}` is not set"))
                .help(format!("set it before the start, or give a default: `${{{name}:-…}}`")),
            Self::Unreadable => Problem::error("bad-variable", at, "this is no variable")
                .help("a variable is written `${NAME}` or `${NAME:-default}`; a literal `${` is written `$${`"),
        }
    }
}

fn variable(written: &str, env: Env<'_>) -> Result<String, Wrong> {
    let inner = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).ok_or(Wrong::Unreadable)?;
    let (name, default) = inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        return Err(Wrong::Unreadable);
    }
    let value = env(name).filter(|value| !value.is_empty()).or_else(|| default.map(str::to_owned));
    value.ok_or_else(|| Wrong::Missing(name.to_owned()))
}

/// Where the `nth` `${` of a scalar stands in the file; the whole scalar when escapes hide it.
fn place(at: &Located, nth: usize, length: usize) -> Located {
    let raw = at.source.text.get(at.bytes.clone()).unwrap_or_default();
    match raw.match_indices("${").nth(nth - 1) {
        Some((start, _)) => at.part(start, start + length),
        None => at.clone(),
    }
}
