//! WhatsApp's webhooks, in Meta's envelope.

use serde_json::{Value as Json, json};

use super::business;
use crate::sandbox::dialects::Scene;
use crate::sandbox::world::{
    Card, Conversation, File, From, Message, Order, Own, PressedOn, Product, Reaction, Status, external_id,
};

/// The fields of a status that whoever passes it on adds.
pub(in crate::sandbox::dialects) type Added = fn(&Message) -> Vec<(&'static str, String)>;

/// A change of the account's, in the envelope.
pub(in crate::sandbox::dialects) fn envelope(scene: &Scene<'_>, field: &str, lists: Json) -> Json {
    let mut value = json!({"messaging_product": "whatsapp", "metadata": metadata(scene.company_id)});
    if let (Some(value), Json::Object(lists)) = (value.as_object_mut(), lists) {
        value.extend(lists);
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": business(scene.company_id).to_string(), "changes": [{"field": field, "value": value}]}],
    })
}

fn metadata(company: u64) -> Json {
    json!({"display_phone_number": "15550001111", "phone_number_id": company.to_string()})
}

/// A customer's message.
pub(in crate::sandbox::dialects) fn received(scene: &Scene<'_>, message: &Message) -> Json {
    let lists = json!({
        "contacts": [contact(scene.conversation)], "messages": [incoming(scene.conversation, message, scene.desk)],
    });
    envelope(scene, "messages", lists)
}

/// Who wrote, as WhatsApp knows them.
pub(in crate::sandbox::dialects) fn contact(conversation: &Conversation) -> Json {
    let name = conversation.name.clone().unwrap_or_else(|| conversation.phone.clone());
    json!({"profile": {"name": name}, "wa_id": conversation.phone})
}

/// A customer's message in WhatsApp's own object.
pub(in crate::sandbox::dialects) fn incoming(conversation: &Conversation, message: &Message, desk: &str) -> Json {
    let (kind, content) = content(message, desk);
    let mut told = json!({
        "from": conversation.phone, "id": message.external_id(), "timestamp": message.at.timestamp().to_string(),
        "type": kind, kind: content,
    });
    if let Some(id) = &message.reply_to {
        told["context"] = json!({"from": "15550001111", "id": id});
    }
    told
}

/// The type of a message and what stands under it.
fn content(message: &Message, desk: &str) -> (&'static str, Json) {
    if let Some(pressed) = &message.pressed {
        let (id, title) = (&pressed.choice.id, &pressed.choice.title);
        return match pressed.on {
            PressedOn::Template => ("button", json!({"payload": id, "text": title})),
            PressedOn::Buttons => {
                ("interactive", json!({"type": "button_reply", "button_reply": {"id": id, "title": title}}))
            }
            PressedOn::List => {
                let mut reply = json!({"id": id, "title": title});
                if !pressed.choice.description.is_empty() {
                    reply["description"] = json!(pressed.choice.description);
                }
                ("interactive", json!({"type": "list_reply", "list_reply": reply}))
            }
        };
    }
    if let Some(own) = &message.own {
        return own_content(own);
    }
    match (&message.location, message.files.first()) {
        (Some(place), _) => ("location", json!(place)),
        (None, Some(file)) => (file.kind(), self::file(file, &message.text, desk)),
        (None, None) => ("text", json!({"body": message.text})),
    }
}

/// What WhatsApp alone has.
fn own_content(own: &Own) -> (&'static str, Json) {
    match own {
        Own::Reaction(Reaction { message, emoji }) => {
            ("reaction", json!({"message_id": external_id(*message), "emoji": emoji}))
        }
        Own::Contacts(cards) => ("contacts", cards.iter().map(card).collect()),
        Own::Order(Order { catalogue, products }) => {
            let item = |product: &Product| {
                json!({
                    "product_retailer_id": product.id, "quantity": product.quantity, "item_price": product.price,
                    "currency": product.currency,
                })
            };
            ("order", json!({"catalog_id": catalogue, "product_items": products.iter().map(item).collect::<Vec<_>>()}))
        }
        Own::Form(answers) => {
            let told = Json::Object(answers.clone()).to_string();
            let reply = json!({"name": "flow", "body": "Sent", "response_json": told});
            ("interactive", json!({"type": "nfm_reply", "nfm_reply": reply}))
        }
    }
}

fn card(card: &Card) -> Json {
    let phones: Vec<_> = card.phones.iter().map(|phone| json!({"phone": phone})).collect();
    let emails: Vec<_> = card.emails.iter().map(|email| json!({"email": email})).collect();
    json!({
        "name": {"formatted_name": card.name}, "phones": phones, "emails": emails, "org": {"company": card.company},
    })
}

fn file(file: &File, caption: &str, desk: &str) -> Json {
    let mut told = json!({
        "id": file.id.to_string(), "mime_type": file.mime, "sha256": file.sha256(), "url": file.address(desk),
    });
    if !caption.is_empty() {
        told["caption"] = json!(caption);
    }
    match file.kind() {
        "document" => told["filename"] = json!(file.name),
        "audio" => told["voice"] = json!(file.voice),
        _ => {}
    }
    told
}

/// A status of a message of ours: `sent`, or what has become of it.
pub(in crate::sandbox::dialects) fn status(scene: &Scene<'_>, message: &Message, word: &str, added: Added) -> Json {
    envelope(scene, "messages", json!({"statuses": [status_of(scene, message, word, added)]}))
}

fn status_of(scene: &Scene<'_>, message: &Message, word: &str, added: Added) -> Json {
    let mut told = json!({
        "id": message.external_id(), "status": word, "timestamp": message.at.timestamp().to_string(),
        "recipient_id": scene.conversation.phone,
    });
    for (key, value) in added(message) {
        told[key] = json!(value);
    }
    if let Some((code, words)) = message.fault() {
        told["errors"] = json!([{
            "code": code, "title": title(code), "message": title(code), "error_data": {"details": words},
        }]);
    }
    told
}

/// What has become of a message, in WhatsApp's word.
pub(in crate::sandbox::dialects) fn word_of(message: &Message) -> &'static str {
    match message.status {
        Status::Sending => "sent",
        Status::Delivered => "delivered",
        Status::Read => "read",
        Status::Failed => "failed",
    }
}

fn title(code: u64) -> &'static str {
    match code {
        131_047 => "Re-engagement message",
        131_009 => "Parameter value is not valid",
        131_026 => "Message undeliverable",
        _ => "Message failed",
    }
}

/// What a colleague wrote on the business's own phone.
pub(in crate::sandbox::dialects) fn echo(scene: &Scene<'_>, message: &Message) -> Json {
    let told = json!({
        "from": "15550001111", "to": scene.conversation.phone, "id": message.external_id(),
        "timestamp": message.at.timestamp().to_string(), "type": "text", "text": {"body": message.text},
    });
    envelope(scene, "smb_message_echoes", json!({"message_echoes": [told]}))
}

/// Did the customer write it?
pub(in crate::sandbox::dialects) fn is_theirs(message: &Message) -> bool {
    message.from == From::Customer
}
