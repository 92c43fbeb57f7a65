//! `accounts check` of the Cloud API: the number, what the token may do and until when, where webhooks go.

use secrecy::ExposeSecret;
use serde_json::Value as Json;

use super::CloudAccount;
use super::inquiries::{BUSINESS_TODO, NO_BUSINESS, body, trouble};
use crate::domain::{CallAnswer, Inquiring, Progress, ReportLine, Time};
use crate::providers::meta::fields::{self, Object};
use crate::providers::quoted;
use crate::providers::reports::{amiss, bare, come_to, report, well, why};

/// What a token must be allowed: to send, and to see templates and webhooks (Meta's overview of permissions).
const PERMISSIONS: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];
/// What to do about a token that lacks something or ends.
const TOKEN_TODO: &str = "make a token that never ends, of a system user with `whatsapp_business_messaging` and `whatsapp_business_management`, in Meta's \
                          business settings, and put it into `token`";

impl CloudAccount {
    /// One call after the other; what they came to so far is the progress.
    pub(super) fn check(&self, url: Option<&str>, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(answer) = answer else {
            let path = format!("{}?fields=display_phone_number,verified_name,quality_rating", self.number);
            return self.ask(&path, &Progress::Null);
        };
        let mut lines: Vec<ReportLine> = come_to(progress);
        match lines.len() {
            0 => lines.push(of_number(answer)),
            1 => lines.push(of_token(answer)),
            _ => lines.push(of_webhook(answer, url)),
        }
        match (lines.as_slice(), &self.business) {
            ([number], _) if number.well => self.ask(&self.own_token(), &lines),
            ([_, _], Some(business)) => self.ask(&format!("{business}/subscribed_apps"), &lines),
            ([_, _], None) => {
                lines.push(amiss(NO_BUSINESS, BUSINESS_TODO));
                report(lines)
            }
            _ => report(lines),
        }
    }

    /// A token may ask about itself (Meta's reference of `debug_token`).
    fn own_token(&self) -> String {
        let token: String = form_urlencoded::byte_serialize(self.token.expose_secret().as_bytes()).collect();
        format!("debug_token?input_token={token}")
    }
}

fn of_number(answer: &CallAnswer) -> ReportLine {
    match body(answer) {
        Ok(body) => {
            let text = |key: &str| quoted(&fields::text(body.get(key)));
            well(format!("the token works for the number {} ({})", text("display_phone_number"), text("verified_name")))
        }
        Err(outcome) => trouble(answer, &outcome),
    }
}

/// Meta does not tell everybody what a token may do: that alone is no fault.
fn of_token(answer: &CallAnswer) -> ReportLine {
    let told = body(answer);
    let data = match &told {
        Ok(body) => fields::object(body, "data"),
        Err(outcome) => return well(format!("what the token may do Meta does not tell: {}", why(outcome))),
    };
    let Some(data) = data else { return well("what the token may do Meta does not tell") };
    let may: Vec<&str> = fields::list(data, "scopes").iter().filter_map(Json::as_str).collect();
    let lacking: Vec<String> =
        PERMISSIONS.iter().filter(|wanted| !may.contains(wanted)).map(|wanted| format!("`{wanted}`")).collect();
    if !lacking.is_empty() {
        return amiss(format!("the token lacks {}", lacking.join(" and ")), TOKEN_TODO);
    }
    match ends(data) {
        Some(end) => amiss(format!("the token ends at {end}"), TOKEN_TODO),
        None => well("the token may send, and see templates and webhooks, and does not end"),
    }
}

/// Seconds since 1970; 0 is never.
fn ends(token: &Object) -> Option<Time> {
    let end = token.get("expires_at")?.as_i64().filter(|end| *end > 0)?;
    Some(Time::from_unix(end))
}

/// Meta names the address only where it was registered for the business account; the app's own stands in its settings.
fn of_webhook(answer: &CallAnswer, url: Option<&str>) -> ReportLine {
    let body = match body(answer) {
        Ok(body) => body,
        Err(outcome) => return trouble(answer, &outcome),
    };
    let apps = fields::list(&body, "data");
    if apps.is_empty() {
        return amiss(
            "no app is subscribed to the webhooks",
            "`frontdesk accounts setup` registers it; subscribe the app to `messages` in Meta's dashboard",
        );
    }
    let goes: Vec<&str> = apps.iter().filter_map(|app| app.get("override_callback_uri")?.as_str()).collect();
    match (goes.as_slice(), url) {
        ([], _) => well("an app is subscribed to the webhooks; where they go stands in its settings"),
        (goes, Some(url)) if !goes.iter().any(|to| bare(to) == bare(url)) => {
            let to = goes.iter().map(|to| quoted(bare(to))).collect::<Vec<_>>().join(" and ");
            amiss(format!("webhooks go to {to}, not to {url}"), "`frontdesk accounts setup` registers this address")
        }
        (goes, _) => well(format!("webhooks go to {}", quoted(bare(goes.first().copied().unwrap_or_default())))),
    }
}
