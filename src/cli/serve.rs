//! `frontdesk serve`: the server.

use std::sync::Arc;

use crate::runtime::Clock;

use super::start::{self, Ready, Signals};
use super::{Done, Shared, Verdict};

/// Run the server
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk serve
  frontdesk serve -c /etc/frontdesk/frontdesk.yaml --log json

It ends on SIGTERM and Ctrl-C: no new webhooks, what is under way is finished, within 10 s.")]
pub struct Args {}

/// Run it.
pub fn run(_args: &Args, shared: &Shared) -> Done {
    let config = start::configuration(&shared.config)?;
    let idle = Arc::default();
    start::block_on_telling(&idle, async {
        let signals = Signals::listen()?;
        let ready = Ready::start(config, Clock::system(), Arc::clone(&idle)).await?;
        // Documented: scripts and tests read the port from this line.
        tracing::info!("listening on http://{}", ready.address()?);
        tracing::info!("`{}` itself is read at start only; bots and scripts are reloaded", shared.config.display());
        ready.until_told(signals).await
    })?;
    Ok(Verdict::Fine)
}
