//! get.chat's webhooks: WhatsApp's own forwarded, and beside them what happens in the inbox. Its lists show messages in the same shape.

use serde_json::{Value as Json, json};

use super::{BOT, USERS, User};
use crate::sandbox::dialects::meta::webhooks as whatsapp;
use crate::sandbox::dialects::{By, Scene};
use crate::sandbox::world::{Conversation, From, Message, Pressable, Status};

/// What get.chat adds to WhatsApp's statuses: its own id of the message.
fn our_id(message: &Message) -> Vec<(&'static str, String)> {
    vec![("getchat_id", message.uuid())]
}

/// WhatsApp's own webhook, and get.chat's of the same message.
pub(super) fn wrote(scene: &Scene<'_>, message: &Message) -> Vec<Json> {
    if message.from != From::Customer {
        return vec![outgoing(scene, message)];
    }
    let entry = entry(scene.conversation, message, scene.desk);
    let mut told = vec![whatsapp::received(scene, message), json!({"incoming_messages": [entry]})];
    if scene.conversation.assignee == Some(BOT.id) {
        told.push(json!({"assigned_messages": [entry]}));
    }
    told
}

/// A message of a user's, the bot's own among them.
pub(super) fn outgoing(scene: &Scene<'_>, message: &Message) -> Json {
    json!({"outgoing_messages": [entry(scene.conversation, message, scene.desk)]})
}

pub(super) fn status(scene: &Scene<'_>, message: &Message, word: &str) -> Json {
    whatsapp::status(scene, message, word, our_id)
}

/// A chat was assigned; to the bot's own user, its latest message comes along.
pub(super) fn assigned(scene: &Scene<'_>, by: By) -> Vec<Json> {
    let chat = scene.conversation;
    let event = json!({
        "timestamp": scene.at.timestamp(), "wa_id": chat.phone,
        "assigned_to_user_set": chat.assignee.map(|id| user(&of_id(id))),
        "assigned_group_set": chat.group.map(group),
        "assigned_to_user_was_cleared": chat.assignee.is_none(), "assigned_group_was_cleared": chat.group.is_none(),
        "done_by": done_by(by),
    });
    let mut told = vec![json!({"chat_assignment": event})];
    let last = chat.messages.iter().rev().find(|message| message.from == From::Customer);
    if let (Some(message), true) = (last, chat.assignee == Some(BOT.id)) {
        told.push(json!({"assigned_messages": [entry(chat, message, scene.desk)]}));
    }
    told
}

pub(super) fn tagged(scene: &Scene<'_>, action: &str, by: By) -> Json {
    json!({"chat_tagging": [{
        "timestamp": scene.at.timestamp(), "action": action, "tag": {"name": scene.tag, "web_inbox_color": "#21B6A8"},
        "chat": scene.conversation.phone, "extra": {}, "done_by": done_by(by),
    }]})
}

pub(super) fn resolved(scene: &Scene<'_>) -> Json {
    json!({"chat_resolved": {"resolved": scene.conversation.archived, "wa_id": scene.conversation.phone}})
}

fn done_by(by: By) -> Json {
    match by {
        By::Bot => user(&BOT),
        By::People => USERS.first().map(user).unwrap_or_default(),
    }
}

/// The user of that number; one that nobody knows is named by it.
fn of_id(id: u64) -> User {
    let known = USERS.iter().find(|user| user.id == id);
    known.map_or(User { id, name: "user", first: "", last: "", role: "user" }, |user| User { id: user.id, ..*user })
}

pub(super) fn user(user: &User) -> Json {
    json!({
        "url": format!("/api/v1/users/{}/", user.id), "id": user.id, "username": user.name, "first_name": user.first,
        "last_name": user.last, "email": format!("{}@example.com", user.name), "profile": {"role": user.role},
        "groups": [{"id": 1, "name": "Regular users"}],
        "permissions": {"can_use_tags": true, "can_read_chats": "all", "can_write_to_chats": "all"},
    })
}

pub(super) fn group(id: u64) -> Json {
    let name = super::GROUPS.iter().find(|(number, _)| *number == id).map_or("a group", |(_, name)| name);
    json!({"id": id, "name": name})
}

/// A message in get.chat's wrapping.
pub(super) fn entry(conversation: &Conversation, message: &Message, desk: &str) -> Json {
    let from_us = message.from != From::Customer;
    let payload =
        if from_us { sent(conversation, message, desk) } else { whatsapp::incoming(conversation, message, desk) };
    let at = message.at.timestamp();
    let reached = |reached: bool| reached.then_some(at);
    let sender = match message.from {
        From::Customer => Json::Null,
        From::Bot => user(&BOT),
        From::Human => done_by(By::People),
    };
    json!({
        "id": message.uuid(),
        "waba_payload": payload,
        "waba_statuses": {
            "sent": reached(message.status.has_arrived()), "delivered": reached(message.status.has_arrived()),
            "read": reached(message.status == Status::Read),
        },
        "contact": {
            "wa_id": conversation.phone, "waba_payload": whatsapp::contact(conversation), "initials": "",
            "last_message_timestamp": at,
        },
        "from_us": from_us, "received": true, "sender": sender, "context": null, "customer_wa_id": conversation.phone,
    })
}

/// A message of our side, in WhatsApp's words.
fn sent(conversation: &Conversation, message: &Message, desk: &str) -> Json {
    let (kind, content) = sent_content(message, desk);
    let arrived = message.status.has_arrived();
    json!({
        "preview_url": false, "recipient_type": "individual", "to": conversation.phone, "type": kind, kind: content,
        "id": arrived.then(|| message.external_id()), "timestamp": message.at.timestamp(),
    })
}

fn sent_content(message: &Message, desk: &str) -> (&'static str, Json) {
    if let Some(template) = &message.template {
        return ("template", json!({"name": template.id, "language": {"code": template.language}}));
    }
    if let Some(pressable) = &message.pressable {
        let kind = if matches!(pressable, Pressable::List { .. }) { "list" } else { "button" };
        return ("interactive", json!({"type": kind, "body": {"text": message.text}}));
    }
    match (&message.location, message.files.first()) {
        (Some(place), _) => ("location", json!(place)),
        (None, Some(file)) => {
            let mut told = json!({"link": file.address(desk)});
            if !message.text.is_empty() {
                told["caption"] = json!(message.text);
            }
            (file.kind(), told)
        }
        (None, None) => ("text", json!({"body": message.text})),
    }
}
