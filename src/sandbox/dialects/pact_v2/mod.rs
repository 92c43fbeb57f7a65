//! Pact V2: JSON with the company's number, statuses by `update` webhooks, limits.

use super::{Channels, Dialect, Kinds, unsigned};

mod api;
mod parameters;
mod shapes;

const NAME: &str = "pact-v2";

/// Its line.
pub(super) const DIALECT: Dialect = Dialect {
    name: NAME,
    provider: "pact",
    doc: "Pact, V2: JSON, statuses by webhook, limits on how often it may be called",
    routes: api::routes,
    check: api::check,
    error: api::error,
    seen: api::seen,
    is_send: api::is_send,
    webhooks: shapes::webhooks,
    attempts: 5,
    sign: unsigned,
    channels: Channels::All,
    kinds: Kinds::Common,
};
