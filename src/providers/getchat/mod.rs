//! get.chat by 360dialog: an inbox over one WhatsApp Business number, where people and the bot are users and chats are assigned to them.
//!
//! A message of ours has one id throughout: get.chat's own, which the answer to a send, the statuses and the lists of messages all name.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::{Account, Door, Keys, Opened, ProviderType, TableRow, meta};
use crate::domain::{
    AccountName, Assignable, ButtonLimits, Call, CallAnswer, CallBody, Capabilities, Channel, Errand, Inquiring,
    Inquiry, Kept, ListLimits, Lookup, MediaKind, MediaLimit, Next, Notes, Progress, Received, Span, Time,
    WebhookRequest,
};
use crate::yaml::Node;

mod calls;
mod content;
mod inquiries;
mod lookup;
mod news;
mod receive;
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
        ("user_id", "the number of the bot's own user: a chat assigned to it is the bot's, to anybody else a human's"),
        (
            "webhook_secret",
            "what get.chat's webhooks must bring: `?auth=…` on the webhook's address, or a bearer token",
        ),
        ("receive", "`webhook`: how messages come in; nothing else is there yet"),
    ],
    open,
    parse: |account, body, now| receive::body(account, None, body, now),
    table: || vec![TableRow { channel: meta::CHANNEL, with: "", can: WHATSAPP }],
};

/// One inbox.
#[derive(Debug)]
struct GetchatAccount {
    name: AccountName,
    base_url: String,
    token: SecretString,
    user_id: u64,
    door: Door,
}

fn open(name: &AccountName, node: &Node) -> Opened {
    let mut keys = Keys::new(node, format!("account `{name}`"));
    let help = "the inbox's address: `base_url: https://NAME.inbox.getchat.360dialog.io`";
    let base_url = keys.needed("base_url", help).and_then(|_| keys.base_url("base_url"));
    let token =
        keys.needed("token", "get one for the bot's user by `POST …/api/v1/auth/token/`: `token: ${GETCHAT_TOKEN}`");
    let user_id = user_id(&mut keys);
    let door = Door::read(&mut keys, SECRET_HELP);
    keys.read("receive", "`webhook`: messages over a WebSocket are not there yet", |text| {
        (text == "webhook").then_some(())
    });
    let account = base_url.zip(token).zip(user_id).map(|((base_url, token), user_id)| {
        let (name, token) = (name.clone(), SecretString::from(token));
        Arc::new(GetchatAccount { name, base_url, token, user_id, door }) as Arc<dyn Account>
    });
    let problems = keys.into_problems();
    (account.filter(|_| problems.is_empty()), problems)
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
];
/// WhatsApp behind get.chat; there is nothing else. Labels of chats and groups of users are get.chat's.
const WHATSAPP: Capabilities = Capabilities {
    text_limit: 4096,
    window: Some(Span::hours(24)),
    templates: true,
    notes: Notes::Nowhere,
    assign: Assignable::UsersAndGroups,
    tags: true,
    buttons: Some(ButtonLimits { most: 3, title: 20 }),
    list: Some(ListLimits { most: 10, title: 24, description: 72, button: 20 }),
    menu_text_limit: 1024,
    interactive: false,
    media: MEDIA,
    caption_limit: Some(1024),
    places: true,
    replies: false,
    read_marks: false,
};

impl GetchatAccount {
    /// A call of the interface. Every path ends with a slash: without one, get.chat redirects and a body is lost.
    fn call(&self, method: &'static str, path: &str, body: CallBody, delivers: bool) -> Call {
        let authorization = format!("Token {}", self.token.expose_secret());
        let headers = vec![
            ("authorization", SecretString::from(authorization)),
            ("accept", SecretString::from("application/json".to_owned())),
        ];
        Call { method, url: format!("{}/api/v1/{path}", self.base_url), headers, body, delivers, spends: None }
    }

    fn get(&self, path: &str) -> Call {
        self.call("GET", path, CallBody::Empty, false)
    }
}

impl Account for GetchatAccount {
    fn capabilities(&self, _channel: &Channel) -> Capabilities {
        WHATSAPP
    }

    fn admits(&self, head: &WebhookRequest) -> bool {
        self.door.admits(head)
    }

    fn receive(&self, request: &WebhookRequest, now: Time) -> Received {
        if !self.admits(request) {
            return Received::Refused { status: 401, why: "the webhook's secret is missing or wrong".into() };
        }
        receive::body(&self.name, Some(self.user_id), &request.body, now)
    }

    fn next(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        self.step(&errand, answer)
    }

    fn look_up(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Lookup {
        self.find(&errand, answer)
    }

    fn probe(&self, _kept: Kept<'_>) -> Call {
        self.get("users/current/")
    }

    fn inquire(
        &self,
        inquiry: &Inquiry,
        _kept: Kept<'_>,
        progress: &Progress,
        answer: Option<&CallAnswer>,
    ) -> Inquiring {
        self.answer(inquiry, progress, answer)
    }

    fn credential(&self) -> SecretString {
        self.token.clone()
    }
}
