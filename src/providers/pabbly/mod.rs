//! Pabbly Chatflow: WhatsApp through its JSON API. What it posts to a webhook is not published: it is found by a mapping.

use std::sync::Arc;

use secrecy::SecretString;

use self::mapping::Mapping;
use super::{Account, Door, Guess, Inferred, Keys, NoteWay, NotesAs, Opened, ProviderType, TableRow, meta};
use crate::domain::{
    AccountName, Call, CallAnswer, CallBody, Capabilities, Channel, Errand, Found, Inquiring, Inquiry, Kept, Lookup,
    Next, Progress, Rate, Received, Time, WebhookRequest,
};
use crate::yaml::Node;

mod calls;
mod capabilities;
mod contacts;
mod inquiries;
mod mapping;
mod messages;
mod outcomes;
mod receive;
mod statuses;
mod templates;

/// Where Pabbly Chatflow lives.
const BASE_URL: &str = "https://chatflow.pabbly.com";
/// What to do about a missing secret.
const NO_SECRET: &str = "make up a long word, write `webhook_secret: ${PABBLY_WEBHOOK_SECRET}` and add `?auth=…` to the webhook's \
                         address in Pabbly; `insecure: true` lets anybody in";
/// The provider's line.
pub const TYPE: ProviderType = ProviderType {
    name: "pabbly",
    doc: "Pabbly Chatflow, WhatsApp",
    keys: &[
        ("token", "the API key of Pabbly's Settings, API & Webhooks"),
        ("webhook_secret", "what Pabbly's webhooks must bring: `?auth=…` on the webhook's address, or a bearer token"),
        (
            "webhook",
            "where a webhook's body has what: JSON Pointers for `from`, `name`, `text`, `id`, `type`, `at`, `reply_to`, `data`",
        ),
        ("notes", "`tag`: a note becomes a tag of the contact; or `{attribute: NAME}`, `{message_to: PHONE}`"),
        ("attribute", "the contact's attribute that holds the note"),
        ("message_to", "the phone of the colleague to whom notes are sent"),
        ("attributes", "names of `contact.vars` that are kept as attributes of the contact, too: `[city, size]`"),
        ("inferred", "what Pabbly's document leaves out, where it is otherwise: `card_params`, `card_file`"),
    ],
    open,
    parse,
    table: capabilities::table,
};

/// Variables that are kept as attributes.
const MOST_ATTRIBUTES: usize = 50;
/// The key of a carousel's card that holds its parameters.
const CARD_PARAMS: Guess = Guess { name: "card_params", usual: "bodyParams" };
/// The key of a carousel's card that holds the address of its picture.
const CARD_FILE: Guess = Guess { name: "card_file", usual: "link" };

/// One account at Pabbly Chatflow.
#[derive(Debug)]
struct PabblyAccount {
    name: AccountName,
    base_url: String,
    token: SecretString,
    door: Door,
    mapping: Mapping,
    notes: NotesAs,
    attributes: Vec<String>,
    inferred: Inferred,
}

fn open(name: &AccountName, node: &Node) -> Opened {
    let mut keys = Keys::new(node, format!("account `{name}`"));
    let base_url = keys.base_url("base_url").unwrap_or_else(|| BASE_URL.to_owned());
    let token =
        keys.needed("token", "copy the API key from Pabbly's Settings, API & Webhooks: `token: ${PABBLY_TOKEN}`");
    let door = Door::read(&mut keys, NO_SECRET);
    let notes = NotesAs::read(&mut keys, &[NoteWay::Tag, NoteWay::Attribute, NoteWay::MessageTo]);
    let attributes = attributes(&mut keys);
    let inferred = Inferred::read(&mut keys, &[&CARD_PARAMS, &CARD_FILE]);
    let (mapping, more) = Mapping::read(keys.value("webhook"));
    let mut problems = keys.into_problems();
    problems.extend(more);
    let account = token.filter(|_| problems.is_empty()).map(|token| {
        let (name, token) = (name.clone(), SecretString::from(token));
        Arc::new(PabblyAccount { name, base_url, token, door, mapping, notes, attributes, inferred })
            as Arc<dyn Account>
    });
    (account, problems)
}

fn parse(name: &AccountName, body: &[u8], now: Time) -> Received {
    let (base_url, token) = (BASE_URL.to_owned(), SecretString::default());
    let (door, mapping) = (Door::anybody(), Mapping::read(None).0);
    let (name, notes, attributes) = (name.clone(), NotesAs::Nothing, Vec::new());
    PabblyAccount { name, base_url, token, door, mapping, notes, attributes, inferred: Inferred::default() }
        .read_body(body, now)
}

/// Read `attributes`: names that variables can have.
fn attributes(keys: &mut Keys<'_>) -> Vec<String> {
    let Some(node) = keys.value("attributes") else { return Vec::new() };
    let is_name = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let names: Vec<_> = node.one_or_many().iter().map(|name| name.scalar().filter(is_name)).collect();
    if names.is_empty() || names.len() > MOST_ATTRIBUTES || names.contains(&None) || names.contains(&Some("")) {
        let help = "write them as they stand behind `contact.vars.`: `attributes: [city, size]`";
        keys.wrong(&node.at, format!("`attributes` must be a list of up to {MOST_ATTRIBUTES} variables"), help);
        return Vec::new();
    }
    names.into_iter().flatten().map(str::to_owned).collect()
}

impl PabblyAccount {
    /// A call of the API.
    fn call(&self, method: &'static str, path: &str, body: CallBody, delivers: bool) -> Call {
        let bearer = SecretString::from(format!("Bearer {}", secrecy::ExposeSecret::expose_secret(&self.token)));
        let headers = vec![("authorization", bearer), ("accept", SecretString::from("application/json".to_owned()))];
        let spends = delivers.then_some(meta::rates::MESSAGES);
        let url = format!("{}/api/v1/{path}", self.base_url);
        // A late answer is the surest way to know.
        Call { method, url, headers, body, delivers, spends, patient: delivers }
    }

    fn get(&self, path: &str) -> Call {
        self.call("GET", path, CallBody::Empty, false)
    }
}

impl Account for PabblyAccount {
    fn capabilities(&self, _channel: &Channel) -> Capabilities {
        capabilities::of(&self.notes)
    }

    fn contact_fields(&self) -> &[String] {
        &self.attributes
    }

    fn admits(&self, head: &WebhookRequest) -> bool {
        self.door.admits(head)
    }

    fn receive(&self, request: &WebhookRequest, now: Time) -> Received {
        if !self.admits(request) {
            return Door::refusal();
        }
        self.read(&request.body, now)
    }

    fn read(&self, body: &[u8], now: Time) -> Received {
        self.read_body(body, now)
    }

    fn next(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        self.step(&errand, answer)
    }

    /// Pabbly lists no messages and takes no key of ours. What tells is the status that comes by webhook; while none comes, it is absent.
    fn look_up(&self, _errand: Errand<'_>, _answer: Option<&CallAnswer>) -> Lookup {
        Lookup::Done(Found::Absent)
    }

    fn statuses_tell(&self) -> bool {
        true
    }

    fn probe(&self, _kept: Kept<'_>) -> Call {
        self.get("settings/tags")
    }

    fn inquire(
        &self,
        inquiry: &Inquiry,
        _kept: Kept<'_>,
        progress: &Progress,
        answer: Option<&CallAnswer>,
    ) -> Inquiring {
        self.find_out(inquiry, progress, answer)
    }

    fn rates(&self) -> &'static [Rate] {
        meta::rates::RATES
    }

    fn credential(&self) -> SecretString {
        self.token.clone()
    }
}
