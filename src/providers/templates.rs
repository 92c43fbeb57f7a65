//! Which of an account's templates a bot means, and whether what the bot gives fits it: told before anything is sent.

use crate::domain::{Catalogue, HeaderKind, Template, TemplateEntry, TemplateHeader, TemplateStatus};

/// The language that stands in where neither the wanted one nor its base is there.
const LAST_RESORT: &str = "en";

/// The entry that a template means; `None` where nothing is known of any template. An error says for people why it cannot go.
pub fn resolve<'a>(catalogue: &'a Catalogue, template: &Template) -> Result<Option<&'a TemplateEntry>, String> {
    if catalogue.fetched_at.is_none() {
        return Ok(None);
    }
    let entry = in_language(&named(catalogue, &template.name), &template.language)
        .ok_or_else(|| format!("the account has no template `{}`", template.name))?;
    if let TemplateStatus::Not(why) = &entry.status {
        return Err(format!("the template `{}` cannot be sent: {why}", template.name));
    }
    check(entry, template)?;
    Ok(Some(entry))
}

/// By its id, else all languages of its name.
fn named<'a>(catalogue: &'a Catalogue, name: &str) -> Vec<&'a TemplateEntry> {
    let by_id: Vec<_> = catalogue.templates.iter().filter(|entry| entry.id == name).collect();
    if by_id.is_empty() { catalogue.templates.iter().filter(|entry| entry.name == name).collect() } else { by_id }
}

/// The wanted language, then its base, then any region of the base, then English, then whatever there is; those that can be sent first.
fn in_language<'a>(entries: &[&'a TemplateEntry], wanted: &str) -> Option<&'a TemplateEntry> {
    let far = |entry: &&&TemplateEntry| {
        let language = entry.language.as_str();
        let distance = match () {
            () if language.eq_ignore_ascii_case(wanted) => 0,
            () if base(language) == base(wanted) && language.len() == base(language).len() => 1,
            () if base(language) == base(wanted) => 2,
            () if base(language) == LAST_RESORT => 3,
            () => 4,
        };
        (entry.status != TemplateStatus::Approved, distance)
    };
    entries.iter().min_by_key(far).copied()
}

/// `pt` of `pt_BR`.
fn base(language: &str) -> &str {
    language.split(['_', '-']).next().unwrap_or_default()
}

fn check(entry: &TemplateEntry, template: &Template) -> Result<(), String> {
    let count = |what: &str, wants: usize, given: usize| {
        let name = &template.name;
        if wants == given {
            Ok(())
        } else {
            Err(format!("the template `{name}` has {wants} {what}, and {given} are given"))
        }
    };
    count("parameters", entry.params, template.params.len())?;
    count("cards", entry.cards, template.cards.len())?;
    let needed = entry.buttons.iter().filter(|button| button.takes_param()).count();
    if template.buttons.len() < needed || template.buttons.len() > entry.buttons.len() {
        count("button parameters", needed, template.buttons.len())?;
    }
    let fits = match (&template.header, entry.header) {
        (None, HeaderKind::Nothing | HeaderKind::Location) => true,
        (Some(TemplateHeader::Text(_)), kind) => kind == HeaderKind::Text,
        (Some(TemplateHeader::Media(_)), kind) => {
            matches!(kind, HeaderKind::Image | HeaderKind::Video | HeaderKind::Document)
        }
        (None, _) => false,
    };
    if fits {
        Ok(())
    } else {
        Err(format!("the header of the template `{}` is of another kind, or missing", template.name))
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::{TemplateButton, Time};

    use super::*;

    fn entry(name: &str, language: &str) -> TemplateEntry {
        TemplateEntry {
            id: format!("id-{name}-{language}"),
            name: name.into(),
            language: language.into(),
            params: 1,
            ..TemplateEntry::default()
        }
    }

    #[test]
    fn means_and_fits() {
        let paused = TemplateEntry { status: TemplateStatus::Not("PAUSED".into()), ..entry("paused", "en") };
        let linked =
            TemplateEntry { buttons: vec![TemplateButton::Fixed, TemplateButton::Url], ..entry("linked", "en") };
        let pictured = TemplateEntry { header: HeaderKind::Image, ..entry("pictured", "en") };
        let templates = vec![entry("a", "en_US"), entry("a", "pt_BR"), entry("a", "ru"), paused, linked, pictured];
        let known = Catalogue { fetched_at: Some(Time(0)), templates };
        let cases = [
            ("a", "ru", 1, "ru"),
            ("a", "ru_RU", 1, "ru"),
            ("a", "pt_PT", 1, "pt_BR"),
            ("a", "de", 1, "en_US"),
            ("id-a-ru", "en", 1, "ru"),
            ("a", "ru", 2, "the template `a` has 1 parameters, and 2 are given"),
            ("b", "ru", 1, "the account has no template `b`"),
            ("paused", "en", 1, "the template `paused` cannot be sent: PAUSED"),
            ("linked", "en", 1, "the template `linked` has 1 button parameters, and 0 are given"),
            ("pictured", "en", 1, "the header of the template `pictured` is of another kind, or missing"),
        ];
        for (name, language, params, want) in cases {
            let template = Template {
                name: name.into(),
                language: language.into(),
                params: vec!["x".into(); params],
                ..Template::default()
            };
            let got = resolve(&known, &template).map(|entry| entry.unwrap().language.clone());
            assert_eq!(got.unwrap_or_else(|why| why), want, "{name} {language}");
            assert_eq!(resolve(&Catalogue::default(), &template), Ok(None), "nothing is known before the first fetch");
        }
    }
}
