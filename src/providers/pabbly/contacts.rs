//! Contacts: found by their phone, created where there is none, changed by their id.

use serde_json::{Value as Json, json};

use super::{NotesAs, PabblyAccount};
use crate::domain::{Call, CallBody, Effect, Errand};
use crate::providers::meta::fields;
use crate::providers::phone_digits;

/// To whom a row goes.
pub(super) fn recipient(errand: &Errand<'_>) -> Result<String, String> {
    let phone = errand.state.contact.phone.as_deref().and_then(phone_digits);
    phone
        .or_else(|| phone_digits(&errand.state.conversation.external_id))
        .ok_or_else(|| "Pabbly writes to phones, and none is known of this contact".to_owned())
}

/// Ask for the contacts of that phone.
pub(super) fn find(account: &PabblyAccount, phone: &str) -> Call {
    account.get(&format!("contacts/?mobile={phone}"))
}

/// The id of the contact of that phone among those found: the search may find longer numbers, too.
pub(super) fn found(answer: &Json, phone: &str) -> Option<String> {
    let contacts = answer.pointer("/data/contacts").and_then(Json::as_array)?;
    let is_theirs = |contact: &&Json| {
        let text = |key: &str| fields::text(contact.get(key)).trim_start_matches('+').to_owned();
        let mobile = text("mobile");
        mobile == phone || format!("{}{mobile}", text("countryCode")) == phone
    };
    let id = fields::id(contacts.iter().find(is_theirs)?.get("_id"))?;
    id.bytes().all(|b| b.is_ascii_alphanumeric()).then_some(id)
}

/// Create a contact.
pub(super) fn create(account: &PabblyAccount, errand: &Errand<'_>, phone: &str) -> Call {
    let mut contact = json!({ "mobile": phone });
    if let (Some(name), Some(map)) = (&errand.state.contact.name, contact.as_object_mut()) {
        map.insert("name".to_owned(), name.as_str().into());
    }
    account.call("POST", "contacts", CallBody::Json(contact), false)
}

/// Change a contact.
pub(super) fn update(account: &PabblyAccount, id: &str, change: Json) -> Call {
    account.call("PUT", &format!("contacts/{id}"), CallBody::Json(change), false)
}

/// What an effect changes of the contact; `None` where it is none of the contact's.
pub(super) fn change(notes: &NotesAs, effect: &Effect) -> Option<Json> {
    match (effect, notes) {
        (Effect::Tags { add, remove }, _) => {
            let lists = [("tagsToAdd", add), ("tagsToRemove", remove)].into_iter().filter(|(_, tags)| !tags.is_empty());
            Some(lists.map(|(key, tags)| (key.to_owned(), json!(tags))).collect::<serde_json::Map<_, _>>().into())
        }
        (Effect::Fields { set }, _) => {
            let attribute = |(name, value): &(String, String)| json!({ "name": name, "value": value });
            Some(json!({ "attributes": set.iter().map(attribute).collect::<Vec<_>>() }))
        }
        (Effect::Note { text, .. }, NotesAs::Tags) => Some(json!({ "tagsToAdd": [text] })),
        (Effect::Note { text, .. }, NotesAs::Attribute(name)) => {
            Some(json!({ "attributes": [{ "name": name, "value": text }] }))
        }
        _ => None,
    }
}
