//! What Pact's failures mean, in both versions.

use serde_json_borrow::Value as Json;

use super::fields;
use crate::domain::{CallAnswer, Outcome, Span, Undelivered, Whose};
use crate::providers::meta::outcomes::told;
use crate::providers::{meta, transport_outcome, unsure, words};

/// The longest wait that Pact may wish for; its limits count seconds and minutes.
const LONGEST_WISH: i64 = 3600;

/// What an answer means that is no 2xx; `None` for 2xx. `delivers`: the contact would see the call's effect twice.
pub fn failure(answer: &CallAnswer, delivers: bool) -> Option<Outcome> {
    let outcome = transport_outcome(answer, delivers)?;
    let CallAnswer::Http { status, body, .. } = answer else { return Some(outcome) };
    Some(in_pacts_words(outcome, *status, body))
}

fn in_pacts_words(outcome: Outcome, status: u16, body: &[u8]) -> Outcome {
    match outcome {
        // An unpaid company is the account's fault, not the message's: nothing is lost while somebody pays.
        Outcome::Rejected { why } if status == 402 => Outcome::Denied { why },
        Outcome::Rejected { why } => refused(undelivered(&String::from_utf8_lossy(body)), why),
        Outcome::Limited { whose, after: None, why } => Outcome::Limited { whose, after: wished_wait(&why), why },
        other => other,
    }
}

/// Errors inside a 2xx carry the status that the answer should have had. `delivers`: the contact would see it twice.
pub fn inside(errors: Option<&Json<'_>>, body: &[u8], delivers: bool) -> Outcome {
    let first = errors.map(|errors| errors.as_array().and_then(|errors| errors.first()).unwrap_or(errors));
    let why = words(body);
    match first.and_then(|first| fields::whole(Some(first.get("status")))) {
        Some(401..=403) => Outcome::Denied { why },
        Some(429) => Outcome::Limited { whose: Whose::Credential, after: wished_wait(&why), why },
        Some(503) => Outcome::NotSent { after: None, why },
        Some(500..=599) => unsure(delivers, why),
        _ => refused(undelivered(&String::from_utf8_lossy(body)), why),
    }
}

/// A refusal: final, of all that is no template, or passing.
pub fn refused(what: Undelivered, why: String) -> Outcome {
    match what {
        Undelivered::WindowClosed => Outcome::WindowClosed { why },
        Undelivered::Passing => Outcome::NotSent { after: None, why },
        Undelivered::Final => Outcome::Rejected { why },
    }
}

/// What Pact's JSON or words say of a message that does not arrive: by Meta's number in them.
pub fn undelivered(said: &str) -> Undelivered {
    if window_closed(said) {
        return Undelivered::WindowClosed;
    }
    let by_number = told(said).map(|fault| meta::outcomes::undelivered(&fault));
    by_number.filter(|why| *why == Undelivered::Passing).unwrap_or(Undelivered::Final)
}

/// Meta's error for a closed window, by its number: 131047 anywhere in Pact's JSON or words, or the older 470 where words begin.
fn window_closed(told: &str) -> bool {
    let mut numbers = told.split(|c: char| !c.is_ascii_digit());
    let old = told
        .split('"')
        .any(|words| words.strip_prefix("470").is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())));
    old || numbers.any(|number| number == "131047")
}

/// `Please wait for 50 seconds`.
pub fn wished_wait(why: &str) -> Option<Span> {
    let (_, rest) = why.split_once("wait for ")?;
    let (number, unit) = rest.split_once(' ')?;
    let number = number.parse::<i64>().ok().filter(|n| (0..=LONGEST_WISH).contains(n))?;
    unit.starts_with("second").then_some(Span::seconds(number))
}
