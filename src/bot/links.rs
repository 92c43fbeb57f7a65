//! What can only be checked when all flows are read: places gone to, names read, steps never reached, flows never begun, and
//! circles without a question.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::script::{self, FieldRead};
use crate::yaml::{Problem, nearest};

use super::build::{Builder, Going, Slot, Way};
use super::circles::check_circles;
use super::context::{Context, Read, offer};
use super::flows::{FlowDraft, is_beside};
use super::merge::Merged;
use super::names::KEYWORD;
use super::recipes::JOINT;
use super::sealed::SECRET;
use super::{FlowIx, Parts, StepIx, renames};

/// A step in a flow.
pub(super) type StepAt = (FlowIx, StepIx);

/// A place gone to, found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub from: FlowIx,
    /// The step that goes there.
    pub step: Option<StepIx>,
    pub to: FlowIx,
    /// The step named; the flow's beginning otherwise.
    pub named: Option<StepIx>,
    pub way: Way,
}

/// Check what binds the flows together.
pub(super) fn check<P: Parts>(builder: &mut Builder<P>, flows: &[FlowDraft<P>], merged: &Merged) {
    let index: HashMap<&str, FlowIx> =
        flows.iter().enumerate().map(|(ix, flow)| (flow.steps.name.as_str(), ix)).collect();
    let links = find_links(builder, flows, &index);
    let cx = &mut builder.cx;
    renames::check_flows(cx, flows);
    builder.renamed = renames::variables(cx, merged);
    let cx = &mut builder.cx;
    check_names(cx);
    check_fields(cx, merged);
    check_unused(cx, flows, &links);
    check_unreachable(cx, flows, &links);
    check_circles(cx, flows, &links);
    if let Some(endings) = builder.every_question.as_ref().filter(|_| !builder.asked) {
        let problem =
            Problem::warning("unused-endings", &endings.at, "`every_question` is there, but nothing is asked")
                .help("delete it, or ask something");
        cx.report(problem);
    }
}

fn find_links<P: Parts>(builder: &mut Builder<P>, flows: &[FlowDraft<P>], index: &HashMap<&str, FlowIx>) -> Vec<Link> {
    let mut links = Vec::new();
    for going in std::mem::take(&mut builder.goings) {
        if builder.cx.has_enough() {
            break;
        }
        match find_link(&going, flows, index) {
            Ok(link) => links.push(link),
            Err(_) if builder.cx.recipes.has_use(going.target.flow.as_str()) => {}
            Err(problem) => builder.cx.report(*problem),
        }
    }
    links
}

fn find_link<P: Parts>(
    going: &Going,
    flows: &[FlowDraft<P>],
    index: &HashMap<&str, FlowIx>,
) -> Result<Link, Box<Problem>> {
    let (at, name) = (&going.at, going.target.flow.as_str());
    let to = index.get(name).copied().filter(|_| !is_beside(name));
    let (Some(from), Some((to, flow))) = (index.get(going.from.as_str()), to.and_then(|to| Some((to, flows.get(to)?))))
    else {
        let problem = Problem::error("unknown-flow", at, format!("there is no flow `{name}`"));
        let known: BTreeSet<&str> =
            index.keys().copied().filter(|name| !is_beside(name) && !name.contains(JOINT)).collect();
        return Err(Box::new(problem.help(offer(name, known.iter().copied()))));
    };
    // A verb with its ordinal is a key for sessions, not a name to go to: it moves when a step is added before it.
    let steps = || flow.steps.keys.iter().filter(|(key, _)| !key.as_str().contains(['#', '.']));
    let mut named = None;
    if let Some(wanted) = &going.target.step {
        named = steps().find(|(key, _)| *key == wanted).map(|(_, ix)| *ix);
        if named.is_none() {
            let message = format!("the flow `{name}` has no step `{wanted}`");
            let problem = Problem::error("unknown-flow-step", at, message);
            return Err(Box::new(problem.help(offer(wanted.as_str(), steps().map(|(key, _)| key.as_str())))));
        }
    }
    Ok(Link { from: *from, step: going.step, to, named, way: going.way })
}

/// A name that is read must be set somewhere, if only in another flow.
fn check_names(cx: &mut Context) {
    let reads = std::mem::take(&mut cx.reads);
    let is_known = |read: &Read| {
        let name = read.name.as_str();
        cx.sets.contains(name) || script::GLOBALS.contains(&name) || name == KEYWORD
    };
    let unset: Vec<_> = reads.into_iter().filter(|read| !is_known(read)).collect();
    for Read { name, at } in unset {
        if cx.has_enough() {
            break;
        }
        if name == SECRET {
            cx.secret_misplaced(&at);
            continue;
        }
        let problem = Problem::error("unset-name", &at, format!("nothing sets `{name}`"));
        let known = cx.sets.iter().map(String::as_str).chain(script::GLOBALS.iter().copied());
        let problem = match nearest(&name, known) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("a name is set by `ask`, by `save`, by `set` or by a group of a regex"),
        };
        cx.report(problem);
    }
}

/// `bot.phone` is one of `vars`, `calendars.NAME` and `teams.NAME` are the bot's.
fn check_fields(cx: &mut Context, merged: &Merged) {
    for FieldRead { of, field, at } in std::mem::take(&mut cx.fields) {
        let map = if of == "bot" { "vars" } else { of };
        let known = || merged.map(map).iter().map(|(key, _)| key.text.as_str());
        if !cx.has_enough() && !known().any(|name| name == field) {
            let problem = Problem::error("unknown-field", &at, format!("nothing under `{map}` is named `{field}`"));
            cx.report(problem.help(offer(&field, known())));
        }
    }
}

fn check_unused<P: Parts>(cx: &mut Context, flows: &[FlowDraft<P>], links: &[Link]) {
    let gone_to: HashSet<FlowIx> = links.iter().filter(|link| link.from != link.to).map(|link| link.to).collect();
    for (ix, flow) in flows.iter().enumerate() {
        let of_recipe = flow.steps.name.as_str().contains(JOINT);
        if !flow.is_begun && !gone_to.contains(&ix) && !of_recipe {
            let message = format!("the flow `{}` is never begun", flow.steps.name);
            let problem = Problem::warning("unused-flow", &flow.at, message);
            cx.report(problem.help("it has no `on`, and no step goes there"));
        }
    }
}

fn check_unreachable<P: Parts>(cx: &mut Context, flows: &[FlowDraft<P>], links: &[Link]) {
    let named: HashSet<StepAt> = links.iter().filter_map(|link| Some((link.to, link.named?))).collect();
    for (ix, flow) in flows.iter().enumerate() {
        for slot in flow.steps.slots.iter().filter(|slot| leaves(slot)) {
            let Some(next) = slot.next.filter(|next| !named.contains(&(ix, *next))) else { continue };
            let Some(after) = flow.steps.slots.get(next) else { continue };
            let message = format!("never reached: `{}` before it leaves", slot.kind.verb);
            cx.report(
                Problem::warning("unreachable-step", &after.at, message)
                    .help("move it before the step that leaves, or delete it")
                    .also(&slot.at, "here the flow is left"),
            );
        }
    }
}

/// It leaves whatever comes.
pub(super) fn leaves<P: Parts>(slot: &Slot<P>) -> bool {
    slot.kind.leaves && slot.condition.is_none()
}

/// Where each step that goes somewhere goes.
pub(super) fn targets<P: Parts>(flows: &[FlowDraft<P>], links: &[Link]) -> BTreeMap<StepAt, Vec<StepAt>> {
    let mut targets: BTreeMap<StepAt, Vec<StepAt>> = BTreeMap::new();
    for link in links.iter().filter(|link| link.way != Way::Start) {
        let first = flows.get(link.to).and_then(|flow| flow.steps.first);
        if let (Some(step), Some(to)) = (link.step, link.named.or(first)) {
            targets.entry((link.from, step)).or_default().push((link.to, to));
        }
    }
    targets
}
