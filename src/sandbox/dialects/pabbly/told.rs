//! The webhook of a message.

use serde_json::{Value as Json, json};

use crate::sandbox::dialects::Scene;
use crate::sandbox::world::{From, Message, PressedOn};

pub(super) fn message(scene: &Scene<'_>, message: &Message) -> Json {
    let chat = scene.conversation;
    let mut told = json!({
        "event": "message",
        "sentBy": if message.from == From::Customer { "user" } else { "agent" },
        "contact": {"mobile": chat.phone, "name": chat.name},
        "message": content(message, scene.desk),
        "createdAt": message.at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    });
    let way = if message.from == From::Customer { "from" } else { "to" };
    told[way] = json!(chat.phone);
    told["message"]["id"] = json!(message.external_id());
    told
}

fn content(message: &Message, desk: &str) -> Json {
    if let Some(pressed) = &message.pressed {
        let key = if pressed.on == PressedOn::List { "list_reply" } else { "button_reply" };
        let reply = json!({"id": pressed.choice.id, "title": pressed.choice.title});
        return json!({"type": "interactive", "interactive": {"type": key, key: reply}});
    }
    match (&message.location, message.files.first()) {
        (Some(place), _) => json!({"type": "location", "location": place}),
        (None, Some(file)) => json!({
            "type": file.kind(), "link": file.address(desk), "caption": message.text, "filename": file.name,
            "mimeType": file.mime,
        }),
        (None, None) => json!({"type": "text", "body": {"text": message.text}}),
    }
}
