//! The list of templates, page by page.

use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json_borrow::Value as Json;

use super::super::fields::{self, Object};
use super::super::v1::lookup::{data_of, encoded, next_page};
use super::super::v2::rates;
use super::super::{Api, PactAccount};
use super::body;
use crate::domain::{
    Call, CallAnswer, CallBody, Finding, HeaderKind, Inquiring, Progress, TemplateEntry, TemplateStatus,
};
use crate::providers::reports::{call, come_to, failed, why};

/// Templates asked for at once: the most that V1 gives, and what the document of V2 shows.
const PER_PAGE: usize = 100;
const PER_PAGE_V2: usize = 50;
/// Pages read: Meta allows a company 250 templates, verified ones 6000.
const MOST_PAGES: u32 = 120;
/// Longest body kept, in characters: Meta's limit is 1024.
const LONGEST_BODY: usize = 2048;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Far {
    pages: u32,
    found: Vec<TemplateEntry>,
}

pub(super) fn next(account: &PactAccount, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
    let mut far: Far = come_to(progress);
    let Some(answer) = answer else { return call(page(account, 1, None), &Far { pages: 1, ..Far::default() }) };
    let read = match body(answer) {
        Ok(body) => read(account.api, body),
        Err(outcome) => return failed(why(&outcome)),
    };
    let Some((entries, more)) = read else { return failed("an answer that is no list of templates") };
    far.found.extend(entries);
    if let (Some(from), true) = (more, far.pages < MOST_PAGES) {
        far.pages += 1;
        return call(page(account, far.pages, Some(&from)), &far);
    }
    Inquiring::Done(Finding::Templates(far.found))
}

/// A page; `from` is V1's token.
pub(super) fn page(account: &PactAccount, number: u32, from: Option<&str>) -> Call {
    match account.api {
        Api::V1 => {
            let from = from.map(|token| format!("&from={}", encoded(token))).unwrap_or_default();
            account.get(&account.path(&format!("waba_templates?per={PER_PAGE}{from}")))
        }
        Api::V2 => {
            let sort = json!({"position": "asc"});
            let parameters =
                json!({"company_ids": [account.company_id], "sort": sort, "page": number, "per_page": PER_PAGE_V2});
            let call = account.call("GET", "api/p2/waba_templates", CallBody::Json(parameters), false);
            Call { spends: Some(rates::TEMPLATES), ..call }
        }
    }
}

/// The entries of a page, and what the next one is asked for by.
pub(super) fn read(api: Api, body: &[u8]) -> Option<(Vec<TemplateEntry>, Option<String>)> {
    match api {
        Api::V1 => {
            let data = data_of(body)?;
            Some((entries(data.get("waba_templates")?)?, next_page(&data)))
        }
        Api::V2 => {
            let answer: Json<'_> = fields::json(body).ok()?;
            let listed = answer.get("waba_templates");
            let meta = answer.get("meta").get("per_page").as_u64();
            let per_page = meta.and_then(|n| usize::try_from(n).ok()).unwrap_or(PER_PAGE_V2).max(1);
            let more = listed.as_array()?.len() >= per_page;
            Some((entries(listed)?, more.then(String::new)))
        }
    }
}

fn entries(list: &Json<'_>) -> Option<Vec<TemplateEntry>> {
    Some(list.as_array()?.iter().filter_map(Json::as_object).filter_map(entry).collect())
}

/// Pact tells neither language nor status; what it lists can be sent.
fn entry(object: &Object<'_>) -> Option<TemplateEntry> {
    let text = |key: &str| object.get(key).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let body: String = text("body").unwrap_or_default().chars().take(LONGEST_BODY).collect();
    let told = fields::whole(object.get("substitutions_count")).and_then(|n| usize::try_from(n).ok());
    let id = text("waba_id")?;
    Some(TemplateEntry {
        name: text("name").unwrap_or_else(|| id.clone()),
        also: fields::id(object.get("id")).into_iter().collect(),
        id,
        status: TemplateStatus::Approved,
        params: told.unwrap_or_else(|| numbers_in(&body)),
        header: header(text("header_content_type").as_deref(), text("header").as_deref()),
        body,
        ..TemplateEntry::default()
    })
}

/// The highest of `{{1}}`, `{{2}}` …
fn numbers_in(body: &str) -> usize {
    let numbers = body.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")?.0.trim().parse::<usize>().ok());
    numbers.filter(|number| *number <= 100).max().unwrap_or_default()
}

fn header(kind: Option<&str>, text: Option<&str>) -> HeaderKind {
    match kind {
        Some("image") => HeaderKind::Image,
        Some("video") => HeaderKind::Video,
        Some("document") => HeaderKind::Document,
        Some("text") if text.is_some_and(|text| text.contains("{{")) => HeaderKind::Text,
        _ => HeaderKind::Nothing,
    }
}
