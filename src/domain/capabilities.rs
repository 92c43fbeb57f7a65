//! What a provider can do on a channel. Steps are rendered by this table.

use super::{MediaKind, MediaSource, Span};

/// What can be done on one channel of one provider.
#[expect(clippy::struct_excessive_bools, reason = "a table of what there is and is not, each row by itself")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Longest text, in characters.
    pub text_limit: usize,
    /// The window; `None` where the channel has none.
    pub window: Option<Span>,
    /// Templates can be sent outside the window.
    pub templates: bool,
    /// Where notes go.
    pub notes: Notes,
    /// Who can be assigned.
    pub assign: Assignable,
    /// A conversation can be closed.
    pub resolve: Resolving,
    /// Labels can be set on a conversation.
    pub tags: bool,
    /// Options as buttons; `None` where there are none.
    pub buttons: Option<ButtonLimits>,
    /// Options as a list; `None` where there is none.
    pub list: Option<ListLimits>,
    /// Longest text above buttons or a list, in characters.
    pub menu_text_limit: usize,
    /// Links, requests for a place and their like can be pressed.
    pub interactive: bool,
    /// Files that can be sent.
    pub media: &'static [MediaLimit],
    /// Files go by their address alone: one of the bot's folder cannot be sent.
    pub files_by_address_only: bool,
    /// Longest text beside a file, in characters; `None` where there is none and the text goes after it.
    pub caption_limit: Option<usize>,
    /// A place can be sent as one.
    pub places: bool,
    /// A message can quote the one that it answers.
    pub replies: bool,
    /// The contact is told that messages were read.
    pub read_marks: bool,
    /// The contact is shown that somebody types.
    pub typing: bool,
}

/// Where notes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notes {
    /// Nowhere.
    Nowhere,
    /// One field of so many characters, that each write replaces whole.
    Field(usize),
    /// Entry by entry, each of so many characters at most: as a label.
    Entries(usize),
    /// Entry by entry, each of so many characters at most, as a message to colleagues, who are told whose conversation it is.
    Messages(usize),
}

/// Who can be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignable {
    /// Nobody.
    Nobody,
    /// A user.
    Users,
    /// A user or a group.
    UsersAndGroups,
}

/// Whether a conversation can be closed in the provider's inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolving {
    /// It cannot.
    Nowhere,
    /// It can; it opens again when its contact writes, and by no call of ours.
    Closes,
    /// It can, and it can be opened again.
    ClosesAndOpens,
}

/// How many buttons, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ButtonLimits {
    /// So many at most.
    pub most: usize,
    /// Characters of a label.
    pub title: usize,
}

/// How many rows of a list, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    /// So many rows at most.
    pub most: usize,
    /// Characters of a row's label.
    pub title: usize,
    /// Characters of a row's second line.
    pub description: usize,
    /// Characters of the label of the button that opens it.
    pub button: usize,
}

/// A kind of file, and how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaLimit {
    /// The kind.
    pub kind: MediaKind,
    /// Bytes at most.
    pub bytes: u64,
    /// Types that are taken (`image/jpeg`); empty: all.
    pub types: &'static [&'static str],
}

impl Capabilities {
    /// Plain text and nothing else, without a window: what is known of a channel that nobody knows.
    pub const PLAIN: Self = Self {
        text_limit: 1000,
        window: None,
        templates: false,
        notes: Notes::Nowhere,
        assign: Assignable::Nobody,
        resolve: Resolving::Nowhere,
        tags: false,
        buttons: None,
        list: None,
        menu_text_limit: 0,
        interactive: false,
        media: &[],
        files_by_address_only: false,
        caption_limit: None,
        places: false,
        replies: false,
        read_marks: false,
        typing: false,
    };

    /// Can a file of that kind from there be sent?
    pub fn takes(&self, kind: MediaKind, source: &MediaSource) -> bool {
        let has_address = matches!(source, MediaSource::Url(_));
        self.media_limit(kind).is_some() && (has_address || !self.files_by_address_only)
    }

    /// The limit of files of that kind, where they can be sent.
    pub fn media_limit(&self, kind: MediaKind) -> Option<&'static MediaLimit> {
        self.media.iter().find(|limit| limit.kind == kind)
    }
}
