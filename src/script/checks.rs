//! What can be said of an expression at load beyond rhai's grammar: functions and modules that are not there, fields that are
//! not there, and comparisons that are silently false.

use super::expr::Site;
use super::functions::known;
use super::names::{self, fields_of};
use super::sandbox::Functions;
use super::tokens::{Kind, Token};
use super::{FieldRead, Scripts};
use crate::yaml::{Located, Problem, nearest};

/// Globals whose fields the bot decides.
const BOT_GLOBALS: &[&str] = &["bot", "calendars", "teams"];

/// Words that stand before a bracket and are no functions.
const NOT_CALLED: &[&str] = &[
    "if", "while", "until", "switch", "for", "in", "return", "throw", "catch", "else", "fn", "let", "const", "loop",
    "do", "this", "true", "false", "global", "try", "export", "private",
];

/// Calls of what is not there, and operators that are none.
pub(super) fn errors(scripts: &Scripts, site: &Site<'_>, tokens: &[Token]) -> Vec<Problem> {
    let problem = |(at, token)| {
        assignment(site, tokens, at)
            .or_else(|| spelled_operator(site, tokens, at))
            .or_else(|| call(scripts, site, tokens, at, token))
    };
    tokens.iter().enumerate().filter_map(problem).collect()
}

fn text<'a>(site: &Site<'a>, tokens: &[Token], at: Option<usize>) -> &'a str {
    at.and_then(|at| tokens.get(at)).map_or("", |token| token.text(site.source))
}

/// A lone `=` outside of a block.
fn assignment(site: &Site<'_>, tokens: &[Token], at: usize) -> Option<Problem> {
    let is_block = tokens[..at].iter().any(|token| matches!(token.text(site.source), "{" | "let" | "const"));
    (text(site, tokens, Some(at)) == "=" && !is_block).then(|| {
        let problem =
            Problem::error("script-syntax", &site.token(&tokens[at]), "`=` sets a value, and nothing is set here");
        problem.help("to compare, write `==`")
    })
}

/// `and`, `or` and `not`, where they are no field and no key.
fn spelled_operator(site: &Site<'_>, tokens: &[Token], at: usize) -> Option<Problem> {
    let word = text(site, tokens, Some(at));
    let sign = match word {
        "and" => "&&",
        "or" => "||",
        "not" => "!",
        _ => return None,
    };
    let (before, after) = (text(site, tokens, at.checked_sub(1)), text(site, tokens, Some(at + 1)));
    let is_name = matches!(before, "." | "?." | "::") || matches!(after, ":" | "::");
    (!is_name).then(|| {
        let problem = Problem::error("script-syntax", &site.token(&tokens[at]), format!("`{word}` is no operator"));
        problem.help(format!("write `{sign}`"))
    })
}

fn call(scripts: &Scripts, site: &Site<'_>, tokens: &[Token], at: usize, token: &Token) -> Option<Problem> {
    let word = token.text(site.source);
    if !token.is_word() {
        return None;
    }
    let (before, after) = (text(site, tokens, at.checked_sub(1)), text(site, tokens, Some(at + 1)));
    if after == "::" && before != "::" {
        return module(scripts, site, tokens, at, word);
    }
    if before == "::"
        || after != "("
        || NOT_CALLED.contains(&word)
        || known().any(|name| name == word)
        || is_local(site, tokens, word)
    {
        return None;
    }
    if matches!(word, "eval" | "print" | "debug" | "Fn" | "import" | "sleep") {
        // rhai's own words: refused by the grammar, with its own message.
        return None;
    }
    Some(unknown(&site.token(token), word, known()))
}

/// A function kept in a name of the expression itself.
fn is_local(site: &Site<'_>, tokens: &[Token], word: &str) -> bool {
    names::places(word, site.source, tokens).next().is_some()
}

fn module(scripts: &Scripts, site: &Site<'_>, tokens: &[Token], at: usize, name: &str) -> Option<Problem> {
    if name == "global" {
        return None;
    }
    let Some(functions) = scripts.functions(name) else {
        let place = site.token(&tokens[at]);
        let problem = Problem::error("unknown-module", &place, format!("there is no module `{name}`"));
        return Some(match nearest(name, scripts.modules()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("modules are files of `scripts/`: `{name}.rhai`")),
        });
    };
    let function = tokens.get(at + 2)?;
    let called = function.text(site.source);
    let Functions::Known(known) = functions else { return None };
    let is_call = text(site, tokens, Some(at + 3)) == "(";
    if known.contains(called) || !is_call {
        return None;
    }
    let mut problem = unknown(&site.token(function), called, known.iter().map(String::as_str));
    problem.message = format!("the module `{name}` has no function `{called}`");
    Some(problem)
}

fn unknown<'a>(at: &Located, name: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let problem = Problem::error("unknown-function", at, format!("there is no function `{name}`"));
    match nearest(name, known) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(
            "docs/scripts.md lists all that there are; one of your own stands in a module of `scripts/` and is called `module::name(…)`",
        ),
    }
}

/// `contact.nmae`: a field that a global never has.
pub(super) fn unknown_fields(site: &Site<'_>, tokens: &[Token], free: &[(String, Located)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, _) in free {
        let Some(fields) = fields_of(name) else { continue };
        let unknown = fields_read(site, tokens, name).filter(|(word, _)| !fields.contains(word));
        problems.extend(unknown.map(|(word, at)| unknown_field(&at, name, word, fields)));
    }
    problems
}

/// The fields read of globals whose fields the bot decides.
pub(super) fn fields_of_bot(site: &Site<'_>, tokens: &[Token], free: &[(String, Located)]) -> Vec<FieldRead> {
    let globals = free.iter().filter_map(|(name, _)| BOT_GLOBALS.iter().find(|global| *global == name).copied());
    let reads = globals.flat_map(|of| fields_read(site, tokens, of).map(move |read| (of, read)));
    reads.map(|(of, (field, at))| FieldRead { of, field: field.to_owned(), at }).collect()
}

/// `.field` wherever a name stands.
fn fields_read<'a>(
    site: &'a Site<'_>,
    tokens: &'a [Token],
    name: &'a str,
) -> impl Iterator<Item = (&'a str, Located)> + 'a {
    names::places(name, site.source, tokens).filter_map(move |place| {
        let field = tokens.get(place + 2).filter(|field| field.is_word())?;
        let is_dot = matches!(text(site, tokens, Some(place + 1)), "." | "?.");
        let is_method = text(site, tokens, Some(place + 3)) == "(";
        (is_dot && !is_method).then(|| (field.text(site.source), site.token(field)))
    })
}

fn unknown_field(at: &Located, name: &str, word: &str, fields: &[&str]) -> Problem {
    let problem = Problem::error("unknown-field", at, format!("`{name}` has no field `{word}`"));
    match nearest(word, fields.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("it has {}", fields.join(", "))),
    }
}

/// Comparisons of text with numbers, which rhai takes for false without a word.
pub(super) fn warnings(site: &Site<'_>, tokens: &[Token]) -> Vec<Problem> {
    let pairs = tokens.windows(3).filter(|three| is_comparison(three[1].text(site.source)));
    let odd = pairs.filter(|three| {
        let (left, right) = (&three[0], &three[2]);
        is_text(site, left) && right.kind == Kind::Number || left.kind == Kind::Number && is_text(site, right)
    });
    odd.map(|three| {
        let at = site.part(three[0].range.start, three[2].range.end);
        let problem =
            Problem::warning("text-against-number", &at, "text and a number are never equal, larger or smaller");
        problem.help("write the number in quotes to compare texts, or `parse_int(text)` to compare numbers")
    })
    .collect()
}

fn is_comparison(sign: &str) -> bool {
    matches!(sign, "==" | "!=" | "<" | "<=" | ">" | ">=")
}

fn is_text(site: &Site<'_>, token: &Token) -> bool {
    token.kind == Kind::Text || token.text(site.source) == "text"
}
