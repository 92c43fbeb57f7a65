//! What can be pressed, in WhatsApp's JSON, with WhatsApp's limits.

use crate::sandbox::dialects::strict::{Fields, all_differ, at_most, invalid};
use crate::sandbox::guard::Refusal;
use crate::sandbox::world::{Choice, Outgoing, Pressable};

/// Characters of the text above what is pressed.
pub(in crate::sandbox::dialects) const BODY: usize = 1024;
/// Characters of a header.
pub(in crate::sandbox::dialects) const HEADER: usize = 60;
/// Characters of a footer.
pub(in crate::sandbox::dialects) const FOOTER: usize = 60;
/// Reply buttons, and characters of their titles and ids.
const BUTTONS: usize = 3;
const BUTTON_TITLE: usize = 20;
const BUTTON_ID: usize = 256;
/// Characters of the label of the button that opens a form.
const FORM_BUTTON: usize = 30;
/// Sections of a list, its rows in all, and characters of what is in it.
const SECTIONS: usize = 10;
const ROWS: usize = 10;
const ROW_ID: usize = 200;
const ROW_TITLE: usize = 24;
const ROW_DESCRIPTION: usize = 72;
const SECTION_TITLE: usize = 24;
/// Products shown at once.
const PRODUCTS: usize = 30;
/// Characters of an address and of an id of a catalogue.
const ID: usize = 2000;

type Kind = (&'static str, fn(&Fields<'_>) -> Result<Pressable, Refusal>);

/// The kinds, and how the `action` of each is read.
const KINDS: &[Kind] = &[
    ("button", buttons),
    ("list", list),
    ("cta_url", link),
    ("location_request_message", |action| named(action, "send_location", Pressable::AskLocation)),
    ("address_message", address),
    ("flow", form),
    ("product", product),
    ("product_list", products),
    ("catalog_message", catalogue),
];

/// Read `interactive`.
pub(super) fn read(interactive: &Fields<'_>) -> Result<Outgoing, Refusal> {
    interactive.closed(&["type", "header", "body", "footer", "action"])?;
    let kind = interactive.needed("type", ID)?;
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let (_, action) = known.ok_or_else(|| invalid(format!("interactive.type {kind} is not known")))?;
    let text = above(interactive, "body", BODY)?;
    if text.is_none() && kind != "product" {
        return Err(interactive.missing("body"));
    }
    above(interactive, "footer", FOOTER)?;
    if let Some(header) = interactive.object("header")? {
        match header.word("type", &["text", "image", "video", "document"])? {
            Some("text") => header.needed("text", HEADER).map(drop)?,
            Some(_) => {}
            None => return Err(header.missing("type")),
        }
    } else if kind == "product_list" {
        return Err(interactive.missing("header"));
    }
    let pressable = Some(action(&interactive.needed_object("action")?)?);
    Ok(Outgoing { text: text.unwrap_or_default().to_owned(), pressable, ..Outgoing::default() })
}

fn above<'a>(interactive: &Fields<'a>, key: &str, most: usize) -> Result<Option<&'a str>, Refusal> {
    let Some(object) = interactive.object(key)? else { return Ok(None) };
    object.closed(&["text"])?;
    object.needed("text", most).map(Some)
}

fn buttons(action: &Fields<'_>) -> Result<Pressable, Refusal> {
    action.closed(&["buttons"])?;
    let option = |button: Fields<'_>| {
        button.closed(&["type", "reply"])?;
        if button.word("type", &["reply"])?.is_none() {
            return Err(button.missing("type"));
        }
        let reply = button.needed_object("reply")?;
        reply.closed(&["id", "title"])?;
        let (id, title) = (reply.needed("id", BUTTON_ID)?, reply.needed("title", BUTTON_TITLE)?);
        Ok(Choice { id: id.to_owned(), title: title.to_owned(), description: String::new() })
    };
    let options = action.counted("buttons", 1, BUTTONS)?.into_iter().map(option).collect::<Result<Vec<_>, _>>()?;
    options_differ(&options)?;
    all_differ("titles of buttons", options.iter().map(|option| option.title.as_str()))?;
    Ok(Pressable::Buttons { options })
}

/// Two options may not have one id.
pub(in crate::sandbox::dialects) fn options_differ(options: &[Choice]) -> Result<(), Refusal> {
    all_differ("ids of options", options.iter().map(|option| option.id.as_str()))
}

fn list(action: &Fields<'_>) -> Result<Pressable, Refusal> {
    action.closed(&["button", "sections"])?;
    let opener = action.needed("button", BUTTON_TITLE)?.to_owned();
    let sections = action.counted("sections", 1, SECTIONS)?;
    let mut options = Vec::new();
    for section in &sections {
        section.closed(&["title", "rows"])?;
        if section.text("title", SECTION_TITLE)?.is_none() && sections.len() > 1 {
            return Err(section.missing("title"));
        }
        for row in section.counted("rows", 1, ROWS)? {
            row.closed(&["id", "title", "description"])?;
            let text = |text: &str| text.to_owned();
            options.push(Choice {
                id: text(row.needed("id", ROW_ID)?),
                title: text(row.needed("title", ROW_TITLE)?),
                description: row.text("description", ROW_DESCRIPTION)?.map(text).unwrap_or_default(),
            });
        }
    }
    at_most("rows of a list", options.len(), ROWS)?;
    options_differ(&options)?;
    Ok(Pressable::List { opener, options })
}

/// The action must say its own name.
fn named(action: &Fields<'_>, name: &str, what: Pressable) -> Result<Pressable, Refusal> {
    match action.word("name", &[name])? {
        Some(_) => Ok(what),
        None => Err(action.missing("name")),
    }
}

fn link(action: &Fields<'_>) -> Result<Pressable, Refusal> {
    action.closed(&["name", "parameters"])?;
    let parameters = action.needed_object("parameters")?;
    parameters.closed(&["display_text", "url"])?;
    let title = parameters.needed("display_text", BUTTON_TITLE)?.to_owned();
    let url = parameters.link("url")?.ok_or_else(|| parameters.missing("url"))?.to_owned();
    named(action, "cta_url", Pressable::Link { title, url })
}

fn address(action: &Fields<'_>) -> Result<Pressable, Refusal> {
    action.needed_object("parameters")?.needed("country", 2)?;
    named(action, "address_message", Pressable::AskAddress)
}

/// A form by its id, under the label of its button.
fn form(action: &Fields<'_>) -> Result<Pressable, Refusal> {
    let parameters = action.needed_object("parameters")?;
    let known =
        ["flow_message_version", "flow_token", "flow_id", "flow_cta", "mode", "flow_action", "flow_action_payload"];
    parameters.closed(&known)?;
    for key in ["flow_message_version", "flow_token", "flow_id"] {
        parameters.needed(key, ID)?;
    }
    if parameters.word("flow_action", &["navigate", "data_exchange"])? == Some("navigate") {
        parameters.needed_object("flow_action_payload")?.needed("screen", ID)?;
    }
    let title = parameters.needed("flow_cta", FORM_BUTTON)?.to_owned();
    named(action, "flow", Pressable::Form { title })
}

fn product(action: &Fields<'_>) -> Result<Pressable, Refusal> {
    action.closed(&["catalog_id", "product_retailer_id"])?;
    action.needed("catalog_id", ID)?;
    Ok(Pressable::Products { ids: vec![action.needed("product_retailer_id", ID)?.to_owned()] })
}

fn products(action: &Fields<'_>) -> Result<Pressable, Refusal> {
    action.closed(&["catalog_id", "sections"])?;
    action.needed("catalog_id", ID)?;
    let mut ids = Vec::new();
    for section in action.counted("sections", 1, SECTIONS)? {
        section.text("title", SECTION_TITLE)?;
        for item in section.counted("product_items", 1, PRODUCTS)? {
            ids.push(item.needed("product_retailer_id", ID)?.to_owned());
        }
    }
    at_most("products", ids.len(), PRODUCTS)?;
    Ok(Pressable::Products { ids })
}

fn catalogue(action: &Fields<'_>) -> Result<Pressable, Refusal> {
    action.closed(&["name", "parameters"])?;
    named(action, "catalog_message", Pressable::Catalogue)
}
