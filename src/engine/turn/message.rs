//! Who gets a message: interrupts, the waiting question, triggers, fallback.

use super::runs::{Answered, Manner, Walked};
use super::{FlowIx, Turning};
use crate::bot::{Flow, OncePer, Per};
use crate::domain::{
    Conversation, Edit, FailedSend, Message, MessageKind, Owner, Seq, Span, StoodIn, Time, TraceKind, Value, Vars,
    Window,
};
use crate::engine::Core;
use crate::engine::triggers::{Hit, Occasion, Rank};
use crate::engine::window::{reopen, window};

/// Older messages (a history sync) are stored, not answered.
const OLD_NEWS: Span = Span::days(2);

/// What became of a flow that a message was offered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    /// It did not run.
    Refused,
    /// It ran, and the message goes on.
    GoesOn,
    /// It took the message.
    Taken,
}

impl Turning<'_> {
    /// A message of the contact, or those that settled.
    pub(super) fn message_came(&mut self, message: &Message) {
        match self.ahead.settled.take() {
            Some(settling) => self.settled(&settling),
            None => self.contact_wrote(message),
        }
    }

    /// The contact wrote.
    fn contact_wrote(&mut self, message: &Message) {
        let stood_in = match () {
            () if self.question_was_kept() => StoodIn::Kept,
            () if self.template_stood_in() => StoodIn::Template,
            () => StoodIn::Nothing,
        };
        let is_first = self.state.conversation.incoming == 0;
        let sent_at = self.event.at.min(self.now);
        let conversation = &mut self.state.conversation;
        conversation.incoming += 1;
        reopen(conversation, sent_at, self.now);
        conversation.unanswered_since.get_or_insert(sent_at);
        if self.now.since(sent_at) > OLD_NEWS {
            self.trace(TraceKind::Event, "older than two days: stored, not answered");
            return;
        }
        self.hear(message);
        if message.kind == MessageKind::Reaction {
            self.reacted();
        } else if !message.kind.speaks() {
            self.trace(TraceKind::Event, format!("a {}: nobody gets it", message.kind.name()));
        } else if self.steers(message) {
            self.trace(TraceKind::Event, "a word to the bot itself: nobody else gets it");
        } else if self.state.contact.opted_out {
            self.trace(TraceKind::Event, "the contact opted out: nobody gets it");
        } else if !self.open_conversation() || self.asking().is_none() {
            self.let_settle(message, is_first, stood_in);
        }
    }

    /// The contact set a mark: it answers nothing, and a flow may want to know.
    fn reacted(&mut self) {
        let may = !self.state.contact.opted_out && self.owner() == Owner::Bot && self.silenced_until().is_none();
        if !may || !self.offer_occasion(Occasion::Reaction, Manner::default()) {
            self.trace(TraceKind::Event, "a reaction: nobody gets it");
        }
    }

    /// The first event of the conversation: whether some flow wanted to know.
    pub(super) fn open_conversation(&mut self) -> bool {
        self.seq == Seq(1) && self.offer_occasion(Occasion::ConversationOpened, Manner::default())
    }

    /// The contact called: it opens the window, and nobody answers.
    pub(super) fn contact_called(&mut self) {
        let called_at = self.event.at.min(self.now);
        reopen(&mut self.state.conversation, called_at, self.now);
    }

    /// The contact changed or deleted an older message: what was answered stays answered.
    pub(super) fn edited(&mut self, edit: &Edit) {
        let what = if edit.text.is_some() { "changed" } else { "deleted" };
        self.trace(TraceKind::Event, format!("an older message was {what}: nobody gets it"));
    }

    /// Give the message to whom it belongs.
    pub(super) fn dispatch(&mut self, message: &Message, is_first: bool, stood_in: StoodIn) {
        if let Some(until) = self.silenced_until() {
            return self.trace(TraceKind::Event, format!("`loop_guard`: silent until {until}, nobody gets it"));
        }
        match self.owner() {
            Owner::People => self.trace(TraceKind::Event, "people have the conversation: nobody gets it"),
            Owner::Waiting => self.offer_while_waiting(message),
            Owner::Bot => self.offer(message, is_first, stood_in),
        }
    }

    /// Handed off: only the flow that handed off may still be asking.
    fn offer_while_waiting(&mut self, message: &Message) {
        let asks = self.asking().map(|run| run.id);
        if asks.is_none() || asks != self.state.conversation.handed_off_by {
            self.trace(TraceKind::Event, "handed off, and no human yet: nobody gets it");
        } else if self.answer(message) == Some(Answered::LetsGo) {
            self.wrong();
        }
    }

    fn offer(&mut self, message: &Message, is_first: bool, stood_in: StoodIn) {
        if self.press_of_old(message) {
            return;
        }
        let flows = &self.revision.flows;
        let faq = self.ask_faq(message);
        let hits = self.revision.table.hits(flows, message, is_first, faq);
        let interrupts = |hit: &Hit| flows.get(hit.flow).is_some_and(|flow| flow.interrupt);
        let (first, then): (Vec<_>, Vec<_>) = hits.into_iter().partition(interrupts);
        let manner = Manner { converses: true, comes_back: true, replaces: None };
        let keeps_all = self.keeps_all();
        if !keeps_all && self.offer_hits(&first, manner) {
            return;
        }
        match self.offer_question(message, stood_in, &then) {
            Question::Took => {}
            Question::None => {
                let manner = Manner { converses: true, ..Manner::default() };
                if !self.offer_hits(&then, manner) && !self.offer_occasion(Occasion::Fallback, manner) {
                    self.trace(TraceKind::Event, "nobody wanted it");
                }
            }
            Question::LetGo if keeps_all => self.wrong(),
            Question::LetGo => {
                let replaces = self.asking().map(|run| run.id);
                let manner = Manner { converses: true, comes_back: false, replaces };
                if !self.offer_hits(&then, manner) {
                    self.wrong();
                }
            }
        }
    }

    fn offer_question(&mut self, message: &Message, stood_in: StoodIn, hits: &[Hit]) -> Question {
        if self.bury_orphans() {
            return Question::Took;
        }
        if self.asking().is_none() {
            return Question::None;
        }
        match stood_in {
            StoodIn::Nothing => {}
            StoodIn::Template => {
                self.trace(TraceKind::Event, "a template stood in for the question: it is asked now");
                self.ask_again();
                return Question::Took;
            }
            StoodIn::Kept => {
                self.trace(TraceKind::Event, "the question was kept until the contact writes: it goes now");
                return Question::Took;
            }
        }
        if self.faq_cuts_in(message, hits) {
            return Question::Took;
        }
        match self.answer(message) {
            Some(Answered::LetsGo) if self.give_way() => self.offer_question(message, StoodIn::Nothing, hits),
            Some(Answered::LetsGo) => Question::LetGo,
            _ => Question::Took,
        }
    }

    /// A generic template went instead of the waiting question: what comes now is no answer to it.
    fn template_stood_in(&self) -> bool {
        crate::engine::gate::template_stood_in(&self.state) && self.asked_outside()
    }

    /// The waiting question was put outside the window.
    fn asked_outside(&self) -> bool {
        let conversation: &Conversation = &self.state.conversation;
        let shut = |at: Time| window(conversation, self.around.capabilities, at) == Window::Closed;
        self.asking().is_some_and(|run| shut(run.wait.since))
    }

    /// The waiting question was kept for this moment: it goes out now.
    fn question_was_kept(&self) -> bool {
        let entry = self.asking().and_then(|run| self.entry(self.position(run)?));
        entry.is_some_and(|entry| entry.step.is_kept()) && self.asked_outside()
    }

    /// Offer the message to these, in order. True when one took it.
    pub(super) fn offer_hits(&mut self, hits: &[Hit], manner: Manner) -> bool {
        hits.iter().any(|hit| self.offer_flow(hit, manner) == Offered::Taken)
    }

    /// Offer an event to the flows with that bare word. True when one took it.
    pub(super) fn offer_occasion(&mut self, occasion: Occasion, manner: Manner) -> bool {
        let hit = |flow: &FlowIx| Hit { flow: *flow, rank: Rank::Other, vars: Vars::new() };
        let hits: Vec<_> = self.revision.table.on(occasion).iter().map(hit).collect();
        self.offer_hits(&hits, manner)
    }

    pub(super) fn offer_flow(&mut self, hit: &Hit, manner: Manner) -> Offered {
        if hit.rank == Rank::Faq {
            self.tell_faq();
        }
        let is_wanted = !self.faq_declines(hit) && self.is_wanted(hit);
        let Some(flow) = self.revision.flows.get(hit.flow).filter(|_| is_wanted) else {
            return Offered::Refused;
        };
        self.trace_flow(hit.flow, "runs");
        self.adopt_matched();
        self.mark(hit.flow);
        let manner = Manner { comes_back: manner.comes_back && !flow.continues, ..manner };
        let walked = self.start(hit.flow, manner);
        if flow.continues && walked == Walked::Ended { Offered::GoesOn } else { Offered::Taken }
    }

    /// Whether the flow's conditions hold. What the trigger found is `matched` from then on.
    pub(super) fn is_wanted(&mut self, hit: &Hit) -> bool {
        let Some(flow) = self.revision.flows.get(hit.flow) else { return false };
        self.matched.clone_from(&hit.vars);
        self.place = Some(flow.place.clone());
        let why_not = self.why_not(flow);
        self.place = None;
        self.failed = false;
        if let Some(why) = why_not {
            self.trace_flow(hit.flow, why);
        }
        why_not.is_none()
    }

    /// What the trigger found becomes variables of the session.
    fn adopt_matched(&mut self) {
        let matched = std::mem::take(&mut self.matched);
        self.session().vars.extend(matched);
    }

    fn why_not(&mut self, flow: &Flow<Core>) -> Option<&'static str> {
        if self.ran_lately(flow) {
            return Some("not run: `once_per`");
        }
        let human = self.state.conversation.last_human_at;
        if flow.unless_human_within.zip(human).is_some_and(|(span, at)| self.now.since(at) < span) {
            return Some("not run: a human wrote lately");
        }
        if flow.unless.as_ref().is_some_and(|unless| self.test(unless)) {
            return Some("not run: `unless` holds");
        }
        if flow.condition.as_ref().is_some_and(|condition| !self.test(condition)) {
            return Some("not run: `if` does not hold");
        }
        None
    }

    fn ran_lately(&self, flow: &Flow<Core>) -> bool {
        let marks = if flow.per == Per::Contact { &self.state.contact.marks } else { &self.state.marks };
        let Some(last) = marks.get(&flow.name) else { return false };
        let day = |at: Time| at.to_utc().with_timezone(&self.revision.view.zone).date_naive();
        match flow.once_per {
            None => false,
            Some(OncePer::Day) => day(*last) == day(self.now),
            Some(OncePer::Span(span)) => self.now.since(*last) < span,
        }
    }

    /// A message of ours will not arrive.
    pub(super) fn delivery_failed(&mut self, failed: &FailedSend) {
        if failed.nested {
            self.trace(TraceKind::Event, "it was itself sent after a failure: the bot is not told");
            return;
        }
        self.nested = true;
        let told = self.revision.table.failed(&self.revision.flows);
        let hit = |(flow, save): (FlowIx, Option<&str>)| {
            let vars = save.map(|name| (name.to_owned(), Value::Text(failed.reason.clone()))).into_iter().collect();
            Hit { flow, rank: Rank::Other, vars }
        };
        let hits: Vec<_> = told.into_iter().map(hit).collect();
        self.offer_hits(&hits, Manner::default());
    }
}

/// What became of a message at the waiting question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// None waits.
    None,
    /// It had it, as an answer or a wrong one.
    Took,
    /// It let go of it.
    LetGo,
}
