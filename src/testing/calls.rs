//! The world's calls of `http` steps: answered as scripted, tried again as `serve` does.

use crate::domain::{Body, CallRow, HttpCall, HttpCame, HttpFailure, HttpOutcome, Span, Time};
use crate::engine::{self, AfterCall};

use super::http::{HttpScript, Reply, describe_call};
use super::world::World;

/// What nobody scripted is answered so.
const NOBODY: &str = "no other program is called here";

/// The programs outside, and the calls to them.
#[derive(Debug, Default)]
pub(super) struct Outside {
    scripts: Vec<(HttpScript, usize)>,
    under_way: Vec<UnderWay>,
    made: Vec<HttpCall>,
    strange: Vec<HttpCall>,
}

#[derive(Debug)]
struct UnderWay {
    row: CallRow,
    /// What comes then; `None`: it is not begun yet.
    answer: Option<(Time, HttpOutcome)>,
}

impl UnderWay {
    fn due(&self) -> Time {
        self.answer.as_ref().map_or(self.row.not_before, |(at, _)| *at)
    }
}

impl Outside {
    pub(super) fn next_due(&self) -> Option<Time> {
        self.under_way.iter().map(UnderWay::due).min()
    }

    fn reply(&mut self, call: &HttpCall) -> Reply {
        let Some((script, used)) = self.scripts.iter_mut().find(|(script, _)| script.calls.fits(call)) else {
            self.strange.push(call.clone());
            let outcome = HttpOutcome::Failed { failure: HttpFailure::Unreachable, why: NOBODY.to_owned() };
            return Reply { outcome, after: Span(0) };
        };
        let last = script.replies.len().saturating_sub(1);
        let reply = script.replies.get((*used).min(last)).cloned();
        *used += 1;
        reply.unwrap_or_else(|| Reply {
            outcome: HttpOutcome::Failed { failure: HttpFailure::Unreachable, why: NOBODY.to_owned() },
            after: Span(0),
        })
    }
}

impl World {
    /// The programs outside answer so. What nobody scripted is not reached.
    pub fn script_http(&mut self, scripts: impl IntoIterator<Item = HttpScript>) {
        self.outside.scripts.extend(scripts.into_iter().map(|script| (script, 0)));
    }

    /// The attempts of `http` steps so far, in order.
    pub fn calls(&self) -> &[HttpCall] {
        &self.outside.made
    }

    /// Calls since the last look that nobody scripted.
    pub fn strange_calls(&mut self) -> Vec<HttpCall> {
        std::mem::take(&mut self.outside.strange)
    }

    pub(super) fn add_call(&mut self, row: CallRow) {
        self.outside.under_way.push(UnderWay { row, answer: None });
    }

    /// Do what is due of one call. Whether there was any.
    pub(super) fn go_on_calling(&mut self) -> bool {
        let now = self.now;
        let Some(at) = self.outside.under_way.iter().position(|call| call.due() <= now) else { return false };
        let UnderWay { mut row, answer } = self.outside.under_way.remove(at);
        let Some((_, outcome)) = answer else {
            row.attempt += 1;
            self.aside(&format!("http: {}", describe_call(&row.call)));
            self.outside.made.push(row.call.clone());
            let Reply { outcome, after } = self.outside.reply(&row.call);
            self.outside.under_way.insert(at, UnderWay { row, answer: Some((now + after, outcome)) });
            return true;
        };
        match engine::after_call(&row, &outcome, now) {
            AfterCall::Again(later) => {
                row.not_before = later.max(now + Span(1));
                self.outside.under_way.insert(at, UnderWay { row, answer: None });
            }
            AfterCall::Over => {
                self.aside(&format!("http: {}", came(&outcome)));
                self.follow_ups.push_back(Body::Http(HttpCame { token: row.token, outcome }));
            }
        }
        true
    }
}

fn came(outcome: &HttpOutcome) -> String {
    match outcome {
        HttpOutcome::Answered(answer) => format!("status {}", answer.status),
        HttpOutcome::Failed { failure, why } => format!("{}: {why}", failure.name()),
    }
}
