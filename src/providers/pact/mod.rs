//! Pact.im, V1 of its private API: form-encoded calls, JSON webhooks with the secret in the address or as a bearer token.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::{Account, Keys, Opened, ProviderType};
use crate::domain::{
    AccountName, Assignable, Call, CallAnswer, Capabilities, Channel, Errand, Kept, Lookup, Next, Notes, Received,
    Span, Time, WebhookRequest,
};
use crate::yaml::Node;

mod calls;
mod fields;
mod lookup;
mod outcomes;
mod receive;

/// Where Pact lives.
const BASE_URL: &str = "https://api.pact.im";
/// Pact has one note a conversation, replaced by each write. Its document names no limit; beyond this much nobody reads it (inferred).
const NOTE_LIMIT: usize = 2000;
/// WhatsApp's window, and that of Meta's and Viber's messengers.
const WINDOW: Span = Span::hours(24);

/// The provider's line.
pub const TYPE: ProviderType = ProviderType {
    name: "pact",
    doc: "Pact.im, one API for many messengers",
    keys: &[
        ("token", "the personal API key of Pact's account settings"),
        ("company_id", "the number of the company whose conversations are answered"),
        ("webhook_secret", "what Pact's webhooks must bring: `?auth=…` on the webhook's address, or a bearer token"),
        ("api", "`v1`"),
    ],
    open,
};

/// One company at Pact.
#[derive(Debug)]
struct PactAccount {
    name: AccountName,
    base_url: String,
    company_id: u64,
    token: SecretString,
    webhook_secret: Option<SecretString>,
}

fn open(name: &AccountName, node: &Node) -> Opened {
    let mut keys = Keys::new(node, format!("account `{name}`"));
    let base_url = keys.base_url("base_url").unwrap_or_else(|| BASE_URL.to_owned());
    let token = keys.needed("token", "copy the API key from Pact's account settings: `token: ${PACT_TOKEN}`");
    let company_id = company_id(&mut keys);
    let webhook_secret = webhook_secret(&mut keys);
    check_version(&mut keys);
    let account = token.zip(company_id).map(|(token, company_id)| {
        let (name, token) = (name.clone(), SecretString::from(token));
        Arc::new(PactAccount { name, base_url, company_id, token, webhook_secret }) as Arc<dyn Account>
    });
    let problems = keys.into_problems();
    (account.filter(|_| problems.is_empty()), problems)
}

fn company_id(keys: &mut Keys<'_>) -> Option<u64> {
    keys.needed("company_id", "the number in the address of Pact's settings: `company_id: 154`")?;
    keys.read("company_id", "a whole number above zero", |text| text.parse().ok().filter(|id| *id > 0))
}

/// An account that anybody could write to must say so itself.
fn webhook_secret(keys: &mut Keys<'_>) -> Option<SecretString> {
    let secret = keys.secret("webhook_secret");
    let insecure = keys.flag("insecure").unwrap_or_default();
    if secret.is_none() && !insecure {
        let help = "make up a long word, write `webhook_secret: ${PACT_WEBHOOK_SECRET}` and add `?auth=…` to the webhook's \
                    address in Pact; `insecure: true` lets anybody in";
        keys.missing("webhook_secret", help);
    }
    secret
}

fn check_version(keys: &mut Keys<'_>) {
    let version = keys.text("api").unwrap_or_else(|| "v1".to_owned());
    if let (false, Some(value)) = (version == "v1", keys.value("api")) {
        keys.wrong(&value.at, "only `api: v1` is in this release", "write `api: v1`, or leave the key out");
    }
}

impl Account for PactAccount {
    fn capabilities(&self, channel: &Channel) -> Capabilities {
        let (text_limit, window, templates) = match channel.0.as_str() {
            "whatsapp_business" => (4096, Some(WINDOW), true),
            // A phone connected by QR code: nothing is enforced.
            "whatsapp" | "telegram" | "telegram_personal" => (4096, None, false),
            "facebook" | "instagram" | "instagram_business" => (1000, Some(WINDOW), false),
            "viber" => (7000, Some(WINDOW), false),
            "vkontakte" | "vkontakte_direct" => (9000, None, false),
            // Avito (inferred), and whatever Pact adds: the shortest limit known.
            _ => (1000, None, false),
        };
        Capabilities {
            text_limit,
            window,
            templates,
            notes: Notes::Field(NOTE_LIMIT),
            assign: Assignable::Users,
            ..Capabilities::PLAIN
        }
    }

    fn admits(&self, head: &WebhookRequest) -> bool {
        let Some(secret) = &self.webhook_secret else { return true };
        let equal = |brought: &str| bool::from(brought.as_bytes().ct_eq(secret.expose_secret().as_bytes()));
        let decoded = form_urlencoded::parse(head.query.as_bytes()).any(|(key, value)| key == "auth" && equal(&value));
        // A secret pasted into the address as it is, `+` and all, is as good as an encoded one.
        let pasted = head.query.split('&').filter_map(|pair| pair.strip_prefix("auth=")).any(equal);
        let is_token = |(name, value): &(String, String)| name == "authorization" && equal(bearer(value));
        decoded || pasted || head.headers.iter().any(is_token)
    }

    fn receive(&self, request: &WebhookRequest, now: Time) -> Received {
        if !self.admits(request) {
            return Received::Refused { status: 401, why: "the webhook's secret is missing or wrong".into() };
        }
        receive::receive(&self.name, &request.body, now)
    }

    fn next(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        self.step(&errand, answer)
    }

    fn look_up(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Lookup {
        self.find(&errand, answer)
    }

    fn probe(&self, _kept: Kept<'_>) -> Call {
        self.get("companies?per=1")
    }

    fn credential(&self) -> SecretString {
        self.token.clone()
    }
}

/// The token of `Bearer TOKEN`; the scheme's case does not matter.
fn bearer(header: &str) -> &str {
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}
