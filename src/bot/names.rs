//! Names: what may be one, and what is taken already.

use crate::script;
use crate::yaml::{Located, Problem};

/// The longest name, in characters: it stands in traces, notes and provider fields.
const LONGEST_NAME: usize = 64;

/// What the trigger `keywords` sets: the word that matched.
pub const KEYWORD: &str = "keyword";

/// Check a name of a flow, a variable, a team, a step. `what` is how the message calls it.
pub(super) fn check_name(name: &str, what: &str, at: &Located) -> Result<(), Box<Problem>> {
    if script::is_reserved(name) || name == KEYWORD {
        let why = if script::GLOBALS.contains(&name) || name == KEYWORD {
            "scripts see something else under it"
        } else {
            "it is a word of the language"
        };
        let message = format!("`{name}` cannot be the name of {what}: {why}");
        return Err(Box::new(Problem::error("reserved-name", at, message).help("take another name")));
    }
    if is_name(name) {
        return Ok(());
    }
    let problem = Problem::error("bad-name", at, format!("`{name}` cannot be the name of {what}"));
    let rule = "a name is made of small letters a to z, digits and `_`, and begins with a letter";
    Err(Box::new(match nearest_name(name) {
        Some(near) => problem.help(format!("{rule}: `{near}`")),
        None => problem.help(rule),
    }))
}

pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= LONGEST_NAME
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The same word in the shape of a name.
fn nearest_name(name: &str) -> Option<String> {
    let name: String = name.trim().to_lowercase().replace(['-', ' ', '.'], "_");
    is_name(&name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Source;
    use std::sync::Arc;

    #[test]
    fn names_are_small_words_that_nobody_has() {
        let at = Located { source: Arc::new(Source { path: "a".into(), text: "".into() }), bytes: 0..0 };
        let cases = [
            ("phone", None),
            ("day_2", None),
            ("Phone", Some("bad-name")),
            ("2day", Some("bad-name")),
            ("", Some("bad-name")),
            ("_x", Some("bad-name")),
            ("телефон", Some("bad-name")),
            ("contact", Some("reserved-name")),
            ("default", Some("reserved-name")),
        ];
        for (name, want) in cases {
            assert_eq!(check_name(name, "a flow", &at).err().map(|p| p.code), want, "{name}");
        }
        let help = check_name("My-Flow", "a flow", &at).unwrap_err().help.unwrap();
        assert!(help.ends_with("`my_flow`"), "{help}");
    }
}
