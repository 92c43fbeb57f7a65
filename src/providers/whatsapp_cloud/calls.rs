//! The calls of a row: its files are uploaded first, then it goes. How far it has come is `row.progress`.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{CloudAccount, content, outcomes};
use crate::domain::{
    AssetRef, Call, CallAnswer, CallBody, Effect, Errand, JobId, Learned, Next, Outcome, Progress, Span, State, Thread,
    Upload,
};
use crate::providers::meta::{fields, rates};
use crate::providers::transport_outcome;

/// Meta keeps a file for 30 days; a day less leaves room for a message that waits.
const FILE_LASTS: Span = Span::days(29);

/// How far a row has come.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Step {
    /// The file whose upload is under way, by its hash.
    #[serde(default)]
    uploading: Option<String>,
    /// Files that were uploaded for this row: hash and Meta's id.
    #[serde(default)]
    uploaded: BTreeMap<String, String>,
}

impl Step {
    fn of(progress: &Progress) -> Self {
        serde_json::from_value(progress.clone()).unwrap_or_default()
    }

    fn save(&self) -> Progress {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn rejected(why: String) -> Next {
    Next::Done { outcome: Outcome::Rejected { why }, learned: Learned::default() }
}

impl CloudAccount {
    pub(super) fn call(&self, method: &'static str, path: &str, body: CallBody, delivers: bool) -> Call {
        let bearer = SecretString::from(format!("Bearer {}", self.token.expose_secret()));
        let url = format!("{}/{path}", self.base_url);
        Call { method, url, headers: vec![("authorization", bearer)], body, delivers, spends: None, patient: false }
    }

    /// The first call of a row, or what follows an answer.
    pub(super) fn step(&self, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        let step = Step::of(&errand.row.progress);
        match (answer, &step.uploading) {
            (None, _) => self.begin(errand, Step { uploading: None, ..step }),
            (Some(answer), Some(_)) => self.after_upload(errand, answer, step),
            (Some(answer), None) => after_send(errand, answer, &step),
        }
    }

    fn begin(&self, errand: &Errand<'_>, step: Step) -> Next {
        let effect = errand.row.went();
        let known: BTreeMap<String, String> =
            errand.kept.uploads.iter().chain(&step.uploaded).map(|(k, v)| (k.clone(), v.clone())).collect();
        if let Some(file) = content::files(effect).into_iter().find(|file| !known.contains_key(&file.hash)) {
            let uploading = Some(file.hash.clone());
            return Next::Call { call: Box::new(self.upload(file)), progress: Step { uploading, ..step }.save() };
        }
        let catalogue = errand.kept.catalogue;
        let message = content::message(effect, &content::Means { uploads: &known, catalogue, notes: &self.notes });
        let mut message = match message {
            Ok(message) => message,
            Err(why) => return rejected(why),
        };
        let delivers = effect.reaches_contact();
        if delivers || matches!(effect, Effect::React { .. }) {
            address(&mut message, errand);
        }
        message["messaging_product"] = json!("whatsapp");
        let mut call = self.call("POST", &format!("{}/messages", self.number), CallBody::Json(message), delivers);
        call.spends = delivers.then_some(rates::MESSAGES);
        Next::Call { call: Box::new(call), progress: step.save() }
    }

    fn upload(&self, file: &AssetRef) -> Call {
        let fields =
            vec![("messaging_product".to_owned(), "whatsapp".to_owned()), ("type".to_owned(), file.mime.clone())];
        let body = CallBody::Multipart { fields, file_field: "file", file: file.clone() };
        self.call("POST", &format!("{}/media", self.number), body, false)
    }

    /// Nothing has reached the contact yet: a failed upload is repeated or final, never unknown.
    fn after_upload(&self, errand: &Errand<'_>, answer: &CallAnswer, mut step: Step) -> Next {
        let (fault, body) = outcomes::read(answer);
        let failed = fault.is_some() || transport_outcome(answer, false).is_some();
        let id = body.and_then(|body| fields::id(body.get("id"))).filter(|_| !failed);
        match (id, step.uploading.take()) {
            (Some(id), Some(hash)) => {
                step.uploaded.insert(hash, id);
                self.begin(errand, step)
            }
            _ if failed => Next::Done { outcome: outcomes::outcome(answer, false), learned: Learned::default() },
            _ => {
                let outcome = Outcome::NotSent { after: None, why: "an upload was answered without an id".into() };
                Next::Done { outcome, learned: Learned::default() }
            }
        }
    }
}

/// Meta answers a send with the contact's ids as it knows them; the row's own name of this send is the job, which statuses give back.
fn after_send(errand: &Errand<'_>, answer: &CallAnswer, step: &Step) -> Next {
    let delivers = errand.row.went().reaches_contact();
    let outcome = match outcomes::outcome(answer, delivers) {
        Outcome::Accepted { message, .. } if delivers => {
            Outcome::Accepted { message, job: Some(JobId::from(errand.row.called())) }
        }
        other => other,
    };
    let until = errand.now + FILE_LASTS;
    // One that was learned after an earlier attempt lasts no longer for being told again.
    let fresh = step.uploaded.iter().filter(|(hash, _)| !errand.kept.uploads.contains_key(*hash));
    let uploads = fresh.map(|(hash, id)| Upload { hash: hash.clone(), id: id.clone(), until }).collect();
    let thread = matches!(outcome, Outcome::Accepted { .. }).then(|| learned(errand.state, answer)).flatten();
    Next::Done { outcome, learned: Learned { thread: thread.filter(|_| delivers), uploads } }
}

/// Ids of the contact that the conversation may not have yet.
fn learned(state: &State, answer: &CallAnswer) -> Option<Box<Thread>> {
    let body = outcomes::read(answer).1?;
    let contact = fields::list(&body, "contacts").first()?.as_object()?;
    let conversation = state.conversation.external_id.clone();
    let ids = ["wa_id", "user_id"].iter().filter_map(|key| fields::address(contact.get(*key)));
    let also: Vec<String> =
        ids.filter(|id| *id != conversation && Some(format!("+{id}")) != state.contact.phone).collect();
    (!also.is_empty()).then(|| Box::new(Thread { conversation, also, ..Thread::default() }))
}

/// To whom it goes, what it answers, and what the statuses are to give back.
fn address(message: &mut Json, errand: &Errand<'_>) {
    let conversation = &errand.state.conversation.external_id;
    let phone = errand.state.contact.phone.as_deref().map(|phone| phone.trim_start_matches('+'));
    message["recipient_type"] = json!("individual");
    match phone.or_else(|| fields::phone(conversation).map(|_| conversation.as_str())) {
        Some(phone) => message["to"] = json!(phone),
        // A person without a phone has a business-scoped id, which has a dot: `US.13491208655302741918`.
        None if conversation.contains('.') => message["recipient"] = json!(conversation),
        None => {
            message["recipient_type"] = json!("group");
            message["to"] = json!(conversation);
        }
    }
    if let Some(id) = &errand.row.decided.reply_to {
        message["context"] = json!({"message_id": id.as_str()});
    }
    message["biz_opaque_callback_data"] = json!(errand.row.called());
}
