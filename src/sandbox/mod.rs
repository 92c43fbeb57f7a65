//! An emulated provider with a phone in the browser: Pact V1 as its document describes it, over real HTTP in both directions.

use secrecy::SecretString;

/// How an emulator is set up.
#[derive(Debug)]
pub struct Options {
    /// The token that calls must bring.
    pub token: SecretString,
    /// The company whose paths are served.
    pub company_id: u64,
    /// Where webhooks are sent; it can be set later.
    pub webhook_url: Option<String>,
}

/// The emulated provider.
#[derive(Clone, Debug)]
pub struct Emulator {}

impl Emulator {
    /// A new one. `client` sends its webhooks.
    pub fn new(_options: Options, _client: reqwest::Client) -> Self {
        Self {}
    }

    /// Set where webhooks are sent.
    pub fn set_webhook_url(&self, _url: String) {}

    /// Its routes: `/p1/…` as Pact has them, `/sandbox/…` for the phone and for scripts.
    pub fn router(&self) -> axum::Router {
        axum::Router::new()
    }
}
