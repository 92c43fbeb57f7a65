//! What an edit means for people in the middle of something: who keeps their place, and who loses it.

use super::Revision;
use crate::bot::StepIx;
use crate::domain::{Frame, Run, Session, Time};

/// Runs that wait, by what becomes of their places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Where they were.
    pub kept: usize,
    /// Under another name (`was`).
    pub renamed: usize,
    /// Gone: they get what `on_orphan` says.
    pub orphaned: usize,
}

/// Count a session's runs in, as they stand in this revision. One that is over by itself is not counted.
pub fn count_places(places: &mut Places, revision: &Revision, session: &Session, now: Time) {
    let is_over = now.since(session.last_event_at) > revision.session_expires;
    let lives = |run: &&Run| !is_over || run.wait.due.is_some_and(|due| due > session.last_event_at);
    let asking = session.asking.iter().map(|run| (run, true));
    let waiting = session.waiting.iter().map(|run| (run, false));
    for (run, asks) in asking.chain(waiting).filter(|(run, _)| lives(run)) {
        match place_of(revision, run, asks) {
            Some(true) => places.kept += 1,
            Some(false) => places.renamed += 1,
            None => places.orphaned += 1,
        }
    }
}

/// Whether all its places bear their old names; `None` where one is gone.
fn place_of(revision: &Revision, run: &Run, asks: bool) -> Option<bool> {
    let (last, callers) = run.frames.split_last()?;
    let mut same = true;
    for frame in callers {
        same &= find(revision, frame)?.1;
    }
    let ((flow, step), is_same) = find(revision, last)?;
    let entry = revision.flows.get(flow)?.steps.get(step)?;
    // A question that has become something else asks nobody.
    (!asks || entry.step.asks()).then_some(same && is_same)
}

fn find(revision: &Revision, frame: &Frame) -> Option<((usize, StepIx), bool)> {
    let ix = *revision.flow_index.get(&frame.flow)?;
    let flow = revision.flows.get(ix)?;
    let step = *flow.keys.get(&frame.step)?;
    let is_same = flow.name == frame.flow && flow.steps.get(step)?.key == frame.step;
    Some(((ix, step), is_same))
}
