//! What can be done on the channels that Pact carries: limits of the messengers behind it, where its own document names none.

use super::Api;
use crate::domain::{Assignable, Capabilities, Channel, MediaKind, MediaLimit, Notes, Resolving, Span};
use crate::providers::{ANY_OTHER, TableRow};

/// Pact has one note a conversation, replaced by each write. Its document names no limit; beyond this much nobody reads it (inferred).
const NOTE_LIMIT: usize = 2000;
/// WhatsApp's window, and that of Meta's and Viber's messengers.
const WINDOW: Span = Span::hours(24);
const MB: u64 = 1 << 20;

const fn limit(kind: MediaKind, megabytes: u64, types: &'static [&'static str]) -> MediaLimit {
    MediaLimit { kind, bytes: megabytes * MB, types }
}

const WHATSAPP_MEDIA: &[MediaLimit] = &[
    limit(MediaKind::Image, 5, &["image/jpeg", "image/png"]),
    limit(MediaKind::Video, 16, &["video/mp4", "video/3gpp"]),
    limit(MediaKind::Audio, 16, &["audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"]),
    limit(MediaKind::Document, 100, &[]),
];
/// A bot's limits (inferred).
const TELEGRAM_MEDIA: &[MediaLimit] = &[
    limit(MediaKind::Image, 10, &["image/jpeg", "image/png", "image/webp", "image/gif"]),
    limit(MediaKind::Video, 50, &[]),
    limit(MediaKind::Audio, 50, &[]),
    limit(MediaKind::Document, 50, &[]),
];
const FACEBOOK_MEDIA: &[MediaLimit] = &[
    limit(MediaKind::Image, 8, &["image/jpeg", "image/png", "image/gif"]),
    limit(MediaKind::Video, 25, &[]),
    limit(MediaKind::Audio, 25, &[]),
    limit(MediaKind::Document, 25, &[]),
];
/// Instagram shows no files.
const INSTAGRAM_MEDIA: &[MediaLimit] = &[
    limit(MediaKind::Image, 8, &["image/jpeg", "image/png"]),
    limit(MediaKind::Video, 25, &[]),
    limit(MediaKind::Audio, 25, &[]),
];
const VIBER_MEDIA: &[MediaLimit] = &[
    limit(MediaKind::Image, 1, &["image/jpeg", "image/png"]),
    limit(MediaKind::Video, 26, &["video/mp4"]),
    limit(MediaKind::Document, 50, &[]),
];
const VKONTAKTE_MEDIA: &[MediaLimit] = &[
    limit(MediaKind::Image, 50, &["image/jpeg", "image/png", "image/gif"]),
    limit(MediaKind::Audio, 50, &["audio/ogg"]),
    limit(MediaKind::Document, 200, &[]),
];
const AVITO_MEDIA: &[MediaLimit] = &[limit(MediaKind::Image, 24, &["image/jpeg", "image/png"])];

/// What differs between channels.
struct Row {
    text: usize,
    window: Option<Span>,
    /// A file may have a text beside it, whatever its kind. WhatsApp has captions for pictures and not for files: there, text and
    /// file are two messages.
    caption: Option<usize>,
    media: &'static [MediaLimit],
}

const fn row(text: usize, window: Option<Span>, caption: Option<usize>, media: &'static [MediaLimit]) -> Row {
    Row { text, window, caption, media }
}

/// The channels that are known, those with the same limits together.
const CHANNELS: &[(&[&str], Row)] = &[
    (&["whatsapp_business"], row(4096, Some(WINDOW), None, WHATSAPP_MEDIA)),
    // A phone connected by QR code: nothing is enforced.
    (&["whatsapp"], row(4096, None, None, WHATSAPP_MEDIA)),
    (&["telegram", "telegram_personal"], row(4096, None, Some(1024), TELEGRAM_MEDIA)),
    (&["facebook"], row(1000, Some(WINDOW), None, FACEBOOK_MEDIA)),
    (&["instagram", "instagram_business"], row(1000, Some(WINDOW), None, INSTAGRAM_MEDIA)),
    (&["viber"], row(7000, Some(WINDOW), None, VIBER_MEDIA)),
    (&["vkontakte", "vkontakte_direct"], row(9000, None, Some(4096), VKONTAKTE_MEDIA)),
    // Its limit is inferred.
    (&["avito"], row(1000, None, None, AVITO_MEDIA)),
];

fn row_of(channel: &str) -> Option<&'static Row> {
    CHANNELS.iter().find(|(names, _)| names.contains(&channel)).map(|(_, row)| row)
}

/// What can be done on each of them, and on one that nobody knows, in both versions.
pub(super) fn table() -> Vec<TableRow> {
    let names = || CHANNELS.iter().flat_map(|(names, _)| names.iter().copied()).chain([ANY_OTHER]);
    let of = |with, api| {
        names().map(move |name| TableRow { channel: name, with, can: capabilities(api, &Channel(name.to_owned())) })
    };
    of("api: v1", Api::V1).chain(of("api: v2", Api::V2)).collect()
}

/// What can be done on a channel. One that nobody knows is plain text without a window.
pub(super) fn capabilities(api: Api, channel: &Channel) -> Capabilities {
    let everywhere = Capabilities {
        notes: Notes::Field(NOTE_LIMIT),
        assign: Assignable::Users,
        resolve: if api == Api::V2 { Resolving::ClosesAndOpens } else { Resolving::Nowhere },
        ..Capabilities::PLAIN
    };
    let Some(row) = row_of(&channel.0) else { return everywhere };
    Capabilities {
        text_limit: row.text,
        window: row.window,
        templates: channel.0 == "whatsapp_business",
        media: row.media,
        caption_limit: row.caption,
        replies: api == Api::V2,
        ..everywhere
    }
}
