//! What customers send that WhatsApp alone has: reactions, cards, orders, filled-in forms.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A mark on a message, by the message's number; `""` takes it away.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Reaction {
    pub(in crate::sandbox) message: u64,
    #[serde(default)]
    pub(in crate::sandbox) emoji: String,
}

/// Somebody's card.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Card {
    pub(in crate::sandbox) name: String,
    #[serde(default)]
    pub(in crate::sandbox) phones: Vec<String>,
    #[serde(default)]
    pub(in crate::sandbox) emails: Vec<String>,
    #[serde(default)]
    pub(in crate::sandbox) company: String,
}

/// Products of a catalogue, with what the customer wants of each.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Order {
    pub(in crate::sandbox) catalogue: String,
    pub(in crate::sandbox) products: Vec<Product>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Product {
    pub(in crate::sandbox) id: String,
    #[serde(default = "one")]
    pub(in crate::sandbox) quantity: u32,
    #[serde(default)]
    pub(in crate::sandbox) price: f64,
    #[serde(default = "euro")]
    pub(in crate::sandbox) currency: String,
}

fn one() -> u32 {
    1
}

fn euro() -> String {
    "EUR".into()
}

/// One of them all.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum Own {
    Reaction(Reaction),
    Contacts(Vec<Card>),
    Order(Order),
    /// The answers, by their names.
    Form(Map<String, Json>),
}

impl Own {
    /// As the phone shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Reaction(mark) if mark.emoji.is_empty() => format!("[reaction to {} taken away]", mark.message),
            Self::Reaction(mark) => format!("[{} to {}]", mark.emoji, mark.message),
            Self::Contacts(cards) => {
                let card = |card: &Card| format!("{} {}", card.name, card.phones.join(", "));
                format!("[{}]", cards.iter().map(card).collect::<Vec<_>>().join("; "))
            }
            Self::Order(order) => {
                let line = |product: &Product| format!("{} × {}", product.quantity, product.id);
                format!("[{}]", order.products.iter().map(line).collect::<Vec<_>>().join("; "))
            }
            Self::Form(answers) => {
                let line = |(name, answer): (&String, &Json)| format!("{name}: {answer}");
                format!("[{}]", answers.iter().map(line).collect::<Vec<_>>().join("; "))
            }
        }
    }
}
