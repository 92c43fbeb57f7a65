//! `frontdesk chat`: the same engine in the terminal.

use super::{Done, Failure, Shared};

/// Talk to a bot in the terminal
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frontdesk chat clinic\nInside, :help lists the commands (:why explains the last answer)."
)]
pub struct Args {}

/// Run it.
pub fn run(_args: &Args, _shared: &Shared) -> Done {
    Err(Failure::new("not built"))
}
