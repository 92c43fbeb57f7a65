//! One conversation on a virtual clock. Events, rows and timers go the way that they go in `serve`; the provider always accepts
//! unless it is told otherwise.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::{
    Body, CallRow, Contact, ContactId, ConversationId, Decided, Effect, Event, EventKey, Figures, Message, MessageId,
    MessageKind, OutboxRow, Outcome, Outgoing, Posted, RowKey, RowState, Seq, Session, ShownOption, Span, State,
    Thread, Time, Timer, TimerChange, TimerFired, Trace, TraceEntry, TraceKind, Turn, Vars,
};
use crate::engine::{self, Echo, Revision, Surroundings};

use super::calls::Outside;
use super::{Ran, Setting, menu};

/// Timers and repeats handled in one move of the clock. A bot that waits a second and goes round again would otherwise take
/// for ever when a test jumps years ahead.
const MAX_FIRED: usize = 10_000;

/// Events that may follow from one another without time passing (a failed send tells the bot, whose reply fails …).
const MAX_CHAIN: usize = 100;

/// Finished rows kept for telling echoes from humans: more than a person reads back.
const KEPT_ROWS: usize = 200;

/// One conversation of one contact.
#[derive(Debug)]
pub struct World {
    pub(super) revision: Arc<Revision>,
    pub(super) setting: Setting,
    pub(super) state: Option<State>,
    pub(super) now: Time,
    pub(super) rows: Vec<OutboxRow>,
    pub(super) sent: Vec<Sent>,
    pub(super) lines: Vec<Line>,
    pub(super) follow_ups: VecDeque<Body>,
    pub(super) outcomes: VecDeque<Outcome>,
    pub(super) buttons: Vec<ShownOption>,
    pub(super) outside: Outside,
    timers: Vec<Timer>,
    /// Patterns of times have been seen to until then.
    scheduled: Time,
    seq: Seq,
    ids: u64,
    trace: Trace,
    tracked: Vec<String>,
    ran: Ran,
    /// All turns, where somebody wants them.
    turns: Option<Vec<Turned>>,
    /// What turns read of the bot's teams.
    figures: Figures,
}

/// What became of something that the bot decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// When.
    pub at: Time,
    /// What went, or would have gone.
    pub effect: Effect,
    /// Its row.
    pub row: RowKey,
    /// How it ended.
    pub state: RowState,
    /// Why, where it was not sent.
    pub why: Option<String>,
}

impl Sent {
    /// The contact has it on their phone.
    pub fn arrived(&self) -> bool {
        self.state == RowState::Sent && self.effect.reaches_contact()
    }
}

/// A turn as it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Turned {
    /// The kind of its event.
    pub event: &'static str,
    /// Why it did what it did.
    pub trace: Trace,
    /// What it decided, in order.
    pub decided: Vec<Decided>,
}

/// A line of the talk so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Time,
    /// Who.
    pub who: Who,
    /// The text, or what happened.
    pub text: String,
}

/// Whose line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The contact.
    Contact,
    /// The bot.
    Bot,
    /// A human on our side.
    Human,
    /// Neither: a note, an assignment, a message that did not go, the clock.
    Aside,
}

/// Why an option cannot be pressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no option `{wanted}` was offered; {offered}")]
pub struct NoSuchOption {
    wanted: String,
    offered: String,
}

impl World {
    /// A conversation in which nobody has written yet.
    pub fn new(revision: Arc<Revision>, setting: Setting) -> Self {
        let mut world = Self {
            figures: Figures::new(),
            ran: Ran::of(&revision),
            turns: None,
            revision,
            now: setting.start,
            scheduled: setting.start,
            setting,
            state: None,
            rows: Vec::new(),
            sent: Vec::new(),
            lines: Vec::new(),
            follow_ups: VecDeque::new(),
            outcomes: VecDeque::new(),
            buttons: Vec::new(),
            outside: Outside::default(),
            timers: Vec::new(),
            seq: Seq(0),
            ids: 0,
            trace: Trace::default(),
            tracked: Vec::new(),
        };
        world.know_teams();
        world
    }

    /// All teams' figures are known here: there are no other conversations but those that the setting tells of.
    fn know_teams(&mut self) {
        for team in self.revision.teams.keys() {
            let figures = self.figures.entry(team.clone()).or_default();
            figures.handed.clone_from(&self.setting.handed);
        }
    }

    /// The contact writes.
    pub fn user(&mut self, text: &str) {
        self.user_late(text, Span(0));
    }

    /// The contact wrote a while ago, and the provider tells only now.
    pub fn user_late(&mut self, text: &str, ago: Span) {
        self.line(Who::Contact, text);
        let message = Message { id: Some(self.next_id("in")), text: text.to_owned(), ..Message::default() };
        self.happen(Body::Message(message), self.now - ago);
    }

    /// The contact sends something other than text.
    pub fn send(&mut self, message: Message) {
        let parts = message.attachments.iter().map(|file| format!("[{}]", file.kind));
        let place = message.location.as_ref().map(|_| "[location]".to_owned());
        let text = Some(message.text.clone()).filter(|text| !text.is_empty());
        self.line(Who::Contact, &parts.chain(place).chain(text).collect::<Vec<_>>().join(" "));
        let message = Message { id: Some(self.next_id("in")), ..message };
        self.happen(Body::Message(message), self.now);
    }

    /// People on our side do something other than write: an assignment, a label, the end of the conversation.
    pub fn people(&mut self, deed: Body) {
        self.aside(deed.name());
        self.happen(deed, self.now);
    }

    /// Another program posts an event.
    pub fn post(&mut self, posted: Posted) {
        self.aside(&format!("event `{}`", posted.name));
        self.happen(Body::Posted(posted), self.now);
    }

    /// The contact takes an option: a button by its label, also one of an older menu, or an option of the last menu by its text or number.
    pub fn press(&mut self, option: &str) -> Result<(), NoSuchOption> {
        let pressed = self.buttons.iter().rev().find(|button| button.title == option || button.description == option);
        if let Some(button) = pressed.cloned() {
            self.line(Who::Contact, &format!("[{}]", button.title));
            let message = Message {
                id: Some(self.next_id("in")),
                kind: MessageKind::Option,
                text: button.title,
                option: Some(button.id),
                ..Message::default()
            };
            self.happen(Body::Message(message), self.now);
            return Ok(());
        }
        let texts = self.lines.iter().rev().filter(|line| line.who == Who::Bot).map(|line| line.text.as_str());
        let offered = texts.map(menu::options).find(|options| !options.is_empty()).unwrap_or_default();
        let Some(number) = menu::find(&offered, option) else {
            return Err(NoSuchOption { wanted: option.to_owned(), offered: menu::describe(&offered) });
        };
        self.user(&number);
        Ok(())
    }

    /// A human on our side writes.
    pub fn human(&mut self, text: &str) {
        self.line(Who::Human, text);
        let outgoing = Outgoing { message: Some(self.next_id("human")), job: None, text: text.to_owned() };
        // A text that a webhook shows is asked about before it counts as a human's, here as in `serve`.
        match engine::echo(&outgoing, &self.rows, &[]) {
            Echo::Human | Echo::Undecided => self.happen(Body::Human(outgoing), self.now),
            Echo::Ours(_) | Echo::Provisional(_) => self.aside("taken for an echo of the bot's own message"),
        }
    }

    /// Time passes until then: timers fire and sends are repeated when they come due. Going back changes nothing.
    pub fn advance_to(&mut self, time: Time) {
        for _ in 0..MAX_FIRED {
            let Some(due) = self.next_due().filter(|due| *due <= time) else {
                self.now = self.now.max(time);
                self.scheduled = self.now;
                return;
            };
            self.now = self.now.max(due);
            if !self.fire_one() && self.next_scheduled().is_some_and(|at| at <= due) {
                self.come_round();
            }
            self.settle();
        }
        self.now = self.now.max(time);
        self.fault("more timers came due than one move of the clock allows; the rest is put off");
    }

    /// A new revision goes live.
    pub fn reload(&mut self, revision: Arc<Revision>) {
        self.revision = revision;
        self.scheduled = self.now;
        self.know_teams();
    }

    /// The next calls to the provider end so, in order; afterwards it accepts again.
    pub fn script(&mut self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.outcomes.extend(outcomes);
    }

    /// Set session variables, `contact.vars.NAME`, `contact.name` or `contact.language` from outside.
    pub fn set(&mut self, vars: Vars) {
        let now = self.now;
        match &mut self.state {
            Some(state) => set_vars(state, vars, now),
            None => self.setting.vars.extend(vars),
        }
    }

    /// What became of the bot's effects since the last call.
    pub fn sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// The trace of the last turn.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What flows counted with `track` so far, in order.
    pub fn tracked(&self) -> &[String] {
        &self.tracked
    }

    /// The steps that ran of the revision that it began with.
    pub fn ran(&self) -> &Ran {
        &self.ran
    }

    /// Keep all turns from now on.
    #[must_use]
    pub fn with_turns(mut self) -> Self {
        self.turns = Some(Vec::new());
        self
    }

    /// All turns so far, where they are kept.
    pub fn turns(&self) -> &[Turned] {
        self.turns.as_deref().unwrap_or_default()
    }

    /// The state; `None` before the first event.
    pub fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// The talk so far.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The virtual time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The revision that answers.
    pub fn revision(&self) -> &Arc<Revision> {
        &self.revision
    }

    /// When the next timer or repeated send comes due.
    pub fn next_due(&self) -> Option<Time> {
        let timer = self.timers.iter().map(|timer| timer.due).min();
        let others = [self.next_send(), self.next_scheduled(), self.outside.next_due()];
        timer.into_iter().chain(others.into_iter().flatten()).min()
    }

    /// When the next pattern of times comes round for a label that the conversation has.
    fn next_scheduled(&self) -> Option<Time> {
        let tags = &self.state.as_ref()?.conversation.tags;
        let meant = engine::schedules(&self.revision).filter(|schedule| tags.iter().any(|tag| tag == schedule.tag()));
        meant.filter_map(|schedule| schedule.next(self.scheduled)).min()
    }

    fn come_round(&mut self) {
        let (from, now) = (self.scheduled, self.now);
        let revision = Arc::clone(&self.revision);
        let due = engine::schedules(&revision).filter(|schedule| schedule.last(from, now).is_some());
        let events: Vec<Body> = due.map(|schedule| schedule.event()).collect();
        self.scheduled = now;
        for event in events {
            self.happen(event, now);
        }
    }

    pub(super) fn next_id(&mut self, prefix: &str) -> MessageId {
        self.ids += 1;
        MessageId::from(format!("{prefix}-{}", self.ids))
    }

    pub(super) fn line(&mut self, who: Who, text: &str) {
        self.lines.push(Line { at: self.now, who, text: text.to_owned() });
    }

    pub(super) fn aside(&mut self, text: &str) {
        self.line(Who::Aside, text);
    }

    pub(super) fn fault(&mut self, text: &str) {
        self.trace.entries.push(TraceEntry { kind: TraceKind::Error, text: text.to_owned(), place: None });
    }

    /// One event and all that follows from it at once.
    pub(super) fn happen(&mut self, body: Body, at: Time) {
        self.turn(body, at);
        self.settle();
    }

    /// Send what can go, and tell the bot what became of it, until nothing is left to do now.
    fn settle(&mut self) {
        for _ in 0..MAX_CHAIN {
            self.dispatch();
            match self.follow_ups.pop_front() {
                Some(body) => self.turn(body, self.now),
                None if self.go_on_calling() => {}
                None => return,
            }
        }
        self.follow_ups.clear();
        self.fault("one thing led to another too often; the rest is dropped");
    }

    fn fire_one(&mut self) -> bool {
        let now = self.now;
        let due = (0..self.timers.len()).filter(|ix| self.timers.get(*ix).is_some_and(|timer| timer.due <= now));
        let first = due.min_by_key(|ix| self.timers.get(*ix).map(|timer| (timer.due, timer.token)));
        if let Some(ix) = first {
            let timer = self.timers.remove(ix);
            self.turn(Body::Timer(TimerFired { token: timer.token }), now);
        }
        first.is_some()
    }

    fn turn(&mut self, body: Body, at: Time) {
        self.seq.0 += 1;
        let event = self.event(body, at);
        let Some(state) = self.state.take().or_else(|| self.begin(&event)) else { return };
        let around = Surroundings {
            capabilities: &self.setting.capabilities,
            provider: &self.setting.provider,
            quiet_on_assignment: self.setting.quiet_on_assignment,
            notes_team: self.setting.notes_team.as_deref(),
            contact_fields: &self.setting.contact_fields,
            figures: &self.figures,
        };
        let turn = engine::turn(&self.revision, around, &state, &event, self.seq, self.now);
        if matches!(event.body, Body::Message(_) | Body::Called) {
            self.wake_queued();
        }
        if let Some(turns) = &mut self.turns {
            let (event, trace, decided) = (event.body.name(), turn.trace.clone(), turn.effects.clone());
            turns.push(Turned { event, trace, decided });
        }
        self.commit(turn);
    }

    fn commit(&mut self, turn: Turn) {
        for (n, decided) in turn.effects.into_iter().enumerate() {
            self.add_row(decided, n as u32, self.seq);
        }
        for new in turn.calls {
            self.add_call(CallRow::new(ConversationId::from("1"), new, self.now));
        }
        for change in turn.timers {
            match change {
                TimerChange::Set(timer) => {
                    self.timers.retain(|old| old.token != timer.token);
                    self.timers.push(timer);
                }
                TimerChange::Drop(token) => self.timers.retain(|timer| timer.token != token),
            }
        }
        for picked in turn.picks {
            self.figures.entry(picked.team).or_default().round = picked.to;
        }
        self.state = Some(turn.state);
        self.tracked.extend(turn.trace.tracked().map(str::to_owned));
        self.ran.note(&turn.trace);
        self.trace = turn.trace;
        let spare = self.rows.len().saturating_sub(KEPT_ROWS);
        if self.rows.iter().take(spare).all(|row| row.state.is_final()) {
            self.rows.drain(..spare);
        }
    }

    fn event(&self, body: Body, at: Time) -> Event {
        let person = &self.setting.contact;
        let thread = Thread {
            conversation: self.setting.conversation.clone(),
            also: Vec::new(),
            channel: Some(self.setting.channel.clone()),
            channel_id: Some("1".to_owned()),
            name: person.name.clone(),
            phone: person.phone.clone(),
            group: false,
        };
        let key = Some(EventKey(format!("{}:{}", body.name(), self.seq.0)));
        Event { account: self.setting.account.clone(), thread, key, at, body }
    }

    fn begin(&self, event: &Event) -> Option<State> {
        let mut state = engine::begin(event, ConversationId::from("1"), &self.revision.bot, self.now)?;
        let person = &self.setting.contact;
        state.contact = Contact {
            id: ContactId::from("1"),
            name: person.name.clone(),
            phone: person.phone.clone(),
            language: person.language.clone(),
            vars: person.vars.clone(),
            opted_out: false,
            marks: std::collections::BTreeMap::new(),
            members: std::collections::BTreeMap::new(),
        };
        state.conversation.heard.is_set = person.language.is_some();
        state.conversation.tags.clone_from(&self.setting.tags);
        set_vars(&mut state, self.setting.vars.clone(), self.now);
        Some(state)
    }
}

fn set_vars(state: &mut State, vars: Vars, now: Time) {
    for (name, value) in vars {
        let text = |value| match value {
            crate::domain::Value::Text(text) => Some(text),
            _ => None,
        };
        if let Some(name) = name.strip_prefix("contact.vars.") {
            state.contact.vars.insert(name.to_owned(), value);
        } else if name == "contact.language" {
            state.contact.language = text(value);
            state.conversation.heard.is_set = true;
        } else if name == "contact.name" {
            state.contact.name = text(value);
        } else {
            let session = state.session.get_or_insert_with(|| empty_session(now));
            session.vars.insert(name, value);
        }
    }
}

fn empty_session(now: Time) -> Session {
    Session { started_at: now, last_event_at: now, vars: Vars::new(), asking: Vec::new(), waiting: Vec::new() }
}
