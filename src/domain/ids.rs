//! Names and ids: newtypes, so that one cannot stand where another belongs. All are cheap to clone.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_id! {
    /// The name of an account in `frontdesk.yaml`.
    AccountName
    /// The name of a bot: its folder's name.
    BotName
    /// The name of a flow.
    FlowName
    /// What a session remembers of a step: unique in its flow, stable over edits.
    StepKey
    /// Our own id of a conversation (a UUID of version 7); providers' ids are aliases of it.
    ConversationId
    /// Our own id of a contact (a UUID of version 7).
    ContactId
    /// The provider's id of a message.
    MessageId
    /// The provider's id of an asynchronous delivery job.
    JobId
    /// The hash of a revision's files.
    RevisionId
}

/// The number of an event in its conversation, from 1, in the order accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// One run through flows in a session: counted up within the conversation, never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

/// One thing to come (a wait, a start, a watch): counted up within the conversation, never reused. A late answer or timer with an old token
/// fits nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub u64);

/// The identity of an outbox row: the event that decided it and its place among that event's effects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowKey {
    /// Whose row it is.
    pub conversation: ConversationId,
    /// The event in whose turn it was decided.
    pub seq: Seq,
    /// From 0, in the order decided.
    pub n: u32,
}

/// What is no row's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRowKey;

impl FromStr for RowKey {
    type Err = NoRowKey;

    /// `CONVERSATION/SEQ/N`, as it is shown.
    fn from_str(text: &str) -> Result<Self, NoRowKey> {
        let read = || {
            let (rest, n) = text.rsplit_once('/')?;
            let (conversation, seq) = rest.rsplit_once('/')?;
            Some(Self { conversation: conversation.into(), seq: Seq(seq.parse().ok()?), n: n.parse().ok()? })
        };
        read().ok_or(NoRowKey)
    }
}

impl fmt::Display for RowKey {
    /// `CONVERSATION/SEQ/N`, as the command line takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.conversation, self.seq.0, self.n)
    }
}
