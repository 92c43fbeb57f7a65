//! What goes into a message beyond texts, files and options, in WhatsApp's own JSON: what is pressed, cards of contacts.

use serde_json::{Value as Json, json};

use crate::domain::{Card, Interactive, Pressable, WhatsAppForm};

/// The version of messages with forms.
const FORM_VERSION: &str = "3";

/// The object `interactive` of something to press.
pub fn pressable(interactive: &Interactive) -> Json {
    let (kind, action) = match &interactive.what {
        Pressable::Link { title, url } => {
            ("cta_url", json!({"name": "cta_url", "parameters": {"display_text": title, "url": url}}))
        }
        Pressable::AskLocation => ("location_request_message", json!({"name": "send_location"})),
        Pressable::AskAddress { country } => {
            ("address_message", json!({"name": "address_message", "parameters": {"country": country}}))
        }
        Pressable::Products { catalogue, sections } => return products(&interactive.text, catalogue, sections),
        Pressable::Form(form) => ("flow", self::form(form)),
        Pressable::Catalogue { thumbnail } => {
            let parameters = thumbnail.as_ref().map(|id| json!({"thumbnail_product_retailer_id": id}));
            let mut action = json!({"name": "catalog_message"});
            if let Some(parameters) = parameters {
                action["parameters"] = parameters;
            }
            ("catalog_message", action)
        }
    };
    json!({"type": kind, "body": {"text": interactive.text}, "action": action})
}

/// One product alone is shown large; several make a list, which must have a header: the first section's title.
fn products(text: &str, catalogue: &str, sections: &[(String, Vec<String>)]) -> Json {
    if let [(_, ids)] = sections
        && let [id] = ids.as_slice()
    {
        return json!({"type": "product", "body": {"text": text}, "action": {"catalog_id": catalogue, "product_retailer_id": id}});
    }
    let section = |(title, ids): &(String, Vec<String>)| {
        let items: Vec<Json> = ids.iter().map(|id| json!({"product_retailer_id": id})).collect();
        json!({"title": title, "product_items": items})
    };
    let header = sections.first().map_or("", |(title, _)| title.as_str());
    json!({
        "type": "product_list", "header": {"type": "text", "text": header}, "body": {"text": text},
        "action": {"catalog_id": catalogue, "sections": sections.iter().map(section).collect::<Vec<_>>()},
    })
}

/// Meta gives the token back with the answers; what is asked is known by the conversation.
fn form(form: &WhatsAppForm) -> Json {
    let mut parameters = json!({
        "flow_message_version": FORM_VERSION, "flow_token": "frontdesk", "flow_id": form.id, "flow_cta": form.button,
    });
    if !form.screen.is_empty() {
        let mut first = json!({"screen": form.screen});
        // Meta refuses an empty object.
        if form.data.as_object().is_some_and(|data| !data.is_empty()) {
            first["data"] = form.data.clone();
        }
        parameters["flow_action"] = json!("navigate");
        parameters["flow_action_payload"] = first;
    }
    json!({"name": "flow", "parameters": parameters})
}

/// The list `contacts`.
pub fn contacts(cards: &[Card]) -> Json {
    cards.iter().map(contact).collect()
}

/// WhatsApp demands a part of the name beside the whole.
fn contact(card: &Card) -> Json {
    let first = card.name.split_whitespace().next().unwrap_or_default();
    let mut told = json!({"name": {"formatted_name": card.name, "first_name": first}});
    let listed = |key: &str, texts: &[String]| -> Json { texts.iter().map(|text| json!({key: text})).collect() };
    for (name, key, texts) in [("phones", "phone", &card.phones), ("emails", "email", &card.emails)] {
        if !texts.is_empty() {
            told[name] = listed(key, texts);
        }
    }
    if !card.company.is_empty() {
        told["org"] = json!({"company": card.company});
    }
    told
}
