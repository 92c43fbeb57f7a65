//! What a provider can do on a channel. Steps are rendered by this table.

use serde::{Deserialize, Serialize};

use super::Span;

/// What can be done on one channel of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Longest text, in characters.
    pub text_limit: usize,
    /// The window; `None` where the channel has none.
    pub window: Option<Span>,
    /// Templates can be sent outside the window.
    pub templates: bool,
    /// There is a note field, of so many characters.
    pub note_limit: Option<usize>,
    /// A user can be assigned.
    pub assign: bool,
}
