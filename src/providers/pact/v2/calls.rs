//! The calls of V2: JSON with the company's number, the token in a header. Also a `GET` has its parameters in the body.

use serde_json::{Map, Value as Json, json};
use serde_json_borrow::Value as Borrowed;

use super::super::calls::{digits, is_voice};
use super::super::{PactAccount, fields};
use super::rates;
use crate::domain::{Call, CallBody, Errand, Media, MediaSource, Outcome, Template, Thread};
use crate::providers::{unsure, words};

impl PactAccount {
    /// A call with its parameters and the company's number.
    pub(super) fn json(
        &self,
        method: &'static str,
        path: &str,
        mut parameters: Map<String, Json>,
        spends: Option<&'static str>,
    ) -> Call {
        parameters.insert("company_id".into(), self.company_id.into());
        let call = self.call(method, &format!("api/p2/{path}"), CallBody::Json(Json::Object(parameters)), false);
        Call { spends, ..call }
    }

    fn delivering(&self, path: &str, parameters: Map<String, Json>, spends: &'static str) -> Call {
        Call { delivers: true, ..self.json("POST", path, parameters, Some(spends)) }
    }
}

fn map<const N: usize>(entries: [(&str, Option<Json>); N]) -> Map<String, Json> {
    entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

pub(super) fn messages_path(errand: &Errand<'_>) -> String {
    format!("conversations/{}/messages", errand.state.conversation.external_id)
}

/// Files go by their numbers, one a message.
fn files(file: Option<&str>) -> Option<Json> {
    file.map(|file| json!([file.parse::<u64>().map_or_else(|_| json!(file), Json::from)]))
}

/// A message: a text, a file, or both.
pub(in super::super) fn send(account: &PactAccount, errand: &Errand<'_>, text: &str, file: Option<&str>) -> Call {
    let reply_to = errand.row.decided.reply_to.as_ref().map(|message| json!(message.as_str()));
    let parameters = map([
        ("text", (!text.is_empty() || file.is_none()).then(|| json!(text))),
        ("attachment_ids", files(file)),
        ("replied_to_id", reply_to),
    ]);
    account.delivering(&messages_path(errand), parameters, rates::SENDS)
}

/// Give Pact a file, or the address of one.
pub(in super::super) fn upload(account: &PactAccount, media: &Media) -> Call {
    let voice = is_voice(media);
    match &media.source {
        MediaSource::Url(url) => upload_from(account, media, url),
        MediaSource::File(file) => {
            let company = ("company_id".to_owned(), account.company_id.to_string());
            let voice = voice.then(|| ("metadata[push_to_talk]".to_owned(), "true".to_owned()));
            let fields = std::iter::once(company).chain(voice).collect();
            let body = CallBody::Multipart { fields, file_field: "file", file: file.clone() };
            Call { spends: Some(rates::ATTACHMENTS), ..account.call("POST", "api/p2/attachments/", body, false) }
        }
    }
}

/// Give Pact the address of a file.
pub(in super::super) fn upload_from(account: &PactAccount, media: &Media, url: &str) -> Call {
    let metadata = is_voice(media).then(|| json!({"push_to_talk": true}));
    let parameters = map([("file_url", Some(json!(url))), ("metadata", metadata)]);
    account.json("POST", "attachments/", parameters, Some(rates::ATTACHMENTS))
}

/// `{"attachment": {"id": 53439177, …}}`. The document shows it without the outer braces: the object itself is taken, too.
pub(in super::super) fn read_upload(body: &[u8]) -> Result<(String, Option<String>), Outcome> {
    let answer: Borrowed<'_> =
        fields::json(body).map_err(|_| unsure(false, "an answer that is not Pact's JSON".into()))?;
    let attachment = if answer.get("attachment").is_object() { answer.get("attachment") } else { &answer };
    let address = attachment
        .get("attachment_url")
        .as_str()
        .filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let id = fields::id(Some(attachment.get("id")));
    id.map(|id| (id, address.map(str::to_owned)))
        .ok_or_else(|| Outcome::Rejected { why: format!("the file was not taken: {}", words(body)) })
}

/// `null` removes the assignee.
pub(in super::super) fn assign(account: &PactAccount, errand: &Errand<'_>, user: Option<u64>) -> Call {
    let parameters = map([("assignee_id", Some(json!(user)))]);
    let path = format!("conversations/{}", errand.state.conversation.external_id);
    account.json("PUT", &path, parameters, None)
}

/// Whether the conversation is `open` or `archived`.
pub(in super::super) fn stand(account: &PactAccount, errand: &Errand<'_>, state: &str) -> Call {
    let parameters = map([("operational_state", Some(json!(state)))]);
    let path = format!("conversations/{}", errand.state.conversation.external_id);
    account.json("PUT", &path, parameters, None)
}

/// A template goes as a first message. Substitutions and file are left out where the template has none.
pub(in super::super) fn template(account: &PactAccount, phone: &str, template: &Template, file: Option<&str>) -> Call {
    let parameters = map([
        ("provider", Some(json!("whatsapp_business"))),
        ("phone", Some(json!(digits(phone)))),
        ("waba_id", Some(json!(template.name))),
        ("substitutions", (!template.params.is_empty()).then(|| json!(template.params))),
        ("attachment_ids", files(file)),
    ]);
    account.delivering("messages", parameters, rates::FIRST_MESSAGES)
}

/// Who is in a conversation, and on which channel.
pub(in super::super) fn details(account: &PactAccount, errand: &Errand<'_>) -> Call {
    let path = format!("conversations/{}", errand.state.conversation.external_id);
    account.json("GET", &path, Map::new(), Some(rates::CONVERSATIONS))
}

/// `{"conversation": {…}}`.
pub(in super::super) fn read_details(body: &[u8], conversation: String) -> Option<Thread> {
    let answer: Borrowed<'_> = fields::json(body).ok()?;
    let object = answer.get("conversation").as_object()?;
    Some(fields::thread_v2(Some(object), None, conversation))
}
