//! Pact V1: form-encoded calls, jobs, lists by token.

use super::{Channels, Dialect, Kinds, unsigned};

mod api;
mod shapes;

const NAME: &str = "pact-v1";

/// Its line.
pub(super) const DIALECT: Dialect = Dialect {
    name: NAME,
    provider: "pact",
    doc: "Pact, V1: form-encoded calls, messages delivered by jobs",
    routes: api::routes,
    check: api::check,
    error: api::error,
    seen: api::seen,
    is_send: api::is_send,
    webhooks: shapes::webhooks,
    attempts: 10,
    sign: unsigned,
    channels: Channels::All,
    kinds: Kinds::Common,
};
