//! What goes into a message: WhatsApp's own objects, as get.chat passes them on.

use serde_json::{Map, Value as Json, json};

use crate::domain::{Catalogue, Effect, Media, MediaSource, Menu, Pin, Template, TemplateHeader};
use crate::providers::{meta, templates};

/// A message to one number. `link`: where the file of it lies at get.chat, if one was uploaded.
pub(super) fn message(effect: &Effect, to: &str, link: Option<&str>, known: &Catalogue) -> Result<Json, String> {
    let (kind, content) = match effect {
        Effect::Say { text } => ("text", json!({ "body": text })),
        Effect::Menu(menu) => ("interactive", interactive(menu)),
        Effect::Media(media) => (media.kind.name(), file(media, link, true)?),
        Effect::Pin(pin) => ("location", place(pin)),
        Effect::Template(template) => ("template", self::template(template, link, known)?),
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

fn file(media: &Media, link: Option<&str>, captioned: bool) -> Result<Json, String> {
    let link = match (&media.source, link) {
        (MediaSource::Url(url), _) => url.as_str(),
        (MediaSource::File(_), Some(link)) => link,
        (MediaSource::File(file), None) => return Err(format!("`{}` was not uploaded", file.path)),
    };
    let mut file = json!({ "link": link });
    let is_document = media.kind == crate::domain::MediaKind::Document;
    if let (true, Some(name)) = (is_document, &media.name) {
        file["filename"] = name.as_str().into();
    }
    // WhatsApp refuses a caption of a sound.
    if captioned && !media.caption.is_empty() && media.kind != crate::domain::MediaKind::Audio {
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
fn template(template: &Template, link: Option<&str>, known: &Catalogue) -> Result<Json, String> {
    let entry = templates::resolve(known, template)?;
    let components = meta::templates::components(template, entry, &|media| file(media, link, false))?;
    let (name, language) = entry.map_or((&template.name, &template.language), |entry| (&entry.name, &entry.language));
    Ok(json!({
        "name": name,
        "language": {"policy": "deterministic", "code": language},
        "components": components,
    }))
}
