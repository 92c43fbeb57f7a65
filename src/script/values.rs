//! Between the values of the domain and those of rhai, and how values are shown in texts.

use rhai::{Array, Dynamic, ImmutableString, Map};

use super::ScriptError;
use super::moment::{Length, Moment};
use super::names::Fields;
use super::tongue::Tongue;
use crate::domain::{Span, Time, Value};

/// Lists and maps within each other; deeper values are no variable's.
const MAX_DEPTH: usize = 32;

/// How values look in one view.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner<'a> {
    pub(super) zone: chrono_tz::Tz,
    pub(super) tongue: &'static Tongue,
    /// The sign before a fraction.
    pub(super) point: &'a str,
    /// Times are told as seen from then.
    pub(super) seen_from: Option<Time>,
}

impl Manner<'_> {
    fn of(self, at: Time) -> Moment {
        Moment { at, zone: self.zone, tongue: self.tongue, seen_from: self.seen_from }
    }

    pub(super) fn moment(self, at: Time) -> Dynamic {
        Dynamic::from(self.of(at))
    }

    pub(super) fn length(self, span: Span) -> Dynamic {
        Dynamic::from(Length { span, tongue: self.tongue })
    }

    /// A value for rhai: of a map only the fields that are read.
    pub(super) fn dynamic(self, value: &Value, fields: &Fields) -> Dynamic {
        match value {
            Value::Unit => Dynamic::UNIT,
            Value::Bool(b) => (*b).into(),
            Value::Int(i) => (*i).into(),
            Value::Float(x) => (*x).into(),
            Value::Text(s) => text(s),
            Value::Time(at) => self.moment(*at),
            Value::List(items) => items.iter().map(|item| self.dynamic(item, Fields::ALL)).collect::<Array>().into(),
            Value::Map(map) => match fields {
                Fields::All => {
                    map.iter().map(|(k, v)| (k.into(), self.dynamic(v, Fields::ALL))).collect::<Map>().into()
                }
                Fields::Some(fields) => fields
                    .iter()
                    .filter_map(|(k, inner)| Some((k.into(), self.dynamic(map.get(k)?, inner))))
                    .collect::<Map>()
                    .into(),
            },
        }
    }

    /// A value as people read it: nothing for what is not set.
    pub(super) fn show(self, value: &Value) -> String {
        match value {
            Value::Unit => String::new(),
            Value::Bool(b) => b.to_string(),
            Value::Int(i) => i.to_string(),
            Value::Float(x) => x.to_string().replace('.', self.point),
            Value::Text(s) => s.clone(),
            Value::Time(at) => self.of(*at).to_string(),
            Value::List(items) => items.iter().map(|item| self.show(item)).collect::<Vec<_>>().join(", "),
            Value::Map(map) => map.iter().map(|(k, v)| format!("{k}: {}", self.show(v))).collect::<Vec<_>>().join(", "),
        }
    }
}

/// A text for rhai.
pub(super) fn text(text: &str) -> Dynamic {
    ImmutableString::from(text).into()
}

/// What a script came to.
pub(super) fn value(dynamic: Dynamic) -> Result<Value, ScriptError> {
    value_at(dynamic, 0)
}

fn value_at(dynamic: Dynamic, depth: usize) -> Result<Value, ScriptError> {
    if depth > MAX_DEPTH {
        return Err(ScriptError(format!("lists and maps are nested deeper than {MAX_DEPTH}")));
    }
    let dynamic = dynamic.flatten();
    if dynamic.is_unit() {
        return Ok(Value::Unit);
    }
    if let Ok(b) = dynamic.as_bool() {
        return Ok(Value::Bool(b));
    }
    if let Ok(i) = dynamic.as_int() {
        return Ok(Value::Int(i));
    }
    if let Ok(x) = dynamic.as_float() {
        return Ok(Value::Float(x));
    }
    if let Ok(c) = dynamic.as_char() {
        return Ok(Value::Text(c.into()));
    }
    if let Some(moment) = dynamic.read_lock::<Moment>().map(|moment| moment.at) {
        return Ok(Value::Time(moment));
    }
    if let Some(length) = dynamic.read_lock::<Length>().map(|length| *length) {
        return Ok(Value::Text(length.to_string()));
    }
    let dynamic = match dynamic.try_cast_result::<ImmutableString>() {
        Ok(text) => return Ok(Value::Text(text.into())),
        Err(dynamic) => dynamic,
    };
    let dynamic = match dynamic.try_cast_result::<Array>() {
        Ok(items) => {
            return items.into_iter().map(|item| value_at(item, depth + 1)).collect::<Result<_, _>>().map(Value::List);
        }
        Err(dynamic) => dynamic,
    };
    match dynamic.try_cast_result::<Map>() {
        Ok(map) => {
            let entries = map.into_iter().map(|(k, v)| Ok((k.into(), value_at(v, depth + 1)?)));
            entries.collect::<Result<_, ScriptError>>().map(Value::Map)
        }
        Err(other) => Err(ScriptError(format!(
            "{} is no value that can be kept or shown",
            super::errors::type_name(other.type_name())
        ))),
    }
}
