//! `frontdesk inbox`: dead letters.

use super::{Done, Failure, Shared};

/// List dead letters (events whose handling failed again and again), retry or drop them
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  frontdesk inbox list\n  frontdesk inbox retry 0197…/12")]
pub struct Args {}

/// Run it.
pub fn run(_args: &Args, _shared: &Shared) -> Done {
    Err(Failure::new("not built"))
}
