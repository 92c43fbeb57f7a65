//! `was`: names of before, of flows and variables. A session under way goes on under the new ones.

use std::collections::HashSet;

use crate::yaml::{Key, Node};

use super::context::Context;
use super::flows::FlowDraft;
use super::merge::Merged;
use super::{Parts, Rename};

/// Of a variable that lasts beyond the session.
pub const LASTING: &str = "contact.vars.";

/// Check the names that flows had before, when all are known.
pub(super) fn check_flows<P: Parts>(cx: &mut Context, flows: &[FlowDraft<P>]) {
    let mut taken: HashSet<&str> = flows.iter().map(|flow| flow.steps.name.as_str()).collect();
    for (old, at) in flows.iter().flat_map(|flow| &flow.was) {
        if !taken.insert(old) {
            cx.was_in_use(old, "a flow", at);
        }
    }
}

/// The variables that were renamed: beside their question, or in the bot's own `was`, a mapping from the new name to the old one.
pub(super) fn variables(cx: &mut Context, merged: &Merged) -> Vec<Rename> {
    // A question of the old name may well remain in another flow: then only the step was renamed.
    let beside = std::mem::take(&mut cx.renamed);
    let mut renames: Vec<Rename> = beside.into_iter().filter(|rename| !cx.sets.contains(&rename.old)).collect();
    let Some(node) = merged.single("was") else { return renames };
    if node.entries().is_empty() {
        cx.wrong_type(node, "a mapping from new names of variables to old ones");
    }
    for (key, was) in node.entries() {
        renames.extend(variable(cx, key, was));
    }
    renames
}

fn variable(cx: &mut Context, key: &Key, was: &Node) -> Vec<Rename> {
    let is_lasting = key.text.starts_with(LASTING);
    if !is_lasting {
        cx.reads(&key.text, &key.at);
    }
    let mut renames = Vec::new();
    for (old, at) in cx.old_names(was) {
        if old.starts_with(LASTING) != is_lasting {
            let both = format!("`{LASTING}NAME` stands on both sides or on none");
            cx.report(
                crate::yaml::Problem::error("bad-name", &at, both)
                    .help(format!("`{LASTING}` is of variables that last; the others last as long as the talk")),
            );
        } else if cx.sets.contains(&old) {
            cx.was_in_use(&old, "a variable", &at);
        }
        renames.push(Rename { old, new: key.text.clone() });
    }
    renames
}
