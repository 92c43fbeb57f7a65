//! `repeat`: the same steps while something holds.

use super::{Run, Step, nameless};
use crate::bot::{Argument, Block, KeyDoc, StepReader, StepType};
use crate::domain::Lap;
use crate::engine::Core;
use crate::engine::turn::{Control, MOST_ROUNDS, Turning};
use crate::script::Expr;

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "repeat",
    doc: "Run steps again and again while a condition holds. It is tested before each round, the first too: `while: more != false` lets the first \
          round set `more`. Questions and waits may stand in them. 1000 rounds are the most.",
    argument: Argument::None,
    keys: &[KeyDoc { name: "while", doc: "The condition." }, KeyDoc { name: "do", doc: "The steps." }],
    example: "- set: {n: 0}\n- repeat:\n  while: n < 3\n  do:\n    - set: {n: \"{{ n + 1 }}\"}\n    - say: Number {{ n }}.\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Repeat {
    holds: Expr,
    steps: Block,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let holds = r.needed("while").and_then(|node| r.condition(&node));
    let steps = r.needed("do").map(|node| r.round(&node));
    Some(Box::new(Repeat { holds: holds?, steps: steps? }))
}

impl Run for Repeat {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let round = t.take_lap().map_or(0, |lap| lap.round);
        if !t.test(&self.holds) {
            return Control::Next;
        }
        if round >= MOST_ROUNDS {
            t.error(format!("more than {MOST_ROUNDS} rounds: the flow goes on behind them"));
            return Control::Next;
        }
        t.keep_lap(Lap { round: round + 1, ..Lap::default() });
        Control::Enter(self.steps)
    }
}
