//! An account that is played without its provider: in tests and in `chat`.

use std::fmt;
use std::sync::Arc;

use super::{Capabilities, Channel};

/// All that a talk shows of an account.
#[derive(Clone)]
pub struct Imitated {
    /// As `imitates` names it, with its settings: as it would be written in a test.
    pub written: serde_json::Value,
    /// The provider's name, for members' `ids`.
    pub provider: &'static str,
    /// An assignment by people quiets the bot.
    pub quiet_on_assignment: bool,
    /// The team whose members get notes as messages.
    pub notes_team: Option<String>,
    /// Names of `contact.vars` that the provider's address book keeps, too.
    pub contact_fields: Vec<String>,
    /// What can be done on a channel.
    pub can: Arc<dyn Fn(&Channel) -> Capabilities + Send + Sync>,
}

impl fmt::Debug for Imitated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Imitated({})", self.written)
    }
}
