//! Forgetting what is past its time, in batches small enough that no commit waits long behind one.

use rusqlite::{Connection, params};

use super::problem::Problem;
use crate::domain::{Span, Time};

/// Rows looked at in one batch: about a millisecond of the writer.
const BATCH: usize = 500;

/// Pages given back to the system in one batch.
const VACUUM_PAGES: u32 = 256;

/// Keys of duplicates are kept so long: every provider has given up repeating by then.
const SEEN_FOR: Span = Span::days(8);

/// Finished events and rows, and bodies that fitted nothing, are kept so long, for `explain`.
const KEPT_FOR: Span = Span::days(30);

/// One table that grows and what of it may go.
struct Pruned {
    table: &'static str,
    /// The number that grows with its rows.
    number: &'static str,
    time: &'static str,
    kept: Span,
    /// What else must hold of a row that goes.
    only: &'static str,
}

const PRUNED: &[Pruned] = &[
    Pruned { table: "seen", number: "id", time: "at", kept: SEEN_FOR, only: "TRUE" },
    Pruned {
        table: "outbox",
        number: "event",
        time: "at",
        kept: KEPT_FOR,
        only: "state IN ('sent', 'failed', 'withdrawn', 'expired')",
    },
    Pruned {
        table: "event",
        number: "id",
        time: "accepted_at",
        kept: KEPT_FOR,
        // Rows are found through their event.
        only: "state = 'done' AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.event = event.id)",
    },
    Pruned { table: "unfit", number: "id", time: "at", kept: KEPT_FOR, only: "TRUE" },
];

/// Where a pruning stands between two batches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    table: usize,
    after: i64,
}

/// What a batch came to.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Rows that went.
    pub gone: usize,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// Do one batch.
pub fn batch(conn: &Connection, cursor: Cursor, now: Time) -> Result<Batch, Problem> {
    let Some(pruned) = PRUNED.get(cursor.table) else {
        let gone = conn.execute("DELETE FROM upload WHERE until <= ?1", [now.0])?;
        let gone = gone + conn.execute("DELETE FROM handed WHERE until <= ?1", [now.0])?;
        return Ok(Batch { gone, next: vacuum(conn)?.then_some(cursor) });
    };
    let Pruned { table, number, time, kept, only } = pruned;
    let cutoff = (now - *kept).0;
    // Row numbers follow time, so the first row that is too young ends the walk; one from the future (a clock that was wrong) does not.
    let look = format!(
        "SELECT ifnull(max({number}), 0), count(*), ifnull(sum({time} BETWEEN ?2 AND ?3), 0)
         FROM (SELECT {number}, {time} FROM {table} WHERE {number} > ?1 ORDER BY {number} LIMIT {BATCH})"
    );
    let (last, looked, young): (i64, i64, i64) = conn
        .prepare_cached(&look)?
        .query_row(params![cursor.after, cutoff, now.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let drop = format!("DELETE FROM {table} WHERE {number} > ?1 AND {number} <= ?2 AND {time} < ?3 AND {only}");
    let gone = conn.prepare_cached(&drop)?.execute(params![cursor.after, last, cutoff])?;
    let on = looked == BATCH as i64 && young == 0;
    let next = if on { Cursor { after: last, ..cursor } } else { Cursor { table: cursor.table + 1, after: 0 } };
    Ok(Batch { gone, next: Some(next) })
}

/// Of so many pages one may be free: new rows fill them soon, and giving a page back means moving another.
const SLACK: u32 = 8;

/// Give free pages back to the system. Is there more to give?
fn vacuum(conn: &Connection) -> Result<bool, Problem> {
    let number = |name| conn.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    if number("freelist_count")? <= number("page_count")? / SLACK {
        return Ok(false);
    }
    let mut step = conn.prepare_cached(&format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
    let mut pages = step.query([])?;
    while pages.next()?.is_some() {}
    Ok(true)
}
