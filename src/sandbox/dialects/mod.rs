//! The providers that the emulator can be: each a folder and a line in `DIALECTS`, all over the same world. A dialect is as strict as its
//! provider's document: what that does not allow is refused.

use axum::Router;
use axum::http::{HeaderMap, Method};
use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use secrecy::SecretString;

use super::Shared;
use super::guard::{Refusal, Seen};
use super::world::{Conversation, Job, Message};

mod getchat;
mod meta;
mod pabbly;
mod pact_v1;
mod pact_v2;
mod strict;
mod whatsapp_cloud;

/// One way of speaking.
pub struct Dialect {
    /// `pact-v1`.
    pub name: &'static str,
    /// The provider that speaks so.
    pub provider: &'static str,
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
    /// The header by which a webhook's body is signed with the secret.
    pub(super) sign: fn(&SecretString, &[u8]) -> Option<Header>,
    /// The channels that its provider carries.
    pub(super) channels: Channels,
    /// What customers may send through it.
    pub(super) kinds: Kinds,
}

/// A header: its name and what stands in it.
pub(super) type Header = (&'static str, String);

/// The channels of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    /// All that the emulated company has.
    All,
    /// A WhatsApp Business number.
    WhatsApp,
}

/// The kinds of messages that a provider passes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kinds {
    /// Those that its document shows.
    Common,
    /// All of WhatsApp's own, as they are.
    WhatsApp,
}

/// A webhook that nothing signs: its address holds the secret.
pub(super) fn unsigned(_secret: &SecretString, _body: &[u8]) -> Option<Header> {
    None
}

impl std::fmt::Debug for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dialect({})", self.name)
    }
}

/// All dialects; the first is the one unless another is asked for.
pub static DIALECTS: &[Dialect] =
    &[pact_v1::DIALECT, pact_v2::DIALECT, getchat::DIALECT, pabbly::DIALECT, whatsapp_cloud::DIALECT];

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
    /// The label that was set or taken away.
    pub(super) tag: Option<&'a str>,
    /// The address of the phone's page, under which files lie.
    pub(super) desk: &'a str,
    /// When it happened.
    pub(super) at: DateTime<Utc>,
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
    /// The customer has seen it.
    Read,
    /// The conversation was assigned to somebody or nobody.
    Assigned(By),
    /// A label of that number was set.
    Tagged { tag: u64, by: By },
    /// A label of that number was taken away.
    Untagged { tag: u64, by: By },
    /// People are done with the conversation, or not any more.
    Resolved,
}

/// Whose deed it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Whoever has the token.
    Bot,
    /// A colleague.
    People,
}

/// Something that happened in the world: what, and to which message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happening {
    pub(super) what: What,
    pub(super) conversation: u64,
    pub(super) message: Option<u64>,
}

impl Happening {
    /// Something that happened to a conversation.
    pub(super) fn of(conversation: u64, what: What) -> Self {
        Self { what, conversation, message: None }
    }

    /// Something that happened to a message.
    pub(super) fn to(conversation: u64, what: What, message: u64) -> Self {
        Self { what, conversation, message: Some(message) }
    }

    /// The label that it is about.
    pub(super) fn tag(&self) -> Option<u64> {
        match self.what {
            What::Tagged { tag, .. } | What::Untagged { tag, .. } => Some(tag),
            _ => None,
        }
    }
}
