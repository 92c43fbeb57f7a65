//! Reads the body of a webhook: Pact's test, then V1 or V2, which are told apart by their shape. 401 goes before 400; what is JSON but
//! fits nothing is kept for people, never refused, since Pact would only repeat it.

use serde_json_borrow::Value as Json;

use super::fields::{self, Object};
use super::{Api, v1, v2};
use crate::domain::{AccountName, News, Received, Time};

/// A literal body of Pact's document: no JSON, and to be answered 200.
const TEST_AS_DOCUMENTED: &str = "{'source':'pact.im','operation':'test'}";

/// Why a webhook fits nothing, for people.
pub type Unfit = String;

/// Read the body of a webhook whose secret was right. Of the two descriptions that Pact sends of the same thing, the account's own
/// is taken; without one, either.
pub fn receive(account: &AccountName, api: Option<Api>, body: &[u8], now: Time) -> Received {
    match fields::json(body) {
        Ok(Json::Object(object)) if is_test(&object) => answer_test(),
        Ok(Json::Object(object)) => match (shape(&object), api) {
            (Api::V1, Some(Api::V2)) => ignored("v1", "V1 describes the same once more"),
            (Api::V2, Some(Api::V1)) => ignored("v2", "V2 describes the same once more"),
            (Api::V1, _) => kept_if_unfit(v1::receive::read(account, &object, now)),
            (Api::V2, _) => kept_if_unfit(v2::receive::read(account, &object, now)),
        },
        Ok(_) => Received::Unfit { why: "not a JSON object".into() },
        Err(_) if is_documented_test(body) => answer_test(),
        Err(error) => Received::Refused { status: 400, why: format!("not JSON: {error}") },
    }
}

fn kept_if_unfit(read: Result<Received, Unfit>) -> Received {
    read.unwrap_or_else(|why| Received::Unfit { why })
}

/// V1 puts what it tells under `data`, V2 under `object`.
fn shape(object: &Object<'_>) -> Api {
    let is_v2 = object.contains_key("object") && !object.contains_key("data");
    if is_v2 { Api::V2 } else { Api::V1 }
}

fn is_test(object: &Object<'_>) -> bool {
    let says = |key: &str, word: &str| object.get(key).and_then(Json::as_str) == Some(word);
    says("source", "pact.im") && says("operation", "test")
}

fn is_documented_test(body: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(body) else { return false };
    // Twice the length leaves room for blanks and keeps an odd body from being copied.
    text.len() <= TEST_AS_DOCUMENTED.len() * 2 && text.split_whitespace().collect::<String>() == TEST_AS_DOCUMENTED
}

fn answer_test() -> Received {
    Received::Answer { status: 200, body: "ok".into() }
}

/// Understood, and nothing to do with it.
pub fn ignored(kind: &'static str, why: impl Into<String>) -> Received {
    Received::News(vec![News::Ignored { kind, why: why.into() }])
}

/// Something of the account itself.
pub fn of_the_account(what: String, templates: bool) -> Received {
    Received::News(vec![News::Account { what, templates }])
}
