//! What the emulated provider knows: conversations, messages, jobs. It is told the time; it answers with the webhooks that follow.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value as Json;

use super::shapes;

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

/// One message.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) from: From,
    pub(super) text: String,
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

/// What a script says of a customer's message.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) created_at_timestamp: Option<i64>,
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) channel: Option<String>,
    /// `false`: answer at once, not after the webhook's first attempt.
    pub(super) wait: Option<bool>,
}

/// What to send to whom.
#[derive(Clone, Debug)]
pub(super) enum Outgoing {
    Text(String),
    Template(Template),
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    conversations: BTreeMap<u64, Conversation>,
    jobs: BTreeMap<u64, Job>,
    last_message: u64,
    last_job: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self { conversations: BTreeMap::new(), jobs: BTreeMap::new(), last_message: 100, last_job: 500 }
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
    ) -> Result<(u64, Vec<Json>), String> {
        let at = match written.created_at_timestamp {
            Some(seconds) => DateTime::from_timestamp(seconds, 0).ok_or("`created_at_timestamp` is no time")?,
            None => now,
        };
        let mut webhooks = Vec::new();
        if !self.conversations.contains_key(&id) {
            let conversation = Conversation::begin(id, written, at)?;
            webhooks.push(shapes::conversation_webhook("new", &conversation));
            self.add(conversation)?;
        }
        let message = self.message(From::Customer, cut(&written.text), at);
        let number = message.id;
        let conversation = self.conversations.get_mut(&id).ok_or("no such conversation")?;
        if conversation.learn(written) {
            webhooks.push(shapes::conversation_webhook("update", conversation));
        }
        webhooks.push(shapes::message_webhook(conversation, &message));
        conversation.push(message);
        Ok((number, webhooks))
    }

    /// A colleague writes in the inbox.
    pub(super) fn human(&mut self, id: u64, text: &str, now: DateTime<Utc>) -> Option<(u64, Vec<Json>)> {
        let message = self.message(From::Human, cut(text), now);
        let conversation = self.conversations.get_mut(&id)?;
        let webhook = shapes::message_webhook(conversation, &message);
        let number = message.id;
        conversation.push(message);
        Some((number, vec![webhook]))
    }

    /// Take a message for delivery: its job. `fails` is why it will not arrive.
    pub(super) fn send(&mut self, id: u64, what: Outgoing, fails: Option<String>, now: DateTime<Utc>) -> Option<Job> {
        let conversation = self.conversations.get(&id)?;
        let fails = fails.or_else(|| conversation.refuses(&what, now));
        let (text, template) = match what {
            Outgoing::Text(text) => (text, None),
            Outgoing::Template(template) => (template.shown(), Some(template)),
        };
        let mut message = self.message(From::Bot, text, now);
        self.last_job += 1;
        let job = Job { id: self.last_job, conversation: id, message: message.id, created_at: now };
        self.jobs.insert(job.id, job);
        (message.template, message.job, message.status, message.reason) =
            (template, Some(job.id), Status::Sending, fails);
        self.conversations.get_mut(&id)?.push(message);
        Some(job)
    }

    /// The job is executed. The webhooks that follow.
    pub(super) fn execute(&mut self, job: u64) -> Vec<Json> {
        let Some(job) = self.jobs.get(&job).copied() else { return Vec::new() };
        let Some(conversation) = self.conversations.get_mut(&job.conversation) else { return Vec::new() };
        let Some(message) = conversation.messages.iter_mut().find(|message| message.id == job.message) else {
            return Vec::new();
        };
        message.status = if message.reason.is_some() { Status::Failed } else { Status::Delivered };
        let message = message.clone();
        let executed = shapes::job_webhook(&job, &message);
        if message.status == Status::Failed {
            return vec![executed];
        }
        let mut webhooks = Vec::new();
        if conversation.messages.len() == 1 {
            webhooks.push(shapes::conversation_webhook("new", conversation));
        }
        webhooks.push(shapes::message_webhook(conversation, &message));
        webhooks.push(executed);
        webhooks.push(shapes::ack_webhook(conversation, &message, 2));
        webhooks
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
        Message { id: self.last_message, from, text, at, template: None, status, job: None, reason: None }
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
        let Outgoing::Text(text) = what else { return None };
        if text.chars().count() > LONGEST_MESSAGE {
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

impl Template {
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
