//! Templates in Meta's JSON, whoever passes them on: an entry of a list, and the components of one that is sent.

use serde_json::{Value as Json, json};

use super::fields::{self, Object};
use crate::domain::{
    HeaderKind, Media, Template, TemplateButton, TemplateCard, TemplateEntry, TemplateHeader, TemplateStatus,
};

/// Read an entry of a list of templates; `None` for what has no name.
pub fn entry(object: &Object) -> Option<TemplateEntry> {
    let text = |key: &str| fields::text(object.get(key));
    let components: Vec<&Object> = fields::list(object, "components").iter().filter_map(Json::as_object).collect();
    let of = |kind: &str| components.iter().copied().find(|part| is(part, "type", kind));
    let body = of("BODY").map(|body| fields::text(body.get("text"))).unwrap_or_default();
    let params = placeholders(&body);
    let named = is(object, "parameter_format", "NAMED");
    let status = text("status");
    let approved = status.eq_ignore_ascii_case("approved");
    Some(TemplateEntry {
        id: fields::id(object.get("id")).unwrap_or_default(),
        name: fields::id(object.get("name"))?,
        language: text("language"),
        status: if approved { TemplateStatus::Approved } else { TemplateStatus::Not(status) },
        category: text("category"),
        params: params.len(),
        names: if named { params } else { Vec::new() },
        header: of("HEADER").map(header_kind).unwrap_or_default(),
        buttons: of("BUTTONS").map(button_kinds).unwrap_or_default(),
        cards: of("CAROUSEL").map(|carousel| fields::list(carousel, "cards").len()).unwrap_or_default(),
        body,
        ..TemplateEntry::default()
    })
}

fn is(object: &Object, key: &str, word: &str) -> bool {
    object.get(key).and_then(Json::as_str).is_some_and(|text| text.eq_ignore_ascii_case(word))
}

/// What stands in `{{ }}`, each once, in order.
fn placeholders(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in text.split("{{").skip(1) {
        let Some((name, _)) = part.split_once("}}") else { continue };
        let name = name.trim();
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn header_kind(object: &Object) -> HeaderKind {
    match fields::text(object.get("format")).to_ascii_uppercase().as_str() {
        "TEXT" if !placeholders(&fields::text(object.get("text"))).is_empty() => HeaderKind::Text,
        "IMAGE" => HeaderKind::Image,
        "VIDEO" => HeaderKind::Video,
        "DOCUMENT" => HeaderKind::Document,
        "LOCATION" => HeaderKind::Location,
        _ => HeaderKind::Nothing,
    }
}

fn button_kinds(object: &Object) -> Vec<TemplateButton> {
    let button = |button: &Object| match fields::text(button.get("type")).to_ascii_uppercase().as_str() {
        "QUICK_REPLY" => TemplateButton::QuickReply,
        "URL" if !placeholders(&fields::text(button.get("url"))).is_empty() => TemplateButton::Url,
        "COPY_CODE" => TemplateButton::CopyCode,
        _ => TemplateButton::Fixed,
    };
    fields::list(object, "buttons").iter().filter_map(Json::as_object).map(button).collect()
}

/// Shows a file as the provider takes it; an error says for people why it cannot.
pub type ShowFile<'a> = &'a dyn Fn(&Media) -> Result<Json, String>;

/// The components of a template that is sent, filled in. `entry`: what the account's list knows of it.
pub fn components(template: &Template, entry: Option<&TemplateEntry>, file: ShowFile<'_>) -> Result<Vec<Json>, String> {
    let names = entry.map(|entry| entry.names.as_slice()).unwrap_or_default();
    let mut all = part(template.header.as_ref(), &template.params, names, file)?;
    if let Some(until) = template.offer_until {
        let offer = json!({"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": until.0}});
        all.push(json!({"type": "limited_time_offer", "parameters": [offer]}));
    }
    all.extend(buttons(&template.buttons, entry.map(|entry| entry.buttons.as_slice())));
    if !template.cards.is_empty() {
        let cards = template.cards.iter().enumerate().map(|(n, card)| self::card(n, card, file));
        all.push(json!({"type": "carousel", "cards": cards.collect::<Result<Vec<_>, _>>()?}));
    }
    Ok(all)
}

/// Header and body.
fn part(
    header: Option<&TemplateHeader>,
    params: &[String],
    names: &[String],
    file: ShowFile<'_>,
) -> Result<Vec<Json>, String> {
    let mut components = Vec::new();
    if let Some(header) = header {
        components.push(self::header(header, file)?);
    }
    let param = |(n, text): (usize, &String)| match names.get(n) {
        Some(name) => json!({"type": "text", "parameter_name": name, "text": text}),
        None => json!({"type": "text", "text": text}),
    };
    if !params.is_empty() {
        let params: Vec<Json> = params.iter().enumerate().map(param).collect();
        components.push(json!({"type": "body", "parameters": params}));
    }
    Ok(components)
}

fn header(header: &TemplateHeader, file: ShowFile<'_>) -> Result<Json, String> {
    let parameter = match header {
        TemplateHeader::Text(text) => json!({"type": "text", "text": text}),
        TemplateHeader::Media(media) => {
            let kind = media.kind.name();
            json!({"type": kind, kind: file(media)?})
        }
    };
    Ok(json!({"type": "header", "parameters": [parameter]}))
}

fn card(n: usize, card: &TemplateCard, file: ShowFile<'_>) -> Result<Json, String> {
    let mut components = part(card.header.as_ref(), &card.params, &[], file)?;
    components.extend(buttons(&card.buttons, None));
    Ok(json!({"card_index": n, "components": components}))
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
