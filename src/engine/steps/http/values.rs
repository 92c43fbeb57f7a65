//! Values as other programs read them.

use chrono::SecondsFormat;
use chrono_tz::Tz;
use serde_json::Value as Json;

use crate::domain::{Time, Value};

/// As JSON; times are ISO 8601 in the bot's zone.
pub fn json(value: Value, zone: Tz) -> Json {
    match value {
        Value::Time(at) => Json::String(iso(at, zone)),
        Value::List(items) => Json::Array(items.into_iter().map(|item| json(item, zone)).collect()),
        Value::Map(map) => Json::Object(map.into_iter().map(|(key, value)| (key, json(value, zone))).collect()),
        plain => plain.into(),
    }
}

/// As text; `()` is nothing, a list has commas between its items, a map is JSON.
pub fn text(value: Value, zone: Tz) -> String {
    match value {
        Value::Text(text) => text,
        Value::Unit => String::new(),
        Value::Time(at) => iso(at, zone),
        Value::List(items) => items.into_iter().map(|item| text(item, zone)).collect::<Vec<_>>().join(","),
        other => json(other, zone).to_string(),
    }
}

fn iso(at: Time, zone: Tz) -> String {
    at.to_utc().with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_for_programs_have_one_form() {
        let at = Value::Time(Time::from_unix(1_772_438_400));
        let zone = Tz::Europe__Moscow;
        assert_eq!(text(at.clone(), zone), "2026-03-02T11:00:00+03:00");
        let list = Value::List(vec![Value::Int(1), Value::Float(2.5), Value::Bool(true), Value::Unit, at]);
        assert_eq!(json(list.clone(), zone).to_string(), r#"[1,2.5,true,null,"2026-03-02T11:00:00+03:00"]"#);
        assert_eq!(text(list, zone), "1,2.5,true,,2026-03-02T11:00:00+03:00");
    }
}
