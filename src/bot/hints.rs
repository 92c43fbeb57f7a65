//! What to do about values that are of another form than wanted.

/// How a list or mapping that was expected is written.
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
];

/// How what was expected is written.
pub(super) fn written(expected: &str) -> Option<&'static str> {
    WRITTEN.iter().find(|(what, _)| *what == expected).map(|(_, written)| *written)
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
