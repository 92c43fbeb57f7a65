//! Makes the calls that providers ask for, with the one client, its time-outs and its limits.

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Request, Response, Url};
use secrecy::ExposeSecret;

use super::limits;
use crate::domain::{Call, CallAnswer, CallBody, Span};

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

/// Make a call. Every way it can end is an answer.
pub async fn call(client: &Client, call: &Call) -> CallAnswer {
    let request = match request(call) {
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

fn request(call: &Call) -> Result<Request, String> {
    let url = Url::parse(&call.url).map_err(|error| format!("the address cannot be used: {error}"))?;
    let method = Method::from_bytes(call.method.as_bytes()).map_err(|_| "no such method".to_owned())?;
    let mut request = Request::new(method, url);
    *request.timeout_mut() = Some(limits::CALL_TIMEOUT);
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
    };
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    *request.body_mut() = Some(body.into());
    Ok(request)
}

/// A URL's query is written like a form.
fn form(fields: &[(String, String)]) -> String {
    let Ok(mut url) = Url::parse("form:") else { return String::new() };
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
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
fn reason(error: &reqwest::Error) -> String {
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
