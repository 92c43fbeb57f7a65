//! What is asked of Meta beside the sends: the templates, whether all is well, the webhook's registration.

use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use super::{CloudAccount, outcomes};
use crate::domain::{
    CallAnswer, CallBody, Finding, HeaderKind, Inquiring, Inquiry, Progress, ReportLine, TemplateButton, TemplateEntry,
    TemplateStatus,
};
use crate::providers::meta::fields::{self, Object};
use crate::providers::transport_outcome;

/// Pages of templates read: Meta allows 6000 of them, 100 a page.
const MOST_PAGES: u64 = 60;
/// What is asked of each template.
const FIELDS: &str = "id,name,language,status,category,components,parameter_format";

fn failed(why: impl Into<String>) -> Inquiring {
    Inquiring::Done(Finding::Failed { why: why.into() })
}

/// The body of an answer that went well, or why it did not.
fn well(answer: &CallAnswer) -> Result<Object, String> {
    let (fault, body) = outcomes::read(answer);
    match (fault, transport_outcome(answer, false), body) {
        (Some(fault), ..) => Err(fault.words),
        (None, None, Some(body)) => Ok(body),
        (None, Some(outcome), _) => Err(format!("{outcome:?}")),
        (None, None, None) => Err("an answer that is not Meta's JSON".into()),
    }
}

impl CloudAccount {
    pub(super) fn inquired(&self, inquiry: &Inquiry, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(business) = &self.business else {
            return failed("the account says no `business_account_id`, under which Meta keeps templates and webhooks");
        };
        match inquiry {
            Inquiry::Templates => self.templates(business, progress, answer),
            Inquiry::Check { .. } => self.check(business, progress, answer),
            Inquiry::Setup { url } => self.set_up(business, url, answer),
            _ => Inquiring::Done(Finding::Unsupported),
        }
    }

    fn ask(&self, path: &str, progress: Progress) -> Inquiring {
        Inquiring::Call { call: Box::new(self.call("GET", path, CallBody::Empty, false)), progress }
    }

    fn templates(&self, business: &str, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        let path = format!("{business}/message_templates?limit=100&fields={FIELDS}");
        let Some(answer) = answer else { return self.ask(&path, json!({"page": 1, "found": []})) };
        let body = match well(answer) {
            Ok(body) => body,
            Err(why) => return failed(why),
        };
        let mut found: Vec<TemplateEntry> =
            progress.get("found").and_then(|found| serde_json::from_value(found.clone()).ok()).unwrap_or_default();
        found.extend(fields::list(&body, "data").iter().filter_map(Json::as_object).filter_map(entry));
        let page = progress.get("page").and_then(Json::as_u64).unwrap_or(1);
        let paging = fields::object(&body, "paging").filter(|paging| paging.contains_key("next"));
        let after = paging.and_then(|paging| fields::id(fields::object(paging, "cursors")?.get("after")));
        match after.filter(|_| page < MOST_PAGES) {
            Some(after) => {
                let after: String = form_urlencoded::byte_serialize(after.as_bytes()).collect();
                self.ask(&format!("{path}&after={after}"), json!({"page": page + 1, "found": found}))
            }
            None => Inquiring::Done(Finding::Templates(found)),
        }
    }

    fn check(&self, business: &str, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(answer) = answer else {
            let path = format!("{}?fields=display_phone_number,verified_name,quality_rating", self.number);
            return self.ask(&path, Progress::Null);
        };
        let first: Option<ReportLine> = serde_json::from_value(progress.clone()).ok();
        let Some(first) = first else {
            let line = of_number(well(answer));
            return self.ask(&format!("{business}/subscribed_apps"), serde_json::to_value(line).unwrap_or_default());
        };
        Inquiring::Done(Finding::Report(vec![first, of_webhook(well(answer))]))
    }

    fn set_up(&self, business: &str, url: &str, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(word) = &self.verify_token else {
            return failed("the account says no `verify_token`, which Meta asks for at the registration");
        };
        let Some(answer) = answer else {
            let body = CallBody::Json(json!({"override_callback_uri": url, "verify_token": word.expose_secret()}));
            let call = Box::new(self.call("POST", &format!("{business}/subscribed_apps"), body, false));
            return Inquiring::Call { call, progress: Progress::Null };
        };
        let line = match well(answer) {
            Ok(_) => line(true, format!("webhooks go to {url}"), None),
            Err(why) => line(false, why, Some("the server must be reachable at this address while this runs")),
        };
        Inquiring::Done(Finding::Report(vec![line]))
    }
}

fn line(well: bool, what: String, todo: Option<&str>) -> ReportLine {
    ReportLine { well, what, todo: todo.map(str::to_owned) }
}

fn of_number(answer: Result<Object, String>) -> ReportLine {
    match answer {
        Ok(body) => {
            let text = |key: &str| fields::text(body.get(key));
            line(true, format!("the number {} ({})", text("display_phone_number"), text("verified_name")), None)
        }
        Err(why) => line(false, format!("the number: {why}"), Some("check `token` and `phone_number_id`")),
    }
}

fn of_webhook(answer: Result<Object, String>) -> ReportLine {
    let todo = Some("subscribe the app to `messages` in Meta's dashboard");
    match answer {
        Ok(body) if fields::list(&body, "data").is_empty() => {
            line(false, "no app is subscribed to the webhooks".into(), todo)
        }
        Ok(_) => line(true, "an app is subscribed to the webhooks".into(), None),
        Err(why) => {
            line(false, format!("the webhook: {why}"), Some("check `business_account_id` and the token's permissions"))
        }
    }
}

fn entry(object: &Object) -> Option<TemplateEntry> {
    let text = |key: &str| fields::text(object.get(key));
    let components: Vec<&Object> = fields::list(object, "components").iter().filter_map(Json::as_object).collect();
    let of = |kind: &str| components.iter().copied().find(|part| is(part, "type", kind));
    let body = of("BODY").map(|body| fields::text(body.get("text"))).unwrap_or_default();
    let params = placeholders(&body);
    let named = is(object, "parameter_format", "NAMED");
    let status = text("status");
    Some(TemplateEntry {
        id: text("id"),
        name: fields::id(object.get("name"))?,
        language: fields::id(object.get("language"))?,
        status: if status == "APPROVED" { TemplateStatus::Approved } else { TemplateStatus::Not(status) },
        category: text("category"),
        params: params.len(),
        names: if named { params } else { Vec::new() },
        header: of("HEADER").map(header).unwrap_or_default(),
        buttons: of("BUTTONS").map(buttons).unwrap_or_default(),
        cards: of("CAROUSEL").map(|carousel| fields::list(carousel, "cards").len()).unwrap_or_default(),
        body,
        ..TemplateEntry::default()
    })
}

fn is(object: &Object, key: &str, word: &str) -> bool {
    object.get(key).and_then(Json::as_str).is_some_and(|text| text.eq_ignore_ascii_case(word))
}

/// What stands in `{{ }}`, each once, in order.
fn placeholders(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in text.split("{{").skip(1) {
        let name = part.split("}}").next().unwrap_or_default().trim().to_owned();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn header(object: &Object) -> HeaderKind {
    match fields::text(object.get("format")).as_str() {
        "TEXT" if fields::text(object.get("text")).contains("{{") => HeaderKind::Text,
        "IMAGE" => HeaderKind::Image,
        "VIDEO" => HeaderKind::Video,
        "DOCUMENT" => HeaderKind::Document,
        "LOCATION" => HeaderKind::Location,
        _ => HeaderKind::Nothing,
    }
}

fn buttons(object: &Object) -> Vec<TemplateButton> {
    let button = |button: &Object| match fields::text(button.get("type")).as_str() {
        "QUICK_REPLY" => TemplateButton::QuickReply,
        "URL" if fields::text(button.get("url")).contains("{{") => TemplateButton::Url,
        "COPY_CODE" => TemplateButton::CopyCode,
        _ => TemplateButton::Fixed,
    };
    fields::list(object, "buttons").iter().filter_map(Json::as_object).map(button).collect()
}
