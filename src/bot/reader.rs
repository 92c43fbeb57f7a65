//! What a step or trigger type is, and how it reads itself from located nodes. The rules that all share (closed keys, texts,
//! expressions, blocks, references) stand here once.

use std::sync::Arc;

use crate::domain::{Span, Value};
use crate::script::Expr;
use crate::yaml::{Located, Node, Problem, Source};

use super::{Block, FlowRef, Parts, Revision, TemplateCall, Texts, ValueExpr};

/// A key that may stand beside a verb (or in a trigger's mapping).
#[derive(Clone, Copy, Debug)]
pub struct KeyDoc {
    /// Its name.
    pub name: &'static str,
    /// What it does, one line.
    pub doc: &'static str,
}

/// A step type: one file and one line in the list of steps.
#[derive(Debug)]
pub struct StepType<P: Parts> {
    /// The verb.
    pub verb: &'static str,
    /// What it does, one or two lines.
    pub doc: &'static str,
    /// Whether the verb takes its main argument always, never, or as it likes.
    pub argument: Argument,
    /// All other keys (`if` and `id` go with every step and are not listed).
    pub keys: &'static [KeyDoc],
    /// A complete flow's `do:` in YAML that works, for the reference and the tests.
    pub example: &'static str,
    /// It stops the turn until something comes (a question, a wait): a circle through it is no endless loop.
    pub waits: bool,
    /// Nothing of its block runs after it (`go`, `stop`).
    pub leaves: bool,
    /// The key that names it when it has no `id`: the argument of `ask`, `save` of `menu`. `None`: verb and ordinal.
    pub names_itself: fn(&Node) -> Option<String>,
    /// Read it. Problems go to the reader; `None` where it cannot be used.
    pub compile: fn(&mut StepReader<'_, P>) -> Option<P::Step>,
}

/// Whether a verb has a main argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Must be there.
    Needed,
    /// May be there.
    Optional,
    /// Must not be there.
    None,
}

/// A trigger type: one file and one line in the list of triggers.
#[derive(Debug)]
pub struct TriggerType<P: Parts> {
    /// Its name: a bare word (`fallback`) or the one key of a mapping (`keywords: …`).
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// A complete `on:` that works.
    pub example: &'static str,
    /// A bare word, or a key with a value.
    pub argument: Argument,
    /// Read it.
    pub compile: fn(&mut StepReader<'_, P>) -> Option<P::Trigger>,
}

/// Reads one step or trigger. Every method reports its problem itself, with place and hint, and returns `None`.
#[derive(Debug)]
pub struct StepReader<'a, P: Parts> {
    // The builder fills this in: the node, the loader's context, the flow under construction.
    pub(super) node: &'a Node,
    pub(super) _parts: std::marker::PhantomData<P>,
}

impl<P: Parts> StepReader<'_, P> {
    /// The whole step.
    pub fn at(&self) -> Located {
        self.node.at.clone()
    }
    /// The verb's main argument.
    pub fn argument(&self) -> Option<Node> {
        None
    }
    /// The value of a key beside the verb. For `ask` and `menu` the endings of `every_question` stand in for keys that are not there.
    pub fn key(&self, _name: &str) -> Option<Node> {
        None
    }
    /// Report.
    pub fn report(&mut self, _problem: Problem) {}
    /// A text, or a map by language.
    pub fn texts(&mut self, _node: &Node) -> Option<Texts> {
        None
    }
    /// A text or a list of texts.
    pub fn texts_list(&mut self, _node: &Node) -> Option<Vec<Texts>> {
        None
    }
    /// A bare rhai condition.
    pub fn condition(&mut self, _node: &Node) -> Option<Expr> {
        None
    }
    /// A value that keeps its type.
    pub fn value(&mut self, _node: &Node) -> Option<ValueExpr> {
        None
    }
    /// A literal value that keeps its type, without expressions.
    pub fn literal(&mut self, _node: &Node) -> Option<Value> {
        None
    }
    /// `true` or `false`.
    pub fn flag(&mut self, _node: &Node) -> Option<bool> {
        None
    }
    /// A whole number of at least `least`.
    pub fn count(&mut self, _node: &Node, _least: u32) -> Option<u32> {
        None
    }
    /// A duration.
    pub fn span(&mut self, _node: &Node) -> Option<Span> {
        None
    }
    /// One of these words; the nearest is offered.
    pub fn word<T: Copy>(&mut self, _node: &Node, _words: &[(&str, T)]) -> Option<T> {
        None
    }
    /// The scalar as written, non-empty.
    pub fn scalar(&mut self, _node: &Node) -> Option<String> {
        None
    }
    /// A variable that this step sets: checked as a name, and known from now on to all expressions.
    pub fn sets(&mut self, _node: &Node) -> Option<String> {
        None
    }
    /// The same for a name that was not written as a node (a regex's group).
    pub fn sets_name(&mut self, _name: &str, _at: &Located) -> Option<String> {
        None
    }
    /// A flow or `flow.step`; that it exists is checked when all is read. It is an edge of the graph.
    pub fn flow_ref(&mut self, _node: &Node) -> Option<FlowRef> {
        None
    }
    /// A team, or a member by name: `(team, member)`; that it exists is checked when all is read.
    pub fn team_ref(&mut self, _node: &Node) -> Option<(String, Option<String>)> {
        None
    }
    /// `template` with the keys `language` and `params` beside it.
    pub fn template(&mut self, _name: &Node) -> Option<TemplateCall> {
        None
    }
    /// Nested steps: one or a list. What comes after them is what comes after this step.
    pub fn block(&mut self, _node: &Node) -> Block {
        Block(None)
    }
    /// The children of a mapping node that is no step (an option of a menu), with closed keys.
    pub fn closed(&mut self, _node: &Node, _keys: &[KeyDoc]) -> bool {
        false
    }
}

/// Load a bot from all files of its folder (`*.yaml` but tests; paths as shown to people, the folder's name is the bot's) and the
/// modules of `scripts/`. The revision is there exactly when no problem is an error.
pub fn load<P: Parts>(
    _folder: &str,
    _files: &[Arc<Source>],
    _scripts: &Arc<crate::script::Scripts>,
) -> (Option<Revision<P>>, Vec<Problem>) {
    (None, Vec::new())
}
