//! `delivery_failed`: a message of ours will not arrive.

use super::{Core, Trigger};
use crate::bot::{Argument, TriggerType};

pub(super) const TYPE: TriggerType<Core> = TriggerType {
    name: "delivery_failed",
    doc: "A message of ours will not arrive. `{delivery_failed: why}` sets that variable to the reason in the provider's words, which begin with \
          WhatsApp's number of it where there is one: `131026: Message undeliverable`. What such a flow itself sends never raises it again.",
    example: "{delivery_failed: why}",
    argument: Argument::Optional,
    keys: &[],
    compile: |r| {
        let Some(node) = r.argument() else { return Some(Trigger::Failed(None)) };
        Some(Trigger::Failed(Some(r.sets(&node)?)))
    },
};
