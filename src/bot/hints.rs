//! What to do about values that are of another form than wanted.

use crate::yaml::{Content, Node};

/// How what was expected is written.
const WRITTEN: &[(&str, &str)] = &[
    ("a mapping by name", "each stands under its name: `sales: {…}`"),
    ("a mapping of ids by account or provider", "`ids: {pact: 42}`"),
    ("a mapping of members by name", "`members: {anna: {ids: {pact: 42}}}`"),
    ("a mapping of variables", "`{name: value}`"),
    ("a mapping of inputs", "`with: {name: value}`"),
    ("a step or a list of steps", "`{say: Hello}`, or a list of such"),
    ("a text or a list of texts", "`Hello`, or `[Hello, Good morning]`"),
    ("a word or a list of words", "`back`, or `[back, return]`"),
    ("a trigger or a list of triggers", "`{keywords: [price]}`, `message`, or a list of such"),
    ("a question or a list of questions", "`How much is it?`, or a list of such"),
    ("a name or a list of names", "`old_name`, or `[old_name, older_name]`"),
    ("a list of languages", "`[en, ru]`"),
    ("a list of lists of words", "`[[price, cost, fee], [room, suite]]`"),
    ("a text", "`Hello`, or by language: `{en: Hello, ru: Привет}`"),
    ("a condition", "`hours.open`, or `guests > 2`"),
    ("a duration", "`90s`, `5m`, `1h30m` or `2d`"),
    ("a date", "`2026-12-31`"),
    ("a time zone", "`Europe/Berlin`"),
    ("a language's code", "`en`"),
    ("a whole number", "`3`"),
    ("a number from 0 to 1", "`0.5`"),
    ("`true` or `false`", "one of the two, without quotes"),
    ("opening hours", "`Mo-Fr 09:00-18:00`"),
    ("the bot's name", "that of the folder, as in `bot: clinic`"),
    ("the name of a variable", "`guests`"),
    ("the name of a flow", "`booking`"),
    ("the name of a FAQ entry", "`prices`"),
    ("the name of a template", "`visit_reminder`"),
    ("the name of a recipe", "`after_hours`"),
    ("the name of a team or a person", "`sales`"),
    ("the name of a file", "`faq.csv`"),
    ("a file of the bot's folder or an address", "`map.jpg`, or `https://example.com/map.jpg`"),
    ("a phone with its country's code", "`\"+49 151 23456789\"`"),
    ("a step's name", "`which_day`"),
    ("a name of before", "`old_name`"),
    ("a skill", "`billing`"),
    ("a user's id", "`42`"),
    ("a group's id", "`7`"),
];

/// How what was expected is written.
pub(super) fn written(expected: &str) -> Option<&'static str> {
    WRITTEN.iter().find(|(what, _)| *what == expected).map(|(_, written)| *written)
}

/// What to do about something that is not of the kind wanted, where no more is known.
pub(super) fn instead_of(node: &Node) -> &'static str {
    match &node.content {
        Content::Empty => "write it behind the colon",
        Content::Scalar { text, .. } if text.trim().is_empty() => "write it between the quotes",
        Content::List(_) | Content::Map(_) => "one value stands here, with nothing below it",
        Content::Scalar { .. } => "docs/reference.md shows what stands here",
    }
}

/// `5 minutes`, `1 hour`, `2 days`: as durations are written.
pub(super) fn meant_span(text: &str) -> Option<String> {
    let (number, unit) = text.trim().split_at(text.trim().find(|c: char| !c.is_ascii_digit())?);
    let unit = unit.trim().to_lowercase();
    let known = [("second", 's'), ("minute", 'm'), ("hour", 'h'), ("day", 'd')];
    if let Some((_, sign)) =
        known.iter().find(|(name, _)| unit.len() >= 3 && (name.starts_with(&unit) || unit == format!("{name}s")))
    {
        return (!number.is_empty()).then(|| format!("write `{number}{sign}`"));
    }
    let weeks: u32 = number.parse().ok().filter(|_| matches!(unit.as_str(), "w" | "week" | "weeks"))?;
    Some(format!("write `{}d`", weeks.checked_mul(7)?))
}
