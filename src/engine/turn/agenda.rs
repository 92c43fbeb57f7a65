//! What time and other programs begin: flows started for later, posted events, and what becomes of them while people have the conversation.

use std::collections::VecDeque;

use super::Turning;
use super::message::Offered;
use super::runs::Manner;
use crate::bot::WhenPeople;
use crate::domain::{
    FlowName, Owner, Posted, Scheduled, Settling, Start, Time, Timer, TimerChange, TimerFired, Token, TraceKind, Vars,
};
use crate::engine::triggers::{Hit, Occasion, Rank, Timed, Trigger};

/// Flows that wait in one conversation to be started: the state is written with every turn, and no person has so many appointments.
const MOST_STARTS: usize = 100;

/// What a turn does of the agenda besides its event.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    /// The messages that settled: they are what this turn is about.
    pub settled: Option<Box<Settling>>,
    /// People handed the conversation back.
    pub handed_back: bool,
    /// The flow about to run speaks whoever has the conversation.
    pub speaks: bool,
    /// Flows to begin at the end of the turn.
    begins: VecDeque<Start>,
}

impl Turning<'_> {
    /// Start a flow then, as a run of its own; at the end of this turn when that is now. One of the same flow and id is replaced.
    pub fn start_later(&mut self, flow: &FlowName, id: Option<String>, with: Vars, due: Time) {
        if id.is_some() {
            self.cancel_starts(flow, id.as_deref());
        }
        let start = Start { token: Token(0), flow: flow.clone(), id, with, due, held: false };
        if due <= self.now {
            self.ahead.begins.push_back(start);
        } else if let Some(token) = self.keep_start(start) {
            self.timers.push(TimerChange::Set(Timer { token, due }));
        }
    }

    fn keep_start(&mut self, start: Start) -> Option<Token> {
        if self.state.agenda.starts.len() >= MOST_STARTS {
            self.error(format!("too many flows wait to be started: `{}` is not", start.flow));
            return None;
        }
        let token = self.next_token();
        self.state.agenda.starts.push(Start { token, ..start });
        Some(token)
    }

    /// Forget the starts of a flow that have not come due: that of the id, or all.
    pub fn cancel_starts(&mut self, flow: &FlowName, id: Option<&str>) {
        let is_meant = |start: &Start| start.flow == *flow && (id.is_none() || start.id.as_deref() == id);
        let (gone, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.state.agenda.starts).into_iter().partition(is_meant);
        self.state.agenda.starts = kept;
        self.ahead.begins.retain(|start| !is_meant(start));
        for start in gone {
            self.trace(TraceKind::Step, format!("{}: its start at {} is cancelled", start.flow, start.due));
            if !start.held {
                self.timers.push(TimerChange::Drop(start.token));
            }
        }
    }

    /// A timer came due: a start's, the watch's, or that of a run that waits. Whether it fitted anything.
    pub(super) fn timer_came(&mut self, fired: TimerFired) -> bool {
        let starts = &mut self.state.agenda.starts;
        if let Some(at) = starts.iter().position(|start| start.token == fired.token && !start.held) {
            let start = starts.remove(at);
            self.begin_by_time(start);
            return true;
        }
        if self.state.agenda.watch.is_some_and(|watch| watch.token == fired.token) {
            return self.look();
        }
        if self.is_escalation(fired.token) {
            self.stage_came();
            return true;
        }
        self.timer_fired(fired)
    }

    fn begin_by_time(&mut self, start: Start) {
        let Some(flow) = self.revision.flow_index.get(&start.flow).copied() else {
            self.error(format!("the flow `{}` that was to start is gone", start.flow));
            return;
        };
        let Start { id, with, .. } = start;
        self.offer_by_time(Hit { flow, rank: Rank::Other, vars: with }, id);
    }

    /// Offer what time or another program begins to a flow; while people have the conversation, as its `when_people` says.
    pub(super) fn offer_by_time(&mut self, hit: Hit, id: Option<String>) -> Offered {
        let Some(flow) = self.revision.flows.get(hit.flow) else { return Offered::Refused };
        if self.state.contact.opted_out {
            self.trace_flow(hit.flow, "not run: the contact opted out");
            return Offered::Refused;
        }
        match (self.owner(), flow.when_people) {
            (Owner::Bot, _) => self.offer_flow(&hit, Manner::default()),
            (_, WhenPeople::Speak) => {
                self.ahead.speaks = true;
                let offered = self.offer_flow(&hit, Manner::default());
                self.ahead.speaks = false;
                offered
            }
            (_, WhenPeople::Drop) => {
                self.trace_flow(hit.flow, "not run: people have the conversation");
                Offered::Refused
            }
            (_, WhenPeople::Wait) if !self.is_wanted(&hit) => Offered::Refused,
            (_, WhenPeople::Wait) => {
                self.matched.clear();
                self.trace_flow(hit.flow, "waits until people hand the conversation back");
                self.hold(Start {
                    token: Token(0),
                    flow: flow.name.clone(),
                    id,
                    with: hit.vars,
                    due: self.now,
                    held: true,
                });
                Offered::Taken
            }
        }
    }

    /// A human answered: an `unanswered` that waits for the hand-back is about nothing any more.
    pub(super) fn answered(&mut self) {
        let Self { state, revision, .. } = self;
        let asks_for_answer = |start: &Start| {
            let flow = revision.flow_index.get(&start.flow).and_then(|ix| revision.flows.get(*ix));
            let mut triggers = flow.into_iter().flat_map(|flow| &flow.triggers);
            triggers.any(|trigger| matches!(trigger, Trigger::Timed(Timed::Unanswered(_))))
        };
        state.agenda.starts.retain(|start| !(start.held && start.id.is_none() && asks_for_answer(start)));
    }

    /// The same twice is held once.
    fn hold(&mut self, start: Start) {
        let same =
            |held: &Start| held.held && (&held.flow, &held.id, &held.with) == (&start.flow, &start.id, &start.with);
        if !self.state.agenda.starts.iter().any(same) {
            self.keep_start(start);
        }
    }

    /// An `every` trigger came round.
    pub(super) fn time_has_come(&mut self, scheduled: &Scheduled) {
        let flow = self.revision.flow_index.get(&scheduled.flow).copied();
        let is_this = |trigger: &Trigger| matches!(trigger, Trigger::Every(every) if every.tag == scheduled.tag);
        let found =
            flow.filter(|ix| self.revision.flows.get(*ix).is_some_and(|flow| flow.triggers.iter().any(is_this)));
        match found {
            Some(flow) if self.state.conversation.tags.contains(&scheduled.tag) => {
                self.offer_by_time(Hit { flow, rank: Rank::Other, vars: Vars::new() }, None);
            }
            Some(_) => self.trace(TraceKind::Event, format!("the label `{}` is gone: nothing runs", scheduled.tag)),
            None => self.trace(TraceKind::Event, format!("`{}` comes round no more: nothing runs", scheduled.flow)),
        }
    }

    /// Another program told of something.
    pub(super) fn was_posted(&mut self, posted: &Posted) {
        let listening = self.revision.table.posted(&self.revision.flows, &posted.name);
        if listening.is_empty() {
            self.trace(TraceKind::Event, format!("no flow listens for the event `{}`", posted.name));
        }
        for (flow, save) in listening {
            let vars = save.map(|name| (name.to_owned(), posted.data.clone())).into_iter().collect();
            if self.offer_by_time(Hit { flow, rank: Rank::Other, vars }, None) == Offered::Taken {
                return;
            }
        }
    }

    /// What follows by itself at the end of a turn: flows that wait for a hand-back, and those started now. Whether there was any.
    pub(super) fn follow_up(&mut self) -> bool {
        let mut any = false;
        if std::mem::take(&mut self.ahead.handed_back) && self.owner() == Owner::Bot {
            any |= self.offer_occasion(Occasion::HandedBack, Manner::default());
            let (held, kept): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.state.agenda.starts).into_iter().partition(|start| start.held);
            self.state.agenda.starts = kept;
            self.ahead.begins.extend(held);
        }
        // Each costs at least one step, so the turn's limit of steps ends a circle of starts.
        while let Some(start) = self.ahead.begins.pop_front().filter(|_| self.spend_step()) {
            any = true;
            self.begin_by_time(start);
        }
        let agenda = &mut self.state.agenda;
        let runs = self.state.session.iter().flat_map(|session| session.asking.iter().chain(&session.waiting));
        let alive: Vec<_> = runs.map(|run| run.id).collect();
        agenda.speaking.retain(|run| alive.contains(run));
        any
    }

    pub(super) fn next_token(&mut self) -> Token {
        self.state.next_token += 1;
        Token(self.state.next_token)
    }
}
