//! `frontdesk health`: is the server up?

use super::{Done, Failure, Shared};

/// Ask a running server whether it is up (exit code 0 or 1)
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Example: frontdesk health http://127.0.0.1:8080")]
pub struct Args {}

/// Run it.
pub fn run(_args: &Args, _shared: &Shared) -> Done {
    Err(Failure::new("not built"))
}
