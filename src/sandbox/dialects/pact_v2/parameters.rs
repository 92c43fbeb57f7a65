//! The parameters of a call: JSON with the types that the document names, and no others.

use axum::http::StatusCode;
use serde_json::{Map, Value as Json};

use crate::sandbox::guard::Refusal;
use crate::sandbox::world::Attached;

fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why)
}

/// The parameters of a call.
#[derive(Debug)]
pub(super) struct Parameters(Map<String, Json>);

impl Parameters {
    /// Read them; besides those that every call has, only `known` ones may be there.
    pub(super) fn read(body: &[u8], known: &[&str]) -> Result<Self, Refusal> {
        let Ok(Json::Object(map)) = serde_json::from_slice(body) else {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "the body must be a JSON object"));
        };
        let odd = |key: &&String| !["private_api_token", "company_id"].iter().chain(known).any(|known| known == key);
        match map.keys().find(odd) {
            Some(odd) => Err(invalid(format!("{odd} is no parameter"))),
            None => Ok(Self(map)),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        wish: &str,
        read: impl FnOnce(&'a Json) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| invalid(format!("{key} must be {wish}")))
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Refusal> {
        self.typed(key, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn needed_text(&self, key: &str) -> Result<String, Refusal> {
        self.text(key)?.filter(|text| !text.is_empty()).ok_or_else(|| invalid(format!("{key} is missing")))
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<u64>, Refusal> {
        self.typed(key, "an integer", Json::as_u64)
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Refusal> {
        self.typed(key, "a boolean", Json::as_bool)
    }

    pub(super) fn numbers(&self, key: &str) -> Result<Vec<u64>, Refusal> {
        let read = |value: &Json| value.as_array()?.iter().map(Json::as_u64).collect::<Option<Vec<_>>>();
        Ok(self.typed(key, "an array of integers", read)?.unwrap_or_default())
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, Refusal> {
        let text = |value: &Json| value.as_str().map(str::to_owned);
        let read = |value: &Json| value.as_array()?.iter().map(text).collect::<Option<Vec<_>>>();
        Ok(self.typed(key, "an array of strings", read)?.unwrap_or_default())
    }

    /// One of these words.
    pub(super) fn word(&self, key: &str, words: &[&str]) -> Result<Option<String>, Refusal> {
        let fits = |value: &Json| value.as_str().filter(|text| words.contains(text)).map(str::to_owned);
        self.typed(key, &format!("one of: {}", words.join(", ")), fits)
    }

    /// One file a message.
    pub(super) fn files(&self) -> Result<Vec<Attached>, Refusal> {
        let files = self.numbers("attachment_ids")?;
        if files.len() > 1 {
            return Err(invalid("attachment_ids: one attachment a message"));
        }
        Ok(files.into_iter().map(Attached::Once).collect())
    }

    /// The page of a list, from 1, and how many entries it has.
    pub(super) fn page<T>(&self, all: Vec<T>, usual: u64) -> Result<(Vec<T>, Json), Refusal> {
        let page = self.number("page")?.unwrap_or(1).max(1);
        let per_page = self.number("per_page")?.unwrap_or(usual).clamp(1, usual.max(150));
        let start = usize::try_from((page - 1).saturating_mul(per_page)).unwrap_or(usize::MAX);
        let entries: Vec<T> = all.into_iter().skip(start).take(usize::try_from(per_page).unwrap_or(1)).collect();
        let meta = serde_json::json!({"page": page, "entries_count": entries.len(), "per_page": per_page});
        Ok((entries, meta))
    }
}
