//! Calls of `http` steps, after an attempt: what is tried again, and when. A table, like the failures of sends.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::{CallRow, HttpAnswer, HttpFailure, HttpOutcome, Span, Time};

/// The first pause between attempts; it doubles.
const FIRST_PAUSE: Span = Span::seconds(1);
/// The longest wish (`Retry-After`) that is heeded: a run waits, and somebody with it.
const LONGEST_WISH: Span = Span::minutes(1);
/// Stops of the server in the middle of a call that may simply be repeated: more are the call's doing.
const MOST_STOPS: u32 = 3;

/// What follows an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterCall {
    /// It is over: the run gets what came.
    Over,
    /// Try again then.
    Again(Time),
}

/// What follows an attempt that ended so. `row.attempt` counts it already.
pub fn after_call(row: &CallRow, outcome: &HttpOutcome, now: Time) -> AfterCall {
    if row.attempt > row.call.retries || !may_get_better(outcome) {
        return AfterCall::Over;
    }
    AfterCall::Again(now + pause(row).max(wish(outcome).min(LONGEST_WISH)))
}

/// The server was stopped in the middle of the call. What may be done twice is done again; what may not is repeated only where the author
/// said so by `retries`. `None`: it is over, and lost.
pub fn after_stop(row: &CallRow, now: Time) -> Option<Time> {
    let stops = if row.call.method.is_idempotent() { MOST_STOPS } else { 0 };
    (row.attempt <= row.call.retries.max(stops)).then_some(now)
}

/// What a run gets whose call was lost.
pub fn lost_call() -> HttpOutcome {
    HttpOutcome::Failed { failure: HttpFailure::Lost, why: "the server was stopped in the middle of the call".into() }
}

fn may_get_better(outcome: &HttpOutcome) -> bool {
    match outcome {
        HttpOutcome::Answered(answer) => answer.status == 429 || answer.status >= 500,
        HttpOutcome::Failed { failure, .. } => {
            matches!(failure, HttpFailure::Timeout | HttpFailure::Unreachable | HttpFailure::Lost)
        }
    }
}

fn wish(outcome: &HttpOutcome) -> Span {
    let seconds = |answer: &HttpAnswer| answer.header("retry-after")?.trim().parse::<u32>().ok();
    match outcome {
        HttpOutcome::Answered(answer) => Span::seconds(seconds(answer).unwrap_or_default().into()),
        HttpOutcome::Failed { .. } => Span(0),
    }
}

/// Doubling, with up to a quarter more by the call: what failed together does not come back together.
fn pause(row: &CallRow) -> Span {
    let base = FIRST_PAUSE.0 << row.attempt.saturating_sub(1).min(10);
    let mut hasher = DefaultHasher::new();
    (&row.conversation, row.token, row.attempt).hash(&mut hasher);
    Span(base + (hasher.finish() % (base as u64 / 4 + 1)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CallState, HttpCall, HttpMethod, Sealed, Token};

    const NOW: Time = Time(1_000_000);

    fn row(method: HttpMethod, retries: u32, attempt: u32) -> CallRow {
        let call = HttpCall {
            method,
            url: Sealed::default(),
            headers: Vec::new(),
            body: None,
            timeout: Span::seconds(10),
            retries,
        };
        let (conversation, token) = ("c".into(), Token(1));
        CallRow { conversation, token, state: CallState::Calling, at: NOW, not_before: NOW, attempt, call }
    }

    fn status(status: u16) -> HttpOutcome {
        HttpOutcome::Answered(HttpAnswer { status, ..HttpAnswer::default() })
    }

    fn failed(failure: HttpFailure) -> HttpOutcome {
        HttpOutcome::Failed { failure, why: "why".into() }
    }

    #[test]
    fn only_what_may_get_better_is_tried_again() {
        let again = |outcome: &HttpOutcome| {
            matches!(after_call(&row(HttpMethod::Post, 1, 1), outcome, NOW), AfterCall::Again(_))
        };
        for outcome in [
            status(429),
            status(500),
            status(503),
            failed(HttpFailure::Timeout),
            failed(HttpFailure::Unreachable),
            failed(HttpFailure::Lost),
        ] {
            assert!(again(&outcome), "{outcome:?}");
        }
        for outcome in [
            status(200),
            status(302),
            status(404),
            failed(HttpFailure::Refused),
            failed(HttpFailure::TooLarge),
            failed(HttpFailure::Unsendable),
        ] {
            assert!(!again(&outcome), "{outcome:?}");
        }
    }

    #[test]
    fn pauses_double_and_end() {
        for (attempt, least, most) in [(1, 1000, 1250), (2, 2000, 2500), (5, 16_000, 20_000)] {
            let AfterCall::Again(at) = after_call(&row(HttpMethod::Get, 5, attempt), &status(500), NOW) else {
                panic!("attempt {attempt} is not the last")
            };
            assert!((least..=most).contains(&at.since(NOW).0), "attempt {attempt}: {}", at.since(NOW));
        }
        assert_eq!(after_call(&row(HttpMethod::Get, 5, 6), &status(500), NOW), AfterCall::Over);
        assert_eq!(after_call(&row(HttpMethod::Get, 0, 1), &status(500), NOW), AfterCall::Over);
    }

    #[test]
    fn the_other_side_says_when_but_not_for_ever() {
        let wish = |seconds: &str| {
            let headers = vec![("retry-after".to_owned(), seconds.to_owned())];
            let outcome = HttpOutcome::Answered(HttpAnswer { status: 429, headers, body: String::new() });
            match after_call(&row(HttpMethod::Get, 1, 1), &outcome, NOW) {
                AfterCall::Again(at) => at.since(NOW).0,
                AfterCall::Over => 0,
            }
        };
        assert_eq!((wish("7"), wish("86400")), (7_000, 60_000));
        assert!(wish("soon") < 2_000);
    }

    #[test]
    fn a_stop_in_the_middle_repeats_what_may_be_repeated() {
        use HttpMethod::{Delete, Get, Patch, Post, Put};
        for method in [Get, Put, Delete] {
            assert_eq!(after_stop(&row(method, 0, 1), NOW), Some(NOW), "{method:?}");
            assert_eq!(after_stop(&row(method, 0, 4), NOW), None, "{method:?}");
        }
        for method in [Post, Patch] {
            assert_eq!(after_stop(&row(method, 0, 1), NOW), None, "{method:?}");
            assert_eq!(after_stop(&row(method, 1, 1), NOW), Some(NOW), "{method:?}");
        }
    }
}
