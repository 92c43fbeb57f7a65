//! Builds flows: steps of nested blocks are laid into the flow's one list, each with what comes after it, and get the keys by
//! which sessions remember them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{FlowName, Place, StepKey};
use crate::script::Expr;
use crate::yaml::{Content, Located, Node, Problem};

use super::context::Context;
use super::{ENDINGS, FlowRef, Parts, Rename, StepIx, StepReader, StepType};

/// The most steps in a flow, those of nested blocks included: far more than anyone can follow.
const MAX_STEPS: usize = 1_000;
/// The deepest nesting of blocks: it bounds the work, and deeper is a flow of its own.
const MAX_DEPTH: usize = 16;

/// A step under construction.
#[derive(Debug)]
pub(super) struct Slot<P: Parts> {
    pub at: Located,
    pub place: Place,
    pub kind: &'static StepType<P>,
    pub key: StepKey,
    pub condition: Option<Expr>,
    /// `None` where it could not be read.
    pub step: Option<P::Step>,
    /// The next of its block.
    pub next: Option<StepIx>,
    /// The step whose block it stands in.
    pub owner: Option<Owner>,
    /// Where its blocks begin.
    pub blocks: Vec<StepIx>,
    /// One of its blocks is always entered: what comes after it comes after one of them.
    pub enters: bool,
}

/// The step that a block belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub step: StepIx,
    pub then: Then,
}

/// What comes after a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// What comes after the step that it belongs to.
    GoOn,
    /// That step again (a loop, a form).
    Again,
    /// The flow's end.
    End,
}

/// The steps of a flow under construction.
#[derive(Debug)]
pub(super) struct Draft<P: Parts> {
    pub name: FlowName,
    pub slots: Vec<Slot<P>>,
    pub first: Option<StepIx>,
    pub keys: BTreeMap<StepKey, StepIx>,
    /// Keys that steps had before.
    pub was: Vec<(StepKey, StepIx, Located)>,
    /// How many steps of a verb there are so far.
    ordinals: BTreeMap<String, u32>,
}

impl<P: Parts> Draft<P> {
    fn new(name: FlowName) -> Self {
        Self { name, slots: Vec::new(), first: None, keys: BTreeMap::new(), was: Vec::new(), ordinals: BTreeMap::new() }
    }
}

/// How something comes to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// For good.
    Go,
    /// It comes back from there.
    Call,
    /// Later, as a run of its own.
    Start,
}

/// A place that something goes to.
#[derive(Debug)]
pub(super) struct Going {
    pub from: FlowName,
    /// The step that goes; `None` outside of steps.
    pub step: Option<StepIx>,
    pub target: FlowRef,
    pub at: Located,
    pub way: Way,
}

/// Builds one flow after the other.
#[derive(Debug)]
pub(super) struct Builder<P: Parts> {
    pub cx: Context,
    /// The flow under construction.
    pub draft: Draft<P>,
    /// All places gone to.
    pub goings: Vec<Going>,
    /// The bot's own endings for its questions.
    pub every_question: Option<Arc<Node>>,
    /// Variables that had another name before; known when all is read.
    pub renamed: Vec<Rename>,
    /// Some question was there to take them.
    pub asked: bool,
    depth: usize,
    /// The step that is read next is a field of a form.
    pub reads_field: bool,
    /// Inside the endings of `every_question`: the key of the question they stand in for, and a dot.
    prefix: Option<String>,
}

impl<P: Parts> Builder<P> {
    pub fn new(cx: Context) -> Self {
        let (goings, every_question, draft) = (Vec::new(), None, Draft::new("".into()));
        Self {
            cx,
            draft,
            goings,
            every_question,
            renamed: Vec::new(),
            asked: false,
            depth: 0,
            reads_field: false,
            prefix: None,
        }
    }

    /// Begin a flow, so that what is read next belongs to it.
    pub fn begin(&mut self, name: FlowName) {
        self.draft = Draft::new(name);
        (self.depth, self.prefix) = (0, None);
    }

    /// Its steps, all read; where they begin.
    pub fn end(&mut self, first: Option<StepIx>) -> Draft<P> {
        let draft = Draft { first, ..std::mem::replace(&mut self.draft, Draft::new("".into())) };
        let mut seen = BTreeSet::new();
        for (old, _, at) in &draft.was {
            if draft.keys.contains_key(old) || !seen.insert(old) {
                self.cx.was_in_use(old.as_str(), "a step of the flow", at);
            }
        }
        draft
    }

    /// Read a block; where it begins.
    pub fn block(&mut self, node: &Node, owner: Option<Owner>) -> Option<StepIx> {
        if node.content == Content::Empty {
            self.cx.wrong_type(node, "a step or a list of steps");
            return None;
        }
        if self.depth == MAX_DEPTH {
            let message = format!("steps are nested more than {MAX_DEPTH} deep");
            self.cx.report(Problem::error("steps-too-deep", &node.at, message).help("make it a flow and `go` there"));
            return None;
        }
        let outer = self.prefix.clone();
        if let Some(prefix) = self.prefix_of_ending(node, owner) {
            self.prefix = Some(prefix);
        }
        self.depth += 1;
        let first = self.block_steps(node, owner);
        self.depth -= 1;
        self.prefix = outer;
        if let (Some(first), Some(slot)) = (first, owner.and_then(|owner| self.draft.slots.get_mut(owner.step))) {
            slot.blocks.push(first);
        }
        first
    }

    fn block_steps(&mut self, node: &Node, owner: Option<Owner>) -> Option<StepIx> {
        let (mut first, mut last) = (None, None::<StepIx>);
        for item in node.one_or_many() {
            let Some(ix) = self.step(item, owner) else { continue };
            match last.and_then(|last| self.draft.slots.get_mut(last)) {
                Some(slot) => slot.next = Some(ix),
                None => first = Some(ix),
            }
            last = Some(ix);
        }
        first
    }

    /// Read a step into the next place of the list; where that is.
    pub fn step(&mut self, node: &Node, owner: Option<Owner>) -> Option<StepIx> {
        let ix = self.draft.slots.len();
        if ix >= MAX_STEPS {
            self.too_many_steps(node);
            return None;
        }
        if !self.cx.spend_step(&node.at) {
            return None;
        }
        let before = self.cx.problems.len();
        let kind = self.verb(node);
        self.reads_field = false;
        let kind = kind?;
        self.asked |= kind.is_question();
        let slot = Slot {
            at: node.at.clone(),
            place: self.cx.place(&node.at),
            kind,
            key: self.step_key(node, kind, ix),
            condition: None,
            step: None,
            next: None,
            owner,
            blocks: Vec::new(),
            enters: false,
        };
        self.draft.slots.push(slot);
        self.old_keys(node, kind, ix);
        let condition = node.get("if").filter(|_| kind.verb != "if").and_then(|node| self.cx.condition(node));
        let step = (kind.compile)(&mut StepReader { node, word: kind.verb, step: Some(ix), builder: self });
        if step.is_none() && self.cx.problems.len() == before {
            self.cx.report(
                Problem::error("bad-step", &node.at, format!("this `{}` cannot be used", kind.verb))
                    .help("docs/reference.md shows how it is written"),
            );
        }
        if let Some(slot) = self.draft.slots.get_mut(ix) {
            (slot.condition, slot.step) = (condition, step);
        }
        Some(ix)
    }

    fn too_many_steps(&mut self, node: &Node) {
        if !self.cx.problems.iter().any(|p| p.code == "too-many") {
            let message = format!("the flow `{}` has more than {MAX_STEPS} steps", self.draft.name);
            self.cx.report(Problem::error("too-many", &node.at, message).help("make several flows of it"));
        }
    }

    /// `id`, else what the step asks, saves or calls, else its verb and ordinal in the flow.
    fn step_key(&mut self, node: &Node, kind: &StepType<P>, ix: StepIx) -> StepKey {
        let prefix = self.prefix.clone().unwrap_or_default();
        let counted = self.draft.ordinals.entry(format!("{prefix}{}", kind.verb)).or_default();
        *counted += 1;
        let ordinal = format!("{}#{counted}", kind.verb);
        // A step with an `id` of another meaning is not named by it.
        let id = node.get("id").filter(|_| !kind.takes("id")).and_then(|id| self.id(id));
        let is_question = kind.is_question();
        let named =
            || (kind.names_itself)(node).map(|name| if is_question { name } else { self.unlike(&prefix, &name) });
        let name = id.or_else(named).unwrap_or(ordinal);
        let key = StepKey::from(format!("{prefix}{name}"));
        if let Some(first) = self.draft.keys.get(&key).and_then(|first| self.draft.slots.get(*first)) {
            let at = node.get("id").map_or(&node.at, |id| &id.at);
            let message = format!("two steps of the flow `{}` are named `{key}`", self.draft.name);
            let problem = Problem::error("step-key-clash", at, message).also(&first.at, "the first is here");
            self.cx.report(problem.help("give one of them another `id`: sessions remember by it where they wait"));
        } else {
            self.draft.keys.insert(key.clone(), ix);
        }
        key
    }

    /// `was`: what the step was named before; where a variable names it, that was renamed with it.
    fn old_keys(&mut self, node: &Node, kind: &StepType<P>, ix: StepIx) {
        let Some(was) = node.get("was") else { return };
        let prefix = self.prefix.clone().unwrap_or_default();
        let is_variable = kind.is_question() && !kind.takes("fields") && node.get("id").is_none();
        let variable = (kind.names_itself)(node).filter(|_| is_variable);
        for (old, at) in self.cx.old_names(was) {
            if let Some(new) = &variable {
                self.cx.renamed.push(Rename { old: old.clone(), new: new.clone() });
            }
            self.draft.was.push((format!("{prefix}{old}").into(), ix, at));
        }
    }

    /// A name that a step takes from what it does: a flow may well do the same twice.
    fn unlike(&self, prefix: &str, name: &str) -> String {
        let is_free = |name: &String| !self.draft.keys.contains_key(format!("{prefix}{name}").as_str());
        let numbered = (2..=MAX_STEPS).map(|n| format!("{name}#{n}"));
        std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }

    fn id(&mut self, node: &Node) -> Option<String> {
        let name = self.cx.scalar(node, "a step's name")?;
        self.cx.name(&name, "a step", &node.at)?;
        Some(name)
    }

    /// What `every_question` says for a question that does not say it itself. Its own questions are asked without it.
    pub fn ending(&self, step: StepIx, name: &str) -> Option<&Node> {
        let kind = self.draft.slots.get(step)?.kind;
        let stands_in = self.prefix.is_none() && kind.is_question() && kind.takes(name) && ENDINGS.contains(&name);
        self.every_question.as_deref().filter(|_| stands_in)?.get(name)
    }

    /// When a block stands in `every_question`: what its steps' keys begin with.
    fn prefix_of_ending(&self, block: &Node, owner: Option<Owner>) -> Option<String> {
        let endings = self.every_question.as_deref().filter(|_| self.prefix.is_none())?;
        let question = self.draft.slots.get(owner?.step)?;
        is_within(&block.at, &endings.at).then(|| format!("{}.", question.key))
    }

    /// A flow or `flow.step`, gone to for good or called.
    pub fn flow_ref(&mut self, node: &Node, step: Option<StepIx>, way: Way) -> Option<FlowRef> {
        let text = self.cx.scalar(node, "the name of a flow")?;
        let target = match text.split_once('.') {
            Some((flow, step)) => FlowRef { flow: flow.into(), step: Some(step.into()) },
            None => FlowRef { flow: text.into(), step: None },
        };
        let from = self.draft.name.clone();
        self.goings.push(Going { from, step, target: target.clone(), at: node.at.clone(), way });
        Some(target)
    }
}

impl<P: Parts> Builder<P> {
    /// A flow that begins later, as a run of its own.
    pub fn flow_later(&mut self, node: &Node, step: Option<StepIx>) -> Option<FlowName> {
        let text = self.cx.scalar(node, "the name of a flow")?;
        if text.contains('.') {
            let problem =
                Problem::error("wrong-type", &node.at, "a flow is started from its beginning, not from a step");
            self.cx.report(problem.help("name the flow alone"));
            return None;
        }
        let target = FlowRef { flow: text.as_str().into(), step: None };
        let from = self.draft.name.clone();
        self.goings.push(Going { from, step, target, at: node.at.clone(), way: Way::Start });
        Some(text.as_str().into())
    }
}

fn is_within(inner: &Located, outer: &Located) -> bool {
    Arc::ptr_eq(&inner.source, &outer.source)
        && outer.bytes.start <= inner.bytes.start
        && inner.bytes.end <= outer.bytes.end
}
