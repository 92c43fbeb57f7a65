//! Templates: the body of the call that sends one, of every kind of Pabbly's document, and how its list reads.

use serde_json::{Map, Value as Json, json};

use super::messages::link;
use crate::domain::{
    Errand, HeaderKind, Media, Template, TemplateButton, TemplateCard, TemplateEntry, TemplateHeader, TemplateStatus,
};
use crate::providers::meta::fields;

/// The category whose templates carry nothing but a code.
const AUTHENTICATION: &str = "AUTHENTICATION";

/// The template of that name, in its language where there are several. Nothing is known of what the list does not have.
fn entry<'a>(errand: &Errand<'a>, template: &Template) -> Option<&'a TemplateEntry> {
    let named = || errand.kept.catalogue.templates.iter().filter(|e| e.name == template.name || e.id == template.name);
    named().find(|entry| entry.language == template.language).or_else(|| named().next())
}

/// The body of `POST messages` without its `to`; else why it cannot go.
pub(super) fn message(errand: &Errand<'_>, template: &Template) -> Result<Json, String> {
    let entry = entry(errand, template);
    let mut body = Map::new();
    let mut put = |key: &str, value: Json| body.insert(key.to_owned(), value);
    put("type", "template".into());
    put("templateName", entry.map_or(template.name.as_str(), |entry| &entry.name).into());
    let language = entry.map_or(template.language.as_str(), |entry| &entry.language);
    if !language.is_empty() {
        put("languageCode", language.into());
    }
    if let Some(entry) = entry.filter(|entry| entry.category == AUTHENTICATION) {
        can_go(entry)?;
        put("copyCodeParam", code(template)?.into());
        return Ok(Json::Object(body));
    }
    if let Some(entry) = entry {
        can_go(entry)?;
        fits(entry, template)?;
    }
    if !template.params.is_empty() {
        put("bodyParams", json!(template.params));
    }
    header(&mut body, template.header.as_ref())?;
    buttons(&mut body, entry, &template.buttons)?;
    cards(&mut body, &template.cards)?;
    if let Some(until) = template.offer_until {
        body.insert("ltoFields".to_owned(), json!({ "unixTimestamp": until.0.div_euclid(1000) }));
    }
    Ok(Json::Object(body))
}

fn can_go(entry: &TemplateEntry) -> Result<(), String> {
    match &entry.status {
        TemplateStatus::Approved => Ok(()),
        TemplateStatus::Not(why) => Err(format!("the template `{}` cannot be sent: {why}", entry.name)),
    }
}

fn fits(entry: &TemplateEntry, template: &Template) -> Result<(), String> {
    let (name, wants, given) = (&entry.name, entry.params, template.params.len());
    if wants != given {
        return Err(format!("the template `{name}` has {wants} parameters, and {given} are given"));
    }
    let (wants, given) = (entry.cards, template.cards.len());
    if wants != given {
        return Err(format!("the template `{name}` has {wants} cards, and {given} are given"));
    }
    Ok(())
}

/// The code of a template that carries one, wherever the bot wrote it.
fn code(template: &Template) -> Result<&str, String> {
    let code = template.buttons.first().or_else(|| template.params.first());
    code.map(String::as_str).ok_or_else(|| format!("the template `{}` wants a code", template.name))
}

fn header(body: &mut Map<String, Json>, header: Option<&TemplateHeader>) -> Result<(), String> {
    match header {
        None => {}
        Some(TemplateHeader::Text(text)) => {
            body.insert("headerParams".to_owned(), json!([text]));
        }
        Some(TemplateHeader::Media(media)) => {
            body.insert("link".to_owned(), link(media)?.into());
            if let Some(name) = file_name(media) {
                body.insert("filename".to_owned(), name.into());
            }
        }
    }
    Ok(())
}

fn file_name(media: &Media) -> Option<&str> {
    media.name.as_deref().filter(|_| media.kind == crate::domain::MediaKind::Document)
}

/// Which parameter belongs to which button is known from the list; of a template that is not in it, they are ends of addresses.
fn buttons(body: &mut Map<String, Json>, entry: Option<&TemplateEntry>, given: &[String]) -> Result<(), String> {
    if given.is_empty() && entry.is_none_or(|entry| !entry.buttons.iter().any(|button| button.takes_param())) {
        return Ok(());
    }
    let Some(entry) = entry else {
        body.insert("urlVariables".to_owned(), json!(given));
        return Ok(());
    };
    let needed = entry.buttons.iter().filter(|button| button.takes_param()).count();
    let fillable: Vec<_> = entry.buttons.iter().filter(|button| **button != TemplateButton::Fixed).collect();
    let taking: Vec<_> = if given.len() == fillable.len() {
        fillable
    } else {
        fillable.into_iter().filter(|button| button.takes_param()).collect()
    };
    if taking.len() != given.len() {
        let given = given.len();
        return Err(format!("the template `{}` has {needed} button parameters, and {given} are given", entry.name));
    }
    let of = |kind: TemplateButton| -> Vec<&String> {
        taking.iter().zip(given).filter(|(button, _)| ***button == kind).map(|(_, value)| value).collect()
    };
    let lists = [("urlVariables", of(TemplateButton::Url)), ("quickReplies", of(TemplateButton::QuickReply))];
    for (key, values) in lists.into_iter().filter(|(_, values)| !values.is_empty()) {
        body.insert(key.to_owned(), json!(values));
    }
    if let Some(code) = of(TemplateButton::CopyCode).first() {
        body.insert("copyCodeParam".to_owned(), json!(code));
    }
    Ok(())
}

/// Objects, one a card. Their keys are not documented: they are those of the other kinds (inferred). Cards fill in addresses alone.
fn cards(body: &mut Map<String, Json>, cards: &[TemplateCard]) -> Result<(), String> {
    if cards.is_empty() {
        return Ok(());
    }
    let file = |card: &TemplateCard| match &card.header {
        Some(TemplateHeader::Media(media)) => Ok(json!({ "link": link(media)? })),
        _ => Err("each card of a carousel needs a picture or a film".to_owned()),
    };
    let files = cards.iter().map(file).collect::<Result<Vec<_>, String>>()?;
    let bodies: Vec<Json> = cards.iter().map(|card| json!({ "bodyParams": card.params })).collect();
    let urls: Vec<&String> = cards.iter().flat_map(|card| &card.buttons).collect();
    body.insert("carouselBodies".to_owned(), bodies.into());
    body.insert("carouselFileData".to_owned(), files.into());
    if !urls.is_empty() {
        body.insert("urlVariables".to_owned(), json!(urls));
    }
    Ok(())
}

/// Read a template of the list, or of its details.
pub(super) fn read(json: &Json) -> Option<TemplateEntry> {
    let text = |key: &str| fields::text(json.get(key));
    let components = json.get("components").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let component = |kind: &str| components.iter().find(|component| is(component, "type", kind));
    let body = component("BODY").map(|body| fields::text(body.get("text"))).unwrap_or_default();
    let list = |json: Option<&Json>, key: &str| json.and_then(|json| json.get(key)?.as_array().cloned());
    let status = text("status");
    Some(TemplateEntry {
        id: fields::id(json.get("_id"))?,
        name: Some(text("name")).filter(|name| !name.is_empty())?,
        also: fields::id(json.get("waTemplateId")).into_iter().collect(),
        language: text("language"),
        status: if status == "APPROVED" { TemplateStatus::Approved } else { TemplateStatus::Not(status) },
        category: text("category"),
        params: holes(&body),
        body,
        names: Vec::new(),
        header: component("HEADER").map(header_kind).unwrap_or_default(),
        buttons: list(component("BUTTONS"), "buttons").unwrap_or_default().iter().map(button).collect(),
        cards: list(component("CAROUSEL"), "cards").map_or(0, |cards| cards.len()),
    })
}

fn is(json: &Json, key: &str, word: &str) -> bool {
    json.get(key).and_then(Json::as_str).is_some_and(|found| found.eq_ignore_ascii_case(word))
}

/// How many different `{{…}}` a text has.
fn holes(text: &str) -> usize {
    let mut names: Vec<&str> =
        text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim())).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

fn header_kind(header: &Json) -> HeaderKind {
    match header.get("format").and_then(Json::as_str).unwrap_or_default() {
        "TEXT" if holes(&fields::text(header.get("text"))) > 0 => HeaderKind::Text,
        "IMAGE" => HeaderKind::Image,
        "VIDEO" => HeaderKind::Video,
        "DOCUMENT" => HeaderKind::Document,
        "LOCATION" => HeaderKind::Location,
        _ => HeaderKind::Nothing,
    }
}

fn button(button: &Json) -> TemplateButton {
    match button.get("type").and_then(Json::as_str).unwrap_or_default() {
        "URL" if holes(&fields::text(button.get("url"))) > 0 => TemplateButton::Url,
        "COPY_CODE" => TemplateButton::CopyCode,
        "QUICK_REPLY" => TemplateButton::QuickReply,
        _ => TemplateButton::Fixed,
    }
}
