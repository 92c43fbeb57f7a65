//! What goes into a message: WhatsApp's own objects, as get.chat passes them on.

use serde_json::{Map, Value as Json, json};

use crate::domain::{AssetRef, Catalogue, Effect, Media, MediaKind, MediaSource, Menu, Pin, Template, TemplateHeader};
use crate::providers::{meta, templates};

/// Where a file of the bot's folder lies at get.chat.
pub(super) type Lies<'a> = dyn Fn(&AssetRef) -> Option<String> + 'a;

/// A message to one number.
pub(super) fn message(effect: &Effect, to: &str, lies: &Lies<'_>, known: &Catalogue) -> Result<Json, String> {
    let (kind, content) = match effect {
        Effect::Say { text } => ("text", json!({ "body": text })),
        Effect::Menu(menu) => ("interactive", interactive(menu)),
        Effect::Media(media) => (media.kind.name(), file(media, lies, true)?),
        Effect::Pin(pin) => ("location", place(pin)),
        Effect::Interactive(interactive) => ("interactive", meta::content::pressable(interactive)),
        Effect::Contacts { cards } => ("contacts", meta::content::contacts(cards)),
        Effect::React { message, emoji } => ("reaction", json!({"message_id": message.as_str(), "emoji": emoji})),
        Effect::Template(template) => ("template", self::template(template, lies, known)?),
        other => return Err(format!("get.chat knows no `{}`", other.name())),
    };
    let mut message = Map::new();
    message.insert("wa_id".into(), to.into());
    message.insert("type".into(), kind.into());
    message.insert(kind.into(), content);
    Ok(Json::Object(message))
}

/// A text to a number that is not the row's.
pub(super) fn text(text: &str, to: &str) -> Json {
    json!({"wa_id": to, "type": "text", "text": {"body": text}})
}

/// The files of the bot's folder that go with a message.
pub(super) fn files(effect: &Effect) -> Vec<&AssetRef> {
    let cards = match effect {
        Effect::Template(template) => template.cards.as_slice(),
        _ => &[],
    };
    let shown = cards.iter().filter_map(|card| match &card.header {
        Some(TemplateHeader::Media(media)) => Some(media),
        _ => None,
    });
    file_of(effect).into_iter().chain(shown).filter_map(asset).collect()
}

fn asset(media: &Media) -> Option<&AssetRef> {
    match &media.source {
        MediaSource::File(file) => Some(file),
        MediaSource::Url(_) => None,
    }
}

/// The file that goes with a message.
pub(super) fn file_of(effect: &Effect) -> Option<&Media> {
    match effect {
        Effect::Media(media) => Some(media),
        Effect::Template(template) => match &template.header {
            Some(TemplateHeader::Media(media)) => Some(media),
            _ => None,
        },
        _ => None,
    }
}

fn file(media: &Media, lies: &Lies<'_>, captioned: bool) -> Result<Json, String> {
    let link = match &media.source {
        MediaSource::Url(url) => url.clone(),
        MediaSource::File(file) => lies(file).ok_or_else(|| format!("`{}` was not uploaded", file.path))?,
    };
    let mut file = json!({ "link": link });
    let is_document = media.kind == crate::domain::MediaKind::Document;
    if let (true, Some(name)) = (is_document, &media.name) {
        file["filename"] = name.as_str().into();
    }
    // WhatsApp refuses a caption of a sound or a sticker.
    let captioned = captioned && !matches!(media.kind, MediaKind::Audio | MediaKind::Sticker);
    if captioned && !media.caption.is_empty() {
        file["caption"] = media.caption.as_str().into();
    }
    Ok(file)
}

fn place(pin: &Pin) -> Json {
    let mut place = json!({ "latitude": pin.at.latitude, "longitude": pin.at.longitude });
    for (key, value) in [("name", &pin.name), ("address", &pin.address)] {
        if !value.is_empty() {
            place[key] = value.as_str().into();
        }
    }
    place
}

fn interactive(menu: &Menu) -> Json {
    let body = json!({ "text": menu.text });
    let Some(opener) = &menu.list else {
        let button = |option: &crate::domain::ShownOption| json!({"type": "reply", "reply": {"id": option.id, "title": option.title}});
        let buttons: Vec<Json> = menu.options.iter().map(button).collect();
        return json!({"type": "button", "body": body, "action": {"buttons": buttons}});
    };
    let row = |option: &crate::domain::ShownOption| {
        let mut row = json!({"id": option.id, "title": option.title});
        if !option.description.is_empty() {
            row["description"] = option.description.as_str().into();
        }
        row
    };
    let rows: Vec<Json> = menu.options.iter().map(row).collect();
    json!({"type": "list", "body": body, "action": {"button": opener, "sections": [{"rows": rows}]}})
}

/// Meta's own object, found in the account's list.
fn template(template: &Template, lies: &Lies<'_>, known: &Catalogue) -> Result<Json, String> {
    let entry = templates::resolve(known, template)?;
    let components = meta::templates::components(template, entry, &|media| file(media, lies, false))?;
    let (name, language) = entry.map_or((&template.name, &template.language), |entry| (&entry.name, &entry.language));
    Ok(json!({
        "name": name,
        "language": {"policy": "deterministic", "code": language},
        "components": components,
    }))
}
