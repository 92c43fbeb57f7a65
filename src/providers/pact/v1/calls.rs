//! The calls of V1: form-encoded, the token in a header.

use serde_json_borrow::Value as Json;

use super::super::calls::{digits, is_voice};
use super::super::{NO_ASSIGNEE, PactAccount, fields};
use super::rates;
use crate::domain::{Call, CallBody, Errand, Media, MediaSource, Outcome, Template, Thread};
use crate::providers::{unsure, words};

type Fields = Vec<(String, String)>;

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

impl PactAccount {
    pub(in super::super) fn get(&self, path: &str) -> Call {
        self.call("GET", &format!("p1/{path}"), CallBody::Empty, false)
    }

    /// A path within the company.
    pub(in super::super) fn path(&self, rest: &str) -> String {
        format!("companies/{}/{rest}", self.company_id)
    }

    fn form(&self, method: &'static str, path: &str, form: Fields, delivers: bool) -> Call {
        self.call(method, &format!("p1/{path}"), CallBody::Form(form), delivers)
    }
}

fn conversation_path(account: &PactAccount, errand: &Errand<'_>, rest: &str) -> String {
    account.path(&format!("conversations/{}{rest}", errand.state.conversation.external_id))
}

pub(super) fn messages_path(account: &PactAccount, errand: &Errand<'_>) -> String {
    conversation_path(account, errand, "/messages")
}

/// A message: a text, a file, or both.
pub(in super::super) fn send(account: &PactAccount, errand: &Errand<'_>, text: &str, file: Option<&str>) -> Call {
    let text = (!text.is_empty() || file.is_none()).then(|| field("message", text));
    let file = file.map(|file| field("attachments_ids[]", file));
    let form = text.into_iter().chain(file).collect();
    let spends = rates::of(&errand.state.conversation.channel);
    Call { spends, ..account.form("POST", &messages_path(account, errand), form, true) }
}

/// Give Pact a file, or the address of one.
pub(in super::super) fn upload(account: &PactAccount, errand: &Errand<'_>, media: &Media) -> Call {
    let path = conversation_path(account, errand, "/messages/attachments");
    let voice: Fields = is_voice(media).then(|| field("push_to_talk", "true")).into_iter().collect();
    match &media.source {
        MediaSource::Url(url) => {
            account.form("POST", &path, [field("file_url", url)].into_iter().chain(voice).collect(), false)
        }
        MediaSource::File(file) => {
            let body = CallBody::Multipart { fields: voice, file_field: "file", file: file.clone() };
            account.call("POST", &format!("p1/{path}"), body, false)
        }
    }
}

/// `{"status": "ok", "data": {"external_id": 1}}`. Where the file lies is not told.
pub(in super::super) fn read_upload(body: &[u8]) -> Result<(String, Option<String>), Outcome> {
    let answer: Json<'_> = fields::json(body).map_err(|_| unsure(false, "an answer that is not Pact's JSON".into()))?;
    let id = fields::id(Some(answer.get("data").get("external_id")));
    id.map(|id| (id, None)).ok_or_else(|| Outcome::Rejected { why: format!("the file was not taken: {}", words(body)) })
}

/// The whole note.
pub(in super::super) fn note(account: &PactAccount, errand: &Errand<'_>, text: &str) -> Call {
    account.form("PUT", &conversation_path(account, errand, "/note"), vec![field("note", text)], false)
}

/// No assignee is an empty number unless the account says otherwise: the document makes it optional and shows no other way (inferred).
pub(in super::super) fn assign(account: &PactAccount, errand: &Errand<'_>, user: Option<u64>) -> Call {
    let number = user.map_or_else(|| account.inferred.of(&NO_ASSIGNEE).to_owned(), |user| user.to_string());
    account.form("PUT", &conversation_path(account, errand, "/assign"), vec![field("assignee_id", &number)], false)
}

/// A template goes to a phone on a channel. A form has no way to write an empty list: without parameters the field is left out.
pub(in super::super) fn template(account: &PactAccount, phone: &str, channel: &str, template: &Template) -> Call {
    let mut form = vec![
        field("phone", &digits(phone)),
        field("template[id]", &template.name),
        field("template[language_code]", &template.language),
    ];
    form.extend(template.params.iter().map(|param| field("template[parameters][]", param)));
    account.form("POST", &account.path(&format!("channels/{channel}/conversations")), form, true)
}

/// Who is in a conversation, and on which channel.
pub(in super::super) fn details(account: &PactAccount, errand: &Errand<'_>) -> Call {
    account.get(&conversation_path(account, errand, ""))
}

/// `{"data": {"conversation": {…}}}`.
pub(in super::super) fn read_details(body: &[u8], conversation: String) -> Option<Thread> {
    let answer: Json<'_> = fields::json(body).ok()?;
    let object = answer.get("data").get("conversation").as_object()?;
    Some(fields::thread(object, conversation, false))
}
