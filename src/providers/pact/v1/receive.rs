//! Reads V1 webhooks.

use serde_json_borrow::Value as Json;

use super::super::fields::{self, Object};
use super::super::webhooks::{Unfit, ignored, of_the_account};
use super::outcomes::{self, JobEnd};
use crate::domain::{
    AccountName, Body, Delivery, DeliveryStatus, Event, EventKey, JobId, Message, MessageId, Outgoing, Received,
    Thread, Time,
};
use crate::providers::quoted;

/// What flows read of a message as it came.
const BESIDES: &[&str] = &["sender_external_id", "avatar_url"];

/// What reading one webhook needs.
struct Reader<'a> {
    account: &'a AccountName,
    now: Time,
    data: &'a Object<'a>,
    group: bool,
}

/// Read a webhook: `{"type": …, "event": …, "data": {…}}`.
pub fn read(account: &AccountName, object: &Object<'_>, now: Time) -> Result<Received, Unfit> {
    let word = |key: &str| object.get(key).and_then(Json::as_str).unwrap_or_default();
    let (kind, event) = (word("type"), word("event"));
    let data = object.get("data").and_then(Json::as_object);
    let reader = |group| data.map(|data| Reader { account, now, data, group }).ok_or("`data` is no object");
    match (kind, event) {
        ("message", "new") => reader(false)?.message(),
        ("message", "ack") => reader(false)?.ack(),
        ("conversation", "new" | "update") => reader(false)?.conversation(event),
        ("job", "executed") => reader(false)?.job(),
        ("group_message", "new") => reader(true)?.message(),
        ("group_message", "ack") => reader(true)?.ack(),
        ("group_conversation", "new" | "update") => reader(true)?.conversation(event),
        ("group_conversation_contact", _) => Ok(ignored("group_member", "a new member of a group")),
        ("qr_code", _) => {
            Ok(of_the_account("a channel waits for its QR code to be scanned in Pact's settings".into(), false))
        }
        ("system", _) => Ok(of_the_account(system_news(object, data), false)),
        ("", _) => Err("no `type`".into()),
        _ => Ok(ignored("unknown", quoted(&format!("{kind} {event}")))),
    }
}

/// What Pact tells of a channel: `channel 1: phone offline (critical)`.
fn system_news(object: &Object<'_>, data: Option<&Object<'_>>) -> String {
    let word = |json: Option<&Json<'_>>| json.and_then(Json::as_str).map_or_else(|| "?".to_owned(), quoted);
    let details = data.and_then(|data| data.get("details")).and_then(Json::as_object);
    let entity = word(details.and_then(|details| details.get("entity")));
    let entity_id = fields::id(details.and_then(|details| details.get("entity_id"))).unwrap_or_default();
    format!(
        "{entity} {entity_id}: {} ({})",
        word(data.and_then(|data| data.get("message"))),
        word(object.get("severity"))
    )
}

impl Reader<'_> {
    fn event(&self, thread: Thread, key: Option<String>, at: Time, body: Body) -> Received {
        let key = key.map(EventKey);
        Event { account: self.account.clone(), thread, key, at, body }.into()
    }

    fn needed_id(&self, key: &str) -> Result<String, Unfit> {
        fields::id(self.data.get(key)).ok_or_else(|| format!("no usable `{key}`"))
    }

    fn thread(&self) -> Result<Thread, Unfit> {
        Ok(fields::thread(self.data, self.needed_id("conversation_id")?, self.group))
    }

    /// Direction is told by `income` alone: the documents contradict each other on every other field.
    fn message(&self) -> Result<Received, Unfit> {
        let id = self.needed_id("external_id")?;
        let thread = self.thread()?;
        let text = fields::text(self.data.get("message")).ok_or("`message` is no text")?;
        let incoming = fields::flag(self.data.get("income")).ok_or("`income` is neither true nor false")?;
        let at = fields::time(self.data, &["created_at_timestamp", "created_at"], self.now);
        let key = format!("message/{id}");
        let id = Some(MessageId::from(id));
        let body =
            if incoming { Body::Message(self.incoming(id, text)) } else { Body::Outgoing(self.outgoing(id, text)) };
        Ok(self.event(thread, Some(key), at, body))
    }

    fn incoming(&self, id: Option<MessageId>, text: String) -> Message {
        let attachments = fields::attachments(self.data.get("attachments"));
        let location = fields::location(self.data.get("location"));
        let kind = fields::kind_of(&attachments, location.is_some());
        let data = fields::besides(self.data, BESIDES);
        Message { id, kind, text, attachments, location, data, ..Message::default() }
    }

    fn outgoing(&self, message: Option<MessageId>, text: String) -> Outgoing {
        Outgoing { message, job: fields::id(self.data.get("job_id")).map(JobId::from), text }
    }

    fn ack(&self) -> Result<Received, Unfit> {
        let id = self.needed_id("external_id")?;
        let thread = self.thread()?;
        let ack = fields::whole(self.data.get("ack")).ok_or("`ack` is no whole number")?;
        let status = match ack {
            ..=0 => return Ok(ignored("ack", "a message on its way")),
            1 => DeliveryStatus::Sent,
            2 => DeliveryStatus::Delivered,
            // WhatsApp has a 4 for voice messages that were played.
            _ => DeliveryStatus::Read,
        };
        let by = fields::id(self.data.get("participant")).map(|who| format!("/{who}")).unwrap_or_default();
        let key = format!("ack/{id}{by}/{ack}");
        let at = fields::time(self.data, &["timestamp"], self.now);
        let delivery = Delivery { message: Some(MessageId::from(id)), job: None, status };
        Ok(self.event(thread, Some(key), at, Body::Delivery(delivery)))
    }

    /// `new` dates from the conversation's beginning; an `update` has no time of its own but the moment it came.
    fn conversation(&self, event: &str) -> Result<Received, Unfit> {
        let thread = fields::thread(self.data, self.needed_id("external_id")?, self.group);
        let keys: &[&str] = if event == "new" { &["created_at_timestamp", "created_at"] } else { &[] };
        Ok(self.event(thread, None, fields::time(self.data, keys, self.now), Body::Facts))
    }

    /// The webhook of a job names neither the conversation nor the channel.
    fn job(&self) -> Result<Received, Unfit> {
        let id = self.needed_id("id")?;
        let (word, status) = match outcomes::job_end(self.data) {
            JobEnd::Delivered => ("delivered", DeliveryStatus::Delivered),
            JobEnd::Failed { reason, why } => ("failed", DeliveryStatus::Failed { reason, why }),
            JobEnd::Pending => return Err("a job with a `result` that is not known".into()),
        };
        let key = format!("job/{id}/{word}");
        let at = fields::time(self.data, &["date"], self.now);
        let message = fields::id(self.data.get("message_id")).map(MessageId::from);
        let thread = fields::thread(self.data, fields::id(self.data.get("conversation_id")).unwrap_or_default(), false);
        let delivery = Delivery { message, job: Some(JobId::from(id)), status };
        Ok(self.event(thread, Some(key), at, Body::Delivery(delivery)))
    }
}
