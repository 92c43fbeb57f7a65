//! Rendering to what a channel can do: long texts in parts, clean template parameters.

use unicode_segmentation::UnicodeSegmentation;

/// Parts that one text is sent in at most; the rest of it is cut.
const MOST_PARTS: usize = 10;
/// The longest parameter of a template: WhatsApp's limit of a body is 1 024 characters with all of them filled in.
const LONGEST_PARAMETER: usize = 1024;

/// A text in parts of at most `limit` characters, cut at a paragraph's, sentence's or word's end, whichever is the first to fit.
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && parts.len() < MOST_PARTS {
        let end = part_end(rest, limit);
        let (part, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        parts.push(part.trim_end().to_owned());
        rest = after.trim_start();
    }
    parts
}

/// Where the first part ends, in bytes.
fn part_end(text: &str, limit: usize) -> usize {
    let Some((most, _)) = text.char_indices().nth(limit) else { return text.len() };
    let head = text.get(..most).unwrap_or(text);
    // A part of less than half the limit reads worse than one cut at a lesser place.
    let good = |end: &usize| *end > most / 2;
    let paragraph = || head.rfind("\n\n");
    // A sentence's bound stands behind the spaces that follow it.
    let fits = |at: &usize| text.get(..*at).is_some_and(|head| head.trim_end().len() <= most);
    let sentence = || text.split_sentence_bound_indices().map(|(at, _)| at).take_while(fits).last();
    let upto = |at: &usize| *at <= most;
    let spaces = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let space = || spaces.take_while(upto).last();
    let grapheme = || text.grapheme_indices(true).map(|(at, _)| at).take_while(upto).last().filter(|at| *at > 0);
    paragraph()
        .filter(good)
        .or_else(|| sentence().filter(good))
        .or_else(|| space().filter(good))
        .or_else(grapheme)
        .unwrap_or(most)
}

/// A template's parameter: one line, single spaces, never empty.
pub fn parameter(text: &str) -> String {
    let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = clean.chars().take(LONGEST_PARAMETER).collect();
    if cut.is_empty() { "-".into() } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_where_it_reads_well() {
        let cases: &[(&str, usize, &[&str])] = &[
            ("short", 10, &["short"]),
            ("", 10, &[]),
            ("One two. Three four. Five.", 20, &["One two. Three four.", "Five."]),
            ("One two. Three four. Five.", 12, &["One two.", "Three four.", "Five."]),
            ("one two three four", 9, &["one two", "three", "four"]),
            ("ne\u{301}e\u{301}e\u{301}", 4, &["ne\u{301}", "e\u{301}e\u{301}"]),
            ("aaaaaaaaaa", 4, &["aaaa", "aaaa", "aa"]),
            ("Erster Satz hier.\n\nZweiter.", 20, &["Erster Satz hier.", "Zweiter."]),
            ("приёмпри ёмприём", 8, &["приёмпри", "ёмприём"]),
        ];
        for (text, limit, want) in cases {
            let got = split(text, *limit);
            assert_eq!(got, *want, "{text} at {limit}");
        }
        assert_eq!(split(&"x".repeat(1000), 10).len(), MOST_PARTS);
    }

    #[test]
    fn parameters_are_clean() {
        for (text, want) in [("", "-"), (" \n ", "-"), ("a\n\tb  c", "a b c")] {
            assert_eq!(parameter(text), want);
        }
        assert_eq!(parameter(&"x".repeat(5000)).len(), LONGEST_PARAMETER);
    }
}
