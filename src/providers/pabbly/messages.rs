//! The bodies of `POST messages`, one for each kind of message of Pabbly's document. Its tables of list and link messages stand swapped
//! there.

use serde_json::{Value as Json, json};

use super::{contacts, templates};
use crate::domain::{Effect, Errand, Interactive, Media, MediaKind, MediaSource, Menu, Pressable};
use crate::providers::Inferred;

/// The label that opens a list which was decided as buttons.
const OPENS: &str = "…";
/// Characters of the title of a section.
const SECTION_TITLE: usize = 24;
/// Characters of the header above products.
const HEADER: usize = 60;

/// The body of the call that sends an effect.
pub(super) fn of(inferred: &Inferred, errand: &Errand<'_>, effect: &Effect) -> Result<Json, String> {
    let to = number(&contacts::recipient(errand)?);
    let mut message = match effect {
        Effect::Say { text } => json!({ "type": "text", "message": text }),
        Effect::Menu(menu) => list(menu),
        Effect::Media(file) => media(errand, file)?,
        Effect::Interactive(interactive) => self::interactive(interactive)?,
        Effect::Template(template) => templates::message(inferred, errand, template)?,
        other => return Err(format!("Pabbly knows no `{}`", other.name())),
    };
    if let Some(map) = message.as_object_mut() {
        map.insert("to".to_owned(), to);
    }
    Ok(message)
}

/// A phone as Pabbly wants it: a number.
pub(super) fn number(digits: &str) -> Json {
    digits.parse::<u64>().map_or_else(|_| digits.into(), Json::from)
}

/// The address of a file. Pabbly fetches files and takes none: one of the bot's folder has the address that the server gave it.
pub(super) fn link<'a>(errand: &'a Errand<'_>, media: &'a Media) -> Result<&'a str, String> {
    match &media.source {
        MediaSource::Url(url) => Ok(url),
        MediaSource::File(file) => errand.kept.uploads.get(&file.hash).map(String::as_str).ok_or_else(|| {
            format!("Pabbly takes no files, only addresses: `public_url` of frontdesk.yaml gives `{}` one", file.path)
        }),
    }
}

fn media(errand: &Errand<'_>, media: &Media) -> Result<Json, String> {
    let mut message = json!({ "type": media.kind.name(), "link": link(errand, media)? });
    let caption = (media.kind != MediaKind::Audio && !media.caption.is_empty()).then_some(&media.caption);
    let name = media.name.as_ref().filter(|_| media.kind == MediaKind::Document);
    put(&mut message, "caption", caption);
    put(&mut message, "filename", name);
    Ok(message)
}

fn put(message: &mut Json, key: &str, value: Option<&String>) {
    if let (Some(value), Some(map)) = (value, message.as_object_mut()) {
        map.insert(key.to_owned(), value.as_str().into());
    }
}

/// Options as a list; there are no reply buttons in Pabbly's document.
fn list(menu: &Menu) -> Json {
    let button = menu.list.as_deref().filter(|label| !label.is_empty()).unwrap_or(OPENS);
    let rows: Vec<Json> = menu
        .options
        .iter()
        .map(|option| {
            let mut row = json!({ "id": option.id, "title": option.title });
            put(&mut row, "description", Some(&option.description).filter(|text| !text.is_empty()));
            row
        })
        .collect();
    json!({
        "type": "interactive", "interactiveType": "list", "bodyText": menu.text, "buttonText": button,
        "sections": [{ "title": button, "rows": rows }],
    })
}

fn interactive(interactive: &Interactive) -> Result<Json, String> {
    let text = &interactive.text;
    let mut message = match &interactive.what {
        Pressable::Link { title, url } => {
            json!({ "interactiveType": "cta_url", "message": text, "buttons": [{ "title": title, "url": url }] })
        }
        Pressable::AskLocation => json!({ "interactiveType": "location_request_message", "bodyText": text }),
        Pressable::AskAddress { country } => {
            json!({ "interactiveType": "address_message", "bodyText": text, "isoCountryCode": country })
        }
        Pressable::Products { catalogue, sections } => products(text, catalogue, sections)?,
        Pressable::Form(_) => return Err("Pabbly knows no forms of WhatsApp".to_owned()),
        Pressable::Catalogue { thumbnail } => {
            let mut message = json!({ "interactiveType": "catalog_message", "bodyText": text });
            put(&mut message, "catalogProductId", thumbnail.as_ref());
            message
        }
    };
    if let Some(map) = message.as_object_mut() {
        map.insert("type".to_owned(), "interactive".into());
    }
    Ok(message)
}

/// One product alone, or sections of them. The header that sections must have is the first one's title.
fn products(text: &str, catalogue: &str, sections: &[(String, Vec<String>)]) -> Result<Json, String> {
    let Some((title, first)) = sections.first() else { return Err("no products to show".to_owned()) };
    if let ([product], 1) = (first.as_slice(), sections.len()) {
        let action = json!({ "catalogId": catalogue, "productRetailerId": product });
        return Ok(json!({ "interactiveType": "single_product", "bodyText": text, "action": action }));
    }
    let section = |(title, products): &(String, Vec<String>)| {
        let title: String = title.chars().take(SECTION_TITLE).collect();
        let products: Vec<Json> = products.iter().map(|id| json!({ "productRetailerId": id })).collect();
        json!({ "title": title, "products": products })
    };
    let header: String = title.chars().take(HEADER).collect();
    Ok(json!({
        "interactiveType": "product_list", "header": header, "body": text, "action": { "catalogId": catalogue },
        "sections": sections.iter().map(section).collect::<Vec<_>>(),
    }))
}
