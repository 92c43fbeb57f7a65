//! `{matches: …}`: a regex over a message as sent.

use super::literals::{Literals, required};
use super::message_regex::MessageRegex;
use super::{Core, Trigger};
use crate::bot::{Argument, StepReader, TriggerType};
use crate::bot::{Node, Problem};
use crate::domain::{Value, Vars};

/// What a compiled regex may take, in bytes: the first of these that is enough is counted. The last is ten times what an honest one needs.
const REGEX_SIZES: [usize; 7] = [16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20];
/// Characters of a named group that are kept: the state is written with every turn.
const LONGEST_GROUP: usize = 1_000;

pub(super) const TYPE: TriggerType<Core> = TriggerType {
    name: "matches",
    doc: "A regex over the message as sent, outer spaces removed, nothing folded. Named groups become variables; one that took no part \
          is `()`.",
    example: "{matches: '(?i)visit on (?<day>\\w+)'}",
    argument: Argument::Needed,
    keys: &[],
    compile: |r| {
        let node = r.argument()?;
        let regex = regex(r, &node)?;
        for group in regex.group_names() {
            r.sets_name(group, &node.at);
        }
        Some(Trigger::Matches(Box::new(Pattern::new(regex))))
    },
};

/// A regex, and what each text that it matches must hold.
#[derive(Debug)]
pub struct Pattern {
    regex: MessageRegex,
    /// `None` where nothing can be said.
    pub literals: Option<Literals>,
}

impl Pattern {
    /// Of a regex.
    pub fn new(regex: MessageRegex) -> Self {
        let literals = required(regex.as_str());
        Self { regex, literals }
    }

    /// The named groups, when it matches.
    pub fn groups(&self, text: &str) -> Option<Vars> {
        let found = self.regex.captures(text)?;
        let kept = |part: regex::Match<'_>| Value::Text(part.as_str().chars().take(LONGEST_GROUP).collect());
        let group = |name: &str| found.name(name).map_or(Value::Unit, kept);
        Some(self.regex.group_names().map(|name| (name.to_owned(), group(name))).collect())
    }
}

/// Compile a regex that an author wrote, or report what is wrong with it.
pub(in crate::engine) fn regex(r: &mut StepReader<'_, Core>, node: &Node) -> Option<MessageRegex> {
    let written = r.scalar(node)?;
    // Over the limit already: none is built any more.
    if !r.spend_regex(0, &node.at) {
        return None;
    }
    let too_big = || regex::Error::CompiledTooBig(REGEX_SIZES.last().copied().unwrap_or_default());
    let build = |size: &usize| match MessageRegex::new(&written, *size) {
        Err(regex::Error::CompiledTooBig(_)) => None,
        other => Some(other.map(|regex| (regex, *size))),
    };
    match REGEX_SIZES.iter().find_map(build).unwrap_or_else(|| Err(too_big())) {
        Ok((regex, size)) => r.spend_regex(size, &node.at).then_some(regex),
        Err(regex::Error::CompiledTooBig(_)) => {
            let problem = Problem::error("regex-too-big", &node.at, "this regex grows too large");
            r.report(problem.help("count fewer repetitions"));
            None
        }
        Err(error) => {
            let said = error.to_string();
            let why = said.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
            let problem = Problem::error("regex", &node.at, format!("this is no regex: {why}"));
            let help = if why.contains("look-around") || why.contains("backreference") {
                "say it without: with a second trigger, or with `if:` beside it"
            } else {
                "signs like `[ ( * + ? .` stand for themselves behind a `\\`; what else there is stands at https://docs.rs/regex/latest/regex/#syntax"
            };
            r.report(problem.help(help));
            None
        }
    }
}
