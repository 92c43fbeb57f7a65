//! Messages of either side, and what they carry: files, places, what can be pressed, templates.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::own::Own;
use crate::sandbox::hex;

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum From {
    /// The customer.
    Customer,
    /// Somebody with the token.
    Bot,
    /// A colleague, in the provider's inbox or on the phone.
    Human,
}

/// How a message from our side stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum Status {
    Sending,
    Delivered,
    Read,
    Failed,
}

impl Status {
    /// It is on the customer's phone.
    pub(in crate::sandbox) fn has_arrived(self) -> bool {
        matches!(self, Self::Delivered | Self::Read)
    }
}

/// A template as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(in crate::sandbox) struct Template {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) language: String,
    pub(in crate::sandbox) parameters: Vec<String>,
}

impl Template {
    /// Meta refuses these with 132012.
    pub(in crate::sandbox) fn check(&self) -> Result<(), &'static str> {
        let odd = |value: &String| value.trim().is_empty() || value.contains(['\n', '\t']) || value.contains("    ");
        if self.parameters.iter().any(odd) {
            return Err("132012: a parameter is empty or holds line breaks");
        }
        Ok(())
    }

    /// As the customer sees it; without a list of templates the real text is a secret of the catalogue.
    pub(super) fn shown(&self) -> String {
        let mut shown = vec![format!("[{}, {}]", self.id, self.language)];
        shown.extend(self.parameters.iter().cloned());
        shown.join(" · ")
    }
}

/// A file that was uploaded, or came with a message.
#[derive(Clone, Debug, Serialize)]
pub(in crate::sandbox) struct File {
    pub(in crate::sandbox) id: u64,
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) mime: String,
    pub(in crate::sandbox) size: u64,
    /// Where it is, when it is not here.
    pub(in crate::sandbox) url: Option<String>,
    pub(in crate::sandbox) voice: bool,
    #[serde(skip)]
    pub(in crate::sandbox) content: Option<Arc<[u8]>>,
    /// It went with a message.
    #[serde(skip)]
    pub(super) used: bool,
}

impl File {
    /// Where a customer would get it; `desk` is the address of the phone's page.
    pub(in crate::sandbox) fn address(&self, desk: &str) -> String {
        self.url.clone().unwrap_or_else(|| format!("{desk}/files/{}", self.id))
    }

    /// The hash of what is here, in hex; nothing is known of what is not.
    pub(in crate::sandbox) fn sha256(&self) -> String {
        self.content.as_ref().map(|content| hex(&Sha256::digest(content))).unwrap_or_default()
    }

    /// `image`, `video`, `audio`, `document`, as WhatsApp tells them apart.
    pub(in crate::sandbox) fn kind(&self) -> &'static str {
        match self.mime.split('/').next().unwrap_or_default() {
            "image" if self.mime == "image/webp" => "sticker",
            "image" => "image",
            "video" => "video",
            "audio" => "audio",
            _ => "document",
        }
    }
}

/// An uploaded file that goes with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Attached {
    /// It goes with one message.
    Once(u64),
    /// It may go with many.
    Again(u64),
}

/// A place on the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct Place {
    pub(in crate::sandbox) latitude: f64,
    pub(in crate::sandbox) longitude: f64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(in crate::sandbox) name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(in crate::sandbox) address: String,
}

/// What can be pressed below a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(in crate::sandbox) enum Pressable {
    Buttons { options: Vec<Choice> },
    List { opener: String, options: Vec<Choice> },
    Link { title: String, url: String },
    AskLocation,
    AskAddress,
    Form { title: String },
    Products { ids: Vec<String> },
    Catalogue,
}

impl Pressable {
    /// What a press can choose.
    pub(in crate::sandbox) fn options(&self) -> &[Choice] {
        match self {
            Self::Buttons { options } | Self::List { options, .. } => options,
            _ => &[],
        }
    }
}

/// One button or row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(in crate::sandbox) struct Choice {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) title: String,
    pub(in crate::sandbox) description: String,
}

/// What a customer pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::sandbox) struct Pressed {
    pub(in crate::sandbox) choice: Choice,
    pub(in crate::sandbox) on: PressedOn,
}

/// What it stood on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum PressedOn {
    Buttons,
    List,
    Template,
}

/// One message.
#[derive(Clone, Debug, Serialize)]
pub(in crate::sandbox) struct Message {
    pub(in crate::sandbox) id: u64,
    pub(in crate::sandbox) from: From,
    pub(in crate::sandbox) text: String,
    pub(in crate::sandbox) files: Vec<File>,
    /// The messenger's id of the message that it answers.
    pub(in crate::sandbox) reply_to: Option<String>,
    pub(in crate::sandbox) location: Option<Place>,
    pub(in crate::sandbox) pressable: Option<Pressable>,
    pub(in crate::sandbox) pressed: Option<Pressed>,
    /// What WhatsApp alone has.
    pub(in crate::sandbox) own: Option<Own>,
    pub(in crate::sandbox) at: DateTime<Utc>,
    pub(in crate::sandbox) template: Option<Template>,
    pub(in crate::sandbox) status: Status,
    pub(in crate::sandbox) job: Option<u64>,
    pub(in crate::sandbox) reason: Option<String>,
    /// What the sender wants to have given back with the statuses.
    #[serde(skip)]
    pub(in crate::sandbox) given_back: Option<String>,
}

impl Message {
    /// A message that nobody has sent yet.
    pub(super) fn new(id: u64, from: From, text: String, at: DateTime<Utc>) -> Self {
        Self {
            id,
            from,
            text,
            files: Vec::new(),
            reply_to: None,
            location: None,
            pressable: None,
            pressed: None,
            own: None,
            at,
            template: None,
            status: Status::Delivered,
            job: None,
            reason: None,
            given_back: None,
        }
    }

    /// WhatsApp's own id of it.
    pub(in crate::sandbox) fn external_id(&self) -> String {
        external_id(self.id)
    }

    /// get.chat's own id of it.
    pub(in crate::sandbox) fn uuid(&self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.id)
    }

    /// `131047: more than 24 hours …`: the number and the words of why it failed.
    pub(in crate::sandbox) fn fault(&self) -> Option<(u64, &str)> {
        let reason = self.reason.as_deref().filter(|_| self.status == Status::Failed)?;
        let numbered = reason.split_once(": ").and_then(|(code, words)| Some((code.parse().ok()?, words)));
        // 131026: it cannot be delivered, and nobody says why.
        Some(numbered.unwrap_or((131_026, reason)))
    }
}

/// WhatsApp's own id of the message of that number.
pub(in crate::sandbox) fn external_id(id: u64) -> String {
    format!("wamid.{id}==")
}

/// What to send.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Outgoing {
    pub(in crate::sandbox) text: String,
    pub(in crate::sandbox) files: Vec<Attached>,
    pub(in crate::sandbox) template: Option<Template>,
    pub(in crate::sandbox) pressable: Option<Pressable>,
    pub(in crate::sandbox) location: Option<Place>,
    pub(in crate::sandbox) reply_to: Option<String>,
    pub(in crate::sandbox) given_back: Option<String>,
}
