//! The world's outbox: rows in order through the gate to a provider that always accepts, or does what it was told to.

use std::fmt::Write as _;

use crate::domain::{
    Body, DEFAULT_EXPIRE, Decided, Effect, FailedSend, Found, OutboxRow, Outcome, Pressable, RowKey, RowState, Seq,
    Template, TemplateHeader, Time,
};
use crate::engine::{self, After, Gate};

use super::expect::{read, source};
use super::world::{Sent, Who, World};

/// What came of one look at one row.
enum Went {
    /// Finished; on to the next.
    On,
    /// It waits, and holds those behind it.
    Holds,
}

impl World {
    pub(super) fn add_row(&mut self, decided: Decided, n: u32, seq: Seq) {
        let conversation = crate::domain::ConversationId::from("1");
        let key = RowKey { conversation, seq, n };
        self.rows.push(OutboxRow::new(key, self.setting.account.clone(), decided, self.now, DEFAULT_EXPIRE));
    }

    /// When the row that holds the others may be tried.
    pub(super) fn next_send(&self) -> Option<Time> {
        self.rows.iter().find(|row| !row.state.lets_pass()).map(|row| row.not_before)
    }

    /// Everything that can go now, in order.
    pub(super) fn dispatch(&mut self) {
        for ix in 0..self.rows.len() {
            let Some(row) = self.rows.get(ix) else { return };
            if row.state.lets_pass() {
                continue;
            }
            if row.not_before > self.now {
                return;
            }
            let went = if row.state == RowState::Unknown { self.look_up(ix) } else { self.attempt(ix) };
            if matches!(went, Went::Holds) {
                return;
            }
        }
    }

    fn attempt(&mut self, ix: usize) -> Went {
        let (Some(row), Some(state)) = (self.rows.get(ix), self.state.as_ref()) else { return Went::On };
        match engine::gate(row, state, &self.setting.capabilities, self.now) {
            Gate::Send(instead) => self.call(ix, instead),
            Gate::Withdraw(why) => self.finish(ix, RowState::Withdrawn, Some(why.to_owned())),
            Gate::Expire => self.finish(ix, RowState::Expired, Some("too late".to_owned())),
            Gate::Hold(until) => self.hold(ix, RowState::Waiting, until),
            Gate::Queue => self.queue(ix),
        }
    }

    fn call(&mut self, ix: usize, instead: Option<Effect>) -> Went {
        let Some(row) = self.rows.get_mut(ix) else { return Went::On };
        row.sent_as = instead.map(Box::new);
        let reaches_contact = row.went().reaches_contact();
        let outcome = self.next_outcome(reaches_contact);
        let now = self.now;
        let Some(row) = self.rows.get_mut(ix) else { return Went::On };
        row.attempt += 1;
        row.called_at = Some(now);
        row.state = RowState::Dispatching;
        if let Outcome::Accepted { message, job } = &outcome {
            row.message.clone_from(message);
            row.job.clone_from(job);
        }
        let after = engine::after_attempt(row, &outcome, now);
        self.follow(ix, after)
    }

    /// A scripted outcome is for messages; notes and assignments are always taken.
    fn next_outcome(&mut self, reaches_contact: bool) -> Outcome {
        let scripted = if reaches_contact { self.outcomes.pop_front() } else { None };
        scripted.unwrap_or_else(|| Outcome::Accepted { message: Some(self.next_id("out")), job: None })
    }

    /// Nothing of it is found: whoever scripts an unknown outcome means a send that never was.
    fn look_up(&mut self, ix: usize) -> Went {
        let now = self.now;
        let Some(row) = self.rows.get_mut(ix) else { return Went::On };
        row.looks += 1;
        let after = engine::after_lookup(row, &Found::Absent, now);
        self.follow(ix, after)
    }

    fn follow(&mut self, ix: usize, after: After) -> Went {
        match after {
            After::Sent => self.went(ix),
            After::Again(at) | After::Anew(at) => self.hold(ix, RowState::Waiting, at),
            After::LookUp(at) => self.hold(ix, RowState::Unknown, at),
            After::Limited => {
                let pause = engine::limited_for(crate::domain::Whose::Credential, None, 1);
                self.hold(ix, RowState::Waiting, self.now + pause)
            }
            After::Pause => self.hold(ix, RowState::Waiting, self.now + engine::probe_after(1)),
            After::Outside => self.outside(ix),
            After::Failed(why) => self.fail(ix, &why),
        }
    }

    fn went(&mut self, ix: usize) -> Went {
        if let (Some(row), Some(state)) = (self.rows.get(ix), &self.state)
            && let Some(marked) = engine::sent(state, row, self.now)
        {
            self.state = Some(marked);
        }
        self.finish(ix, RowState::Sent, None)
    }

    /// The messenger itself said that the window is closed: the gate decides what goes instead.
    fn outside(&mut self, ix: usize) -> Went {
        let now = self.now;
        let Some(row) = self.rows.get_mut(ix) else { return Went::On };
        (row.state, row.not_before, row.sent_as) = (RowState::Waiting, now, None);
        if let Some(closed) = self.state.as_ref().and_then(|state| engine::closed(state, row, now)) {
            self.state = Some(closed);
        }
        self.attempt(ix)
    }

    /// The messenger reports that this message did not arrive.
    pub fn message_failed(&mut self, key: &RowKey, why: &str) {
        if let Some(ix) = self.rows.iter().position(|row| row.key == *key) {
            self.fail(ix, why);
            if let Some(body) = self.follow_ups.pop_front() {
                self.happen(body, self.now);
            }
        }
    }

    fn fail(&mut self, ix: usize, why: &str) -> Went {
        if let Some(row) = self.rows.get(ix) {
            let failed = FailedSend { row: row.key.clone(), reason: why.to_owned(), nested: row.decided.nested };
            self.follow_ups.push_back(Body::DeliveryFailed(failed));
        }
        self.finish(ix, RowState::Failed, Some(why.to_owned()))
    }

    fn hold(&mut self, ix: usize, state: RowState, until: Time) -> Went {
        let later = until.max(self.now + crate::domain::Span(1));
        if let Some(row) = self.rows.get_mut(ix) {
            row.state = state;
            row.not_before = later;
        }
        Went::Holds
    }

    /// It waits for the contact, and nothing waits for it.
    fn queue(&mut self, ix: usize) -> Went {
        if let Some(row) = self.rows.get_mut(ix) {
            row.state = RowState::Queued;
        }
        Went::On
    }

    /// The contact wrote: what was kept for them may go.
    pub(super) fn wake_queued(&mut self) {
        let now = self.now;
        for row in self.rows.iter_mut().filter(|row| row.state == RowState::Queued) {
            (row.state, row.not_before) = (RowState::Waiting, now);
        }
    }

    /// The buttons that the contact has on the phone now, the latest last. Numbered text takes the place of what was to press.
    fn offer_buttons(&mut self, sent: &Sent) {
        match &sent.effect {
            Effect::Menu(menu) if sent.arrived() => self.buttons.extend(menu.options.iter().cloned()),
            Effect::Say { text } if sent.arrived() && !super::menu::options(text).is_empty() => self.buttons.clear(),
            _ => {}
        }
    }

    fn finish(&mut self, ix: usize, state: RowState, why: Option<String>) -> Went {
        let Some(row) = self.rows.get_mut(ix) else { return Went::On };
        row.state = state;
        row.why.clone_from(&why);
        let effect = row.went().clone();
        let sent = Sent { at: self.now, effect, row: row.key.clone(), state, why };
        let (who, text) = shown(&sent);
        self.line(who, &text);
        self.offer_buttons(&sent);
        self.sent.push(sent);
        Went::On
    }
}

/// An effect as a line of the talk.
fn shown(sent: &Sent) -> (Who, String) {
    if sent.state == RowState::Sent {
        return match &sent.effect {
            Effect::Media(media) => (Who::Bot, describe(&Effect::Media(media.clone()))),
            other => read(other).map_or_else(|| (Who::Aside, describe(other)), |text| (Who::Bot, text)),
        };
    }
    let state = match sent.state {
        RowState::Failed => "failed",
        RowState::Expired => "expired",
        _ => "withdrawn",
    };
    let why = sent.why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
    (Who::Aside, format!("{state}{why}: {}", describe(&sent.effect)))
}

fn pressable(what: &Pressable) -> String {
    match what {
        Pressable::Link { title, url } => format!("{title}: {url}"),
        Pressable::AskLocation => "send your location".to_owned(),
        Pressable::AskAddress { .. } => "enter your address".to_owned(),
        Pressable::Products { sections, .. } => {
            format!("{} products", sections.iter().map(|(_, products)| products.len()).sum::<usize>())
        }
        Pressable::Form(form) => form.button.clone(),
        Pressable::Catalogue { .. } => "view the catalogue".to_owned(),
    }
}

/// What a template or a card of it is filled in with.
fn filled(header: Option<&TemplateHeader>, params: &[String], buttons: &[String]) -> String {
    let joined = |what: &str, texts: &[String]| {
        if texts.is_empty() { String::new() } else { format!("{what}{}", texts.join(" | ")) }
    };
    let header = match header {
        None => String::new(),
        Some(TemplateHeader::Text(text)) => format!(", header {text}"),
        Some(TemplateHeader::Media(media)) => format!(", header {}", source(&media.source)),
    };
    format!("{}{header}{}", joined(": ", params), joined(", buttons ", buttons))
}

/// An effect in words.
pub fn describe(effect: &Effect) -> String {
    match effect {
        Effect::Say { text } => text.clone(),
        Effect::Menu(menu) => {
            let titles: Vec<_> = menu.options.iter().map(|option| format!("[{}]", option.title)).collect();
            format!("{}\n{}", menu.text, titles.join(" "))
        }
        Effect::Media(media) => {
            let what = source(&media.source);
            let caption = if media.caption.is_empty() { String::new() } else { format!(": {}", media.caption) };
            format!("{} {what}{caption}", media.kind.name())
        }
        Effect::Contacts { cards } => {
            let names: Vec<_> = cards.iter().map(|card| card.name.as_str()).collect();
            format!("contacts: {}", names.join(", "))
        }
        Effect::React { emoji, .. } if emoji.is_empty() => "reaction taken away".to_owned(),
        Effect::React { emoji, .. } => format!("reaction {emoji}"),
        Effect::Pin(pin) => {
            let name = if pin.name.is_empty() { String::new() } else { format!(": {}", pin.name) };
            format!("location {} {}{name}", pin.at.latitude, pin.at.longitude)
        }
        Effect::Interactive(interactive) => format!("{}\n[{}]", interactive.text, pressable(&interactive.what)),
        Effect::Template(template) => {
            let Template { name, language, params, header, buttons, cards, offer_until } = &**template;
            let mut out = format!("template {name} ({language}){}", filled(header.as_ref(), params, buttons));
            for card in cards {
                // Writing to a string cannot fail.
                let _ = write!(out, "\ncard{}", filled(card.header.as_ref(), &card.params, &card.buttons));
            }
            out + offer_until.map(|at| format!("\nuntil {at}")).unwrap_or_default().as_str()
        }
        Effect::Tags { add, remove } => {
            let signed = |sign, tags: &[String]| tags.iter().map(|tag| format!("{sign}{tag}")).collect::<Vec<_>>();
            format!("tags: {}", [signed('+', add), signed('-', remove)].concat().join(" "))
        }
        Effect::Fields { set } => {
            let shown = |(name, value): &(String, String)| format!("{name} = {value}");
            format!("contact's fields: {}", set.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Effect::Resolve => "conversation closed".to_owned(),
        Effect::Reopen => "conversation opened again".to_owned(),
        Effect::Seen { .. } => "message marked as read".to_owned(),
        Effect::Note { text, .. } if text.is_empty() => "note emptied".to_owned(),
        Effect::Note { text, to: None } => format!("note: {text}"),
        Effect::Note { text, to: Some(phone) } => format!("note to +{phone}: {text}"),
        Effect::Assign { to: None } => "assigned to nobody".to_owned(),
        Effect::Assign { to: Some(assignee) } => {
            let names: Vec<_> = [&assignee.team, &assignee.member].into_iter().flatten().map(String::as_str).collect();
            let name = if names.is_empty() { assignee.id.clone() } else { names.join(", ") };
            format!("assigned to {name}")
        }
    }
}
