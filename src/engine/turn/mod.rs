//! One turn: an event in, the new state, effects, timers and the trace out.

use std::collections::BTreeMap;

use super::{Revision, Surroundings, begin::learn, window::window};
use crate::bot::{CalendarRef, FlowIx, LASTING, Per, Rename, Texts, ValueExpr, Words};
use crate::domain::{
    Body, Decided, Event, Lap, Message, MessageId, NewCall, Outside, Owner, Picked, Place, RunId, Seq, Session, State,
    Time, TimerChange, Trace, TraceEntry, TraceKind, Turn, Value, Vars,
};
use crate::engine::kinds::when::Here;
use crate::script::{self, Calendar, Expr, Shown, View};

mod agenda;
mod chance;
mod escalation;
mod extras;
mod faq;
mod http;
mod language;
mod message;
mod opting;
mod people;
mod running;
mod runs;
mod settle;
mod speak;
mod teams;
mod waits;

use faq::Consulted;
mod watch;

use agenda::Ahead;
use runs::Position;
pub use runs::{Answered, Control, For};
pub use speak::{OwnOutside, SayingManner};
pub use teams::{Found, Wanted};

/// Steps that one turn may run. An honest turn runs a few dozen; more is a circle, and it must not hold a lane.
const MOST_STEPS: u32 = 1_000;
/// Rounds of one loop. Far more than a person goes through, and a bound on the list that the state keeps.
pub const MOST_ROUNDS: u32 = 1_000;
/// Flows remembered for `once_per`; the oldest marks go first. No bot has so many in one conversation's life.
const MOST_MARKS: usize = 1_000;

/// Handle one event. The same inputs always give the same turn.
pub fn turn(revision: &Revision, around: Surroundings<'_>, state: &State, event: &Event, seq: Seq, now: Time) -> Turn {
    let settled = settle::come_due(state, event);
    let joined = settled.as_ref().map(|settling| settle::joined(settling, event));
    let mut turning = Turning::new(revision, around, state, joined.as_ref().unwrap_or(event), seq, now);
    turning.ahead.settled = settled;
    turning.note_event();
    turning.run();
    turning.keep_fields(&state.contact.vars);
    turning.mark_read();
    let Turning { state, effects, calls, timers, picks, lacks, trace, .. } = turning;
    Turn { state, effects, calls, timers, picks, lacks, trace }
}

/// A turn under way: what steps see and change.
#[derive(Clone, Debug)]
pub struct Turning<'a> {
    revision: &'a Revision,
    around: Surroundings<'a>,
    event: &'a Event,
    /// The event's number.
    seq: Seq,
    now: Time,
    state: State,
    effects: Vec<Decided>,
    calls: Vec<NewCall>,
    timers: Vec<TimerChange>,
    /// Picks of teams' members so far.
    picks: Vec<Picked>,
    /// Teams whose figures were wanted and not there.
    lacks: Vec<String>,
    trace: Trace,
    /// Named groups and `keyword` of the trigger being tried.
    matched: Vars,
    /// What the FAQ makes of the message.
    faq: Consulted,
    /// The run under way.
    run: Option<RunId>,
    /// How far the step under way has come, while it decides.
    lap: Option<Lap>,
    /// The step under way.
    here: Option<Position>,
    /// Where it stands.
    place: Option<Place>,
    steps_left: u32,
    messages: u32,
    /// Decided after a failure of delivery: its own failure is not told again.
    nested: bool,
    /// A script failed in the step under way.
    failed: bool,
    /// `on_error` spoke in this turn already.
    apologised: bool,
    /// What stands in for messages of a flow outside the window, rendered once a turn.
    outside: Vec<(Option<FlowIx>, Outside)>,
    /// The same of the step under way, where it has its own.
    own_outside: Option<Outside>,
    /// The message that the step under way quotes.
    quoted: Option<MessageId>,
    ahead: Ahead,
}

impl<'a> Turning<'a> {
    fn new(
        revision: &'a Revision,
        around: Surroundings<'a>,
        state: &State,
        event: &'a Event,
        seq: Seq,
        now: Time,
    ) -> Self {
        Self {
            revision,
            around,
            event,
            seq,
            now,
            state: state.clone(),
            effects: Vec::new(),
            calls: Vec::new(),
            timers: Vec::new(),
            picks: Vec::new(),
            lacks: Vec::new(),
            trace: Trace { revision: Some(revision.id.clone()), entries: Vec::new() },
            matched: Vars::new(),
            faq: Consulted::default(),
            run: None,
            lap: None,
            here: None,
            place: None,
            steps_left: MOST_STEPS,
            messages: 0,
            nested: false,
            failed: false,
            apologised: false,
            outside: Vec::new(),
            own_outside: None,
            quoted: None,
            ahead: Ahead::default(),
        }
    }

    fn note_event(&mut self) {
        self.trace(TraceKind::Event, self.event.body.name());
    }

    fn run(&mut self) {
        self.take_new_names();
        if learn(&mut self.state, self.event, self.event.at.min(self.now)) {
            self.trace(TraceKind::Event, "learned something of the contact");
        }
        if !matches!(self.event.body, Body::Human(_)) {
            self.hand_back_in_time();
        }
        self.expire_session();
        let happened = self.happen();
        let followed = self.follow_up();
        if happened || followed {
            self.ask_what_waits();
            if let Some(session) = &mut self.state.session {
                session.last_event_at = self.now;
            }
        }
        self.keep_watch();
    }

    /// Handle the event. Whether it came to anything that flows know of.
    fn happen(&mut self) -> bool {
        match &self.event.body {
            Body::Message(message) => self.message_came(message),
            Body::Human(_) => self.human_wrote(),
            Body::Timer(fired) => return self.timer_came(*fired),
            Body::Http(came) => return self.http_came(came),
            Body::Scheduled(scheduled) => self.time_has_come(scheduled),
            Body::Posted(posted) => self.was_posted(posted),
            Body::DeliveryFailed(failed) => self.delivery_failed(failed),
            Body::Edited(edit) => self.edited(edit),
            Body::Called => self.contact_called(),
            Body::Assigned(to) => self.assigned(to),
            Body::Tagged(tagged) => {
                self.tagged(tagged);
                return false;
            }
            Body::Resolved => self.resolved(),
            Body::Facts => return self.open_conversation(),
            Body::Outgoing(_) | Body::Delivery(_) => return false,
        }
        true
    }

    // What steps may ask.

    /// The message of the turn.
    pub fn message(&self) -> Option<&'a Message> {
        match &self.event.body {
            Body::Message(message) => Some(message),
            _ => None,
        }
    }

    /// The contact's language, one of the bot's.
    pub fn language(&self) -> &str {
        let known = |language: &&String| self.revision.languages.contains(language);
        let languages = &self.revision.languages;
        self.state.contact.language.as_ref().filter(known).or(languages.first()).map_or("en", String::as_str)
    }

    /// The bot's languages, the contact's first.
    pub fn languages(&self) -> Vec<&str> {
        let first = self.language();
        let others = self.revision.languages.iter().map(String::as_str).filter(|language| *language != first);
        std::iter::once(first).chain(others).collect()
    }

    /// The contact's phone, where known.
    pub fn phone(&self) -> Option<&str> {
        self.state.contact.phone.as_deref()
    }

    /// The session's variables.
    pub fn vars(&self) -> &Vars {
        static NONE: Vars = BTreeMap::new();
        self.state.session.as_ref().map_or(&NONE, |session| &session.vars)
    }

    /// The time of the turn.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What contacts say to steer the bot itself.
    pub fn words(&self) -> &'a Words {
        &self.revision.words
    }

    /// The bot's zone.
    pub fn zone(&self) -> chrono_tz::Tz {
        self.revision.view.zone
    }

    /// Opening hours.
    pub fn calendar(&self, calendar: &CalendarRef) -> Option<&'a dyn Calendar> {
        let bot = &self.revision.view;
        match &calendar.0 {
            None => Some(bot.hours.as_ref()),
            Some(name) => bot.calendars.get(name).map(AsRef::as_ref),
        }
    }

    /// Where and when the turn is, for reading dates.
    pub fn here(&self) -> Here {
        Here { zone: self.zone(), now: self.now, month_first: self.revision.month_first }
    }

    /// What scripts see now.
    pub fn view(&self) -> View<'_> {
        View {
            now: self.now,
            language: self.language(),
            shown: Shown { language: self.language(), told: false },
            message: self.message(),
            state: &self.state,
            window: window(&self.state.conversation, self.around.capabilities, self.now),
            vars: self.vars(),
            matched: &self.matched,
            bot: &self.revision.view,
        }
    }

    /// A text for the contact, in their language. One that fails is `None`, traced, and `on_error` speaks.
    pub fn text(&mut self, texts: &Texts) -> Option<String> {
        let language = self.language().to_owned();
        self.text_in(texts, &language)
    }

    /// The same in another language.
    pub fn text_in(&mut self, texts: &Texts, language: &str) -> Option<String> {
        self.shown(texts, language, true)
    }

    /// The same for people and programs, who read it later: its times are dates.
    pub fn lasting_text(&mut self, texts: &Texts) -> Option<String> {
        let language = self.language().to_owned();
        self.shown(texts, &language, false)
    }

    fn shown(&mut self, texts: &Texts, language: &str, told: bool) -> Option<String> {
        let (language, text) = texts.in_language(language)?;
        if let Some(literal) = text.literal() {
            return Some(literal.to_owned());
        }
        let view = View { shown: Shown { language, told }, ..self.view() };
        match text.render(&view) {
            Ok(text) => Some(text),
            Err(error) => {
                self.script_failed(&error.0);
                None
            }
        }
    }

    /// A variable as the contact reads it.
    pub fn shown_var(&self, name: &str) -> String {
        self.vars().get(name).map(|value| script::show(value, &self.view())).unwrap_or_default()
    }

    /// A condition, traced with its value. One that fails is false.
    pub fn test(&mut self, condition: &Expr) -> bool {
        let (holds, shown) = match condition.is_true(&self.view()) {
            Ok(value) => (value, value.to_string()),
            Err(error) => {
                self.script_failed(&error.0);
                (false, "false, because it failed".into())
            }
        };
        self.trace(TraceKind::Condition, format!("`{}` is {shown}", condition.source()));
        holds
    }

    /// An expression's value, traced; `()` where it fails.
    pub fn eval(&mut self, expr: &Expr) -> Value {
        let value = expr.eval(&self.view());
        self.or_unit(value)
    }

    /// A value with expressions in it; `()` where one fails.
    pub fn value(&mut self, value: &ValueExpr) -> Value {
        let value = value.eval(&self.view());
        self.or_unit(value)
    }

    fn or_unit(&mut self, value: Result<Value, crate::script::ScriptError>) -> Value {
        match value {
            Ok(value) => value,
            Err(error) => {
                self.script_failed(&error.0);
                Value::Unit
            }
        }
    }

    /// Set a session variable.
    pub fn set(&mut self, name: &str, value: Value) {
        // `keyword` and groups must not hide what is set by name.
        self.matched.remove(name);
        self.session().vars.insert(name.to_owned(), value);
    }

    /// Set a variable that lasts beyond the session (`contact.vars.NAME`).
    pub fn set_lasting(&mut self, name: &str, value: Value) {
        self.state.contact.vars.insert(name.to_owned(), value);
    }

    /// A number below `len`: the conversation's next chance.
    pub fn pick(&mut self, len: usize) -> usize {
        let drawn = chance::chance(&self.state.conversation.external_id, self.state.chances);
        self.state.chances = self.state.chances.wrapping_add(1);
        (drawn % (len.max(1) as u64)) as usize
    }

    // The trace.

    /// A line of the trace, at the step under way.
    pub fn trace(&mut self, kind: TraceKind, text: impl Into<String>) {
        let place = self.place.clone();
        self.trace.entries.push(TraceEntry { kind, text: text.into(), place });
    }

    /// An author's mistake at run time.
    pub fn error(&mut self, text: impl Into<String>) {
        self.trace(TraceKind::Error, text);
    }

    fn script_failed(&mut self, why: &str) {
        self.failed = true;
        self.error(format!("script: {why}"));
    }

    fn trace_flow(&mut self, flow: FlowIx, text: &str) {
        let Some(flow) = self.revision.flows.get(flow) else { return };
        let (text, place) = (format!("{}: {text}", flow.name), Some(flow.place.clone()));
        self.trace.entries.push(TraceEntry { kind: TraceKind::Flow, text, place });
    }

    // The session.

    fn session(&mut self) -> &mut Session {
        self.state.session.get_or_insert_with(|| Session {
            started_at: self.now,
            last_event_at: self.now,
            vars: Vars::new(),
            asking: Vec::new(),
            waiting: Vec::new(),
        })
    }

    /// A session ends a while after its last event. A wait that reaches further keeps itself and the variables; questions do not.
    fn expire_session(&mut self) {
        let Some(session) = &self.state.session else { return };
        if self.now.since(session.last_event_at) <= self.revision.session_expires {
            return;
        }
        // A timer that fires late must still find its run.
        let last_event = session.last_event_at;
        let stays = |run: &crate::domain::Run| run.wait.due.is_some_and(|due| due > last_event);
        let (kept, gone): (Vec<_>, Vec<_>) = session.asking.iter().chain(&session.waiting).cloned().partition(stays);
        for run in &gone {
            self.drop_timer(&run.wait);
        }
        self.trace(TraceKind::Event, "the session expired");
        if kept.is_empty() {
            self.state.session = None;
        } else {
            let session = self.session();
            session.asking.retain(&stays);
            session.waiting.retain(&stays);
        }
    }

    /// What was kept under names of before goes on under the new ones, where nothing stands under these.
    fn take_new_names(&mut self) {
        for Rename { old, new } in &self.revision.renamed {
            let lasting = old.strip_prefix(LASTING).zip(new.strip_prefix(LASTING));
            match (lasting, &mut self.state.session) {
                (Some((old, new)), _) => move_var(&mut self.state.contact.vars, old, new),
                (None, Some(session)) => move_var(&mut session.vars, old, new),
                (None, None) => {}
            }
        }
        for (old, new) in &self.revision.renamed_flows {
            if let Some(at) = self.state.marks.remove(old) {
                self.state.marks.entry(new.clone()).or_insert(at);
            }
        }
    }

    fn mark(&mut self, flow: FlowIx) {
        let Some(flow) = self.revision.flows.get(flow).filter(|flow| flow.once_per.is_some()) else { return };
        let State { marks, contact, .. } = &mut self.state;
        let marks = if flow.per == Per::Contact { &mut contact.marks } else { marks };
        marks.insert(flow.name.clone(), self.now);
        if marks.len() > MOST_MARKS {
            let oldest = marks.iter().min_by_key(|(_, at)| **at).map(|(name, _)| name.clone());
            oldest.map(|name| marks.remove(&name));
        }
    }

    fn owner(&self) -> Owner {
        self.state.conversation.owner
    }

    /// Whether the run under way may talk with the contact: what they answer comes to it.
    fn may_converse(&self) -> bool {
        match self.owner() {
            Owner::Bot => true,
            Owner::Waiting => self.run.is_some() && self.run == self.state.conversation.handed_off_by,
            Owner::People => false,
        }
    }

    /// Whether the run under way may say something: that, or it is one that time began with `when_people: speak`.
    fn may_speak(&self) -> bool {
        self.may_converse() || self.run.is_some_and(|run| self.state.agenda.speaking.contains(&run))
    }
}

fn move_var(vars: &mut Vars, old: &str, new: &str) {
    if vars.get(new).is_none_or(|value| *value == Value::Unit)
        && let Some(value) = vars.remove(old)
    {
        vars.insert(new.to_owned(), value);
    }
}
