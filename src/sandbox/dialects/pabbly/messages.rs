//! The bodies of `POST messages`: texts, files, templates; what can be pressed stands beside.

use super::interactive;
use crate::sandbox::Inner;
use crate::sandbox::dialects::meta;
use crate::sandbox::dialects::strict::{Fields, invalid};
use crate::sandbox::guard::Refusal;
use crate::sandbox::world::{Choice, Outgoing, Pressable, Template};

/// Characters of a text, a caption, a name.
const TEXT: usize = 4096;
const CAPTION: usize = 1024;
pub(super) const NAME: usize = 1000;

/// What every message may have.
pub(super) const COMMON: [&str; 3] = ["to", "type", "contact"];

/// No fields but those that all have and these.
pub(super) fn closed(call: &Fields<'_>, own: &[&str]) -> Result<(), Refusal> {
    call.closed(&COMMON.iter().chain(own).copied().collect::<Vec<_>>())
}

/// Read a message.
pub(super) fn read(shared: &Inner, call: &Fields<'_>) -> Result<Outgoing, Refusal> {
    let kinds = ["text", "image", "audio", "video", "document", "template", "interactive"];
    match call.word("type", &kinds)?.ok_or_else(|| call.missing("type"))? {
        "text" => {
            closed(call, &["message"])?;
            Ok(Outgoing { text: call.needed("message", TEXT)?.to_owned(), ..Outgoing::default() })
        }
        "template" => template(shared, call),
        "interactive" => interactive::read(call),
        kind => file(shared, call, kind),
    }
}

fn file(shared: &Inner, call: &Fields<'_>, kind: &str) -> Result<Outgoing, Refusal> {
    let own: &[&str] = match kind {
        "audio" => &["link"],
        "document" => &["link", "caption", "filename"],
        _ => &["link", "caption"],
    };
    closed(call, own)?;
    let link = call.link("link")?.ok_or_else(|| call.missing("link"))?;
    let text = call.text("caption", CAPTION)?.unwrap_or_default().to_owned();
    let files = vec![meta::at_address(shared, link, call.text("filename", NAME)?)];
    Ok(Outgoing { text, files, ..Outgoing::default() })
}

/// The fields of all kinds of templates.
const TEMPLATE: &[&str] = &[
    "templateName",
    "languageCode",
    "headerParams",
    "bodyParams",
    "link",
    "filename",
    "copyCodeParam",
    "urlVariables",
    "quickReplies",
    "carouselBodies",
    "carouselFileData",
    "ltoFields",
];

fn template(shared: &Inner, call: &Fields<'_>) -> Result<Outgoing, Refusal> {
    closed(call, TEMPLATE)?;
    let text = |key| Ok::<_, Refusal>(call.text(key, NAME)?.unwrap_or_default().to_owned());
    let template = Template {
        id: call.needed("templateName", NAME)?.to_owned(),
        language: text("languageCode")?,
        parameters: call.texts("bodyParams")?,
    };
    for key in ["headerParams", "urlVariables"] {
        call.texts(key)?;
    }
    text("copyCodeParam")?;
    if call.objects("carouselBodies")?.len() != call.objects("carouselFileData")?.len() {
        return Err(invalid("carouselBodies and carouselFileData must have one object a card"));
    }
    if let Some(offer) = call.object("ltoFields")? {
        offer.closed(&["unixTimestamp"])?;
        offer.whole("unixTimestamp")?;
    }
    // Meta's words, without its numbers: Pabbly passes on prose.
    shared.world().check_template(&template).map_err(|(_, why)| invalid(why))?;
    let files = call.link("link")?.map(|link| meta::at_address(shared, link, None)).into_iter().collect();
    let payload = |id: String| Choice { title: id.clone(), id, description: String::new() };
    let payloads: Vec<Choice> = call.texts("quickReplies")?.into_iter().map(payload).collect();
    let pressable = (!payloads.is_empty()).then_some(Pressable::Buttons { options: payloads });
    Ok(Outgoing { files, pressable, template: Some(template), ..Outgoing::default() })
}
