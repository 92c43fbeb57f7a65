//! The providers that the emulator can be: each a folder and a line in `DIALECTS`, all over the same world. A dialect is as strict as its
//! provider's document: what that does not allow is refused.

use axum::Router;
use axum::http::{HeaderMap, Method};
use serde_json::Value as Json;

use super::Shared;
use super::guard::{Refusal, Seen};
use super::world::{Conversation, Job, Message};

mod pact_v1;
mod pact_v2;

/// One way of speaking.
pub struct Dialect {
    /// `pact-v1`.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its routes, without the guard.
    pub(super) routes: fn() -> Router<Shared>,
    /// May this call come in: token, company, encoding?
    pub(super) check: fn(&Shared, &Head<'_>) -> Result<(), Refusal>,
    /// A refusal in its words.
    pub(super) error: fn(&Refusal) -> Json,
    /// The call's parameters, for the log.
    pub(super) seen: fn(&HeaderMap, &[u8]) -> Seen,
    /// A call that sends something to a customer.
    pub(super) is_send: fn(&Method, &str) -> bool,
    /// The webhooks that tell of a happening.
    pub(super) webhooks: fn(&Scene<'_>) -> Vec<Json>,
    /// How often a webhook is tried.
    pub(super) attempts: u32,
}

impl std::fmt::Debug for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dialect({})", self.name)
    }
}

/// All dialects; the first is the one unless another is asked for.
pub static DIALECTS: &[Dialect] = &[pact_v1::DIALECT, pact_v2::DIALECT];

/// The dialect of that name.
pub fn dialect(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.name == name)
}

/// The head of a call, and its body for what may stand there (a token).
pub(super) struct Head<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// Something that happened, with all that may be told of it.
pub(super) struct Scene<'a> {
    pub(super) company_id: u64,
    pub(super) what: What,
    pub(super) conversation: &'a Conversation,
    pub(super) message: Option<&'a Message>,
    pub(super) job: Option<&'a Job>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A conversation began.
    Began,
    /// Its name or phone changed.
    Changed,
    /// A customer or a colleague wrote.
    Wrote,
    /// A message of the bot's was taken for delivery.
    Taken,
    /// It arrived, or failed for good.
    Ended,
}

/// Something that happened in the world: what, and to which message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happening {
    pub(super) what: What,
    pub(super) conversation: u64,
    pub(super) message: Option<u64>,
}
