//! `POST /api/events`: other programs tell of something that happened. Open to whoever has the configuration's admin token.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::{Addressee, Desk, Post, PostRefused, Value};

/// The largest event: its data may become a variable, which is written with every turn.
const MAX_EVENT: usize = 16 << 10;
/// The longest name, id and address of an event, in bytes.
const MAX_NAME: usize = 200;

/// The routes for other programs; every request needs the token.
pub fn api(desk: Arc<dyn Desk>, token: &SecretString) -> Router {
    let wanted: [u8; 32] = Sha256::digest(token.expose_secret()).into();
    Router::new()
        .route("/api/events", post(take))
        .route_layer(DefaultBodyLimit::max(MAX_EVENT))
        .route_layer(from_fn_with_state(wanted, admit))
        .with_state(desk)
}

/// Before the body is read: a stranger learns nothing, not even whether what they sent makes sense.
async fn admit(State(wanted): State<[u8; 32]>, request: Request, next: Next) -> Response {
    if !is_admitted(request.headers(), &wanted) {
        return refusal(StatusCode::UNAUTHORIZED, "the token is missing or wrong: `Authorization: Bearer TOKEN`");
    }
    next.run(request).await
}

/// Hashes are compared: they have one length, and take one time whatever is in them.
fn is_admitted(headers: &HeaderMap, wanted: &[u8; 32]) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).unwrap_or_default();
    let given: [u8; 32] = Sha256::digest(given).into();
    given.ct_eq(wanted).into()
}

/// An event as it is posted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    event: String,
    account: Option<String>,
    conversation: Option<String>,
    phone: Option<String>,
    id: Option<String>,
    #[serde(default)]
    data: Value,
}

async fn take(State(desk): State<Arc<dyn Desk>>, body: Bytes) -> Response {
    let post = match read(&body) {
        Ok(post) => post,
        Err(why) => return refusal(StatusCode::BAD_REQUEST, &why),
    };
    match desk.post(post).await {
        Ok(taken) => axum::Json(taken).into_response(),
        Err(PostRefused::NoConversation) => refusal(StatusCode::NOT_FOUND, "there is no such conversation"),
        Err(PostRefused::NoAccount) => refusal(StatusCode::NOT_FOUND, "there is no such account"),
        Err(PostRefused::NotNow) => refusal(StatusCode::SERVICE_UNAVAILABLE, "not stored, come again later"),
    }
}

fn read(body: &[u8]) -> Result<Post, String> {
    let Body { event, account, conversation, phone, id, data } =
        serde_json::from_slice(body).map_err(|why| format!("not understood: {why}"))?;
    let texts = [Some(&event), account.as_ref(), conversation.as_ref(), phone.as_ref(), id.as_ref()];
    if texts.into_iter().flatten().any(|text| text.trim().is_empty() || text.len() > MAX_NAME) {
        return Err(format!("a name, an id or an address is empty or longer than {MAX_NAME} bytes"));
    }
    let to = match (account, conversation, phone) {
        (None, Some(id), None) => Addressee::Conversation(id.as_str().into()),
        (Some(account), Some(thread), None) => Addressee::Thread { account: account.as_str().into(), thread },
        (account, None, Some(phone)) => Addressee::Phone { account: account.map(|name| name.as_str().into()), phone },
        _ => return Err("`conversation` or `phone` says for whom".into()),
    };
    Ok(Post { event, data, id, to })
}

fn refusal(status: StatusCode, why: &str) -> Response {
    (status, axum::Json(serde_json::json!({ "error": why }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_posted_says_for_whom() {
        let cases = [
            (r#"{"event": "paid", "conversation": "c1"}"#, Ok(Addressee::Conversation("c1".into()))),
            (
                r#"{"event": "paid", "account": "clinic", "conversation": "17", "data": {"sum": 5}, "id": "x"}"#,
                Ok(Addressee::Thread { account: "clinic".into(), thread: "17".into() }),
            ),
            (r#"{"event": "paid", "phone": "+1"}"#, Ok(Addressee::Phone { account: None, phone: "+1".into() })),
            (
                r#"{"event": "paid", "account": "clinic", "phone": "+1"}"#,
                Ok(Addressee::Phone { account: Some("clinic".into()), phone: "+1".into() }),
            ),
            (r#"{"event": "paid"}"#, Err("for whom")),
            (r#"{"event": "paid", "phone": "+1", "conversation": "c1"}"#, Err("for whom")),
            (r#"{"event": " ", "phone": "+1"}"#, Err("empty")),
            (r#"{"event": "paid", "to": "+1"}"#, Err("not understood")),
            ("[]", Err("not understood")),
            ("", Err("not understood")),
        ];
        for (body, want) in cases {
            match (read(body.as_bytes()), want) {
                (Ok(post), Ok(to)) => assert_eq!((post.event.as_str(), post.to), ("paid", to), "{body}"),
                (Err(why), Err(part)) => assert!(why.contains(part), "{body}: {why}"),
                (got, want) => panic!("{body}: {got:?}, wanted {want:?}"),
            }
        }
        let deep = format!(r#"{{"event": "e", "phone": "+1", "data": {}1{}}}"#, "[".repeat(5000), "]".repeat(5000));
        assert!(read(deep.as_bytes()).is_err());
    }

    #[test]
    fn the_token_alone_opens() {
        let wanted: [u8; 32] = Sha256::digest("secret").into();
        for (value, want) in
            [("Bearer secret", true), ("Bearer secre", false), ("secret", false), ("Bearer ", false), ("", false)]
        {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            assert_eq!(is_admitted(&headers, &wanted), want, "{value}");
        }
        assert!(!is_admitted(&HeaderMap::new(), &wanted));
    }
}
