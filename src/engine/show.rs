//! Values as people read them, where no text of the author says how.

use chrono_tz::Tz;

use crate::domain::Value;

/// A value in words: numbers without idle zeros, times in the bot's zone.
pub fn shown(value: &Value, zone: Tz) -> String {
    match value {
        Value::Unit => String::new(),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Time(at) => at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
        Value::List(items) => items.iter().map(|item| shown(item, zone)).collect::<Vec<_>>().join(", "),
        Value::Map(map) => {
            map.iter().map(|(key, value)| format!("{key}: {}", shown(value, zone))).collect::<Vec<_>>().join(", ")
        }
    }
}
