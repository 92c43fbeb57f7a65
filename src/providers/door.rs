//! The secret that an account's webhooks bring: `?auth=…` on the address, or a bearer token. For providers that sign nothing.

use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use super::Keys;
use crate::domain::{Received, WebhookRequest};

/// What a webhook must bring; `insecure: true` lets anybody in.
#[derive(Debug)]
pub struct Door(Lets);

#[derive(Debug)]
enum Lets {
    Anybody,
    Nobody,
    Whoever(SecretString),
}

impl Door {
    /// Read `webhook_secret`. An account that anybody could write to must say so itself. `help` is shown where neither is written.
    pub fn read(keys: &mut Keys<'_>, help: &str) -> Self {
        let secret = keys.secret("webhook_secret");
        let insecure = keys.flag("insecure").unwrap_or_default();
        if secret.is_none() && !insecure {
            keys.missing("webhook_secret", help);
        }
        Self(secret.map_or(Lets::Anybody, Lets::Whoever))
    }

    /// It lets anybody in.
    pub fn anybody() -> Self {
        Self(Lets::Anybody)
    }

    /// It lets nobody in: the account has no webhook.
    pub fn nobody() -> Self {
        Self(Lets::Nobody)
    }

    /// Does the request bring the secret?
    pub fn admits(&self, head: &WebhookRequest) -> bool {
        let secret = match &self.0 {
            Lets::Anybody => return true,
            Lets::Nobody => return false,
            Lets::Whoever(secret) => secret,
        };
        let equal = |brought: &str| bool::from(brought.as_bytes().ct_eq(secret.expose_secret().as_bytes()));
        let decoded = form_urlencoded::parse(head.query.as_bytes()).any(|(key, value)| key == "auth" && equal(&value));
        // A secret pasted into the address as it is, `+` and all, is as good as an encoded one.
        let pasted = head.query.split('&').filter_map(|pair| pair.strip_prefix("auth=")).any(equal);
        let is_token = |(name, value): &(String, String)| name == "authorization" && equal(bearer(value));
        decoded || pasted || head.headers.iter().any(is_token)
    }

    /// The webhook's address with its secret, as the provider is to call it.
    pub fn address(&self, url: &str) -> String {
        let Lets::Whoever(secret) = &self.0 else { return url.to_owned() };
        let secret: String = form_urlencoded::byte_serialize(secret.expose_secret().as_bytes()).collect();
        format!("{url}?auth={secret}")
    }

    /// Does an address that a provider calls bring the secret?
    pub fn admits_address(&self, url: &str) -> bool {
        let query = url.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default());
        self.admits(&WebhookRequest {
            method: "POST".to_owned(),
            query: query.unwrap_or_default().to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        })
    }

    /// The answer to a webhook that does not bring it.
    pub fn refusal() -> Received {
        Received::Refused { status: 401, why: "the webhook's secret is missing or wrong".into() }
    }
}

/// The token of `Bearer TOKEN`; the scheme's case does not matter.
fn bearer(header: &str) -> &str {
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}
