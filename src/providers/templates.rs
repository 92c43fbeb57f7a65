//! Which of an account's templates a bot means, and whether what the bot gives fits it: told before anything is sent.

use crate::domain::{Catalogue, HeaderKind, Template, TemplateEntry, TemplateHeader, TemplateStatus};

/// The language that stands in where neither the wanted one nor its base is there.
const LAST_RESORT: &str = "en";
/// The category whose templates carry nothing but a code.
pub const AUTHENTICATION: &str = "AUTHENTICATION";

/// Why a template cannot go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The account has none of that name.
    #[error("the account has no template `{name}`")]
    Missing {
        /// As the bot names it.
        name: String,
    },
    /// It is paused, rejected, or waits for approval.
    #[error("the template `{name}` cannot be sent: {why}")]
    Unsendable {
        /// As the bot names it.
        name: String,
        /// The provider's word.
        why: String,
    },
    /// The bot names a language in which it is not there.
    #[error("the template `{name}` is not there in `{wanted}`: it is in {there}")]
    Language {
        /// As the bot names it.
        name: String,
        /// The language that the bot names.
        wanted: String,
        /// Those that there are.
        there: String,
    },
    /// Too many or too few of something.
    #[error("the template `{name}` has {wants} {what}, and {given} are given")]
    Count {
        /// As the bot names it.
        name: String,
        /// `parameters`, `cards`, `button parameters`.
        what: &'static str,
        /// So many it has.
        wants: usize,
        /// So many the bot gives.
        given: usize,
    },
    /// What stands above its body does not fit.
    #[error("the header of the template `{name}` is of another kind, or missing")]
    Header {
        /// As the bot names it.
        name: String,
    },
    /// A place stands above its body, and nothing that a bot says names one.
    #[error("the template `{name}` has a place above its text, which a bot cannot give")]
    Place {
        /// As the bot names it.
        name: String,
    },
}

impl From<Trouble> for String {
    fn from(trouble: Trouble) -> Self {
        trouble.to_string()
    }
}

/// The entry that a template means, and that what is given fits it; `None` where nothing is known of any template.
pub fn resolve<'a>(catalogue: &'a Catalogue, template: &Template) -> Result<Option<&'a TemplateEntry>, Trouble> {
    let entry = find(catalogue, template)?;
    entry.map_or(Ok(()), |entry| check(entry, template)).map(|()| entry)
}

/// The entry that a template means, as long as it can be sent; `None` where nothing is known of any template.
pub fn find<'a>(catalogue: &'a Catalogue, template: &Template) -> Result<Option<&'a TemplateEntry>, Trouble> {
    if catalogue.fetched_at.is_none() {
        return Ok(None);
    }
    let name = || template.name.clone();
    let entry = in_language(&named(catalogue, &template.name), &template.language)
        .ok_or_else(|| Trouble::Missing { name: name() })?;
    match &entry.status {
        TemplateStatus::Approved => Ok(Some(entry)),
        TemplateStatus::Not(why) => Err(Trouble::Unsendable { name: name(), why: why.clone() }),
    }
}

/// What speaks against a template before any is sent: `resolve`, and the language where the bot names one (where it does not,
/// `template.language` is empty, and the contact's is looked for at the time).
pub fn review(catalogue: &Catalogue, template: &Template) -> Result<(), Trouble> {
    let entry = find(catalogue, template)?;
    let wanted = &template.language;
    let there: Vec<&str> = named(catalogue, &template.name).iter().map(|entry| entry.language.as_str()).collect();
    let told = !wanted.is_empty() && there.iter().all(|language| !language.is_empty());
    if told && there.iter().all(|language| base(language) != base(wanted)) {
        let there = there.iter().map(|language| format!("`{language}`")).collect::<Vec<_>>().join(", ");
        return Err(Trouble::Language { name: template.name.clone(), wanted: wanted.clone(), there });
    }
    match entry.map_or(Ok(()), |entry| check(entry, template)) {
        // The code that it carries is one parameter to some providers, and two to others.
        Err(Trouble::Count { .. }) if entry.is_some_and(|entry| entry.category == AUTHENTICATION) => Ok(()),
        other => other,
    }
}

/// By an id, else all languages of its name.
fn named<'a>(catalogue: &'a Catalogue, name: &str) -> Vec<&'a TemplateEntry> {
    let all = || catalogue.templates.iter();
    let by_id: Vec<_> = all().filter(|entry| entry.id == name).collect();
    if !by_id.is_empty() {
        return by_id;
    }
    let by_name: Vec<_> = all().filter(|entry| entry.name == name).collect();
    if by_name.is_empty() {
        all().filter(|entry| entry.also.iter().any(|also| also == name)).collect()
    } else {
        by_name
    }
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

/// Does what is given fit?
pub fn check(entry: &TemplateEntry, template: &Template) -> Result<(), Trouble> {
    let count = |what: &'static str, wants: usize, given: usize| {
        let name = template.name.clone();
        if wants == given { Ok(()) } else { Err(Trouble::Count { name, what, wants, given }) }
    };
    count("parameters", entry.params, template.params.len())?;
    count("cards", entry.cards, template.cards.len())?;
    let needed = entry.buttons.iter().filter(|button| button.takes_param()).count();
    if template.buttons.len() < needed || template.buttons.len() > entry.buttons.len() {
        count("button parameters", needed, template.buttons.len())?;
    }
    let fits = match (&template.header, entry.header) {
        (_, HeaderKind::Location) => return Err(Trouble::Place { name: template.name.clone() }),
        (None, HeaderKind::Nothing) => true,
        (Some(TemplateHeader::Text(_)), kind) => kind == HeaderKind::Text,
        (Some(TemplateHeader::Media(_)), kind) => {
            matches!(kind, HeaderKind::Image | HeaderKind::Video | HeaderKind::Document)
        }
        (None, _) => false,
    };
    if fits { Ok(()) } else { Err(Trouble::Header { name: template.name.clone() }) }
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
        let placed = TemplateEntry { header: HeaderKind::Location, ..entry("placed", "en") };
        let variants = ["en_US", "pt_BR", "ru"].map(|language| entry("a", language));
        let templates = variants.into_iter().chain([paused, linked, pictured, placed]).collect();
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
            ("placed", "en", 1, "the template `placed` has a place above its text, which a bot cannot give"),
        ];
        for (name, language, params, want) in cases {
            let template = Template {
                name: name.into(),
                language: language.into(),
                params: vec!["x".into(); params],
                ..Template::default()
            };
            let got = resolve(&known, &template).map(|entry| entry.unwrap().language.clone());
            assert_eq!(got.unwrap_or_else(String::from), want, "{name} {language}");
            assert_eq!(resolve(&Catalogue::default(), &template), Ok(None), "nothing is known before the first fetch");
        }
    }
}
