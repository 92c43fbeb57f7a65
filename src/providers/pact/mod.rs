//! Pact.im, V1 of its private API.

use super::ProviderType;

/// The provider's line.
pub const TYPE: ProviderType = ProviderType {
    name: "pact",
    doc: "Pact.im, one API for many messengers",
    keys: &[],
    open: |_, _| (None, Vec::new()),
};
