//! `{faq: …}`: the message asks for an entry of the FAQ; the flow takes the place of its answer.

use super::{Core, Trigger};
use crate::bot::{Argument, FaqUse, StepReader, TriggerType};

pub(super) const TYPE: TriggerType<Core> = TriggerType {
    name: "faq",
    doc: "The message asks for this entry of the FAQ, or one of a list. The flow runs in place of the entry's answer, which the step `answer` \
          says.",
    example: "{faq: prices}",
    keys: &[],
    argument: Argument::Needed,
    compile,
};

fn compile(r: &mut StepReader<'_, Core>) -> Option<Trigger> {
    let node = r.argument()?;
    let names: Vec<String> = node.one_or_many().iter().filter_map(|name| r.faq_ref(name, FaqUse::Trigger)).collect();
    (!names.is_empty()).then_some(Trigger::Faq(names))
}
