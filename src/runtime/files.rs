//! Files that have an address here, signed for their account: what contacts sent is passed on from the provider that keeps it, while it does; what
//! stands in the bot's folder is given to a provider that takes addresses alone.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Response;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tokio::sync::OwnedSemaphorePermit;
use tracing::info;

use super::accounts::Account;
use super::hub::Hub;
use super::{http, limits};
use crate::domain::{
    AssetRef, Attachment, Body, BoxFuture, Call, Chunks, Event, FileAsked, FileThere, Finding, Inquiry, NoFile, hex,
    percent_encoded,
};

/// The longest id of a file; Meta's have some twenty digits.
const LONGEST_ID: usize = 128;
/// The longest type of a file.
const LONGEST_TYPE: usize = 100;
/// What is signed says first what it is for: the account's secret signs other things elsewhere.
const PURPOSE: &str = "frontdesk/media";
/// Before the hash of a file of the bot's folder, where else the provider's id stands. No provider's id begins so.
const OWN: &str = "own-";
/// What a file is where nobody says it.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Where the files of an account are had.
#[derive(Debug)]
pub struct Links {
    public_url: String,
    key: SecretString,
}

impl Links {
    /// Below this address; signed by the account's own secret, so that links end with it.
    pub fn new(public_url: &str, key: SecretString) -> Self {
        Self { public_url: public_url.to_owned(), key }
    }

    /// Give each file of a message its address here.
    pub fn add(&self, event: &mut Event) {
        let account = event.account.to_string();
        if let Body::Message(message) = &mut event.body {
            for file in &mut message.attachments {
                if let Some(link) = self.link(&account, file) {
                    file.url = Some(link);
                }
            }
        }
    }

    /// The address of a file of the bot's folder.
    pub fn own(&self, account: &str, file: &AssetRef) -> Option<String> {
        let (id, mime) = (Some(format!("{OWN}{}", file.hash)), Some(file.mime.clone()));
        self.link(account, &Attachment { id, mime, ..Attachment::default() })
    }

    fn link(&self, account: &str, file: &Attachment) -> Option<String> {
        let id = file.id.as_deref().filter(|id| is_plain(id))?;
        let mime = file.mime.as_deref().map(bare_type).filter(|mime| is_type(mime)).unwrap_or_default();
        let key = hex(&self.mac(account, id, mime)?.finalize().into_bytes());
        let kind = if mime.is_empty() { String::new() } else { format!("type={}&", percent_encoded(mime)) };
        Some(format!("{}/media/{account}/{id}?{kind}key={key}", self.public_url))
    }

    /// Was this address made here?
    fn made(&self, asked: &FileAsked) -> bool {
        let mac = self.mac(&asked.account, &asked.id, &asked.mime).filter(|_| is_plain(&asked.id));
        // Compared in constant time.
        mac.is_some_and(|mac| hex(&mac.finalize().into_bytes()).as_bytes().ct_eq(asked.key.as_bytes()).into())
    }

    fn mac(&self, account: &str, id: &str, mime: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose_secret().as_bytes()).ok()?;
        mac.update([PURPOSE, account, id, mime].join("\n").as_bytes());
        Some(mac)
    }
}

/// An id as it may stand in a path, ours and the provider's.
fn is_plain(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(plain)
}

/// `audio/ogg` of `audio/ogg; codecs=opus`.
fn bare_type(mime: &str) -> &str {
    mime.split(';').next().unwrap_or_default().trim()
}

fn is_type(mime: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'+' | b'.');
    mime.len() <= LONGEST_TYPE && mime.contains('/') && mime.bytes().all(plain)
}

impl Hub {
    /// A file of the bot's folder, or one that a contact sent, from the provider that keeps it.
    pub async fn file(&self, asked: &FileAsked) -> Result<FileThere, NoFile> {
        // Whoever has no right address learns nothing, not even which accounts there are.
        let account = self.accounts.get(asked.account.as_str()).ok_or(NoFile::Unknown)?;
        if !account.links.as_ref().is_some_and(|links| links.made(asked)) {
            return Err(NoFile::Unknown);
        }
        if let Some(hash) = asked.id.strip_prefix(OWN) {
            return account.bot.revision().assets.get(hash).map(|content| own(content, asked)).ok_or(NoFile::Gone);
        }
        let permit = Arc::clone(&self.files).try_acquire_owned().map_err(|_| NoFile::Busy)?;
        let found = self.fetch(account, asked).await;
        let outcome = if found.is_ok() { "passed on" } else { "not passed on" };
        info!(account = account.name(), outcome, "a contact's file was asked for");
        found.map(|(response, mime)| there(response, mime, permit))
    }

    async fn fetch(&self, account: &Account, asked: &FileAsked) -> Result<(Response, String), NoFile> {
        let inquiry = Inquiry::File { id: asked.id.clone(), mime: asked.mime.clone() };
        let (call, mime, at_home) = match self.inquire_of(account, &inquiry).await {
            Finding::File { call, mime, at_home } => (call, mime, at_home),
            Finding::Failed { .. } => return Err(NoFile::Gone),
            _ => return Err(NoFile::Unknown),
        };
        let response = self.open(&call, at_home).await.map_err(|_| NoFile::Failed)?;
        let mime = [Some(asked.mime.clone()), mime].into_iter().flatten().find(|mime| is_type(mime));
        match response.status().as_u16() {
            200 if response.content_length().is_some_and(|bytes| bytes > limits::LARGEST_FILE) => Err(NoFile::Failed),
            200 => Ok((response, mime.unwrap_or_else(|| UNKNOWN_TYPE.to_owned()))),
            404 | 410 => Err(NoFile::Gone),
            _ => Err(NoFile::Failed),
        }
    }

    /// What the provider says lies elsewhere is reached as `http` steps reach things: at no private address.
    async fn open(&self, call: &Call, at_home: bool) -> Result<Response, String> {
        if at_home { http::open(&self.client, call).await } else { self.calls.caller().open(call).await }
    }
}

/// A file of the bot's folder, as it is now.
fn own(content: &Arc<[u8]>, asked: &FileAsked) -> FileThere {
    let (mime, size) = (asked.mime.clone(), Some(content.len() as u64));
    FileThere { mime, size, content: Box::new(Whole(Some(Arc::clone(content)))) }
}

/// A file in one piece.
struct Whole(Option<Arc<[u8]>>);

impl Chunks for Whole {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Vec<u8>, String>>> {
        let all = self.0.take().map(|content| Ok(content.to_vec()));
        Box::pin(async { all })
    }
}

fn there(response: Response, mime: String, permit: OwnedSemaphorePermit) -> FileThere {
    let size = response.content_length();
    let content = Box::new(Passing { response, passed: 0, _permit: permit });
    FileThere { mime, size, content }
}

/// A file on its way.
struct Passing {
    response: Response,
    passed: u64,
    _permit: OwnedSemaphorePermit,
}

impl Passing {
    async fn chunk(&mut self) -> Option<Result<Vec<u8>, String>> {
        const SILENCE: Duration = limits::FILE_SILENCE;
        let chunk = match tokio::time::timeout(SILENCE, self.response.chunk()).await {
            Ok(Ok(chunk)) => chunk?,
            Ok(Err(error)) => return Some(Err(http::reason(&error.without_url()))),
            Err(_) => return Some(Err("the provider stopped in the middle of the file".into())),
        };
        self.passed += chunk.len() as u64;
        let fits = self.passed <= limits::LARGEST_FILE;
        Some(if fits { Ok(chunk.to_vec()) } else { Err("the file is larger than any messenger's".into()) })
    }
}

impl Chunks for Passing {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Vec<u8>, String>>> {
        Box::pin(self.chunk())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        Links::new("https://bot.example.com", SecretString::from("the account's token".to_owned()))
    }

    fn asked(link: &str) -> FileAsked {
        let (path, query) = link.split_once('?').unwrap_or((link, ""));
        let mut path = path.rsplit('/');
        let id = path.next().unwrap_or_default().to_owned();
        let account = path.next().unwrap_or_default().to_owned();
        let field = |name: &str| {
            let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        FileAsked { account, id, mime: field("type"), key: field("key") }
    }

    fn file(id: &str, mime: &str) -> Attachment {
        Attachment { id: Some(id.into()), mime: Some(mime.into()), ..Attachment::default() }
    }

    #[test]
    fn a_link_opens_its_file_and_no_other() {
        let links = links();
        let link = links.link("shop", &file("1279244293838655", "audio/ogg; codecs=opus")).unwrap();
        assert!(
            link.starts_with("https://bot.example.com/media/shop/1279244293838655?type=audio%2Fogg&key="),
            "{link}"
        );
        let right = asked(&link);
        assert!(links.made(&right));
        let others = [
            FileAsked { id: "1279244293838656".into(), ..right.clone() },
            FileAsked { account: "shop2".into(), ..right.clone() },
            FileAsked { mime: "text/html".into(), ..right.clone() },
            FileAsked { key: String::new(), ..right.clone() },
            FileAsked { key: right.key[..62].to_owned(), ..right.clone() },
            FileAsked { key: "ö".repeat(32), ..right.clone() },
        ];
        for other in others {
            assert!(!links.made(&other), "{other:?}");
        }
        let another = Links::new("https://bot.example.com", SecretString::from("a new token".to_owned()));
        assert!(!another.made(&right), "links end with the account's secret");
    }

    #[test]
    fn what_could_lead_elsewhere_has_no_link() {
        for id in ["", "../x", "a/b", "a?b", "a b", "ä", &"1".repeat(129)] {
            assert_eq!(links().link("shop", &file(id, "image/jpeg")), None, "{id}");
        }
        assert_eq!(links().link("shop", &Attachment::default()), None);
        let odd = links().link("shop", &file("7", "image/jpeg\r\nx: y")).unwrap();
        assert!(odd.contains("/7?key="), "{odd}");
    }
}
