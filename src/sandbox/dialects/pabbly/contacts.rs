//! Contacts: found by their number, created, changed. Tags that are not among the settings are refused, if the settings have any.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::api::{Answer, Emulated, json_of, success};
use super::messages::NAME;
use crate::sandbox::Shared;
use crate::sandbox::dialects::By;
use crate::sandbox::dialects::strict::{Fields, invalid};
use crate::sandbox::guard::Refusal;
use crate::sandbox::news::News;
use crate::sandbox::world::{CHANNELS, Conversation, World, digits};

/// Contacts a page.
const PER_PAGE: usize = 25;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/contacts", post(create))
        .route("/api/v1/contacts/", get(find))
        .route("/api/v1/contacts/{id}", put(update).get(one))
        .route("/api/v1/settings/tags", get(tags))
}

/// A contact's id: 24 digits of hex.
fn id_of(chat: &Conversation) -> String {
    format!("{:024x}", chat.id)
}

fn known<'a>(world: &'a World, id: &str) -> Result<&'a Conversation, Refusal> {
    let fits = |text: &&str| text.len() == 24;
    let number = Some(id).filter(fits).and_then(|id| u64::from_str_radix(id, 16).ok());
    number.and_then(|number| world.conversation(number)).ok_or_else(Refusal::not_found)
}

fn shown(chat: &Conversation) -> Json {
    let attribute = |(name, value): (&String, &String)| json!({"name": name, "value": value});
    json!({
        "_id": id_of(chat), "name": chat.name, "countryCode": "", "mobile": chat.phone, "status": "active", "source": "wa",
        "optin": true, "attributes": chat.attributes.iter().map(attribute).collect::<Vec<_>>(), "incomingBlocked": false,
        "list": [], "tags": chat.labels(),
    })
}

#[derive(Debug, Deserialize)]
struct Wanted {
    name: Option<String>,
    mobile: Option<String>,
    limit: Option<usize>,
    page: Option<usize>,
}

async fn find(State(shared): Emulated, Query(wanted): Query<Wanted>) -> Answer {
    let world = shared.world();
    let fits = |chat: &&Conversation| {
        wanted.mobile.as_ref().is_none_or(|mobile| chat.phone.contains(mobile.trim_start_matches('+')))
            && wanted.name.as_ref().is_none_or(|name| chat.name.as_ref() == Some(name))
    };
    let limit = wanted.limit.unwrap_or(PER_PAGE).clamp(1, PER_PAGE);
    let skipped = (wanted.page.unwrap_or(1).max(1) - 1).saturating_mul(limit);
    let found: Vec<Json> = world.conversations().filter(fits).skip(skipped).take(limit).map(shown).collect();
    Ok(success("Contacts retrieved successfully", &json!({"contacts": found})))
}

async fn one(State(shared): Emulated, Path(id): Path<String>) -> Answer {
    Ok(success("Contact retrieved successfully.", &shown(known(&shared.world(), &id)?)))
}

async fn create(State(shared): Emulated, body: Bytes) -> Answer {
    let json = json_of(&body)?;
    let call = Fields::of(&json)?;
    call.closed(&["onDuplicate", "mobile", "name", "optin", "incomingBlocked", "tags", "attributes", "list"])?;
    let mobile = digits(call.needed("mobile", NAME)?);
    let mobile = mobile.ok_or_else(|| invalid("mobile must be a phone number with the dialing code"))?;
    let (channel, _) = CHANNELS.first().copied().ok_or_else(Refusal::not_found)?;
    let id = shared.world().with_phone(channel, &mobile, shared.now()).map_err(invalid)?;
    change(&shared, id, &Change::read(&call, "tags")?)?;
    let told = json!({"mobile": mobile, "name": call.text("name", NAME)?, "source": "api", "list": ["all"]});
    let data = json!({"createdContacts": [told], "failedCount": 0, "failedContacts": []});
    Ok(success("1 contact saved successfully", &data))
}

/// What is to be changed of a contact.
struct Change {
    add: Vec<String>,
    remove: Vec<String>,
    attributes: BTreeMap<String, String>,
}

impl Change {
    fn read(call: &Fields<'_>, add: &str) -> Result<Self, Refusal> {
        let mut attributes = BTreeMap::new();
        for attribute in call.objects("attributes")? {
            attribute.closed(&["name", "value"])?;
            let value = attribute.get("value").and_then(Json::as_str).unwrap_or_default();
            attributes.insert(attribute.needed("name", NAME)?.to_owned(), value.to_owned());
        }
        Ok(Self { add: call.texts(add)?, remove: call.texts("tagsToRemove")?, attributes })
    }
}

async fn update(State(shared): Emulated, Path(id): Path<String>, body: Bytes) -> Answer {
    let json = json_of(&body)?;
    let call = Fields::of(&json)?;
    call.closed(&["mobile", "name", "optin", "incomingBlocked", "tags", "attributes", "tagsToAdd", "tagsToRemove"])?;
    let number = known(&shared.world(), &id)?.id;
    change(&shared, number, &Change::read(&call, "tagsToAdd")?)?;
    Ok(success("Contact updated successfully", &shown(known(&shared.world(), &id)?)))
}

fn change(shared: &Shared, id: u64, change: &Change) -> Result<(), Refusal> {
    let mut world = shared.world();
    let unknown = |tag: &&String| world.allowed_tags.as_ref().is_some_and(|all| !all.contains(tag));
    if let Some(odd) = change.add.iter().find(unknown) {
        return Err(invalid(format!("Tag {odd} does not exist in Settings")));
    }
    // Nothing is told of tags by webhook.
    for tag in &change.add {
        world.set_tag(id, tag, By::Bot);
    }
    for tag in &change.remove {
        world.take_tag(id, tag, By::Bot);
    }
    if let Some(chat) = world.conversation_mut(id) {
        for (name, value) in &change.attributes {
            if value.is_empty() {
                chat.attributes.remove(name);
            } else {
                chat.attributes.insert(name.clone(), value.clone());
            }
        }
    }
    drop(world);
    shared.news.tell(News::Conversation { id });
    Ok(())
}

async fn tags(State(shared): Emulated) -> Answer {
    let world = shared.world();
    let shown = |(n, name): (usize, &String)| json!({"_id": format!("{:024x}", n + 1), "name": name, "keywords": []});
    let all: Vec<Json> = world.tags.iter().enumerate().map(shown).collect();
    let total = all.len();
    Ok(success("Tags retrieved successfully.", &json!({"tags": all, "total": total})))
}
