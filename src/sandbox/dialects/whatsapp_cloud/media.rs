//! Files at Meta: put up, looked up, taken away.

use axum::Json as JsonAnswer;
use axum::extract::{Path, Request, State};
use serde_json::json;

use super::api::{Answer, Emulated, our_number, unknown};
use crate::sandbox::Shared;
use crate::sandbox::dialects::strict::invalid;
use crate::sandbox::guard::Refusal;
use crate::sandbox::uploads::{self, Content, Upload};

const MB: usize = 1 << 20;

/// Types that are taken, and how large.
const TAKEN: &[(&str, usize)] = &[
    ("image/jpeg", 5 * MB),
    ("image/png", 5 * MB),
    ("image/webp", MB / 2),
    ("video/mp4", 16 * MB),
    ("video/3gpp", 16 * MB),
    ("audio/", 16 * MB),
    ("text/", 100 * MB),
    ("application/", 100 * MB),
];

pub(super) async fn upload(
    State(shared): Emulated,
    Path((_, node)): Path<(String, String)>,
    request: Request,
) -> Answer {
    our_number(&shared, &node)?;
    let parts = uploads::parts(request, "file").await?;
    let field = |name: &str| parts.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if field("messaging_product") != Some("whatsapp") {
        return Err(invalid("The parameter messaging_product is required."));
    }
    let mime = field("type").unwrap_or_default().to_owned();
    let Some(file) = parts.file else { return Err(invalid("The parameter file is required.")) };
    fits(&file, &mime)?;
    let id = shared.world().keep(Upload { mime, ..file });
    Ok(JsonAnswer(json!({"id": id.to_string()})))
}

/// The type that was said, within the size that it may have.
fn fits(file: &Upload, mime: &str) -> Result<(), Refusal> {
    let known = TAKEN.iter().find(|(kind, _)| mime.starts_with(kind));
    let (_, most) = known.ok_or_else(|| invalid(format!("files of the type {mime} are not taken")))?;
    match &file.content {
        Content::Bytes(bytes) if bytes.len() <= *most => Ok(()),
        _ => Err(Refusal::coded(131_052, format!("a file of the type {mime} may have {most} bytes"))),
    }
}

/// A file by its id.
pub(super) fn found(shared: &Shared, node: &str) -> Answer {
    let world = shared.world();
    let file = node.parse().ok().and_then(|id| world.file(id)).ok_or_else(|| unknown(node))?;
    Ok(JsonAnswer(json!({
        "messaging_product": "whatsapp", "url": file.address(&shared.desk()), "mime_type": file.mime, "sha256": file.sha256(),
        "file_size": file.size, "id": file.id.to_string(),
    })))
}

pub(super) async fn delete(State(shared): Emulated, Path((_, node)): Path<(String, String)>) -> Answer {
    match node.parse().ok().and_then(|id| shared.world().forget_file(id)) {
        Some(()) => Ok(JsonAnswer(json!({"success": true}))),
        None => Err(unknown(&node)),
    }
}
