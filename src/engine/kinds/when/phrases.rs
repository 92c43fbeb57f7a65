//! A language's phrases, compiled, and how they are found among tokens.

use std::sync::LazyLock;

use super::tokens::{Joint, Token};
use super::words::{Meaning, NONE, WORDS, Words};
use crate::engine::fold::fold;

/// A language, compiled.
#[derive(Debug)]
pub(super) struct Language {
    pub words: &'static Words,
    weekdays: Vec<Vec<String>>,
    months: Vec<Vec<String>>,
    units: Vec<Vec<String>>,
    numbers: Vec<(String, u32)>,
    ordinals: Vec<(String, u32)>,
    phrases: Vec<Phrase>,
}

#[derive(Debug)]
struct Phrase {
    items: Vec<Item>,
    meanings: &'static [Meaning],
}

#[derive(Debug)]
struct Item {
    any: Vec<Part>,
    is_optional: bool,
}

#[derive(Debug)]
enum Part {
    Word(String),
    Slot(Slot),
    /// A word that begins so, and an hour in its order behind it: `полдесятого`.
    Prefixed(String),
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Hour,
    Ordinal,
    Minute,
    Count,
    Day,
    Month,
    Year,
    Weekday,
    Unit,
}

/// What the slots of a phrase held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub hour: Option<Hour>,
    pub minute: Option<u32>,
    pub count: Option<u32>,
    pub day: Option<u32>,
    pub month: Option<u32>,
    pub year: Option<i32>,
    /// From Monday, 0.
    pub weekday: Option<u32>,
    pub unit: Option<usize>,
}

/// An hour as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hour {
    pub number: u32,
    pub minute: Option<u32>,
    /// With a zero before it.
    pub is_padded: bool,
}

/// A phrase that was found.
#[derive(Debug)]
pub(super) struct Hit {
    pub meanings: &'static [Meaning],
    pub held: Held,
    /// The token behind it.
    pub end: usize,
}

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| WORDS.iter().map(|words| Language::new(words)).collect());
static FIGURES: LazyLock<Language> = LazyLock::new(|| Language::new(NONE));

/// The compiled language of a code. The first call compiles all: it takes longer than a turn may.
pub(super) fn language(code: &str) -> &'static Language {
    let base = code.split(['-', '_']).next().unwrap_or(code);
    LANGUAGES.iter().find(|language| language.words.code == base).unwrap_or(&FIGURES)
}

fn forms(list: &[&str]) -> Vec<Vec<String>> {
    list.iter().map(|forms| forms.split('|').filter(|form| !form.is_empty()).map(fold).collect()).collect()
}

fn valued(list: &[(&str, u32)]) -> Vec<(String, u32)> {
    list.iter().map(|(word, value)| (fold(word), *value)).collect()
}

impl Language {
    fn new(words: &'static Words) -> Self {
        let phrase = |(pattern, meanings): &(&str, &'static [Meaning])| Phrase {
            items: pattern.split(' ').map(Item::new).collect(),
            meanings,
        };
        Self {
            words,
            weekdays: forms(&words.weekdays),
            months: forms(&words.months),
            units: forms(&words.units),
            numbers: valued(words.numbers),
            ordinals: valued(words.ordinals),
            phrases: words.phrases.iter().map(phrase).collect(),
        }
    }

    /// The longest phrase that begins there.
    pub fn longest(&self, tokens: &[Token], at: usize) -> Option<Hit> {
        let hits = self.phrases.iter().filter_map(|phrase| {
            let (end, held) = self.items(&phrase.items, tokens, at, Held::default())?;
            (end > at).then_some(Hit { meanings: phrase.meanings, held, end })
        });
        // Of phrases as long, the last stands: it is the more special one.
        hits.max_by_key(|hit| hit.end)
    }

    fn items(&self, items: &[Item], tokens: &[Token], at: usize, held: Held) -> Option<(usize, Held)> {
        let Some((item, rest)) = items.split_first() else { return Some((at, held)) };
        let with = item.any.iter().find_map(|part| {
            let (next, held) = self.part(part, tokens, at, held)?;
            self.items(rest, tokens, next, held)
        });
        with.or_else(|| item.is_optional.then(|| self.items(rest, tokens, at, held)).flatten())
    }

    fn part(&self, part: &Part, tokens: &[Token], at: usize, held: Held) -> Option<(usize, Held)> {
        let token = tokens.get(at)?;
        match part {
            Part::Word(word) => (token.text == *word).then_some((at + 1, held)),
            Part::Prefixed(prefix) => {
                let hour = value(&self.ordinals, token.text.strip_prefix(prefix.as_str())?)?;
                Some((at + 1, Held { hour: Some(plain(hour)), ..held }))
            }
            Part::Slot(slot) => self.slot(*slot, tokens, at, held),
        }
    }

    fn slot(&self, slot: Slot, tokens: &[Token], at: usize, held: Held) -> Option<(usize, Held)> {
        let token = tokens.get(at)?;
        let number = || number_alone(tokens, at).or_else(|| value(&self.numbers, &token.text));
        let held = match slot {
            Slot::Hour => {
                let (end, hour) = clock(tokens, at).or_else(|| Some((at + 1, plain(number()?))))?;
                return (hour.number <= 24).then_some((end, Held { hour: Some(hour), ..held }));
            }
            Slot::Ordinal => Held { hour: Some(plain(value(&self.ordinals, &token.text)?)), ..held },
            Slot::Minute => Held { minute: Some(number().filter(|m| *m < 60)?), ..held },
            Slot::Count => Held { count: Some(number()?), ..held },
            Slot::Day => Held { day: Some(number_alone(tokens, at).filter(|d| (1..=31).contains(d))?), ..held },
            Slot::Year => Held { year: Some(year(number_alone(tokens, at)?, token)?), ..held },
            Slot::Month => Held { month: Some(place(&self.months, &token.text)? as u32 + 1), ..held },
            Slot::Weekday => Held { weekday: Some(place(&self.weekdays, &token.text)? as u32), ..held },
            Slot::Unit => Held { unit: Some(place(&self.units, &token.text)?), ..held },
        };
        Some((at + 1, held))
    }
}

impl Item {
    fn new(text: &str) -> Self {
        let (parts, is_optional) = text.strip_suffix('?').map_or((text, false), |parts| (parts, true));
        Self { any: parts.split('|').map(Part::new).collect(), is_optional }
    }
}

impl Part {
    fn new(text: &str) -> Self {
        let slot = match text {
            "{h}" => Slot::Hour,
            "{o}" => Slot::Ordinal,
            "{m}" => Slot::Minute,
            "{n}" => Slot::Count,
            "{d}" => Slot::Day,
            "{M}" => Slot::Month,
            "{y}" => Slot::Year,
            "{W}" => Slot::Weekday,
            "{u}" => Slot::Unit,
            word => {
                let prefix = word.strip_suffix("{o}");
                return prefix.map_or_else(|| Self::Word(fold(word)), |prefix| Self::Prefixed(fold(prefix)));
            }
        };
        Self::Slot(slot)
    }
}

fn place(forms: &[Vec<String>], word: &str) -> Option<usize> {
    forms.iter().position(|forms| forms.iter().any(|form| form == word))
}

fn value(list: &[(String, u32)], word: &str) -> Option<u32> {
    list.iter().find(|(known, _)| known == word).map(|(_, value)| *value)
}

fn plain(hour: u32) -> Hour {
    Hour { number: hour, minute: None, is_padded: false }
}

/// A number that is no part of a date, a time or a fraction.
fn number_alone(tokens: &[Token], at: usize) -> Option<u32> {
    let signed = |at: usize| tokens.get(at).is_some_and(|token| matches!(token.joint, Joint::Sign(_)));
    if signed(at) || signed(at + 1) { None } else { tokens.get(at)?.number(4) }
}

/// A year of four digits.
fn year(number: u32, token: &Token) -> Option<i32> {
    (token.text.len() == 4).then(|| i32::try_from(number).ok()).flatten()
}

/// `9`, `9:30`, `9.30`, `9-30`, `9h30`, `9 30`, `9:30:00`: where it ends, and what it says.
pub(super) fn clock(tokens: &[Token], at: usize) -> Option<(usize, Hour)> {
    let token = tokens.get(at).filter(|token| !matches!(token.joint, Joint::Sign(_)))?;
    let hour = token.number(2).filter(|hour| *hour <= 24)?;
    let is_padded = token.text.len() == 2 && token.text.starts_with('0');
    let (end, minute) = minutes(tokens, at + 1, hour)?;
    Some((end, Hour { number: hour, minute, is_padded }))
}

/// The minutes and seconds behind an hour; an error where what stands there makes it no hour.
fn minutes(tokens: &[Token], at: usize, hour: u32) -> Option<(usize, Option<u32>)> {
    let sixty = |at: usize| tokens.get(at).filter(|token| token.text.len() == 2)?.number(2).filter(|n| *n < 60);
    let joint = |at: usize| tokens.get(at).map(|token| token.joint);
    match joint(at) {
        Some(Joint::Sign(':')) => {
            let minute = sixty(at)?;
            let seconds = joint(at + 1) == Some(Joint::Sign(':')) && sixty(at + 1).is_some();
            let end = at + 1 + usize::from(seconds);
            ended(joint(end)).then_some((end, Some(minute)))
        }
        Some(Joint::Sign('.' | ',')) => Some((at + 1, Some(sixty(at).filter(|_| ended(joint(at + 1)))?))),
        Some(Joint::Sign('-')) => {
            Some((at + 1, Some(sixty(at).filter(|minute| is_no_hour(*minute, hour) && ended(joint(at + 1)))?)))
        }
        Some(Joint::Sign(_)) => None,
        Some(Joint::Touching) if tokens[at].text == "h" => {
            let minute = sixty(at + 1).filter(|_| joint(at + 1) == Some(Joint::Touching));
            Some((at + 1 + usize::from(minute.is_some()), minute.or(Some(0))))
        }
        // `15 30` at the end of the message: what follows might tell of a day.
        Some(Joint::Apart) if tokens.len() == at + 1 => {
            let minute = sixty(at).filter(|minute| is_no_hour(*minute, 0));
            Some((at + usize::from(minute.is_some()), minute))
        }
        _ => Some((at, None)),
    }
}

/// Behind a hyphen or a space minutes could be the hour until which: not where there is no such hour, or it is no later one.
fn is_no_hour(minute: u32, hour: u32) -> bool {
    minute > 24 || minute <= hour
}

fn ended(joint: Option<Joint>) -> bool {
    !matches!(joint, Some(Joint::Sign(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slot misspelt would be a word that nobody writes.
    #[test]
    fn every_pattern_is_understood() {
        for language in LANGUAGES.iter() {
            for (phrase, (pattern, _)) in language.phrases.iter().zip(language.words.phrases) {
                let words = phrase.items.iter().flat_map(|item| &item.any);
                let odd = |part: &&Part| matches!(part, Part::Word(word) if word.is_empty() || word.contains(['{', '?', ' ']));
                assert!(words.filter(odd).count() == 0, "{}: {pattern}", language.words.code);
                assert!(phrase.items.iter().any(|item| !item.is_optional), "{pattern}");
            }
        }
    }
}
