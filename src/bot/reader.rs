//! How a step or trigger reads itself from located nodes. The rules that all share (closed keys, texts, expressions, blocks, references) stand
//! here once.

use crate::domain::{Capabilities, FlowName, MediaKind, Notes, Span, TeamRef, Value};
use crate::script::Expr;
use crate::yaml::{Content, Located, Node, Problem};

use super::assets::FileUse;
use super::build::{Builder, Owner, Then, Way};
use super::teams::Fitness;
use super::verb::LABEL;
use super::{
    Block, CalendarRef, CallUse, FaqUse, Field, FlowRef, KeyDoc, LabelRoom, MediaFrom, Parts, SealedText, StepIx,
    TemplateCall, Texts, ValueExpr,
};

/// Reads one step or trigger. Every method reports its problem itself, with place and hint, and returns `None`.
#[derive(Debug)]
pub struct StepReader<'a, P: Parts> {
    pub(super) node: &'a Node,
    /// The verb, or the trigger's name.
    pub(super) word: &'static str,
    /// The step; `None` for a trigger.
    pub(super) step: Option<StepIx>,
    pub(super) builder: &'a mut Builder<P>,
}

impl<P: Parts> StepReader<'_, P> {
    /// The whole step.
    pub fn at(&self) -> Located {
        self.node.at.clone()
    }

    /// The verb's main argument.
    pub fn argument(&self) -> Option<Node> {
        self.node.get(self.word).filter(|node| node.content != Content::Empty).cloned()
    }

    /// The value of a key beside the verb. For questions the endings of `every_question` stand in for keys that are not there.
    pub fn key(&self, name: &str) -> Option<Node> {
        self.node.get(name).or_else(|| self.builder.ending(self.step?, name)).cloned()
    }

    /// The value of a key that must be there.
    pub fn needed(&mut self, name: &str) -> Option<Node> {
        let found = self.key(name);
        if found.is_none() {
            let message = format!("`{}` needs the key `{name}`", self.word);
            let problem = Problem::error("missing-key", &self.at(), message);
            self.report(problem.help(format!("`{name}: …` stands beside it. {}", self.said_of(name))));
        }
        found
    }

    /// The value of a key that must be in a mapping of its own.
    pub fn needed_in(&mut self, node: &Node, what: &str, name: &str) -> Option<Node> {
        let found = node.get(name).cloned();
        if found.is_none() {
            let problem = Problem::error("missing-key", &node.at, format!("`{what}` needs the key `{name}`"));
            self.report(problem.help(format!("it stands within: `{what}: {{{name}: …}}`")));
        }
        found
    }

    /// What the key of the step or trigger is, in its own words.
    fn said_of(&self, name: &str) -> &'static str {
        let step = P::steps().iter().find(|kind| kind.verb == self.word).map(|kind| kind.keys);
        let trigger = || P::triggers().iter().find(|kind| kind.name == self.word).map(|kind| kind.keys);
        let keys = step.or_else(trigger).unwrap_or_default();
        keys.iter().find(|key| key.name == name).map_or("", |key| key.doc)
    }

    /// Report.
    pub fn report(&mut self, problem: Problem) {
        self.builder.cx.report(problem);
    }

    /// Say that something else was expected.
    pub fn wrong_type(&mut self, node: &Node, expected: &str) {
        self.builder.cx.wrong_type(node, expected);
    }

    /// The least room that the label of one of so many options has where the bot speaks; `None` where nothing is cut.
    pub fn label_room(&self, options: usize) -> Option<LabelRoom> {
        self.builder.cx.audience.label_room(options)
    }

    /// Warn where an account on which the bot speaks cannot do what stands there; `instead` says what becomes of it.
    pub fn needs_channel(&mut self, at: &Located, what: &str, instead: &str, can: impl Fn(&Capabilities) -> bool) {
        self.builder.cx.needs_channel(at, what, instead, can);
    }

    /// One more regex, of so many bytes at most. False: those of the bot take too much, and it was said.
    pub fn spend_regex(&mut self, bytes: usize, at: &Located) -> bool {
        self.builder.cx.spend_regex(bytes, at)
    }

    /// A text, or a map by language.
    pub fn texts(&mut self, node: &Node) -> Option<Texts> {
        self.builder.cx.texts(node)
    }

    /// The same for people of the business: nobody translates it.
    pub fn texts_for_people(&mut self, node: &Node) -> Option<Texts> {
        self.builder.cx.texts_for_people(node)
    }

    /// An entry for the conversation's note: for people, where they have a place to read it.
    pub fn note(&mut self, node: &Node) -> Option<Texts> {
        self.needs_channel(&node.at, "a place for notes", "nobody reads this one", |can| can.notes != Notes::Nowhere);
        self.texts_for_people(node)
    }

    /// A text or a list of texts.
    pub fn texts_list(&mut self, node: &Node) -> Option<Vec<Texts>> {
        self.list(node, Self::texts)
    }

    /// Texts that contacts may write: nobody translates each of them.
    pub fn texts_to_match(&mut self, node: &Node) -> Option<Vec<Texts>> {
        self.list(node, Self::texts_for_people)
    }

    fn list(&mut self, node: &Node, mut texts: impl FnMut(&mut Self, &Node) -> Option<Texts>) -> Option<Vec<Texts>> {
        if node.one_or_many().is_empty() {
            self.builder.cx.wrong_type(node, "a text or a list of texts");
            return None;
        }
        let texts: Vec<_> = node.one_or_many().iter().map(|item| texts(self, item)).collect();
        texts.into_iter().collect()
    }

    /// A text in which secrets may be named.
    pub fn sealed_text(&mut self, node: &Node) -> Option<SealedText> {
        self.builder.cx.sealed_text(node)
    }

    /// The step calls this host.
    pub fn calls(&mut self, host: String, at: &Located) {
        self.builder.cx.calls.push(CallUse { host, at: at.clone() });
    }

    /// A bare rhai condition.
    pub fn condition(&mut self, node: &Node) -> Option<Expr> {
        self.builder.cx.condition(node)
    }

    /// A value that keeps its type.
    pub fn value(&mut self, node: &Node) -> Option<ValueExpr> {
        self.builder.cx.value(node)
    }

    /// One of the bot's languages; the nearest is offered.
    pub fn language(&mut self, node: &Node) -> Option<()> {
        let name = self.builder.cx.scalar(node, "a language's code")?;
        self.builder.cx.known_language(&name, &node.at).map(|_| ())
    }

    /// A literal value that keeps its type, without expressions.
    pub fn literal(&mut self, node: &Node) -> Option<Value> {
        self.builder.cx.literal(node)
    }

    /// `true` or `false`.
    pub fn flag(&mut self, node: &Node) -> Option<bool> {
        self.builder.cx.flag(node)
    }

    /// A whole number of at least `least`.
    pub fn count(&mut self, node: &Node, least: u32) -> Option<u32> {
        self.builder.cx.count(node, least)
    }

    /// `open`, or `NAME.open` of a calendar.
    pub fn opening(&mut self, node: &Node) -> Option<CalendarRef> {
        self.builder.cx.opening(node)
    }

    /// A duration.
    pub fn span(&mut self, node: &Node) -> Option<Span> {
        self.builder.cx.span(node)
    }

    /// One of these words; the nearest is offered.
    pub fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        self.builder.cx.word(node, words)
    }

    /// The scalar as written, non-empty.
    pub fn scalar(&mut self, node: &Node) -> Option<String> {
        self.builder.cx.scalar(node, "a text")
    }

    /// A variable that this step sets: checked as a name, and known from now on to all expressions.
    pub fn sets(&mut self, node: &Node) -> Option<String> {
        let name = self.builder.cx.scalar(node, "the name of a variable")?;
        self.sets_name(&name, &node.at)
    }

    /// The same for a name that was not written as a node (a regex's group, a key of `set`).
    pub fn sets_name(&mut self, name: &str, at: &Located) -> Option<String> {
        self.builder.cx.name(name, "a variable", at)?;
        self.builder.cx.sets.insert(name.into());
        Some(name.into())
    }

    /// A variable that something else sets; that something does is checked when all is read.
    pub fn variable(&mut self, node: &Node) -> Option<String> {
        let name = self.builder.cx.scalar(node, "the name of a variable")?;
        self.builder.cx.reads(&name, &node.at);
        Some(name)
    }

    /// A flow or `flow.step`; that it exists is checked when all is read. It is an edge of the graph.
    pub fn flow_ref(&mut self, node: &Node) -> Option<FlowRef> {
        self.builder.flow_ref(node, self.step, Way::Go)
    }

    /// The same, of a step that comes back from there.
    pub fn called_flow(&mut self, node: &Node) -> Option<FlowRef> {
        self.builder.flow_ref(node, self.step, Way::Call)
    }

    /// A flow that begins later, as a run of its own.
    pub fn flow_later(&mut self, node: &Node) -> Option<FlowName> {
        self.builder.flow_later(node, self.step)
    }

    /// Of a team somebody must have this skill or speak this language: a word that nobody has is a mistake.
    pub fn somebody_fits(&mut self, who: &TeamRef, node: &Node, what: Fitness) {
        self.builder.cx.somebody_fits(who, node, what);
    }

    /// A team, or a member by name; that it exists is checked.
    pub fn team_ref(&mut self, node: &Node) -> Option<TeamRef> {
        self.builder.cx.team_ref(node)
    }

    /// A recipe that the step runs, with the inputs of that key beside it.
    pub fn recipe(&mut self, argument: &Node, with: &str) -> Option<FlowRef> {
        let (with, id) = (self.own_key(with), self.own_key("id"));
        self.builder.use_in_step(argument, with.as_ref(), id.as_ref(), self.step)
    }

    /// An entry of the FAQ; that it exists is checked.
    pub fn faq_ref(&mut self, node: &Node, by: FaqUse) -> Option<String> {
        self.builder.cx.faq_ref(node, by)
    }

    /// A template that stands in for the step's message: with the keys `language` and `params` beside its name, or a mapping of its own.
    pub fn template(&mut self, name: &Node) -> Option<TemplateCall> {
        let node = self.node;
        self.builder.cx.template(name, |key| node.get(key).filter(|_| matches!(key, "language" | "params")))
    }

    /// A template that is the step itself: with all keys beside its name.
    pub fn whole_template(&mut self, name: &Node) -> Option<TemplateCall> {
        let node = self.node;
        self.builder.cx.template(name, |key| node.get(key))
    }

    /// A file to send: one of the bot's folder by its name, or an address.
    pub fn media(&mut self, node: &Node, kind: MediaKind) -> Option<MediaFrom> {
        let from = self.builder.cx.media(node, kind)?;
        self.builder.cx.fits_channels(node, kind, &from, FileUse::Message);
        Some(from)
    }

    /// Nested steps: one or a list. What comes after them is what comes after this step.
    pub fn block(&mut self, node: &Node) -> Block {
        self.owned(node, Then::GoOn)
    }

    /// Nested steps after which it is this step's turn again, to go round once more or on.
    pub fn round(&mut self, node: &Node) -> Block {
        if matches!(&node.content, Content::List(items) if items.is_empty()) {
            self.builder.cx.wrong_type(node, "a step or a list of steps");
        }
        self.owned(node, Then::Again)
    }

    /// Nested steps after which the flow is over.
    pub fn last_block(&mut self, node: &Node) -> Block {
        self.owned(node, Then::End)
    }

    /// The step always enters one of these blocks of its. (An empty one is gone past.)
    pub fn enters_one_of(&mut self, blocks: &[Block]) {
        if let Some(slot) = self.step.and_then(|step| self.builder.draft.slots.get_mut(step)) {
            slot.enters = blocks.iter().all(|block| block.0.is_some());
        }
    }

    fn owned(&mut self, node: &Node, then: Then) -> Block {
        Block(self.builder.block(node, self.step.map(|step| Owner { step, then })))
    }

    /// A question of a form: one step after which it is this step's turn again.
    pub fn field(&mut self, node: &Node) -> Option<Field> {
        let owner = self.step.map(|step| Owner { step, then: Then::Again });
        self.builder.reads_field = true;
        let step = self.builder.step(node, owner)?;
        let kind = self.builder.draft.slots.get(step)?.kind;
        // A form in a form would have two to go back in.
        if !kind.is_question() || kind.takes("fields") {
            let problem = Problem::error("no-question", &node.at, format!("`{}` is no question", kind.verb));
            self.report(problem.help("the fields of a form are questions; other steps stand before or after it"));
            return None;
        }
        if let Some(slot) = owner.and_then(|owner| self.builder.draft.slots.get_mut(owner.step)) {
            slot.blocks.push(step);
        }
        let name = (kind.names_itself)(node);
        let question = node.get("text").or_else(|| node.get(kind.verb).filter(|node| node.scalar() != name.as_deref()));
        let label = node.get(LABEL).and_then(|label| self.texts(label));
        // It was read with its step, which told what is wrong with it.
        let question = question.and_then(|question| self.texts(question));
        Some(Field { step, name, label, question })
    }

    /// A name of something that is new here.
    pub fn named(&mut self, node: &Node, what: &str) -> Option<String> {
        let name = self.scalar(node)?;
        self.builder.cx.name(&name, what, &node.at)?;
        Some(name)
    }

    /// The value of a key that stands beside the verb itself.
    pub fn own_key(&self, name: &str) -> Option<Node> {
        self.node.get(name).cloned()
    }

    /// Variables with their values, as `with` gives them.
    pub fn given(&mut self, node: &Node) -> Option<Vec<(String, ValueExpr)>> {
        if node.entries().is_empty() {
            self.builder.cx.wrong_type(node, "a mapping of variables");
            return None;
        }
        let read: Vec<_> =
            node.entries().iter().map(|(key, value)| (self.sets_name(&key.text, &key.at), self.value(value))).collect();
        read.into_iter().map(|(name, value)| Some((name?, value?))).collect()
    }

    /// The children of a mapping node that is no step (an option of a menu), with closed keys.
    pub fn closed(&mut self, node: &Node, keys: &[KeyDoc]) -> bool {
        self.closed_but(node, keys, |_| None)
    }

    /// The same where some unknown keys are a mistake that is known: what to do about them.
    pub fn closed_but(&mut self, node: &Node, keys: &[KeyDoc], help: impl Fn(&str) -> Option<String>) -> bool {
        self.builder.cx.closed_but(node, &super::context::key_names(keys), help)
    }
}
