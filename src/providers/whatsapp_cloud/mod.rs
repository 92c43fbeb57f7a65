//! Meta's own WhatsApp Cloud API: signed webhooks, JSON calls, errors by number.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{Account, Keys, NoteWay, NotesAs, Opened, ProviderType, TableRow, meta};
use crate::domain::{
    AccountName, Assignable, ButtonLimits, Call, CallAnswer, CallBody, Capabilities, Channel, Errand, Found, Inquiring,
    Inquiry, Kept, ListLimits, Lookup, MediaKind, MediaLimit, Next, Notes, Progress, Rate, Received, Resolving, Span,
    Time, WebhookRequest,
};
use crate::yaml::Node;

mod calls;
mod check;
mod content;
mod inquiries;
mod outcomes;
mod template;

/// Where Meta lives.
const BASE_URL: &str = "https://graph.facebook.com";
/// The version of the Graph API that this was written for.
const VERSION: &str = "v23.0";
const MB: u64 = 1 << 20;

const fn limit(kind: MediaKind, megabytes: u64, types: &'static [&'static str]) -> MediaLimit {
    MediaLimit { kind, bytes: megabytes * MB, types }
}

/// Files that WhatsApp takes.
const MEDIA: &[MediaLimit] = &[
    limit(MediaKind::Image, 5, &["image/jpeg", "image/png"]),
    limit(MediaKind::Video, 16, &["video/mp4", "video/3gpp"]),
    limit(MediaKind::Audio, 16, &["audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"]),
    limit(MediaKind::Document, 100, &[]),
    MediaLimit { kind: MediaKind::Sticker, bytes: 512 << 10, types: &["image/webp"] },
];

/// The provider's line.
pub const TYPE: ProviderType = ProviderType {
    name: "whatsapp-cloud",
    doc: "WhatsApp Cloud API, straight from Meta",
    keys: &[
        ("version", "the version of the Graph API; `v23.0` unless given"),
        ("phone_number_id", "Meta's id of the number that answers, from WhatsApp, API Setup"),
        (
            "business_account_id",
            "the id of the WhatsApp Business Account, needed for templates and for the webhook's set-up",
        ),
        ("token", "a permanent token of a system user"),
        ("app_secret", "the app's secret, which signs the webhooks"),
        ("verify_token", "a long word of your own, which Meta gives back when the webhook is registered"),
        ("read_marks", "`true` shows contacts that a message was read once the bot answers it; `false` unless given"),
        (
            "typing",
            "`true` shows contacts that the bot types while it waits up to 25 s or asks another program, and that their message was read; as \
             `read_marks` unless given",
        ),
        (
            "notes",
            "`{message_to: PHONE}` sends notes to a colleague's WhatsApp, with a team's name to all of it who are there; without it notes go nowhere",
        ),
    ],
    open,
    parse,
    table: || {
        let row = |with, can| TableRow { channel: meta::CHANNEL, with, can };
        vec![
            row("", can(&NotesAs::Nothing, Marks::default())),
            row("notes: {message_to: PHONE}", can(&NotesAs::MessageTo(String::new()), Marks::default())),
            row("read_marks: true", can(&NotesAs::Nothing, Marks { read: true, typing: true })),
            row("typing: true", can(&NotesAs::Nothing, Marks { read: false, typing: true })),
        ]
    },
};

/// All is WhatsApp; an account's settings decide where notes go and whether contacts see that they were read.
fn can(notes: &NotesAs, marks: Marks) -> Capabilities {
    Capabilities {
        text_limit: 4096,
        window: Some(Span::hours(24)),
        templates: true,
        notes: if *notes == NotesAs::Nothing { Notes::Nowhere } else { Notes::Messages(4096) },
        assign: Assignable::Nobody,
        resolve: Resolving::Nowhere,
        tags: false,
        buttons: Some(ButtonLimits { most: 3, title: 20 }),
        list: Some(ListLimits { most: 10, title: 24, description: 72, button: 20 }),
        menu_text_limit: 1024,
        interactive: true,
        media: MEDIA,
        files_by_address_only: false,
        files_have_addresses: false,
        caption_limit: Some(1024),
        places: true,
        replies: true,
        read_marks: marks.read,
        typing: marks.typing,
        shop: true,
        addresses: true,
        forms: true,
        contacts: true,
        reactions: true,
    }
}

/// What the contact is shown of the bot's attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Marks {
    /// That a message was read.
    read: bool,
    /// That the bot types.
    typing: bool,
}

/// One number at Meta.
#[derive(Debug)]
struct CloudAccount {
    name: AccountName,
    base_url: String,
    number: String,
    business: Option<String>,
    token: SecretString,
    app_secret: Option<SecretString>,
    verify_token: Option<SecretString>,
    marks: Marks,
    notes: NotesAs,
}

fn open(name: &AccountName, node: &Node) -> Opened {
    let mut keys = Keys::new(node, format!("account `{name}`"));
    let base_url = keys.base_url("base_url").unwrap_or_else(|| BASE_URL.to_owned());
    let version = keys.read("version", "a version like `v23.0`", version).unwrap_or_else(|| VERSION.to_owned());
    let number = number(&mut keys, "phone_number_id", true);
    let business = number_if_given(&mut keys);
    let token = keys.needed("token", "a permanent token of a system user: `token: ${WHATSAPP_TOKEN}`");
    let app_secret = app_secret(&mut keys);
    let verify_token = keys.secret("verify_token");
    let read = keys.flag("read_marks").unwrap_or_default();
    let marks = Marks { read, typing: keys.flag("typing").unwrap_or(read) };
    let notes = NotesAs::read(&mut keys, &[NoteWay::MessageTo]);
    let account = token.zip(number).map(|(token, number)| {
        let base_url = format!("{base_url}/{version}");
        let (name, token) = (name.clone(), SecretString::from(token));
        Arc::new(CloudAccount { name, base_url, number, business, token, app_secret, verify_token, marks, notes })
            as Arc<dyn Account>
    });
    let problems = keys.into_problems();
    (account.filter(|_| problems.is_empty()), problems)
}

fn version(text: &str) -> Option<String> {
    let digits = text.strip_prefix('v')?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (!digits.is_empty() && digits.len() <= 8 && plain).then(|| text.to_owned())
}

fn id(text: &str) -> Option<String> {
    ((1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
}

fn number(keys: &mut Keys<'_>, key: &str, needed: bool) -> Option<String> {
    if needed {
        keys.needed(key, "the id (not the phone) from WhatsApp, API Setup, in Meta's app dashboard")?;
    }
    keys.read(key, "an id of digits", id)
}

fn number_if_given(keys: &mut Keys<'_>) -> Option<String> {
    number(keys, "business_account_id", false)
}

/// An account that anybody could write to must say so itself.
fn app_secret(keys: &mut Keys<'_>) -> Option<SecretString> {
    let secret = keys.secret("app_secret");
    let insecure = keys.flag("insecure").unwrap_or_default();
    if secret.is_none() && !insecure {
        let help = "copy it from the app's settings (Basic): `app_secret: ${WHATSAPP_APP_SECRET}`; `insecure: true` lets anybody in";
        keys.missing("app_secret", help);
    }
    secret
}

impl CloudAccount {
    /// The handshake of a webhook's registration: Meta's challenge goes back to whoever knows the word.
    fn shake_hands(&self, query: &str) -> Received {
        let get = |name: &str| {
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let word = get("hub.verify_token").unwrap_or_default();
        let known = self
            .verify_token
            .as_ref()
            .is_some_and(|ours| ours.expose_secret().as_bytes().ct_eq(word.as_bytes()).into());
        let plain = |text: &String| {
            text.len() <= 256 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        match get("hub.challenge").filter(plain) {
            _ if !known => Received::Refused { status: 401, why: "`hub.verify_token` is missing or wrong".into() },
            Some(body) if get("hub.mode").as_deref() == Some("subscribe") => Received::Answer { status: 200, body },
            _ => {
                Received::Refused { status: 400, why: "no handshake: `hub.mode` or `hub.challenge` is missing".into() }
            }
        }
    }

    /// `X-Hub-Signature-256: sha256=HEX`, the hash of the raw body, compared in constant time.
    fn is_signed(&self, request: &WebhookRequest) -> bool {
        let Some(secret) = &self.app_secret else { return true };
        let header =
            request.headers.iter().find(|(name, _)| name == "x-hub-signature-256").map(|(_, value)| value.as_str());
        let Some(claimed) = header.and_then(|value| value.strip_prefix("sha256=")).and_then(unhex) else {
            return false;
        };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
        mac.update(&request.body);
        mac.verify_slice(&claimed).is_ok()
    }
}

/// The 32 bytes of a SHA-256 in hex.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn parse(account: &AccountName, body: &[u8], now: Time) -> Received {
    read(account, None, body, now)
}

/// Read a body that was signed: what came to that number, or to any.
fn read(account: &AccountName, number: Option<&str>, body: &[u8], now: Time) -> Received {
    match serde_json::from_slice(body) {
        Ok(json) => meta::Reader { account, now, number, job: meta::GIVEN_BACK }.body(&json),
        Err(error) => Received::Refused { status: 400, why: format!("not JSON: {error}") },
    }
}

impl Account for CloudAccount {
    fn capabilities(&self, _channel: &Channel) -> Capabilities {
        can(&self.notes, self.marks)
    }

    fn notes_team(&self) -> Option<&str> {
        self.notes.team()
    }

    /// A signature covers the body, so that `receive` alone can tell.
    fn admits(&self, head: &WebhookRequest) -> bool {
        let signed = head.headers.iter().any(|(name, _)| name == "x-hub-signature-256");
        head.method == "GET" || signed || self.app_secret.is_none()
    }

    fn receive(&self, request: &WebhookRequest, now: Time) -> Received {
        if request.method == "GET" {
            return self.shake_hands(&request.query);
        }
        if !self.is_signed(request) {
            return Received::Refused { status: 401, why: "`X-Hub-Signature-256` is missing or wrong".into() };
        }
        self.read(&request.body, now)
    }

    fn read(&self, body: &[u8], now: Time) -> Received {
        read(&self.name, Some(self.number.as_str()), body, now)
    }

    fn next(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        self.step(&errand, answer)
    }

    /// Meta lists no messages. What tells is the status that comes by webhook and settles the row; while none comes, it is absent.
    fn look_up(&self, _errand: Errand<'_>, _answer: Option<&CallAnswer>) -> Lookup {
        Lookup::Done(Found::Absent)
    }

    fn probe(&self, _kept: Kept<'_>) -> Call {
        self.call("GET", &format!("{}?fields=id", self.number), CallBody::Empty, false)
    }

    fn inquire(
        &self,
        inquiry: &Inquiry,
        _kept: Kept<'_>,
        progress: &Progress,
        answer: Option<&CallAnswer>,
    ) -> Inquiring {
        self.inquired(inquiry, progress, answer)
    }

    fn rates(&self) -> &'static [Rate] {
        meta::rates::RATES
    }

    fn credential(&self) -> SecretString {
        SecretString::from(format!("{}/{}", self.number, self.token.expose_secret()))
    }
}
