//! `frontdesk outbox`: messages that did not go.

use super::{Done, Failure, Shared};

/// List messages that wait or failed, retry or drop them
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  frontdesk outbox list\n  frontdesk outbox drop 0197…/12/0")]
pub struct Args {}

/// Run it.
pub fn run(_args: &Args, _shared: &Shared) -> Done {
    Err(Failure::new("not built"))
}
