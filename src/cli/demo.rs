//! `frontdesk demo`: server, sample bots and an emulated provider in one process.

use super::{Done, Failure, Shared};

/// Start a server with the sample bots and an emulated provider: open the phone in the browser
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Example: frontdesk demo --port 8080")]
pub struct Args {}

/// Run it.
pub fn run(_args: &Args, _shared: &Shared) -> Done {
    Err(Failure::new("not built"))
}
