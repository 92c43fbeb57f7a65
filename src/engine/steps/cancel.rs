//! `cancel`: a start that has not come due.

use super::{Run, Step, nameless};
use crate::bot::{Argument, KeyDoc, StepReader, StepType, ValueExpr};
use crate::domain::FlowName;
use crate::engine::Core;
use crate::engine::show::shown;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "cancel",
    doc: "Forget the starts of a flow that have not come due: that of an `id`, or all of them. A run under way goes on.",
    argument: Argument::Needed,
    keys: &[KeyDoc { name: "id", doc: "The name that `start` gave it." }],
    example: "- start: example\n  in: 2d\n  id: visit\n- cancel: example\n  id: visit\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Cancel {
    flow: FlowName,
    id: Option<ValueExpr>,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let flow = r.argument().and_then(|node| r.flow_later(&node));
    let id = r.key("id").map(|node| r.value(&node));
    let id = if let Some(id) = id { Some(id?) } else { None };
    Some(Box::new(Cancel { flow: flow?, id }))
}

impl Run for Cancel {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let id = self.id.as_ref().map(|id| {
            let id = t.value(id);
            shown(&id, t.zone())
        });
        t.cancel_starts(&self.flow, id.as_deref());
        Control::Next
    }
}
