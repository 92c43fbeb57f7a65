//! `frontdesk inbox`: dead letters.

use crate::domain::{EventRow, EventState, Mend, Time, TraceKind};
use crate::runtime::Clock;
use crate::store::Store;

use super::mending::{self, Action, Line, MAX_LISTED};
use super::{Done, Failure, Shared, start};

/// List dead letters (events whose handling failed again and again), retry or drop them
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk inbox list
  frontdesk inbox list --format json
  frontdesk inbox retry 01975b0e-3c5e-7000-8000-000000000000/12

It works beside a running server and without one.")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// Run it.
pub fn run(args: &Args, shared: &Shared) -> Done {
    match args.action.clone() {
        Action::List { format } => {
            let store = mending::reading(shared)?;
            let dead = start::block_on(async {
                store.events(EventState::Dead, MAX_LISTED).await.map_err(|why| Failure::new(why.0))
            })?;
            let now = Clock::system().now();
            let lines: Vec<Line> = dead.iter().map(|row| line(row, now)).collect();
            mending::print(&lines, format, "no dead letters")
        }
        Action::Retry { ids } => mending::mend_all(shared, ids.into_iter().map(Mend::InboxRetry)),
        Action::Drop { ids } => mending::mend_all(shared, ids.into_iter().map(Mend::InboxDrop)),
    }
}

fn line(row: &EventRow, now: Time) -> Line {
    let mut entries = row.trace.iter().flat_map(|trace| &trace.entries);
    let why = entries.rfind(|entry| entry.kind == TraceKind::Error);
    Line {
        id: format!("{}/{}", row.conversation, row.seq.0),
        account: row.event.account.to_string(),
        kind: row.event.body.name(),
        state: "dead",
        at: row.accepted_at.to_string(),
        age: now.since(row.accepted_at),
        attempts: row.attempts,
        why: why.map(|entry| entry.text.clone()).unwrap_or_default(),
    }
}
