//! What is asked of get.chat beside the sends: a token, its templates, whether all is well, the registration of the webhook, what was missed.

use serde_json::{Value as Json, json};

use super::calls::read;
use super::{Entry, GetchatAccount, WEBHOOKS};
use crate::domain::{Call, CallAnswer, CallBody, Finding, Inquiring, Inquiry, Outcome, Progress};
use crate::providers::reports::{Advice, call, failed, why};
use secrecy::{ExposeSecret as _, SecretString};

mod check;
mod setup;
mod since;
mod templates;

/// What to do about failures.
const ADVICE: Advice = Advice {
    provider: "get.chat",
    credentials: "give the bot's user a token (or user name and password) that get.chat takes, in `token` (or `username` and `password`)",
    ids: "write the inbox's address as `base_url`: `https://NAME.inbox.getchat.360dialog.io`",
};
/// Webhooks asked for at once: one user has a few.
const MOST_WEBHOOKS: usize = 200;

impl GetchatAccount {
    pub(super) fn answer(&self, inquiry: &Inquiry, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        match inquiry {
            Inquiry::Login => self.log_in(answer),
            Inquiry::Templates => templates::next(self, progress, answer),
            Inquiry::Check { url } => check::next(self, url.as_deref(), progress, answer),
            Inquiry::Setup { url } => setup::next(self, url, progress, answer),
            Inquiry::File { id, mime } => self.find_file(id, mime),
            Inquiry::Since(since) => since::next(self, *since, progress, answer),
        }
    }

    /// A token that get.chat has given before is given again: logging in twice does no harm.
    fn log_in(&self, answer: Option<&CallAnswer>) -> Inquiring {
        let Entry::Password { username, password } = &self.entry else {
            return Inquiring::Done(Finding::Unsupported);
        };
        let Some(answer) = answer else {
            let body = CallBody::Json(json!({"username": username, "password": password.expose_secret()}));
            return call(self.call("POST", "auth/token/", body, false), &Progress::Null);
        };
        match read(answer, false) {
            Ok(json) => match json.get("token").and_then(Json::as_str).filter(|token| !token.is_empty()) {
                Some(token) => {
                    Inquiring::Done(Finding::Token { token: SecretString::from(token.to_owned()), until: None })
                }
                None => failed("get.chat answered without a token"),
            },
            // A wrong password is told with 400; the words may repeat what was sent.
            Err(Outcome::Rejected { .. } | Outcome::Denied { .. }) => {
                failed("get.chat refuses `username` and `password`")
            }
            Err(outcome) => failed(why(&outcome)),
        }
    }

    /// get.chat keeps the files itself, and says of what type they are only to whoever tells it.
    fn find_file(&self, id: &str, mime: &str) -> Inquiring {
        let kind = mime.split_once('/').map(|(main, sub)| {
            let encoded = [("mime_type_type", main), ("mime_type_subtype", sub)];
            form_urlencoded::Serializer::new("?".to_owned()).extend_pairs(encoded).finish()
        });
        let call = Box::new(self.get(&format!("media/{id}/{}", kind.unwrap_or_default())));
        Inquiring::Done(Finding::File { call, mime: None, at_home: true })
    }

    fn list_webhooks(&self) -> Call {
        self.get(&format!("{}?limit={MOST_WEBHOOKS}", self.inferred.of(&WEBHOOKS)))
    }

    /// The webhooks of the bot's own user: an admin is shown those of all.
    fn our_webhooks(&self, json: &Json) -> Option<Vec<Webhook>> {
        let listed = results(json)?;
        let ours = |hook: &&Json| {
            let user = hook.get("user").and_then(|user| user.as_u64().or_else(|| user.get("id")?.as_u64()));
            user.is_none_or(|user| user == self.user_id)
        };
        Some(listed.iter().filter(ours).filter_map(Webhook::read).collect())
    }
}

/// The entries of a list: a page of them, or all of them bare.
fn results(json: &Json) -> Option<&Vec<Json>> {
    json.get("results").unwrap_or(json).as_array()
}

/// A webhook as get.chat lists it.
struct Webhook {
    id: Option<u64>,
    url: String,
    /// Told of are messages of contacts, those of our side, and chats that are assigned.
    tells_all: bool,
}

impl Webhook {
    fn read(json: &Json) -> Option<Self> {
        let tells = |event: &&str| json.get(*event).and_then(Json::as_bool) == Some(true);
        let tells_all = ["on_incoming_message", "on_outgoing_message", "on_assigned"].iter().all(tells);
        let url = json.get("url")?.as_str()?.to_owned();
        Some(Self { id: json.get("id").and_then(Json::as_u64), url, tells_all })
    }
}
