//! Which of the company's templates a bot means, before it goes.

use std::borrow::Cow;

use crate::domain::{Catalogue, Errand, Template, TemplateEntry};

/// The template of that name: by its `waba_id`, its name, Pact's number, in that order.
pub(super) fn named<'a>(catalogue: &'a Catalogue, name: &str) -> Option<&'a TemplateEntry> {
    let all = || catalogue.templates.iter();
    let by_id = all().find(|entry| entry.id == name);
    by_id
        .or_else(|| all().find(|entry| entry.name == name))
        .or_else(|| all().find(|entry| entry.also.iter().any(|also| also == name)))
}

/// The template as Pact wants it named. What the list does not have goes as it is written: the list may be older than the template.
pub(super) fn resolved<'a>(errand: &Errand<'_>, template: &'a Template) -> Result<Cow<'a, Template>, String> {
    let Some(entry) = named(errand.kept.catalogue, &template.name) else { return Ok(Cow::Borrowed(template)) };
    let (wants, given) = (entry.params, template.params.len());
    if wants != given {
        return Err(format!("the template `{}` has {wants} parameters, and {given} are given", template.name));
    }
    Ok(Cow::Owned(Template { name: entry.id.clone(), ..template.clone() }))
}
