//! Meta's errors: branched on by number, told by its words.

use serde_json::Value as Json;

use super::fields::{self, Object};
use crate::providers::quoted;

/// The window is closed: Cloud API, and the number of the on-premises API before it.
const WINDOW_CLOSED: [i64; 2] = [131_047, 470];

/// One of Meta's errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its number; 0 where none was given.
    pub code: i64,
    /// `131026: Message undeliverable`.
    pub words: String,
}

impl Fault {
    /// Read the `error` of an answer, or an item of `errors`.
    pub fn read(object: &Object) -> Self {
        let given = fields::whole(object.get("code"));
        let code = given.unwrap_or_default();
        let said = |json: Option<&Json>| json.and_then(Json::as_str).filter(|text| !text.trim().is_empty()).map(quoted);
        let words = said(fields::object(object, "error_data").and_then(|data| data.get("details")))
            .or_else(|| said(object.get("details")))
            .or_else(|| said(object.get("message")))
            .or_else(|| said(object.get("title")));
        let words = match (given, words) {
            (None, Some(words)) => words,
            (_, Some(words)) => format!("{code}: {words}"),
            (_, None) => code.to_string(),
        };
        Self { code, words }
    }

    /// The first of a list.
    pub fn first(json: Option<&Json>) -> Option<Self> {
        all(json).next()
    }

    /// The messenger said that the window is closed.
    pub fn closes_window(&self) -> bool {
        WINDOW_CLOSED.contains(&self.code)
    }
}

/// The errors of a list.
pub fn all(json: Option<&Json>) -> impl Iterator<Item = Fault> {
    json.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object).map(Fault::read)
}
