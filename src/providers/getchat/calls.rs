//! What a row needs one after the other: a state machine over `row.progress`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{GetchatAccount, NotesAs, content, tags};
use crate::domain::{
    AssetRef, Assignee, Call, CallAnswer, CallBody, Effect, Errand, Learned, Next, Outcome, Progress, Span, Upload,
};
use crate::providers::meta::faults::Fault;
use crate::providers::meta::outcomes::{by_number, told};
use crate::providers::{transport_outcome, unsure};

/// How long an uploaded file is used again. get.chat does not say how long it keeps files; WhatsApp keeps them for 30 days.
const UPLOAD_LASTS: Span = Span::days(7);

/// How far a row has come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum Step {
    /// A file was given to get.chat.
    Upload {
        /// Which, by its hash.
        #[serde(default)]
        file: String,
        /// Where those lie that were given before.
        #[serde(default)]
        links: Links,
    },
    /// The call that does the row's work was made.
    Act {
        /// Where the files lie that were given to get.chat for this row.
        #[serde(default)]
        links: Links,
    },
    /// Labels, call by call.
    Tags(tags::Step),
}

/// Where files lie at get.chat, by their hashes.
pub(super) type Links = BTreeMap<String, String>;

impl Step {
    fn of(progress: &Progress) -> Option<Self> {
        Self::deserialize(progress).ok()
    }

    pub(super) fn save(&self) -> Progress {
        serde_json::to_value(self).unwrap_or_default()
    }
}

pub(super) fn done(outcome: Outcome) -> Next {
    Next::Done { outcome, learned: Learned::default() }
}

pub(super) fn rejected(why: impl Into<String>) -> Next {
    done(Outcome::Rejected { why: why.into() })
}

fn calling(call: Call, step: &Step) -> Next {
    Next::Call { call: Box::new(call), progress: step.save() }
}

/// The number that a chat goes by: the conversation's id, or the contact's phone.
pub(super) fn number(errand: &Errand<'_>) -> Option<String> {
    let digits = |text: &str| text.trim_start_matches('+').to_owned();
    let is_number = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let conversation = digits(&errand.state.conversation.external_id);
    let phone = || errand.state.contact.phone.as_deref().map(digits).filter(is_number);
    Some(conversation).filter(is_number).or_else(phone)
}

impl GetchatAccount {
    /// The first call of a row, or what follows an answer.
    pub(super) fn step(&self, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        let Some(number) = number(errand) else {
            return rejected("get.chat sends to phone numbers, and none is known of this contact");
        };
        if let Some((add, remove)) = self.labels(errand.row.went()) {
            let step = match (answer, Step::of(&errand.row.progress)) {
                (Some(_), Some(Step::Tags(step))) => Some(step),
                _ => None,
            };
            return self.tags(&tags::Wish { number: &number, add, remove }, step.zip(answer));
        }
        match (answer, Step::of(&errand.row.progress)) {
            (None, Some(Step::Act { links } | Step::Upload { links, .. })) => self.begin(errand, &number, links),
            (None, _) => self.begin(errand, &number, Links::new()),
            (Some(answer), Some(Step::Upload { file, links })) => {
                self.after_upload(errand, &number, answer, file, links)
            }
            (Some(answer), Some(Step::Act { links })) => {
                Next::Done { outcome: outcome(answer, errand.row.went()), learned: learned(errand, links) }
            }
            (Some(answer), _) => done(outcome(answer, errand.row.went())),
        }
    }

    /// Labels that a row sets and takes away; a note may be one.
    fn labels<'a>(&self, effect: &'a Effect) -> Option<(&'a [String], &'a [String])> {
        match (effect, &self.notes) {
            (Effect::Tags { add, remove }, _) => Some((add, remove)),
            (Effect::Note { text, .. }, NotesAs::Tags) => Some((std::slice::from_ref(text), &[])),
            _ => None,
        }
    }

    /// Files of the folder go first, one after the other, but for those that lie there already.
    fn begin(&self, errand: &Errand<'_>, number: &str, links: Links) -> Next {
        let known = |file: &&AssetRef| links.contains_key(&file.hash) || errand.kept.uploads.contains_key(&file.hash);
        let Some(file) = content::files(errand.row.went()).into_iter().find(|file| !known(file)) else {
            return self.act(errand, number, links);
        };
        let body = CallBody::Multipart { fields: Vec::new(), file_field: "file_encoded", file: file.clone() };
        calling(self.call("POST", "media/", body, false), &Step::Upload { file: file.hash.clone(), links })
    }

    /// Nothing has reached the contact yet: a failed upload is repeated or final, never unknown.
    fn after_upload(
        &self,
        errand: &Errand<'_>,
        number: &str,
        answer: &CallAnswer,
        file: String,
        mut links: Links,
    ) -> Next {
        match read(answer, false) {
            Err(outcome) => done(outcome),
            Ok(json) => match json.get("file").and_then(Json::as_str).filter(|link| link.starts_with("http")) {
                Some(link) => {
                    links.insert(file, link.to_owned());
                    self.begin(errand, number, links)
                }
                None => done(unsure(false, "an answer without the uploaded file's address".into())),
            },
        }
    }

    /// The call that does the row's work.
    fn act(&self, errand: &Errand<'_>, number: &str, links: Links) -> Next {
        let effect = errand.row.went();
        let lies = |file: &AssetRef| links.get(&file.hash).or_else(|| errand.kept.uploads.get(&file.hash)).cloned();
        let call = match effect {
            Effect::Assign { to } => self.assign(number, to.as_ref()),
            // The one path that get.chat's own client calls without a slash at its end.
            Effect::Resolve => Ok(self.call("POST", &format!("chats/{number}/resolve"), CallBody::Empty, false)),
            Effect::Note { text, to } => match self.notes.phone(to.as_deref()) {
                Some(colleague) => {
                    let message = content::text(text, colleague);
                    Ok(self.call("POST", "messages/", CallBody::Json(message), false))
                }
                None => Err("this account says nothing of where notes go".to_owned()),
            },
            _ => content::message(effect, number, &lies, errand.kept.catalogue)
                .map(|message| self.call("POST", "messages/", CallBody::Json(message), effect.reaches_contact())),
        };
        match call {
            Ok(call) => calling(call, &Step::Act { links }),
            Err(why) => rejected(why),
        }
    }

    /// A user or a group; what had the chat before has it no more.
    fn assign(&self, number: &str, to: Option<&Assignee>) -> Result<Call, String> {
        let id = |to: &Assignee| {
            to.id
                .parse::<u64>()
                .map_err(|_| "get.chat assigns by the number of a user or group, and this id is none".to_owned())
        };
        let (user, group) = match to {
            None => (None, None),
            Some(to) if to.group => (None, Some(id(to)?)),
            Some(to) => (Some(id(to)?), None),
        };
        let body = json!({"wa_id": number, "assigned_to_user": user, "assigned_group": group});
        Ok(self.call("PUT", &format!("chat_assignment/{number}/"), CallBody::Json(body), false))
    }
}

/// Files that were uploaded for this row; what was there already lasts no longer for being used again.
fn learned(errand: &Errand<'_>, links: Links) -> Learned {
    let until = errand.now + UPLOAD_LASTS;
    let fresh = links.into_iter().filter(|(hash, _)| !errand.kept.uploads.contains_key(hash));
    Learned { thread: None, uploads: fresh.map(|(hash, id)| Upload { hash, id, until }).collect() }
}

/// The JSON of a 2xx, or what the answer means. `delivers`: the contact would see the call's effect twice.
pub(super) fn read(answer: &CallAnswer, delivers: bool) -> Result<Json, Outcome> {
    if let Some(outcome) = transport_outcome(answer, delivers) {
        return Err(in_whatsapps_words(outcome, answer));
    }
    let CallAnswer::Http { body, .. } = answer else { return Err(unsure(delivers, "no answer".into())) };
    serde_json::from_slice(body).map_err(|_| unsure(delivers, "an answer that is not get.chat's JSON".into()))
}

/// A refusal may carry WhatsApp's own errors, told by number. What they say of Meta's account is not said of the token for get.chat: such a
/// refusal is final.
fn in_whatsapps_words(outcome: Outcome, answer: &CallAnswer) -> Outcome {
    let (Outcome::Rejected { why }, CallAnswer::Http { body, .. }) = (&outcome, answer) else { return outcome };
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let fault = Fault::first(json.get("errors")).or_else(|| Some(Fault::read(json.get("error")?.as_object()?)));
    let meant = fault.or_else(|| told(why)).and_then(|fault| by_number(&fault));
    meant.filter(|meant| !matches!(meant, Outcome::Denied { .. })).unwrap_or(outcome)
}

/// What the answer to a send or an assignment means.
fn outcome(answer: &CallAnswer, effect: &Effect) -> Outcome {
    let delivers = effect.reaches_contact();
    match read(answer, delivers) {
        Err(outcome) => outcome,
        Ok(_) if !delivers => Outcome::Accepted { message: None, job: None },
        Ok(json) => match crate::providers::meta::fields::id(json.get("id")) {
            Some(id) => Outcome::Accepted { message: Some(id.as_str().into()), job: None },
            None => unsure(delivers, "an answer without the message's id".into()),
        },
    }
}
