//! People: who has the conversation, who is responsible, and the note.

use super::Turning;
use super::runs::Manner;
use crate::bot::Member;
use crate::domain::{
    Assignable, Assigned, Closed, Effect, Notes, Owner, Resolving, Span, Tagged, TraceKind, Value, Vars,
};
use crate::engine::show::shown;
use crate::engine::triggers::Occasion;

/// Entries of the note that are remembered where the provider keeps each by itself.
const MOST_ENTRIES: usize = 50;
/// Labels of one conversation: more than people read.
const MOST_TAGS: usize = 100;
/// Characters of a field of the contact: more than people read.
const LONGEST_FIELD: usize = 1_000;
/// So long after our own `resolve`, what says that the conversation was closed tells of it. Providers repeat a webhook after a minute.
const RESOLVE_ECHO: Span = Span::minutes(2);
/// Colleagues that one note is sent to.
const MOST_COLLEAGUES: usize = 10;

impl Turning<'_> {
    /// Who is responsible was changed on our side. To the bot's own user, or to nobody, it is a hand-back; to people it quiets the bot,
    /// unless it is the echo of our own assignment or was there before the first message.
    pub(super) fn assigned(&mut self, to: &Assigned) {
        match to {
            Assigned::Us => self.hand_back("assigned to the bot"),
            Assigned::Nobody => {
                let was = self.state.conversation.assignee.take();
                self.hand_back("assigned to nobody");
                if was.is_some() {
                    self.offer_occasion(Occasion::Unassigned, Manner::default());
                }
            }
            Assigned::Them(id) => self.assigned_to_people(id),
        }
    }

    fn assigned_to_people(&mut self, id: &str) {
        let known = self.state.conversation.assignee.as_ref().is_some_and(|assignee| assignee.id == *id);
        if known {
            return self.trace(TraceKind::Event, "the echo of an assignment that is known");
        }
        let assignee = self.assignee_of(id);
        self.remember_member(&assignee);
        self.state.conversation.assignee = Some(assignee);
        self.end_escalation();
        if self.around.quiet_on_assignment && self.state.conversation.incoming > 0 {
            self.quiet_for_assignment();
        } else {
            self.trace(TraceKind::Event, "people were assigned: the bot goes on");
        }
        self.offer_occasion(Occasion::Assigned, Manner::default());
    }

    fn quiet_for_assignment(&mut self) {
        let conversation = &mut self.state.conversation;
        conversation.hush += 1;
        conversation.quiet_until = Some(self.now + self.revision.quiet_after_human);
        conversation.handed_off_by = None;
        self.set_owner(Owner::People);
        self.drop_asking("people were assigned");
    }

    /// Close the conversation at the provider; the bot has it again.
    pub fn resolve(&mut self) {
        self.hand_back("resolve");
        if self.around.capabilities.resolve == Resolving::Nowhere {
            return self.trace(TraceKind::Effect, "no conversation can be closed on this channel");
        }
        self.trace(TraceKind::Effect, "resolve");
        self.state.conversation.closed = Some(Closed { at: self.now, opened: false });
        self.decide(Effect::Resolve);
    }

    /// People are to see the conversation again that the bot had closed.
    pub(super) fn reopen(&mut self) {
        let Some(closed) = self.state.conversation.closed.as_mut().filter(|closed| !closed.opened) else { return };
        closed.opened = true;
        if self.around.capabilities.resolve == Resolving::ClosesAndOpens {
            self.trace(TraceKind::Effect, "open the conversation again");
            self.decide(Effect::Reopen);
        }
    }

    /// People closed the conversation, or it is told that the bot did.
    pub(super) fn resolved(&mut self) {
        if self.state.conversation.closed.is_some_and(|closed| self.now.since(closed.at) < RESOLVE_ECHO) {
            return self.trace(TraceKind::Event, "the echo of our own `resolve`");
        }
        self.hand_back("resolved");
    }

    /// The bot has the conversation again.
    fn hand_back(&mut self, why: &str) {
        if self.owner() == Owner::Bot {
            return self.trace(TraceKind::Event, format!("{why}: the bot has it already"));
        }
        self.trace(TraceKind::Event, format!("{why}: the bot has the conversation again"));
        self.state.conversation.quiet_until = None;
        self.state.conversation.handed_off_by = None;
        self.set_owner(Owner::Bot);
    }

    /// Labels were changed on our side.
    pub(super) fn tagged(&mut self, tagged: &Tagged) {
        let tags = &mut self.state.conversation.tags;
        tags.retain(|tag| !tagged.removed.contains(tag));
        let new: Vec<_> = tagged.added.iter().filter(|tag| !tags.contains(tag)).cloned().collect();
        tags.extend(new);
        tags.truncate(MOST_TAGS);
    }

    /// Label the conversation.
    pub fn tag(&mut self, labels: Vec<String>) {
        let tags = &mut self.state.conversation.tags;
        let room = MOST_TAGS.saturating_sub(tags.len());
        let mut new: Vec<String> = labels.into_iter().filter(|label| !tags.contains(label)).collect();
        let too_many = new.len() > room;
        new.truncate(room);
        tags.extend(new.iter().cloned());
        if too_many {
            self.error(format!("a conversation has {MOST_TAGS} labels at most: the rest is left out"));
        }
        self.change_tags("tag", new, Vec::new());
    }

    /// Take labels away.
    pub fn untag(&mut self, labels: Vec<String>) {
        let tags = &mut self.state.conversation.tags;
        let gone: Vec<String> = labels.into_iter().filter(|label| tags.contains(label)).collect();
        tags.retain(|tag| !gone.contains(tag));
        self.change_tags("untag", Vec::new(), gone);
    }

    fn change_tags(&mut self, what: &str, add: Vec<String>, remove: Vec<String>) {
        if add.is_empty() && remove.is_empty() {
            return self.trace(TraceKind::Effect, format!("{what}: nothing changes"));
        }
        let labels = add.iter().chain(&remove).map(String::as_str).collect::<Vec<_>>().join(", ");
        self.trace(TraceKind::Effect, format!("{what}: {labels}"));
        if self.around.capabilities.tags {
            self.decide(Effect::Tags { add, remove });
        } else {
            self.trace(TraceKind::Effect, "there are no labels on this channel: the bot alone knows them");
        }
    }

    /// What became of the contact's variables goes to the provider's address book, too, where the account says so.
    pub(super) fn keep_fields(&mut self, before: &Vars) {
        let vars = &self.state.contact.vars;
        let changed = |name: &&String| before.get(*name) != vars.get(*name);
        let names: Vec<String> = self.around.contact_fields.iter().filter(changed).cloned().collect();
        if names.is_empty() {
            return;
        }
        let zone = self.zone();
        let value = |name: &str| vars.get(name).map(|value| shown(value, zone)).unwrap_or_default();
        let field = |name: &String| (name.clone(), value(name).chars().take(LONGEST_FIELD).collect());
        let set: Vec<(String, String)> = names.iter().map(field).collect();
        self.place = None;
        self.trace(TraceKind::Effect, format!("fields of the contact: {}", names.join(", ")));
        self.decide(Effect::Fields { set });
    }

    /// The bot takes the conversation back.
    pub fn resume(&mut self) {
        self.hand_back("resume");
    }

    /// A human on our side wrote: people have the conversation, and the bot is quiet.
    pub(super) fn human_wrote(&mut self) {
        let at = self.event.at.min(self.now);
        let quiet = self.revision.quiet_after_human;
        self.answered();
        let conversation = &mut self.state.conversation;
        conversation.last_human_at = conversation.last_human_at.max(Some(at));
        conversation.unanswered_since = None;
        if self.now.since(at) > quiet {
            self.trace(TraceKind::Event, "long ago: it raises nothing");
            return;
        }
        conversation.hush += 1;
        conversation.quiet_until = Some(self.now + quiet);
        conversation.handed_off_by = None;
        self.set_owner(Owner::People);
        self.drop_asking("a human wrote");
        self.wake_for_human();
        self.offer_occasion(Occasion::HumanReplied, Manner::default());
    }

    /// Quiet time over: the bot has the conversation again.
    pub(super) fn hand_back_in_time(&mut self) {
        let conversation = &mut self.state.conversation;
        if conversation.owner == Owner::Bot || conversation.quiet_until.is_none_or(|until| self.now < until) {
            return;
        }
        conversation.quiet_until = None;
        conversation.handed_off_by = None;
        self.set_owner(Owner::Bot);
    }

    fn set_owner(&mut self, owner: Owner) {
        let was = self.owner();
        if was == owner {
            return;
        }
        self.state.conversation.owner = owner;
        if owner != Owner::Waiting {
            self.end_escalation();
        }
        if owner == Owner::Bot {
            self.ahead.handed_back = true;
            self.state.conversation.handed_back_at = Some(self.now);
        }
        self.trace(TraceKind::Event, format!("owner: {}", owner_word(owner)));
        // A note that the bot never wrote to is the humans' own.
        let in_use = was == Owner::Waiting || !self.state.conversation.notes.is_empty();
        if in_use && owner != Owner::Waiting {
            self.write_note();
        }
    }

    /// Hand the conversation to people: the run under way may go on speaking until a human does; nothing else speaks.
    pub fn hand_off(&mut self) {
        if self.owner() == Owner::People {
            self.trace(TraceKind::Step, "people have the conversation already");
            return;
        }
        self.drop_asking("handed off");
        self.reopen();
        self.state.conversation.handed_off_by = self.run;
        self.state.conversation.quiet_until = Some(self.now + self.revision.quiet_after_human);
        self.set_owner(Owner::Waiting);
    }

    /// Nobody is responsible any more.
    pub fn unassign(&mut self) {
        if self.around.capabilities.assign == Assignable::Nobody {
            self.trace(TraceKind::Effect, "nobody can be assigned on this channel");
            return;
        }
        self.trace(TraceKind::Effect, "assign nobody");
        self.state.conversation.assignee = None;
        self.decide(Effect::Assign { to: None });
    }

    /// Add an entry to the note.
    pub fn note(&mut self, entry: &str) {
        let entry = entry.trim();
        if !entry.is_empty() {
            self.trace(TraceKind::Effect, format!("note: {entry}"));
            self.state.conversation.notes.push(entry.to_owned());
        }
        match self.around.capabilities.notes {
            Notes::Entries(limit) => self.write_entry(entry, limit),
            Notes::Messages(limit) => self.tell_colleagues(entry, limit),
            Notes::Field(_) | Notes::Nowhere => self.write_note(),
        }
    }

    /// The variables collected so far, a line each.
    pub fn collected(&self) -> String {
        let zone = self.zone();
        let told = self.vars().iter().filter(|(name, value)| **value != Value::Unit && name.as_str() != "keyword");
        told.map(|(name, value)| format!("{name}: {}", shown(value, zone))).collect::<Vec<_>>().join("\n")
    }

    /// Where notes go entry by entry, only the new one does; who has the conversation is not repeated there.
    fn write_entry(&mut self, entry: &str, limit: usize) {
        let text: String = entry.chars().take(limit).collect();
        let kept = self.state.conversation.notes.len().saturating_sub(MOST_ENTRIES);
        self.state.conversation.notes.drain(..kept);
        if !text.is_empty() {
            self.decide(Effect::Note { text, to: None });
        }
    }

    /// Where notes are messages, whoever reads one is told whose conversation it is of.
    fn tell_colleagues(&mut self, entry: &str, limit: usize) {
        if entry.is_empty() {
            return;
        }
        let contact = &self.state.contact;
        let who: Vec<&str> = [&contact.name, &contact.phone].into_iter().flatten().map(String::as_str).collect();
        let text = if who.is_empty() { entry.to_owned() } else { format!("{}\n{entry}", who.join(", ")) };
        let Some(team) = self.around.notes_team else { return self.write_entry(&text, limit) };
        let phones = self.colleagues(team);
        if phones.is_empty() {
            return self.error(format!("nobody of the team `{team}` has a `phone`: the note goes nowhere"));
        }
        for phone in phones {
            self.decide(Effect::Note { text: text.chars().take(limit).collect(), to: Some(phone) });
        }
    }

    /// The phones of a team's members: of those who are there at this hour, else of all.
    fn colleagues(&self, team: &str) -> Vec<String> {
        let Some(team) = self.revision.teams.get(team) else { return Vec::new() };
        let is_there = |member: &&Member| member.hours.as_ref().is_none_or(|hours| hours.open(self.now));
        let phones = |members: &mut dyn Iterator<Item = &Member>| -> Vec<String> {
            members.filter_map(|member| member.phone.clone()).take(MOST_COLLEAGUES).collect()
        };
        let there = phones(&mut team.members.iter().filter(is_there));
        if there.is_empty() { phones(&mut team.members.iter()) } else { there }
    }

    /// The whole field: who has the conversation, then the entries; the oldest are cut.
    fn write_note(&mut self) {
        let limit = match self.around.capabilities.notes {
            Notes::Field(limit) => limit,
            Notes::Entries(_) | Notes::Messages(_) => return,
            Notes::Nowhere => return self.trace(TraceKind::Effect, "there is no note on this channel"),
        };
        let head = match self.owner() {
            Owner::Bot => String::new(),
            owner => format!("[owner: {}]", owner_word(owner)),
        };
        let text = joined(&head, &mut self.state.conversation.notes, limit);
        self.decide(Effect::Note { text, to: None });
    }
}

fn owner_word(owner: Owner) -> &'static str {
    match owner {
        Owner::Bot => "bot",
        Owner::Waiting => "waiting",
        Owner::People => "people",
    }
}

/// The head and the entries, joined by new lines. The oldest entries go, for good, until the rest fits; the last one is cut itself.
fn joined(head: &str, entries: &mut Vec<String>, limit: usize) -> String {
    let length = |entries: &[String]| {
        let lines = entries.len() + usize::from(!head.is_empty());
        head.chars().count()
            + entries.iter().map(|entry| entry.chars().count()).sum::<usize>()
            + lines.saturating_sub(1)
    };
    while entries.len() > 1 && length(entries) > limit {
        entries.remove(0);
    }
    let lines = std::iter::once(head).filter(|head| !head.is_empty()).chain(entries.iter().map(String::as_str));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.chars().take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entries_are_cut() {
        let cases: &[(&str, &[&str], usize, &str)] = &[
            ("", &[], 10, ""),
            ("", &["one"], 10, "one"),
            ("", &["one", "two"], 10, "one\ntwo"),
            ("", &["one", "two", "three"], 10, "two\nthree"),
            ("[x]", &["one", "two"], 10, "[x]\ntwo"),
            ("[x]", &["one", "two"], 11, "[x]\none\ntwo"),
            ("", &["äöüäöüäöüäöü"], 10, "äöüäöüäöüä"),
            ("[x]", &[], 10, "[x]"),
        ];
        for (head, entries, limit, want) in cases {
            let mut entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
            assert_eq!(joined(head, &mut entries, *limit), *want);
        }
    }
}
