//! What was tried at accounts and how it went, printed.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde::Serialize;

use super::super::{Done, Failure, Verdict};
use crate::config::AccountConfig;
use crate::domain::ReportLine;

/// How reports are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A line for each thing that was tried.
    Human,
    /// One array.
    Json,
}

/// One account's.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    account: String,
    provider: &'static str,
    lines: Vec<ReportLine>,
}

impl Report {
    pub(super) fn new(account: &AccountConfig, lines: Vec<ReportLine>) -> Self {
        Self { account: account.name.to_string(), provider: account.provider, lines }
    }

    fn text(&self) -> String {
        let mut text = format!("{} ({})\n", self.account, self.provider);
        for line in &self.lines {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "  {}  {}", if line.well { "ok  " } else { "FAIL" }, line.what);
            if let Some(todo) = &line.todo {
                let _ = writeln!(text, "        {todo}");
            }
        }
        text
    }
}

/// Print them; errors where something is amiss.
pub(super) fn print(reports: &[Report], format: Format) -> Done {
    match format {
        Format::Human => {
            let texts: Vec<String> = reports.iter().map(Report::text).collect();
            print!("{}", texts.join("\n"));
        }
        Format::Json => {
            let json = serde_json::to_string_pretty(reports).map_err(|why| Failure::new(why.to_string()))?;
            println!("{json}");
        }
    }
    let well = reports.iter().flat_map(|report| &report.lines).all(|line| line.well);
    Ok(if well { Verdict::Fine } else { Verdict::Errors })
}
