//! Rendering to what a channel can do: long texts in parts, options as buttons or a list, clean template parameters.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::{Capabilities, ListLimits, Menu, ShownOption};

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

/// Options as buttons, else as a list opened by `button`, as far as the channel shows them; `None`: they go as numbered text. Titles that
/// are too long are cut; a list shows the whole title below.
pub fn menu(text: &str, options: &[ShownOption], button: &str, can: &Capabilities) -> Option<Menu> {
    if text.is_empty() || text.chars().count() > can.menu_text_limit {
        return None;
    }
    let menu = |list, options| Menu { text: text.to_owned(), list, options };
    let buttons = can.buttons.filter(|limits| options.len() <= limits.most);
    if let Some(shown) = buttons.and_then(|limits| titled(options, |option| cut_option(option, limits.title, 0))) {
        return Some(menu(None, shown));
    }
    let limits: ListLimits = can.list.filter(|limits| options.len() <= limits.most)?;
    let shown = titled(options, |option| cut_option(option, limits.title, limits.description))?;
    Some(menu(Some(cut_label(button, limits.button)), shown))
}

/// As cut; `None` where two of them would look the same, which messengers refuse.
fn titled(options: &[ShownOption], cut: impl Fn(&ShownOption) -> ShownOption) -> Option<Vec<ShownOption>> {
    let shown: Vec<_> = options.iter().map(cut).collect();
    let titles: BTreeSet<&str> = shown.iter().map(|option| option.title.as_str()).collect();
    (!shown.is_empty() && titles.len() == shown.len()).then_some(shown)
}

fn cut_option(option: &ShownOption, title: usize, description: usize) -> ShownOption {
    let shown = cut_label(&option.title, title);
    let whole = if shown == option.title { String::new() } else { option.title.clone() };
    let description = if description == 0 { String::new() } else { cut_label(&whole, description) };
    ShownOption { id: option.id.clone(), title: shown, description }
}

/// A label of at most so many characters, on one line; what is cut ends in `…`.
pub fn cut_label(label: &str, limit: usize) -> String {
    let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
    if label.chars().count() <= limit {
        return label;
    }
    let end = |at: &usize| label.get(..*at).is_some_and(|head| head.chars().count() < limit);
    let at = label.grapheme_indices(true).map(|(at, _)| at).take_while(end).last().unwrap_or(0);
    format!("{}…", label.get(..at).unwrap_or_default().trim_end())
}

/// Options as text: numbered, a line each, below the text.
pub fn numbered(text: &str, titles: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut out = text.to_owned();
    for (n, title) in titles.into_iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n{}. {}", n + 1, title.as_ref());
    }
    out
}

/// A template's parameter: one line, single spaces, never empty.
pub fn parameter(text: &str) -> String {
    let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = clean.chars().take(LONGEST_PARAMETER).collect();
    if cut.is_empty() { "-".into() } else { cut }
}

#[cfg(test)]
mod tests {
    use crate::domain::ButtonLimits;

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
    fn options_are_shown_as_the_channel_can() {
        const RICH: Capabilities = Capabilities {
            buttons: Some(ButtonLimits { most: 3, title: 8 }),
            list: Some(ListLimits { most: 5, title: 10, description: 14, button: 6 }),
            menu_text_limit: 20,
            ..Capabilities::PLAIN
        };
        let cases: &[(&str, &[&str], &Capabilities, &str)] = &[
            ("plain", &["a", "b"], &Capabilities::PLAIN, "numbered"),
            ("buttons", &["Prices", "Book"], &RICH, "buttons: Prices, Book"),
            ("cut", &["Prices of all", "Book"], &RICH, "buttons: Prices…, Book"),
            ("alike as buttons", &["Price of a", "Price of b"], &RICH, "list Choose: Price of a, Price of b"),
            ("alike once cut", &["Prices of us all", "Prices of us both"], &RICH, "numbered"),
            (
                "cut in a list",
                &["a", "b", "c", "Something longer"],
                &RICH,
                "list Choose: a, b, c, Something…/Something lon…",
            ),
            ("list", &["a", "b", "c", "d"], &RICH, "list Choose: a, b, c, d"),
            ("too many", &["a", "b", "c", "d", "e", "f"], &RICH, "numbered"),
            ("the text is too long for it", &["a", "b"], &RICH, "numbered"),
            ("", &["a", "b"], &RICH, "numbered"),
        ];
        for (text, titles, can, want) in cases {
            let options: Vec<_> = titles.iter().map(|title| option(title)).collect();
            let shown = menu(text, &options, "Choose", can).map_or_else(
                || "numbered".to_owned(),
                |menu| {
                    let row = |o: &ShownOption| {
                        if o.description.is_empty() {
                            o.title.clone()
                        } else {
                            format!("{}/{}", o.title, o.description)
                        }
                    };
                    let rows = menu.options.iter().map(row).collect::<Vec<_>>().join(", ");
                    menu.list.map_or_else(|| format!("buttons: {rows}"), |button| format!("list {button}: {rows}"))
                },
            );
            assert_eq!(shown, *want, "{text}");
        }
        assert_eq!(numbered("Which?", ["a", "b"]), "Which?\n1. a\n2. b");
    }

    fn option(title: &str) -> ShownOption {
        ShownOption { id: title.into(), title: title.into(), description: String::new() }
    }

    #[test]
    fn parameters_are_clean() {
        for (text, want) in [("", "-"), (" \n ", "-"), ("a\n\tb  c", "a b c")] {
            assert_eq!(parameter(text), want);
        }
        assert_eq!(parameter(&"x".repeat(5000)).len(), LONGEST_PARAMETER);
    }
}
