//! Calls of `http` steps: the run waits for the answer, which comes as an event of its own.

use super::Turning;
use super::running::Running;
use super::runs::{Manner, Position};
use crate::domain::{HttpCall, HttpCame, HttpOutcome, NewCall, Run, TraceKind, WaitKind};

impl Turning<'_> {
    /// The call is decided: the run waits for what comes of it.
    pub(super) fn call_out(&mut self, run: &Running, at: Position, call: HttpCall) {
        let Manner { converses, comes_back, replaces } = run.manner;
        let beneath = self.asking().map(|run| run.wait.token);
        let kind = WaitKind::Http { converses, comes_back, replaces, beneath };
        if let Some(token) = self.park(run, at, kind, None) {
            self.trace(TraceKind::Effect, format!("http: {call}"));
            self.calls.push(NewCall { token, call });
        }
    }

    /// What came of a call fits only by its wait; a late one goes to the trace and nowhere else. Whether it fitted.
    pub(super) fn http_came(&mut self, came: &HttpCame) -> bool {
        let fits = |run: &&Run| run.wait.token == came.token && matches!(run.wait.kind, WaitKind::Http { .. });
        let waiting = self.state.session.as_ref().map_or(&[][..], |session| &session.waiting);
        let Some(run) = waiting.iter().find(fits).cloned() else {
            self.trace(TraceKind::Event, "too late: nothing waits for this answer");
            return false;
        };
        let manner = self.manner_then(&run);
        self.take_waiting(run.id);
        let Some(at) = self.position(&run) else {
            self.orphan_run(&run, manner.converses);
            return true;
        };
        let Some(entry) = self.entry(at) else { return false };
        self.run = Some(run.id);
        self.come_to(at);
        self.trace(TraceKind::Step, format!("{} `{}`: {}", entry.verb, entry.key, said(&came.outcome)));
        let control = entry.step.came(self, &came.outcome);
        self.go_on(self.resumed(&run, manner), at, control);
        true
    }

    /// The run goes on as it came, unless the contact was asked or has answered something else meanwhile.
    fn manner_then(&self, run: &Run) -> Manner {
        let asking = self.asking().map(|run| run.wait.token);
        match run.wait.kind {
            WaitKind::Http { converses, comes_back, replaces, beneath } if beneath == asking => {
                Manner { converses, comes_back, replaces }
            }
            _ => Manner::default(),
        }
    }

    /// The step under way failed: unless it says itself what then, `on_error` of the flow or the bot speaks.
    pub fn fail(&mut self) {
        self.failed = true;
    }

    /// The step under way says itself what follows its failure.
    pub fn forgive(&mut self) {
        self.failed = false;
    }

    /// A script of the step under way failed.
    pub fn has_failed(&self) -> bool {
        self.failed
    }
}

fn said(outcome: &HttpOutcome) -> String {
    match outcome {
        HttpOutcome::Answered(answer) => format!("status {}, {} bytes", answer.status, answer.body.len()),
        HttpOutcome::Failed { failure, why } => format!("{}: {why}", failure.name()),
    }
}
