//! `frontdesk outbox`: what has not gone to the provider.

use crate::domain::{Mend, OutboxRow, RowState, Time};
use crate::runtime::Clock;
use crate::store::Store;

use super::mending::{self, Action, Line, MAX_LISTED};
use super::{Done, Failure, Shared, start};

/// List what has not gone to the provider (waiting, unknown, failed, expired), retry or drop it
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk outbox list
  frontdesk outbox list --format json
  frontdesk outbox drop 01975b0e-3c5e-7000-8000-000000000000/12/0

It works beside a running server and without one.")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What is listed: sent and withdrawn is as it should be.
const LEFT_OVER: [RowState; 5] =
    [RowState::Waiting, RowState::Dispatching, RowState::Unknown, RowState::Failed, RowState::Expired];

/// Run it.
pub fn run(args: &Args, shared: &Shared) -> Done {
    match args.action.clone() {
        Action::List { format } => {
            let store = mending::reading(shared)?;
            let rows =
                start::block_on(async { store.rows(&LEFT_OVER, MAX_LISTED).await.map_err(|why| Failure::new(why.0)) })?;
            let now = Clock::system().now();
            let lines: Vec<Line> = rows.iter().map(|row| line(row, now)).collect();
            mending::print(&lines, format, "nothing is left over")
        }
        Action::Retry { ids } => mending::mend_all(shared, ids.into_iter().map(Mend::OutboxRetry)),
        Action::Drop { ids } => mending::mend_all(shared, ids.into_iter().map(Mend::OutboxDrop)),
    }
}

fn line(row: &OutboxRow, now: Time) -> Line {
    Line {
        id: row.key.to_string(),
        account: row.account.to_string(),
        kind: row.decided.effect.name(),
        state: state(row.state),
        at: row.at.to_string(),
        age: now.since(row.at),
        attempts: row.attempt,
        why: row.why.clone().unwrap_or_default(),
    }
}

fn state(state: RowState) -> &'static str {
    match state {
        RowState::Waiting => "waiting",
        RowState::Queued => "queued",
        RowState::Dispatching => "dispatching",
        RowState::Unknown => "unknown",
        RowState::Sent => "sent",
        RowState::Failed => "failed",
        RowState::Withdrawn => "withdrawn",
        RowState::Expired => "expired",
    }
}
