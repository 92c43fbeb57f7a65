//! What a bot may have of what costs memory and time, and what it has used up of it.

use crate::yaml::{Located, Problem};

use super::context::Context;

/// Expressions of one bot: twenty for each flow of a bot with ten thousand. Each is compiled and kept, a kilobyte or two.
const MAX_EXPRESSIONS: usize = 200_000;
/// Steps of one bot, those of all its flows.
const MAX_STEPS: usize = 300_000;
/// What the compiled regexes of one bot may take together, in bytes.
const MAX_REGEX_BYTES: usize = 256 << 20;

/// What a bot has used up of what a bot may have.
#[derive(Debug, Default)]
pub(super) struct Spent {
    expressions: usize,
    steps: usize,
    regex_bytes: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spending {
    Within,
    /// It was not too much before.
    TooMuchNow,
    TooMuch,
}

impl Spent {
    fn add(spent: &mut usize, more: usize, most: usize) -> Spending {
        let before = *spent;
        *spent = before.saturating_add(more);
        match () {
            () if *spent <= most => Spending::Within,
            () if before <= most => Spending::TooMuchNow,
            () => Spending::TooMuch,
        }
    }
}

impl Context {
    pub fn spend_expressions(&mut self, more: usize, at: &Located) -> bool {
        let spent = Spent::add(&mut self.spent.expressions, more, MAX_EXPRESSIONS);
        self.within(spent, &format!("more than {MAX_EXPRESSIONS} expressions"), at)
    }

    /// One more step. False: the bot has too many.
    pub fn spend_step(&mut self, at: &Located) -> bool {
        let spent = Spent::add(&mut self.spent.steps, 1, MAX_STEPS);
        self.within(spent, &format!("more than {MAX_STEPS} steps"), at)
    }

    /// One more regex, of so many bytes at most. False: the bot's take too much.
    pub fn spend_regex(&mut self, bytes: usize, at: &Located) -> bool {
        let spent = Spent::add(&mut self.spent.regex_bytes, bytes, MAX_REGEX_BYTES);
        self.within(spent, &format!("regexes of more than {} MiB", MAX_REGEX_BYTES >> 20), at)
    }

    /// Going over a limit is said once.
    fn within(&mut self, spent: Spending, what: &str, at: &Located) -> bool {
        if spent == Spending::TooMuchNow {
            let problem = Problem::error("too-many", at, format!("the bot has {what}"));
            self.report(problem.help("make several bots of it, or say the same with less"));
        }
        spent == Spending::Within
    }
}
