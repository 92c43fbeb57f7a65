//! The files of a bot's folder that its steps may send. Whoever reads the folder hands each in as a source of one line that says what it is
//! (`asset`), so that a revision changes when a file does; the content itself is read only for those that a step names.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::domain::{AssetRef, Capabilities, MediaKind, MediaSource, Unfit, hex};
use crate::yaml::{Node, Problem, Source, nearest};

use super::Texts;
use super::context::Context;

/// Bytes of one file: the most that WhatsApp takes of films and sounds. The bot holds its files in memory.
pub const LARGEST_ASSET: u64 = 16 << 20;

/// What is told by a name's ending.
struct Ending {
    letters: &'static str,
    mime: &'static str,
    kind: MediaKind,
}

const fn ending(letters: &'static str, mime: &'static str, kind: MediaKind) -> Ending {
    Ending { letters, mime, kind }
}

/// The endings of files that messengers take.
const ENDINGS: &[Ending] = &[
    ending("jpg", "image/jpeg", MediaKind::Image),
    ending("jpeg", "image/jpeg", MediaKind::Image),
    ending("png", "image/png", MediaKind::Image),
    ending("webp", "image/webp", MediaKind::Sticker),
    ending("mp4", "video/mp4", MediaKind::Video),
    ending("3gp", "video/3gpp", MediaKind::Video),
    ending("mp3", "audio/mpeg", MediaKind::Audio),
    ending("ogg", "audio/ogg", MediaKind::Audio),
    ending("aac", "audio/aac", MediaKind::Audio),
    ending("m4a", "audio/mp4", MediaKind::Audio),
    ending("amr", "audio/amr", MediaKind::Audio),
    ending("pdf", "application/pdf", MediaKind::Document),
    ending("txt", "text/plain", MediaKind::Document),
    ending("doc", "application/msword", MediaKind::Document),
    ending("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", MediaKind::Document),
    ending("xls", "application/vnd.ms-excel", MediaKind::Document),
    ending("ppt", "application/vnd.ms-powerpoint", MediaKind::Document),
    ending("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", MediaKind::Document),
];

fn ending_of(name: &str) -> Option<&'static Ending> {
    let (_, end) = name.rsplit_once('.')?;
    ENDINGS.iter().find(|known| known.letters.eq_ignore_ascii_case(end))
}

/// Whether a file of that name may be sent by a step.
pub fn is_asset(name: &str) -> bool {
    ending_of(name).is_some()
}

/// SHA-256 of a file's content, in hex.
pub fn content_hash(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// A file that steps may send, as `load` wants it: its path as shown to people, the hash of its content and its size in bytes.
pub fn asset(path: Arc<str>, hash: &str, size: u64) -> Source {
    Source { path, text: format!("{hash} {size}").into() }
}

/// Where a step's file comes from.
#[derive(Clone, Debug)]
pub enum MediaFrom {
    /// A file of the folder.
    Asset(AssetRef),
    /// An address, which may hold `{{ }}`.
    Url(Texts),
}

impl MediaFrom {
    /// With the address put to words.
    pub fn source(&self, url: impl FnOnce(&Texts) -> Option<String>) -> Option<MediaSource> {
        match self {
            Self::Asset(asset) => Some(MediaSource::File(asset.clone())),
            Self::Url(texts) => url(texts).map(MediaSource::Url),
        }
    }
}

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileUse {
    /// In a message of its own.
    Message,
    /// Above a template's text.
    Header,
}

impl Context {
    /// A file to send: one of the folder by its name, or an address.
    pub fn media(&mut self, node: &Node, kind: MediaKind) -> Option<MediaFrom> {
        let written = self.scalar(node, "a file of the bot's folder or an address")?;
        if written.starts_with("https://") || written.starts_with("http://") || written.starts_with("{{") {
            return self.texts(node).map(MediaFrom::Url);
        }
        let Some((hash, size)) = self.find_asset(&written) else {
            self.no_such_file(node, &written);
            return None;
        };
        let wants = |ending: &&Ending| kind == MediaKind::Document || ending.kind == kind;
        let Some(ending) = ending_of(&written).filter(wants) else {
            let message = format!("`{written}` is not sent as {}", kind.name());
            self.report(Problem::error("wrong-file", &node.at, message).help(endings_help(kind)));
            return None;
        };
        if size > LARGEST_ASSET {
            let message = format!("`{written}` has {size} bytes, more than {LARGEST_ASSET}");
            self.report(
                Problem::error("file-too-large", &node.at, message).help("make it smaller, or send its address"),
            );
            return None;
        }
        let asset = AssetRef { path: written, hash, mime: ending.mime.to_owned(), size };
        self.assets_sent.insert(asset.path.clone(), asset.clone());
        Some(MediaFrom::Asset(asset))
    }

    /// Warn where an account on which the bot speaks does not take a file as what it is.
    pub fn fits_channels(&mut self, node: &Node, kind: MediaKind, from: &MediaFrom, use_of_it: FileUse) {
        let MediaFrom::Asset(asset) = from else { return };
        let source = MediaSource::File(asset.clone());
        let told = |(account, unfit, can): (String, Unfit, Capabilities)| {
            let instead = match (use_of_it, can.sends_as(kind, &source)) {
                (FileUse::Header, _) => "the template is refused".to_owned(),
                (FileUse::Message, Some(kind)) => format!("it goes as {}", kind.name()),
                (FileUse::Message, None) => "only the text beside it is said".to_owned(),
            };
            format!("{account} takes {unfit}, so {instead}")
        };
        let counts = |can: &Capabilities| use_of_it == FileUse::Message || can.templates;
        let unfit = self.audience.unfit(kind, &source).into_iter().filter(|(.., can)| counts(can));
        let told: Vec<String> = unfit.map(told).collect();
        if !told.is_empty() {
            let message = format!("`{}` does not fit everywhere: {}", asset.path, told.join("; "));
            let help =
                "make it another one, or send its address; `frontdesk accounts capabilities` lists what fits where";
            self.report(Problem::warning("file-does-not-fit", &node.at, message).help(help));
        }
    }

    fn find_asset(&self, name: &str) -> Option<(String, u64)> {
        let file = self.assets.iter().find(|file| file_name(file) == name)?;
        let (hash, size) = file.text.split_once(' ')?;
        Some((hash.to_owned(), size.parse().ok()?))
    }

    fn no_such_file(&mut self, node: &Node, written: &str) {
        let names: Vec<String> = self.assets.iter().map(|file| file_name(file).to_owned()).collect();
        let help = match nearest(written, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "put it beside `bot.yaml` (not in a folder below), or write an address that begins with `https://`"
                .into(),
        };
        let problem = Problem::error("missing-file", &node.at, format!("the bot's folder has no file `{written}`"));
        self.report(problem.help(help));
    }
}

fn file_name(file: &Source) -> &str {
    file.path.rsplit('/').next().unwrap_or_default()
}

fn endings_help(kind: MediaKind) -> String {
    let known = ENDINGS.iter().filter(|ending| ending.kind == kind).map(|ending| format!("`.{}`", ending.letters));
    format!("files that end in {} are", known.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Scripts;

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let limit = LARGEST_ASSET;
        let mut cx = Context::new("clinic", &Arc::new(Scripts::default()));
        let file = |name: &str, size| Arc::new(asset(format!("bots/clinic/{name}").into(), "-", size));
        cx.assets = vec![file("fits.jpg", limit), file("large.jpg", limit + 1)];
        let named = |name: &str| {
            let source = Source { path: "bots/clinic/bot.yaml".into(), text: name.into() };
            crate::yaml::read(&Arc::new(source)).0.expect("a scalar")
        };
        assert!(cx.media(&named("fits.jpg"), MediaKind::Image).is_some());
        assert!(cx.media(&named("large.jpg"), MediaKind::Image).is_none());
        assert_eq!(cx.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["file-too-large"]);
        assert_eq!(cx.assets_sent.keys().collect::<Vec<_>>(), ["fits.jpg"]);
    }
}
