//! Builds the units that events and turns commit. Nothing here waits or writes.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::accounts::Account;
use super::lane::{Inner, Job};
use crate::domain::{
    CallRow, Change, ConversationId, Decided, Effect, EventRow, EventState, OutboxRow, Owner, ReadVersion, RowKey,
    RowState, Span, State, Time, TimerChange, Trace, Turn, Unit,
};
use crate::engine::{self, Gate};

/// What accepting an event writes, whatever becomes of it.
pub fn accepting(job: &mut Job) -> Vec<Change> {
    let mut changes = std::mem::take(&mut job.also);
    if let (false, Some(key)) = (job.stored, &job.event.key) {
        changes.push(Change::Seen { account: job.event.account.clone(), key: key.clone(), at: job.accepted_at });
    }
    changes
}

/// The provider's id of a conversation, written with its first state.
pub fn alias(job: &Job, conversation: &ConversationId) -> Change {
    Change::Alias {
        account: job.event.account.clone(),
        key: job.event.thread.conversation.clone(),
        conversation: conversation.clone(),
    }
}

/// The phone by which the contact is known from now on, where that is new.
pub fn phone(before: Option<&State>, after: &State) -> Option<Change> {
    let phone = after.contact.phone.clone()?;
    let known = before.is_some_and(|before| before.contact.phone.as_ref() == Some(&phone));
    let State { conversation, contact, .. } = after;
    (!known).then(|| Change::Phone { bot: conversation.bot.clone(), contact: contact.id.clone(), phone })
}

/// Whose hands the conversation is in, where that changed. Every message of a human moves the end of it; within an hour nobody looks so closely.
pub fn handed(before: Option<&State>, after: &State) -> Option<Change> {
    let now_with = hands(after);
    let State { conversation, .. } = after;
    (before.and_then(hands) != now_with).then(|| Change::Handed {
        bot: conversation.bot.clone(),
        conversation: conversation.id.clone(),
        to: now_with,
    })
}

fn hands(state: &State) -> Option<(String, Time)> {
    const HOUR: i64 = Span::hours(1).0;
    let State { conversation, .. } = state;
    let member = conversation.assignee.as_ref()?.member.clone()?;
    let until = conversation.quiet_until.filter(|_| conversation.owner != Owner::Bot)?;
    Some((member, Time((until.0 / HOUR).saturating_mul(HOUR))))
}

/// An event as it stands.
pub fn event_row(job: &Job, conversation: &ConversationId, state: EventState) -> EventRow {
    EventRow {
        conversation: conversation.clone(),
        seq: job.seq,
        state,
        attempts: job.attempts,
        accepted_at: job.accepted_at,
        now: None,
        revision: None,
        event: job.event.clone(),
        trace: None,
    }
}

/// What a turn came to.
#[derive(Debug)]
pub struct Outcome {
    /// The state after it.
    pub state: Arc<State>,
    /// The rows after it.
    pub rows: Vec<OutboxRow>,
    /// What flows counted in it.
    pub tracked: Vec<String>,
    /// It decided calls of `http` steps.
    pub calls_out: bool,
}

/// The unit of a turn (the event done, the state, timers; its rows are still to come) and what the turn came to.
pub fn of_turn(account: &Account, job: &mut Job, turn: Turn, version: u64, now: Time) -> (Unit, Outcome) {
    let Turn { state, effects, calls, timers, picks, lacks: _, trace } = turn;
    let state = Arc::new(state);
    let tracked = trace.tracked().map(str::to_owned).collect();
    let id = &state.conversation.id;
    let mut changes = accepting(job);
    if version == 0 {
        changes.push(alias(job, id));
    }
    changes.push(Change::State(Arc::clone(&state)));
    changes.push(Change::Event(Box::new(done(job, id, trace, now))));
    changes.extend(timers.into_iter().map(|change| timer(change, id)));
    let bot = &state.conversation.bot;
    changes.extend(picks.into_iter().map(|picked| Change::Round { bot: bot.clone(), picked }));
    let calls_out = !calls.is_empty();
    changes.extend(calls.into_iter().map(|new| Change::Call(CallRow::new(id.clone(), new, now))));
    let rows = rows(account, job, effects, id, now);
    let unit = Unit { reads: vec![ReadVersion { conversation: id.clone(), version }], changes };
    (unit, Outcome { state, rows, tracked, calls_out })
}

fn done(job: &Job, id: &ConversationId, trace: Trace, now: Time) -> EventRow {
    let revision = trace.revision.clone();
    EventRow { now: Some(now), revision, trace: Some(trace), ..event_row(job, id, EventState::Done) }
}

fn timer(change: TimerChange, conversation: &ConversationId) -> Change {
    let conversation = conversation.clone();
    match change {
        TimerChange::Set(timer) => Change::SetTimer { conversation, timer },
        TimerChange::Drop(token) => Change::DropTimer { conversation, token },
    }
}

fn rows(account: &Account, job: &Job, effects: Vec<Decided>, id: &ConversationId, now: Time) -> Vec<OutboxRow> {
    let key = |n| RowKey { conversation: id.clone(), seq: job.seq, n };
    let row = |(n, decided)| OutboxRow::new(key(n), account.config.name.clone(), decided, now, account.config.expire);
    (0..).zip(effects).map(row).collect()
}

/// The first row is born dispatching when nothing stands in its way: no row is before it, a permit is free, the gate is open, and the provider takes more. The permit is
/// the row's; it goes back when the commit fails.
pub fn bear(account: &Account, inner: &Inner, outcome: &mut Outcome, now: Time) -> Option<OwnedSemaphorePermit> {
    let row = outcome.rows.first_mut()?;
    if inner.head().is_some() || inner.holds_sends() || inner.sending {
        return None;
    }
    let capabilities = account.capabilities(&outcome.state.conversation.channel);
    let Gate::Send(instead) = engine::gate(row, &outcome.state, &capabilities, now) else { return None };
    if account.budget.is_pressed() {
        return None;
    }
    let permit = account.permit_now()?;
    begin_call(row, instead, now);
    Some(permit)
}

/// The row's call may begin from now on, for what was decided or for something instead of it.
pub fn begin_call(row: &mut OutboxRow, instead: Option<Effect>, now: Time) {
    row.state = RowState::Dispatching;
    row.attempt += 1;
    row.called_at = Some(now);
    // Whatever a status said of an earlier attempt.
    row.message = None;
    row.sent_as = instead.map(Box::new);
}
