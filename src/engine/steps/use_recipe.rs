//! `use`: a recipe in the middle of a flow.

use super::{Run, Step};
use crate::bot::{Argument, FlowRef, KeyDoc, Node, StepReader, StepType};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "use",
    doc: "Run a recipe and come back: a file of flows that others wrote, told what it needs. Its flows and variables bear names that begin with \
          the step's `id`, or else the recipe's name.",
    argument: Argument::Needed,
    keys: &[KeyDoc { name: "with", doc: "What the recipe is told: `{team: sales}`." }],
    example: "- use: human_handoff\n  with: {team: sales}\n",
    waits: false,
    leaves: false,
    names_itself: |node| node.get("use").and_then(Node::scalar).map(str::to_owned),
    compile,
};

#[derive(Debug)]
struct Use(FlowRef);

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let argument = r.argument()?;
    let to = r.recipe(&argument, "with")?;
    Some(Box::new(Use(to)))
}

impl Run for Use {
    fn run(&self, _t: &mut Turning<'_>) -> Control {
        Control::Call(self.0.clone())
    }
}
