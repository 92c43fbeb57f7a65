//! The list of templates, page by page. Its document shows no entry of it; each is Meta's own object, as for the call that makes one.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::super::GetchatAccount;
use super::super::calls::read;
use super::results;
use crate::domain::{CallAnswer, Finding, Inquiring, Progress, TemplateEntry};
use crate::providers::meta;
use crate::providers::reports::{call, come_to, failed, why};

/// Templates of a page.
const PER_PAGE: usize = 100;
/// Pages read: WhatsApp allows 6000 templates a business account.
const MOST_PAGES: usize = 60;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Far {
    pages: usize,
    found: Vec<TemplateEntry>,
}

pub(super) fn next(account: &GetchatAccount, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
    let page =
        |far: &Far| call(account.get(&format!("templates/?limit={PER_PAGE}&offset={}", far.pages * PER_PAGE)), far);
    let Some(answer) = answer else { return page(&Far::default()) };
    let mut far: Far = come_to(progress);
    let json = match read(answer, false) {
        Ok(json) => json,
        Err(outcome) => return failed(why(&outcome)),
    };
    let Some(listed) = results(&json) else { return failed("an answer that is no list of templates") };
    far.found.extend(listed.iter().take(PER_PAGE).filter_map(Json::as_object).filter_map(meta::templates::entry));
    far.pages += 1;
    let more = json.get("next").is_some_and(Json::is_string) && !listed.is_empty();
    if more && far.pages < MOST_PAGES { page(&far) } else { Inquiring::Done(Finding::Templates(far.found)) }
}
