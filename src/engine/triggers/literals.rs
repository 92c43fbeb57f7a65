//! What every match of a regex must hold: literal texts that can be looked for together, for all regexes of a bot at once.

use regex_syntax::hir::{Class, Hir, HirKind};

/// One of these is in every match, letters replaced by their `key`. None is empty.
pub type Literals = Vec<String>;

/// More alternatives are not worth looking for.
const MOST_LITERALS: usize = 64;
/// A class of more characters is no letter in two cases.
const MOST_CASES: usize = 4;

/// The required literals of a regex.
pub fn required(pattern: &str) -> Option<Literals> {
    let hir = regex_syntax::parse(pattern).ok()?;
    of(&hir)
}

/// A character for comparing without case: all cases of a letter have the same.
pub fn key(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let upper = sole(c.to_uppercase()).unwrap_or(c);
    sole(upper.to_lowercase()).unwrap_or(upper)
}

fn sole(mut chars: impl Iterator<Item = char>) -> Option<char> {
    match (chars.next(), chars.next()) {
        (Some(c), None) => Some(c),
        _ => None,
    }
}

fn of(hir: &Hir) -> Option<Literals> {
    match hir.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
        HirKind::Literal(_) | HirKind::Class(_) => exact(hir).map(|text| vec![text]),
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Alternation(branches) => all_branches(branches),
        HirKind::Concat(parts) => best_part(parts),
    }
}

/// The text that a part always is, in keys.
fn exact(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(std::str::from_utf8(&literal.0).ok()?.chars().map(key).collect()),
        HirKind::Class(Class::Unicode(class)) => {
            let mut cases = class.iter().flat_map(|range| range.start()..=range.end()).take(MOST_CASES + 1);
            let first = key(cases.next()?);
            let rest: Vec<char> = cases.collect();
            (rest.len() < MOST_CASES && rest.iter().all(|c| key(*c) == first)).then(|| first.to_string())
        }
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(exact).collect(),
        _ => None,
    }
}

fn all_branches(branches: &[Hir]) -> Option<Literals> {
    let mut all = Literals::new();
    for branch in branches {
        all.extend(of(branch)?);
        if all.len() > MOST_LITERALS {
            return None;
        }
    }
    Some(all)
}

/// The runs of exact text, and what the other parts require: the one whose shortest literal is longest finds the fewest wrong texts.
fn best_part(parts: &[Hir]) -> Option<Literals> {
    let mut found: Vec<Literals> = Vec::new();
    let mut run = String::new();
    for part in parts {
        if let Some(text) = exact(part) {
            run.push_str(&text);
            continue;
        }
        if is_zero_width(part) {
            continue;
        }
        if !run.is_empty() {
            found.push(vec![std::mem::take(&mut run)]);
        }
        found.extend(of(part));
    }
    if !run.is_empty() {
        found.push(vec![run]);
    }
    found.into_iter().max_by_key(|literals| literals.iter().map(String::len).min())
}

fn is_zero_width(hir: &Hir) -> bool {
    matches!(hir.kind(), HirKind::Look(_) | HirKind::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_must_be_there() {
        let cases: &[(&str, &[&str])] = &[
            ("price", &["price"]),
            ("(?i)price", &["price"]),
            ("(?i)цена", &["цена"]),
            (r"(?i)visit on (?<day>\w+)", &["visit on "]),
            (r"^\s*(?:buy|sell)\s+gold$", &["gold"]),
            (r"\b(?:cat|dog)\b", &["cat", "dog"]),
            (r"(?:cat|d.g)s?x", &["x"]),
            (r"\d+", &[]),
            (".*", &[]),
            ("a?b*", &[]),
            ("(?:abc)+", &["abc"]),
            ("(?:abc)?", &[]),
            ("(?i)maß", &["maß"]),
            ("(?i)kelvin sense", &["kelvin sense"]),
            (r"(?i)\bbook\b.*\bvisit\b", &["visit"]),
        ];
        for (pattern, want) in cases {
            let got = required(pattern).unwrap_or_default();
            assert_eq!(got, *want, "{pattern}");
        }
    }

    #[test]
    fn a_match_always_holds_a_literal() {
        let cases =
            [("(?i)kiss", "\u{212a}I\u{17f}s"), ("(?i)straße", "STRAẞE"), ("(?i)ΣΟΣ", "σος"), ("(?i)в", "\u{1c80}")];
        for (pattern, text) in cases {
            let regex = regex::Regex::new(pattern).expect("a regex");
            if !regex.is_match(text) {
                continue;
            }
            let keys: String = text.chars().map(key).collect();
            let literals = required(pattern).unwrap_or_default();
            assert!(
                literals.is_empty() || literals.iter().any(|l| keys.contains(l)),
                "{pattern} in {text}: {literals:?}"
            );
        }
    }
}
