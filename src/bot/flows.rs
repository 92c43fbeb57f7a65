//! The keys of a flow: its triggers, its conditions, how often it runs.

use crate::domain::{FlowName, Place, Span};
use crate::script::Expr;
use crate::yaml::{Content, Key, Located, Node, Problem, nearest};

use super::build::{Builder, Draft, Owner, Then};
use super::shapes::FLOW;
use super::{
    Argument, Block, Flow, OncePer, Parts, Per, StepEntry, StepIx, StepReader, TemplateCall, TriggerType, WhenPeople,
};

const PER: &[(&str, Per)] = &[("contact", Per::Contact), ("conversation", Per::Conversation)];
const WHEN_PEOPLE: &[(&str, WhenPeople)] =
    &[("speak", WhenPeople::Speak), ("wait", WhenPeople::Wait), ("drop", WhenPeople::Drop)];
/// What the names of flows that are kept beside the others have in them: no flow of a bot can bear such a name, and no step can go there.
const BESIDE: [char; 2] = ['.', ':'];
const BOT_ON_ERROR: &str = "bot.on_error";

/// The flow of a team's `on_nobody`.
pub(super) fn on_nobody(team: &str) -> FlowName {
    format!("on_nobody:{team}").as_str().into()
}

/// Whether it is the name of a flow that is kept beside the others.
pub(super) fn is_beside(name: &str) -> bool {
    name.contains(BESIDE)
}

/// A flow under construction.
#[derive(Debug)]
pub(super) struct FlowDraft<P: Parts> {
    pub at: Located,
    place: Place,
    pub triggers: Vec<P::Trigger>,
    /// Something begins it: it has an `on`, readable or not.
    pub is_begun: bool,
    condition: Option<Expr>,
    unless: Option<Expr>,
    priority: i64,
    interrupt: bool,
    continues: bool,
    once_per: Option<OncePer>,
    per: Per,
    unless_human_within: Option<Span>,
    when_people: WhenPeople,
    outside: Option<TemplateCall>,
    on_error: Option<Block>,
    on_orphan: Option<Block>,
    /// Names that it had before.
    pub was: Vec<(String, Located)>,
    pub steps: Draft<P>,
}

impl<P: Parts> Builder<P> {
    /// Read a flow.
    pub fn flow(&mut self, key: &Key, node: &Node) -> FlowDraft<P> {
        self.cx.name(&key.text, "a flow", &key.at);
        self.flow_named(&key.text, key, node)
    }

    /// Read a flow under a name that is not its key's.
    pub fn flow_named(&mut self, name: &str, key: &Key, node: &Node) -> FlowDraft<P> {
        self.cx.shaped(node, &FLOW);
        self.begin(name.into());
        let first = self.flow_steps(key, node);
        let on_error = node.get("on_error").map(|steps| Block(self.block(steps, None)));
        let on_orphan = node.get("on_orphan").map(|steps| Block(self.block(steps, None)));
        let flow = FlowDraft {
            at: key.at.clone(),
            place: self.cx.place(&key.at),
            triggers: node.get("on").map(|on| self.triggers(on)).unwrap_or_default(),
            is_begun: node.get("on").is_some(),
            condition: node.get("if").and_then(|node| self.cx.condition(node)),
            unless: node.get("unless").and_then(|node| self.cx.condition(node)),
            priority: node.get("priority").and_then(|n| self.cx.parsed(n, "a whole number")).unwrap_or(0),
            interrupt: node.get("interrupt").and_then(|node| self.cx.flag(node)).unwrap_or(false),
            continues: node.get("continue").and_then(|node| self.cx.flag(node)).unwrap_or(false),
            once_per: node.get("once_per").and_then(|node| self.once_per(node)),
            per: self.per(node),
            unless_human_within: node.get("unless_human_within").and_then(|node| self.cx.span(node)),
            when_people: node.get("when_people").and_then(|node| self.cx.word(node, WHEN_PEOPLE)).unwrap_or_default(),
            outside: node.get("outside_window").and_then(|node| self.cx.outside_window(node)),
            on_error,
            on_orphan,
            was: node.get("was").map(|was| self.cx.old_names(was)).unwrap_or_default(),
            steps: self.end(first),
        };
        self.check_continue(&flow);
        flow
    }

    /// The bot's own `on_error`: a flow that begins when a script fails.
    pub fn on_error(&mut self, node: &Node) -> FlowDraft<P> {
        self.kept_beside(BOT_ON_ERROR.into(), node)
    }

    /// A team's `on_nobody`: a flow that steps call when nobody of the team is there.
    pub fn on_nobody(&mut self, team: &str, node: &Node) -> FlowDraft<P> {
        self.kept_beside(on_nobody(team), node)
    }

    /// A flow beside the others, that no name leads to.
    fn kept_beside(&mut self, name: FlowName, node: &Node) -> FlowDraft<P> {
        self.begin(name);
        let first = self.block(node, None);
        FlowDraft {
            at: node.at.clone(),
            place: self.cx.place(&node.at),
            triggers: Vec::new(),
            is_begun: true,
            condition: None,
            unless: None,
            priority: 0,
            interrupt: false,
            continues: false,
            once_per: None,
            per: Per::default(),
            unless_human_within: None,
            when_people: WhenPeople::default(),
            outside: None,
            on_error: None,
            on_orphan: None,
            was: Vec::new(),
            steps: self.end(first),
        }
    }

    fn flow_steps(&mut self, key: &Key, node: &Node) -> Option<StepIx> {
        let steps = node.get("do").filter(|steps| !steps.one_or_many().is_empty());
        if steps.is_none() && matches!(node.content, Content::Map(_)) {
            let problem = Problem::error("no-steps", &key.at, format!("the flow `{}` has no steps", key.text));
            self.cx.report(problem.help("a flow does something: `do: [{say: Hello}]`"));
        }
        self.block(steps?, None)
    }

    fn per(&mut self, flow: &Node) -> Per {
        let Some(node) = flow.get("per") else { return Per::default() };
        if flow.get("once_per").is_none() {
            let problem = Problem::error("needless-key", &node.at, "there is no `once_per` that this is about");
            self.cx.report(problem.help("`once_per: day` and beside it `per: contact`"));
        }
        self.cx.word(node, PER).unwrap_or_default()
    }

    fn once_per(&mut self, node: &Node) -> Option<OncePer> {
        match node.scalar() {
            Some("day") => return Some(OncePer::Day),
            Some(text @ ("hour" | "week" | "month" | "session")) => {
                let problem = Problem::error("bad-duration", &node.at, format!("`{text}` is no duration"));
                self.cx.report(problem.help("`day` is a calendar day; any other time is written like `1h` or `7d`"));
                return None;
            }
            _ => {}
        }
        self.cx.span(node).map(OncePer::Span)
    }

    /// A flow that lets the message go on cannot keep the person waiting for a question.
    fn check_continue(&mut self, flow: &FlowDraft<P>) {
        let asks = flow.steps.slots.iter().find(|slot| slot.kind.is_question());
        if let (true, Some(slot)) = (flow.continues, asks) {
            let message = format!("a flow with `continue: true` cannot ask: `{}` waits for an answer", slot.kind.verb);
            let problem = Problem::error("question-in-continue", &slot.at, message).also(&flow.at, "the flow");
            self.cx.report(problem.help("take `continue` away, or ask in a flow of its own"));
        }
    }

    fn triggers(&mut self, on: &Node) -> Vec<P::Trigger> {
        if on.one_or_many().is_empty() {
            self.cx.wrong_type(on, "a trigger or a list of triggers");
        }
        on.one_or_many().iter().filter_map(|node| self.trigger(node)).collect()
    }

    fn trigger(&mut self, node: &Node) -> Option<P::Trigger> {
        let (name, at, argument) = self.trigger_parts(node)?;
        let kind = self.trigger_type(name, at)?;
        let argument = argument.filter(|argument| argument.content != Content::Empty);
        self.check_trigger(kind, at, argument)?;
        let before = self.cx.problems.len();
        let trigger = (kind.compile)(&mut StepReader { node, word: kind.name, step: None, builder: self });
        if trigger.is_none() && self.cx.problems.len() == before {
            let message = format!("this `{name}` cannot be used");
            self.cx.report(
                Problem::error("trigger-shape", &node.at, message).help("docs/reference.md shows how it is written"),
            );
        }
        trigger
    }

    /// Its name, where that stands, and what is after it.
    fn trigger_parts<'n>(&mut self, node: &'n Node) -> Option<(&'n str, &'n Located, Option<&'n Node>)> {
        if let Some(word) = node.scalar() {
            return Some((word, &node.at, None));
        }
        if let Some((key, value)) = self.trigger_key(node.entries()) {
            return Some((&key.text, &key.at, Some(value)));
        }
        if matches!(node.content, Content::Map(_)) {
            let problem = Problem::error("trigger-shape", &node.at, "a trigger has one key");
            self.cx.report(problem.help("several triggers are a list: `on: [{keywords: menu}, fallback]`"));
        } else {
            self.cx.wrong_type(node, "a trigger");
        }
        None
    }

    /// The one key, or that beside which others may stand.
    fn trigger_key<'n>(&mut self, entries: &'n [(Key, Node)]) -> Option<&'n (Key, Node)> {
        if let [only] = entries {
            return Some(only);
        }
        let kind = |key: &Key| P::triggers().iter().find(|kind| kind.name == key.text && !kind.keys.is_empty());
        let (entry, kind) = entries.iter().find_map(|entry| Some((entry, kind(&entry.0)?)))?;
        let known: Vec<&str> = kind.keys.iter().map(|doc| doc.name).chain([kind.name]).collect();
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            self.cx.unknown_key(key, &known);
        }
        Some(entry)
    }

    fn trigger_type(&mut self, name: &str, at: &Located) -> Option<&'static TriggerType<P>> {
        if let Some(kind) = P::triggers().iter().find(|kind| kind.name == name) {
            return Some(kind);
        }
        let problem = Problem::error("unknown-trigger", at, format!("unknown trigger `{name}`"));
        self.cx.report(match nearest(name, P::triggers().iter().map(|kind| kind.name)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("words to listen for are written `on: {keywords: [price, cost]}`"),
        });
        None
    }

    fn check_trigger(&mut self, kind: &TriggerType<P>, at: &Located, argument: Option<&Node>) -> Option<()> {
        let name = kind.name;
        let problem = match (kind.argument, argument) {
            (Argument::Needed, None) => {
                Problem::error("trigger-shape", at, format!("`{name}` needs something after it"))
                    .help(format!("`on: {{{name}: …}}`"))
            }
            (Argument::None, Some(argument)) => {
                Problem::error("trigger-shape", &argument.at, format!("`{name}` stands alone"))
                    .help(format!("`on: {name}`"))
            }
            _ => return Some(()),
        };
        self.cx.report(problem);
        None
    }
}

impl<P: Parts> FlowDraft<P> {
    /// The flow; `None` where a step could not be read.
    pub fn finish(mut self) -> Option<Flow<P>> {
        self.steps.keys.extend(std::mem::take(&mut self.steps.was).into_iter().map(|(old, step, _)| (old, step)));
        let nexts = lead_back(&self.steps, resolve_nexts(&self.steps));
        let entries = self.steps.slots.into_iter().zip(nexts).map(|(slot, next)| {
            let round_of = slot.owner.filter(|owner| owner.then == Then::Again).map(|owner| owner.step);
            let (key, place, condition) = (slot.key, slot.place, slot.condition);
            Some(StepEntry { key, place, verb: slot.kind.verb, condition, step: slot.step?, next, round_of })
        });
        Some(Flow {
            name: self.steps.name,
            place: self.place,
            triggers: self.triggers,
            condition: self.condition,
            unless: self.unless,
            priority: self.priority,
            interrupt: self.interrupt,
            continues: self.continues,
            once_per: self.once_per,
            per: self.per,
            unless_human_within: self.unless_human_within,
            when_people: self.when_people,
            outside: self.outside,
            on_error: self.on_error,
            on_orphan: self.on_orphan,
            steps: entries.collect::<Option<_>>()?,
            first: self.steps.first,
            keys: self.steps.keys,
        })
    }
}

/// What comes after each step: the next of its block, or what comes after the step that the block belongs to, however often it
/// goes round. Owners stand before what they own, so one walk forward settles all.
pub(super) fn resolve_nexts<P: Parts>(draft: &Draft<P>) -> Vec<Option<StepIx>> {
    let mut nexts: Vec<Option<StepIx>> = Vec::with_capacity(draft.slots.len());
    for slot in &draft.slots {
        let owner = slot.owner.filter(|owner| owner.then != Then::End);
        let after_owner = || owner.and_then(|owner| nexts.get(owner.step).copied().flatten());
        let next = slot.next.or_else(after_owner);
        nexts.push(next);
    }
    nexts
}

/// The ends of blocks that go round lead back to the step they belong to.
fn lead_back<P: Parts>(draft: &Draft<P>, nexts: Vec<Option<StepIx>>) -> Vec<Option<StepIx>> {
    // The step whose round a block ends with: its own, or that of the blocks around it when it is the last there, too.
    let mut ends: Vec<Option<StepIx>> = Vec::with_capacity(draft.slots.len());
    for slot in &draft.slots {
        let end = match (slot.next, slot.owner) {
            (None, Some(Owner { step, then: Then::Again })) => Some(step),
            (None, Some(Owner { step, then: Then::GoOn })) => ends.get(step).copied().flatten(),
            _ => None,
        };
        ends.push(end);
    }
    ends.into_iter().zip(nexts).map(|(end, next)| end.or(next)).collect()
}
