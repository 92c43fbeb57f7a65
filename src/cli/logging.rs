//! The log: stderr, text or JSON, `info` and above unless `FRONTDESK_LOG` says otherwise.

use tracing_subscriber::EnvFilter;

use super::LogFormat;

/// The variable with the filter, in `tracing`'s notation: `debug`, `frontdesk::runtime=debug,info`.
const VARIABLE: &str = "FRONTDESK_LOG";

/// What a demo logs: its invitation should not scroll away with each message; the page shows those.
pub(super) const DEMO: &str = "info,frontdesk::runtime::events=warn,frontdesk::runtime::intake=warn";

/// Start the log. A filter that cannot be read is said so and `info` stands in.
pub(super) fn start(format: LogFormat, usual: &str) {
    let wanted = std::env::var(VARIABLE).unwrap_or_default();
    let filter = EnvFilter::try_new(if wanted.is_empty() { usual } else { &wanted }).unwrap_or_else(|why| {
        eprintln!("warning: `{VARIABLE}` cannot be read ({why}), `info` stands in");
        EnvFilter::new("info")
    });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
}

fn is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}
