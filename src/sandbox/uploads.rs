//! Files that calls bring: as `multipart/form-data`, or as the address of one.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};

use super::guard::Refusal;

/// Longest name of a file that is kept.
const LONGEST_NAME: usize = 200;

/// A file that came with a call.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) content: Content,
    pub(super) voice: bool,
}

/// Its content, or where it is.
#[derive(Debug)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    Url(String),
}

/// The parts of a form with a file.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) fields: Vec<(String, String)>,
    pub(super) file: Option<Upload>,
}

pub(super) fn is_multipart(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

fn bad(why: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, why)
}

/// Read `multipart/form-data`; the file is the part of that name.
pub(super) async fn parts(request: Request, file_part: &str) -> Result<Parts, Refusal> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|why| bad(why.body_text()))?;
    let mut parts = Parts::default();
    while let Some(part) = form.next_field().await.map_err(|why| bad(why.body_text()))? {
        let name = part.name().unwrap_or_default().to_owned();
        let (file_name, mime) = (part.file_name().map(str::to_owned), part.content_type().map(str::to_owned));
        let content = part.bytes().await.map_err(|why| bad(why.body_text()))?;
        match (name == file_part, file_name) {
            (true, Some(name)) => {
                let name = name.chars().take(LONGEST_NAME).collect();
                let mime = mime.unwrap_or_else(|| "application/octet-stream".into());
                parts.file = Some(Upload { name, mime, content: Content::Bytes(content.into()), voice: false });
            }
            (true, None) => return Err(bad(format!("{file_part} must be a File"))),
            (false, _) => parts.fields.push((name, String::from_utf8_lossy(&content).into_owned())),
        }
    }
    Ok(parts)
}

/// A file that lies at an address, named by the end of it.
pub(super) fn at(url: &str) -> Upload {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name: String = path.rsplit('/').next().unwrap_or_default().chars().take(LONGEST_NAME).collect();
    let mime = mime_of(&name).to_owned();
    Upload { name, mime, content: Content::Url(url.to_owned()), voice: false }
}

/// The file or its address: exactly one of them.
pub(super) fn one_of(file: Option<Upload>, url: Option<&str>, voice: bool) -> Result<Upload, Refusal> {
    match (file, url) {
        (Some(file), None) => Ok(Upload { voice, ..file }),
        (None, Some(url)) if url.starts_with("http://") || url.starts_with("https://") => {
            Ok(Upload { voice, ..at(url) })
        }
        (None, Some(_)) => Err(bad("file_url must be a url (http or https)")),
        (None, None) => Err(bad("file or file_url is missing")),
        (Some(_), Some(_)) => Err(bad("file and file_url are mutually exclusive")),
    }
}

/// By the end of a name: nobody fetches what an address leads to.
pub(super) fn mime_of(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "png" => "image/png",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}
