//! `frontdesk serve`: the server.

use super::{Done, Failure, Shared};

/// Run the server
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  frontdesk serve\n  frontdesk serve -c /etc/frontdesk/frontdesk.yaml --log json")]
pub struct Args {}

/// Run it.
pub fn run(_args: &Args, _shared: &Shared) -> Done {
    Err(Failure::new("not built"))
}
