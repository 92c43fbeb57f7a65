//! What `inbox` and `outbox` share: lists read beside a running server, repairs that go to it, or straight to the store where none runs.

use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;

use crate::domain::{Mend, Span};
use crate::runtime::{Clock, mend};
use crate::server::socket::{self, Request};
use crate::store::sqlite::SqliteStore;

use super::table::aligned;
use super::{Done, Failure, Shared, Verdict, settings, start};

/// The most that a list shows: more than anybody reads, and far from the memory's end.
pub(super) const MAX_LISTED: usize = 1_000;

/// What is done.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Show what is there
    List {
        /// How the list is written
        #[arg(long, value_name = "FORMAT", default_value = "human")]
        format: ListFormat,
    },
    /// Try again, by the ids that `list` shows
    Retry {
        /// Ids as listed
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Give up for good, by the ids that `list` shows
    Drop {
        /// Ids as listed
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// A table.
    Human,
    /// One array.
    Json,
}

/// A line of a list. Texts of messages are not among it: a list is pasted into tickets.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    pub(super) at: String,
    #[serde(skip)]
    pub(super) age: Span,
    pub(super) attempts: u32,
    pub(super) why: String,
}

/// Open the configured database for reading.
pub(super) fn reading(shared: &Shared) -> Result<SqliteStore, Failure> {
    let database = settings::database(&shared.config);
    exists(&database)?;
    SqliteStore::open_read_only(&database).map_err(|why| Failure::new(why.0))
}

pub(super) fn exists(database: &Path) -> Result<(), Failure> {
    if database.is_file() {
        return Ok(());
    }
    let database = database.display();
    Err(Failure::new(format!("there is no database `{database}`; name the server's configuration with `-c FILE`")))
}

/// Print a list; `nothing` is said of an empty one.
pub(super) fn print(lines: &[Line], format: ListFormat, nothing: &str) -> Done {
    match format {
        ListFormat::Json => {
            let json = serde_json::to_string_pretty(lines);
            println!("{}", json.map_err(|why| Failure::new(why.to_string()))?);
        }
        ListFormat::Human if lines.is_empty() => println!("{nothing}"),
        ListFormat::Human => print!("{}", table(lines)),
    }
    Ok(Verdict::Fine)
}

fn table(lines: &[Line]) -> String {
    let head = ["ID", "ACCOUNT", "AGE", "KIND", "STATE", "TRIES", "WHY"].map(String::from);
    let cells = |line: &Line| {
        [
            line.id.clone(),
            line.account.clone(),
            Span(line.age.0 / 1000 * 1000).to_string(),
            line.kind.into(),
            line.state.into(),
            line.attempts.to_string(),
            line.why.clone(),
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(lines.iter().map(cells)).collect();
    aligned(&rows)
}

/// Mend each; all are tried, and what could not be done is said.
pub(super) fn mend_all(shared: &Shared, mends: impl IntoIterator<Item = Mend>) -> Done {
    let database = settings::database(&shared.config);
    exists(&database)?;
    let mut verdict = Verdict::Fine;
    for mend in mends {
        match mend_one(&database, &mend)? {
            Ok(done) => println!("{done}"),
            Err(why) => {
                eprintln!("error: {why}");
                verdict = Verdict::Errors;
            }
        }
    }
    Ok(verdict)
}

fn mend_one(database: &Path, request: &Mend) -> Result<Result<String, String>, Failure> {
    // A wrong id needs no server to be told.
    if let Err(why) = mend::target(request) {
        return Err(Failure::Usage(why));
    }
    let asked = socket::ask(database, &Request::Mend(request.clone()));
    let asked = asked.map_err(|why| Failure::new(format!("the running server cannot be asked: {why}")))?;
    if let Some(answer) = asked {
        return Ok(answer);
    }
    // No server holds the database; if one does without a socket, opening says so.
    let store = SqliteStore::open(database).map_err(|why| Failure::new(why.0))?;
    start::block_on(async { Ok(mend::directly(&store, request, Clock::system().now()).await) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up() {
        let line = |id: &str, why: &str| Line {
            id: id.into(),
            account: "clinic".into(),
            kind: "say",
            state: "failed",
            at: String::new(),
            age: Span(61_234),
            attempts: 3,
            why: why.into(),
        };
        let text = table(&[line("c/1/0", "no such number"), line("c/12/0", "")]);
        assert_eq!(
            text,
            "ID      ACCOUNT  AGE   KIND  STATE   TRIES  WHY\n\
             c/1/0   clinic   1m1s  say   failed  3      no such number\n\
             c/12/0  clinic   1m1s  say   failed  3\n"
        );
    }
}
