//! Dates and times in figures, which all languages write alike: `2026-03-10`, `10.03.2026`, `10/3`, `9:30`.

use super::phrases::{Hour, clock};
use super::tokens::{Joint, Token};

/// A date as written. Its year is missing where none was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub year: Option<i32>,
    pub month: u32,
    pub day: u32,
}

/// The date that begins there, and where it ends.
pub(super) fn date(tokens: &[Token], at: usize, month_first: bool, this_year: i32) -> Option<(usize, Figures)> {
    let first = tokens.get(at).filter(|token| token.joint == Joint::Apart && token.is_number)?;
    let second = tokens.get(at + 1)?;
    let Joint::Sign(sign @ ('.' | '/' | '-')) = second.joint else { return None };
    let third = tokens.get(at + 2).filter(|token| token.joint == Joint::Sign(sign) && token.is_number);
    let end = at + if third.is_some() { 3 } else { 2 };
    let goes_on = tokens.get(end).is_some_and(|token| matches!(token.joint, Joint::Sign(_)));
    if goes_on {
        return None;
    }
    if first.text.len() == 4 {
        let year = i32::try_from(first.number(4)?).ok()?;
        return Some((end, valid(Some(year), second.number(2)?, third?.number(2)?)?));
    }
    let year = match third {
        Some(third) => Some(year(third, this_year)?),
        // `10-12` is from ten to twelve.
        None if sign == '-' => return None,
        None => None,
    };
    let (a, b) = (first.number(2)?, second.number(2)?);
    let (day, month) = if month_first { (b, a) } else { (a, b) };
    // With slashes both orders are in use; the other one is taken where only that is a date.
    let other = || (sign == '/').then(|| valid(year, day, month)).flatten();
    let found = valid(year, month, day).or_else(other)?;
    Some((end, found))
}

fn valid(year: Option<i32>, month: u32, day: u32) -> Option<Figures> {
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
    fits.then_some(Figures { year, month, day })
}

/// Of four digits, or of two: at most twenty years ahead.
fn year(token: &Token, this_year: i32) -> Option<i32> {
    const AHEAD: i32 = 20;
    let number = i32::try_from(token.number(4)?).ok()?;
    match token.text.len() {
        4 => Some(number),
        2 => {
            let century = this_year / 100 * 100;
            let year = century + number;
            Some(if year > this_year + AHEAD { year - 100 } else { year })
        }
        _ => None,
    }
}

/// The time that begins there and has its minutes, and where it ends.
pub(super) fn time(tokens: &[Token], at: usize) -> Option<(usize, Hour)> {
    let is_time = |(_, hour): &(usize, Hour)| hour.minute.is_some();
    clock(tokens, at).filter(is_time)
}
