//! A template as the Cloud API takes it.

use serde_json::{Value as Json, json};

use super::content::{self, Means};
use crate::domain::Template;
use crate::providers::{meta, templates};

/// The template; an error says for people why it cannot go.
pub fn of(template: &Template, means: &Means<'_>) -> Result<Json, String> {
    let entry = templates::resolve(means.catalogue, template)?;
    let file = |media: &_| Ok(content::shown(media, means.uploads));
    let components = meta::templates::components(template, entry, &file)?;
    let (name, language) = entry.map_or((&template.name, &template.language), |entry| (&entry.name, &entry.language));
    let mut whole = json!({"name": name, "language": {"code": language}});
    if !components.is_empty() {
        whole["components"] = Json::Array(components);
    }
    Ok(whole)
}
