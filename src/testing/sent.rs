//! Reads what a test lets come in beside texts: files, places, pressed buttons, posted events.

use crate::domain::{
    Assigned, Attachment, Body, Card, Location, Message, MessageKind, Posted, SharedLocation, Tagged, Value,
};
use crate::yaml::Node;

use super::fields::{Fields, literal};
use super::format::some_text;
use super::shapes::{CONTACT_CARD, LOCATION, PEOPLE, POST, SEND};

/// What can be sent beside a text, as messengers call it; `file` is a document.
const FILES: &[&str] = &["image", "audio", "video", "file", "sticker"];

/// Files, each by its name or address, a place, cards, a form, an order, a mark, or a pressed button; `text` is the caption.
pub(super) fn sent(fields: &mut Fields, node: &Node) -> Option<Message> {
    fields.shaped(node, &SEND)?;
    fields.says_something(node, "`send`", "`send: {image: passport.jpg}`")?;
    let mut message =
        Message { text: node.get("text").and_then(|n| fields.text(n)).unwrap_or_default(), ..Message::default() };
    for kind in FILES {
        let Some(file) = node.get(kind) else { continue };
        let name = fields.text(file)?;
        let url = name.contains("://").then(|| name.clone());
        message.attachments.push(Attachment {
            kind: (*kind).to_owned(),
            name: Some(name),
            url,
            ..Attachment::default()
        });
    }
    if let Some(place) = node.get("location") {
        message.location = Some(location(fields, place)?);
    }
    if let Some(cards) = node.get("contacts") {
        message.kind = MessageKind::Contacts;
        message.contacts = cards.one_or_many().iter().filter_map(|node| card(fields, node)).collect();
    }
    if let Some(form) = node.get("form") {
        message.kind = MessageKind::Option;
        message.data = Value::Map([("form".to_owned(), literal(form))].into());
    }
    if let Some(order) = node.get("order") {
        message.kind = MessageKind::Order;
        message.data = Value::Map([("order".to_owned(), literal(order))].into());
    }
    if let Some(mark) = node.get("reaction") {
        message.kind = MessageKind::Reaction;
        message.text = some_text(fields, mark).unwrap_or_default();
    }
    if let Some(button) = node.get("button") {
        let label = fields.text(button)?;
        message.option = Some(label.clone());
        message.text = label;
    }
    Some(message)
}

fn card(fields: &mut Fields, node: &Node) -> Option<Card> {
    fields.shaped(node, &CONTACT_CARD)?;
    let name = fields.needed(node, "name").and_then(|n| fields.text(n))?;
    let mut all = |key| node.get(key).and_then(|n| fields.texts(n)).unwrap_or_default();
    let (phones, emails) = (all("phone"), all("email"));
    Some(Card { name, phones, emails, company: node.get("company").and_then(|n| fields.text(n)).unwrap_or_default() })
}

fn location(fields: &mut Fields, node: &Node) -> Option<SharedLocation> {
    fields.shaped(node, &LOCATION)?;
    let mut degrees = |key| {
        let value = fields.needed(node, key)?;
        let read = fields.text(value)?.parse().ok();
        if read.is_none() {
            fields.error("wrong-type", value, "degrees are a number", "with a point: `55.7558`");
        }
        read
    };
    let at = Location { latitude: degrees("latitude")?, longitude: degrees("longitude")? };
    let mut text = |key| node.get(key).and_then(|value| fields.text(value));
    Some(SharedLocation { at, name: text("name"), address: text("address") })
}

/// An event of another program: its name, or `event` and `data`.
pub(super) fn posted(fields: &mut Fields, node: &Node) -> Option<Posted> {
    if let Some(name) = node.scalar() {
        return Some(Posted { name: name.to_owned(), data: Value::Unit });
    }
    fields.shaped(node, &POST)?;
    let name = fields.needed(node, "event").and_then(|n| fields.text(n))?;
    Some(Posted { name, data: node.get("data").map(literal).unwrap_or_default() })
}

/// What people do: `resolve`, or a mapping of `assign` (a user's id, `bot`, or nothing), `tag` and `untag`.
pub(super) fn people(fields: &mut Fields, node: &Node) -> Option<Vec<Body>> {
    if node.scalar().is_some() {
        return fields.word(node, &[("resolve", ())]).map(|()| vec![Body::Resolved]);
    }
    fields.shaped(node, &PEOPLE)?;
    fields.says_something(node, "`people`", "`people: {assign: 42}`, or `people: resolve`")?;
    let mut deeds = Vec::new();
    if let Some(to) = node.get("assign") {
        deeds.push(Body::Assigned(match some_text(fields, to).as_deref() {
            None => Assigned::Nobody,
            Some("bot") => Assigned::Us,
            Some(id) => Assigned::Them(id.to_owned()),
        }));
    }
    let mut labels = |key| node.get(key).and_then(|labels| fields.texts(labels)).unwrap_or_default();
    let tagged = Tagged { added: labels("tag"), removed: labels("untag") };
    if tagged != Tagged::default() {
        deeds.push(Body::Tagged(tagged));
    }
    Some(deeds)
}
