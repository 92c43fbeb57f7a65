//! Why a turn did what it did: the flows tried, conditions with their values, steps run, effects decided.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::RevisionId;

/// A place in a bot's files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Path relative to the bots folder.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters; 0 in traces of before it was kept.
    #[serde(default)]
    pub column: u32,
}

/// The trace of one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The revision that ran.
    pub revision: Option<RevisionId>,
    /// In order.
    pub entries: Vec<TraceEntry>,
}

impl Trace {
    /// The events that flows counted, in order.
    pub fn tracked(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|entry| entry.kind == TraceKind::Tracked).map(|entry| entry.text.as_str())
    }
}

/// One line of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceEntry {
    /// What it is about.
    pub kind: TraceKind,
    /// In words, one line.
    pub text: String,
    /// Where in the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What a trace entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceKind {
    /// The event itself, and what was made of it before any flow.
    Event,
    /// A flow was tried.
    Flow,
    /// A condition and its value.
    Condition,
    /// A step ran.
    Step,
    /// An effect was decided.
    Effect,
    /// A flow counted an event (`track`); the text is its name alone.
    Tracked,
    /// An author's mistake at run time.
    Error,
}
