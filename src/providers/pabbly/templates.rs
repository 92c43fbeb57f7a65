//! Templates: the body of the call that sends one, of every kind of Pabbly's document, and how its list reads.

use serde_json::{Map, Value as Json, json};

use super::messages::link;
use super::{CARD_FILE, CARD_PARAMS};
use crate::domain::{Errand, Media, Template, TemplateButton, TemplateCard, TemplateEntry, TemplateHeader};
use crate::providers::Inferred;
use crate::providers::meta::{self, fields};
use crate::providers::templates;

/// The body of `POST messages` without its `to`; else why it cannot go.
pub(super) fn message(inferred: &Inferred, errand: &Errand<'_>, template: &Template) -> Result<Json, String> {
    let entry = templates::find(errand.kept.catalogue, template)?;
    let mut body = Map::new();
    let mut put = |key: &str, value: Json| body.insert(key.to_owned(), value);
    put("type", "template".into());
    put("templateName", entry.map_or(template.name.as_str(), |entry| &entry.name).into());
    let language = entry.map_or(template.language.as_str(), |entry| &entry.language);
    if !language.is_empty() {
        put("languageCode", language.into());
    }
    if entry.is_some_and(|entry| entry.category == templates::AUTHENTICATION) {
        put("copyCodeParam", code(template)?.into());
        return Ok(Json::Object(body));
    }
    if let Some(entry) = entry {
        templates::check(entry, template)?;
    }
    if !template.params.is_empty() {
        put("bodyParams", json!(template.params));
    }
    header(errand, &mut body, template.header.as_ref())?;
    buttons(&mut body, entry, &template.buttons)?;
    cards(inferred, errand, &mut body, &template.cards)?;
    if let Some(until) = template.offer_until {
        body.insert("ltoFields".to_owned(), json!({ "unixTimestamp": until.0.div_euclid(1000) }));
    }
    Ok(Json::Object(body))
}

/// The code of a template that carries one, wherever the bot wrote it.
fn code(template: &Template) -> Result<&str, String> {
    let code = template.buttons.first().or_else(|| template.params.first());
    code.map(String::as_str).ok_or_else(|| format!("the template `{}` wants a code", template.name))
}

fn header(errand: &Errand<'_>, body: &mut Map<String, Json>, header: Option<&TemplateHeader>) -> Result<(), String> {
    match header {
        None => {}
        Some(TemplateHeader::Text(text)) => {
            body.insert("headerParams".to_owned(), json!([text]));
        }
        Some(TemplateHeader::Media(media)) => {
            body.insert("link".to_owned(), link(errand, media)?.into());
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

/// Objects, one a card. Their keys are not documented: they are those of the other kinds unless the account says otherwise (inferred). Cards fill in addresses alone.
fn cards(
    inferred: &Inferred,
    errand: &Errand<'_>,
    body: &mut Map<String, Json>,
    cards: &[TemplateCard],
) -> Result<(), String> {
    if cards.is_empty() {
        return Ok(());
    }
    let file = |card: &TemplateCard| match &card.header {
        Some(TemplateHeader::Media(media)) => Ok(json!({ inferred.of(&CARD_FILE): link(errand, media)? })),
        _ => Err("each card of a carousel needs a picture or a film".to_owned()),
    };
    let files = cards.iter().map(file).collect::<Result<Vec<_>, String>>()?;
    let bodies: Vec<Json> = cards.iter().map(|card| json!({ inferred.of(&CARD_PARAMS): card.params })).collect();
    let urls: Vec<&String> = cards.iter().flat_map(|card| &card.buttons).collect();
    body.insert("carouselBodies".to_owned(), bodies.into());
    body.insert("carouselFileData".to_owned(), files.into());
    if !urls.is_empty() {
        body.insert("urlVariables".to_owned(), json!(urls));
    }
    Ok(())
}

/// Read a template of the list, or of its details: Meta's own, with Pabbly's id of it.
pub(super) fn read(json: &Json) -> Option<TemplateEntry> {
    let id = fields::id(json.get("_id"))?;
    let also = fields::id(json.get("waTemplateId")).into_iter().collect();
    // Its calls know no names of parameters.
    Some(TemplateEntry { id, also, names: Vec::new(), ..meta::templates::entry(json.as_object()?)? })
}
