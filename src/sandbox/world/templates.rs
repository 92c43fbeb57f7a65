//! Templates of the company, as its list has them, and what Meta says of one that does not fit.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::message::{Choice, Pressable, Template};

/// A button of a template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct ListedButton {
    /// `QUICK_REPLY`, `URL`, `COPY_CODE`, `PHONE_NUMBER`.
    #[serde(rename = "type")]
    pub(in crate::sandbox) kind: String,
    pub(in crate::sandbox) text: String,
    #[serde(default)]
    pub(in crate::sandbox) url: String,
}

/// A template of the company.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Listed {
    pub(in crate::sandbox) waba_id: String,
    pub(in crate::sandbox) name: String,
    #[serde(default)]
    pub(in crate::sandbox) body: String,
    #[serde(default)]
    pub(in crate::sandbox) substitutions_count: usize,
    #[serde(default = "english")]
    pub(in crate::sandbox) language: String,
    #[serde(default = "approved")]
    pub(in crate::sandbox) status: String,
    #[serde(default = "utility")]
    pub(in crate::sandbox) category: String,
    /// `TEXT`, `IMAGE`, `VIDEO`, `DOCUMENT`.
    pub(in crate::sandbox) header: Option<String>,
    #[serde(default)]
    pub(in crate::sandbox) buttons: Vec<ListedButton>,
    /// The list does not tell its parts, where a provider has a call for one alone.
    #[serde(default)]
    pub(in crate::sandbox) brief: bool,
}

fn english() -> String {
    "en".into()
}

fn approved() -> String {
    "APPROVED".into()
}

fn utility() -> String {
    "UTILITY".into()
}

/// Why a template cannot go: Meta's number and words.
pub(in crate::sandbox) type Unfit = (u32, String);

/// The template meant, if there is a list: without one every template is known, with any parameters. `language` `""`: any.
pub(super) fn find<'a>(list: &'a [Listed], template: &Template) -> Result<Option<&'a Listed>, Unfit> {
    template.check().map_err(|why| (132_012, why.trim_start_matches("132012: ").to_owned()))?;
    if list.is_empty() {
        return Ok(None);
    }
    let fits = |one: &&Listed| {
        let named = one.name == template.id || one.waba_id == template.id;
        named && (template.language.is_empty() || one.language == template.language)
    };
    let missing = || (132_001, format!("template name ({}) does not exist in {}", template.id, template.language));
    let listed = list.iter().find(fits).ok_or_else(missing)?;
    match listed.status.as_str() {
        "APPROVED" => {}
        "PAUSED" => return Err((132_015, "the template is paused".into())),
        "DISABLED" => return Err((132_016, "the template is disabled".into())),
        _ => return Err(missing()),
    }
    let (given, wanted) = (template.parameters.len(), listed.parameters());
    if given != wanted {
        let why = format!("number of parameters does not match the expected number ({given} for {wanted})");
        return Err((132_000, why));
    }
    Ok(Some(listed))
}

impl Listed {
    /// How many parameters its body has.
    pub(in crate::sandbox) fn parameters(&self) -> usize {
        let holes = (1..=self.body.matches("{{").count()).filter(|n| self.body.contains(&format!("{{{{{n}}}}}")));
        self.substitutions_count.max(holes.count())
    }

    /// Its text with the parameters in it.
    pub(super) fn filled(&self, parameters: &[String]) -> String {
        let fill = |text: String, (n, value): (usize, &String)| text.replace(&format!("{{{{{}}}}}", n + 1), value);
        parameters.iter().enumerate().fold(self.body.clone(), fill)
    }

    /// What can be pressed on it; `payloads` are those that were sent with it.
    pub(super) fn pressable(&self, payloads: &[Choice]) -> Option<Pressable> {
        let replies = self.buttons.iter().filter(|button| button.kind == "QUICK_REPLY").enumerate();
        let option = |(n, button): (usize, &ListedButton)| {
            let id = payloads.get(n).map_or_else(|| button.text.clone(), |choice| choice.id.clone());
            Choice { id, title: button.text.clone(), description: String::new() }
        };
        let options: Vec<Choice> = replies.map(option).collect();
        (!options.is_empty()).then_some(Pressable::Buttons { options })
    }

    /// As V1 of Pact lists it.
    pub(in crate::sandbox) fn listed(&self, company: u64, n: usize) -> Json {
        json!({
            "id": n + 1, "company_id": company, "name": self.name, "waba_id": self.waba_id, "body": self.body,
            "substitutions_count": self.substitutions_count, "position": n + 1,
        })
    }

    /// Its parts, as Meta lists them.
    pub(in crate::sandbox) fn components(&self) -> Json {
        let mut parts = Vec::new();
        if let Some(format) = &self.header {
            parts.push(json!({"type": "HEADER", "format": format}));
        }
        parts.push(json!({"type": "BODY", "text": self.body}));
        if !self.buttons.is_empty() {
            let button = |button: &ListedButton| match button.url.as_str() {
                "" => json!({"type": button.kind, "text": button.text}),
                url => json!({"type": button.kind, "text": button.text, "url": url}),
            };
            parts.push(json!({"type": "BUTTONS", "buttons": self.buttons.iter().map(button).collect::<Vec<_>>()}));
        }
        Json::Array(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fit_or_are_refused_by_number() {
        let list: Vec<Listed> = serde_json::from_str(
            r#"[{"waba_id": "1", "name": "visit", "body": "On {{1}} at {{2}}"}, {"waba_id": "2", "name": "old", "status": "PAUSED"},
                {"waba_id": "3", "name": "bad", "status": "REJECTED"}]"#,
        )
        .unwrap();
        let cases: &[(&str, &str, &[&str], Option<u32>)] = &[
            ("visit", "en", &["Monday", "9:00"], None),
            ("1", "", &["Monday", "9:00"], None),
            ("visit", "en", &["Monday"], Some(132_000)),
            ("visit", "ru", &["Monday", "9:00"], Some(132_001)),
            ("visit", "en", &["Monday", ""], Some(132_012)),
            ("visit", "en", &["Mon\nday", "9:00"], Some(132_012)),
            ("old", "en", &[], Some(132_015)),
            ("bad", "en", &[], Some(132_001)),
            ("none", "en", &[], Some(132_001)),
        ];
        for (name, language, parameters, want) in cases {
            let parameters = parameters.iter().map(|text| (*text).to_owned()).collect();
            let template = Template { id: (*name).to_owned(), language: (*language).to_owned(), parameters };
            let got = find(&list, &template).err().map(|(code, _)| code);
            assert_eq!(got, *want, "{template:?}");
            assert_eq!(find(&[], &template).err().map(|(code, _)| code), want.filter(|code| *code == 132_012));
        }
        assert_eq!(list[0].filled(&["Monday".into(), "9:00".into()]), "On Monday at 9:00");
    }
}
