//! The log: stderr, text or JSON, `info` and above unless `FRONTDESK_LOG` says otherwise.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::LogFormat;

/// The variable with the filter, in `tracing`'s notation: `debug`, `frontdesk::runtime=debug,info`.
const VARIABLE: &str = "FRONTDESK_LOG";

/// What a demo logs: its invitation should not scroll away with each message; the page shows those.
pub(super) const DEMO: &str = "info,frontdesk::runtime::events=warn,frontdesk::runtime::intake=warn";

/// Lines wait for others for so long: under load, a write for each would cost more than making it.
const GATHER: Duration = Duration::from_millis(10);
/// So many bytes are written without waiting.
const ENOUGH: usize = 64 << 10;

static LINES: Lines = Lines { waiting: Mutex::new(Vec::new()), some: Condvar::new() };

/// Lines on their way to stderr. A warning or an error takes all before it along at once: what is told of trouble must be there when the trouble
/// is the end.
struct Lines {
    waiting: Mutex<Vec<u8>>,
    some: Condvar,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8], is_urgent: bool) {
        let mut waiting = self.lock();
        let is_first = waiting.is_empty();
        waiting.extend_from_slice(line);
        if is_urgent || waiting.len() >= ENOUGH {
            write_out(&mut waiting);
        } else if is_first {
            self.some.notify_one();
        }
    }

    /// Write for ever what gathers.
    fn keep(&self) {
        loop {
            let waiting = self.some.wait_while(self.lock(), |waiting| waiting.is_empty());
            drop(waiting.unwrap_or_else(PoisonError::into_inner));
            std::thread::sleep(GATHER);
            write_out(&mut self.lock());
        }
    }
}

/// Written under the lock, so that lines stay in order.
fn write_out(waiting: &mut Vec<u8>) {
    // Where stderr is closed there is nobody to tell.
    let _ = io::stderr().write_all(waiting);
    waiting.clear();
}

/// One line.
struct Line {
    is_urgent: bool,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.add(bytes, self.is_urgent);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        write_out(&mut LINES.lock());
        Ok(())
    }
}

/// Makes the writers of lines.
struct Gathered;

impl<'a> MakeWriter<'a> for Gathered {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { is_urgent: true }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line {
        Line { is_urgent: *about.level() <= Level::WARN }
    }
}

/// Write what still waits: before the end, and before anything else goes to stderr.
pub(super) fn finish() {
    write_out(&mut LINES.lock());
}

/// Start the log. A filter that cannot be read is said so and `info` stands in.
pub(super) fn start(format: LogFormat, usual: &str) {
    let wanted = std::env::var(VARIABLE).unwrap_or_default();
    let filter = EnvFilter::try_new(if wanted.is_empty() { usual } else { &wanted }).unwrap_or_else(|why| {
        eprintln!("warning: `{VARIABLE}` cannot be read ({why}), `info` stands in");
        EnvFilter::new("info")
    });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Gathered);
    // Without the thread, lines go out with the next warning, or at the end.
    let _ = std::thread::Builder::new().name("log".into()).spawn(|| LINES.keep());
    match format {
        LogFormat::Text => log.with_ansi(is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
}

fn is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}
