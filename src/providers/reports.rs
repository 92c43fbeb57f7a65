//! How inquiries go on and end, the same for all providers; and what a failed call means to whoever set the account up.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::{Call, CallAnswer, Finding, Inquiring, Outcome, Progress, ReportLine};

/// Make this call next.
pub fn call(call: Call, progress: &impl Serialize) -> Inquiring {
    Inquiring::Call { call: Box::new(call), progress: serde_json::to_value(progress).unwrap_or_default() }
}

/// How far an inquiry has come; the beginning where nothing is told.
pub fn come_to<T: DeserializeOwned + Default>(progress: &Progress) -> T {
    T::deserialize(progress).unwrap_or_default()
}

/// It could not be found out.
pub fn failed(why: impl Into<String>) -> Inquiring {
    Inquiring::Done(Finding::Failed { why: why.into() })
}

/// What was tried, and how it went.
pub fn report(lines: Vec<ReportLine>) -> Inquiring {
    Inquiring::Done(Finding::Report(lines))
}

/// It is well.
pub fn well(what: impl Into<String>) -> ReportLine {
    ReportLine { well: true, what: what.into(), todo: None }
}

/// It is not, and that is to be done.
pub fn amiss(what: impl Into<String>, todo: impl Into<String>) -> ReportLine {
    ReportLine { well: false, what: what.into(), todo: Some(todo.into()) }
}

/// The words of a failure.
pub fn why(outcome: &Outcome) -> String {
    outcome.why().unwrap_or_default().to_owned()
}

/// An address without its query, which may hold a secret.
pub fn bare(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// What to do when a provider does not answer as it should.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// The provider, as people call it.
    pub provider: &'static str,
    /// When it refuses the credentials.
    pub credentials: &'static str,
    /// When it knows nothing of that number or id.
    pub ids: &'static str,
}

impl Advice {
    /// A call that failed, in one line.
    pub fn of(&self, answer: &CallAnswer, outcome: &Outcome) -> ReportLine {
        const NETWORK: &str = "look at `base_url`, and whether this machine reaches it";
        let Self { provider, credentials, ids } = self;
        let status = if let CallAnswer::Http { status, .. } = answer { Some(*status) } else { None };
        let denied = matches!(outcome, Outcome::Denied { .. });
        let why = why(outcome);
        match (answer, status) {
            (CallAnswer::NotSent(_), _) => amiss(format!("{provider} cannot be reached: {why}"), NETWORK),
            (CallAnswer::Lost(_), _) => amiss(format!("{provider} does not answer: {why}"), NETWORK),
            _ if denied => amiss(format!("{provider} refuses the credentials: {why}"), *credentials),
            (_, Some(404)) => amiss(format!("{provider} knows nothing there: {why}"), *ids),
            (_, Some(300..=399)) => {
                amiss(format!("{provider} sends elsewhere: {why}"), "write the address it sends to as `base_url`")
            }
            _ => amiss(
                format!("{provider} cannot be asked: {why}"),
                "try again later; if it stays so, look at `base_url`",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::transport_outcome;

    #[test]
    fn failures_say_what_to_do() {
        const ADVICE: Advice = Advice { provider: "Acme", credentials: "a new token", ids: "another id" };
        let http = |status| CallAnswer::Http { status, retry_after: None, body: b"{\"error\":\"no\"}".to_vec() };
        let cases = [
            (CallAnswer::NotSent("refused".into()), "Acme cannot be reached: refused", "look at `base_url`"),
            (CallAnswer::Lost("time-out".into()), "Acme does not answer: time-out", "look at `base_url`"),
            (http(401), "Acme refuses the credentials: 401: no", "a new token"),
            (http(403), "Acme refuses the credentials: 403: no", "a new token"),
            (http(404), "Acme knows nothing there: 404: no", "another id"),
            (http(301), "Acme sends elsewhere: 301: no", "`base_url`"),
            (http(500), "Acme cannot be asked: 500: no", "later"),
        ];
        for (answer, what, todo) in cases {
            let outcome = transport_outcome(&answer, false).unwrap();
            let line = ADVICE.of(&answer, &outcome);
            assert_eq!((line.well, line.what.as_str()), (false, what));
            assert!(line.todo.is_some_and(|line| line.contains(todo)), "{what}");
        }
    }
}
