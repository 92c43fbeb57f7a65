//! The rhai sandbox: conditions, `{{ }}` in texts, modules of `scripts/`, and what a script sees. rhai's types stay in here.
//! Everything is compiled at load; operations, depth and sizes are limited; there is no clock, file, network or randomness.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;

use crate::domain::{Message, State, Time, Value, Vars, Window};
use crate::yaml::{Located, Problem};

/// The compiled modules of `scripts/` and the engine they run in.
#[derive(Debug, Default)]
pub struct Scripts {}

impl Scripts {
    /// Compile all modules; a broken one is reported and left out.
    pub fn load(_files: &[Arc<crate::yaml::Source>]) -> (Self, Vec<Problem>) {
        (Self::default(), Vec::new())
    }

    /// The files it was made of, in path order: they are part of a revision's hash.
    pub fn files(&self) -> &[Arc<crate::yaml::Source>] {
        &[]
    }

    /// Compile an expression written at `at` (which covers its text exactly).
    pub fn expr(self: &Arc<Self>, _text: &str, at: &Located) -> Result<Expr, Box<Problem>> {
        Err(Box::new(Problem::error("script", at, "not built")))
    }

    /// Compile a text with `{{ }}`. `at` is the node it came from; problems point into it as well as they can.
    pub fn text(self: &Arc<Self>, _text: &str, at: &Located) -> Result<Text, Box<Problem>> {
        Err(Box::new(Problem::error("script", at, "not built")))
    }
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expr {}

impl Expr {
    /// The free names it reads, each once, with the place of the first use (for "names never set").
    pub fn names(&self) -> &[(String, Located)] {
        &[]
    }

    /// As written, for traces.
    pub fn source(&self) -> &str {
        ""
    }

    /// Its value.
    pub fn eval(&self, _view: &View<'_>) -> Result<Value, ScriptError> {
        Err(ScriptError("not built".into()))
    }

    /// Its value as a condition: anything but `true` and `false` is an error.
    pub fn is_true(&self, _view: &View<'_>) -> Result<bool, ScriptError> {
        Err(ScriptError("not built".into()))
    }
}

/// A compiled text: literal parts and expressions.
#[derive(Clone, Debug)]
pub struct Text {}

impl Text {
    /// The free names it reads.
    pub fn names(&self) -> Vec<(String, Located)> {
        Vec::new()
    }

    /// The text when it holds no expression.
    pub fn literal(&self) -> Option<&str> {
        None
    }

    /// The only expression, when the whole text is one `{{ expr }}`: its value keeps its type.
    pub fn sole_expr(&self) -> Option<&Expr> {
        None
    }

    /// The text with all values shown.
    pub fn render(&self, _view: &View<'_>) -> Result<String, ScriptError> {
        Err(ScriptError("not built".into()))
    }
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

/// What scripts see of the bot; built once at load.
#[derive(Clone, Debug)]
pub struct BotView {
    /// `bot.NAME`: the constants of `vars`.
    pub vars: Vars,
    /// The bot's zone.
    pub zone: Tz,
    /// The bot's languages; the first is the default.
    pub languages: Vec<String>,
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
}
