//! What a message says beyond the fields that all providers share: kept for flows under Meta's own names, bounded.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::fields::{self, Object};
use crate::domain::{Card, Value};

/// What is told elsewhere: by the event, its thread and its message.
const TOLD: [&str; 4] = ["id", "timestamp", "type", "errors"];
/// Who wrote; of interest in groups alone, elsewhere it is the contact.
const SENDER: [&str; 3] = ["from", "from_user_id", "from_parent_user_id"];
/// Where the answers of a filled-in form are put, read from its `response_json`.
const FORM: &str = "form";
/// Deeper values are cut off: no message of WhatsApp's nests so far.
const DEEPEST: usize = 16;
/// Items of a list or a mapping; an order has some dozens of products, a form some dozens of answers.
const MOST_ITEMS: usize = 500;
/// Cards of one message, and phones of a card: WhatsApp lets a person send some hundred.
const MOST_CARDS: usize = 100;
/// The longest answer of a form, in bytes; WhatsApp's own bound for a whole message lies far below.
const LONGEST_FORM: usize = 65_536;

/// What a message tells besides. `keep_type`: its type is none that we know.
pub fn of(message: &Object, contact: Option<&Object>, keep_type: bool) -> Value {
    let is_group = message.contains_key("group_id");
    let mut rest: BTreeMap<String, Value> = message
        .iter()
        .filter(|(key, _)| !TOLD.contains(&key.as_str()) && (is_group || !SENDER.contains(&key.as_str())))
        .filter(|(key, value)| !(*key == "text" && is_bare_text(value)))
        .take(MOST_ITEMS)
        .map(|(key, value)| (fields::bounded(key), bounded(value, DEEPEST)))
        .collect();
    if let (true, Some(kind)) = (keep_type, message.get("type").and_then(Json::as_str)) {
        rest.insert("type".to_owned(), Value::Text(fields::bounded(kind)));
    }
    if let Some(form) = form(message) {
        rest.insert(FORM.to_owned(), form);
    }
    if let Some(profile) = contact.and_then(profile) {
        rest.insert("profile".to_owned(), profile);
    }
    if rest.is_empty() { Value::Unit } else { Value::Map(rest) }
}

/// `{"body": …}` and nothing else: it is the message's text.
fn is_bare_text(value: &Json) -> bool {
    value.as_object().is_some_and(|text| text.len() == 1 && text.contains_key("body"))
}

/// The answers of a form: JSON within a text. What is none stays where it is, as the text that it is.
fn form(message: &Object) -> Option<Value> {
    let reply = fields::object(fields::object(message, "interactive")?, "nfm_reply")?;
    let answers = match reply.get("response_json")? {
        Json::String(text) if text.len() <= LONGEST_FORM => {
            serde_json::from_str::<Map<String, Json>>(text).ok()?.into()
        }
        answers @ Json::Object(_) => answers.clone(),
        _ => return None,
    };
    Some(bounded(&answers, DEEPEST))
}

/// What `contacts` tells of the person beside the name: a user name.
fn profile(contact: &Object) -> Option<Value> {
    let profile = fields::object(contact, "profile")?;
    let rest: Object =
        profile.iter().filter(|(key, _)| *key != "name").map(|(key, value)| (key.clone(), value.clone())).collect();
    (!rest.is_empty()).then(|| bounded(&Json::Object(rest), DEEPEST))
}

/// Cards of contacts.
pub fn cards(message: &Object) -> Vec<Card> {
    fields::list(message, "contacts").iter().take(MOST_CARDS).filter_map(Json::as_object).map(card).collect()
}

fn card(contact: &Object) -> Card {
    let text = |object: Option<&Object>, key: &str| fields::text(object.and_then(|object| object.get(key)));
    let all = |list: &str, key: &str| -> Vec<String> {
        let items = fields::list(contact, list).iter().take(MOST_CARDS).filter_map(Json::as_object);
        items.map(|item| fields::text(item.get(key))).filter(|text| !text.is_empty()).collect()
    };
    Card {
        name: text(fields::object(contact, "name"), "formatted_name"),
        phones: all("phones", "phone"),
        emails: all("emails", "email"),
        company: text(fields::object(contact, "org"), "company"),
    }
}

/// A value as it came, as deep and as long as is kept.
pub fn kept(json: &Json) -> Value {
    bounded(json, DEEPEST)
}

fn bounded(json: &Json, depth: usize) -> Value {
    match json {
        Json::Array(items) if depth > 0 => {
            Value::List(items.iter().take(MOST_ITEMS).map(|item| bounded(item, depth - 1)).collect())
        }
        Json::Object(map) if depth > 0 => {
            let entry = |(key, value): (&String, &Json)| (fields::bounded(key), bounded(value, depth - 1));
            Value::Map(map.iter().take(MOST_ITEMS).map(entry).collect())
        }
        Json::Array(_) | Json::Object(_) | Json::Null => Value::Unit,
        Json::String(text) => Value::Text(fields::bounded(text)),
        Json::Bool(_) | Json::Number(_) => json.clone().into(),
    }
}
