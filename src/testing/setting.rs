//! What a world is started with: the account, the channel and what it can do, the person, the time.

use std::collections::BTreeMap;

use crate::domain::{
    AccountName, Assignable, ButtonLimits, Capabilities, Channel, Imitated, ListLimits, MediaKind, MediaLimit, Notes,
    Resolving, Span, Time, Vars,
};

/// The channel of a test that names none: WhatsApp with a window, where most can go wrong.
pub const DEFAULT_CHANNEL: &str = "whatsapp_business";

/// The provider's id of a conversation that nobody named.
pub const USUAL_CONVERSATION: &str = "1";

/// The account and the person of a world.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The account's name.
    pub account: AccountName,
    /// The provider's name, for members' `ids`.
    pub provider: String,
    /// An assignment by people quiets the bot.
    pub quiet_on_assignment: bool,
    /// The provider's id of the conversation: what is left to chance follows from it.
    pub conversation: String,
    /// The messenger.
    pub channel: Channel,
    /// The team whose members get notes as messages.
    pub notes_team: Option<String>,
    /// Names of `contact.vars` that the provider keeps as fields of the contact, too.
    pub contact_fields: Vec<String>,
    /// What the messenger can do.
    pub capabilities: Capabilities,
    /// The person.
    pub contact: Person,
    /// Session variables at the start.
    pub vars: Vars,
    /// Tags of the conversation at the start.
    pub tags: Vec<String>,
    /// Conversations that members have at the start, by name.
    pub handed: BTreeMap<String, u32>,
    /// The time of the start.
    pub start: Time,
}

/// The person who writes.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Their name.
    pub name: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// One of the bot's languages.
    pub language: Option<String>,
    /// `contact.vars`.
    pub vars: Vars,
}

impl Setting {
    /// A person without a name or phone, on the default channel of an account of that name at Pact.
    pub fn new(account: &str, start: Time) -> Self {
        let channel = Channel(DEFAULT_CHANNEL.to_owned());
        Self {
            account: AccountName::from(account),
            provider: "pact".to_owned(),
            quiet_on_assignment: true,
            notes_team: None,
            contact_fields: Vec::new(),
            conversation: String::from(USUAL_CONVERSATION),
            capabilities: usual_capabilities(&channel),
            channel,
            contact: Person::default(),
            vars: Vars::new(),
            tags: Vec::new(),
            handed: BTreeMap::new(),
            start,
        }
    }

    /// On a messenger that shows buttons, lists and files, as WhatsApp does.
    #[must_use]
    pub fn with_buttons(mut self) -> Self {
        const fn limit(kind: MediaKind) -> MediaLimit {
            MediaLimit { kind, bytes: 16 << 20, types: &[] }
        }
        const MEDIA: [MediaLimit; 5] = [
            limit(MediaKind::Image),
            limit(MediaKind::Document),
            limit(MediaKind::Audio),
            limit(MediaKind::Video),
            limit(MediaKind::Sticker),
        ];
        self.capabilities = Capabilities {
            buttons: Some(ButtonLimits { most: 3, title: 20 }),
            list: Some(ListLimits { most: 10, title: 24, description: 72, button: 20 }),
            menu_text_limit: 1024,
            interactive: true,
            media: &MEDIA,
            caption_limit: Some(1024),
            places: true,
            replies: true,
            shop: true,
            addresses: true,
            forms: true,
            contacts: true,
            reactions: true,
            ..self.capabilities
        };
        self
    }

    /// Where notes are messages to members of a team.
    #[must_use]
    pub fn with_notes_to(mut self, team: &str) -> Self {
        self.capabilities.notes = Notes::Messages(self.capabilities.text_limit);
        self.notes_team = Some(team.to_owned());
        self
    }

    /// On an account as it is imitated.
    #[must_use]
    pub fn imitating(mut self, account: &Imitated) -> Self {
        account.provider.clone_into(&mut self.provider);
        self.quiet_on_assignment = account.quiet_on_assignment;
        self.notes_team.clone_from(&account.notes_team);
        self.contact_fields.clone_from(&account.contact_fields);
        self.capabilities = (account.can)(&self.channel);
        self
    }

    /// On this channel, with what is usual there.
    #[must_use]
    pub fn on_channel(mut self, name: &str) -> Self {
        self.channel = Channel(name.to_owned());
        self.capabilities = usual_capabilities(&self.channel);
        self
    }
}

/// What a channel can do where no provider is asked: the messengers' own published limits, a note of 2 000 characters and an
/// assignee, as a shared inbox has them. An unknown channel is plain text without a window.
pub fn usual_capabilities(channel: &Channel) -> Capabilities {
    let day = Some(Span::hours(24));
    let (text_limit, window, templates) = match channel.0.as_str() {
        "whatsapp_business" => (4096, day, true),
        "facebook" | "instagram" => (1000, day, false),
        "viber" => (7000, day, false),
        "vkontakte" => (9000, None, false),
        "avito" => (1000, None, false),
        _ => (4096, None, false),
    };
    Capabilities {
        text_limit,
        window,
        templates,
        notes: Notes::Field(2000),
        assign: Assignable::UsersAndGroups,
        resolve: Resolving::ClosesAndOpens,
        tags: true,
        ..Capabilities::PLAIN
    }
}
