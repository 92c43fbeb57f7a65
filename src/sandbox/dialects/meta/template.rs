//! A template in WhatsApp's JSON: its components with their parameters, against the list of templates.

use super::content::attached;
use crate::sandbox::Inner;
use crate::sandbox::dialects::strict::{Fields, invalid};
use crate::sandbox::guard::Refusal;
use crate::sandbox::world::{Attached, Choice, Outgoing, Pressable, Template};

/// Characters of a name, and of a parameter (132005 beyond).
const NAME: usize = 512;
const PARAMETER: usize = 1024;
/// Buttons and cards of a template.
const BUTTONS: usize = 10;

/// What a template's components say.
#[derive(Default)]
struct Filled {
    parameters: Vec<String>,
    files: Vec<Attached>,
    payloads: Vec<Choice>,
}

/// Read `template`.
pub(super) fn read(shared: &Inner, template: &Fields<'_>) -> Result<Outgoing, Refusal> {
    template.closed(&["name", "language", "components", "namespace"])?;
    let id = template.needed("name", NAME)?.to_owned();
    let language = template.needed_object("language")?;
    language.closed(&["code", "policy"])?;
    language.word("policy", &["deterministic"])?;
    let language = language.needed("code", NAME)?.to_owned();
    let mut filled = Filled::default();
    for component in template.objects("components")? {
        read_component(shared, &component, &mut filled)?;
    }
    let Filled { parameters, files, payloads } = filled;
    let template = Template { id, language, parameters };
    shared.world().check_template(&template).map_err(|(code, why)| Refusal::coded(code, why))?;
    let pressable = (!payloads.is_empty()).then_some(Pressable::Buttons { options: payloads });
    Ok(Outgoing { files, pressable, template: Some(template), ..Outgoing::default() })
}

fn read_component(shared: &Inner, component: &Fields<'_>, filled: &mut Filled) -> Result<(), Refusal> {
    component.closed(&["type", "parameters", "sub_type", "index", "cards"])?;
    let kinds = ["header", "body", "button", "carousel", "limited_time_offer"];
    let kind = component.word("type", &kinds)?.ok_or_else(|| component.missing("type"))?;
    let parameters = component.objects("parameters")?;
    match kind {
        "body" => {
            let texts = parameters.iter().map(|parameter| text(parameter)).collect::<Result<Vec<_>, _>>()?;
            filled.parameters.extend(texts);
        }
        "header" => {
            for parameter in &parameters {
                filled.files.extend(header(shared, parameter)?);
            }
        }
        "button" => filled.payloads.extend(button(component, &parameters)?),
        "carousel" => {
            for card in component.counted("cards", 1, BUTTONS)? {
                card.closed(&["card_index", "components"])?;
                card.whole("card_index")?.ok_or_else(|| card.missing("card_index"))?;
                let mut own = Filled::default();
                for component in card.objects("components")? {
                    read_component(shared, &component, &mut own)?;
                }
                filled.files.extend(own.files);
            }
        }
        _ => {}
    }
    Ok(())
}

fn text(parameter: &Fields<'_>) -> Result<String, Refusal> {
    if !matches!(parameter.get("type").and_then(serde_json::Value::as_str), Some("text")) {
        return Err(Refusal::coded(132_012, "a parameter's type does not match that of the template"));
    }
    parameter.closed(&["type", "text", "parameter_name"])?;
    let text = parameter.get("text").and_then(serde_json::Value::as_str).ok_or_else(|| parameter.missing("text"))?;
    if text.chars().count() > PARAMETER {
        return Err(Refusal::coded(132_005, "the template is too long with its parameters"));
    }
    Ok(text.to_owned())
}

/// The file of a header, if it is one.
fn header(shared: &Inner, parameter: &Fields<'_>) -> Result<Option<Attached>, Refusal> {
    let kinds = ["text", "image", "video", "document", "location", "product"];
    match parameter.word("type", &kinds)?.ok_or_else(|| parameter.missing("type"))? {
        "text" => parameter.needed("text", PARAMETER).map(|_| None),
        kind @ ("image" | "video" | "document") => {
            let file = parameter.needed_object(kind)?;
            attached(shared, &file, file.text("filename", NAME)?).map(Some)
        }
        _ => Ok(None),
    }
}

/// What a quick reply gives back when it is pressed.
fn button(component: &Fields<'_>, parameters: &[Fields<'_>]) -> Result<Option<Choice>, Refusal> {
    let kinds = ["quick_reply", "url", "copy_code", "flow", "catalog"];
    let kind = component.word("sub_type", &kinds)?.ok_or_else(|| component.missing("sub_type"))?;
    let index = component.get("index").ok_or_else(|| component.missing("index"))?;
    let number = index.as_u64().or_else(|| index.as_str()?.parse().ok());
    if number.is_none_or(|number| number >= BUTTONS as u64) {
        return Err(invalid("a button's index must be a number from 0 to 9"));
    }
    let [parameter] = parameters else { return Err(component.missing("parameters")) };
    let (wanted, key) = match kind {
        "quick_reply" => ("payload", "payload"),
        "copy_code" => ("coupon_code", "coupon_code"),
        "url" => ("text", "text"),
        _ => return Ok(None),
    };
    if parameter.word("type", &[wanted])?.is_none() {
        return Err(parameter.missing("type"));
    }
    let value = parameter.needed(key, PARAMETER)?.to_owned();
    Ok((kind == "quick_reply").then(|| Choice { id: value.clone(), title: value, description: String::new() }))
}
