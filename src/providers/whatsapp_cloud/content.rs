//! What goes for an effect, in Meta's JSON.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::template;
use crate::domain::{
    AssetRef, Catalogue, Effect, Media, MediaKind, MediaSource, Menu, Pin, ShownOption, Template, TemplateHeader,
};
use crate::providers::{NotesAs, meta};

/// What a message is made with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Meta's ids of files, by hash.
    pub uploads: &'a BTreeMap<String, String>,
    /// The templates that are known.
    pub catalogue: &'a Catalogue,
    /// To whom notes go.
    pub notes: &'a NotesAs,
}

/// The files of the bot's folder that an effect shows.
pub fn files(effect: &Effect) -> Vec<&AssetRef> {
    match effect {
        Effect::Media(media) => file(media).into_iter().collect(),
        Effect::Template(template) => headers(template).filter_map(of_header).collect(),
        _ => Vec::new(),
    }
}

fn headers(template: &Template) -> impl Iterator<Item = &TemplateHeader> {
    template.header.iter().chain(template.cards.iter().filter_map(|card| card.header.as_ref()))
}

fn of_header(header: &TemplateHeader) -> Option<&AssetRef> {
    match header {
        TemplateHeader::Media(media) => file(media),
        TemplateHeader::Text(_) => None,
    }
}

fn file(media: &Media) -> Option<&AssetRef> {
    match &media.source {
        MediaSource::File(file) => Some(file),
        MediaSource::Url(_) => None,
    }
}

/// The message, without its address; an error says for people why there is none.
pub fn message(effect: &Effect, means: &Means<'_>) -> Result<Json, String> {
    Ok(match effect {
        Effect::Say { text } => said(text),
        Effect::Menu(menu) => json!({"type": "interactive", "interactive": self::menu(menu)}),
        Effect::Media(media) => {
            let kind = media.kind.name();
            json!({"type": kind, kind: shown(media, means.uploads)})
        }
        Effect::Pin(pin) => json!({"type": "location", "location": place(pin)}),
        Effect::Interactive(interactive) => {
            json!({"type": "interactive", "interactive": meta::content::pressable(interactive)})
        }
        Effect::Contacts { cards } => json!({"type": "contacts", "contacts": meta::content::contacts(cards)}),
        Effect::React { message, emoji } => {
            json!({"type": "reaction", "reaction": {"message_id": message.as_str(), "emoji": emoji}})
        }
        Effect::Template(template) => json!({"type": "template", "template": template::of(template, means)?}),
        Effect::Note { text, to } => match means.notes.phone(to.as_deref()) {
            Some(phone) => {
                let mut note = said(text);
                note["to"] = json!(phone);
                note
            }
            None => return Err("notes go nowhere: the account says no `notes: {message_to: PHONE}`".into()),
        },
        Effect::Seen { message, typing } => {
            let mut seen = json!({"status": "read", "message_id": message.as_str()});
            if *typing {
                seen["typing_indicator"] = json!({"type": "text"});
            }
            seen
        }
        other => return Err(format!("the WhatsApp Cloud API knows no `{}`", other.name())),
    })
}

fn said(text: &str) -> Json {
    let has_link = text.contains("https://") || text.contains("http://");
    json!({"type": "text", "text": {"body": text, "preview_url": has_link}})
}

fn menu(menu: &Menu) -> Json {
    let button = |option: &ShownOption| json!({"type": "reply", "reply": {"id": option.id, "title": option.title}});
    let action = match &menu.list {
        None => json!({"buttons": menu.options.iter().map(button).collect::<Vec<_>>()}),
        Some(title) => {
            json!({"button": title, "sections": [{"rows": menu.options.iter().map(row).collect::<Vec<_>>()}]})
        }
    };
    let kind = if menu.list.is_some() { "list" } else { "button" };
    json!({"type": kind, "body": {"text": menu.text}, "action": action})
}

fn row(option: &ShownOption) -> Json {
    let mut row = json!({"id": option.id, "title": option.title});
    if !option.description.is_empty() {
        row["description"] = json!(option.description);
    }
    row
}

/// A file by Meta's id of it, or by its address.
pub fn shown(media: &Media, uploads: &BTreeMap<String, String>) -> Json {
    let mut shown = match &media.source {
        MediaSource::File(file) => json!({"id": uploads.get(&file.hash)}),
        MediaSource::Url(url) => json!({"link": url}),
    };
    if !media.caption.is_empty() && !matches!(media.kind, MediaKind::Audio | MediaKind::Sticker) {
        shown["caption"] = json!(media.caption);
    }
    if let (MediaKind::Document, Some(name)) = (media.kind, &media.name) {
        shown["filename"] = json!(name);
    }
    shown
}

fn place(pin: &Pin) -> Json {
    let mut place = json!({"latitude": pin.at.latitude, "longitude": pin.at.longitude});
    for (key, text) in [("name", &pin.name), ("address", &pin.address)] {
        if !text.is_empty() {
            place[key] = json!(text);
        }
    }
    place
}
