//! Pact.im, both versions of its private API: JSON webhooks with the secret in the address or as a bearer token, and an API key.

use std::sync::Arc;

use secrecy::SecretString;

use super::{Account, Door, Guess, Inferred, Keys, Opened, ProviderType};
use crate::domain::{
    AccountName, Call, CallAnswer, Capabilities, Channel, Errand, Inquiring, Inquiry, Kept, Lookup, Next, Progress,
    Rate, Received, Time, WebhookRequest,
};
use crate::yaml::Node;

mod calls;
mod channels;
mod fields;
mod inquiries;
mod lookup;
mod outcomes;
mod templates;
mod v1;
mod v2;
mod webhooks;

/// Where Pact lives.
const BASE_URL: &str = "https://api.pact.im";
/// What to do about a missing secret.
const NO_SECRET: &str = "make up a long word, write `webhook_secret: ${PACT_WEBHOOK_SECRET}` and add `?auth=…` to the webhook's \
                         address in Pact; `insecure: true` lets anybody in";
/// The provider's line.
pub const TYPE: ProviderType = ProviderType {
    name: "pact",
    doc: "Pact.im, one API for many messengers",
    keys: &[
        ("token", "the personal API key of Pact's account settings"),
        ("company_id", "the number of the company whose conversations are answered"),
        ("webhook_secret", "what Pact's webhooks must bring: `?auth=…` on the webhook's address, or a bearer token"),
        ("api", "`v1` (unless given) or `v2`: which of its two interfaces is used"),
        ("inferred", "what Pact's document leaves out, where it is otherwise: `no_assignee`"),
    ],
    open,
    parse,
    table: channels::table,
};

/// What V1 is told as the number of the assignee where there is to be none.
const NO_ASSIGNEE: Guess = Guess { name: "no_assignee", usual: "" };

/// Which of Pact's two interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Form-encoded, with jobs.
    V1,
    /// JSON, with statuses.
    V2,
}

/// One company at Pact.
#[derive(Debug)]
struct PactAccount {
    name: AccountName,
    api: Api,
    base_url: String,
    company_id: u64,
    token: SecretString,
    door: Door,
    inferred: Inferred,
}

fn open(name: &AccountName, node: &Node) -> Opened {
    let mut keys = Keys::new(node, format!("account `{name}`"));
    let base_url = keys.base_url("base_url").unwrap_or_else(|| BASE_URL.to_owned());
    let token = keys.needed("token", "copy the API key from Pact's account settings: `token: ${PACT_TOKEN}`");
    let company_id = company_id(&mut keys);
    let door = Door::read(&mut keys, NO_SECRET);
    let api = keys.read("api", "`v1` or `v2`", version).unwrap_or(Api::V1);
    let inferred = Inferred::read(&mut keys, &[&NO_ASSIGNEE]);
    let account = token.zip(company_id).map(|(token, company_id)| {
        let (name, token) = (name.clone(), SecretString::from(token));
        Arc::new(PactAccount { name, api, base_url, company_id, token, door, inferred }) as Arc<dyn Account>
    });
    let problems = keys.into_problems();
    (account.filter(|_| problems.is_empty()), problems)
}

fn company_id(keys: &mut Keys<'_>) -> Option<u64> {
    keys.needed("company_id", "the number in the address of Pact's settings: `company_id: 154`")?;
    keys.read("company_id", "a whole number above zero", |text| text.parse().ok().filter(|id| *id > 0))
}

fn version(text: &str) -> Option<Api> {
    match text {
        "v1" => Some(Api::V1),
        "v2" => Some(Api::V2),
        _ => None,
    }
}

/// Read a webhook of either version: for whoever wonders what Pact sent.
pub fn parse(account: &AccountName, body: &[u8], now: Time) -> Received {
    webhooks::receive(account, None, body, now)
}

impl Account for PactAccount {
    fn capabilities(&self, channel: &Channel) -> Capabilities {
        channels::capabilities(self.api, channel)
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
        webhooks::receive(&self.name, Some(self.api), body, now)
    }

    fn next(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        self.step(&errand, answer)
    }

    fn look_up(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Lookup {
        self.find(&errand, answer)
    }

    /// By V1 in both versions: it is counted against no limit.
    fn probe(&self, _kept: Kept<'_>) -> Call {
        self.get("companies?per=1")
    }

    fn inquire(
        &self,
        inquiry: &Inquiry,
        _kept: Kept<'_>,
        progress: &Progress,
        answer: Option<&CallAnswer>,
    ) -> Inquiring {
        self.ask(inquiry, progress, answer)
    }

    fn rates(&self) -> &'static [Rate] {
        match self.api {
            Api::V1 => v1::rates::ALL,
            Api::V2 => v2::rates::ALL,
        }
    }

    fn credential(&self) -> SecretString {
        self.token.clone()
    }
}
