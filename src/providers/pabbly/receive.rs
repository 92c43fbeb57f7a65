//! Reads the body of a webhook: Meta's envelope, else a body whose fields the mapping finds. What fits neither is kept for people.

use chrono::DateTime;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::mapping::{among, wrapped};
use super::{NotesAs, PabblyAccount};
use crate::domain::{
    Attachment, Body, Channel, Event, EventKey, Message, MessageId, MessageKind, News, Outgoing, Received,
    SharedLocation, Span, Thread, Time, hex,
};
use crate::providers::meta::{self, fields};
use crate::providers::phone_digits;

/// Who wrote a message: `user` is the contact, anything else our side.
pub(super) const SENT_BY: &[&str] = &["/sentBy", "/message/sentBy"];
/// The contact of a message of our side, whose `from` is our own number.
pub(super) const TO: &[&str] = &[
    "/to",
    "/message/to",
    "/recipient",
    "/receiver",
    "/contact/mobile",
    "/contact/phone",
    "/contact/wa_id",
    "/mobile",
    "/phone",
    "/wa_id",
    "/waId",
];
/// The id of what was pressed.
const OPTION: &[&str] = &[
    "/interactive/button_reply/id",
    "/interactive/list_reply/id",
    "/message/interactive/button_reply/id",
    "/message/interactive/list_reply/id",
    "/message/payload/id",
];
const PLACE: &[&str] = &["/location", "/message/location", "/message/body", "/message"];
const FILE_URL: &[&str] =
    &["/message/link", "/message/url", "/message/mediaUrl", "/message/media/url", "/link", "/url", "/mediaUrl"];
/// Of these, the places that have nothing but files.
const MEDIA_URL: &[&str] = &["/message/mediaUrl", "/message/media/url", "/mediaUrl"];
const FILE_ID: &[&str] = &["/message/mediaId", "/message/media/id", "/mediaId"];
const FILE_NAME: &[&str] = &["/message/filename", "/message/fileName", "/filename", "/fileName"];
const FILE_TYPE: &[&str] = &["/message/mimeType", "/message/mime_type", "/mimeType", "/mime_type"];
/// Words for types of messages besides WhatsApp's own.
const KINDS: [(&str, MessageKind); 13] = [
    ("text", MessageKind::Text),
    ("image", MessageKind::Image),
    ("audio", MessageKind::Audio),
    ("voice", MessageKind::Audio),
    ("video", MessageKind::Video),
    ("document", MessageKind::Document),
    ("file", MessageKind::Document),
    ("sticker", MessageKind::Sticker),
    ("location", MessageKind::Location),
    ("button", MessageKind::Button),
    ("interactive", MessageKind::Option),
    ("button_reply", MessageKind::Option),
    ("list_reply", MessageKind::Option),
];
/// Messages without id and time are the same if they come from the same phone with the same text within this.
const SAME_WITHIN: Span = Span::minutes(1);
/// Bytes of a hash that stand for a message without an id.
const HASH_BYTES: usize = 16;

impl PabblyAccount {
    /// Read a body whose secret was right.
    pub(super) fn read_body(&self, body: &[u8], now: Time) -> Received {
        let json: Json = match serde_json::from_slice(body) {
            Ok(json) => json,
            Err(error) => return Received::Refused { status: 400, why: format!("not JSON: {error}") },
        };
        let reader = meta::Reader { account: &self.name, now, number: None, job: meta::GIVEN_BACK };
        if let Some(read) = self.status(&json, &reader) {
            return read;
        }
        let envelope = wrapped(&json).find(|inner| meta::is_envelope(inner)).map(|inner| reader.body(inner));
        match envelope {
            Some(read @ Received::News(_)) => read,
            other => {
                let mapped = self.mapped(&json, now);
                mapped.unwrap_or_else(|why| other.unwrap_or(Received::Unfit { why: why.to_owned() }))
            }
        }
    }

    /// Read a body by the mapping; why it does not fit.
    fn mapped(&self, json: &Json, now: Time) -> Result<Received, &'static str> {
        let ours = among(json, SENT_BY, word).is_some_and(|by| by != "user");
        let person = self.person(json, ours).ok_or("nothing in it says who wrote")?;
        let text = self.mapping.first(json, "text", words).unwrap_or_default();
        let told_at = self.mapping.first(json, "at", |at| time(at, now));
        let id = self.mapping.first(json, "id", |id| fields::id(Some(id)));
        let file = among(json, FILE_URL, |url| fields::url(Some(url))).or_else(|| among(json, FILE_ID, words));
        let said = file.map_or_else(|| text.clone(), |file| format!("{text}\n{file}"));
        let key = EventKey(format!("message/{}", id.clone().unwrap_or_else(|| hash(&person, &said, told_at, now))));
        let id = id.map(MessageId::from);
        if ours && self.is_note_to(&person) {
            let why = "a note to the colleague who gets them".to_owned();
            return Ok(Received::News(vec![News::Ignored { kind: "note", why }]));
        }
        let body = if ours {
            Body::Outgoing(Outgoing { message: id, job: None, text })
        } else {
            Body::Message(self.message(json, id, text)?)
        };
        let thread = self.thread(json, person);
        let at = told_at.unwrap_or(now);
        Ok(Event { account: self.name.clone(), thread, key: Some(key), at, body }.into())
    }

    /// Phone or other id of the contact.
    fn person(&self, json: &Json, ours: bool) -> Option<String> {
        let to = ours.then(|| among(json, TO, person)).flatten();
        to.or_else(|| self.mapping.first(json, "from", person))
    }

    fn is_note_to(&self, person: &str) -> bool {
        matches!(&self.notes, NotesAs::MessageTo(colleague) if colleague == person)
    }

    fn thread(&self, json: &Json, person: String) -> Thread {
        let name = self.mapping.first(json, "name", |name| fields::name(Some(name)));
        let phone = fields::phone(&person);
        let channel = Some(Channel(meta::CHANNEL.to_owned()));
        Thread { conversation: person, channel, name, phone, ..Thread::default() }
    }

    fn message(&self, json: &Json, id: Option<MessageId>, text: String) -> Result<Message, &'static str> {
        let said = self.mapping.first(json, "type", word);
        let known = said.and_then(|said| KINDS.iter().find(|(name, _)| *name == said).map(|(_, kind)| *kind));
        let known = known.or_else(|| kind_of_file(json));
        let option = among(json, OPTION, |id| fields::id(Some(id)));
        let attachments: Vec<Attachment> = known.and_then(|kind| attachment(json, kind)).into_iter().collect();
        let location = (known == Some(MessageKind::Location)).then(|| among(json, PLACE, place)).flatten();
        if text.is_empty() && attachments.is_empty() && location.is_none() && option.is_none() {
            return Err("nothing in it is a text, a file, a place or a choice");
        }
        let kind = known.unwrap_or(if option.is_some() { MessageKind::Option } else { MessageKind::Text });
        let reply_to = self.mapping.first(json, "reply_to", |id| fields::id(Some(id))).map(MessageId::from);
        let data = self.mapping.first(json, "data", |data| Some(meta::data::kept(data))).unwrap_or_default();
        Ok(Message { id, kind, text, attachments, location, option, reply_to, data, ..Message::default() })
    }
}

pub(super) fn word(json: &Json) -> Option<String> {
    json.as_str().map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty())
}

pub(super) fn words(json: &Json) -> Option<String> {
    Some(fields::text(Some(json))).filter(|text| !text.trim().is_empty())
}

/// A phone however it is written, else another id.
pub(super) fn person(json: &Json) -> Option<String> {
    let id = fields::id(Some(json))?;
    phone_digits(&id).or_else(|| fields::address(Some(json)))
}

fn place(json: &Json) -> Option<SharedLocation> {
    fields::location(json.as_object()?)
}

/// A plausible time: unix in seconds or milliseconds, or ISO 8601.
pub(super) fn time(json: &Json, now: Time) -> Option<Time> {
    let written = |text: &str| DateTime::parse_from_rfc3339(text.trim()).ok().map(|time| time.timestamp_millis());
    let number = fields::whole(Some(json)).or_else(|| written(json.as_str()?))?;
    // What is absurd comes back as `now`.
    Some(fields::time(Some(&Json::from(number)), now)).filter(|time| *time != now)
}

/// What kind of file a message without a known type brings; `None` where it brings none. What merely links somewhere is none.
fn kind_of_file(json: &Json) -> Option<MessageKind> {
    let mime = among(json, FILE_TYPE, word);
    let is_link = || among(json, FILE_URL, |url| fields::url(Some(url))).is_some();
    let is_file = || among(json, MEDIA_URL, |url| fields::url(Some(url))).is_some();
    let has_id = || among(json, FILE_ID, |id| fields::id(Some(id))).is_some();
    let brings = if mime.is_some() { is_link() || has_id() } else { is_file() || has_id() };
    let mime = mime.unwrap_or_default();
    brings.then(|| match mime.split('/').next() {
        Some("image") => MessageKind::Image,
        Some("video") => MessageKind::Video,
        Some("audio") => MessageKind::Audio,
        _ => MessageKind::Document,
    })
}

fn attachment(json: &Json, kind: MessageKind) -> Option<Attachment> {
    use MessageKind::{Audio, Document, Image, Sticker, Video};
    let is_file = matches!(kind, Image | Audio | Video | Document | Sticker);
    let text = |places: &[&str]| among(json, places, words);
    is_file.then(|| Attachment {
        kind: kind.name().to_owned(),
        id: among(json, FILE_ID, |id| fields::id(Some(id))),
        mime: text(FILE_TYPE),
        name: text(FILE_NAME),
        url: among(json, FILE_URL, |url| fields::url(Some(url))),
        size: None,
    })
}

/// What stands for the id of a message that has none: phone, text with its file, and its time, or the minute in which it came.
fn hash(person: &str, text: &str, told_at: Option<Time>, now: Time) -> String {
    let when = told_at.map_or(now.0.div_euclid(SAME_WITHIN.0), |at| at.0);
    let digest = Sha256::digest(format!("{person}\n{when}\n{text}"));
    format!("sha256:{}", hex(digest.get(..HASH_BYTES).unwrap_or(&digest)))
}
