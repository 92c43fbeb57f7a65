//! Reads single fields of Meta's JSON. Each may be missing, null, of another type or absurd; none of that is trusted, none panics.

use serde_json::{Map, Value as Json};

use crate::domain::{Location, SharedLocation, Span, Time};

/// A mapping of JSON.
pub type Object = Map<String, Json>;

/// Longest id, in bytes. Message ids are the longest, at less than half of it.
const LONGEST_ID: usize = 256;
/// Longest text kept, in characters: sixteen times what WhatsApp sends.
const LONGEST_TEXT: usize = 65_536;
/// Longest name kept, in characters.
const LONGEST_NAME: usize = 200;
/// Longest address of a file, in bytes: signed ones are long.
const LONGEST_URL: usize = 4096;
/// Times before 2009 are absurd: WhatsApp did not exist.
const EARLIEST: Time = Time(1_230_768_000_000);
/// A clock may run ahead of ours; a time further in the future is absurd.
const LATEST_AHEAD: Span = Span::days(1);
/// Unix times above this are milliseconds: as seconds they lie beyond the year 5000.
const MILLISECONDS_ABOVE: i64 = 100_000_000_000;

/// An id of a message, a file or an option: a number or a text on one line, as it came.
pub fn id(json: Option<&Json>) -> Option<String> {
    match json? {
        Json::Number(number) if !number.is_f64() => Some(number.to_string()),
        Json::String(text) => {
            let fits = (1..=LONGEST_ID).contains(&text.len()) && !text.chars().any(char::is_control);
            fits.then(|| text.clone())
        }
        _ => None,
    }
}

/// The id of a person, a group or a phone number: without spaces, a phone without its plus.
pub fn address(json: Option<&Json>) -> Option<String> {
    let text = id(json)?;
    let bare = text.trim();
    let bare = bare.strip_prefix('+').filter(|rest| is_digits(rest)).unwrap_or(bare);
    (!bare.is_empty() && !bare.contains(char::is_whitespace)).then(|| bare.to_owned())
}

/// The E.164 of an id that is a phone.
pub fn phone(address: &str) -> Option<String> {
    let is_phone = (7..=15).contains(&address.len()) && is_digits(address) && !address.starts_with('0');
    is_phone.then(|| format!("+{address}"))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A text, or the number that stands for one; `""` for anything else.
pub fn text(json: Option<&Json>) -> String {
    match json {
        Some(Json::String(text)) => bounded(text),
        Some(Json::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// A text as it is kept. A NUL cannot be stored everywhere and means nothing to people.
pub fn bounded(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(LONGEST_TEXT).collect()
}

/// A person's name: one line, bounded.
pub fn name(json: Option<&Json>) -> Option<String> {
    let words = json?.as_str()?.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line: String = words.collect::<Vec<_>>().join(" ").chars().take(LONGEST_NAME).collect();
    (!line.is_empty()).then_some(line)
}

/// An address on the web.
pub fn url(json: Option<&Json>) -> Option<String> {
    let text = json?.as_str()?;
    let is_url = text.starts_with("https://") || text.starts_with("http://");
    let odd = |c: char| c.is_whitespace() || c.is_control();
    (is_url && text.len() <= LONGEST_URL && !text.contains(odd)).then(|| text.to_owned())
}

/// A whole number, also written as text.
pub fn whole(json: Option<&Json>) -> Option<i64> {
    match json? {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A unix time, in seconds or milliseconds; `now` for what is missing or absurd.
pub fn time(json: Option<&Json>, now: Time) -> Time {
    let Some(number) = whole(json) else { return now };
    let time = if number > MILLISECONDS_ABOVE { Time(number) } else { Time::from_unix(number) };
    if (EARLIEST..=now + LATEST_AHEAD).contains(&time) { time } else { now }
}

/// A place on the map.
pub fn location(object: &Object) -> Option<SharedLocation> {
    let degrees = |key: &str, most: f64| {
        let value = object.get(key)?;
        let value = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
        (value.abs() <= most).then_some(value)
    };
    let at = Location { latitude: degrees("latitude", 90.0)?, longitude: degrees("longitude", 180.0)? };
    let text = |key: &str| object.get(key).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    Some(SharedLocation { at, name: text("name"), address: text("address") })
}

/// A mapping under a key.
pub fn object<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    object.get(key)?.as_object()
}

/// A list under a key; empty where there is none.
pub fn list<'a>(object: &'a Object, key: &str) -> &'a [Json] {
    object.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}
