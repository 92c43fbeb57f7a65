//! Which steps of a bot its tests ran, and which never. A step is what stands at one place of the files: the endings of `every_question` and the
//! steps of a recipe stand once, however many questions and uses share them, and ran when any of them came there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::domain::{FlowName, Place, RevisionId, Trace, TraceKind};
use crate::engine::Revision;

/// The steps of one revision that ran. After an `edit` places mean something else: what runs then does not count.
#[derive(Clone, Debug)]
pub struct Ran {
    revision: RevisionId,
    steps: BTreeSet<Place>,
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
        self.steps.extend(steps.filter_map(|entry| entry.place.clone()));
    }

    /// What ran there ran, too.
    pub fn join(&mut self, other: Self) {
        self.steps.extend(other.steps);
    }
}

/// A step that never ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Never {
    /// Where it stands.
    pub place: Place,
    /// Its verb.
    pub verb: &'static str,
    /// Its flow; of a step that several share, the first.
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
        let mut steps: BTreeMap<&Place, (&'static str, &FlowName)> = BTreeMap::new();
        // That of the FAQ is nobody's to write.
        let written = revision.flows.iter().enumerate().filter(|(ix, _)| revision.faq_flow != Some(*ix));
        for (flow, step) in written.flat_map(|(_, flow)| flow.steps.iter().map(move |step| (flow, step))) {
            steps.entry(&step.place).or_insert((step.verb, &flow.name));
        }
        let missed = steps.iter().filter(|(place, _)| !ran.steps.contains(**place));
        let never = missed
            .map(|(place, (verb, flow))| Never { place: (*place).clone(), verb, flow: (*flow).clone() })
            .collect();
        Self { steps: steps.len(), never }
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
            let Place { file, line, column } = place;
            write!(f, "\n  never ran: {file}:{line}:{column}  {verb} in `{flow}`")?;
        }
        Ok(())
    }
}
