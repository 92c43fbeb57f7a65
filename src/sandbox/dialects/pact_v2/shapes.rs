//! V2's JSON, with the keys and the order of its document.

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use crate::sandbox::dialects::{Scene, What};
use crate::sandbox::world::{Conversation, File, From, Listed, Message, Status};

fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// In whose name and with which addresses messages are told of.
#[derive(Clone, Copy)]
pub(super) struct House<'a> {
    pub(super) company: u64,
    pub(super) desk: &'a str,
}

/// What a happening is told by.
pub(super) fn webhooks(scene: &Scene<'_>) -> Vec<Json> {
    let (company, conversation) = (scene.company_id, scene.conversation);
    let house = House { company, desk: scene.desk };
    let about = |event: &str, kind: &str, object: Json| vec![json!({"event": event, "type": kind, "object": object})];
    let told = |message: &Message| in_new_shape(message_of(house, conversation, message), conversation);
    match (scene.what, scene.message) {
        (What::Began, _) => about("create", "conversation", self::conversation(company, conversation)),
        (What::Changed | What::Resolved, _) => {
            about("update", "conversation", self::conversation(company, conversation))
        }
        (What::Wrote, Some(message)) => about("create", "message", told(message)),
        (What::Taken, Some(message)) => {
            about("create", "message", in_new_shape(sent(house, conversation, message), conversation))
        }
        (What::Ended | What::Read, Some(message)) => about("update", "message", told(message)),
        _ => Vec::new(),
    }
}

/// Newer webhooks tell of the contact and the conversation beside the message.
fn in_new_shape(mut message: Json, conversation: &Conversation) -> Json {
    let whole = self::conversation(0, conversation);
    let part = |key: &str| whole.get(key).cloned().unwrap_or_default();
    if let Some(object) = message.as_object_mut() {
        object.insert(
            "contact".into(),
            json!({
                "id": conversation.id, "external_id": part("sender_external_id"),
                "external_public_id": part("sender_external_public_id"), "name": part("sender_name"),
                "phone": part("sender_phone"),
            }),
        );
        object.insert(
            "conversation".into(),
            json!({
                "provider": conversation.channel, "sender_phone": part("sender_phone"),
                "operational_state": part("operational_state"), "replied_state": part("replied_state"), "group": false,
            }),
        );
    }
    message
}

/// A message as it stands.
pub(super) fn message(house: House<'_>, conversation: &Conversation, message: &Message) -> Json {
    message_of(house, conversation, message)
}

fn message_of(house: House<'_>, conversation: &Conversation, message: &Message) -> Json {
    let income = message.from == From::Customer;
    let status = match (income, message.status) {
        (true, _) => "created",
        (false, Status::Sending) => "sent",
        (false, Status::Delivered) => "delivered",
        (false, Status::Read) => "read",
        (false, Status::Failed) => "error",
    };
    let arrived = message.status.has_arrived();
    json!({
        "id": message.id,
        "external_id": arrived.then(|| message.external_id()),
        "company_id": house.company,
        "conversation_id": conversation.id,
        "contact_id": conversation.id,
        "replied_to_id": message.reply_to,
        "created_at": iso(message.at),
        "external_created_at": iso(message.at),
        "income": income,
        "status": status,
        "message": message.text,
        "reactions": [],
        "details": message.reason.as_deref().filter(|_| message.status == Status::Failed).map(details),
        "attachments": message.files.iter().map(|one| file(one, Some(message.id), house.desk)).collect::<Vec<_>>(),
    })
}

/// The same before anything came of it.
pub(super) fn sent(house: House<'_>, conversation: &Conversation, message: &Message) -> Json {
    message_of(house, conversation, &Message { status: Status::Sending, ..message.clone() })
}

/// `131047: more than 24 hours …` as Meta's errors.
fn details(reason: &str) -> Json {
    match reason.split_once(": ").map(|(code, title)| (code.parse::<u64>(), title)) {
        Some((Ok(code), title)) => json!({"internal_reason": {"errors": [{"code": code, "title": title}]}}),
        _ => json!({"internal_reason": {"errors": [{"title": reason}]}}),
    }
}

/// A file.
pub(super) fn file(file: &File, message: Option<u64>, desk: &str) -> Json {
    json!({
        "id": file.id, "message_id": message, "file_name": file.name, "mime_type": file.mime, "size": file.size,
        "attachment_url": file.address(desk), "push_to_talk": file.voice,
    })
}

/// A conversation.
pub(super) fn conversation(company: u64, conversation: &Conversation) -> Json {
    let last = conversation.messages.last();
    let name = conversation.name.clone().unwrap_or_else(|| conversation.phone.clone());
    let replied = if last.is_some_and(|message| message.from == From::Customer) { "unreplied" } else { "replied" };
    json!({
        "id": conversation.id,
        "company_id": company,
        "sender_name": name,
        "sender_phone": conversation.phone,
        "sender_external_id": conversation.phone,
        "sender_external_public_id": conversation.phone,
        "provider": conversation.channel,
        "avatar_url": "/avatars/original/missing.png",
        "created_at": iso(conversation.created_at),
        "last_updated_at": last.map(|message| iso(message.at)),
        "last_message_id": last.map(|message| message.id),
        "operational_state": if conversation.archived { "archived" } else { "open" },
        "replied_state": replied,
        "group": false,
    })
}

/// A template of the list.
pub(super) fn template(company: u64, n: usize, template: &Listed) -> Json {
    json!({
        "id": n + 1, "name": template.name, "body": template.body, "waba_id": template.waba_id,
        "substitutions_count": template.substitutions_count, "header_content_type": null, "company_id": company,
        "header": null, "namespace": null, "created_at": "2025-05-21T00:29:29.313Z", "position": n + 1,
    })
}
