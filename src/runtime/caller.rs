//! Makes the calls of `http` steps: secrets filled in, redirects followed and checked, answers bounded. A client of its own, so that nothing of
//! it can reach a provider's connections.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, PROXY_AUTHORIZATION,
};
use reqwest::{Client, Method, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};

use super::guard::{Forbidden, Guard};
use super::{http, limits};
use crate::config::Network;
use crate::domain::{Call, HttpAnswer, HttpBody, HttpCall, HttpFailure, HttpOutcome};

/// Makes calls.
pub struct Caller {
    client: Client,
    guard: Guard,
    secrets: BTreeMap<String, SecretString>,
}

/// A request that can be made again elsewhere. Headers that only this host may see are marked as sensitive.
#[derive(Clone)]
struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

/// Why there is no answer.
type Failed = (HttpFailure, String);

impl Caller {
    /// With these secrets, and these private addresses allowed. Proxies of the environment are passed over: they would reach what is forbidden.
    pub fn new(secrets: BTreeMap<String, SecretString>, allow: &[Network]) -> Result<Self, reqwest::Error> {
        // A second installation is refused and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(allow);
        let client = Client::builder()
            .no_proxy()
            .dns_resolver(std::sync::Arc::new(guard.clone()))
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(limits::HTTP_CALLS_PER_HOST)
            .user_agent(concat!("frontdesk/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, guard, secrets })
    }

    /// Make a call. Every way it can end is an outcome.
    pub async fn call(&self, call: &HttpCall) -> HttpOutcome {
        let time = Duration::from_millis(u64::try_from(call.timeout.0).unwrap_or_default());
        let ended = tokio::time::timeout(time, self.follow(call)).await;
        let late = || Err((HttpFailure::Timeout, format!("no answer within {}", call.timeout)));
        match ended.unwrap_or_else(|_| late()) {
            Ok(answer) => HttpOutcome::Answered(answer),
            Err((failure, why)) => HttpOutcome::Failed { failure, why },
        }
    }

    /// Fetch what a provider says lies at that address. No redirect is followed.
    pub async fn open(&self, call: &Call) -> Result<Response, String> {
        let url = Url::parse(&call.url).map_err(|_| "it is no address of the web".to_owned())?;
        self.guard.check(&url).map_err(|why| why.to_string())?;
        http::open(&self.client, call).await
    }

    async fn follow(&self, call: &HttpCall) -> Result<HttpAnswer, Failed> {
        let mut request = self.request(call)?;
        for _ in 0..=limits::HTTP_REDIRECTS {
            self.guard.check(&request.url).map_err(|why| (HttpFailure::Refused, why.to_string()))?;
            let response = self.client.execute(request.clone().build()).await.map_err(failed)?;
            match onward(&request, &response)? {
                Some(next) => request = next,
                None => return read(response).await,
            }
        }
        Err((HttpFailure::Refused, format!("more than {} redirects", limits::HTTP_REDIRECTS)))
    }

    fn request(&self, call: &HttpCall) -> Result<Request, Failed> {
        let secret = |name: &str| self.secrets.get(name).map(ExposeSecret::expose_secret);
        let unknown = |name: String| unsendable(format!("`secrets` of the configuration has no `{name}`"));
        let url = call.url.open(secret).map_err(unknown)?;
        // Not the parser's own words: they may repeat what it read.
        let url = Url::parse(&url).map_err(|_| unsendable("it is no address of the web".to_owned()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &call.headers {
            let bad = || unsendable(format!("the value of `{name}` cannot stand in a header"));
            let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            let mut text =
                HeaderValue::from_bytes(value.open(secret).map_err(unknown)?.as_bytes()).map_err(|_| bad())?;
            text.set_sensitive(value.has_secret() || [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(&known));
            headers.append(known, text);
        }
        let body = call.body.as_ref().map(body);
        if let Some((kind, _)) = &body {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(kind));
        }
        let method = Method::from_bytes(call.method.name().as_bytes()).unwrap_or_default();
        Ok(Request { method, url, headers, body: body.map(|(_, bytes)| bytes) })
    }
}

impl Request {
    fn build(self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method, self.url);
        *request.headers_mut() = self.headers;
        *request.body_mut() = self.body.map(Into::into);
        request
    }
}

fn body(body: &HttpBody) -> (&'static str, Vec<u8>) {
    match body {
        HttpBody::Json(json) => ("application/json", json.to_string().into_bytes()),
        HttpBody::Form(fields) => {
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            ("application/x-www-form-urlencoded", form.into_bytes())
        }
    }
}

fn unsendable(why: String) -> Failed {
    (HttpFailure::Unsendable, why)
}

/// Nothing of the request left where there was no connection.
fn failed(error: reqwest::Error) -> Failed {
    let error = error.without_url();
    if let Some(forbidden) = forbidden(&error) {
        return (HttpFailure::Refused, forbidden.to_string());
    }
    let failure = if error.is_connect() || error.is_builder() { HttpFailure::Unreachable } else { HttpFailure::Lost };
    (failure, http::reason(&error))
}

/// What the guard said when it was asked for the name.
fn forbidden(error: &reqwest::Error) -> Option<&Forbidden> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(forbidden) = error.downcast_ref() {
            return Some(forbidden);
        }
        source = error.source();
    }
    None
}

/// Where an answer sends the request on, if anywhere. To another origin nothing goes along that only the first may see.
fn onward(request: &Request, response: &Response) -> Result<Option<Request>, Failed> {
    let status = response.status();
    let Some(location) = response.headers().get(LOCATION).filter(|_| is_redirect(status)) else { return Ok(None) };
    let url = location.to_str().ok().and_then(|text| request.url.join(text).ok());
    let url = url.ok_or_else(|| (HttpFailure::Refused, "the redirect leads to no address".to_owned()))?;
    if request.url.scheme() == "https" && url.scheme() != "https" {
        return Err((HttpFailure::Refused, "the redirect leads out of https".to_owned()));
    }
    let mut next = Request { url, ..request.clone() };
    let becomes_get = status == StatusCode::SEE_OTHER && next.method != Method::HEAD
        || matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND) && next.method == Method::POST;
    if becomes_get {
        (next.method, next.body) = (Method::GET, None);
        next.headers.remove(CONTENT_TYPE);
    }
    if next.url.origin() != request.url.origin() {
        let kept = request.headers.iter().filter(|(_, value)| !value.is_sensitive());
        next.headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        if becomes_get {
            next.headers.remove(CONTENT_TYPE);
        }
    }
    Ok(Some(next))
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

async fn read(mut response: Response) -> Result<HttpAnswer, Failed> {
    let too_large =
        || (HttpFailure::TooLarge, format!("the answer has more than {} KiB", limits::HTTP_ANSWER_BYTES >> 10));
    if response.content_length().is_some_and(|length| length > limits::HTTP_ANSWER_BYTES as u64) {
        return Err(too_large());
    }
    let status = response.status().as_u16();
    let headers = headers(response.headers());
    let mut body = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| (HttpFailure::Lost, http::reason(&error.without_url())))?
    {
        if body.len() + chunk.len() > limits::HTTP_ANSWER_BYTES {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpAnswer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// The headers of an answer, as many as are kept.
fn headers(all: &HeaderMap) -> Vec<(String, String)> {
    let mut size = 0;
    let mut kept = Vec::new();
    for name in all.keys() {
        let values: Vec<_> = all.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let value = values.join(", ");
        size += name.as_str().len() + value.len();
        if size > limits::HTTP_HEADER_BYTES {
            break;
        }
        kept.push((name.as_str().to_owned(), value));
    }
    kept
}
