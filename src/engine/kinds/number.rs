//! Numbers: the one in the message, with the grouping of the bot's languages.

use super::digits::western;
use super::sole;

/// Digits before the point of a number that is taken: all of them fit into 64 bits.
const MOST_DIGITS: usize = 18;

/// The only whole number in the text.
pub fn integer(text: &str, languages: &[&str]) -> Option<i64> {
    only(text, languages)?.parse().ok()
}

/// The only number in the text.
pub fn number(text: &str, languages: &[&str]) -> Option<f64> {
    only(text, languages)?.parse().ok()
}

/// The only number, written plainly (`-1234.5`). None: there is none, there are two, or one has grown into a word.
fn only(text: &str, languages: &[&str]) -> Option<String> {
    let text = western(text);
    languages.iter().find_map(|language| sole(numbers(&text, Style::of(language))?.into_iter()))
}

/// How a language writes numbers.
#[derive(Clone, Copy, Debug)]
struct Style {
    point: char,
    /// What may stand between groups of three digits.
    groups: &'static [char],
}

impl Style {
    fn of(language: &str) -> Self {
        let base = language.split(['-', '_']).next().unwrap_or(language);
        match base {
            "ru" | "uk" | "be" | "bg" | "cs" | "sk" | "pl" | "fr" | "fi" | "sv" | "nb" | "no" | "hu" | "kk" | "ky"
            | "uz" | "hy" | "ka" | "et" | "lv" | "lt" => Self { point: ',', groups: &[' ', '.'] },
            "de" | "es" | "it" | "pt" | "nl" | "tr" | "id" | "da" | "el" | "ro" | "sr" | "hr" | "sl" | "vi" | "az" => {
                Self { point: ',', groups: &['.', ' ', '\''] }
            }
            _ => Self { point: '.', groups: &[',', '\''] },
        }
    }
}

/// All numbers in the text; `None` when one of them has grown into a word.
fn numbers(text: &str, style: Style) -> Option<Vec<String>> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !is_digit(&chars, at) {
            at += 1;
            continue;
        }
        let end = number_end(&chars, at, style);
        if grown(&chars, at, end) || has_bare_point(&chars, at) {
            return None;
        }
        found.push(plain(&chars, at, end, style)?);
        at = end;
    }
    Some(found)
}

fn is_digit(chars: &[char], at: usize) -> bool {
    chars.get(at).is_some_and(char::is_ascii_digit)
}

fn digits_from(chars: &[char], at: usize) -> usize {
    chars.iter().skip(at).take_while(|c| c.is_ascii_digit()).count()
}

fn number_end(chars: &[char], start: usize, style: Style) -> usize {
    let first = digits_from(chars, start);
    let mut end = start + first;
    // No group begins with a zero: `0,125` is less than one to all.
    let has_groups = chars.get(start) != Some(&'0');
    if first <= 3 && has_groups {
        // The sign between the first two groups stands between all others.
        let sign = chars.get(end).copied().filter(|sign| style.groups.contains(sign));
        while chars.get(end).copied().is_some_and(|c| Some(c) == sign) && digits_from(chars, end + 1) == 3 {
            end += 4;
        }
    }
    // A point of the other style is read where it cannot be a group: `1.5` is the same to all.
    let is_point =
        |c: char| c == style.point || ((c == '.' || c == ',') && (!has_groups || digits_from(chars, end + 1) != 3));
    if chars.get(end).copied().is_some_and(is_point) && is_digit(chars, end + 1) {
        end += 1 + digits_from(chars, end + 1);
    }
    end
}

/// A letter right before or behind, or a point that makes a date or a version of it.
fn grown(chars: &[char], start: usize, end: usize) -> bool {
    let letter = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphabetic() || *c == '_');
    let joined = |sign: Option<&char>, digit: bool| digit && sign.is_some_and(|c| matches!(c, '.' | ',' | ':' | '/'));
    letter(start.checked_sub(1)) || letter(Some(end)) || joined(chars.get(end), is_digit(chars, end + 1))
}

/// A point with nothing before it: `.5` is not five.
fn has_bare_point(chars: &[char], start: usize) -> bool {
    let before = |back: usize| start.checked_sub(back).and_then(|at| chars.get(at));
    let is_point = before(1).is_some_and(|c| matches!(c, '.' | ','));
    is_point && before(2).is_none_or(|c| c.is_whitespace() || *c == '-')
}

fn plain(chars: &[char], start: usize, end: usize, style: Style) -> Option<String> {
    let written = chars.get(start..end)?;
    let is_point = |at: usize, c: char| {
        c == style.point
            || ((c == '.' || c == ',') && !style.groups.contains(&c))
            || written.first() == Some(&'0')
            || (!c.is_ascii_digit() && follows(written, at) != 3)
    };
    let point = written.iter().enumerate().rposition(|(at, c)| !c.is_ascii_digit() && is_point(at, *c));
    let mut out = String::new();
    if is_negative(chars, start) {
        out.push('-');
    }
    for (at, c) in written.iter().enumerate() {
        match (c.is_ascii_digit(), Some(at) == point) {
            (true, _) => out.push(*c),
            (false, true) => out.push('.'),
            (false, false) => {}
        }
    }
    let whole = out.split('.').next().unwrap_or_default().trim_start_matches('-').len();
    (whole <= MOST_DIGITS).then_some(out)
}

fn follows(written: &[char], at: usize) -> usize {
    digits_from(written, at + 1)
}

/// A minus that belongs to the number: nothing but space before it.
fn is_negative(chars: &[char], start: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| chars.get(at)) == Some(&'-');
    before && start.checked_sub(2).and_then(|at| chars.get(at)).is_none_or(|c| c.is_whitespace() || *c == '(')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_number() {
        let (en, ru, de) = (&["en"][..], &["ru", "en"][..], &["de"][..]);
        let cases: &[(&str, &[&str], Option<f64>)] = &[
            ("10", en, Some(10.0)),
            ("my number is 10", en, Some(10.0)),
            ("10 or 20", en, None),
            ("10-20", en, None),
            ("24ans", en, None),
            ("mp3", en, None),
            ("24 years", en, Some(24.0)),
            ("10%, please", en, Some(10.0)),
            ("$10.50", en, Some(10.5)),
            ("1,500", en, Some(1500.0)),
            ("1,500,000.25", en, Some(1_500_000.25)),
            ("1,500", ru, Some(1.5)),
            ("1 500", ru, Some(1500.0)),
            ("1 500 000,5", ru, Some(1_500_000.5)),
            ("1\u{a0}500", ru, Some(1500.0)),
            ("1.500", de, Some(1500.0)),
            ("1.500,75", de, Some(1500.75)),
            ("1.5", de, Some(1.5)),
            ("1,5", en, Some(1.5)),
            ("1 500", en, None),
            ("-5", en, Some(-5.0)),
            ("−5", en, Some(-5.0)),
            ("it is -5 outside", en, Some(-5.0)),
            ("room-5", en, Some(5.0)),
            ("٤٢", en, Some(42.0)),
            ("４２", en, Some(42.0)),
            ("٤٫٥", en, Some(4.5)),
            ("10.", en, Some(10.0)),
            (".5", en, None),
            ("-.5", en, None),
            ("it costs ,5", en, None),
            ("well...5", en, Some(5.0)),
            ("0,125", en, Some(0.125)),
            ("0.125", de, Some(0.125)),
            ("0,125,250", en, None),
            ("12:30", en, None),
            ("1.2.3", en, None),
            ("1/2", en, None),
            ("nothing", en, None),
            ("", en, None),
            ("99999999999999999999", en, None),
            ("1e5", en, None),
            ("№5", ru, Some(5.0)),
        ];
        for (text, languages, want) in cases {
            assert_eq!(number(text, languages), *want, "{text} in {languages:?}");
        }
    }

    #[test]
    fn the_one_integer() {
        let cases =
            [("10", Some(10)), ("10.5", None), ("1,500", Some(1500)), ("-3", Some(-3)), ("two", None), ("10.0", None)];
        for (text, want) in cases {
            assert_eq!(integer(text, &["en"]), want, "{text}");
        }
    }
}
