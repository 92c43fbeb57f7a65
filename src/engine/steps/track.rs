//! `track`: something happened that is worth counting.

use super::{Run, Step, nameless};
use crate::bot::{Argument, StepReader, StepType};
use crate::domain::TraceKind;
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "track",
    doc: "Count an event of this name: it stands in the trace, and in `frontdesk_tracked_total` of `/metrics`, by bot and event.",
    argument: Argument::Needed,
    keys: &[],
    example: "- track: booking_made\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Track {
    event: String,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let node = r.argument()?;
    let event = r.named(&node, "an event")?;
    Some(Box::new(Track { event }))
}

impl Run for Track {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        t.trace(TraceKind::Tracked, self.event.as_str());
        Control::Next
    }
}
