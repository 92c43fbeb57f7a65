//! The programs that `http` steps call, as a test scripts them: which call gets which answer, and which calls are expected.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::domain::{HttpAnswer, HttpBody, HttpCall, HttpFailure, HttpOutcome, Span, Value};
use crate::yaml::{self, Content, Node, Problem, Source};

use super::fields::{Fields, literal};
use super::shapes::{CALL, REPLY, SCRIPT};

/// The answers to calls that look alike.
#[derive(Clone, Debug)]
pub struct HttpScript {
    /// Which calls.
    pub calls: Pattern,
    /// In order; the last goes on.
    pub replies: Vec<Reply>,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What comes.
    pub outcome: HttpOutcome,
    /// After so long.
    pub after: Span,
}

/// `METHOD address`, with `*` for anything. Without a `?` in it the query does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub String);

impl Pattern {
    /// Whether a call looks so.
    pub fn fits(&self, call: &HttpCall) -> bool {
        let shown = call.to_string();
        let shown = if self.0.contains('?') { shown.as_str() } else { shown.split('?').next().unwrap_or_default() };
        fits(&self.0, shown)
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    // The first place is as good as any for what stands between two stars.
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = left.get(at + part.len()..).unwrap_or_default();
    }
    left.ends_with(end)
}

/// A call that a test expects.
#[derive(Clone, Debug)]
pub struct WantedCall {
    /// Which.
    pub calls: Pattern,
    /// What it sends as JSON, at least.
    pub json: Option<Json>,
    /// What it sends as a form, at least.
    pub form: Option<Json>,
    /// Headers, at least; secrets by their names.
    pub headers: Option<Json>,
}

impl WantedCall {
    /// Is it this one?
    pub fn holds(&self, call: &HttpCall) -> bool {
        let json = match &call.body {
            Some(HttpBody::Json(json)) => json.clone(),
            _ => Json::Null,
        };
        let form = match &call.body {
            Some(HttpBody::Form(fields)) => mapping(fields.iter().map(|(name, value)| (name.clone(), value.clone()))),
            _ => Json::Null,
        };
        let headers = mapping(call.headers.iter().map(|(name, value)| (name.to_lowercase(), value.to_string())));
        let has = |wanted: &Option<Json>, is: &Json| wanted.as_ref().is_none_or(|wanted| holds(wanted, is));
        self.calls.fits(call) && has(&self.json, &json) && has(&self.form, &form) && has(&self.headers, &headers)
    }

    /// In words.
    pub fn describe(&self) -> String {
        let part = |name: &str, wanted: &Option<Json>| wanted.as_ref().map(|json| format!(" {name} {json}"));
        let parts = [part("json", &self.json), part("form", &self.form), part("headers", &self.headers)];
        parts.into_iter().flatten().fold(self.calls.0.clone(), |all, part| all + part.as_str())
    }
}

fn mapping(pairs: impl Iterator<Item = (String, String)>) -> Json {
    Json::Object(pairs.map(|(name, value)| (name, Json::String(value))).collect())
}

/// All that is wanted is there; a mapping may have more.
fn holds(wanted: &Json, is: &Json) -> bool {
    match (wanted, is) {
        (Json::Object(wanted), Json::Object(is)) => {
            wanted.iter().all(|(name, value)| is.get(name).is_some_and(|is| holds(value, is)))
        }
        (Json::Number(wanted), Json::Number(is)) => wanted.as_f64() == is.as_f64(),
        _ => wanted == is,
    }
}

/// A call in words.
pub fn describe_call(call: &HttpCall) -> String {
    match &call.body {
        None => call.to_string(),
        Some(HttpBody::Json(json)) => format!("{call} json {json}"),
        Some(HttpBody::Form(fields)) => format!("{call} form {}", mapping(fields.iter().cloned())),
    }
}

const FAILURES: &[(&str, HttpFailure)] = &[
    ("timeout", HttpFailure::Timeout),
    ("unreachable", HttpFailure::Unreachable),
    ("refused", HttpFailure::Refused),
    ("too_large", HttpFailure::TooLarge),
    ("lost", HttpFailure::Lost),
];

/// What a line says of the answers of other programs, as `http` of a test has it; and the same as it is written into a test.
pub fn read_http(text: &str) -> Result<(Vec<HttpScript>, Value), Vec<Problem>> {
    let source = Arc::new(Source { path: ":http".into(), text: text.into() });
    let (node, problems) = yaml::read(&source);
    let mut fields = Fields { problems };
    let read = node.map(|node| (scripts(&mut fields, &node), literal(&node)));
    read.filter(|(scripts, _)| fields.problems.is_empty() && !scripts.is_empty()).ok_or(fields.problems)
}

/// `http` of a test.
pub(super) fn scripts(fields: &mut Fields, node: &Node) -> Vec<HttpScript> {
    let read: Vec<_> = node.one_or_many().iter().map(|item| script(fields, item)).collect();
    read.into_iter().flatten().collect()
}

fn script(fields: &mut Fields, node: &Node) -> Option<HttpScript> {
    fields.shaped(node, &SCRIPT)?;
    let calls = fields.needed(node, "match").and_then(|n| pattern(fields, n));
    let replies: Option<Vec<_>> = match (node.get("reply"), node.get("fail")) {
        (Some(replies), None) => {
            let read: Vec<_> = replies.one_or_many().iter().map(|item| reply(fields, item)).collect();
            read.into_iter().collect()
        }
        (None, Some(word)) => failure(fields, word).map(|outcome| vec![Reply { outcome, after: Span(0) }]),
        _ => {
            let help = "`reply: {json: {id: 7}}`, or `fail: timeout`";
            fields.error("missing-key", node, "a scripted call has `reply` or `fail`", help);
            None
        }
    };
    let replies = replies.filter(|replies| !replies.is_empty());
    Some(HttpScript { calls: calls?, replies: replies? })
}

/// A method and an address.
fn pattern(fields: &mut Fields, node: &Node) -> Option<Pattern> {
    let text = fields.text(node)?;
    if text.split_once(' ').is_none() {
        let help = "`POST https://crm.example.com/leads`, or `* https://crm.example.com/*`";
        fields.error("wrong-type", node, "a method and an address are expected here", help);
        return None;
    }
    Some(Pattern(text))
}

fn reply(fields: &mut Fields, node: &Node) -> Option<Reply> {
    fields.shaped(node, &REPLY)?;
    let after = node.get("after").map_or(Some(Span(0)), |n| fields.span(n))?;
    if let Some(word) = node.get("fail") {
        return failure(fields, word).map(|outcome| Reply { outcome, after });
    }
    let status = node.get("status").map_or(Some(200), |n| status(fields, n))?;
    let mut headers = headers(fields, node.get("headers"))?;
    let body = match (node.get("json"), node.get("text")) {
        (Some(json), None) => {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            Json::from(literal(json)).to_string()
        }
        (None, Some(text)) => fields.text(text)?,
        (None, None) => String::new(),
        (Some(_), Some(text)) => {
            fields.error("unknown-key", text, "a reply has `json` or `text`, not both", "leave one of them out");
            return None;
        }
    };
    Some(Reply { outcome: HttpOutcome::Answered(HttpAnswer { status, headers, body }), after })
}

fn status(fields: &mut Fields, node: &Node) -> Option<u16> {
    let status = fields.text(node)?.parse().ok().filter(|status| (100..600).contains(status));
    if status.is_none() {
        fields.error("wrong-type", node, "a status of HTTP is expected here", "a number from 100 to 599: `200`");
    }
    status
}

fn headers(fields: &mut Fields, node: Option<&Node>) -> Option<Vec<(String, String)>> {
    let Some(node) = node else { return Some(Vec::new()) };
    if !matches!(node.content, Content::Map(_)) {
        fields.error("wrong-type", node, "a mapping of headers is expected here", "`headers: {x-request-id: \"7\"}`");
        return None;
    }
    node.entries().iter().map(|(key, value)| Some((key.text.to_lowercase(), fields.text(value)?))).collect()
}

fn failure(fields: &mut Fields, node: &Node) -> Option<HttpOutcome> {
    let failure = fields.word(node, FAILURES)?;
    Some(HttpOutcome::Failed { failure, why: "the test says so".to_owned() })
}

/// `http` of `expect`.
pub(super) fn wanted(fields: &mut Fields, node: &Node) -> Option<Vec<WantedCall>> {
    node.one_or_many().iter().map(|item| wanted_call(fields, item)).collect()
}

fn wanted_call(fields: &mut Fields, node: &Node) -> Option<WantedCall> {
    if node.scalar().is_some() {
        return Some(WantedCall { calls: pattern(fields, node)?, json: None, form: None, headers: None });
    }
    fields.shaped(node, &CALL)?;
    for key in ["form", "headers"] {
        if let Some(node) = node.get(key).filter(|node| !matches!(node.content, Content::Map(_))) {
            let help = format!("`{key}: {{name: value}}`");
            fields.error("wrong-type", node, "a mapping of names to values is expected here", help);
        }
    }
    let json = |key| node.get(key).map(|node| Json::from(literal(node)));
    let headers = json("headers").and_then(|json| match json {
        Json::Object(map) => Some(map.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect()),
        _ => None,
    });
    Some(WantedCall {
        calls: fields.needed(node, "match").and_then(|n| pattern(fields, n))?,
        json: json("json"),
        form: json("form"),
        headers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_anything() {
        let cases = [
            ("GET https://a/b", "GET https://a/b", true),
            ("GET https://a/b", "GET https://a/bc", false),
            ("* https://a/*", "POST https://a/b/c", true),
            ("GET https://*/x*y", "GET https://a/x1y", true),
            ("GET https://*/x*y", "GET https://a/x1", false),
            ("GET *", "POST https://a", false),
            ("GET https://a/*/b", "GET https://a/b", false),
        ];
        for (pattern, call, holds) in cases {
            assert_eq!(fits(pattern, call), holds, "{pattern} {call}");
        }
    }
}
