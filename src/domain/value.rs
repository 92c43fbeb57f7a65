//! The values that variables hold, outside of any script.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Time;

/// A value of a variable. Its stored form is JSON; a time is `{"$time": milliseconds}` so that it comes back as a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "serde_json::Value", into = "serde_json::Value")]
pub enum Value {
    /// Not set: shown as nothing, answers any field with itself.
    #[default]
    Unit,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, shown without idle zeros.
    Float(f64),
    /// Text.
    Text(String),
    /// A point in time.
    Time(Time),
    /// A list.
    List(Vec<Value>),
    /// A map with text keys.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// Not set.
    pub fn is_unit(&self) -> bool {
        *self == Self::Unit
    }
}

/// Variables by name.
pub type Vars = BTreeMap<String, Value>;

const TIME_KEY: &str = "$time";

impl From<Value> for serde_json::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Unit => Self::Null,
            Value::Bool(b) => b.into(),
            Value::Int(i) => i.into(),
            Value::Float(x) => x.into(),
            Value::Text(s) => s.into(),
            Value::Time(t) => serde_json::json!({ TIME_KEY: t.0 }),
            Value::List(items) => Self::Array(items.into_iter().map(Into::into).collect()),
            Value::Map(map) => Self::Object(map.into_iter().map(|(k, v)| (k, v.into())).collect()),
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        use serde_json::Value as J;
        match json {
            J::Null => Self::Unit,
            J::Bool(b) => Self::Bool(b),
            J::Number(n) => n.as_i64().map_or_else(|| Self::Float(n.as_f64().unwrap_or_default()), Self::Int),
            J::String(s) => Self::Text(s),
            J::Array(items) => Self::List(items.into_iter().map(Into::into).collect()),
            J::Object(map) => match (map.len(), map.get(TIME_KEY).and_then(J::as_i64)) {
                (1, Some(ms)) => Self::Time(Time(ms)),
                _ => Self::Map(map.into_iter().map(|(k, v)| (k, v.into())).collect()),
            },
        }
    }
}
