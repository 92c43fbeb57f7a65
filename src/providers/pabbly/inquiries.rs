//! What can be asked of Pabbly beside the sends: the templates, page by page, and whether all is well.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{PabblyAccount, outcomes, templates};
use crate::domain::{CallAnswer, Finding, Inquiring, Inquiry, Outcome, Progress, ReportLine, TemplateEntry};

/// Templates of a page: the document's default.
const PER_PAGE: usize = 50;
/// Pages at most: WhatsApp allows 6000 templates an account.
const MOST_PAGES: u32 = 120;

/// How far the list of templates was read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Pages {
    read: u32,
    templates: Vec<TemplateEntry>,
}

fn failed(outcome: &Outcome) -> Inquiring {
    let why = outcome.why().unwrap_or("an answer that says nothing").to_owned();
    Inquiring::Done(Finding::Failed { why })
}

fn line(well: bool, what: impl Into<String>, todo: Option<String>) -> ReportLine {
    ReportLine { well, what: what.into(), todo }
}

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
            Inquiry::Setup { url } => {
                let what = "Pabbly has no call that sets up a webhook";
                Inquiring::Done(Finding::Report(vec![line(false, what, Some(by_hand(url)))]))
            }
            Inquiry::Login | Inquiry::Since(_) => Inquiring::Done(Finding::Unsupported),
        }
    }

    fn list_templates(&self, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(answer) = answer else { return self.page(Pages::default()) };
        let mut pages = Pages::deserialize(progress).unwrap_or_default();
        let json = match outcomes::success(answer, false) {
            Ok(json) => json,
            Err(outcome) => return failed(&outcome),
        };
        let Some(list) = json.pointer("/data/templates").and_then(Json::as_array) else {
            return Inquiring::Done(Finding::Failed { why: "an answer without `data.templates`".into() });
        };
        pages.read += 1;
        pages.templates.extend(list.iter().take(PER_PAGE).filter_map(templates::read));
        let more = json.pointer("/data/pagination/hasNextPage").and_then(Json::as_bool).unwrap_or_default();
        if more && !list.is_empty() && pages.read < MOST_PAGES {
            return self.page(pages);
        }
        Inquiring::Done(Finding::Templates(pages.templates))
    }

    fn page(&self, pages: Pages) -> Inquiring {
        let path = format!("templates?limit={PER_PAGE}&page={}", pages.read + 1);
        let progress = serde_json::to_value(pages).unwrap_or_default();
        Inquiring::Call { call: Box::new(self.get(&path)), progress }
    }

    /// The key is tried by the cheapest call; webhooks cannot be looked up.
    fn check(&self, url: Option<&str>, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(answer) = answer else {
            return Inquiring::Call { call: Box::new(self.get("settings/tags")), progress: Progress::Null };
        };
        let key = match outcomes::success(answer, false) {
            Ok(_) => line(true, "Pabbly takes the API key", None),
            Err(Outcome::Denied { why }) => {
                let todo = "copy the API key again from Pabbly's Settings, API & Webhooks";
                line(false, format!("Pabbly refuses the API key: {why}"), Some(todo.to_owned()))
            }
            Err(other) => return failed(&other),
        };
        let webhook = line(true, "Pabbly does not tell which webhooks are set up", url.map(by_hand));
        Inquiring::Done(Finding::Report(vec![key, webhook]))
    }
}
