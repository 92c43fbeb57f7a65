//! The keys with which a step says how its messages go: what stands in for them outside the window, and whether they quote.

use crate::bot::{KeyDoc, Problem, StepReader};
use crate::engine::Core;
use crate::engine::turn::{OwnOutside, SayingManner};

/// What stands in for the step's message outside the window.
pub(super) const OUTSIDE_KEYS: [KeyDoc; 4] = [
    KeyDoc { name: "template", doc: "The template that goes instead outside the window, and says the same." },
    KeyDoc { name: "params", doc: "Its parameters, in order." },
    KeyDoc { name: "language", doc: "Its language; the contact's otherwise." },
    KeyDoc {
        name: "when",
        doc: "Outside the window: `queue` keeps the message until the contact writes, a week at most; `drop` lets it be.",
    },
];

#[derive(Clone, Copy)]
enum When {
    Queue,
    Drop,
}

/// Read them.
pub(super) fn manner(r: &mut StepReader<'_, Core>) -> Option<SayingManner> {
    let reply = match r.own_key("reply") {
        Some(node) => r.flag(&node)?,
        None => false,
    };
    Some(SayingManner { outside: outside(r)?, reply })
}

fn outside(r: &mut StepReader<'_, Core>) -> Option<OwnOutside> {
    let when = match r.own_key("when") {
        Some(node) => Some(r.word(&node, &[("queue", When::Queue), ("drop", When::Drop)])?),
        None => None,
    };
    match (r.own_key("template"), when) {
        (Some(node), Some(_)) => {
            let problem = Problem::error(
                "say-twice",
                &node.at,
                "outside the window either a template goes, or `when` says what happens",
            )
            .help("delete `template` or `when`");
            r.report(problem);
            None
        }
        (Some(node), None) => Some(OwnOutside::Template(Box::new(r.template(&node)?))),
        (None, Some(When::Queue)) => Some(OwnOutside::Queue),
        (None, Some(When::Drop)) => Some(OwnOutside::Drop),
        (None, None) => needless(r),
    }
}

/// Keys of a template that is not there.
fn needless(r: &mut StepReader<'_, Core>) -> Option<OwnOutside> {
    for key in ["params", "language"] {
        if let Some(node) = r.own_key(key) {
            r.report(
                Problem::error("needless-key", &node.at, format!("`{key}` belongs to `template`, which is not here"))
                    .help("write beside it which template: `template: NAME`, or delete it"),
            );
            return None;
        }
    }
    Some(OwnOutside::Usual)
}
