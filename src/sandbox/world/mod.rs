//! What the emulated provider knows: conversations, messages, jobs, files, templates. It is told the time; it answers with what happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::dialects::{By, Happening, What};
use super::uploads::{Content, Upload};

mod conversation;
mod message;
mod own;
mod templates;
mod written;

pub(super) use conversation::{Conversation, digits};
pub(super) use message::{
    Attached, Choice, File, From, Message, Outgoing, Place, Pressable, PressedOn, Status, Template, external_id,
};
pub(super) use own::{Card, Order, Own, Product, Reaction};
pub(super) use templates::{Listed, Unfit};
pub(super) use written::{Sent, Written};

/// Most conversations kept; a further one is refused.
const MOST_CONVERSATIONS: usize = 100_000;
/// Longest name or text of a person, in characters.
const LONGEST_TEXT: usize = 65_536;
/// Files kept; the oldest are forgotten.
const MOST_FILES: usize = 200;
/// Bytes of files kept.
const MOST_BYTES: usize = 64 << 20;
/// Templates of the company.
const MOST_TEMPLATES: usize = 1000;
/// Labels that there are, and labels of one conversation.
const MOST_TAGS: usize = 1000;

/// The channels of the emulated company: Pact's number and kind. The first is the one unless another is asked for.
pub(super) const CHANNELS: &[(u64, &str)] = &[
    (399, "whatsapp_business"),
    (381, "whatsapp"),
    (401, "telegram"),
    (402, "telegram_personal"),
    (403, "instagram"),
    (404, "facebook"),
    (405, "viber"),
    (406, "vkontakte"),
    (407, "avito"),
];

/// What is known of a delivery job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) conversation: u64,
    pub(super) message: u64,
    pub(super) created_at: DateTime<Utc>,
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    conversations: BTreeMap<u64, Conversation>,
    jobs: BTreeMap<u64, Job>,
    files: BTreeMap<u64, File>,
    pub(super) templates: Vec<Listed>,
    /// The labels that there are, in the order of their numbers, which begin with 1.
    pub(super) tags: Vec<String>,
    /// The labels that may be set; without them any may be.
    pub(super) allowed_tags: Option<Vec<String>>,
    /// What has a lower number is of an earlier life of the emulator.
    first: u64,
    last_message: u64,
    last_job: u64,
    last_file: u64,
    last_tagging: u64,
}

impl World {
    /// Its numbers begin with `first`: whoever remembers an earlier life of it must not take the new for the old.
    pub(super) fn new(first: u64) -> Self {
        Self {
            conversations: BTreeMap::new(),
            jobs: BTreeMap::new(),
            files: BTreeMap::new(),
            templates: Vec::new(),
            tags: Vec::new(),
            allowed_tags: None,
            first,
            last_message: first + 100,
            last_job: first + 500,
            last_file: first,
            last_tagging: first,
        }
    }

    pub(super) fn set_templates(&mut self, templates: Vec<Listed>) {
        self.templates = templates;
        self.templates.truncate(MOST_TEMPLATES);
    }

    /// The template meant, as the customer will see it; or why it cannot go.
    pub(super) fn check_template(&self, template: &Template) -> Result<(), Unfit> {
        templates::find(&self.templates, template).map(drop)
    }

    /// A file by its number.
    pub(super) fn file(&self, id: u64) -> Option<&File> {
        self.files.get(&id)
    }

    /// Keep an uploaded file: its number.
    pub(super) fn keep(&mut self, upload: Upload) -> u64 {
        self.last_file += 1;
        let (content, url) = match upload.content {
            Content::Bytes(bytes) => (Some(Arc::from(bytes)), None),
            Content::Url(url) => (None, Some(url)),
        };
        let size = content.as_ref().map_or(0, |content: &Arc<[u8]>| content.len() as u64);
        let Upload { name, mime, voice, .. } = upload;
        let file = File { id: self.last_file, name, mime, size, url, voice, content, used: false };
        self.files.insert(file.id, file);
        while self.files.len() > MOST_FILES || self.bytes() > MOST_BYTES {
            self.files.pop_first();
        }
        self.last_file
    }

    /// Take a file away; `None` where there is none of that number.
    pub(super) fn forget_file(&mut self, id: u64) -> Option<()> {
        self.files.remove(&id).map(drop)
    }

    fn bytes(&self) -> usize {
        self.files.values().filter_map(|file| file.content.as_ref()).map(|content| content.len()).sum()
    }

    /// Can this file go with a message?
    pub(super) fn can_attach(&self, file: Attached) -> bool {
        match file {
            Attached::Once(id) => self.files.get(&id).is_some_and(|file| !file.used),
            Attached::Again(id) => self.files.contains_key(&id) || id <= self.first,
        }
    }

    /// Take uploaded files for a message.
    fn take_files(&mut self, files: &[Attached]) -> Result<Vec<File>, String> {
        if let Some(odd) = files.iter().find(|file| !self.can_attach(**file)) {
            let (Attached::Once(odd) | Attached::Again(odd)) = odd;
            return Err(format!("attachment {odd} is not there, or went with a message already"));
        }
        let taken = |file: &Attached| {
            let (Attached::Once(id) | Attached::Again(id)) = *file;
            let Some(file) = self.files.get_mut(&id) else { return forgotten(id) };
            file.used = true;
            file.clone()
        };
        Ok(files.iter().map(taken).collect())
    }

    pub(super) fn conversation(&self, id: u64) -> Option<&Conversation> {
        self.conversations.get(&id)
    }

    pub(super) fn conversation_mut(&mut self, id: u64) -> Option<&mut Conversation> {
        self.conversations.get_mut(&id)
    }

    pub(super) fn conversations(&self) -> impl DoubleEndedIterator<Item = &Conversation> {
        self.conversations.values()
    }

    /// The WhatsApp conversation with a phone.
    pub(super) fn of_phone(&self, phone: &str) -> Option<&Conversation> {
        let channel = CHANNELS.first().map_or(0, |(id, _)| *id);
        self.conversations.values().find(|one| one.channel_id == channel && one.phone == phone)
    }

    pub(super) fn job(&self, id: u64) -> Option<(&Job, &Conversation, &Message)> {
        let job = self.jobs.get(&id)?;
        let conversation = self.conversations.get(&job.conversation)?;
        Some((job, conversation, conversation.message(job.message)?))
    }

    /// A customer writes; the conversation begins with the first message. The webhooks that follow, or why not.
    pub(super) fn customer(
        &mut self,
        id: u64,
        written: &Written,
        now: DateTime<Utc>,
    ) -> Result<(u64, Vec<Happening>), String> {
        let at = match written.created_at_timestamp {
            Some(seconds) => DateTime::from_timestamp(seconds, 0).ok_or("`created_at_timestamp` is no time")?,
            None => now,
        };
        let mut happenings = Vec::new();
        let message = self.written(id, written, at)?;
        if !self.conversations.contains_key(&id) {
            self.add(Conversation::begin(id, written, at)?)?;
            happenings.push(Happening::of(id, What::Began));
        }
        let number = message.id;
        let conversation = self.conversations.get_mut(&id).ok_or("no such conversation")?;
        if conversation.learn(written) {
            happenings.push(Happening::of(id, What::Changed));
        }
        happenings.push(Happening::to(id, What::Wrote, number));
        // What people were done with, they are no more (inferred).
        conversation.archived = false;
        conversation.push(message);
        Ok((number, happenings))
    }

    /// The message that a customer writes.
    fn written(&mut self, id: u64, written: &Written, at: DateTime<Utc>) -> Result<Message, String> {
        let pressed = match &written.press {
            None => None,
            Some(press) => {
                let conversation = self.conversations.get(&id).ok_or("nobody has written there yet")?;
                Some(conversation.pressed(press)?)
            }
        };
        if let Some(Reaction { message, .. }) = &written.reaction {
            let there = self.conversations.get(&id).and_then(|conversation| conversation.message(*message));
            there.ok_or_else(|| format!("there is no message {message} to react to"))?;
        }
        let files = written.files.iter().map(|sent| self.sent(sent)).collect::<Result<Vec<_>, String>>()?;
        let message = self.message(From::Customer, cut(&written.text), at);
        Ok(match (pressed, written.own()) {
            (None, Some(own)) => Message { text: cut(&own.shown()), own: Some(own), ..message },
            (None, None) => {
                Message { files, location: written.location.clone(), reply_to: written.reply_to.clone(), ..message }
            }
            (Some((pressed, on)), _) => {
                let text = pressed.choice.title.clone();
                Message { text, pressed: Some(pressed), reply_to: Some(on), ..message }
            }
        })
    }

    /// A file of a customer's.
    fn sent(&mut self, sent: &Sent) -> Result<File, String> {
        let there = match sent {
            Sent::Here(put) => return self.files.get(&put.id).cloned().ok_or_else(|| format!("no file {}", put.id)),
            Sent::There(there) => there,
        };
        self.last_file += 1;
        let (name, mime, url) = (cut(&there.name), cut(&there.mime), Some(cut(&there.url)));
        Ok(File { id: self.last_file, name, mime, size: there.size, url, voice: false, content: None, used: true })
    }

    /// A colleague writes in the inbox.
    pub(super) fn human(&mut self, id: u64, text: &str, now: DateTime<Utc>) -> Option<(u64, Vec<Happening>)> {
        let message = self.message(From::Human, cut(text), now);
        let conversation = self.conversations.get_mut(&id)?;
        let number = message.id;
        conversation.push(message);
        Some((number, vec![Happening::to(id, What::Wrote, number)]))
    }

    /// Take a message for delivery: its job. `fails` is why it will not arrive. `None` for why not: there is no such conversation.
    pub(super) fn send(
        &mut self,
        id: u64,
        what: Outgoing,
        fails: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<Job, Option<String>> {
        let conversation = self.conversations.get(&id).ok_or(None)?;
        let fails = fails.or_else(|| conversation.refuses(&what, now));
        let files = self.take_files(&what.files).map_err(Some)?;
        let (text, pressable) = self.as_shown(&what);
        let message = self.message(From::Bot, text, now);
        self.last_job += 1;
        let job = Job { id: self.last_job, conversation: id, message: message.id, created_at: now };
        self.jobs.insert(job.id, job);
        let message = Message {
            files,
            pressable,
            location: what.location,
            template: what.template,
            reply_to: what.reply_to,
            given_back: what.given_back,
            job: Some(job.id),
            status: Status::Sending,
            reason: fails,
            ..message
        };
        self.conversations.get_mut(&id).ok_or(None)?.push(message);
        Ok(job)
    }

    /// The text that the customer will see, and what they can press. A template's stands in the list.
    fn as_shown(&self, what: &Outgoing) -> (String, Option<Pressable>) {
        let Some(template) = &what.template else { return (what.text.clone(), what.pressable.clone()) };
        let payloads = what.pressable.as_ref().map(Pressable::options).unwrap_or_default();
        match templates::find(&self.templates, template) {
            Ok(Some(listed)) if !listed.body.is_empty() => {
                (listed.filled(&template.parameters), listed.pressable(payloads))
            }
            _ => (template.shown(), None),
        }
    }

    /// The job is executed. What happened by it.
    pub(super) fn execute(&mut self, job: u64) -> Vec<Happening> {
        let Some(job) = self.jobs.get(&job).copied() else { return Vec::new() };
        let Some(conversation) = self.conversations.get_mut(&job.conversation) else { return Vec::new() };
        let is_first = conversation.messages.len() == 1;
        let Some(message) = conversation.message_mut(job.message) else { return Vec::new() };
        message.status = if message.reason.is_some() { Status::Failed } else { Status::Delivered };
        let began = is_first && message.status == Status::Delivered;
        let began = began.then_some(Happening::of(job.conversation, What::Began));
        began.into_iter().chain([Happening::to(job.conversation, What::Ended, job.message)]).collect()
    }

    /// The customer looks at the conversation.
    pub(super) fn read(&mut self, id: u64) -> Vec<Happening> {
        let read = self.conversations.get_mut(&id).map(Conversation::read).unwrap_or_default();
        read.into_iter().map(|message| Happening::to(id, What::Read, message)).collect()
    }

    /// The job of a message.
    pub(super) fn job_of(&self, message: &Message) -> Option<&Job> {
        self.jobs.get(&message.job?)
    }

    pub(super) fn set_note(&mut self, id: u64, note: &str) -> Option<()> {
        note.clone_into(&mut self.conversations.get_mut(&id)?.note);
        Some(())
    }

    pub(super) fn assign(&mut self, id: u64, assignee: Option<u64>, now: DateTime<Utc>) -> Option<()> {
        let conversation = self.conversations.get_mut(&id)?;
        conversation.assignee = assignee;
        conversation.assigned_at = assignee.map(|_| now);
        Some(())
    }

    /// To a user, a group, both or nobody. What happened by it.
    pub(super) fn assign_to(
        &mut self,
        id: u64,
        (user, group): (Option<u64>, Option<u64>),
        by: By,
        now: DateTime<Utc>,
    ) -> Vec<Happening> {
        let Some(conversation) = self.conversations.get_mut(&id) else { return Vec::new() };
        if (conversation.assignee, conversation.group) == (user, group) {
            return Vec::new();
        }
        (conversation.assignee, conversation.group) = (user, group);
        conversation.assigned_at = user.or(group).map(|_| now);
        vec![Happening::of(id, What::Assigned(by))]
    }

    /// These labels are there, and no others may be set.
    pub(super) fn allow_tags(&mut self, tags: Vec<String>) {
        for tag in &tags {
            self.tag_named(tag);
        }
        self.allowed_tags = Some(tags);
    }

    /// The number of a label, made where there is none; `None` where there are too many.
    pub(super) fn tag_named(&mut self, name: &str) -> Option<u64> {
        let at = self.tags.iter().position(|tag| tag == name);
        if at.is_none() && self.tags.len() < MOST_TAGS {
            self.tags.push(cut(name));
            return Some(self.tags.len() as u64);
        }
        at.map(|at| at as u64 + 1)
    }

    /// The label of that number.
    pub(super) fn tag(&self, number: u64) -> Option<&str> {
        self.tags.get(usize::try_from(number.checked_sub(1)?).ok()?).map(String::as_str)
    }

    /// Set a label: the number of its being set, and what happened. `None`: it is set already, or there is no such conversation.
    pub(super) fn set_tag(&mut self, id: u64, name: &str, by: By) -> Option<(u64, Happening)> {
        let number = self.tag_named(name)?;
        let conversation = self.conversations.get_mut(&id)?;
        if conversation.tags.contains_key(name) || conversation.tags.len() >= MOST_TAGS {
            return None;
        }
        self.last_tagging += 1;
        conversation.tags.insert(name.to_owned(), self.last_tagging);
        Some((self.last_tagging, Happening::of(id, What::Tagged { tag: number, by })))
    }

    /// Take a label away.
    pub(super) fn take_tag(&mut self, id: u64, name: &str, by: By) -> Option<Happening> {
        let number = self.tag_named(name)?;
        self.conversations.get_mut(&id)?.tags.remove(name)?;
        Some(Happening::of(id, What::Untagged { tag: number, by }))
    }

    /// People are done with it, or not any more.
    pub(super) fn archive(&mut self, id: u64, archived: bool) -> Option<Happening> {
        let conversation = self.conversations.get_mut(&id)?;
        conversation.archived = archived;
        Some(Happening::of(id, What::Resolved))
    }

    /// The conversation with a phone on a channel; it begins with the first message to it.
    pub(super) fn with_phone(&mut self, channel_id: u64, phone: &str, now: DateTime<Utc>) -> Result<u64, String> {
        let known = self.conversations.values().find(|c| c.channel_id == channel_id && c.phone == phone).map(|c| c.id);
        if let Some(id) = known {
            return Ok(id);
        }
        let (_, channel) = CHANNELS.iter().find(|(id, _)| *id == channel_id).ok_or("no such channel")?;
        let id = self.conversations.keys().next_back().map_or(1, |last| last + 1);
        let (phone, channel) = (Some(phone.to_owned()), Some((*channel).to_owned()));
        self.add(Conversation::begin(id, &Written { phone, channel, ..Written::default() }, now)?)?;
        Ok(id)
    }

    fn add(&mut self, conversation: Conversation) -> Result<(), String> {
        if self.conversations.len() >= MOST_CONVERSATIONS {
            return Err("too many conversations".into());
        }
        self.conversations.insert(conversation.id, conversation);
        Ok(())
    }

    fn message(&mut self, from: From, text: String, at: DateTime<Utc>) -> Message {
        self.last_message += 1;
        Message::new(self.last_message, from, text, at)
    }
}

/// A file that was uploaded in an earlier life of the emulator.
fn forgotten(id: u64) -> File {
    let mime = "application/octet-stream".to_owned();
    File { id, name: "a file from before".into(), mime, size: 0, url: None, voice: false, content: None, used: true }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}
