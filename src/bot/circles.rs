//! Circles of steps in which nothing waits: a turn that enters one never ends by itself. Found as the strongly connected parts of
//! the graph of steps that do not wait.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::yaml::{Problem, Severity};

use super::Parts;
use super::build::{Slot, Way};
use super::context::Context;
use super::flows::{FlowDraft, resolve_nexts};
use super::links::{Link, StepAt, leaves, targets};
use super::{FlowIx, StepIx};

/// Report each circle once, at one of its steps that go.
pub(super) fn check_circles<P: Parts>(cx: &mut Context, flows: &[FlowDraft<P>], links: &[Link]) {
    let targets = targets(flows, links);
    let calls = Calls::of(flows, links);
    let graph = Graph::of(flows, &targets, &calls);
    for circle in graph.circles() {
        // Steps of a circle that go: without one it would be no circle, as all else leads forward.
        let Some(at) = circle.iter().copied().filter(|at| targets.contains_key(at)).min() else { continue };
        let may_end = circle.iter().any(|at| decides(flows, *at) || calls.decide(flows, *at, &circle));
        report(cx, flows, &circle, at, may_end);
    }
}

/// Something conditional stands there.
fn decides<P: Parts>(flows: &[FlowDraft<P>], (flow, step): StepAt) -> bool {
    let slot = flows.get(flow).and_then(|flow| flow.steps.slots.get(step));
    slot.is_some_and(|slot| slot.condition.is_some() || !slot.blocks.is_empty())
}

fn report<P: Parts>(cx: &mut Context, flows: &[FlowDraft<P>], circle: &[StepAt], at: StepAt, may_end: bool) {
    let slot_of = |(flow, step): StepAt| flows.get(flow)?.steps.slots.get(step);
    let Some(slot) = slot_of(at) else { return };
    let mut names: Vec<&str> =
        circle.iter().filter_map(|(flow, _)| Some(flows.get(*flow)?.steps.name.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.join("`, `");
    let problem = if may_end {
        let message = format!("a circle in which nothing waits: `{names}`");
        Problem { severity: Severity::Warning, ..Problem::error("possible-circle", &slot.at, message) }
            .help("make sure that its condition ends it; a turn stops after a limit of steps")
    } else {
        let message = format!("a circle without end, in which nothing waits: `{names}`");
        Problem::error("endless-circle", &slot.at, message)
            .help("ask or wait in it, or go there only `if` something holds")
    };
    cx.report(problem);
}

/// A turn ends there, whatever holds.
fn always_waits<P: Parts>(slot: &Slot<P>) -> bool {
    slot.kind.waits && slot.condition.is_none()
}

/// The step can be gone past without any of its blocks.
fn goes_past<P: Parts>(slot: &Slot<P>) -> bool {
    let always_enters = slot.enters && slot.condition.is_none();
    !leaves(slot) && !always_enters
}

/// The steps that do not wait, and where each can lead at once.
struct Graph {
    nodes: Vec<StepAt>,
    edges: Vec<Vec<usize>>,
}

impl Graph {
    fn of<P: Parts>(flows: &[FlowDraft<P>], targets: &BTreeMap<StepAt, Vec<StepAt>>, calls: &Calls) -> Self {
        let mut nodes = Vec::new();
        for (flow, draft) in flows.iter().enumerate() {
            let steps = draft.steps.slots.iter().enumerate().filter(|(_, slot)| !always_waits(slot));
            nodes.extend(steps.map(|(step, _)| (flow, step)));
        }
        let index: HashMap<StepAt, usize> = nodes.iter().enumerate().map(|(n, at)| (*at, n)).collect();
        let mut edges = Vec::with_capacity(nodes.len());
        for (flow, draft) in flows.iter().enumerate() {
            let nexts = resolve_nexts(&draft.steps);
            for (step, (slot, next)) in draft.steps.slots.iter().zip(nexts).enumerate() {
                if always_waits(slot) {
                    continue;
                }
                if slot.kind.waits {
                    // Where its `if` does not hold, it is gone past at once; all else comes after an answer.
                    edges.push(next.and_then(|next| index.get(&(flow, next)).copied()).into_iter().collect());
                    continue;
                }
                let goes = targets.get(&(flow, step)).into_iter().flatten().copied();
                let on = next
                    .filter(|_| goes_past(slot) && calls.pass((flow, step)))
                    .into_iter()
                    .chain(slot.blocks.iter().copied());
                let all = goes.chain(on.map(|step| (flow, step)));
                edges.push(all.filter_map(|at| index.get(&at).copied()).collect());
            }
        }
        Self { nodes, edges }
    }

    /// The strongly connected parts with a circle in them, by Tarjan's algorithm; the stack is our own, as flows can be long.
    fn circles(&self) -> Vec<Vec<StepAt>> {
        let mut search = Search::new(self.nodes.len());
        for root in 0..self.nodes.len() {
            search.from(root, &self.edges);
        }
        let to_itself = |n: usize| self.edges.get(n).is_some_and(|edges| edges.contains(&n));
        let parts = search.found.into_iter().filter(|part| part.len() > 1 || part.iter().any(|n| to_itself(*n)));
        parts.map(|part| part.into_iter().filter_map(|n| self.nodes.get(n).copied()).collect()).collect()
    }
}

/// The steps that call, and whether what they call can come to its end without a wait.
struct Calls {
    called: BTreeMap<StepAt, FlowIx>,
    /// The steps that go somewhere for good.
    gone: HashSet<StepAt>,
    /// By flow; of those that are called.
    ends_at_once: Vec<bool>,
}

impl Calls {
    /// A flow is looked at again whenever one that it calls turns out to end at once.
    fn of<P: Parts>(flows: &[FlowDraft<P>], links: &[Link]) -> Self {
        let called = links
            .iter()
            .filter(|link| link.way == Way::Call)
            .filter_map(|link| Some(((link.from, link.step?), link.to)));
        let gone = links.iter().filter(|link| link.way == Way::Go).filter_map(|link| Some((link.from, link.step?)));
        let mut calls = Self { called: called.collect(), gone: gone.collect(), ends_at_once: vec![false; flows.len()] };
        let mut callers: BTreeMap<FlowIx, Vec<FlowIx>> = BTreeMap::new();
        for ((from, _), to) in &calls.called {
            callers.entry(*to).or_default().push(*from);
        }
        let mut open: VecDeque<FlowIx> = callers.keys().copied().collect();
        while let Some(flow) = open.pop_front() {
            let is_known = calls.ends_at_once.get(flow).is_none_or(|known| *known);
            let draft = flows.get(flow).filter(|_| !is_known);
            if draft.is_some_and(|draft| calls.can_end(flow, draft)) {
                calls.ends_at_once[flow] = true;
                open.extend(callers.get(&flow).into_iter().flatten().copied());
            }
        }
        calls
    }

    /// Whether the step lets a turn pass: it does not call, or what it calls can end at once.
    fn pass(&self, at: StepAt) -> bool {
        self.called.get(&at).is_none_or(|flow| self.ends_at_once.get(*flow).copied().unwrap_or(false))
    }

    /// Whether what the step calls decides something, outside of the circle.
    fn decide<P: Parts>(&self, flows: &[FlowDraft<P>], at: StepAt, circle: &[StepAt]) -> bool {
        let called = self.called.get(&at).filter(|flow| !circle.iter().any(|(within, _)| within == *flow));
        called.is_some_and(|flow| {
            let steps = flows.get(*flow).map_or(0, |flow| flow.steps.slots.len());
            (0..steps).any(|step| decides(flows, (*flow, step)))
        })
    }

    fn can_end<P: Parts>(&self, flow: FlowIx, draft: &FlowDraft<P>) -> bool {
        let nexts = resolve_nexts(&draft.steps);
        let mut seen = vec![false; nexts.len()];
        let mut open: Vec<StepIx> = draft.steps.first.into_iter().collect();
        while let Some(step) = open.pop() {
            let Some(slot) = draft.steps.slots.get(step) else { continue };
            if std::mem::replace(&mut seen[step], true) || always_waits(slot) {
                continue;
            }
            if slot.kind.waits {
                match nexts.get(step).copied().flatten() {
                    Some(next) => open.push(next),
                    None => return true,
                }
                continue;
            }
            open.extend(slot.blocks.iter().copied());
            let goes = self.gone.contains(&(flow, step));
            if !self.pass((flow, step)) || (leaves(slot) && goes) {
                continue;
            }
            match nexts.get(step).copied().flatten() {
                Some(next) if goes_past(slot) => open.push(next),
                _ if slot.enters && slot.condition.is_none() => {}
                // What leaves and goes nowhere ends the flow (`return`).
                _ => return true,
            }
        }
        false
    }
}

/// Where Tarjan's search stands.
struct Search {
    /// When a node was first seen, from 1; 0 before.
    seen: Vec<usize>,
    /// The earliest node on the path that can be reached from it.
    low: Vec<usize>,
    on_path: Vec<bool>,
    path: Vec<usize>,
    clock: usize,
    found: Vec<Vec<usize>>,
}

impl Search {
    fn new(size: usize) -> Self {
        let (seen, low, on_path) = (vec![0; size], vec![0; size], vec![false; size]);
        Self { seen, low, on_path, path: Vec::new(), clock: 0, found: Vec::new() }
    }

    fn from(&mut self, root: usize, edges: &[Vec<usize>]) {
        if self.seen[root] != 0 {
            return;
        }
        self.enter(root);
        let mut work = vec![(root, 0)];
        while let Some((node, done)) = work.pop() {
            let Some(to) = edges[node].get(done).copied() else {
                self.leave(node);
                if let Some((parent, _)) = work.last() {
                    self.low[*parent] = self.low[*parent].min(self.low[node]);
                }
                continue;
            };
            work.push((node, done + 1));
            if self.seen[to] == 0 {
                self.enter(to);
                work.push((to, 0));
            } else if self.on_path[to] {
                self.low[node] = self.low[node].min(self.seen[to]);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.clock += 1;
        (self.seen[node], self.low[node], self.on_path[node]) = (self.clock, self.clock, true);
        self.path.push(node);
    }

    /// All below a node is done: when nothing leads out above it, what was found since is one part.
    fn leave(&mut self, node: usize) {
        if self.low[node] != self.seen[node] {
            return;
        }
        let start = self.path.iter().rposition(|on_path| *on_path == node).unwrap_or_default();
        let part = self.path.split_off(start);
        for n in &part {
            self.on_path[*n] = false;
        }
        self.found.push(part);
    }
}
