//! What the emulated provider knows: conversations, messages, jobs, files, templates. It is told the time; it answers with what happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::dialects::{Happening, What};
use super::uploads::{Content, Upload};

/// Most conversations kept; a further one is refused.
const MOST_CONVERSATIONS: usize = 100_000;
/// Most messages kept of one conversation; older ones are forgotten.
const MOST_MESSAGES: usize = 2000;
/// Longest name or text of a person, in characters.
const LONGEST_TEXT: usize = 65_536;
/// WhatsApp's window.
const WINDOW: chrono::TimeDelta = chrono::TimeDelta::hours(24);
/// Longest text that messengers take, in characters.
const LONGEST_MESSAGE: usize = 4096;

/// Files kept; the oldest are forgotten.
const MOST_FILES: usize = 200;
/// Bytes of files kept.
const MOST_BYTES: usize = 64 << 20;
/// Templates of the company.
const MOST_TEMPLATES: usize = 1000;

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

/// Who may have a conversation, in the words that the bot keeps in the note.
const OWNERS: &[&str] = &["bot", "waiting", "people"];

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum From {
    /// The customer.
    Customer,
    /// Somebody with the token.
    Bot,
    /// A colleague, in Pact's inbox or on the phone.
    Human,
}

/// How a message from our side stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Sending,
    Delivered,
    Failed,
}

/// A template as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Template {
    pub(super) id: String,
    pub(super) language: String,
    pub(super) parameters: Vec<String>,
}

/// A file that was uploaded, or came with a message.
#[derive(Clone, Debug, Serialize)]
pub(super) struct File {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) size: u64,
    /// Where it is, when it is not here.
    pub(super) url: Option<String>,
    pub(super) voice: bool,
    #[serde(skip)]
    pub(super) content: Option<Arc<[u8]>>,
    /// The message that it went with: it goes with one.
    #[serde(skip)]
    used: bool,
}

impl File {
    /// Where a customer would get it.
    pub(super) fn address(&self) -> String {
        self.url.clone().unwrap_or_else(|| format!("https://cdn.pact.im/uploads/{}", self.id))
    }
}

/// A template of the company, as its list has it.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    pub(super) waba_id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) substitutions_count: usize,
}

/// One message.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) from: From,
    pub(super) text: String,
    pub(super) files: Vec<File>,
    /// The messenger's id of the message that it answers.
    pub(super) reply_to: Option<String>,
    pub(super) location: Option<Place>,
    pub(super) at: DateTime<Utc>,
    pub(super) template: Option<Template>,
    pub(super) status: Status,
    pub(super) job: Option<u64>,
    pub(super) reason: Option<String>,
}

/// One conversation.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Conversation {
    pub(super) id: u64,
    pub(super) channel: &'static str,
    pub(super) channel_id: u64,
    pub(super) name: Option<String>,
    pub(super) phone: String,
    #[serde(skip)]
    pub(super) created_at: DateTime<Utc>,
    pub(super) messages: Vec<Message>,
    pub(super) note: String,
    pub(super) assignee: Option<u64>,
    pub(super) archived: bool,
    #[serde(skip)]
    pub(super) assigned_at: Option<DateTime<Utc>>,
}

/// What is known of a delivery job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) conversation: u64,
    pub(super) message: u64,
    pub(super) created_at: DateTime<Utc>,
}

/// A place on the map.
#[derive(Clone, Copy, Debug, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    latitude: f64,
    longitude: f64,
}

/// A file that a script lets a customer send.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    name: String,
    mime: String,
    url: String,
    #[serde(default)]
    size: u64,
}

/// What a script says of a customer's message.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) files: Vec<Sent>,
    pub(super) location: Option<Place>,
    /// The messenger's id of the message that it answers.
    pub(super) reply_to: Option<String>,
    pub(super) created_at_timestamp: Option<i64>,
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) channel: Option<String>,
    /// `false`: answer at once, not after the webhook's first attempt.
    pub(super) wait: Option<bool>,
}

/// What to send.
#[derive(Clone, Debug, Default)]
pub(super) struct Outgoing {
    pub(super) text: String,
    /// Numbers of files that were uploaded.
    pub(super) files: Vec<u64>,
    pub(super) template: Option<Template>,
    pub(super) reply_to: Option<String>,
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    conversations: BTreeMap<u64, Conversation>,
    jobs: BTreeMap<u64, Job>,
    files: BTreeMap<u64, File>,
    pub(super) templates: Vec<Listed>,
    last_message: u64,
    last_job: u64,
    last_file: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            conversations: BTreeMap::new(),
            jobs: BTreeMap::new(),
            files: BTreeMap::new(),
            templates: Vec::new(),
            last_message: 100,
            last_job: 500,
            last_file: 0,
        }
    }

    pub(super) fn set_templates(&mut self, templates: Vec<Listed>) {
        self.templates = templates;
        self.templates.truncate(MOST_TEMPLATES);
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

    fn bytes(&self) -> usize {
        self.files.values().filter_map(|file| file.content.as_ref()).map(|content| content.len()).sum()
    }

    /// Take uploaded files for a message.
    fn take_files(&mut self, ids: &[u64]) -> Result<Vec<File>, String> {
        let free = |id: &u64| self.files.get(id).is_some_and(|file| !file.used);
        if let Some(odd) = ids.iter().find(|id| !free(id)) {
            return Err(format!("attachment {odd} is not there, or went with a message already"));
        }
        let mut taken = Vec::new();
        for id in ids {
            if let Some(file) = self.files.get_mut(id) {
                file.used = true;
                taken.push(file.clone());
            }
        }
        Ok(taken)
    }

    pub(super) fn conversation(&self, id: u64) -> Option<&Conversation> {
        self.conversations.get(&id)
    }

    pub(super) fn conversations(&self) -> impl DoubleEndedIterator<Item = &Conversation> {
        self.conversations.values()
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
        let happened = |what, message| Happening { what, conversation: id, message };
        let mut happenings = Vec::new();
        if !self.conversations.contains_key(&id) {
            self.add(Conversation::begin(id, written, at)?)?;
            happenings.push(happened(What::Began, None));
        }
        let files = written.files.iter().map(|sent| self.sent(sent)).collect();
        let message = self.message(From::Customer, cut(&written.text), at);
        let message = Message { files, location: written.location, reply_to: written.reply_to.clone(), ..message };
        let number = message.id;
        let conversation = self.conversations.get_mut(&id).ok_or("no such conversation")?;
        if conversation.learn(written) {
            happenings.push(happened(What::Changed, None));
        }
        happenings.push(happened(What::Wrote, Some(number)));
        conversation.push(message);
        Ok((number, happenings))
    }

    /// A file of a customer's: it is where they have it.
    fn sent(&mut self, sent: &Sent) -> File {
        self.last_file += 1;
        let (name, mime, url) = (cut(&sent.name), cut(&sent.mime), Some(cut(&sent.url)));
        File { id: self.last_file, name, mime, size: sent.size, url, voice: false, content: None, used: true }
    }

    /// A colleague writes in the inbox.
    pub(super) fn human(&mut self, id: u64, text: &str, now: DateTime<Utc>) -> Option<(u64, Vec<Happening>)> {
        let message = self.message(From::Human, cut(text), now);
        let conversation = self.conversations.get_mut(&id)?;
        let number = message.id;
        conversation.push(message);
        Some((number, vec![Happening { what: What::Wrote, conversation: id, message: Some(number) }]))
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
        let text = what.template.as_ref().map_or_else(|| what.text.clone(), Template::shown);
        let message = self.message(From::Bot, text, now);
        self.last_job += 1;
        let job = Job { id: self.last_job, conversation: id, message: message.id, created_at: now };
        self.jobs.insert(job.id, job);
        let message = Message {
            files,
            template: what.template,
            reply_to: what.reply_to,
            job: Some(job.id),
            status: Status::Sending,
            reason: fails,
            ..message
        };
        self.conversations.get_mut(&id).ok_or(None)?.push(message);
        Ok(job)
    }

    /// The job is executed. What happened by it.
    pub(super) fn execute(&mut self, job: u64) -> Vec<Happening> {
        let Some(job) = self.jobs.get(&job).copied() else { return Vec::new() };
        let Some(conversation) = self.conversations.get_mut(&job.conversation) else { return Vec::new() };
        let is_first = conversation.messages.len() == 1;
        let Some(message) = conversation.messages.iter_mut().find(|message| message.id == job.message) else {
            return Vec::new();
        };
        message.status = if message.reason.is_some() { Status::Failed } else { Status::Delivered };
        let began = (is_first && message.status == Status::Delivered).then_some(Happening {
            what: What::Began,
            conversation: job.conversation,
            message: None,
        });
        let ended = Happening { what: What::Ended, conversation: job.conversation, message: Some(job.message) };
        began.into_iter().chain([ended]).collect()
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

    /// People are done with it, or not any more.
    pub(super) fn archive(&mut self, id: u64, archived: bool) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.archived = archived;
        }
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
        let status = Status::Delivered;
        Message {
            id: self.last_message,
            from,
            text,
            files: Vec::new(),
            reply_to: None,
            location: None,
            at,
            template: None,
            status,
            job: None,
            reason: None,
        }
    }
}

impl Conversation {
    fn begin(id: u64, written: &Written, at: DateTime<Utc>) -> Result<Self, String> {
        let wanted = written.channel.as_deref().unwrap_or(CHANNELS.first().map_or("", |(_, kind)| kind));
        let (channel_id, channel) = CHANNELS.iter().find(|(_, kind)| *kind == wanted).copied().ok_or_else(|| {
            let kinds: Vec<_> = CHANNELS.iter().map(|(_, kind)| *kind).collect();
            format!("no such channel; there are {}", kinds.join(", "))
        })?;
        let phone = match written.phone.as_deref() {
            Some(phone) => digits(phone).ok_or("`phone` is none")?,
            None => format!("7926{:07}", id % 10_000_000),
        };
        let name = written.name.as_deref().map(cut);
        let (messages, note) = (Vec::new(), String::new());
        Ok(Self {
            id,
            channel,
            channel_id,
            name,
            phone,
            created_at: at,
            messages,
            note,
            assignee: None,
            archived: false,
            assigned_at: None,
        })
    }

    /// A name or a phone that is new.
    fn learn(&mut self, written: &Written) -> bool {
        let name = written.name.as_deref().map(cut).filter(|name| Some(name) != self.name.as_ref());
        let phone = written.phone.as_deref().and_then(digits).filter(|phone| *phone != self.phone);
        let learned = name.is_some() || phone.is_some();
        self.name = name.or_else(|| self.name.take());
        self.phone = phone.unwrap_or_else(|| std::mem::take(&mut self.phone));
        learned
    }

    fn push(&mut self, message: Message) {
        if self.messages.len() >= MOST_MESSAGES {
            self.messages.remove(0);
        }
        self.messages.push(message);
    }

    pub(super) fn message(&self, id: u64) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    /// Why the messenger would not take it: WhatsApp's closed window, or too long a text.
    fn refuses(&self, what: &Outgoing, now: DateTime<Utc>) -> Option<String> {
        if what.template.is_some() {
            return None;
        }
        if what.text.chars().count() > LONGEST_MESSAGE {
            return Some("131009: the text is too long".into());
        }
        let last_in =
            self.messages.iter().rev().find(|message| message.from == From::Customer).map(|message| message.at);
        let is_open = self.channel != "whatsapp_business" || last_in.is_some_and(|at| now - at < WINDOW);
        (!is_open).then(|| "131047: more than 24 hours have passed since the customer last replied".into())
    }

    /// Who has it, as far as a provider can see: what the note says of it, else what can be told from who wrote last.
    pub(super) fn owner(&self) -> &'static str {
        if let Some(named) = OWNERS.iter().find(|owner| self.note.contains(&format!("[owner: {owner}]"))) {
            return named;
        }
        let ours = |message: &&Message| message.from != From::Customer && message.status == Status::Delivered;
        let last = self.messages.iter().rev().find(ours);
        match (last.map(|message| message.from), self.assignee) {
            (Some(From::Human), _) => "people",
            (_, Some(_)) => "waiting",
            _ => "bot",
        }
    }
}

impl Message {
    /// The place sent, or nothing, as Pact writes it.
    pub(super) fn place(&self) -> Json {
        self.location.map_or_else(|| json!({}), |place| json!(place))
    }
}

impl Listed {
    /// As V1 lists it.
    pub(super) fn listed(&self, company: u64, n: usize) -> Json {
        json!({
            "id": n + 1, "company_id": company, "name": self.name, "waba_id": self.waba_id, "body": self.body,
            "substitutions_count": self.substitutions_count, "position": n + 1,
        })
    }
}

impl Template {
    /// Meta refuses these with 132000 and 132012.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let odd = |value: &String| value.trim().is_empty() || value.contains(['\n', '\t']) || value.contains("    ");
        if self.parameters.iter().any(odd) {
            return Err("132012: a parameter is empty or holds line breaks");
        }
        Ok(())
    }

    /// As the customer sees it; the real text is a secret of the catalogue.
    fn shown(&self) -> String {
        let mut shown = vec![format!("[{}, {}]", self.id, self.language)];
        shown.extend(self.parameters.iter().cloned());
        shown.join(" · ")
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

/// A phone as Pact writes it: `79250000001`.
pub(super) fn digits(phone: &str) -> Option<String> {
    let digits = phone.strip_prefix('+').unwrap_or(phone);
    let is_phone = (5..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_phone.then(|| digits.to_owned())
}
