//! get.chat by 360dialog: an inbox over one WhatsApp Business number, where people and the bot are users and chats are assigned to them.
//!
//! A message of ours has one id throughout: get.chat's own, which the answer to a send, the statuses and the lists of messages all name.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::{Account, Door, Guess, Inferred, Keys, NoteWay, NotesAs, Opened, ProviderType, TableRow, meta};
use crate::domain::{
    AccountName, Assignable, ButtonLimits, Call, CallAnswer, CallBody, Capabilities, Channel, Errand, Finding,
    Inquiring, Inquiry, Kept, ListLimits, Lookup, MediaKind, MediaLimit, Next, Notes, Progress, Rate, Received,
    Resolving, Span, Stream, StreamFrame, Time, WebhookRequest,
};
use crate::yaml::Node;

mod calls;
mod content;
mod inquiries;
mod lookup;
mod news;
mod receive;
mod stream;
mod tags;

/// How an account gets its secret.
const SECRET_HELP: &str = "make up a long word, write `webhook_secret: ${GETCHAT_WEBHOOK_SECRET}` and add `?auth=…` to the webhook's \
                           address in get.chat; `insecure: true` lets anybody in";
/// The provider's line.
pub const TYPE: ProviderType = ProviderType {
    name: "getchat",
    doc: "get.chat by 360dialog, an inbox over a WhatsApp Business number",
    keys: &[
        ("token", "the token of the bot's own user in get.chat"),
        ("username", "instead of `token`: the name of that user, to log in with"),
        ("password", "the user's password"),
        ("user_id", "the number of the bot's own user: a chat assigned to it is the bot's, to anybody else a human's"),
        (
            "webhook_secret",
            "what get.chat's webhooks must bring: `?auth=…` on the webhook's address, or a bearer token",
        ),
        ("receive", "`webhook` (unless given) or `websocket`: how messages come in"),
        ("websocket_url", "where the WebSocket is; found by `base_url` unless given"),
        (
            "notes",
            "`tag`: a note becomes a label of the chat; `{message_to: PHONE}`: it is sent to a colleague's WhatsApp, with a team's name to all of it who are there",
        ),
        (
            "inferred",
            "what get.chat's document leaves out, where it is otherwise: `webhooks`, `tag_events`, `tagging_id`",
        ),
    ],
    open,
    parse: |account, body, now| receive::body(account, None, body, now),
    table: || {
        let row = |with, notes: &NotesAs| TableRow { channel: meta::CHANNEL, with, can: can(notes) };
        vec![
            row("", &NotesAs::Nothing),
            row("notes: tag", &NotesAs::Tags),
            row("notes: {message_to: PHONE}", &NotesAs::MessageTo(String::new())),
        ]
    },
};

/// Where webhooks are listed and registered.
const WEBHOOKS: Guess = Guess { name: "webhooks", usual: "webhooks/" };
/// Where it is listed who set which label when.
const TAG_EVENTS: Guess = Guess { name: "tag_events", usual: "chat_tagging_events/" };
/// The field of a chat's label by which it is taken away.
const TAGGING_ID: Guess = Guess { name: "tagging_id", usual: "tagging_id" };

/// One inbox.
#[derive(Debug)]
struct GetchatAccount {
    name: AccountName,
    base_url: String,
    entry: Entry,
    user_id: u64,
    door: Door,
    receive: Receive,
    /// Where the WebSocket is, for accounts that listen to it.
    websocket_url: Option<String>,
    notes: NotesAs,
    inferred: Inferred,
}

/// How the bot's user is let in.
#[derive(Debug)]
enum Entry {
    /// By a token that lasts.
    Token(SecretString),
    /// By logging in for one.
    Password {
        /// The user's name.
        username: String,
        /// The user's password.
        password: SecretString,
    },
}

/// How messages come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Receive {
    /// get.chat calls our webhook.
    #[default]
    Webhook,
    /// We listen to its WebSocket.
    WebSocket,
}

fn open(name: &AccountName, node: &Node) -> Opened {
    let mut keys = Keys::new(node, format!("account `{name}`"));
    let help = "the inbox's address: `base_url: https://NAME.inbox.getchat.360dialog.io`";
    let base_url = keys.needed("base_url", help).and_then(|_| keys.base_url("base_url"));
    let entry = entry(&mut keys);
    let user_id = user_id(&mut keys);
    let receive = keys.read("receive", "`webhook` or `websocket`", receive).unwrap_or_default();
    let door = door(&mut keys, receive);
    let websocket_url = websocket_url(&mut keys, receive, base_url.as_deref());
    let notes = NotesAs::read(&mut keys, &[NoteWay::Tag, NoteWay::MessageTo]);
    let inferred = Inferred::read(&mut keys, &[&WEBHOOKS, &TAG_EVENTS, &TAGGING_ID]);
    let account = base_url.zip(entry).zip(user_id).map(|((base_url, entry), user_id)| {
        let name = name.clone();
        Arc::new(GetchatAccount { name, base_url, entry, user_id, door, receive, websocket_url, notes, inferred })
            as Arc<dyn Account>
    });
    let problems = keys.into_problems();
    (account.filter(|_| problems.is_empty()), problems)
}

/// A token, or what to log in with.
fn entry(keys: &mut Keys<'_>) -> Option<Entry> {
    let (username, password) = (keys.text("username").filter(|name| !name.is_empty()), keys.secret("password"));
    match (keys.secret("token"), username, password) {
        (Some(token), None, None) => Some(Entry::Token(token)),
        (None, Some(username), Some(password)) => Some(Entry::Password { username, password }),
        (None, None, None) => {
            keys.missing(
                "token",
                "write `token: ${GETCHAT_TOKEN}` of the bot's user, or its `username` and `password`",
            );
            None
        }
        (Some(_), ..) => {
            keys.wrong(keys.place(), "`token` stands beside `username` or `password`", "write one or the other");
            None
        }
        (None, Some(_), None) => {
            keys.missing("password", "it belongs to `username`: `password: ${GETCHAT_PASSWORD}`");
            None
        }
        (None, None, Some(_)) => {
            keys.missing("username", "it belongs to `password`: the name of the bot's user");
            None
        }
    }
}

fn receive(text: &str) -> Option<Receive> {
    match text {
        "webhook" => Some(Receive::Webhook),
        "websocket" => Some(Receive::WebSocket),
        _ => None,
    }
}

/// Who listens needs no door; with a secret one is there all the same.
fn door(keys: &mut Keys<'_>, receive: Receive) -> Door {
    let closed =
        receive == Receive::WebSocket && ["webhook_secret", "insecure"].iter().all(|key| keys.value(key).is_none());
    if closed { Door::nobody() } else { Door::read(keys, SECRET_HELP) }
}

/// As written, else as get.chat names its servers.
fn websocket_url(keys: &mut Keys<'_>, receive: Receive, base_url: Option<&str>) -> Option<String> {
    let is_one = |text: &str| {
        let host = text.strip_prefix("wss://").or_else(|| text.strip_prefix("ws://"))?;
        let plain = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
        plain.then(|| text.to_owned())
    };
    let written =
        keys.read("websocket_url", "an address like `wss://websockets-NAME.inbox.getchat.360dialog.io/`", is_one);
    if receive == Receive::Webhook {
        return None;
    }
    let url = written.or_else(|| stream::address_of(base_url?));
    if url.is_none() && base_url.is_some() && keys.value("websocket_url").is_none() {
        keys.missing("websocket_url", "where the WebSocket of this inbox is: `websocket_url: wss://…`");
    }
    url
}

fn user_id(keys: &mut Keys<'_>) -> Option<u64> {
    keys.needed("user_id", "the `id` that `GET …/api/v1/users/current/` names: `user_id: 23`")?;
    keys.read("user_id", "a whole number above zero", |text| text.parse().ok().filter(|id| *id > 0))
}

const MB: u64 = 1 << 20;

const fn limit(kind: MediaKind, megabytes: u64, types: &'static [&'static str]) -> MediaLimit {
    MediaLimit { kind, bytes: megabytes * MB, types }
}

/// WhatsApp's own.
const MEDIA: &[MediaLimit] = &[
    limit(MediaKind::Image, 5, &["image/jpeg", "image/png"]),
    limit(MediaKind::Video, 16, &["video/mp4", "video/3gpp"]),
    limit(MediaKind::Audio, 16, &["audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"]),
    limit(MediaKind::Document, 100, &[]),
    MediaLimit { kind: MediaKind::Sticker, bytes: 512 << 10, types: &["image/webp"] },
];
/// WhatsApp behind get.chat; there is nothing else. Labels of chats and groups of users are get.chat's.
const WHATSAPP: Capabilities = Capabilities {
    text_limit: 4096,
    window: Some(Span::hours(24)),
    templates: true,
    notes: Notes::Nowhere,
    assign: Assignable::UsersAndGroups,
    resolve: Resolving::Closes,
    tags: true,
    buttons: Some(ButtonLimits { most: 3, title: 20 }),
    list: Some(ListLimits { most: 10, title: 24, description: 72, button: 20 }),
    menu_text_limit: 1024,
    // WhatsApp's own objects are passed on (inferred for all but buttons and lists).
    interactive: true,
    media: MEDIA,
    files_by_address_only: false,
    files_have_addresses: false,
    caption_limit: Some(1024),
    places: true,
    replies: false,
    read_marks: false,
    typing: false,
    shop: true,
    addresses: true,
    forms: true,
    contacts: true,
    reactions: true,
};

/// Longest label; get.chat names no limit (inferred).
const TAG_LIMIT: usize = 100;

fn can(notes: &NotesAs) -> Capabilities {
    let notes = match notes {
        NotesAs::Tags => Notes::Entries(TAG_LIMIT),
        NotesAs::MessageTo(_) | NotesAs::MessageToTeam(_) => Notes::Messages(WHATSAPP.text_limit),
        NotesAs::Nothing | NotesAs::Attribute(_) => Notes::Nowhere,
    };
    Capabilities { notes, ..WHATSAPP }
}

impl GetchatAccount {
    /// A call of the interface, without the token. Every path ends with a slash: without one, get.chat redirects and a body is lost.
    fn call(&self, method: &'static str, path: &str, body: CallBody, delivers: bool) -> Call {
        let headers = vec![("accept", SecretString::from("application/json".to_owned()))];
        let spends = delivers.then_some(meta::rates::MESSAGES);
        Call {
            method,
            url: format!("{}/api/v1/{path}", self.base_url),
            headers,
            body,
            delivers,
            spends,
            patient: false,
        }
    }

    /// The token to come with: the account's own, or that of the last login.
    fn token<'a>(&'a self, kept: Kept<'a>) -> Option<&'a SecretString> {
        match &self.entry {
            Entry::Token(token) => Some(token),
            Entry::Password { .. } => kept.token,
        }
    }

    /// The call with the token.
    fn signed(&self, mut call: Call, kept: Kept<'_>) -> Call {
        if let Some(token) = self.token(kept) {
            let authorization = SecretString::from(format!("Token {}", token.expose_secret()));
            call.headers.insert(0, ("authorization", authorization));
        }
        call
    }

    fn get(&self, path: &str) -> Call {
        self.call("GET", path, CallBody::Empty, false)
    }
}

impl Account for GetchatAccount {
    fn capabilities(&self, _channel: &Channel) -> Capabilities {
        can(&self.notes)
    }

    fn notes_team(&self) -> Option<&str> {
        self.notes.team()
    }

    fn admits(&self, head: &WebhookRequest) -> bool {
        self.door.admits(head)
    }

    fn receive(&self, request: &WebhookRequest, now: Time) -> Received {
        if !self.admits(request) {
            return Door::refusal();
        }
        self.read(&request.body, now)
    }

    fn read(&self, body: &[u8], now: Time) -> Received {
        receive::body(&self.name, Some(self.user_id), body, now)
    }

    fn next(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        match self.step(&errand, answer) {
            Next::Call { call, progress } => Next::Call { call: Box::new(self.signed(*call, errand.kept)), progress },
            done @ Next::Done { .. } => done,
        }
    }

    fn look_up(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Lookup {
        match self.find(&errand, answer) {
            Lookup::Call { call, progress } => {
                Lookup::Call { call: Box::new(self.signed(*call, errand.kept)), progress }
            }
            done @ Lookup::Done(_) => done,
        }
    }

    fn probe(&self, kept: Kept<'_>) -> Call {
        self.signed(self.get("users/current/"), kept)
    }

    fn inquire(
        &self,
        inquiry: &Inquiry,
        kept: Kept<'_>,
        progress: &Progress,
        answer: Option<&CallAnswer>,
    ) -> Inquiring {
        match self.answer(inquiry, progress, answer) {
            // Whoever logs in has no token yet.
            Inquiring::Call { call, progress } if *inquiry != Inquiry::Login => {
                Inquiring::Call { call: Box::new(self.signed(*call, kept)), progress }
            }
            Inquiring::Done(Finding::File { call, mime, at_home }) => {
                Inquiring::Done(Finding::File { call: Box::new(self.signed(*call, kept)), mime, at_home })
            }
            other => other,
        }
    }

    fn stream(&self, kept: Kept<'_>) -> Option<Stream> {
        self.listening(self.token(kept))
    }

    fn hear(&self, frame: &[u8], now: Time) -> StreamFrame {
        self.heard(frame, now)
    }

    fn rates(&self) -> &'static [Rate] {
        meta::rates::RATES
    }

    fn credential(&self) -> SecretString {
        match &self.entry {
            Entry::Token(token) => token.clone(),
            Entry::Password { username, password } => {
                SecretString::from(format!("{username}/{}", password.expose_secret()))
            }
        }
    }
}
