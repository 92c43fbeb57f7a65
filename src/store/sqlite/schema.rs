//! Opening a database: its pragmas, and the numbered migrations that bring it to this release's schema.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::problem::{Problem, Shown, shown};
use super::writer::WAL_PAGES;
use crate::store::{StoreError, Stored};

/// Each brings the schema from its index to the next. They are never edited once released: a change is one more line.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
];

/// Marks the file as ours (`application_id`): the bytes of `FDsk`.
const APPLICATION: i32 = 0x4644_736b;

/// How long to wait for another connection. The lock file keeps other servers away; what is left are short reads and recovery.
const BUSY: Duration = Duration::from_secs(5);

/// Page cache of the writer in KiB: the hot pages of the growing tables and their indexes.
const WRITER_CACHE_KIB: i64 = 16 * 1024;

/// The WAL file shrinks to so many bytes when it begins anew, should a long read have let it grow: twice what it has otherwise. Writing over
/// old blocks is cheaper to sync than growing.
const WAL_KEPT: usize = 2 * WAL_PAGES * 4096;

/// Open for writing, create or migrate.
pub fn open_writer(path: &Path, max_pages: Option<u32>) -> Stored<Connection> {
    create_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags).shown(path)?;
    prepare(&mut conn, path, max_pages).map_err(|problem| shown(path, problem))?;
    Ok(conn)
}

/// Open for reading beside a writer, in this process or another.
pub fn open_reader(path: &Path) -> Stored<Connection> {
    if !path.exists() {
        return Err(StoreError(format!("there is no store `{}`; `frontdesk serve` creates it", path.display())));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).shown(path)?;
    conn.busy_timeout(BUSY).shown(path)?;
    match version_of(&conn).map_err(|problem| shown(path, problem))? {
        found if found == MIGRATIONS.len() => Ok(conn),
        _ => Err(StoreError(format!("the store `{}` is of an older release; start the server once", path.display()))),
    }
}

/// The file holds what people wrote: only its owner may read it. SQLite gives its companions the same mode.
fn create_private(path: &Path) -> Stored<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = options.open(path).map(drop);
    made.map_err(|why| StoreError(format!("cannot open the store `{}`: {why}", path.display())))
}

fn prepare(conn: &mut Connection, path: &Path, max_pages: Option<u32>) -> Result<(), Problem> {
    conn.busy_timeout(BUSY)?;
    let found = version_of(conn)?;
    if found == 0 {
        // Both must come before the first page is written, `auto_vacuum` before `journal_mode`.
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        conn.pragma_update(None, "application_id", APPLICATION)?;
    }
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Problem::Told(format!("no write-ahead log can be kept beside `{}`", path.display())));
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "secure_delete", "ON")?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    conn.pragma_update(None, "journal_size_limit", WAL_KEPT as i64)?;
    // The writer checkpoints between groups, not inside a commit that somebody waits for.
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    migrate(conn, found)?;
    if let Some(pages) = max_pages {
        conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    Ok(())
}

/// The schema's version, when the file is ours and not of a newer release.
fn version_of(conn: &Connection) -> Result<usize, Problem> {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && application != APPLICATION {
        return Err(Problem::Told("it is a database of another program".into()));
    }
    let ours = MIGRATIONS.len();
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if version > ours {
        return Err(Problem::Told(format!(
            "its schema has version {version}, written by a newer release; this one knows {ours}: update frontdesk"
        )));
    }
    Ok(version)
}

fn migrate(conn: &mut Connection, from: usize) -> Result<(), Problem> {
    for (n, sql) in MIGRATIONS.iter().enumerate().skip(from) {
        let change = conn.transaction()?;
        change.execute_batch(sql)?;
        change.pragma_update(None, "user_version", n as i64 + 1)?;
        change.commit()?;
    }
    Ok(())
}
