//! The words of an expression with their places: enough of rhai's grammar to find the end of `{{ }}`, the calls, the fields
//! that are read, and slips of the pen. rhai itself compiles the expression.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A text, or a piece of a `` `…${}…` `` text.
    Text,
    /// `'c'`.
    Char,
    /// Anything else.
    Sign,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

impl Token {
    pub(super) fn text<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.range.clone()).unwrap_or("")
    }

    pub(super) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }
}

/// Signs of several characters, longest first.
const SIGNS: &[&str] = &[
    "..=", "...", "**=", "<<=", ">>=", "::", "?.", "?[", "??", "==", "!=", "<=", ">=", "=>", "..", "&&", "||", "+=",
    "-=", "*=", "/=", "%=", "|=", "&=", "^=", "**", "<<", ">>", "->", "#{",
];

/// All tokens of an expression; comments and blanks are left out.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    Tokens::new(source, 0).collect()
}

/// Where the `}}` stands that ends the expression which begins at `from`.
pub(super) fn end_of_braces(source: &str, from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for token in Tokens::new(source, from) {
        if token.kind != Kind::Sign {
            continue;
        }
        match token.text(source) {
            "}" if depth == 0 && source[token.range.end..].starts_with('}') => return Some(token.range.start),
            "{" | "#{" | "(" | "[" | "?[" | "${" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

struct Tokens<'a> {
    source: &'a str,
    at: usize,
    /// Braces open.
    braces: usize,
    /// For each `${` within backticks: how many braces were open. At its `}` the text goes on.
    embedded: Vec<usize>,
}

impl<'a> Tokens<'a> {
    fn new(source: &'a str, at: usize) -> Self {
        Self { source, at, braces: 0, embedded: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    fn length_while(&self, fits: impl Fn(char) -> bool) -> usize {
        let rest = self.rest();
        rest.find(|c| !fits(c)).unwrap_or(rest.len())
    }

    /// Digits with their point: `1.5`, but `1..5` and `1.abs()` end before the point.
    fn number(&self) -> usize {
        let whole = self.length_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let after = self.rest()[whole..].strip_prefix('.').unwrap_or("");
        if !after.starts_with(|c: char| c.is_ascii_digit()) {
            return whole;
        }
        whole + 1 + after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len())
    }

    /// `"…"` or `'…'`, which end with their line at the latest.
    fn quoted(&self, quote: char) -> usize {
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\n' => return at,
                _ if c == quote => return at + c.len_utf8(),
                _ => {}
            }
        }
        self.rest().len()
    }

    /// A `` ` `` text, or the rest of one, up to its end or the next `${`.
    fn backticked(&mut self, from: usize) -> usize {
        let rest = &self.rest()[from..];
        let mut at = 0;
        while let Some(found) = rest[at..].find(['`', '$']) {
            at += found;
            if rest[at..].starts_with("``") {
                at += 2;
            } else if rest[at..].starts_with('`') {
                return from + at + 1;
            } else if rest[at..].starts_with("${") {
                self.embedded.push(self.braces);
                self.braces += 1;
                return from + at + 2;
            } else {
                at += 1;
            }
        }
        from + rest.len()
    }

    /// `#"…"#` with any number of `#`.
    fn raw(&self) -> Option<usize> {
        let hashes = self.length_while(|c| c == '#');
        let inside = self.rest()[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        (hashes > 0).then(|| inside.find(&end).map_or(self.rest().len(), |at| hashes + 1 + at + end.len()))
    }

    fn sign(&mut self) -> (Kind, usize) {
        let rest = self.rest();
        if rest.starts_with('}') {
            self.braces = self.braces.saturating_sub(1);
            if self.embedded.last() == Some(&self.braces) {
                self.embedded.pop();
                return (Kind::Text, self.backticked(1));
            }
            return (Kind::Sign, 1);
        }
        let length = SIGNS
            .iter()
            .find(|sign| rest.starts_with(**sign))
            .map_or_else(|| rest.chars().next().map_or(0, char::len_utf8), |sign| sign.len());
        self.braces += usize::from(rest[..length].ends_with('{'));
        (Kind::Sign, length)
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks();
        let start = self.at;
        let (kind, length) = match self.rest().chars().next()? {
            c if c.is_alphabetic() || c == '_' => (Kind::Word, self.length_while(|c| c.is_alphanumeric() || c == '_')),
            c if c.is_ascii_digit() => (Kind::Number, self.number()),
            '"' => (Kind::Text, self.quoted('"')),
            '\'' => (Kind::Char, self.quoted('\'')),
            '`' => (Kind::Text, self.backticked(1)),
            '#' => self.raw().map_or_else(|| self.sign(), |length| (Kind::Text, length)),
            _ => self.sign(),
        };
        self.at = start + length.max(1);
        Some(Token { kind, range: start..self.at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_expression() {
        let cases = [
            ("a.b?.c ?? 1.5", "a . b ?. c ?? 1.5"),
            ("x == \"a\\\"b\" // rest", "x == \"a\\\"b\""),
            ("1..5", "1 .. 5"),
            ("1.abs()", "1 . abs ( )"),
            ("`a${b + `c${d}`}e`", "`a${ b + `c${ d }` }e`"),
            ("#\"a\"b\"# + 'c'", "#\"a\"b\"# + 'c'"),
            ("#{a: 1}", "#{ a : 1 }"),
            ("pricing::visit()", "pricing :: visit ( )"),
            ("\"open", "\"open"),
            ("имя + é", "имя + é"),
        ];
        for (source, want) in cases {
            let words: Vec<_> = tokens(source).iter().map(|token| token.text(source)).collect();
            assert_eq!(words.join(" "), want, "{source}");
        }
    }

    #[test]
    fn ends_of_braces() {
        let cases = [
            (" name }} x", Some(6)),
            (" \"}}\" }}", Some(6)),
            (" `}}` }}", Some(6)),
            (" #{a: #{b: 1}}.a }}", Some(17)),
            (" `${#{a: 1}.a}}}` }}", Some(18)),
            (" /* }} */ x }}", Some(12)),
            (" |x| { x } }}", Some(11)),
            (" name }", None),
            (" \"open }}", None),
            ("", None),
        ];
        for (source, want) in cases {
            assert_eq!(end_of_braces(source, 0), want, "{source}");
        }
    }
}
