//! How a test that does not hold is shown: the line, the talk up to there, expected beside got, the last turn's trace.

use std::fmt::Write as _;

use chrono_tz::Tz;

use crate::domain::{Time, Trace, TraceEntry, TraceKind};
use crate::yaml::{Colour, Located, Problem, render};

use super::expect::Difference;
use super::format::Said;
use super::outbox::describe;
use super::world::{Line, Sent, Who};

/// Lines of the talk that are shown; what went wrong is rarely further back.
const SHOWN_LINES: usize = 30;

/// Why a test does not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The line of the test.
    pub place: Located,
    /// What is wrong.
    pub wrong: Wrong,
    /// The talk up to there.
    pub lines: Vec<Line>,
    /// The trace of the last turn.
    pub trace: Trace,
    /// Times are shown in it.
    pub zone: Tz,
}

/// What is wrong.
#[derive(Clone, Debug)]
pub enum Wrong {
    /// The bot said something else, or nothing.
    Said {
        /// What was expected.
        expected: Said,
        /// What it said.
        got: Option<Box<Sent>>,
    },
    /// The bot said what nobody expected.
    Unexpected(Vec<Sent>),
    /// The bot called programs that the test does not script.
    Unscripted(Vec<String>),
    /// Things stand otherwise.
    State(Vec<Difference>),
    /// There is no such option.
    Press(String),
    /// The clock would go back; it shows this.
    Backwards(Time),
    /// The edited files are no valid bot.
    Edit(Vec<Problem>),
}

impl Wrong {
    /// In one line.
    pub fn headline(&self) -> String {
        match self {
            Self::Said { got: Some(_), .. } => "the bot said something else".to_owned(),
            Self::Said { got: None, .. } => "the bot said nothing".to_owned(),
            Self::Unexpected(_) => "the bot said something here that the test does not expect".to_owned(),
            Self::Unscripted(calls) => format!(
                "the bot made a call that `http` of the test does not script: {}",
                calls.first().map(String::as_str).unwrap_or_default()
            ),
            Self::State(_) => "things stand otherwise".to_owned(),
            Self::Press(why) => why.clone(),
            Self::Backwards(now) => format!("time only goes forward, and it is {now} already"),
            Self::Edit(_) => "the edited files have errors".to_owned(),
        }
    }

    fn differences(&self) -> Vec<(String, String, String)> {
        match self {
            Self::Said { expected, got } => {
                let got = got.as_ref().map_or("(nothing)".to_owned(), |sent| describe(&sent.effect));
                vec![(String::new(), expected.describe(), got)]
            }
            Self::Unexpected(sent) => {
                let texts: Vec<_> = sent.iter().map(|sent| describe(&sent.effect)).collect();
                vec![(String::new(), "(nothing)".to_owned(), texts.join("\n"))]
            }
            Self::State(found) => {
                found.iter().map(|one| (format!("{}: ", one.of), one.expected.clone(), one.got.clone())).collect()
            }
            Self::Unscripted(calls) => {
                calls.iter().map(|call| (String::new(), "(no call)".to_owned(), call.clone())).collect()
            }
            Self::Press(_) | Self::Backwards(_) | Self::Edit(_) => Vec::new(),
        }
    }
}

impl Failure {
    /// All of it, for people.
    pub fn render(&self, test: &str) -> String {
        let problem = Problem::error("test-failed", &self.place, format!("{test}: {}", self.wrong.headline()));
        let mut out = format!("{}\n", render(&[problem], Colour::Never).trim_end());
        for (of, expected, got) in self.wrong.differences() {
            let _ = write!(out, "\n  expected  {of}{}", indented(&expected, 12));
            let _ = write!(out, "\n  got       {of}{}\n", indented(&got, 12));
        }
        if let Wrong::Edit(problems) = &self.wrong {
            let _ = write!(out, "\n{}", render(problems, Colour::Never));
        }
        if !self.lines.is_empty() {
            let _ = write!(out, "\n  the talk up to here\n{}", talk(&self.lines, self.zone));
        }
        if !self.trace.entries.is_empty() {
            let _ = write!(out, "\n  why (the last turn)\n{}", why(&self.trace));
        }
        out
    }
}

/// A talk as people read it.
pub fn talk(lines: &[Line], zone: Tz) -> String {
    let spare = lines.len().saturating_sub(SHOWN_LINES);
    let mut out = if spare > 0 { format!("    … {spare} lines before\n") } else { String::new() };
    for line in lines.iter().skip(spare) {
        let time = line.at.to_utc().with_timezone(&zone).format("%a %d %b %H:%M:%S");
        let who = match line.who {
            Who::Contact => "user ",
            Who::Bot => "bot  ",
            Who::Human => "human",
            Who::Aside => "     ",
        };
        let text = if line.who == Who::Aside { format!("[{}]", line.text) } else { line.text.clone() };
        let _ = writeln!(out, "    {time}  {who}  {}", indented(&text, 31));
    }
    out
}

/// A trace as people read it.
pub fn why(trace: &Trace) -> String {
    trace.entries.iter().fold(String::new(), |out, entry| out + "    " + trace_line(entry).as_str() + "\n")
}

fn trace_line(entry: &TraceEntry) -> String {
    let kind = match entry.kind {
        TraceKind::Event => "event",
        TraceKind::Flow => "flow",
        TraceKind::Condition => "if",
        TraceKind::Step => "step",
        TraceKind::Effect => "effect",
        TraceKind::Tracked => "track",
        TraceKind::Error => "error",
    };
    let place = entry.place.as_ref().map(|place| format!("  ({}:{})", place.file, place.line)).unwrap_or_default();
    format!("{kind:<7} {}{place}", indented(&entry.text, 12))
}

/// Further lines under the first.
fn indented(text: &str, by: usize) -> String {
    text.trim_end().replace('\n', &format!("\n{:by$}", ""))
}
