//! Which steps of a bot its tests ran, and which never.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::{FlowName, Place, RevisionId, Trace, TraceKind};
use crate::engine::Revision;

/// The steps of one revision that ran. After an `edit` places mean something else: what runs then does not count.
#[derive(Clone, Debug)]
pub struct Ran {
    revision: RevisionId,
    /// Place and verb: several steps may stand in one line.
    steps: BTreeSet<(Place, String)>,
}

impl Ran {
    /// Nothing ran yet.
    pub fn of(revision: &Revision) -> Self {
        Self { revision: revision.id.clone(), steps: BTreeSet::new() }
    }

    /// What a turn's trace says. A step that ran leaves its verb there, one word; what else is said of steps has several.
    pub fn note(&mut self, trace: &Trace) {
        if trace.revision.as_ref() != Some(&self.revision) {
            return;
        }
        let steps = trace.entries.iter().filter(|entry| entry.kind == TraceKind::Step && !entry.text.contains(' '));
        self.steps.extend(steps.filter_map(|entry| Some((entry.place.clone()?, entry.text.clone()))));
    }

    /// What ran there ran, too.
    pub fn join(&mut self, other: Self) {
        self.steps.extend(other.steps);
    }
}

/// A step that never ran.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Never {
    /// Where it stands.
    pub place: Place,
    /// Its verb.
    pub verb: &'static str,
    /// Its flow.
    pub flow: FlowName,
}

/// How much of a bot its tests ran.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// All steps of the bot.
    pub steps: usize,
    /// Those that never ran, in the order of places.
    pub never: Vec<Never>,
}

impl Coverage {
    /// Hold what ran against the steps that there are.
    pub fn new(revision: &Revision, ran: &Ran) -> Self {
        let mut never = Vec::new();
        for flow in &revision.flows {
            let missed =
                flow.steps.iter().filter(|step| !ran.steps.contains(&(step.place.clone(), step.verb.to_owned())));
            never.extend(missed.map(|step| Never {
                place: step.place.clone(),
                verb: step.verb,
                flow: flow.name.clone(),
            }));
        }
        never.sort();
        Self { steps: revision.flows.iter().map(|flow| flow.steps.len()).sum(), never }
    }

    /// Of a hundred steps so many ran; 100 only when all did.
    pub fn percent(&self) -> usize {
        let ran = self.steps - self.never.len();
        (ran * 100).checked_div(self.steps).unwrap_or(100)
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ran = self.steps - self.never.len();
        write!(f, "{ran} of {} steps ran ({} %)", self.steps, self.percent())?;
        for Never { place, verb, flow } in &self.never {
            write!(f, "\n  never ran: {}:{}  {verb} in `{flow}`", place.file, place.line)?;
        }
        Ok(())
    }
}
