//! `{event: name}`: another program told of something.

use super::{Core, Trigger};
use crate::bot::{Argument, KeyDoc, TriggerType};

pub(super) const TYPE: TriggerType<Core> = TriggerType {
    name: "event",
    doc: "Another program posted an event of that name for the conversation (`POST /api/events`). While people have the conversation the flow \
          waits, or does as its `when_people` says.",
    example: "{event: order_shipped, save: order}",
    argument: Argument::Needed,
    keys: &[KeyDoc { name: "save", doc: "The variable that gets the event's data." }],
    compile: |r| {
        let save = r.key("save").and_then(|node| r.sets(&node));
        let node = r.argument()?;
        let name = r.scalar(&node)?;
        Some(Trigger::Posted(Posted { name, save }))
    },
};

/// An event that is posted.
#[derive(Debug)]
pub struct Posted {
    /// Its name.
    pub name: String,
    /// The variable that gets its data.
    pub save: Option<String>,
}
