//! What can be done through Pabbly: the Cloud API's limits, as far as Pabbly's calls reach.

use super::{NotesAs, TableRow};
use crate::domain::{Assignable, Capabilities, ListLimits, MediaKind, MediaLimit, Notes, Resolving, Span};

use crate::providers::meta::CHANNEL;

const MB: u64 = 1 << 20;
/// Longest value of an attribute; Pabbly names no limit, and beyond this nobody reads it (inferred).
const ATTRIBUTE_LIMIT: usize = 1000;
/// Longest tag; Pabbly names no limit (inferred).
const TAG_LIMIT: usize = 100;
/// WhatsApp's longest text.
const TEXT_LIMIT: usize = 4096;
const MEDIA: &[MediaLimit] = &[
    MediaLimit { kind: MediaKind::Image, bytes: 5 * MB, types: &["image/jpeg", "image/png"] },
    MediaLimit { kind: MediaKind::Video, bytes: 16 * MB, types: &["video/mp4", "video/3gpp"] },
    MediaLimit {
        kind: MediaKind::Audio,
        bytes: 16 * MB,
        types: &["audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"],
    },
    MediaLimit { kind: MediaKind::Document, bytes: 100 * MB, types: &[] },
];

/// What can be done, by where notes go.
pub(super) fn table() -> Vec<TableRow> {
    let row = |with, notes: &NotesAs| TableRow { channel: CHANNEL, with, can: of(notes) };
    vec![
        row("", &NotesAs::Nothing),
        row("notes: tag", &NotesAs::Tags),
        row("attribute: NAME", &NotesAs::Attribute(String::new())),
        row("message_to: NUMBER", &NotesAs::MessageTo(String::new())),
    ]
}

/// All of Pabbly is WhatsApp; only where notes go differs. Its document has no reply buttons and no places.
pub(super) fn of(notes: &NotesAs) -> Capabilities {
    Capabilities {
        text_limit: TEXT_LIMIT,
        window: Some(Span::hours(24)),
        templates: true,
        notes: match notes {
            NotesAs::Nothing => Notes::Nowhere,
            NotesAs::Tags => Notes::Entries(TAG_LIMIT),
            NotesAs::Attribute(_) => Notes::Field(ATTRIBUTE_LIMIT),
            NotesAs::MessageTo(_) | NotesAs::MessageToTeam(_) => Notes::Messages(TEXT_LIMIT),
        },
        assign: Assignable::Nobody,
        resolve: Resolving::Nowhere,
        tags: true,
        buttons: None,
        list: Some(ListLimits { most: 10, title: 24, description: 72, button: 20 }),
        menu_text_limit: 1024,
        interactive: true,
        media: MEDIA,
        files_by_address_only: true,
        files_have_addresses: false,
        caption_limit: Some(1024),
        places: false,
        replies: false,
        read_marks: false,
        typing: false,
        shop: true,
        addresses: true,
        forms: false,
        contacts: false,
        reactions: false,
    }
}
