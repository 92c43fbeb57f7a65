//! A message in WhatsApp's own JSON, read as strictly as WhatsApp does.

use super::interactive;
use super::template;
use crate::sandbox::Inner;
use crate::sandbox::dialects::strict::{Fields, invalid};
use crate::sandbox::guard::Refusal;
use crate::sandbox::uploads;
use crate::sandbox::world::{Attached, Outgoing, Place};

/// Characters of a text.
const TEXT: usize = 4096;
/// Characters of a caption.
const CAPTION: usize = 1024;
/// Characters of a mark.
const EMOJI: usize = 32;
/// Cards of a message, and phones of a card.
const CARDS: usize = 20;
/// Characters of names and addresses.
const NAME: usize = 1000;

/// The message of a call, by its type.
pub(in crate::sandbox::dialects) struct Message {
    /// As it is delivered.
    pub(in crate::sandbox::dialects) what: Outgoing,
    /// What WhatsApp calls it.
    pub(in crate::sandbox::dialects) kind: &'static str,
}

/// Types with a file, and whether there may be a caption.
const FILES: &[(&str, bool)] =
    &[("image", true), ("video", true), ("document", true), ("audio", false), ("sticker", false)];

/// Read the part of a call that is the message: `type` and the object of that name.
pub(in crate::sandbox::dialects) fn message(shared: &Inner, call: &Fields<'_>) -> Result<Message, Refusal> {
    let kind = call.text("type", NAME)?.unwrap_or("text");
    let done = |kind, what| Ok(Message { what, kind });
    match kind {
        "text" => done("text", Outgoing { text: text(&call.needed_object("text")?)?, ..Outgoing::default() }),
        "location" => {
            let place = place(&call.needed_object("location")?)?;
            done("location", Outgoing { location: Some(place), ..Outgoing::default() })
        }
        "interactive" => done("interactive", interactive::read(&call.needed_object("interactive")?)?),
        "contacts" => done("contacts", Outgoing { text: contacts(call)?, ..Outgoing::default() }),
        "reaction" => {
            let mark = call.needed_object("reaction")?;
            mark.closed(&["message_id", "emoji"])?;
            let reply_to = Some(mark.needed("message_id", NAME)?.to_owned());
            let text = mark.text("emoji", EMOJI)?.unwrap_or_default().to_owned();
            done("reaction", Outgoing { text, reply_to, ..Outgoing::default() })
        }
        "template" => done("template", template::read(shared, &call.needed_object("template")?)?),
        other => match FILES.iter().find(|(name, _)| *name == other) {
            Some((name, captioned)) => done(*name, file(shared, &call.needed_object(name)?, name, *captioned)?),
            None => Err(Refusal::coded(131_051, format!("the message type {other} is not supported"))),
        },
    }
}

/// Cards as text: the phone shows no others.
fn contacts(call: &Fields<'_>) -> Result<String, Refusal> {
    let mut lines = Vec::new();
    for card in call.counted("contacts", 1, CARDS)? {
        card.closed(&["name", "phones", "emails", "org", "addresses", "birthday", "urls"])?;
        let name = card.needed_object("name")?;
        lines.push(name.needed("formatted_name", NAME)?.to_owned());
        if ["first_name", "last_name", "middle_name", "suffix", "prefix"].iter().all(|part| !name.has(part)) {
            return Err(name.missing("first_name"));
        }
        if card.has("phones") {
            for phone in card.counted("phones", 1, CARDS)? {
                lines.push(phone.needed("phone", NAME)?.to_owned());
            }
        }
    }
    Ok(lines.join("\n"))
}

fn text(text: &Fields<'_>) -> Result<String, Refusal> {
    text.closed(&["body", "preview_url"])?;
    text.flag("preview_url")?;
    text.needed("body", TEXT).map(str::to_owned)
}

fn place(place: &Fields<'_>) -> Result<Place, Refusal> {
    place.closed(&["latitude", "longitude", "name", "address"])?;
    let word = |key| Ok::<_, Refusal>(place.text(key, NAME)?.unwrap_or_default().to_owned());
    Ok(Place {
        latitude: place.degrees("latitude", 90.0)?,
        longitude: place.degrees("longitude", 180.0)?,
        name: word("name")?,
        address: word("address")?,
    })
}

fn file(shared: &Inner, file: &Fields<'_>, kind: &str, captioned: bool) -> Result<Outgoing, Refusal> {
    let mut known = vec!["id", "link"];
    known.extend(captioned.then_some("caption"));
    known.extend((kind == "document").then_some("filename"));
    file.closed(&known)?;
    let caption = file.text("caption", CAPTION)?.unwrap_or_default().to_owned();
    let attached = attached(shared, file, file.text("filename", NAME)?)?;
    Ok(Outgoing { text: caption, files: vec![attached], ..Outgoing::default() })
}

/// The file meant by its id or its address: exactly one of them.
pub(super) fn attached(shared: &Inner, file: &Fields<'_>, name: Option<&str>) -> Result<Attached, Refusal> {
    match (file.text("id", NAME)?, file.link("link")?) {
        (Some(id), None) => {
            let attached = id.parse().map(Attached::Again).map_err(|_| invalid(format!("there is no media {id}")))?;
            if shared.world().can_attach(attached) {
                Ok(attached)
            } else {
                Err(invalid(format!("there is no media {id}")))
            }
        }
        (None, Some(link)) => Ok(at_address(shared, link, name)),
        (None, None) => Err(file.missing("link")),
        (Some(_), Some(_)) => Err(invalid("id and link are mutually exclusive")),
    }
}

/// A file of ours is shown from here; another is named and not fetched.
pub(in crate::sandbox::dialects) fn at_address(shared: &Inner, link: &str, name: Option<&str>) -> Attached {
    let here = link.strip_prefix(&format!("{}/files/", shared.desk())).and_then(|id| id.parse().ok());
    if let Some(file) = here.map(Attached::Again).filter(|file| shared.world().can_attach(*file)) {
        return file;
    }
    let mut upload = uploads::at(link);
    if let Some(name) = name {
        name.clone_into(&mut upload.name);
    }
    Attached::Again(shared.world().keep(upload))
}
