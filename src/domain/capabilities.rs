//! What a provider can do on a channel. Steps are rendered by this table.

use std::fmt;

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
    /// Files that contacts send have an address that anybody can fetch, as long as they last; else the provider's id alone.
    pub files_have_addresses: bool,
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
    /// Products and a catalogue can be shown.
    pub shop: bool,
    /// A postal address can be asked for with a form for it.
    pub addresses: bool,
    /// WhatsApp's own forms can be opened.
    pub forms: bool,
    /// Cards of contacts can be sent.
    pub contacts: bool,
    /// A mark can be set on a message of the contact's.
    pub reactions: bool,
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

/// Why a file cannot be sent as something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing is sent as that.
    Kind(MediaKind),
    /// Files go by their address alone, and this one is of the bot's folder.
    NoUploads,
    /// Nothing of this type is sent as that.
    Type(MediaKind, String),
    /// It has more bytes than these.
    Size(MediaKind, u64),
}

impl fmt::Display for Unfit {
    /// Behind `the channel takes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => write!(f, "no {}", kind.name()),
            Self::NoUploads => f.write_str("files by address alone"),
            Self::Type(kind, mime) => write!(f, "nothing of the type {mime} as {}", kind.name()),
            Self::Size(kind, bytes) => write!(f, "{} of {} at most", kind.name(), amount(*bytes)),
        }
    }
}

/// Bytes for people: `5 MB`, `512 kB`.
pub fn amount(bytes: u64) -> String {
    if bytes >> 20 == 0 { format!("{} kB", bytes >> 10) } else { format!("{} MB", bytes >> 20) }
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
        files_have_addresses: true,
        caption_limit: None,
        places: false,
        replies: false,
        read_marks: false,
        typing: false,
        shop: false,
        addresses: false,
        forms: false,
        contacts: false,
        reactions: false,
    };

    /// The same where the server itself has an address for each file, of contacts' and of the bot's folder.
    #[must_use]
    pub fn with_addresses_here(self) -> Self {
        Self { files_have_addresses: true, files_by_address_only: false, ..self }
    }

    /// As what a file from there is sent: as the kind that it is meant to be, else as a document, a sticker as a picture; `None` where not even
    /// that can be.
    pub fn sends_as(&self, kind: MediaKind, source: &MediaSource) -> Option<MediaKind> {
        let other = if kind == MediaKind::Sticker { MediaKind::Image } else { MediaKind::Document };
        let other = Some(other).filter(|_| matches!(source, MediaSource::File(_)));
        [Some(kind), other].into_iter().flatten().find(|kind| self.unfit(*kind, source).is_none())
    }

    /// Why a file cannot be sent as that. Of an address nobody knows what lies there.
    pub fn unfit(&self, kind: MediaKind, source: &MediaSource) -> Option<Unfit> {
        let Some(limit) = self.media_limit(kind) else { return Some(Unfit::Kind(kind)) };
        let MediaSource::File(file) = source else { return None };
        if self.files_by_address_only {
            return Some(Unfit::NoUploads);
        }
        if !limit.types.is_empty() && !limit.types.contains(&file.mime.as_str()) {
            return Some(Unfit::Type(kind, file.mime.clone()));
        }
        (file.size > limit.bytes).then_some(Unfit::Size(kind, limit.bytes))
    }

    /// The limit of files of that kind, where they can be sent.
    pub fn media_limit(&self, kind: MediaKind) -> Option<&'static MediaLimit> {
        self.media.iter().find(|limit| limit.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AssetRef;

    const IMAGE: MediaLimit = MediaLimit { kind: MediaKind::Image, bytes: 5 << 20, types: &["image/jpeg"] };
    const DOCUMENT: MediaLimit = MediaLimit { kind: MediaKind::Document, bytes: 8 << 20, types: &[] };

    #[test]
    fn files_go_as_what_they_fit() {
        let rich = Capabilities { media: &[IMAGE, DOCUMENT], ..Capabilities::PLAIN };
        let pictures = Capabilities { media: &[IMAGE], ..Capabilities::PLAIN };
        let by_address = Capabilities { files_by_address_only: true, ..rich };
        let file = |mime: &str, megabytes: u64| {
            MediaSource::File(AssetRef { path: "a".into(), hash: "-".into(), mime: mime.into(), size: megabytes << 20 })
        };
        let url = MediaSource::Url("https://example.com/a".into());
        let cases = [
            ("it fits", rich, file("image/jpeg", 5), "image"),
            ("too large for a picture", rich, file("image/jpeg", 6), "document; takes image of 5 MB at most"),
            ("of another type", rich, file("image/png", 1), "document; takes nothing of the type image/png as image"),
            ("too large for all", rich, file("image/jpeg", 9), "-; takes image of 5 MB at most"),
            ("no documents", pictures, file("image/jpeg", 6), "-; takes image of 5 MB at most"),
            ("no uploads", by_address, file("image/jpeg", 1), "-; takes files by address alone"),
            ("an address", by_address, url.clone(), "image"),
            ("nothing", Capabilities::PLAIN, url, "-; takes no image"),
        ];
        for (name, can, source, want) in cases {
            let kind = can.sends_as(MediaKind::Image, &source).map_or("-", MediaKind::name);
            let unfit = can.unfit(MediaKind::Image, &source).map(|unfit| format!("; takes {unfit}"));
            assert_eq!(format!("{kind}{}", unfit.unwrap_or_default()), want, "{name}");
        }
    }
}
