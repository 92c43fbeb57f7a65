//! Makes the calls that providers ask for, with the one client, its time-outs and its limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Request, Response, Url};
use secrecy::ExposeSecret;

use super::limits;
use crate::domain::{AssetRef, Call, CallAnswer, CallBody, Span};

/// The one client: bounded time-outs, no redirects (a token must go nowhere else).
pub fn client() -> Result<Client, reqwest::Error> {
    // A second installation is refused and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(limits::CONNECT_TIMEOUT)
        .timeout(limits::CALL_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("frontdesk/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Contents of files, by SHA-256.
pub type Files = BTreeMap<String, Arc<[u8]>>;

/// Make a call. Every way it can end is an answer. `files` holds what it may have to upload.
pub async fn call(client: &Client, call: &Call, files: &Files) -> CallAnswer {
    let request = match request(call, files) {
        Ok(request) => request,
        Err(why) => return CallAnswer::NotSent(why),
    };
    match client.execute(request).await {
        Ok(response) => read(response).await,
        // Name, connection and TLS: no byte of the request left. The URL may hold a secret and is left out.
        Err(error) if error.is_connect() || error.is_builder() => CallAnswer::NotSent(reason(&error.without_url())),
        Err(error) => CallAnswer::Lost(reason(&error.without_url())),
    }
}

/// Make a call whose answer is a file: what there is of it is read by whoever asked.
pub async fn open(client: &Client, call: &Call) -> Result<Response, String> {
    let mut request = request(call, &Files::new())?;
    *request.timeout_mut() = Some(limits::FILE_TIMEOUT);
    client.execute(request).await.map_err(|error| reason(&error.without_url()))
}

fn request(call: &Call, files: &Files) -> Result<Request, String> {
    let url = Url::parse(&call.url).map_err(|error| format!("the address cannot be used: {error}"))?;
    let method = Method::from_bytes(call.method.as_bytes()).map_err(|_| "no such method".to_owned())?;
    let mut request = Request::new(method, url);
    *request.timeout_mut() = Some(if call.patient { limits::PATIENT_CALL_TIMEOUT } else { limits::CALL_TIMEOUT });
    for (name, value) in &call.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no header"))?;
        let mut value = HeaderValue::from_str(value.expose_secret())
            .map_err(|_| format!("the value of `{name}` cannot stand in a header"))?;
        value.set_sensitive(true);
        request.headers_mut().append(name, value);
    }
    let (kind, body) = match &call.body {
        CallBody::Empty => return Ok(request),
        CallBody::Form(fields) => ("application/x-www-form-urlencoded", form(fields)),
        CallBody::Json(json) => ("application/json", json.to_string()),
        CallBody::Multipart { fields, file_field, file } => {
            let (kind, body) = multipart(fields, file_field, file, content(files, file)?);
            return Ok(with_body(request, kind, body));
        }
        CallBody::File(file) => {
            let kind =
                HeaderValue::from_str(&file.mime).map_err(|_| format!("`{}` is no type of a file", file.mime))?;
            let body = content(files, file)?.to_vec();
            return Ok(with_body(request, kind, body));
        }
    };
    Ok(with_body(request, HeaderValue::from_static(kind), body))
}

fn with_body(mut request: Request, kind: HeaderValue, body: impl Into<reqwest::Body>) -> Request {
    request.headers_mut().insert(CONTENT_TYPE, kind);
    *request.body_mut() = Some(body.into());
    request
}

fn content<'a>(files: &'a Files, file: &AssetRef) -> Result<&'a [u8], String> {
    let gone = || format!("the file `{}` is not in the bot's folder any more", file.path);
    files.get(&file.hash).map(|bytes| &**bytes).ok_or_else(gone)
}

/// `multipart/form-data` as RFC 7578 has it. The boundary is made of the file's hash, which its content cannot hold by chance.
fn multipart(fields: &[(String, String)], file_field: &str, file: &AssetRef, content: &[u8]) -> (HeaderValue, Vec<u8>) {
    let boundary: String = file.hash.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    let mut body = Vec::with_capacity(content.len() + 1024);
    for (name, value) in fields {
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n", escaped(name));
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    let (name, kind) = (escaped(file.path.rsplit('/').next().unwrap_or_default()), escaped(&file.mime));
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{file_field}\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let kind = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"));
    (kind.unwrap_or(HeaderValue::from_static("multipart/form-data")), body)
}

/// A name as it may stand between quotes in a part's head.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn form(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn read(mut response: Response) -> CallAnswer {
    let status = response.status().as_u16();
    let retry_after = retry_after(&response);
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = limits::ANSWER_BYTES - body.len();
                body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                if chunk.len() >= room {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => return CallAnswer::Lost(reason(&error.without_url())),
        }
    }
    CallAnswer::Http { status, retry_after, body }
}

fn retry_after(response: &Response) -> Option<Span> {
    let seconds: i64 = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    // A day is longer than anybody means; it keeps the sums of times small.
    (0..=86_400).contains(&seconds).then(|| Span::seconds(seconds))
}

/// The whole chain: reqwest's own words alone say little.
pub fn reason(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        let fields = [("message", "Hi & привет + 1"), ("template[parameters][]", "a=b\n")];
        let fields = fields.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let want = "message=Hi+%26+%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82+%2B+1&template%5Bparameters%5D%5B%5D=a%3Db%0A";
        assert_eq!(form(&fields), want);
    }
}
