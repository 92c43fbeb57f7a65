//! Looks up sends whose outcome is unknown, as far as their provider can tell, before anything is repeated.

use std::sync::Arc;

use tracing::debug;

use super::hub::Hub;
use super::lane::Lane;
use super::limits;
use super::rates::Spend;
use super::turn::caught;
use crate::domain::{Body, CallAnswer, Errand, EventRow, Found, Lookup, MessageId, OutboxRow, RowKey};
use crate::engine;

/// Of a conversation's latest events so many are read for messages of humans, whose ids a look-up must not take for ours.
const EVENTS_READ: usize = 50;

impl Hub {
    /// Look a row up once, and do what follows.
    pub async fn look_up(self: &Arc<Self>, lane: &Arc<Lane>, key: &RowKey) {
        let (found, was_asked) = match echoed(lane, key) {
            Some(found) => (found, false),
            None => self.ask_provider(lane, key).await,
        };
        debug!(%key, ?found, "unknown send looked up");
        let after = {
            let mut inner = lane.lock();
            // Dropped by hand or known to be sent while the provider was asked: what it says is too late.
            let Some(row) = inner.row_mut(key).filter(|row| !row.state.is_final()) else { return };
            row.looks += 1;
            if let Found::Sent { message, job } = &found {
                row.message = message.clone().or(row.message.take());
                row.job = job.clone().or(row.job.take());
            }
            engine::after_lookup(row, &found, self.now())
        };
        self.metrics.send(lane.account.name(), found_name(&found));
        match &found {
            Found::Unreadable { why } => self.note_call(&lane.account, Some(why)),
            _ if was_asked => self.note_call(&lane.account, None),
            _ => {}
        }
        self.follow(lane, key, after, None).await;
    }

    /// An echo may be that of a row whose job has not named its message: look the job up, as often as an unknown send.
    pub fn pump_look_ups(self: &Arc<Self>, lane: &Arc<Lane>) {
        let now = self.now();
        let planned = lane.lock().plan_naming(now);
        match planned {
            Some((key, at)) if at <= now => drop(self.spawn(Arc::clone(self).name_message(Arc::clone(lane), key))),
            Some((_, at)) => self.agenda.add(at, lane),
            None => {}
        }
    }

    async fn name_message(self: Arc<Self>, lane: Arc<Lane>, key: RowKey) {
        if let (Found::Sent { message, .. }, _) = self.ask_provider(&lane, &key).await {
            self.learn(&mut lane.lock(), &key, message.as_ref());
        }
        self.settle_undecided(&lane);
    }

    /// What the provider says of the row, and whether it was asked at all.
    async fn ask_provider(self: &Arc<Self>, lane: &Lane, key: &RowKey) -> (Found, bool) {
        let Some(mut row) = lane.lock().row_mut(key).cloned() else { return (Found::Absent, false) };
        let mut permit = lane.account.permit().await;
        if let Err(why) = self.let_in(&lane.account).await {
            self.pause(&lane.account, &why);
            return (Found::Unreadable { why }, false);
        }
        let taken = self.taken(lane, &row).await;
        let mut answer: Option<CallAnswer> = None;
        for _ in 0..limits::CALLS_PER_ROW {
            let Some(state) = lane.lock().state.clone() else { break };
            let kept = lane.account.kept(self.now());
            let errand = Errand { row: &row, state: &state, taken: &taken, kept: kept.lend(), now: self.now() };
            match caught(|| lane.account.config.account.look_up(errand, answer.as_ref())) {
                Ok(Lookup::Done(found)) => return (found, answer.is_some()),
                Ok(Lookup::Call { call, progress }) => {
                    row.progress = progress;
                    let spend = Spend::new(call.spends, &lane.id);
                    let Some(answered) = self.call_in_turn(&lane.account, &call, spend, &mut permit).await else {
                        break;
                    };
                    if let CallAnswer::Http { status: status @ (401 | 403), .. } = answered {
                        self.denied(&lane.account, &format!("{status} to a look-up"));
                    }
                    answer = Some(answered);
                }
                Err(why) => return (Found::Unreadable { why }, false),
            }
        }
        drop(permit);
        (Found::Unreadable { why: "the look-up did not end".into() }, false)
    }

    /// Messages that are surely not this row's: of other rows, and of humans.
    async fn taken(&self, lane: &Lane, row: &OutboxRow) -> Vec<MessageId> {
        let mut taken: Vec<_> = {
            let inner = lane.lock();
            inner.rows.iter().filter(|other| other.key != row.key).filter_map(|other| other.message.clone()).collect()
        };
        taken.extend(self.humans(lane).await);
        taken
    }

    /// Messages of humans, as far as they are among the conversation's latest events.
    pub async fn humans(&self, lane: &Lane) -> Vec<MessageId> {
        let events = self.store.history(&lane.id, EVENTS_READ).await.unwrap_or_default();
        let human = |row: EventRow| if let Body::Human(human) = &row.event.body { human.message.clone() } else { None };
        events.into_iter().filter_map(human).collect()
    }
}

/// Its own echo came by webhook: it was sent.
fn echoed(lane: &Lane, key: &RowKey) -> Option<Found> {
    let inner = lane.lock();
    let claim = inner.undecided.iter().find(|one| one.claim.as_ref() == Some(key))?;
    let Body::Outgoing(echo) = &claim.row.event.body else { return None };
    Some(Found::Sent { message: echo.message.clone(), job: echo.job.clone() })
}

fn found_name(found: &Found) -> &'static str {
    match found {
        Found::Sent { .. } => "found_sent",
        Found::Failed { .. } => "found_failed",
        Found::Absent => "found_absent",
        Found::Unreadable { .. } => "look_up_failed",
        Found::CannotTell => "cannot_tell",
    }
}
