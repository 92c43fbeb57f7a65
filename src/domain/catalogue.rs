//! The templates that an account's provider knows: fetched by the runtime, kept in the store, looked up before a template goes.

use serde::{Deserialize, Serialize};

use super::Time;

/// The templates of one account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// When they were fetched; `None`: never, so nothing is known of any template.
    pub fetched_at: Option<Time>,
    /// All of them, also those that cannot be sent.
    pub templates: Vec<TemplateEntry>,
}

/// A template in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateEntry {
    /// The provider's id of it, where calls want one.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What else a bot may call it by: another id of the provider's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Its language's code: `en_US`.
    pub language: String,
    /// Whether it can be sent.
    pub status: TemplateStatus,
    /// `MARKETING`, `UTILITY`, `AUTHENTICATION`; `""` where not told.
    #[serde(default)]
    pub category: String,
    /// The body, with its `{{1}}`.
    #[serde(default)]
    pub body: String,
    /// Parameters of the body.
    #[serde(default)]
    pub params: usize,
    /// The names of the body's parameters, where it has names instead of numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What stands above the body.
    #[serde(default)]
    pub header: HeaderKind,
    /// Its buttons, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<TemplateButton>,
    /// Cards of a carousel.
    #[serde(default)]
    pub cards: usize,
}

/// Whether a template can be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateStatus {
    /// It can.
    #[default]
    Approved,
    /// Not now, and why in the provider's word: `PAUSED`, `REJECTED`, `PENDING`, `DISABLED`.
    Not(String),
}

/// What stands above a template's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderKind {
    /// Nothing to fill in.
    #[default]
    Nothing,
    /// A text with a parameter.
    Text,
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A file.
    Document,
    /// A place.
    Location,
}

/// A button of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateButton {
    /// Nothing to fill in.
    Fixed,
    /// Its answer's payload may be given.
    QuickReply,
    /// An address whose end is a parameter.
    Url,
    /// A code to copy.
    CopyCode,
}

impl TemplateButton {
    /// A parameter has to be given for it.
    pub fn takes_param(self) -> bool {
        matches!(self, Self::Url | Self::CopyCode)
    }
}
