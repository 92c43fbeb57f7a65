//! Reads single fields of Pact's JSON. Each may be missing, null, of another type or absurd; none of that is trusted, none panics.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime};
use serde_json_borrow::{ObjectAsVec, Value as Json};

use crate::domain::{Attachment, Channel, Location, MessageKind, SharedLocation, Span, Thread, Time, Value};

/// A mapping of JSON, its texts where they stand in the body.
pub type Object<'a> = ObjectAsVec<'a>;

/// Longest id: Pact's are whole numbers, the messengers' behind them stay below this.
const LONGEST_ID: usize = 128;
/// Longest id of a messenger behind Pact: WhatsApp's take some 80 characters.
const LONGEST_EXTERNAL_ID: usize = 256;
/// Longest text kept, in characters: seven times what any messenger sends.
const LONGEST_TEXT: usize = 65_536;
/// Longest name kept, in characters.
const LONGEST_NAME: usize = 200;
/// Longest name of a channel's kind.
const LONGEST_KIND: usize = 40;
/// Most attachments read from one message: messengers allow 10 to 30.
const MOST_ATTACHMENTS: usize = 30;
/// Times before 2009 are absurd: no messenger of Pact's existed.
const EARLIEST: Time = Time(1_230_768_000_000);
/// A clock may run ahead of ours; a time further in the future is absurd.
const LATEST_AHEAD: Span = Span::days(1);

/// Read JSON. It is checked to be UTF-8 once, and not again string by string.
pub fn json(body: &[u8]) -> serde_json::Result<Json<'_>> {
    match str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        // Fails, and says where.
        Err(_) => serde_json::from_slice(body),
    }
}

/// An id: a whole number, or a short word that may stand in a path as it is.
pub fn id(json: Option<&Json<'_>>) -> Option<String> {
    match json? {
        Json::Number(number) if !number.is_f64() => Some(number.to_string()),
        Json::Str(text) => {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            (!text.is_empty() && text.len() <= LONGEST_ID && text.bytes().all(plain)).then(|| text.to_string())
        }
        _ => None,
    }
}

/// A whole number, also written as text.
pub fn whole(json: Option<&Json<'_>>) -> Option<i64> {
    match json? {
        Json::Number(number) => number.as_i64(),
        Json::Str(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A truth value, also written as text or number.
pub fn flag(json: Option<&Json<'_>>) -> Option<bool> {
    match json? {
        Json::Bool(value) => Some(*value),
        Json::Str(text) => text.trim().parse().ok(),
        Json::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// A message's text: nothing for null or missing, `None` for what is no text at all.
pub fn text(json: Option<&Json<'_>>) -> Option<String> {
    match json {
        None | Some(Json::Null) => Some(String::new()),
        // A NUL cannot be stored everywhere and means nothing to people.
        Some(Json::Str(text)) => Some(text.chars().filter(|c| *c != '\0').take(LONGEST_TEXT).collect()),
        Some(Json::Number(number)) => Some(number.to_string()),
        Some(_) => None,
    }
}

/// The first time of an object that is no absurdity: `…_timestamp` in unix seconds, `2017-11-11 12:45:53 UTC` or ISO 8601.
pub fn time(object: &Object<'_>, keys: &[&str], now: Time) -> Time {
    let plausible = |time: &Time| *time >= EARLIEST && *time <= now + LATEST_AHEAD;
    keys.iter().filter_map(|key| any_time(object.get(key)?)).find(plausible).unwrap_or(now)
}

/// A time in any of Pact's ways of writing it, plausible or not.
pub fn any_time(json: &Json<'_>) -> Option<Time> {
    match (whole(Some(json)), json) {
        (Some(seconds), _) => Some(Time::from_unix(seconds)),
        (None, Json::Str(text)) => written_time(text.trim()),
        _ => None,
    }
}

fn written_time(text: &str) -> Option<Time> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc().into());
    }
    let bare = text.strip_suffix(" UTC").unwrap_or(text);
    NaiveDateTime::parse_from_str(bare, "%Y-%m-%d %H:%M:%S").ok().map(|time| time.and_utc().into())
}

/// A person's name: one line, bounded. What is only their number is no name.
pub fn name(json: Option<&Json<'_>>) -> Option<String> {
    let text = json?.as_str()?;
    let words: Vec<_> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let line: String = words.join(" ").chars().take(LONGEST_NAME).collect();
    let is_number = line.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')'));
    (!is_number).then_some(line)
}

/// Are the messenger's ids of people their phones?
pub fn is_by_phone(channel: Option<&Channel>) -> bool {
    channel.is_some_and(|channel| matches!(channel.0.as_str(), "whatsapp" | "whatsapp_business"))
}

/// A phone in E.164.
pub fn phone(json: Option<&Json<'_>>) -> Option<String> {
    let sender = match json? {
        Json::Number(number) => number.to_string(),
        Json::Str(text) => text.trim().trim_start_matches('+').to_owned(),
        _ => return None,
    };
    let is_phone =
        (7..=15).contains(&sender.len()) && sender.bytes().all(|b| b.is_ascii_digit()) && !sender.starts_with('0');
    is_phone.then(|| format!("+{sender}"))
}

/// A messenger's name as Pact spells it.
pub fn channel(json: Option<&Json<'_>>) -> Option<Channel> {
    let named = |kind: &&str| {
        (1..=LONGEST_KIND).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    json.and_then(Json::as_str).filter(named).map(|kind| Channel(kind.to_ascii_lowercase()))
}

/// The conversation that an object of V1 is about; `conversation` is its id.
pub fn thread(object: &Object<'_>, conversation: String, group: bool) -> Thread {
    let within = object.get("channel").and_then(Json::as_object);
    let channel = channel(object.get("channel_type").or_else(|| within?.get("type")));
    let sender = object.get("sender_external_id").filter(|_| !group && is_by_phone(channel.as_ref()));
    Thread {
        conversation,
        also: Vec::new(),
        channel_id: id(object.get("channel_id")).or_else(|| id(within?.get("id"))),
        name: name(object.get("name")),
        phone: phone(sender),
        channel,
        group,
    }
}

/// Where a place was sent. Pact's document shows the field, not its keys: the usual spellings are taken.
pub fn location(json: Option<&Json<'_>>) -> Option<SharedLocation> {
    let object = json?.as_object()?;
    let degrees = |keys: [&str; 2], most: f64| {
        let value = keys.into_iter().find_map(|key| object.get(key))?;
        let value = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
        (value.abs() <= most).then_some(value)
    };
    let at =
        Location { latitude: degrees(["latitude", "lat"], 90.0)?, longitude: degrees(["longitude", "lng"], 180.0)? };
    let text = |key| object.get(key).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    Some(SharedLocation { at, name: text("name"), address: text("address") })
}

/// The files of a message.
pub fn attachments(json: Option<&Json<'_>>) -> Vec<Attachment> {
    let items = json.and_then(Json::as_array).unwrap_or_default();
    items.iter().filter_map(Json::as_object).take(MOST_ATTACHMENTS).map(attachment).collect()
}

fn attachment(object: &Object<'_>) -> Attachment {
    let text = |key: &str| object.get(key).and_then(Json::as_str).filter(|text| text.len() <= 2048).map(str::to_owned);
    let mime = text("mime_type").unwrap_or_default();
    let kind = match mime.split('/').next().unwrap_or_default() {
        kind @ ("image" | "audio" | "video") => kind,
        _ => "document",
    };
    Attachment {
        kind: kind.to_owned(),
        id: None,
        mime: Some(mime).filter(|mime| !mime.is_empty()),
        name: text("file_name"),
        url: text("attachment_url").or_else(|| text("url")),
        size: object.get("size").and_then(Json::as_u64),
    }
}

/// Pact names no kind of a message: the first file tells it.
pub fn kind_of(attachments: &[Attachment], is_place: bool) -> MessageKind {
    match attachments.first().map(|first| first.kind.as_str()) {
        Some("image") => MessageKind::Image,
        Some("audio" | "voice" | "ptt") => MessageKind::Audio,
        Some("video") => MessageKind::Video,
        Some("sticker") => MessageKind::Sticker,
        Some(_) => MessageKind::Document,
        None if is_place => MessageKind::Location,
        None => MessageKind::Text,
    }
}

/// The conversation that V2 tells of: by its number alone, with itself, or with the person who wrote.
pub fn thread_v2(conversation: Option<&Object<'_>>, contact: Option<&Object<'_>>, id: String) -> Thread {
    let of_conversation = |key: &str| conversation.and_then(|conversation| conversation.get(key));
    let of_contact = |key: &str| contact.and_then(|contact| contact.get(key));
    let channel = channel(of_conversation("provider"));
    let group = flag(of_conversation("group")).unwrap_or_default();
    let sender = || of_contact("external_id").or_else(|| of_conversation("sender_external_id"));
    let told = || phone(of_contact("phone")).or_else(|| phone(of_conversation("sender_phone")));
    let phone = told().or_else(|| phone(sender().filter(|_| is_by_phone(channel.as_ref()))));
    Thread {
        conversation: id,
        name: name(of_contact("name").filter(|_| !group)).or_else(|| name(of_conversation("sender_name"))),
        phone: phone.filter(|_| !group),
        channel,
        group,
        ..Thread::default()
    }
}

/// The messenger's own id of a message: `wamid.HBg…==`, `34577`.
pub fn external_id(json: Option<&Json<'_>>) -> Option<String> {
    match json? {
        Json::Number(number) if !number.is_f64() => Some(number.to_string()),
        Json::Str(text) => {
            let fits = (1..=LONGEST_EXTERNAL_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
            fits.then(|| text.to_string())
        }
        _ => None,
    }
}

/// What scripts may read as it came.
fn value(json: &Json<'_>) -> Value {
    Value::from(serde_json::Value::from(json))
}

/// What else a flow might want to know, under Pact's own names; nothing where none of it is told.
pub fn besides(object: &Object<'_>, keys: &[&str]) -> Value {
    let told = keys.iter().filter_map(|key| {
        let value = value(object.get(key)?);
        let is_empty = value.is_unit() || value == Value::List(Vec::new());
        (!is_empty).then(|| ((*key).to_owned(), value))
    });
    let told: BTreeMap<_, _> = told.collect();
    if told.is_empty() { Value::Unit } else { Value::Map(told) }
}
