//! `frontdesk check`: all mistakes of all files at once.

use super::{Done, Failure, Shared};

/// Report all mistakes of the bots' files, each with its place and what to do
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  frontdesk check\n  frontdesk check bots/clinic --format json")]
pub struct Args {}

/// Run it.
pub fn run(_args: &Args, _shared: &Shared) -> Done {
    Err(Failure::new("not built"))
}
