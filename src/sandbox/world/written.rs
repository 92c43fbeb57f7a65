//! What scripts and the page say that a customer or a colleague does.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::message::Place;
use super::own::{Card, Order, Own, Reaction};

/// A file that a customer sends: one that lies somewhere, or one that was put here before.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::sandbox) enum Sent {
    /// It was put here (`POST /sandbox/files`).
    Here(Put),
    /// It lies at an address.
    There(Lies),
}

/// The number of a file.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Put {
    pub(in crate::sandbox) id: u64,
}

/// A file at an address.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Lies {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) mime: String,
    pub(in crate::sandbox) url: String,
    #[serde(default)]
    pub(in crate::sandbox) size: u64,
}

/// What a customer presses: an option of a message, by its id.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Press {
    /// The number of the message.
    pub(in crate::sandbox) message: u64,
    /// The option's id.
    pub(in crate::sandbox) option: String,
}

/// What a script says of a customer's message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Written {
    #[serde(default)]
    pub(in crate::sandbox) text: String,
    #[serde(default)]
    pub(in crate::sandbox) files: Vec<Sent>,
    pub(in crate::sandbox) location: Option<Place>,
    pub(in crate::sandbox) press: Option<Press>,
    pub(in crate::sandbox) reaction: Option<Reaction>,
    #[serde(default)]
    pub(in crate::sandbox) contacts: Vec<Card>,
    pub(in crate::sandbox) order: Option<Order>,
    /// The answers of a form of WhatsApp's own.
    pub(in crate::sandbox) form: Option<Map<String, Json>>,
    /// The messenger's id of the message that it answers.
    pub(in crate::sandbox) reply_to: Option<String>,
    pub(in crate::sandbox) created_at_timestamp: Option<i64>,
    pub(in crate::sandbox) name: Option<String>,
    pub(in crate::sandbox) phone: Option<String>,
    pub(in crate::sandbox) channel: Option<String>,
    /// `false`: answer at once, not after the webhook's first attempt.
    pub(in crate::sandbox) wait: Option<bool>,
}

impl Written {
    /// What WhatsApp alone has, if it is such a message.
    pub(in crate::sandbox) fn own(&self) -> Option<Own> {
        let cards = Some(&self.contacts).filter(|cards| !cards.is_empty());
        let reaction = self.reaction.clone().map(Own::Reaction);
        let cards = || cards.cloned().map(Own::Contacts);
        let order = || self.order.clone().map(Own::Order);
        reaction.or_else(cards).or_else(order).or_else(|| self.form.clone().map(Own::Form))
    }
}
