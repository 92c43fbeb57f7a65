//! Circles of steps in which nothing waits: a turn that enters one never ends by itself. Found as the strongly connected parts of
//! the graph of steps that do not wait.

use std::collections::{BTreeMap, HashMap};

use crate::yaml::{Problem, Severity};

use super::Parts;
use super::context::Context;
use super::flows::{FlowDraft, resolve_nexts};
use super::links::{Link, StepAt, leaves, targets};

/// Report each circle once, at one of its steps that go.
pub(super) fn check_circles<P: Parts>(cx: &mut Context, flows: &[FlowDraft<P>], links: &[Link]) {
    let targets = targets(flows, links);
    let graph = Graph::of(flows, &targets);
    for circle in graph.circles() {
        // Steps of a circle that go: without one it would be no circle, as all else leads forward.
        let Some(at) = circle.iter().copied().filter(|at| targets.contains_key(at)).min() else { continue };
        report(cx, flows, &circle, at);
    }
}

fn report<P: Parts>(cx: &mut Context, flows: &[FlowDraft<P>], circle: &[StepAt], at: StepAt) {
    let slot_of = |(flow, step): StepAt| flows.get(flow)?.steps.slots.get(step);
    let Some(slot) = slot_of(at) else { return };
    let decides = |at: &StepAt| slot_of(*at).is_some_and(|slot| slot.condition.is_some() || !slot.blocks.is_empty());
    let mut names: Vec<&str> =
        circle.iter().filter_map(|(flow, _)| Some(flows.get(*flow)?.steps.name.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.join("`, `");
    let problem = if circle.iter().any(decides) {
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

/// The steps that do not wait, and where each can lead at once.
struct Graph {
    nodes: Vec<StepAt>,
    edges: Vec<Vec<usize>>,
}

impl Graph {
    fn of<P: Parts>(flows: &[FlowDraft<P>], targets: &BTreeMap<StepAt, Vec<StepAt>>) -> Self {
        let mut nodes = Vec::new();
        for (flow, draft) in flows.iter().enumerate() {
            let steps = draft.steps.slots.iter().enumerate().filter(|(_, slot)| !slot.kind.waits);
            nodes.extend(steps.map(|(step, _)| (flow, step)));
        }
        let index: HashMap<StepAt, usize> = nodes.iter().enumerate().map(|(n, at)| (*at, n)).collect();
        let mut edges = Vec::with_capacity(nodes.len());
        for (flow, draft) in flows.iter().enumerate() {
            let nexts = resolve_nexts(&draft.steps);
            for (step, (slot, next)) in draft.steps.slots.iter().zip(nexts).enumerate() {
                if slot.kind.waits {
                    continue;
                }
                let goes = targets.get(&(flow, step)).into_iter().flatten().copied();
                let on = next.filter(|_| !leaves(slot)).into_iter().chain(slot.blocks.iter().copied());
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
