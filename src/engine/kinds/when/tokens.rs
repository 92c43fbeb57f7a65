//! A message as words and numbers, so that phrases can be found in it.

use super::super::digits::western;
use crate::engine::fold::fold;

/// More of them make no answer to a question for a time.
const MOST_TOKENS: usize = 80;

/// A word or a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Folded.
    pub text: String,
    /// Digits only.
    pub is_number: bool,
    /// What stands between it and the token before: nothing where they touch, a sign, or a space.
    pub joint: Joint,
}

/// What stands between two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    /// They touch: `3pm`.
    Touching,
    /// A sign between two numbers that touch it: `10:30`.
    Sign(char),
    /// They stand apart.
    Apart,
}

impl Token {
    /// Its value, of so many digits at most.
    pub fn number(&self, digits: usize) -> Option<u32> {
        if self.is_number && self.text.len() <= digits { self.text.parse().ok() } else { None }
    }

    /// Not tied to what stands before.
    pub fn is_apart(&self) -> bool {
        self.joint == Joint::Apart
    }
}

/// The tokens of a text; `None` when there are too many.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let folded = fold(&western(text)).replace("a.m.", "am").replace("p.m.", "pm");
    // Keyboards of phones make long dashes of short ones.
    let chars: Vec<char> = folded.chars().map(|c| if matches!(c, '–' | '—' | '‑' | '−') { '-' } else { c }).collect();
    let mut found: Vec<Token> = Vec::new();
    let (mut at, mut end) = (0, 0);
    while at < chars.len() {
        let Some(length) = length_at(&chars, at) else {
            at += 1;
            continue;
        };
        if found.len() == MOST_TOKENS {
            return None;
        }
        let is_number = chars[at].is_ascii_digit();
        let joint = match (found.last(), at - end) {
            (Some(_), 0) => Joint::Touching,
            (Some(last), 1) if last.is_number && is_number && is_sign(chars[end]) => Joint::Sign(chars[end]),
            _ => Joint::Apart,
        };
        found.push(Token { text: chars[at..at + length].iter().collect(), is_number, joint });
        at += length;
        end = at;
    }
    Some(found)
}

fn is_sign(c: char) -> bool {
    matches!(c, ':' | '.' | '/' | '-' | ',')
}

/// How long the token is that begins here.
fn length_at(chars: &[char], at: usize) -> Option<usize> {
    let rest = &chars[at..];
    let first = rest.first()?;
    if first.is_ascii_digit() {
        return Some(rest.iter().take_while(|c| c.is_ascii_digit()).count());
    }
    // An apostrophe within a word belongs to it: `o'clock`.
    let inner = |n: usize| rest[n] == '\'' && rest.get(n + 1).is_some_and(|c| c.is_alphabetic());
    let length = (0..rest.len()).take_while(|n| rest[*n].is_alphabetic() || (*n > 0 && inner(*n))).count();
    (length > 0).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let tokens = tokens(text).unwrap();
        let parts = tokens.iter().map(|token| match token.joint {
            Joint::Apart => format!(" {}", token.text),
            Joint::Touching => format!("+{}", token.text),
            Joint::Sign(sign) => format!("{sign}{}", token.text),
        });
        parts.collect::<String>().trim().to_owned()
    }

    #[test]
    fn words_and_numbers() {
        let cases = [
            ("Tomorrow, at 10:30!", "tomorrow at 10:30"),
            ("3pm or 3 p.m.", "3+pm or 3 pm"),
            ("10-го марта", "10 го марта"),
            ("10.03.2026 (15h30)", "10.03.2026 15+h+30"),
            ("nine o’clock, aujourd'hui 'quoted'", "nine o'clock aujourd'hui quoted"),
            ("٣ марта", "3 марта"),
            ("10. März", "10 marz"),
            ("", ""),
        ];
        for (text, want) in cases {
            assert_eq!(shown(text), want, "{text}");
        }
        assert_eq!(tokens(&"1 ".repeat(MOST_TOKENS + 1)), None);
    }
}
