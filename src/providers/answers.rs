//! How an answer of HTTP reads where a provider has nothing more particular to say: the table of failures, the same for all of them.

use serde_json::Value as Json;

use crate::domain::{CallAnswer, Outcome, Whose};

/// Longest quotation of a provider's own words, in characters: enough for a sentence, short enough for a line of a log.
const LONGEST_WORDS: usize = 300;

/// What an answer means by its transport and status alone; `None` for 2xx, whose body decides.
///
/// `delivers` is the call's own: where its repetition would not reach the contact nothing is ever unknown, only not sent.
pub fn transport_outcome(answer: &CallAnswer, delivers: bool) -> Option<Outcome> {
    let outcome = match answer {
        CallAnswer::NotSent(why) => Outcome::NotSent { after: None, why: quoted(why) },
        CallAnswer::Lost(why) => unsure(delivers, quoted(why)),
        CallAnswer::Http { status: 200..=299, .. } => return None,
        CallAnswer::Http { status, retry_after, body } => {
            let why = format!("{status}: {}", words(body));
            match status {
                401 | 403 => Outcome::Denied { why },
                429 => Outcome::Limited { whose: Whose::Credential, after: *retry_after, why },
                503 => Outcome::NotSent { after: *retry_after, why },
                500..=599 => unsure(delivers, why),
                _ => Outcome::Rejected { why },
            }
        }
    };
    Some(outcome)
}

/// The outcome when nobody knows whether the call took effect.
pub fn unsure(delivers: bool, why: String) -> Outcome {
    if delivers { Outcome::Unknown { why } } else { Outcome::NotSent { after: None, why } }
}

/// The provider's own words in the body of a failure, on one line and bounded.
pub fn words(body: &[u8]) -> String {
    match serde_json::from_slice::<Json>(body) {
        Ok(json) => said_in(&json).unwrap_or_else(|| quoted("")),
        Err(_) => quoted(&String::from_utf8_lossy(body.get(..LONGEST_WORDS * 4).unwrap_or(body))),
    }
}

/// The first text under a key that failures are told by, depth first; else what is said of one field: `phone: is invalid`.
fn said_in(json: &Json) -> Option<String> {
    match json {
        Json::String(text) if !text.trim().is_empty() => Some(quoted(text)),
        Json::Array(items) => items.iter().find_map(said_in),
        Json::Object(map) => ["detail", "message", "title", "reason", "error", "errors", "code"]
            .into_iter()
            .find_map(|key| map.get(key).and_then(said_in))
            .or_else(|| of_a_field(map)),
        _ => None,
    }
}

fn of_a_field(map: &serde_json::Map<String, Json>) -> Option<String> {
    let mut fields = map.iter().filter(|(key, _)| *key != "status" && *key != "data");
    fields.find_map(|(key, value)| Some(quoted(&format!("{key}: {}", said_in(value)?))))
}

/// A foreign text as it may stand in a message for people: one line, no control characters, bounded.
pub fn quoted(text: &str) -> String {
    let line: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|part| !part.is_empty()).collect();
    let line = line.join(" ");
    match line.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None if line.is_empty() => "no words".to_owned(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::Span;

    use super::*;

    fn http(status: u16) -> CallAnswer {
        CallAnswer::Http { status, retry_after: Some(Span::seconds(7)), body: b"{\"error\": \"no\\nway\"}".to_vec() }
    }

    #[test]
    fn the_table_of_failures() {
        let why = |status: u16| format!("{status}: no way");
        let unknown = |status| Outcome::Unknown { why: why(status) };
        let not_sent = |status, after| Outcome::NotSent { why: why(status), after };
        let limited = || Outcome::Limited { why: why(429), whose: Whose::Credential, after: Some(Span::seconds(7)) };
        let cases = [
            (http(200), None, None),
            (http(204), None, None),
            (http(500), Some(unknown(500)), Some(not_sent(500, None))),
            (http(502), Some(unknown(502)), Some(not_sent(502, None))),
            (http(504), Some(unknown(504)), Some(not_sent(504, None))),
            (http(503), Some(not_sent(503, Some(Span::seconds(7)))), Some(not_sent(503, Some(Span::seconds(7))))),
            (http(429), Some(limited()), Some(limited())),
            (http(401), Some(Outcome::Denied { why: why(401) }), Some(Outcome::Denied { why: why(401) })),
            (http(403), Some(Outcome::Denied { why: why(403) }), Some(Outcome::Denied { why: why(403) })),
            (http(404), Some(Outcome::Rejected { why: why(404) }), Some(Outcome::Rejected { why: why(404) })),
            (http(302), Some(Outcome::Rejected { why: why(302) }), Some(Outcome::Rejected { why: why(302) })),
            (
                CallAnswer::Lost("reset".into()),
                Some(Outcome::Unknown { why: "reset".into() }),
                Some(Outcome::NotSent { after: None, why: "reset".into() }),
            ),
            (
                CallAnswer::NotSent("refused".into()),
                Some(Outcome::NotSent { after: None, why: "refused".into() }),
                Some(Outcome::NotSent { after: None, why: "refused".into() }),
            ),
        ];
        for (answer, delivering, harmless) in cases {
            assert_eq!(transport_outcome(&answer, true), delivering, "{answer:?}");
            assert_eq!(transport_outcome(&answer, false), harmless, "{answer:?}");
        }
    }

    #[test]
    fn words_of_failures() {
        let cases = [
            (r#"{"status":"error","errors":[{"status":429,"title":"t","detail":"Please wait"}]}"#, "Please wait"),
            (r#"{"error":{"message":"bad\u0000 phone"}}"#, "bad phone"),
            (r#"{"status":422,"code":"x"}"#, "x"),
            ("<html>\n oops</html>", "<html> oops</html>"),
            ("", "no words"),
            ("{}", "no words"),
            (r#"{"status":"error","errors":{"phone":["is invalid"]}}"#, "phone: is invalid"),
        ];
        for (body, want) in cases {
            assert_eq!(words(body.as_bytes()), want);
        }
        assert_eq!(words("я".repeat(10_000).as_bytes()).chars().count(), LONGEST_WORDS + 1);
    }
}
