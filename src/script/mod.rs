//! The rhai sandbox: conditions, `{{ }}` in texts, modules of `scripts/`, and what a script sees. rhai's types stay in here.
//! Everything is compiled at load; operations, depth and sizes are limited; there is no clock, file, network or randomness.

mod checks;
mod docs;
mod errors;
mod explain;
mod expr;
mod functions;
mod moment;
mod names;
mod sandbox;
mod speech;
mod text;
mod tokens;
mod tongue;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;

use crate::domain::{Message, State, Time, Value, Vars, Window};
use crate::yaml::{Located, Problem};

pub use docs::{FUNCTIONS, NAMES, Name, Word};
pub use explain::EXPLANATIONS;
pub use expr::{Expr, FieldRead};
pub use functions::rhai_functions;
pub use names::{GLOBALS, is_reserved};
pub use sandbox::Scripts;
pub use speech::Languages;
pub use text::{Piece, Text};

impl Scripts {
    /// Compile an expression written at `at` (which covers its text exactly). The error is of code `script-syntax`; what else is
    /// wrong with it (`unknown-function`, `unknown-module`, `unknown-field`) is among its problems.
    pub fn expr(self: &Arc<Self>, text: &str, at: &Located) -> Result<Expr, Box<Problem>> {
        Expr::new(self, text, at)
    }

    /// Compile a text with `{{ }}`. `at` is the node it came from; problems point into it as well as they can.
    pub fn text(self: &Arc<Self>, text: &str, at: &Located) -> Text {
        Text::new(self, text, at)
    }
}

/// A value as people read it, in the view's language and zone: nothing for what is not set.
pub fn show(value: &Value, view: &View<'_>) -> String {
    names::manner(view).show(value)
}

/// The beginning of something that an error repeats.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    let shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}

/// A script's error at run time, for the trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScriptError(pub String);

/// What a script sees. Borrowed: only the names that an expression uses are converted.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The `now` of the turn.
    pub now: Time,
    /// The contact's language, one of the bot's.
    pub language: &'a str,
    /// How values are shown.
    pub shown: Shown<'a>,
    /// The message of the turn: `text`, `message`.
    pub message: Option<&'a Message>,
    /// `contact`, `conversation`.
    pub state: &'a State,
    /// `conversation.window`.
    pub window: Window,
    /// Session variables by name.
    pub vars: &'a Vars,
    /// Named groups and `keyword` of the trigger; they go before `vars`.
    pub matched: &'a Vars,
    /// What the bot itself provides.
    pub bot: &'a BotView,
}

/// How values are shown in texts.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// In that language; it is the text's own, which a missing translation makes another than the contact's.
    pub language: &'a str,
    /// As one tells them to somebody: times as seen from now, fractions with the language's sign. Otherwise in a form that stays true and
    /// that programs read.
    pub told: bool,
}

/// What scripts see of the bot; built once at load.
#[derive(Clone, Debug)]
pub struct BotView {
    /// `bot.NAME`: the constants of `vars`.
    pub vars: Vars,
    /// The bot's zone.
    pub zone: Tz,
    /// The bot's languages; the first is the default.
    pub languages: Languages,
    /// `hours`; always open where the bot names none.
    pub hours: Arc<dyn Calendar>,
    /// `calendars.NAME`.
    pub calendars: BTreeMap<String, Arc<dyn Calendar>>,
    /// `teams.NAME` (a map of facts).
    pub teams: BTreeMap<String, Value>,
    /// Every variable name that some step sets: one of these that is not set yet is `()`.
    pub names: std::collections::BTreeSet<String>,
}

/// Opening hours.
pub trait Calendar: std::fmt::Debug + Send + Sync {
    /// Open at that time?
    fn open(&self, at: Time) -> bool;
    /// The next opening after that time, if any within a year.
    fn next_open(&self, at: Time) -> Option<Time>;
    /// The next closing after that time, if any within a year.
    fn next_close(&self, at: Time) -> Option<Time>;
    /// The name of the holiday of that day; empty for one without.
    fn holiday(&self, _at: Time) -> Option<&str> {
        None
    }
}
