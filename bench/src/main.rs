//! The figures of Frontdesk: engine alone, bots' tests, store alone, end to end, the process itself. Ratios of one run on two cores, not timed tests.
//!
//! The exit code is 1 when a figure passes its limit.
//!
//!     cargo build --profile dist && cargo run --profile dist -p bench [-- engine tests store end_to_end footprint] [--seconds N] [--json FILE] [--only SUBJECT]

mod bare;
mod bots;
mod child;
mod end_to_end;
mod engine;
mod footprint;
mod http;
mod load;
mod report;
mod store;
mod stub;
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use report::Report;

/// Whatever goes wrong ends the run with one line.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures and reports.
type Part = fn(&Settings, &mut Report) -> Outcome<()>;

/// The parts, by the name that asks for one of them. Without names all run.
const PARTS: &[(&str, Part)] = &[
    ("engine", engine::run),
    ("tests", tests::run),
    ("store", store::run),
    ("end_to_end", end_to_end::run),
    ("footprint", footprint::run),
];

/// What the command line asks for.
struct Settings {
    parts: Vec<String>,
    /// How long each measurement under load lasts.
    measure: Duration,
    json: Option<PathBuf>,
    /// Of the end-to-end subjects only the one of this name, for a profiler.
    only: Option<String>,
    /// The server under test; beside this program unless named.
    server: PathBuf,
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("bare") {
        return bare::serve(arguments);
    }
    let settings = settings(first.into_iter().chain(arguments))?;
    let mut report = Report::default();
    for (name, run) in PARTS {
        if settings.parts.is_empty() || settings.parts.iter().any(|part| part == name) {
            run(&settings, &mut report)?;
        }
    }
    report.print();
    if let Some(path) = &settings.json {
        std::fs::write(path, report.to_json()?)?;
    }
    if report.passed().is_empty() { Ok(()) } else { Err(report.passed().join("; ").into()) }
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Outcome<Settings> {
    let server = std::env::current_exe()?.with_file_name("frontdesk");
    let mut settings = Settings { parts: Vec::new(), measure: Duration::from_secs(10), json: None, only: None, server };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--seconds" => settings.measure = Duration::from_secs(value()?.parse()?),
            "--only" => settings.only = Some(value()?),
            "--json" => settings.json = Some(value()?.into()),
            "--server" => settings.server = value()?.into(),
            part if PARTS.iter().any(|(name, _)| *name == part) => settings.parts.push(argument),
            other => return Err(format!("`{other}` is neither a part nor an option").into()),
        }
    }
    Ok(settings)
}
