//! get.chat's own fields of a webhook: messages as its lists show them, chats that were assigned, labelled and resolved.
//!
//! Its document names the fields and shows the messages and the labels; what stands in the rest is read as get.chat's own pages read it.

use serde_json::{Value as Json, json};

use crate::domain::{AccountName, Assigned, Body, Channel, Event, EventKey, Outgoing, Tagged, Thread, Time};
use crate::providers::meta::fields::{self, Object};
use crate::providers::meta::{self, Reader, Told};

/// Fields with messages: those of contacts may stand in two of them.
const MESSAGES: [&str; 3] = ["incoming_messages", "assigned_messages", "outgoing_messages"];
/// Fields that change nothing, by the name they are counted by.
const WITHOUT_USE: [(&str, &str); 4] = [
    ("message_tagging", "a label of a message; that of its chat is told beside it"),
    ("tagged_messages", "the older name of `message_tagging`"),
    ("tagged_chats", "the older name of `chat_tagging`"),
    ("user_availability", "somebody came or went"),
];

/// Reads get.chat's own fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct News<'a> {
    /// Reads the messages within.
    pub(super) reader: Reader<'a>,
    /// The bot's own user; `None`: nobody is.
    pub(super) us: Option<u64>,
}

impl News<'_> {
    /// All of them that a body has.
    pub(super) fn fields(&self, body: &Json, told: &mut Told) {
        let Some(body) = body.as_object() else { return };
        for field in MESSAGES {
            each(body, field).for_each(|message| self.message(message, told));
        }
        each(body, "chat_assignment").for_each(|event| self.assignment(event, told));
        each(body, "chat_tagging").for_each(|event| self.tagging(event, told));
        each(body, "chat_resolved").for_each(|event| self.resolved(event, told));
        // Its document shows labels of messages once as the list of them.
        let of_messages = |event: &Object| event.contains_key("tag") && event.contains_key("message");
        if each(body, "results").any(of_messages) {
            told.ignore("message_tagging", "a label of a message; that of its chat is told beside it");
        }
        for (field, why) in WITHOUT_USE {
            if body.contains_key(field) {
                told.ignore(field, why);
            }
        }
    }

    /// A message as a list of messages shows it; of a contact's, the part that is WhatsApp's is read as if WhatsApp had told of it.
    pub(super) fn message(&self, message: &Object, told: &mut Told) {
        let Some(payload) = fields::object(message, "waba_payload") else {
            return told.unfit.push("a message without `waba_payload`".into());
        };
        let contact = fields::object(message, "contact").and_then(|contact| fields::object(contact, "waba_payload"));
        match message.get("from_us").and_then(Json::as_bool) {
            Some(false) => {
                let payload = addressed(payload, "from", message);
                self.reader.message(&payload, contact, None, told);
            }
            Some(true) => self.of_our_side(message, payload, contact, told),
            None => told.unfit.push("a message whose `from_us` is neither true nor false".into()),
        }
    }

    fn of_our_side(&self, message: &Object, payload: &Object, contact: Option<&Object>, told: &mut Told) {
        if self.is_us(message.get("sender")) {
            return told.ignore("own", "a message of the bot's own user");
        }
        let Some(id) = fields::id(message.get("id")).or_else(|| fields::id(payload.get("id"))) else {
            return told.unfit.push("a message of our side without `id`".into());
        };
        let Some(thread) = thread_of(&addressed(payload, "to", message), "to", contact) else {
            return told.unfit.push("a message of our side without its recipient".into());
        };
        let at = fields::time(payload.get("timestamp"), self.reader.now);
        let outgoing = Outgoing { message: Some(id.as_str().into()), job: None, text: text_of(payload) };
        told.news.push(self.event(thread, Some(format!("outgoing/{id}")), at, Body::Outgoing(outgoing)).into());
    }

    /// Who has a chat was changed. The user says more than the group: the group may only be who may see it.
    pub(super) fn assignment(&self, event: &Object, told: &mut Told) {
        if self.is_us(event.get("done_by")) {
            return told.ignore("own", "an assignment by the bot's own user");
        }
        let Some(thread) = chat_of(event) else {
            return told.unfit.push("an assignment without its chat".into());
        };
        let Some(assigned) = self.assigned(event) else {
            return told.ignore("chat_assignment", "nobody was set and nobody taken away");
        };
        // It has no id of its own: the same is told by webhook and in the list of what was missed.
        let to = match &assigned {
            Assigned::Us => "us",
            Assigned::Them(id) => id,
            Assigned::Nobody => "nobody",
        };
        let mark = fields::whole(event.get("timestamp")).map(|at| format!("{}@{at}/{to}", thread.conversation));
        self.tell(event, thread, ("assignment", mark), Body::Assigned(assigned), told);
    }

    fn assigned(&self, event: &Object) -> Option<Assigned> {
        let set = |keys: [&str; 2]| keys.into_iter().find_map(|key| event.get(key).and_then(number_of));
        let cleared = |key: &str| event.get(key).and_then(Json::as_bool) == Some(true);
        let written = |key: &str| event.get(key).is_some_and(Json::is_null);
        if let Some(user) = set(["assigned_to_user_set", "assigned_to_user"]) {
            let ours = self.us == Some(user);
            return Some(if ours { Assigned::Us } else { Assigned::Them(user.to_string()) });
        }
        if let Some(group) = set(["assigned_group_set", "assigned_group"]) {
            return Some(Assigned::Them(group.to_string()));
        }
        let was = cleared("assigned_to_user_was_cleared") || cleared("assigned_group_was_cleared");
        (was || written("assigned_to_user")).then_some(Assigned::Nobody)
    }

    /// A label was set or taken away.
    pub(super) fn tagging(&self, event: &Object, told: &mut Told) {
        if self.is_us(event.get("done_by")) {
            return told.ignore("own", "a label by the bot's own user");
        }
        let name = fields::object(event, "tag").and_then(|tag| fields::name(tag.get("name")));
        let (Some(thread), Some(name)) = (chat_of(event), name) else {
            return told.unfit.push("a label without its chat or its name".into());
        };
        let tagged = match event.get("action").and_then(Json::as_str) {
            Some("added") => Tagged { added: vec![name], removed: Vec::new() },
            Some("removed" | "deleted") => Tagged { added: Vec::new(), removed: vec![name] },
            _ => return told.ignore("chat_tagging", "neither added nor removed"),
        };
        // It has no id of its own: the same is told by webhook and in the list of what was missed.
        let action = if tagged.added.is_empty() { "removed" } else { "added" };
        let label = tagged.added.first().or(tagged.removed.first()).cloned().unwrap_or_default();
        let mark = fields::whole(event.get("timestamp")).filter(|at| *at > 0);
        let mark = mark.map(|at| format!("{}@{at}/{action}/{label}", thread.conversation));
        self.tell(event, thread, ("tagging", mark), Body::Tagged(tagged), told);
    }

    /// People are done with a chat.
    pub(super) fn resolved(&self, event: &Object, told: &mut Told) {
        let Some(thread) = chat_of(event) else {
            return told.unfit.push("a resolved chat without its `wa_id`".into());
        };
        match event.get("resolved").and_then(Json::as_bool) {
            Some(true) => self.tell(event, thread, ("resolved", None), Body::Resolved, told),
            _ => told.ignore("chat_resolved", "a chat was opened again"),
        }
    }

    /// `known_by`: its kind, and what stands for its id where it has none.
    fn tell(&self, event: &Object, thread: Thread, known_by: (&str, Option<String>), body: Body, told: &mut Told) {
        let (kind, mark) = known_by;
        let key = fields::id(event.get("id")).or(mark).map(|id| format!("{kind}/{id}"));
        let at = fields::time(event.get("timestamp"), self.reader.now);
        told.news.push(self.event(thread, key, at, body).into());
    }

    fn event(&self, thread: Thread, key: Option<String>, at: Time, body: Body) -> Event {
        let account: AccountName = self.reader.account.clone();
        Event { account, thread, key: key.map(EventKey), at, body }
    }

    fn is_us(&self, user: Option<&Json>) -> bool {
        self.us.is_some() && user.and_then(number_of) == self.us
    }
}

/// The objects of a field: one, or a list of them.
fn each<'a>(body: &'a Object, field: &str) -> impl Iterator<Item = &'a Object> {
    let value = body.get(field);
    let (one, several) = (value.and_then(Json::as_object), value.and_then(Json::as_array));
    one.into_iter().chain(several.into_iter().flatten().filter_map(Json::as_object))
}

/// The number of a user or group: bare, or within what is told of them. 0 is nobody.
fn number_of(json: &Json) -> Option<u64> {
    let number = json.as_u64().or_else(|| json.get("id")?.as_u64());
    number.filter(|number| *number > 0)
}

/// WhatsApp's part of a message, with the contact's number where get.chat alone tells it.
fn addressed(payload: &Object, key: &str, message: &Object) -> Object {
    let mut payload = payload.clone();
    if !payload.contains_key(key)
        && let Some(number) = message.get("customer_wa_id")
    {
        payload.insert(key.to_owned(), number.clone());
    }
    payload
}

/// The chat of an event: its number, bare or within what is told of the chat.
fn chat_of(event: &Object) -> Option<Thread> {
    let told = ["wa_id", "chat", "customer_wa_id"].into_iter().find_map(|key| event.get(key));
    let number = fields::address(told).or_else(|| fields::address(told?.get("wa_id")))?;
    let Json::Object(contact) = json!({ "wa_id": number }) else { return None };
    thread_of(&contact, "wa_id", None)
}

fn thread_of(object: &Object, key: &str, contact: Option<&Object>) -> Option<Thread> {
    let conversation = fields::address(object.get(key))?;
    let phone = fields::phone(&conversation);
    let name = contact.and_then(|contact| fields::name(fields::object(contact, "profile")?.get("name")));
    let channel = Some(Channel(meta::CHANNEL.to_owned()));
    Some(Thread { conversation, channel, name, phone, ..Thread::default() })
}

/// The text of a message of our side, its caption, or the text above what is pressed.
pub(super) fn text_of(payload: &Object) -> String {
    let kind = payload.get("type").and_then(Json::as_str).unwrap_or_default();
    let inner = fields::object(payload, kind).or_else(|| fields::object(payload, "text"));
    let Some(inner) = inner else { return String::new() };
    match inner.get("body").or_else(|| inner.get("caption")) {
        Some(Json::Object(body)) => fields::text(body.get("text")),
        other => fields::text(other),
    }
}
