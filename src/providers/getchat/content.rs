//! What goes into a message: WhatsApp's own objects, as get.chat passes them on.

use serde_json::{Map, Value as Json, json};

use crate::domain::{
    Catalogue, Effect, Media, MediaSource, Menu, Pin, Template, TemplateButton, TemplateEntry, TemplateHeader,
};

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

/// The template of that name in that language, else in the only language there is.
fn named<'a>(known: &'a Catalogue, template: &Template) -> Option<&'a TemplateEntry> {
    let mut all = known.templates.iter().filter(|entry| entry.name == template.name);
    all.clone()
        .find(|entry| entry.language == template.language)
        .or_else(|| all.next().filter(|_| all.next().is_none()))
}

/// What the list does not have goes as it is written: the list may be older than the template.
fn template(template: &Template, link: Option<&str>, known: &Catalogue) -> Result<Json, String> {
    if !template.cards.is_empty() || template.offer_until.is_some() {
        return Err("carousels and offers are not sent by get.chat".to_owned());
    }
    let entry = named(known, template);
    let given = template.params.len();
    if let Some(wants) = entry.map(|entry| entry.params).filter(|wants| *wants != given) {
        return Err(format!("the template `{}` has {wants} parameters, and {given} are given", template.name));
    }
    let mut components = Vec::new();
    match &template.header {
        Some(TemplateHeader::Text(text)) => {
            components.push(json!({"type": "header", "parameters": [{"type": "text", "text": text}]}));
        }
        Some(TemplateHeader::Media(media)) => {
            let kind = media.kind.name();
            components.push(json!({"type": "header", "parameters": [{"type": kind, kind: file(media, link, false)?}]}));
        }
        None => {}
    }
    if given > 0 {
        components.push(json!({"type": "body", "parameters": body(template, entry)}));
    }
    components.extend(buttons(template, entry));
    let language = entry.map_or(&template.language, |entry| &entry.language);
    Ok(json!({
        "name": template.name,
        "language": {"policy": "deterministic", "code": language},
        "components": components,
    }))
}

fn body(template: &Template, entry: Option<&TemplateEntry>) -> Vec<Json> {
    let names = entry.map(|entry| entry.names.as_slice()).unwrap_or_default();
    let param = |(n, text): (usize, &String)| {
        let mut param = json!({"type": "text", "text": text});
        if let Some(name) = names.get(n) {
            param["parameter_name"] = name.as_str().into();
        }
        param
    };
    template.params.iter().enumerate().map(param).collect()
}

/// A value for each button that has something to fill in; of a template that nobody knows, buttons are taken for addresses.
fn buttons(template: &Template, entry: Option<&TemplateEntry>) -> Vec<Json> {
    let given = &template.buttons;
    let kinds: Vec<(usize, TemplateButton)> = match entry {
        None => (0..given.len()).map(|n| (n, TemplateButton::Url)).collect(),
        Some(entry) => {
            let all = || entry.buttons.iter().copied().enumerate();
            let needing: Vec<_> = all().filter(|(_, button)| button.takes_param()).collect();
            let fillable = || all().filter(|(_, button)| *button != TemplateButton::Fixed).collect();
            if needing.len() == given.len() { needing } else { fillable() }
        }
    };
    kinds.into_iter().zip(given).filter_map(|((index, button), value)| component(index, button, value)).collect()
}

fn component(index: usize, button: TemplateButton, value: &str) -> Option<Json> {
    let (kind, param) = match button {
        TemplateButton::Fixed => return None,
        TemplateButton::QuickReply => ("quick_reply", json!({"type": "payload", "payload": value})),
        TemplateButton::Url => ("url", json!({"type": "text", "text": value})),
        TemplateButton::CopyCode => ("copy_code", json!({"type": "coupon_code", "coupon_code": value})),
    };
    Some(json!({"type": "button", "sub_type": kind, "index": index.to_string(), "parameters": [param]}))
}
