//! `choose`: steps by the value of a variable.

use std::collections::BTreeMap;

use super::{Run, Step, nameless};
use crate::bot::{Argument, Block, KeyDoc, Problem, StepReader, StepType};
use crate::domain::TraceKind;
use crate::engine::Core;
use crate::engine::question::block;
use crate::engine::show::shown;
use crate::engine::turn::{Control, Turning};
use crate::script::Expr;

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "choose",
    doc: "Steps by the value of a variable.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "when", doc: "Steps by value." },
        KeyDoc { name: "else", doc: "Steps for every other value." },
    ],
    example: "- set: {size: small}\n- choose: size\n  when:\n    small: {say: A small one.}\n    large: {say: A large one.}\n  else: {say: None.}\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Choose {
    of: Expr,
    when: BTreeMap<String, Block>,
    otherwise: Block,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let of = r.argument().and_then(|node| r.condition(&node));
    let when = r.key("when");
    let entries = when.as_ref().map_or(&[][..], |node| node.entries());
    let when = entries.iter().map(|(key, steps)| (key.text.clone(), r.block(steps))).collect::<BTreeMap<_, _>>();
    if when.is_empty() {
        let problem =
            Problem::error("missing-key", &r.at(), "`choose` needs the key `when`: a mapping from values to steps");
        r.report(problem.help("`when: {yes: {say: Good.}, no: [{say: Well.}, stop]}`"));
        return None;
    }
    let otherwise = block(r, "else");
    r.enters_one_of(&when.values().copied().chain([otherwise]).collect::<Vec<_>>());
    Some(Box::new(Choose { of: of?, when, otherwise }))
}

impl Run for Choose {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let value = t.eval(&self.of);
        let value = shown(&value, t.zone());
        t.trace(TraceKind::Condition, format!("`{}` is `{value}`", self.of.source()));
        Control::Enter(self.when.get(&value).copied().unwrap_or(self.otherwise))
    }
}
