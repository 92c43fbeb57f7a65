//! `http`: a call to another program. The flow goes on when the answer has come.

use std::collections::BTreeMap;

use super::{Run, Step};
use crate::bot::{Argument, Block, KeyDoc, Node, Problem, SealedPiece, SealedText, StepReader, StepType, ValueExpr};
use crate::domain::{
    HttpAnswer, HttpBody, HttpCall, HttpFailure, HttpMethod, HttpOutcome, Sealed, SealedPart, Span, TraceKind, Value,
};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};
use address::Address;

mod address;
mod values;

/// How long an answer is waited for unless the step says otherwise: a person waits for what follows.
const USUAL_TIMEOUT: Span = Span::seconds(10);
/// The longest time: a call holds one of few places that long.
const LONGEST_TIMEOUT: Span = Span::seconds(60);
/// Attempts after the first: with their pauses they take about a minute.
const MOST_RETRIES: u32 = 5;
/// Bytes that are sent along. What people answer fits into a hundredth.
const MOST_SENT: usize = 256 * 1024;
/// Headers of one call.
const MOST_HEADERS: usize = 50;
/// Headers that the client itself writes.
const OUR_HEADERS: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "accept-encoding",
];

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "http",
    doc: "Call another program: `POST https://…` (`GET` without a method). The flow goes on when the answer has come; messages meanwhile are \
          handled as if nothing waited. Values in the path and the query are encoded; `{{ secret.NAME }}` may stand in the address and in headers.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "headers", doc: "Headers: `{Authorization: \"Bearer {{ secret.crm }}\"}`." },
        KeyDoc {
            name: "query",
            doc: "What is added to the address behind `?`: `{phone: \"{{ contact.phone }}\"}`. `()` is left out, a list is repeated.",
        },
        KeyDoc {
            name: "json",
            doc: "What is sent, as JSON. Values keep their types; times become ISO 8601 in the bot's zone.",
        },
        KeyDoc { name: "form", doc: "What is sent, as a form of the web." },
        KeyDoc {
            name: "save",
            doc: "The variable that gets `status`, `headers`, `body` (JSON read, else text) and, where it failed, `error`.",
        },
        KeyDoc { name: "timeout", doc: "How long an answer is waited for: 10s, 60s at most." },
        KeyDoc {
            name: "retries",
            doc: "How often it is tried again when nothing answers, or with 429 or 5xx: 0 to 5. With it a POST, too, may come twice.",
        },
        KeyDoc {
            name: "on_error",
            doc: "Steps when no answer came or its status is 400 or more. Else `on_error` of the flow or the bot; then the flow goes on.",
        },
    ],
    example: "- http: POST https://crm.example.com/leads\n  headers: {Authorization: \"Bearer {{ secret.crm }}\"}\n  json: {phone: \"{{ contact.phone }}\", text: \"{{ text }}\"}\n  \
              save: lead\n  timeout: 5s\n  retries: 2\n  on_error:\n    - say: We could not note that down.\n    - stop\n- say: Noted as {{ lead.body.id }}.\n",
    // An answer comes by itself: a circle through it goes round without anybody writing.
    waits: false,
    leaves: false,
    names_itself: |node| node.get("save").and_then(Node::scalar).map(str::to_owned),
    compile,
};

#[derive(Debug)]
struct Http {
    method: HttpMethod,
    address: Address,
    headers: Vec<(String, SealedText)>,
    query: Vec<(String, ValueExpr)>,
    sends: Sends,
    save: Option<String>,
    timeout: Span,
    retries: u32,
    on_error: Option<Block>,
}

/// What goes along.
#[derive(Debug)]
enum Sends {
    Nothing,
    Json(ValueExpr),
    Form(Vec<(String, ValueExpr)>),
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let target = r.argument().and_then(|node| address::read(r, &node));
    let headers = r.key("headers").map_or(Some(Vec::new()), |node| headers(r, &node));
    let query = r.key("query").map_or(Some(Vec::new()), |node| fields(r, &node, "query"));
    let sends = sends(r);
    let save = r.key("save").and_then(|node| r.sets(&node));
    let timeout = r.key("timeout").map_or(Some(USUAL_TIMEOUT), |node| timeout(r, &node));
    let retries = r.key("retries").map_or(Some(0), |node| retries(r, &node));
    let on_error = r.key("on_error").map(|node| r.block(&node));
    let (method, address) = target?;
    let sends = sends?;
    if let Some(node) = r.key("json").or(r.key("form")).filter(|_| !method.has_body()) {
        let problem = Problem::error("needless-key", &node.at, format!("a {} sends nothing along", method.name()));
        r.report(problem.help("`POST` does; what is asked for stands in `query`"));
        return None;
    }
    Some(Box::new(Http {
        method,
        address,
        headers: headers?,
        query: query?,
        sends,
        save,
        timeout: timeout?,
        retries: retries?,
        on_error,
    }))
}

fn sends(r: &mut StepReader<'_, Core>) -> Option<Sends> {
    match (r.key("json"), r.key("form")) {
        (None, None) => Some(Sends::Nothing),
        (Some(node), None) => r.value(&node).map(Sends::Json),
        (None, Some(node)) => fields(r, &node, "form").map(Sends::Form),
        (Some(_), Some(form)) => {
            r.report(
                Problem::error("needless-key", &form.at, "`http` sends `json` or `form`, not both")
                    .help("delete one of them"),
            );
            None
        }
    }
}

fn fields(r: &mut StepReader<'_, Core>, node: &Node, what: &str) -> Option<Vec<(String, ValueExpr)>> {
    if node.entries().is_empty() {
        r.wrong_type(node, &format!("a mapping (`{what}: {{name: value}}`)"));
        return None;
    }
    let read: Vec<_> = node.entries().iter().map(|(key, value)| (key.text.clone(), r.value(value))).collect();
    read.into_iter().map(|(name, value)| Some((name, value?))).collect()
}

fn headers(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Vec<(String, SealedText)>> {
    if node.entries().is_empty() || node.entries().len() > MOST_HEADERS {
        r.wrong_type(node, &format!("a mapping of 1 to {MOST_HEADERS} headers"));
        return None;
    }
    let mut read = Vec::new();
    for (key, value) in node.entries() {
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if key.text.is_empty() || !key.text.bytes().all(is_token) {
            r.report(
                Problem::error("bad-header", &key.at, format!("`{}` cannot be the name of a header", key.text))
                    .help("letters, digits and `-`: `x-request-id`"),
            );
        } else if OUR_HEADERS.contains(&key.text.to_lowercase().as_str()) {
            let problem =
                Problem::error("bad-header", &key.at, format!("the header `{}` is written by itself", key.text));
            r.report(problem.help("leave it out"));
        } else {
            read.push(r.sealed_text(value).map(|text| (key.text.clone(), text)));
            continue;
        }
        read.push(None);
    }
    read.into_iter().collect()
}

fn timeout(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Span> {
    let span = r.span(node)?;
    if span > Span(0) && span <= LONGEST_TIMEOUT {
        return Some(span);
    }
    let problem = Problem::error(
        "bad-duration",
        &node.at,
        format!("`timeout` is more than nothing and {LONGEST_TIMEOUT} at most"),
    );
    r.report(problem.help("what takes longer tells of its end by `POST /api/events`, which `on: {event: …}` hears"));
    None
}

fn retries(r: &mut StepReader<'_, Core>, node: &Node) -> Option<u32> {
    let count = r.count(node, 0)?;
    if count > MOST_RETRIES {
        r.report(
            Problem::error("wrong-type", &node.at, format!("`retries` is {MOST_RETRIES} at most"))
                .help(format!("write `{MOST_RETRIES}`, or less")),
        );
        return None;
    }
    Some(count)
}

impl Http {
    /// The call as it is now. The error is for people.
    fn call(&self, t: &mut Turning<'_>) -> Result<HttpCall, String> {
        let query = pairs(&self.query, t);
        let url = self.address.now(t, &query)?;
        let headers = self.headers.iter().map(|(name, text)| (name.clone(), sealed(text, t))).collect();
        let body = match &self.sends {
            Sends::Nothing => None,
            Sends::Json(value) => Some(HttpBody::Json(values::json(t.value(value), t.zone()))),
            Sends::Form(fields) => Some(HttpBody::Form(pairs(fields, t))),
        };
        if t.has_failed() {
            return Err("a script in it failed".to_owned());
        }
        if body.as_ref().is_some_and(|body| size(body) > MOST_SENT) {
            return Err(format!("more than {MOST_SENT} bytes would be sent"));
        }
        Ok(HttpCall { method: self.method, url, headers, body, timeout: self.timeout, retries: self.retries })
    }

    /// No answer that can be used: `on_error` of the step, else of the flow or the bot.
    fn failed(&self, t: &mut Turning<'_>) -> Control {
        if let Some(block) = self.on_error {
            t.forgive();
            return Control::Enter(block);
        }
        t.fail();
        Control::Next
    }

    fn keep(&self, t: &mut Turning<'_>, answer: Option<&HttpAnswer>, error: Option<&str>) {
        let Some(name) = &self.save else { return };
        let status = answer.map_or(Value::Unit, |answer| Value::Int(answer.status.into()));
        let headers = answer.map(|answer| &answer.headers[..]).unwrap_or_default();
        let headers = headers.iter().map(|(name, value)| (name.clone(), Value::Text(value.clone()))).collect();
        let kept = [
            ("status", status),
            ("headers", Value::Map(headers)),
            ("body", answer.map(read).unwrap_or_default()),
            ("error", error.map_or(Value::Unit, |word| Value::Text(word.to_owned()))),
        ];
        let kept: BTreeMap<_, _> = kept.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        t.set(name, Value::Map(kept));
    }
}

/// The body: JSON where it says that it is or looks like it, else text; `()` where there is none.
fn read(answer: &HttpAnswer) -> Value {
    let body = answer.body.trim_start_matches('\u{feff}');
    let says_json = answer.header("content-type").is_some_and(|kind| kind.contains("json"));
    let looks_so = body.trim_start().starts_with(['{', '[']);
    let json = if says_json || looks_so { serde_json::from_str::<serde_json::Value>(body).ok() } else { None };
    match json {
        Some(json) => json.into(),
        None if body.is_empty() => Value::Unit,
        None => Value::Text(body.to_owned()),
    }
}

fn size(body: &HttpBody) -> usize {
    match body {
        HttpBody::Json(json) => json.to_string().len(),
        HttpBody::Form(fields) => fields.iter().map(|(name, value)| name.len() + value.len()).sum(),
    }
}

/// Names with their values as text: `()` is left out, a list is the name repeated.
fn pairs(fields: &[(String, ValueExpr)], t: &mut Turning<'_>) -> Vec<(String, String)> {
    let zone = t.zone();
    let mut pairs = Vec::new();
    for (name, value) in fields {
        match t.value(value) {
            Value::Unit => {}
            Value::List(items) => pairs.extend(items.into_iter().map(|item| (name.clone(), values::text(item, zone)))),
            other => pairs.push((name.clone(), values::text(other, zone))),
        }
    }
    pairs
}

fn sealed(text: &SealedText, t: &mut Turning<'_>) -> Sealed {
    let mut sealed = Sealed::default();
    for piece in &text.0 {
        match piece {
            SealedPiece::Literal(text) => sealed.push(text),
            SealedPiece::Secret(name) => sealed.0.push(SealedPart::Secret { name: name.clone(), encoded: false }),
            SealedPiece::Expr(expr) => sealed.push(&values::text(t.eval(expr), t.zone())),
        }
    }
    sealed
}

impl Run for Http {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        match self.call(t) {
            Ok(call) => Control::CallOut(Box::new(call)),
            Err(why) => {
                t.trace(TraceKind::Step, format!("http is not sent: {why}"));
                self.keep(t, None, Some(HttpFailure::Unsendable.name()));
                self.failed(t)
            }
        }
    }

    fn came(&self, t: &mut Turning<'_>, outcome: &HttpOutcome) -> Control {
        match outcome {
            HttpOutcome::Answered(answer) if answer.status < 400 => {
                self.keep(t, Some(answer), None);
                Control::Next
            }
            HttpOutcome::Answered(answer) => {
                self.keep(t, Some(answer), Some("status"));
                self.failed(t)
            }
            HttpOutcome::Failed { failure, .. } => {
                self.keep(t, None, Some(failure.name()));
                self.failed(t)
            }
        }
    }
}
