//! V1's JSON, with the keys and the order of its document.

use serde_json::{Value as Json, json};

use crate::sandbox::dialects::{Scene, What};
use crate::sandbox::world::{Conversation, File, From, Job, Message, Status};

/// `2017-11-11 12:45:53 UTC`, as webhooks have it.
fn utc(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `2017-11-11T10:17:10.655Z`, as answers have it.
fn iso(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The sender's id is there for WhatsApp and Instagram only.
fn sender(conversation: &Conversation) -> Json {
    match conversation.channel {
        "whatsapp" | "whatsapp_business" => json!(conversation.phone),
        "instagram" => json!(format!("17841{:012}", conversation.id)),
        _ => Json::Null,
    }
}

/// Without a name, Pact shows the number.
fn name(conversation: &Conversation) -> String {
    conversation.name.clone().unwrap_or_else(|| conversation.phone.clone())
}

fn last_at(conversation: &Conversation, incoming_only: bool) -> Json {
    let mut messages = conversation.messages.iter().rev();
    let last = messages.find(|message| !incoming_only || message.from == From::Customer);
    last.map_or(Json::Null, |message| json!(message.at.timestamp()))
}

/// What a happening is told by.
pub(super) fn webhooks(scene: &Scene<'_>) -> Vec<Json> {
    let conversation = scene.conversation;
    let message_webhook = |message| self::message_webhook(conversation, message, scene.desk);
    match (scene.what, scene.message, scene.job) {
        (What::Began, ..) => vec![conversation_webhook("new", conversation)],
        (What::Changed, ..) => vec![conversation_webhook("update", conversation)],
        (What::Wrote, Some(message), _) => vec![message_webhook(message)],
        (What::Ended, Some(message), Some(job)) if message.status == Status::Failed => vec![job_webhook(job, message)],
        (What::Ended, Some(message), Some(job)) => {
            vec![message_webhook(message), job_webhook(job, message), ack_webhook(conversation, message, 2)]
        }
        (What::Read, Some(message), _) => vec![ack_webhook(conversation, message, 3)],
        // V1 tells nothing of a message before its job has ended.
        _ => Vec::new(),
    }
}

fn files(message: &Message, desk: &str) -> Vec<Json> {
    let shown = |file: &File| {
        json!({
            "id": file.id, "file_name": file.name, "mime_type": file.mime, "size": file.size,
            "attachment_url": file.address(desk),
        })
    };
    message.files.iter().map(shown).collect()
}

/// The place sent, or nothing.
fn place(message: &Message) -> Json {
    message.location.as_ref().map_or_else(|| json!({}), |place| json!(place))
}

/// A conversation began or changed.
fn conversation_webhook(event: &str, conversation: &Conversation) -> Json {
    json!({
        "type": "conversation",
        "event": event,
        "data": {
            "external_id": conversation.id,
            "name": name(conversation),
            "avatar_url": null,
            "channel_id": conversation.channel_id,
            "channel_type": conversation.channel,
            "created_at": utc(conversation.created_at),
            "created_at_timestamp": conversation.created_at.timestamp(),
            "last_message_at": last_at(conversation, false),
            "last_income_message_at": last_at(conversation, true),
            "sender_external_id": sender(conversation),
        }
    })
}

/// A message, the customer's or ours.
fn message_webhook(conversation: &Conversation, message: &Message, desk: &str) -> Json {
    let mut webhook = json!({
        "type": "message",
        "event": "new",
        "data": {
            "external_id": message.id,
            "external_public_id": message.id,
            "channel_id": conversation.channel_id,
            "channel_type": conversation.channel,
            "channel": {"id": conversation.channel_id, "type": conversation.channel},
            "conversation_id": conversation.id,
            "message": message.text,
            "location": place(message),
            "income": message.from == From::Customer,
            "created_at": utc(message.at),
            "created_at_timestamp": message.at.timestamp(),
            "ack": 1,
            "attachments": files(message, desk),
        }
    });
    if let (Some(job), Some(data)) = (message.job, webhook.get_mut("data").and_then(Json::as_object_mut)) {
        data.insert("job_id".into(), json!(job));
    }
    webhook
}

/// A message of ours was delivered or read.
fn ack_webhook(conversation: &Conversation, message: &Message, ack: i8) -> Json {
    json!({
        "type": "message",
        "event": "ack",
        "data": {
            "external_id": message.id,
            "channel": {"id": conversation.channel_id, "type": conversation.channel},
            "conversation_id": conversation.id,
            "ack": ack,
        }
    })
}

/// A job was executed.
fn job_webhook(job: &Job, message: &Message) -> Json {
    let date = message.at.timestamp();
    let told = match &message.reason {
        None => json!({"id": job.id, "result": "DELIVERED", "message_id": message.id, "date": date}),
        Some(reason) => {
            json!({"id": job.id, "result": "NOT DELIVERED", "message_id": null, "date": date, "reason": reason})
        }
    };
    json!({"type": "job", "event": "executed", "data": told})
}

/// A job, in the answer to a send and in its own details.
pub(super) fn job(company_id: u64, job: &Job, conversation: &Conversation, message: Option<&Message>) -> Json {
    let (status, reason) = message.map_or((Status::Sending, &None), |message| (message.status, &message.reason));
    let (state, message_id, details) = match status {
        Status::Sending => ("trying_deliver", Json::Null, Json::Null),
        Status::Delivered | Status::Read => ("delivered", json!(job.message), json!({"result": "DELIVERED"})),
        Status::Failed => ("not_delivered", Json::Null, json!({"result": "NOT DELIVERED", "reason": reason})),
    };
    json!({
        "id": job.id,
        "company_id": company_id,
        "channel": {"id": conversation.channel_id, "type": conversation.channel},
        "conversation_id": conversation.id,
        "state": state,
        "message_id": message_id,
        "details": details,
        "created_at": job.created_at.timestamp(),
    })
}

/// A conversation's details.
pub(super) fn conversation(conversation: &Conversation) -> Json {
    json!({
        "external_id": conversation.id,
        "name": name(conversation),
        "channel_id": conversation.channel_id,
        "channel_type": conversation.channel,
        "created_at": iso(conversation.created_at),
        "created_at_timestamp": conversation.created_at.timestamp(),
        "avatar": "/avatars/original/missing.png",
        "sender_external_id": sender(conversation),
        "meta": {},
    })
}

/// A message in a list.
pub(super) fn listed(conversation: &Conversation, message: &Message, desk: &str) -> Json {
    json!({
        "external_id": message.id,
        "channel_id": conversation.channel_id,
        "channel_type": conversation.channel,
        "message": message.text,
        "income": message.from == From::Customer,
        "created_at": iso(message.at),
        "attachments": files(message, desk),
    })
}
