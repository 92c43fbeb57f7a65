//! `frontdesk test`: the bots' own tests on a virtual clock.

use super::{Done, Failure, Shared};

/// Run the bots' own tests (*.test.yaml) on a virtual clock
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  frontdesk test\n  frontdesk test bots/clinic")]
pub struct Args {}

/// Run it.
pub fn run(_args: &Args, _shared: &Shared) -> Done {
    Err(Failure::new("not built"))
}
