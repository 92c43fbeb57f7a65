//! What can be pressed, by Pabbly's names of the fields. Its document swaps the tables of lists and links.

use super::messages::{NAME, closed};
use crate::sandbox::dialects::meta::{BODY, FOOTER, HEADER, options_differ};
use crate::sandbox::dialects::strict::{Fields, at_most, invalid};
use crate::sandbox::guard::Refusal;
use crate::sandbox::world::{Choice, Outgoing, Pressable};

/// Characters of labels, and how many of what there may be.
const BUTTON: usize = 20;
const TITLE: usize = 24;
const DESCRIPTION: usize = 72;
const ID: usize = 200;
const SECTIONS: usize = 10;
const ROWS: usize = 10;
const PRODUCTS: usize = 30;

/// Read an interactive message.
pub(super) fn read(call: &Fields<'_>) -> Result<Outgoing, Refusal> {
    let kind = call.needed("interactiveType", NAME)?;
    let (text, pressable) = match kind {
        "list" => list(call)?,
        "cta_url" => link(call)?,
        "location_request_message" => {
            closed(call, &["interactiveType", "bodyText", "isoCountryCode"])?;
            (call.needed("bodyText", BODY)?, Pressable::AskLocation)
        }
        "address_message" => {
            closed(call, &["interactiveType", "bodyText", "isoCountryCode", "values", "validationErrors"])?;
            call.needed("isoCountryCode", 2)?;
            (call.needed("bodyText", BODY)?, Pressable::AskAddress)
        }
        "single_product" => product(call)?,
        "product_list" => products(call)?,
        "catalog_message" => {
            closed(call, &["interactiveType", "bodyText", "footerText", "catalogProductId"])?;
            call.text("catalogProductId", ID)?;
            (call.needed("bodyText", BODY)?, Pressable::Catalogue)
        }
        other => return Err(invalid(format!("interactiveType {other} is not known"))),
    };
    Ok(Outgoing { text: text.to_owned(), pressable: Some(pressable), ..Outgoing::default() })
}

fn list<'a>(call: &Fields<'a>) -> Result<(&'a str, Pressable), Refusal> {
    closed(call, &["interactiveType", "bodyText", "buttonText", "sections", "headerText", "footerText"])?;
    call.text("headerText", HEADER)?;
    call.text("footerText", FOOTER)?;
    let opener = call.needed("buttonText", BUTTON)?.to_owned();
    let mut options = Vec::new();
    for section in call.counted("sections", 1, SECTIONS)? {
        section.closed(&["title", "rows"])?;
        section.needed("title", TITLE)?;
        for row in section.counted("rows", 1, ROWS)? {
            row.closed(&["id", "title", "description"])?;
            let title = row.needed("title", TITLE)?.to_owned();
            let id = row.text("id", ID)?.map_or_else(|| format!("row-{}", options.len() + 1), str::to_owned);
            let description = row.text("description", DESCRIPTION)?.unwrap_or_default().to_owned();
            options.push(Choice { id, title, description });
        }
    }
    at_most("rows of a list", options.len(), ROWS)?;
    options_differ(&options)?;
    Ok((call.needed("bodyText", BODY)?, Pressable::List { opener, options }))
}

fn link<'a>(call: &Fields<'a>) -> Result<(&'a str, Pressable), Refusal> {
    closed(call, &["interactiveType", "message", "buttons", "header"])?;
    let buttons = call.counted("buttons", 1, 1)?;
    let button = buttons.first().ok_or_else(|| call.missing("buttons"))?;
    button.closed(&["title", "url"])?;
    let title = button.needed("title", BUTTON)?.to_owned();
    let url = button.link("url")?.ok_or_else(|| button.missing("url"))?.to_owned();
    Ok((call.needed("message", BODY)?, Pressable::Link { title, url }))
}

fn product<'a>(call: &Fields<'a>) -> Result<(&'a str, Pressable), Refusal> {
    closed(call, &["interactiveType", "bodyText", "footerText", "action"])?;
    let action = call.needed_object("action")?;
    action.closed(&["catalogId", "productRetailerId"])?;
    action.needed("catalogId", ID)?;
    let ids = vec![action.needed("productRetailerId", ID)?.to_owned()];
    Ok((call.needed("bodyText", BODY)?, Pressable::Products { ids }))
}

fn products<'a>(call: &Fields<'a>) -> Result<(&'a str, Pressable), Refusal> {
    closed(call, &["interactiveType", "header", "body", "footer", "action", "sections"])?;
    call.needed("header", HEADER)?;
    call.text("footer", FOOTER)?;
    call.needed_object("action")?.needed("catalogId", ID)?;
    let mut ids = Vec::new();
    for section in call.counted("sections", 1, SECTIONS)? {
        section.needed("title", TITLE)?;
        for product in section.counted("products", 1, PRODUCTS)? {
            ids.push(product.needed("productRetailerId", ID)?.to_owned());
        }
    }
    at_most("products", ids.len(), PRODUCTS)?;
    Ok((call.needed("body", BODY)?, Pressable::Products { ids }))
}
