//! A template in Meta's JSON: its components, filled in.

use serde_json::{Value as Json, json};

use super::content::{self, Means};
use crate::domain::{Template, TemplateButton, TemplateCard, TemplateEntry, TemplateHeader};
use crate::providers::templates;

/// The template; an error says for people why it cannot go.
pub fn of(template: &Template, means: &Means<'_>) -> Result<Json, String> {
    let entry = templates::resolve(means.catalogue, template)?;
    let mut components = part(template.header.as_ref(), &template.params, names(entry), means);
    if let Some(until) = template.offer_until {
        let offer = json!({"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": until.0}});
        components.push(json!({"type": "limited_time_offer", "parameters": [offer]}));
    }
    components.extend(buttons(&template.buttons, entry.map(|entry| entry.buttons.as_slice())));
    if !template.cards.is_empty() {
        let cards: Vec<Json> = template.cards.iter().enumerate().map(|(n, card)| self::card(n, card, means)).collect();
        components.push(json!({"type": "carousel", "cards": cards}));
    }
    let (name, language) = entry.map_or((&template.name, &template.language), |entry| (&entry.name, &entry.language));
    let mut whole = json!({"name": name, "language": {"code": language}});
    if !components.is_empty() {
        whole["components"] = Json::Array(components);
    }
    Ok(whole)
}

fn names(entry: Option<&TemplateEntry>) -> &[String] {
    entry.map(|entry| entry.names.as_slice()).unwrap_or_default()
}

/// Header and body.
fn part(header: Option<&TemplateHeader>, params: &[String], names: &[String], means: &Means<'_>) -> Vec<Json> {
    let mut components: Vec<Json> = header.map(|header| self::header(header, means)).into_iter().collect();
    let param = |(n, text): (usize, &String)| match names.get(n) {
        Some(name) => json!({"type": "text", "parameter_name": name, "text": text}),
        None => json!({"type": "text", "text": text}),
    };
    if !params.is_empty() {
        components
            .push(json!({"type": "body", "parameters": params.iter().enumerate().map(param).collect::<Vec<_>>()}));
    }
    components
}

fn header(header: &TemplateHeader, means: &Means<'_>) -> Json {
    let parameter = match header {
        TemplateHeader::Text(text) => json!({"type": "text", "text": text}),
        TemplateHeader::Media(media) => {
            let kind = media.kind.name();
            json!({"type": kind, kind: content::shown(media, means.uploads)})
        }
    };
    json!({"type": "header", "parameters": [parameter]})
}

fn card(n: usize, card: &TemplateCard, means: &Means<'_>) -> Json {
    let mut components = part(card.header.as_ref(), &card.params, &[], means);
    components.extend(buttons(&card.buttons, None));
    json!({"card_index": n, "components": components})
}

/// Each value goes to the next button that takes one; quick replies take one only where values are left for them. Of unknown buttons,
/// addresses are the likely ones.
fn buttons(values: &[String], known: Option<&[TemplateButton]>) -> Vec<Json> {
    let Some(known) = known else {
        return values.iter().enumerate().map(|(n, value)| button(n, TemplateButton::Url, value)).collect();
    };
    let needed = known.iter().filter(|button| button.takes_param()).count();
    let takes = |button: &TemplateButton| {
        button.takes_param() || (values.len() > needed && *button == TemplateButton::QuickReply)
    };
    let taking = known.iter().enumerate().filter(|(_, button)| takes(button));
    taking.zip(values).map(|((n, kind), value)| button(n, *kind, value)).collect()
}

fn button(n: usize, kind: TemplateButton, value: &str) -> Json {
    let (sub_type, parameter) = match kind {
        TemplateButton::Url | TemplateButton::Fixed => ("url", json!({"type": "text", "text": value})),
        TemplateButton::CopyCode => ("copy_code", json!({"type": "coupon_code", "coupon_code": value})),
        TemplateButton::QuickReply => ("quick_reply", json!({"type": "payload", "payload": value})),
    };
    json!({"type": "button", "sub_type": sub_type, "index": n.to_string(), "parameters": [parameter]})
}
