//! Syntax errors in words for people, and how to read on after one.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use super::{Located, Problem, Source};

/// A syntax error: what is said of it, and what to change in the text so that the rest can be read.
pub(super) struct Broken {
    pub(super) problem: Problem,
    pub(super) mend: Mend,
}

/// A change of the text that keeps every byte offset.
pub(super) enum Mend {
    /// This was meant as one text.
    Text(Range<usize>),
    /// Leave this out.
    Blank(Range<usize>),
    /// Tabs that indent become spaces.
    Tabs,
}

/// The longest piece of a text that a hint repeats, in characters.
const LONGEST_EXAMPLE: usize = 60;

/// A text as it would have to be written, in quotes and in backticks.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", in_quotes(text))
}

/// A text in YAML's quotes.
pub(super) fn in_quotes(text: &str) -> String {
    let text = short(text);
    if text.contains(['"', '\\']) { format!("'{}'", text.replace('\'', "''")) } else { format!("\"{text}\"") }
}

/// The beginning of a text, on one line.
pub(super) fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let shown: String = line.chars().take(LONGEST_EXAMPLE).collect();
    if shown.len() < text.len() { format!("{}…", shown.trim_end()) } else { shown }
}

/// Explain a syntax error. `text` is the text as mended so far, `open_flow` where a `[` or `{` stands open, `last_end` the end of
/// what was read before it.
pub(super) fn explain(
    source: &Arc<Source>,
    text: &str,
    error: &ScanError,
    open_flow: Option<usize>,
    last_end: usize,
) -> Broken {
    let byte = text.floor_char_boundary(error.marker().byte_offset().unwrap_or(text.len()));
    let site = Site { source, text, byte, line: line_range(text, byte) };
    if is_tab(error.kind()) {
        return site.tabs();
    }
    if is_unclosed_quote(error.kind()) {
        return site.unclosed_quote(last_end);
    }
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        let problem = Problem::error("too-deep", &site.word(), "lists and mappings are nested too deep")
            .help("put the inner ones beside each other: a flow of its own is called with `call`");
        return Broken { problem, mend: Mend::Blank(site.line.start..text.len()) };
    }
    if let Some(open) = open_flow
        && site.is_past(open)
    {
        return site.unclosed_bracket(open);
    }
    if let ErrorKind::UnclosedFlowCollection { .. } = error.kind() {
        return site.unclosed_bracket(byte);
    }
    if let ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape = error.kind() {
        return site.escape();
    }
    match site.value() {
        Some(value) => site.text_value(value, error.kind()),
        None => site.other(error),
    }
}

const TAB: &str = "a tab stands where YAML takes only spaces";

/// Whether a mistake follows from tabs that were told already: how far they indent, nobody knows.
pub(super) fn follows_from_tabs(problem: &Problem, told: &[Problem]) -> bool {
    let text = &problem.at.source.text;
    let line = line_range(text, text.floor_char_boundary(problem.at.bytes.start));
    let line = &text[line];
    line[..indent(line)].contains('\t') && told.iter().any(|told| told.message == TAB)
}

fn is_tab(kind: &ErrorKind) -> bool {
    use ErrorKind as K;
    matches!(
        kind,
        K::TabNotAllowed
            | K::TabInBlockIndentation
            | K::TabInIndentation
            | K::TabAtBlockScalarStart
            | K::TabInPlainScalar
    )
}

fn is_unclosed_quote(kind: &ErrorKind) -> bool {
    use ErrorKind as K;
    matches!(kind, K::UnclosedQuotedScalar | K::InvalidQuotedScalarIndent | K::DocumentIndicatorInQuotedScalar)
}

fn line_range(text: &str, byte: usize) -> Range<usize> {
    let start = text[..byte].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[byte..].find('\n').map_or(text.len(), |length| byte + length);
    start..end
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn syntax_error(at: &Located, message: impl Into<String>) -> Problem {
    Problem::error("yaml-syntax", at, message)
}

/// Where an error was found.
struct Site<'a> {
    source: &'a Arc<Source>,
    text: &'a str,
    byte: usize,
    line: Range<usize>,
}

impl Site<'_> {
    fn at(&self, bytes: Range<usize>) -> Located {
        self.source.at(bytes)
    }

    /// The word at the error, or the last one before the end of the line.
    fn word(&self) -> Located {
        let rest = &self.text[self.byte..self.line.end];
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if length > 0 {
            return self.at(self.byte..self.byte + length);
        }
        let before = self.text[..self.byte].trim_end();
        let start = before.rfind(char::is_whitespace).map_or(0, |space| space + 1);
        self.at(start..before.len())
    }

    /// The line and all that is indented deeper below it.
    fn block(&self, line: Range<usize>) -> Mend {
        let depth = indent(&self.text[line.clone()]);
        let mut end = line.end;
        for next in self.text[line.end..].split_inclusive('\n').skip(1) {
            if !next.trim().is_empty() && indent(next) <= depth {
                break;
            }
            end += next.len();
        }
        Mend::Blank(line.start..end)
    }

    fn tabs(&self) -> Broken {
        // Where a text could go on in the next line, the error stands at its end, before the tab.
        let from = self.text[self.line.start..].find('\t').map_or(self.byte, |at| self.line.start + at);
        let tabs = self.text[from..].bytes().take_while(|byte| *byte == b'\t').count();
        let problem = syntax_error(&self.at(from..from + tabs), TAB);
        let line = line_range(self.text, from);
        let indents = self.text[line.start..from].trim().is_empty();
        let mend = if indents { Mend::Tabs } else { self.block(line) };
        Broken { problem: problem.help("indent with spaces: two for each level"), mend }
    }

    fn unclosed_quote(&self, last_end: usize) -> Broken {
        let from = self.text.floor_char_boundary(last_end);
        let quote = self.text[from..].find(['"', '\'']).map_or(self.byte, |at| from + at);
        let problem = syntax_error(&self.at(quote..quote + 1), "this quote is never closed");
        let help = if self.text[quote..].starts_with('"') {
            "close it on the same line; a `\"` within the text is written `\\\"`"
        } else {
            "close it on the same line; a `'` within the text is written `''`"
        };
        let line = line_range(self.text, quote);
        let text_end = line.start + self.text[line.clone()].trim_end().len();
        let begins = value_of_line(self.text, line.clone()).is_some_and(|value| value.start == quote);
        let mend = if begins { Mend::Text(quote..text_end) } else { self.block(line) };
        Broken { problem: problem.help(help), mend }
    }

    /// Whether an open bracket's line is over: the error stands on a later line that is not indented deeper, or begins an item
    /// (within brackets, none can).
    fn is_past(&self, open: usize) -> bool {
        let line = line_range(self.text, open);
        let ended = self.text[self.byte..].trim().is_empty();
        let shallow = indent(&self.text[self.line.clone()]) <= indent(&self.text[line.clone()]);
        let is_item = self.text[self.line.clone()].trim_start().starts_with("- ");
        line.start < self.line.start && (ended || shallow || is_item)
    }

    fn unclosed_bracket(&self, open: usize) -> Broken {
        let bracket = &self.text[open..=open];
        let close = if bracket == "{" { "}" } else { "]" };
        let problem = syntax_error(&self.at(open..open + 1), format!("this `{bracket}` is never closed"));
        let help = format!("close it with `{close}`, or put the text in quotes if it is one");
        Broken { problem: problem.help(help), mend: self.block(line_range(self.text, open)) }
    }

    fn escape(&self) -> Broken {
        let from = self.text[self.byte..].find('\\').map_or(self.byte, |at| self.byte + at);
        let at = bad_escape(&self.text[from..])
            .map_or_else(|| self.word(), |(start, end)| self.at(from + start..from + end));
        let problem = syntax_error(&at, format!("`{}` means nothing within double quotes", at.text()));
        let mend = self.value().map_or_else(|| self.block(self.line.clone()), Mend::Text);
        Broken { problem: problem.help("use single quotes, where `\\` stands for itself, or write `\\\\`"), mend }
    }

    /// The value on the error's line, when the error stands in it.
    fn value(&self) -> Option<Range<usize>> {
        value_of_line(self.text, self.line.clone()).filter(|value| self.byte >= value.start)
    }

    /// A value that was meant as one text.
    fn text_value(&self, value: Range<usize>, kind: &ErrorKind) -> Broken {
        let written = &self.text[value.clone()];
        let colon = matches!(kind, ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement);
        if !colon && let Some(message) = first_character(written) {
            let at = self.at(value.start..value.start + 1);
            return self.unquoted(value, syntax_error(&at, message));
        }
        let at = if colon { self.at(self.byte..self.byte + 1) } else { self.word() };
        let message = if colon { COLON.to_owned() } else { format!("this is not YAML: {kind}") };
        if written.starts_with(['{', '[']) && !written.starts_with("{{") {
            let help = "a text within brackets that holds `: `, `,` or brackets has to be in quotes";
            return Broken { problem: syntax_error(&at, message).help(help), mend: self.block(self.line.clone()) };
        }
        self.unquoted(value, syntax_error(&at, message))
    }

    fn unquoted(&self, value: Range<usize>, problem: Problem) -> Broken {
        let key = self.text[self.line.start..value.start].trim_start().trim_start_matches("- ");
        let example = format!("{key}{}", in_quotes(&self.text[value.clone()]));
        Broken { problem: problem.help(format!("put all of the text in quotes: `{example}`")), mend: Mend::Text(value) }
    }

    fn other(&self, error: &ScanError) -> Broken {
        use ErrorKind as K;
        let (message, help) = match error.kind() {
            K::ExpectedBlockMappingKey
            | K::ExpectedBlockSequenceEntry
            | K::InvalidIndentation
            | K::MappingValueNotAllowed => (
                "this line's indentation fits nothing above it".to_owned(),
                "indent it like the lines that it belongs to",
            ),
            K::SimpleKeyExpected | K::InvalidSimpleKey => (
                "a line `key: value` is expected here, and this one has no `:`".to_owned(),
                "if it goes on with the text above, indent it deeper, or write that text as a block that begins with `|`",
            ),
            K::DirectiveDisallowed => {
                ("`%` at the beginning of a line is a directive, and none is used".to_owned(), "remove it")
            }
            kind => (format!("this is not YAML: {kind}"), "text with signs that mean something to YAML needs quotes"),
        };
        let indented = self.line.start + indent(&self.text[self.line.clone()]);
        let at =
            if matches!(error.kind(), K::MappingValueNotAllowed) { self.at(indented..self.byte) } else { self.word() };
        let problem = syntax_error(&at, message).help(help);
        Broken { problem, mend: self.block(self.line.clone()) }
    }
}

const COLON: &str = "to YAML, `:` before a space ends a key, in the middle of a text too";

/// What YAML takes a value for by its first character.
fn first_character(value: &str) -> Option<&'static str> {
    Some(match value.chars().next()? {
        '*' => "to YAML, `*` at the beginning of a value means an alias",
        '&' => "to YAML, `&` at the beginning of a value means an anchor",
        '!' => "to YAML, `!` at the beginning of a value means a tag",
        '@' | '`' => "in YAML, no value may begin with this character",
        '%' => "to YAML, `%` at the beginning means a directive",
        '{' if value.starts_with("{{") => "to YAML, unquoted `{{ }}` is a mapping, not text",
        '{' if value.ends_with('}') => return None,
        '[' if value.ends_with(']') => return None,
        '{' => "to YAML, `{` begins a mapping, and more than that stands here",
        '[' => "to YAML, `[` begins a list, and more than that stands here",
        '"' | '\'' => "to YAML, this text ends at its second quote, and more comes after it",
        '|' | '>' => "to YAML, this sign means that a block of lines follows",
        '-' => "to YAML, `- ` begins an item of a list",
        '?' => "to YAML, `? ` begins a key",
        ',' | ']' | '}' => "to YAML, this sign belongs to a list or a mapping",
        _ => return None,
    })
}

/// The bytes of the value in a line `key: value` or `- value`; nothing for lines without one.
fn value_of_line(text: &str, line: Range<usize>) -> Option<Range<usize>> {
    let written = text[line.clone()].trim_end();
    let mut from = indent(written);
    while let Some(rest) = written[from..].strip_prefix("- ") {
        from = written.len() - rest.trim_start().len();
    }
    let key = written[from..].find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))).unwrap_or(0);
    if key > 0
        && let Some(rest) = written[from + key..].strip_prefix(": ")
    {
        from = written.len() - rest.trim_start().len();
    }
    let is_value = from > indent(written) && from < written.len();
    is_value.then(|| line.start + from..line.start + written.len())
}

/// The first `\` with what follows it that double quotes do not know.
fn bad_escape(text: &str) -> Option<(usize, usize)> {
    let mut characters = text.char_indices();
    while let Some((start, c)) = characters.next() {
        if c != '\\' {
            continue;
        }
        let (at, escaped) = characters.next()?;
        if !"0abt\tnvfre \"/\\N_LP\n\rxuU".contains(escaped) {
            return Some((start, at + escaped.len_utf8()));
        }
    }
    None
}
