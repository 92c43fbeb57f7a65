//! V2 of Pact's private API: JSON in both directions, messages delivered by `update` webhooks, limits on how often it may be called.

pub(super) mod calls;
pub(super) mod lookup;
pub(super) mod outcomes;
pub(super) mod rates;
pub(super) mod receive;
