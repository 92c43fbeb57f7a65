//! Rewrites the texts that tests expect to what the bot says now. Only the scalars change: comments, order and layout stay.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use crate::yaml::{Located, Source, Style};

/// A text of a test that is to become another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The scalar: its quotes included, of a block only the lines.
    pub at: Located,
    /// How it is written.
    pub style: Style,
    /// What the bot says now.
    pub text: String,
}

/// The files with these texts in place of their own, by path.
pub fn rewritten(rewrites: &[Rewrite]) -> Vec<Source> {
    let mut by_file: BTreeMap<Arc<str>, Vec<&Rewrite>> = BTreeMap::new();
    for rewrite in rewrites {
        by_file.entry(rewrite.at.source.path.clone()).or_default().push(rewrite);
    }
    by_file.into_values().filter_map(|rewrites| rewritten_file(rewrites)).collect()
}

/// From the end on, so that no place moves before its turn.
fn rewritten_file(mut rewrites: Vec<&Rewrite>) -> Option<Source> {
    rewrites.sort_by_key(|rewrite| std::cmp::Reverse(rewrite.at.bytes.start));
    let source = &rewrites.first()?.at.source;
    let mut text = source.text.to_string();
    for rewrite in &rewrites {
        let (place, scalar) = scalar(rewrite);
        text.replace_range(place, &scalar);
    }
    Some(Source { path: source.path.clone(), text: text.into() })
}

/// Where the text goes, and how it is written there: in the style of the one that it takes the place of where that can hold it.
fn scalar(rewrite: &Rewrite) -> (Range<usize>, String) {
    let Rewrite { at, style, text } = rewrite;
    let is_line = !text.contains(|c: char| c.is_control());
    let written = match at.text().chars().next() {
        _ if *style == Style::Block => return block(at, text),
        Some('\'') if is_line => format!("'{}'", text.replace('\'', "''")),
        Some('"') => quoted(text),
        _ if is_plain(text) => text.clone(),
        _ => quoted(text),
    };
    (at.bytes.clone(), written)
}

/// What can stand without quotes anywhere, in brackets, too. What is doubtful is quoted.
fn is_plain(text: &str) -> bool {
    let harmless = |c: char| c.is_alphanumeric() || " .!?'’()%/+–—…_-".contains(c);
    let is_word = !matches!(text.to_lowercase().as_str(), "null" | "true" | "false" | "yes" | "no");
    text.starts_with(char::is_alphanumeric) && !text.ends_with(' ') && text.chars().all(harmless) && is_word
}

/// As YAML reads it between double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The lines of a block begin at their indentation; the `|` or `>` of it stands in a line before.
fn block(at: &Located, text: &str) -> (Range<usize>, String) {
    let file = &at.source.text;
    let before = file.get(..at.bytes.start).unwrap_or_default();
    let indent = before.get(before.rfind('\n').map_or(0, |end| end + 1)..).unwrap_or_default();
    let opening = before.trim_end();
    let line = opening.rfind('\n').map_or(0, |end| end + 1);
    // Its comment may have such a sign, too; the first one is the block's.
    let Some(sign) = opening.get(line..).and_then(|opening| opening.find(['|', '>'])).map(|sign| line + sign) else {
        return (at.bytes.clone(), at.text().to_owned());
    };
    let whole = sign..at.bytes.end;
    match lines(text, indent) {
        Some(lines) if file.get(sign..).is_some_and(|rest| rest.starts_with('|')) => (at.bytes.clone(), lines),
        Some(lines) => (whole, format!("|\n{indent}{lines}")),
        None => (whole, quoted(text)),
    }
}

/// As lines of a block, but for the indentation of the first. `None` where a block cannot hold the text.
fn lines(text: &str, indent: &str) -> Option<String> {
    let text = text.trim_end_matches('\n');
    let fits = |line: &str| !line.contains(|c: char| c.is_control());
    let holds = !text.is_empty() && !text.starts_with([' ', '\n']) && text.lines().all(fits);
    let line =
        |(n, line): (usize, &str)| if n == 0 || line.is_empty() { line.to_owned() } else { format!("{indent}{line}") };
    holds.then(|| text.lines().enumerate().map(line).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn scalars_keep_their_style_where_they_can_and_read_back_as_the_text() {
        let texts = [
            "Hello.",
            "It is 30 €: fine",
            "don't # you",
            "a \"b\" \\ c",
            "1. One\n2. Two",
            "",
            " spaces ",
            "null",
            "- x",
            "{{ x }}",
            "tab\there",
            "end\n\nwith empty line",
        ];
        for old in ["plain", "'single'", "\"double\"", "|\n    one\n    two", ">-\n    folded\n    text"] {
            for text in texts {
                let written = format!("talk:\n- bot: {old}\n  # a comment\n- next: 1\n");
                let source = Arc::new(Source { path: "a".into(), text: written.into() });
                let (node, _) = yaml::read(&source);
                let node = node.unwrap();
                let scalar = node.get("talk").unwrap().one_or_many()[0].get("bot").unwrap();
                let yaml::Content::Scalar { style, .. } = scalar.content else { panic!("no scalar: {old}") };
                let rewrite = Rewrite { at: scalar.at.clone(), style, text: text.into() };
                let [file] = <[Source; 1]>::try_from(rewritten(&[rewrite])).unwrap();
                let (node, problems) = yaml::read(&Arc::new(Source { path: "a".into(), text: file.text.clone() }));
                assert_eq!(problems, [], "{}", file.text);
                let node = node.unwrap();
                let items = node.get("talk").unwrap().one_or_many();
                let read = items[0].get("bot").unwrap().scalar().unwrap();
                assert_eq!(read.trim_end_matches('\n'), text.trim_end_matches('\n'), "{}", file.text);
                assert!(file.text.contains("# a comment") && items[1].get("next").is_some(), "{}", file.text);
            }
        }
    }
}
