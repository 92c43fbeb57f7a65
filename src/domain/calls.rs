//! Calls of `http` steps to other programs: what a flow decided, the row that carries it, and what came of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ConversationId, Span, Time, Token};

/// The version of the stored form of a call.
pub const CALL_VERSION: u32 = 1;

/// What to call. Secrets are named, never held: they are filled in right before the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HttpCall {
    /// What to do there.
    pub method: HttpMethod,
    /// The whole address, `query` included.
    pub url: Sealed,
    /// Names in the author's case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Sealed)>,
    /// What is sent along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<HttpBody>,
    /// For one attempt, from connecting to the last byte of the answer.
    pub timeout: Span,
    /// Attempts after the first.
    #[serde(default)]
    pub retries: u32,
}

impl HttpCall {
    /// The host with its port, for the share of calls that one host may have; empty where a secret hides it.
    pub fn host(&self) -> &str {
        let Some(SealedPart::Text(first)) = self.url.0.first() else { return "" };
        let rest = first.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?', '#']).next().unwrap_or_default()
    }
}

impl fmt::Display for HttpCall {
    /// `POST https://crm.example.com/leads`, as tests and traces name it: secrets by their names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.name(), self.url)
    }
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Read.
    Get,
    /// Read, without the body.
    Head,
    /// Do or add.
    Post,
    /// Replace.
    Put,
    /// Change in part.
    Patch,
    /// Remove.
    Delete,
}

impl HttpMethod {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// As HTTP spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Doing it twice is the same as doing it once (RFC 9110, 9.2.2).
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }

    /// Something is sent along.
    pub fn has_body(self) -> bool {
        !matches!(self, Self::Get | Self::Head)
    }
}

/// What a call sends along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpBody {
    /// `application/json`.
    Json(serde_json::Value),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
}

/// A text with places for secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub Vec<SealedPart>);

impl Sealed {
    /// Add text.
    pub fn push(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(SealedPart::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(SealedPart::Text(text.to_owned())),
        }
    }

    /// The text with its secrets; the error is the name of one that nobody knows.
    pub fn open<'s>(&self, secret: impl Fn(&str) -> Option<&'s str>) -> Result<String, String> {
        let mut open = String::new();
        for part in &self.0 {
            match part {
                SealedPart::Text(text) => open.push_str(text),
                SealedPart::Secret { name, encoded } => {
                    let value = secret(name).ok_or_else(|| name.clone())?;
                    if *encoded { open.push_str(&percent_encoded(value)) } else { open.push_str(value) }
                }
            }
        }
        Ok(open)
    }

    /// It has a secret in it.
    pub fn has_secret(&self) -> bool {
        self.0.iter().any(|part| matches!(part, SealedPart::Secret { .. }))
    }
}

impl fmt::Display for Sealed {
    /// With `{{ secret.NAME }}` where secrets are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            SealedPart::Text(text) => f.write_str(text),
            SealedPart::Secret { name, .. } => write!(f, "{{{{ secret.{name} }}}}"),
        })
    }
}

/// A part of a sealed text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealedPart {
    /// As it is.
    Text(String),
    /// A secret of `frontdesk.yaml`.
    Secret {
        /// Its name.
        name: String,
        /// It stands in the path or query of an address.
        encoded: bool,
    },
}

/// A text as it stands in the path or query of an address: all but the unreserved characters of RFC 3986 as `%XX`.
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let digit = |half: u8| char::from(b"0123456789ABCDEF"[usize::from(half & 15)]);
            encoded.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
    encoded
}

/// Bytes in hex, in lower case.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// A call that a turn decided, under the number of the wait that its answer ends.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall {
    /// The wait's number.
    pub token: Token,
    /// What to call.
    pub call: HttpCall,
}

/// A call on its way. The row goes in the commit that accepts its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRow {
    /// Whose call it is.
    pub conversation: ConversationId,
    /// The number of the wait that its answer ends.
    pub token: Token,
    /// Where it stands.
    pub state: CallState,
    /// When it was decided.
    pub at: Time,
    /// Not tried before.
    pub not_before: Time,
    /// Attempts begun.
    pub attempt: u32,
    /// What to call.
    pub call: HttpCall,
}

impl CallRow {
    /// A call as it is decided.
    pub fn new(conversation: ConversationId, new: NewCall, at: Time) -> Self {
        let NewCall { token, call } = new;
        Self { conversation, token, state: CallState::Waiting, at, not_before: at, attempt: 0, call }
    }
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallState {
    /// Waits for its turn or for `not_before`.
    Waiting,
    /// It may be under way; after a crash nobody knows what came of it.
    Calling,
}

/// What came of a call: the event that its run waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HttpCame {
    /// The wait that it ends; another than the run's is too late.
    pub token: Token,
    /// What came.
    pub outcome: HttpOutcome,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpOutcome {
    /// There was an answer, whatever it says.
    Answered(HttpAnswer),
    /// There was none that could be used.
    Failed {
        /// What went wrong.
        failure: HttpFailure,
        /// For people.
        why: String,
    },
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case; the same name twice is joined by a comma.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// As text.
    #[serde(default)]
    pub body: String,
}

impl HttpAnswer {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpFailure {
    /// Not within the time given.
    Timeout,
    /// The name, the connection or TLS: nothing was sent.
    Unreachable,
    /// The address is a private one that the configuration does not allow.
    Refused,
    /// More than is read.
    TooLarge,
    /// The connection broke, or the server stopped in the middle: nobody knows whether it took effect.
    Lost,
    /// It could not be made of what the step says.
    Unsendable,
}

impl HttpFailure {
    /// As scripts read it (`lead.error`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::TooLarge => "too_large",
            Self::Lost => "lost",
            Self::Unsendable => "unsendable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Sealed {
        let mut url = Sealed::default();
        url.push("https://a.example:8443/");
        url.push("x?key=");
        url.0.push(SealedPart::Secret { name: "crm".into(), encoded: true });
        url
    }

    #[test]
    fn secrets_are_named_until_they_are_filled_in() {
        assert_eq!(sealed().to_string(), "https://a.example:8443/x?key={{ secret.crm }}");
        let open = sealed().open(|name| (name == "crm").then_some("a/b c"));
        assert_eq!(open.as_deref(), Ok("https://a.example:8443/x?key=a%2Fb%20c"));
        assert_eq!(sealed().open(|_| None), Err("crm".to_owned()));
    }

    #[test]
    fn the_host_is_what_stands_before_the_path() {
        let call = |url| HttpCall {
            method: HttpMethod::Get,
            url,
            headers: Vec::new(),
            body: None,
            timeout: Span::seconds(1),
            retries: 0,
        };
        assert_eq!(call(sealed()).host(), "a.example:8443");
        let hidden = Sealed(vec![SealedPart::Secret { name: "hook".into(), encoded: false }]);
        assert_eq!(call(hidden).host(), "");
    }
}
