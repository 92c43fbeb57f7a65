//! Bodies with several events: all of them are accepted by one commit, as waiting events, and handled after it. One event alone is accepted and
//! decided in one unit instead (`events.rs`).

use std::sync::Arc;

use super::accounts::Account;
use super::events::Accepted;
use super::hub::Hub;
use super::lane::{Entry, Job, Lane, Queued, is_human};
use super::turn::caught;
use super::{limits, unit};
use crate::domain::{Change, Committed, Event, EventState, ReadVersion, State, Time, Unit};

/// An event of a body that has its number, and waits to be on disk.
struct Numbered {
    lane: Arc<Lane>,
    job: Job,
    /// The lane is held for it: it goes to the front of the queue. Others have their place there.
    front: bool,
    /// The conversation begins with it, in this state.
    begun: Option<Arc<State>>,
}

impl Hub {
    /// Accept the events of one body. `None` where the store or a full lane refuses: the body has to come again, and what was accepted is a
    /// duplicate then.
    pub async fn accept_body(
        self: &Arc<Self>,
        account: &Arc<Account>,
        events: Vec<Event>,
        now: Time,
    ) -> Option<Vec<Accepted>> {
        let mut numbered = Vec::with_capacity(events.len());
        // First events of conversations that another webhook is just beginning: they wait for it, and are accepted by themselves.
        let mut later = Vec::new();
        for event in events {
            if !self.number(account, event, now, &mut numbered, &mut later).await {
                let waiting = later.into_iter().map(|(lane, job)| Numbered { lane, job, front: false, begun: None });
                for one in numbered.into_iter().chain(waiting) {
                    self.take_back(&one);
                }
                return None;
            }
        }
        let mut accepted = self.commit_body(numbered, !later.is_empty()).await;
        for (lane, job) in later {
            let one = self.accept_unborn(&lane, job).await;
            let refused = matches!(one, Accepted::Later | Accepted::Failed);
            accepted = accepted.filter(|_| !refused).map(|all| all.into_iter().chain([one]).collect());
        }
        accepted
    }

    /// Give the event its number in its lane. False: the lane is full or cannot be loaded.
    async fn number(
        self: &Arc<Self>,
        account: &Arc<Account>,
        event: Event,
        now: Time,
        numbered: &mut Vec<Numbered>,
        later: &mut Vec<(Arc<Lane>, Job)>,
    ) -> bool {
        let Ok(place) = self.lane(account, &event.thread).await else { return false };
        let mut job = Job::new(event, now);
        job.also = super::intake::further_ids(&place, account);
        // All of a body or nothing: one that is full of one person's messages must find room some time.
        let most = limits::PENDING_PER_CONVERSATION + limits::EVENTS_PER_BODY;
        let entry = place.lane.enter(is_human(&job.event), most);
        drop(place.order);
        let lane = place.lane;
        match entry {
            Entry::Full => return false,
            Entry::Free(seq) => {
                job.seq = seq;
                match self.beginning(&lane, &job) {
                    Ok(begun) => numbered.push(Numbered { lane, job, front: true, begun }),
                    Err(()) => self.leave(&lane, is_human(&job.event)),
                }
            }
            Entry::Queued(seq) => {
                job.seq = seq;
                numbered.push(Numbered { lane, job, front: false, begun: None });
            }
            Entry::Unborn(seq) => {
                job.seq = seq;
                let ours = numbered.iter().any(|one| one.begun.is_some() && Arc::ptr_eq(&one.lane, &lane));
                if ours {
                    numbered.push(Numbered { lane, job, front: false, begun: None });
                } else {
                    later.push((lane, job));
                }
            }
        }
        true
    }

    /// The state that a new conversation begins in; `Ok(None)` for one that there is, `Err` where none can begin with this event.
    fn beginning(&self, lane: &Lane, job: &Job) -> Result<Option<Arc<State>>, ()> {
        let question = self.question(lane, job.clone());
        if question.version > 0 {
            return Ok(None);
        }
        caught(|| question.begun()).ok().flatten().map(Some).ok_or(())
    }

    async fn commit_body(self: &Arc<Self>, mut numbered: Vec<Numbered>, more: bool) -> Option<Vec<Accepted>> {
        if numbered.is_empty() {
            return Some(if more { Vec::new() } else { vec![Accepted::Ignored] });
        }
        let mut units = Vec::with_capacity(numbered.len() + 1);
        // The conversation begins by itself: should its first event be known already, those after it are not lost with it.
        units.extend(numbered.iter().filter_map(birth));
        let births = units.len();
        units.extend(numbered.iter_mut().map(waiting));
        let Ok(results) = self.commit(units).await else {
            for one in &numbered {
                self.take_back(one);
            }
            return None;
        };
        let kept = results.into_iter().skip(births).zip(numbered);
        let accepted = kept.map(|(committed, one)| self.keep(one, committed)).collect::<Vec<_>>();
        let refused = accepted.contains(&Accepted::Failed);
        (!refused).then_some(accepted)
    }

    /// The event is on disk, or was before: the lane goes on.
    fn keep(self: &Arc<Self>, one: Numbered, committed: Committed) -> Accepted {
        let Numbered { lane, mut job, front, begun } = one;
        if let Some(state) = begun {
            let mut inner = lane.lock();
            // A conflict is found when its first event is handled: then it is loaded again.
            (inner.state, inner.version) = (Some(state), 1);
        }
        if committed != Committed::Done {
            self.take_back(&Numbered { lane, job, front, begun: None });
            return if committed == Committed::Duplicate { Accepted::Duplicate } else { Accepted::Failed };
        }
        job.stored = true;
        let mut inner = lane.lock();
        match inner.queue.iter_mut().find(|queued| !front && queued.seq == job.seq) {
            Some(queued) => queued.job = Some(job),
            None => inner.queue.push_front(Queued { seq: job.seq, job: Some(job) }),
        }
        inner.turning &= !front;
        drop(inner);
        self.count_pending(true);
        lane.freed.notify_waiters();
        self.pump_events(&lane);
        Accepted::Kept
    }

    /// It is not accepted: its place in the lane is somebody else's.
    fn take_back(self: &Arc<Self>, one: &Numbered) {
        let human = is_human(&one.job.event);
        if one.front {
            return self.leave(&one.lane, human);
        }
        let mut inner = one.lane.lock();
        inner.queue.retain(|queued| queued.seq != one.job.seq);
        inner.humans -= usize::from(human);
        drop(inner);
        one.lane.freed.notify_waiters();
        self.pump_events(&one.lane);
        self.pump_sends(&one.lane);
    }
}

fn birth(one: &Numbered) -> Option<Unit> {
    let state = one.begun.as_ref()?;
    let reads = vec![ReadVersion { conversation: one.lane.id.clone(), version: 0 }];
    Some(Unit { reads, changes: vec![unit::alias(&one.job, &one.lane.id), Change::State(Arc::clone(state))] })
}

fn waiting(one: &mut Numbered) -> Unit {
    let mut changes = unit::accepting(&mut one.job);
    changes.push(Change::Event(Box::new(unit::event_row(&one.job, &one.lane.id, EventState::Pending))));
    Unit { reads: Vec::new(), changes }
}
