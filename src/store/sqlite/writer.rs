//! The one thread that writes: it drains its queue into one transaction, so that calls made at the same time share one sync of the disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use tokio::sync::oneshot;

use super::apply::Statements;
use super::idle::Idle;
use super::problem::{Problem, shown};
use crate::domain::{Committed, Unit};
use crate::store::{StoreError, Stored};

/// Units of one group at most. Beyond this a group gains nothing more per unit and the first of it waits too long.
const GROUP: usize = 512;

/// While units come this fast there is a rush, and groups are given time to gather: about 1 700 a second.
const RUSH: f64 = 24.0;

/// Within this time what came counts half for a rush.
const RUSH_HALVES: Duration = Duration::from_millis(10);

/// In a rush a group is complete when the event loop is idle, or when nobody came for so long: some ten messages could have been decided in it.
const LULL: Duration = Duration::from_millis(1);

/// And no later than this. Units that gather share a sync, and the pages that all of them touch are written once.
const GATHER: Duration = Duration::from_millis(6);

/// The WAL is moved into the database once it holds so many pages. Less often is less work, as each page is written once however often
/// it changed; more often keeps each move short: this is some 10 ms.
pub const WAL_PAGES: usize = 8 * 1024;

/// Idle so long with something in the WAL: move it now, while nobody waits.
const IDLE: Duration = Duration::from_millis(500);

/// A call of `commit` on its way to the writer.
pub struct Call {
    /// What to commit.
    pub units: Vec<Unit>,
    /// Where the results go.
    pub reply: oneshot::Sender<Stored<Reply>>,
}

/// The results, and the units back: what one thread allocated is cheapest freed by the same.
pub type Reply = (Vec<Committed>, Vec<Unit>);

/// Work for the writer.
pub enum Job {
    /// Units; neighbours in the queue share a transaction.
    Commit(Call),
    /// Anything else that writes, on its own.
    Other(Box<dyn FnOnce(&Connection) + Send>),
}

/// Have SQLite say after each commit how many pages the WAL holds.
pub fn watch_wal(conn: &mut Connection) -> rusqlite::Result<Arc<AtomicUsize>> {
    let pages = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&pages);
    conn.wal_hook(Some(move |_: &mut Wal, pages: i32| {
        told.store(usize::try_from(pages).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }))?;
    Ok(pages)
}

/// How many units came of late.
#[derive(Default)]
struct Rush {
    units: f64,
    noted: Option<Instant>,
}

impl Rush {
    fn note(&mut self, units: usize, now: Instant) {
        let halvings = self.noted.map_or(0.0, |noted| (now - noted).div_duration_f64(RUSH_HALVES));
        self.units = self.units * (-halvings).exp2() + units as f64;
        self.noted = Some(now);
    }

    fn is_on(&self) -> bool {
        self.units >= RUSH
    }
}

/// The writer's thread.
pub struct Writer {
    /// The connection, its schema current.
    pub conn: Connection,
    /// The database's path.
    pub path: PathBuf,
    /// Units in the queue, counted by whoever sends.
    pub queued: Arc<AtomicUsize>,
    /// Pages in the WAL after the latest commit, counted by SQLite.
    pub wal: Arc<AtomicUsize>,
    /// Whether more is about to come.
    pub idle: Arc<Idle>,
}

impl Writer {
    /// Work until nobody can send any more.
    pub fn run(self, jobs: &Receiver<Job>) {
        match Statements::prepare(&self.conn) {
            Ok(mut statements) => self.work(&mut statements, jobs),
            Err(error) => {
                let error = shown(&self.path, error.into());
                refuse_all(jobs, &error);
            }
        }
        // What is in the WAL is safe there; moving it only makes the next start quicker.
        let _ = self.checkpoint("TRUNCATE");
    }

    fn work(&self, statements: &mut Statements<'_>, jobs: &Receiver<Job>) {
        let (mut dirty, mut rush) = (true, Rush::default());
        loop {
            let job = match if dirty { jobs.recv_timeout(IDLE) } else { jobs.recv().map_err(RecvTimeoutError::from) } {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => {
                    dirty = self.checkpoint("PASSIVE").is_err();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            dirty = true;
            if rush.is_on() {
                self.gather();
            }
            rush.note(self.group(statements, job, jobs), Instant::now());
            if self.wal.load(Ordering::Relaxed) > WAL_PAGES {
                // A failure leaves it in the WAL, where it is safe; the next one tries again.
                let _ = self.checkpoint("PASSIVE");
            }
        }
    }

    /// Wait while the queue grows.
    fn gather(&self) {
        let begun = Instant::now();
        let mut before = 0;
        while begun.elapsed() < GATHER {
            let queued = self.queued.load(Ordering::Relaxed);
            if queued == before {
                return;
            }
            before = queued;
            if self.idle.within(LULL) {
                return;
            }
        }
    }

    /// One group: all calls that are waiting, up to the first other job. Returns how many units it had.
    fn group(&self, statements: &mut Statements<'_>, first: Job, jobs: &Receiver<Job>) -> usize {
        let mut calls = Vec::new();
        let mut units = 0;
        let mut next = Some(first);
        let mut other = None;
        while let Some(job) = next {
            match job {
                Job::Commit(call) => {
                    units += call.units.len();
                    calls.push(call);
                }
                Job::Other(work) => {
                    other = Some(work);
                    break;
                }
            }
            next = if units < GROUP { jobs.try_recv().ok() } else { None };
        }
        self.queued.fetch_sub(units, Ordering::Relaxed);
        self.commit(statements, calls);
        if let Some(work) = other {
            work(&self.conn);
        }
        units
    }

    fn commit(&self, statements: &mut Statements<'_>, calls: Vec<Call>) {
        if calls.is_empty() {
            return;
        }
        match self.transaction(statements, &calls) {
            Ok(results) => {
                for (Call { units, reply }, result) in calls.into_iter().zip(results) {
                    // Whoever asked may have gone; it is on disk all the same.
                    let _ = reply.send(Ok((result, units)));
                }
            }
            // One call's trouble is not its neighbours'.
            Err(_) if calls.len() > 1 => calls.into_iter().for_each(|call| self.commit(statements, vec![call])),
            Err(problem) => {
                let error = shown(&self.path, problem);
                for call in calls {
                    drop(call.reply.send(Err(error.clone())));
                }
            }
        }
    }

    /// All calls in one transaction, on disk when it returns; on an error nothing of it is left.
    fn transaction(&self, statements: &mut Statements<'_>, calls: &[Call]) -> Result<Vec<Vec<Committed>>, Problem> {
        let transaction = self.conn.unchecked_transaction()?;
        let mut results = Vec::with_capacity(calls.len());
        for call in calls {
            results.push(call.units.iter().map(|unit| statements.apply(unit)).collect::<Result<_, _>>()?);
        }
        transaction.commit()?;
        Ok(results)
    }

    fn checkpoint(&self, mode: &str) -> rusqlite::Result<()> {
        self.conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
    }
}

fn refuse_all(jobs: &Receiver<Job>, error: &StoreError) {
    while let Ok(job) = jobs.recv() {
        if let Job::Commit(call) = job {
            drop(call.reply.send(Err(error.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units that come in groups of so many, so many microseconds apart: is it a rush after a second of that?
    fn rushes(units: usize, apart: u64) -> bool {
        let (mut rush, begun) = (Rush::default(), Instant::now());
        for n in 0..1_000_000 / apart {
            rush.note(units, begun + Duration::from_micros(n * apart));
        }
        rush.is_on()
    }

    #[test]
    fn a_rush_is_a_matter_of_units_a_second_not_of_how_they_are_grouped() {
        for (units, apart, rush) in
            [(1, 1000, false), (10, 10_000, false), (1, 250, true), (40, 10_000, true), (1, 20_000, false)]
        {
            assert_eq!(rushes(units, apart), rush, "{units} each {apart} us");
        }
    }
}
