//! What can be asked of Pabbly beside the sends: the templates, page by page, and whether all is well.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{PabblyAccount, outcomes, templates};
use crate::domain::{CallAnswer, CallBody, Finding, Inquiring, Inquiry, Progress, ReportLine, TemplateEntry};
use crate::providers::lies_at;
use crate::providers::reports::{Advice, amiss, call, come_to, failed, report, well, why};

/// Templates of a page: the document's default.
const PER_PAGE: usize = 50;
/// Pages at most: WhatsApp allows 6000 templates an account.
const MOST_PAGES: u32 = 120;
/// Templates at most that are asked for one by one.
const MOST_DETAILS: usize = 200;

/// How far the list of templates was read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Pages {
    read: u32,
    templates: Vec<TemplateEntry>,
    /// Ids of templates of which the list does not say what they consist of.
    brief: Vec<String>,
    /// The list was read to its end.
    listed: bool,
}

/// What to do about failures.
const ADVICE: Advice = Advice {
    provider: "Pabbly",
    credentials: "copy the API key again from Pabbly's Settings, API & Webhooks, into `token`",
    ids: "leave `base_url` out",
};

/// Where webhooks are set up, by hand: there is no call for it.
fn by_hand(url: &str) -> String {
    format!(
        "in Pabbly's Settings, API & Webhooks, add the webhook {url}?auth=SECRET with the account's `webhook_secret`"
    )
}

impl PabblyAccount {
    /// The next step of an inquiry.
    pub(super) fn find_out(&self, inquiry: &Inquiry, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        match inquiry {
            Inquiry::Templates => self.list_templates(progress, answer),
            Inquiry::Check { url } => self.check(url.as_deref(), answer),
            Inquiry::Setup { url } => report(vec![amiss("Pabbly has no call that sets up a webhook", by_hand(url))]),
            Inquiry::File { id, .. } => self.find_file(id, answer),
            Inquiry::Login | Inquiry::Since(_) => Inquiring::Done(Finding::Unsupported),
        }
    }

    /// Pabbly tells where a file lies, for an hour; whoever has the address gets it.
    fn find_file(&self, id: &str, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(answer) = answer else {
            return call(self.call("GET", &format!("media?id={id}"), CallBody::Empty, false), &Progress::Null);
        };
        match outcomes::success(answer, false) {
            Ok(json) => {
                let url = json.pointer("/data/mediaUrl").and_then(Json::as_str).unwrap_or_default();
                lies_at(url, &self.base_url, &[], None)
            }
            Err(outcome) => failed(why(&outcome)),
        }
    }

    fn list_templates(&self, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(answer) = answer else { return self.page(&Pages::default()) };
        let mut pages: Pages = come_to(progress);
        let json = match outcomes::success(answer, false) {
            Ok(json) => json,
            Err(outcome) => return failed(why(&outcome)),
        };
        if pages.listed {
            return self.add_details(pages, &json);
        }
        let Some(list) = json.pointer("/data/templates").and_then(Json::as_array) else {
            return failed("an answer without `data.templates`");
        };
        pages.read += 1;
        let entries = || list.iter().take(PER_PAGE).filter_map(|one| Some((one, templates::read(one)?)));
        let brief = entries().filter(|(one, _)| one.get("components").is_none()).map(|(_, entry)| entry.id);
        let room = MOST_DETAILS.saturating_sub(pages.brief.len());
        pages.brief.extend(brief.take(room));
        pages.templates.extend(entries().map(|(_, entry)| entry));
        let more = json.pointer("/data/pagination/hasNextPage").and_then(Json::as_bool).unwrap_or_default();
        if more && !list.is_empty() && pages.read < MOST_PAGES {
            return self.page(&pages);
        }
        pages.listed = true;
        self.next_details(pages)
    }

    /// What the list left out is asked for one by one.
    fn next_details(&self, pages: Pages) -> Inquiring {
        match pages.brief.first() {
            Some(id) => {
                let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
                call(self.get(&format!("templates/{id}?by=id")), &pages)
            }
            None => Inquiring::Done(Finding::Templates(pages.templates)),
        }
    }

    fn add_details(&self, mut pages: Pages, json: &Json) -> Inquiring {
        let id = if pages.brief.is_empty() { String::new() } else { pages.brief.remove(0) };
        let told = json.pointer("/data/template").and_then(templates::read);
        if let (Some(told), Some(entry)) = (told, pages.templates.iter_mut().find(|entry| entry.id == id)) {
            *entry = told;
        }
        self.next_details(pages)
    }

    fn page(&self, pages: &Pages) -> Inquiring {
        let path = format!("templates?limit={PER_PAGE}&page={}", pages.read + 1);
        call(self.get(&path), &pages)
    }

    /// The key is tried by the cheapest call; webhooks cannot be looked up.
    fn check(&self, url: Option<&str>, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(answer) = answer else { return call(self.get("settings/tags"), &Progress::Null) };
        let mut lines = vec![match outcomes::success(answer, false) {
            Ok(_) => well("Pabbly takes the API key"),
            Err(outcome) => ADVICE.of(answer, &outcome),
        }];
        if let (true, Some(url)) = (lines.iter().all(|line| line.well), url) {
            let todo = Some(by_hand(url));
            lines.push(ReportLine { todo, ..well("Pabbly does not tell which webhooks are set up") });
        }
        report(lines)
    }
}
