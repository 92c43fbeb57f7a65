//! V1 of Pact's private API: form-encoded calls, messages delivered by jobs.

pub(super) mod calls;
pub(super) mod lookup;
pub(super) mod outcomes;
pub(super) mod rates;
pub(super) mod receive;
