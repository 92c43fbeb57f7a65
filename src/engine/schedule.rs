//! The times at which a revision's `every` triggers come round. Whoever has the clock asks, and makes an event of each for each conversation.

use chrono_tz::Tz;

use super::Revision;
use super::triggers::{Every, Trigger};
use crate::domain::{Body, FlowName, Scheduled, Time};

/// One `every` trigger of a flow.
#[derive(Clone, Copy, Debug)]
pub struct Schedule<'r> {
    flow: &'r FlowName,
    every: &'r Every,
    zone: Tz,
}

impl Schedule<'_> {
    /// What tells it from the bot's others, over restarts and edits.
    pub fn name(&self) -> String {
        self.every.name(self.flow)
    }

    /// The label of the conversations that it is for.
    pub fn tag(&self) -> &str {
        &self.every.tag
    }

    /// The first time after that one.
    pub fn next(&self, after: Time) -> Option<Time> {
        self.every.next(after, self.zone)
    }

    /// The last time after the one and not after the other.
    pub fn last(&self, after: Time, until: Time) -> Option<Time> {
        self.every.last(after, until, self.zone)
    }

    /// What happens then.
    pub fn event(&self) -> Body {
        Body::Scheduled(Scheduled { flow: self.flow.clone(), tag: self.every.tag.clone() })
    }
}

/// All of a revision.
pub fn schedules(revision: &Revision) -> impl Iterator<Item = Schedule<'_>> {
    let zone = revision.view.zone;
    revision.table.every().iter().filter_map(move |(flow, n)| {
        let flow = revision.flows.get(*flow)?;
        match flow.triggers.get(*n)? {
            Trigger::Every(every) => Some(Schedule { flow: &flow.name, every, zone }),
            _ => None,
        }
    })
}
