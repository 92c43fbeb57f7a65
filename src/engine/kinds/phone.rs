//! Phone numbers: the one in the message, as E.164.

use phonenumber::country::Id;
use phonenumber::{Mode, PhoneNumber};

use super::digits::western;
use super::sole;

/// Digits of E.164 and of an international prefix before them.
const MOST_DIGITS: usize = 19;

/// Read the numbering plans of all countries now, at load: it takes longer than a turn may.
pub fn warm() {
    // Any look at it reads it.
    let _ = phonenumber::metadata::DATABASE.by_id("US");
}

/// The only number in the text, read in the region of the contact's own phone, else with `+`.
pub fn phone(text: &str, own: Option<&str>) -> Option<String> {
    let text = western(text);
    // An hour or an age beside it is no phone.
    let number = sole(candidates(&text)?.iter().filter_map(|candidate| read(candidate, own)))?;
    Some(number.format().mode(Mode::E164).to_string())
}

fn read(candidate: &str, own: Option<&str>) -> Option<PhoneNumber> {
    let digits = candidate.chars().filter(char::is_ascii_digit).count();
    if digits > MOST_DIGITS {
        return None;
    }
    let valid = |number: &PhoneNumber| number.is_valid();
    if candidate.starts_with('+') {
        return phonenumber::parse(None, candidate).ok().filter(valid);
    }
    let region = own.and_then(region)?;
    let local = phonenumber::parse(Some(region), candidate).ok().filter(valid);
    // People leave the plus away, too.
    local.or_else(|| phonenumber::parse(None, format!("+{candidate}")).ok().filter(valid))
}

fn region(own: &str) -> Option<Id> {
    phonenumber::parse(None, own).ok()?.country().id()
}

/// What looks like a number: digits with spaces, dashes, dots and brackets between. `None` when one has grown into a word.
fn candidates(text: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    let mut before = ' ';
    for c in text.chars() {
        let grows = |other: char| other.is_alphabetic() || other == '_';
        if (c.is_ascii_digit() && grows(before)) || (grows(c) && before.is_ascii_digit()) {
            return None;
        }
        match c {
            '+' => {
                found.push(c.to_string());
                open = true;
            }
            _ if c.is_ascii_digit() && open => found.last_mut()?.push(c),
            _ if c.is_ascii_digit() => {
                found.push(c.to_string());
                open = true;
            }
            ' ' | '-' | '(' | ')' | '.' | '/' => {}
            _ => open = false,
        }
        before = c;
    }
    found.retain(|number| number.chars().any(|c| c.is_ascii_digit()));
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_phone() {
        let (ru, us, none) = (Some("+79260000009"), Some("+12025550123"), None);
        let cases: &[(&str, Option<&str>, Option<&str>)] = &[
            ("+7 926 000-00-01", none, Some("+79260000001")),
            ("call +7 (926) 000-00-01 please", none, Some("+79260000001")),
            ("8 926 000 00 01", ru, Some("+79260000001")),
            ("9260000001", ru, Some("+79260000001")),
            ("79260000001", ru, Some("+79260000001")),
            ("+79260000001", us, Some("+79260000001")),
            ("(202) 555-0123", us, Some("+12025550123")),
            ("8 926 000 00 01", none, None),
            ("+٧٩٢٦٠٠٠٠٠٠١", none, Some("+79260000001")),
            ("+7 926 000-00-01 or +7 926 000-00-02", none, None),
            ("+7 926 000-00-01, +7 926 000-00-02", none, None),
            ("+79260000001x", none, None),
            ("Anna, 30, +7 926 000-00-01, call after 18", none, Some("+79260000001")),
            ("8 926 000 00 01, from 9 to 18", ru, Some("+79260000001")),
            ("+7926", none, None),
            ("12", ru, None),
            ("not a number", ru, None),
            ("", ru, None),
            ("+", ru, None),
            ("+99999999999999999999999999999", ru, None),
        ];
        for (text, own, want) in cases {
            assert_eq!(phone(text, *own).as_deref(), *want, "{text} for {own:?}");
        }
    }
}
