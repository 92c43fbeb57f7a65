//! Reads V2 webhooks, in the older shape and in the newer, which tells of the contact and the conversation beside the message.

use serde_json_borrow::Value as Json;

use super::super::fields::{self, Object};
use super::super::webhooks::{Unfit, ignored, of_the_account};
use super::outcomes;
use crate::domain::{
    AccountName, Body, Delivery, DeliveryStatus, Edit, Event, EventKey, Message, MessageId, News, Outgoing, Received,
    Thread, Time,
};
use crate::providers::quoted;

/// What flows read of a message as it came: the state of the conversation, the small pictures (`preview_url`) of its files.
const BESIDES: &[&str] = &["contact_id", "contact", "conversation", "attachments", "reactions", "details"];

/// What reading one webhook needs.
struct Reader<'a> {
    account: &'a AccountName,
    now: Time,
    object: &'a Object<'a>,
}

/// Read a webhook: `{"type": …, "event": …, "object": {…}}`.
pub fn read(account: &AccountName, webhook: &Object<'_>, now: Time) -> Result<Received, Unfit> {
    let word = |key: &str| webhook.get(key).and_then(Json::as_str).unwrap_or_default();
    let object = webhook.get("object").and_then(Json::as_object).ok_or("`object` is no object")?;
    let reader = Reader { account, now, object };
    match (word("type"), word("event")) {
        ("message", "create") => reader.created(),
        ("message", "update") => reader.updated(),
        ("message", "delete") => reader.deleted(),
        ("conversation", event @ ("create" | "update")) => reader.conversation(event),
        ("conversation", "delete") => Ok(ignored("conversation_deleted", "a conversation was deleted")),
        ("auth", event) => Ok(reader.auth(event)),
        ("", _) => Err("no `type`".into()),
        (kind, event) => Ok(ignored("unknown", quoted(&format!("{kind} {event}")))),
    }
}

impl Reader<'_> {
    fn event(&self, thread: Thread, key: Option<String>, at: Time, body: Body) -> Event {
        Event { account: self.account.clone(), thread, key: key.map(EventKey), at, body }
    }

    fn needed_id(&self, key: &str) -> Result<String, Unfit> {
        fields::id(self.object.get(key)).ok_or_else(|| format!("no usable `{key}`"))
    }

    fn is_incoming(&self) -> Result<bool, Unfit> {
        fields::flag(self.object.get("income")).ok_or_else(|| "`income` is neither true nor false".into())
    }

    fn text(&self) -> Result<String, Unfit> {
        fields::text(self.object.get("message")).ok_or_else(|| "`message` is no text".into())
    }

    fn at(&self) -> Time {
        fields::time(self.object, &["external_created_at", "created_at"], self.now)
    }

    /// The older shape knows the conversation's number and nothing of it. Of a message from our side, `contact` may be whoever wrote.
    fn thread(&self, incoming: bool) -> Result<Thread, Unfit> {
        let conversation = self.needed_id("conversation_id")?;
        let part = |key: &str| self.object.get(key).and_then(Json::as_object);
        Ok(fields::thread_v2(part("conversation"), part("contact").filter(|_| incoming), conversation))
    }

    /// Direction is told by `income` alone.
    fn created(&self) -> Result<Received, Unfit> {
        let (id, incoming) = (self.needed_id("id")?, self.is_incoming()?);
        let (thread, text) = (self.thread(incoming)?, self.text()?);
        let key = Some(format!("message/{id}"));
        if incoming {
            return Ok(self.event(thread, key, self.at(), Body::Message(self.incoming(id, text))).into());
        }
        let outgoing = Outgoing { message: Some(MessageId::from(id.clone())), job: None, text };
        let seen = self.event(thread.clone(), key, self.at(), Body::Outgoing(outgoing));
        let failed = self.status().filter(|(_, status)| matches!(status, DeliveryStatus::Failed { .. }));
        let failed = failed.map(|(word, status)| self.delivery(thread, &id, word, status));
        Ok(Received::News([Some(seen), failed].into_iter().flatten().map(News::from).collect()))
    }

    /// Its id is the messenger's: that is what `replied_to_id` names.
    fn incoming(&self, id: String, text: String) -> Message {
        let attachments = fields::attachments(self.object.get("attachments"));
        let location = fields::location(self.object.get("location"));
        let kind = fields::kind_of(&attachments, location.is_some());
        let reply_to = fields::external_id(self.object.get("replied_to_id")).map(MessageId::from);
        let id = Some(MessageId::from(self.external_id().unwrap_or(id)));
        let data = fields::besides(self.object, BESIDES);
        Message { id, kind, text, attachments, location, reply_to, data, ..Message::default() }
    }

    fn external_id(&self) -> Option<String> {
        fields::external_id(self.object.get("external_id"))
    }

    /// Of ours: how it stands. Of the contact's: another text.
    fn updated(&self) -> Result<Received, Unfit> {
        let (id, incoming) = (self.needed_id("id")?, self.is_incoming()?);
        let thread = self.thread(incoming)?;
        if incoming {
            let edit = Edit { message: self.external_id().or(Some(id)).map(MessageId::from), text: Some(self.text()?) };
            return Ok(self.event(thread, None, self.now, Body::Edited(edit)).into());
        }
        match self.status() {
            Some((word, status)) => Ok(self.delivery(thread, &id, word, status).into()),
            None => Ok(ignored("status", "a message on its way")),
        }
    }

    fn status(&self) -> Option<(&'static str, DeliveryStatus)> {
        Some(match self.object.get("status").and_then(Json::as_str)? {
            "sent" => ("sent", DeliveryStatus::Sent),
            "delivered" => ("delivered", DeliveryStatus::Delivered),
            "read" => ("read", DeliveryStatus::Read),
            "error" => ("error", outcomes::failed(self.object.get("details"))),
            _ => return None,
        })
    }

    fn delivery(&self, thread: Thread, id: &str, word: &str, status: DeliveryStatus) -> Event {
        let delivery = Delivery { message: Some(MessageId::from(id)), job: None, status };
        self.event(thread, Some(format!("status/{id}/{word}")), self.now, Body::Delivery(delivery))
    }

    fn deleted(&self) -> Result<Received, Unfit> {
        let id = self.needed_id("id")?;
        if !self.is_incoming()? {
            return Ok(ignored("message_deleted", "a message of our side was deleted"));
        }
        let edit = Edit { message: self.external_id().or_else(|| Some(id.clone())).map(MessageId::from), text: None };
        Ok(self.event(self.thread(true)?, Some(format!("delete/{id}")), self.now, Body::Edited(edit)).into())
    }

    /// Archived means that people are done with it (inferred).
    fn conversation(&self, event: &str) -> Result<Received, Unfit> {
        let thread = fields::thread_v2(Some(self.object), None, self.needed_id("id")?);
        let keys: &[&str] = if event == "create" { &["created_at"] } else { &[] };
        let at = fields::time(self.object, keys, self.now);
        let archived = self.object.get("operational_state").and_then(Json::as_str) == Some("archived");
        let resolved =
            (archived && event == "update").then(|| self.event(thread.clone(), None, self.now, Body::Resolved));
        let facts = self.event(thread, None, at, Body::Facts);
        Ok(Received::News([Some(facts), resolved].into_iter().flatten().map(News::from).collect()))
    }

    /// A messenger was connected, or is not any more.
    fn auth(&self, event: &str) -> Received {
        let word = |key: &str| self.object.get(key).and_then(Json::as_str).map_or_else(|| "unknown".to_owned(), quoted);
        let id = fields::id(self.object.get("id")).unwrap_or_default();
        let (provider, state) = (word("provider"), word("state"));
        let what = if event == "delete" { "deleted".to_owned() } else { state };
        of_the_account(format!("{provider} {id}: {what}"), provider == "whatsapp_business")
    }
}
