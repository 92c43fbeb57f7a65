//! Events without an index by conversation, which would write one page more with every message: each points to the one before it of its
//! conversation, the conversation to its newest. What is open is found through the small indexes of what is open.

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::problem::Problem;
use crate::domain::{ConversationId, EventRow, RevisionId, RowKey, Seq};
use crate::store::forms::{self, EVENT_STATES, FORM_VERSION, word};

/// So many events of a conversation are looked through for one that is done: what came later than it while it was handled.
pub const LOOKED_THROUGH: u32 = 10_000;

/// What is stored of a conversation beside its state.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Its row.
    pub num: i64,
    /// Its version.
    pub version: u64,
    /// The hash of the contact as last written.
    pub contact_mark: i64,
}

/// A conversation that a unit is about.
#[derive(Debug)]
pub struct Thread<'u> {
    /// Its id.
    pub id: &'u ConversationId,
    /// As stored; `None` before its first state.
    pub head: Option<Head>,
    /// The row of its newest event, those of the unit included.
    pub newest: Option<i64>,
    /// The highest number of its events, those of the unit included.
    pub seq: u64,
    /// The unit has new events of it that its row does not know yet.
    pub grown: bool,
}

/// Where an event of a unit goes.
#[derive(Debug)]
pub struct Place<'u> {
    row: &'u EventRow,
    id: i64,
    chained: Chained,
}

#[derive(Debug)]
enum Chained {
    /// It is there.
    Already,
    /// It is new, after that one.
    After(Option<i64>),
}

impl<'u> Place<'u> {
    /// Is it for this very change?
    pub fn is_for(&self, row: &EventRow) -> bool {
        std::ptr::eq(self.row, row)
    }

    /// The unit writes the event once more.
    pub fn again(&self, row: &'u EventRow) -> Self {
        Self { row, id: self.id, chained: Chained::Already }
    }

    /// Is it this event's?
    pub fn is_of(&self, conversation: &ConversationId, seq: Seq) -> bool {
        self.row.seq == seq && self.row.conversation == *conversation
    }

    /// The event's row.
    pub fn id(&self) -> i64 {
        self.id
    }
}

/// The prepared statements, and the row that the next event gets.
pub struct Chain<'c> {
    thread: Statement<'c>,
    lengthen: Statement<'c>,
    insert: Statement<'c>,
    update: Statement<'c>,
    open: Statement<'c>,
    step: Statement<'c>,
    open_row: Statement<'c>,
    next: i64,
}

type Found<T> = Result<T, Problem>;

impl<'c> Chain<'c> {
    /// Prepare all.
    pub fn prepare(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            thread: conn.prepare("SELECT num, version, contact_mark, newest, seq FROM conversation WHERE id = ?1")?,
            lengthen: conn.prepare("UPDATE conversation SET newest = ?2, seq = ?3 WHERE num = ?1")?,
            insert: conn.prepare(
                "INSERT INTO event (state, kind, attempts, accepted_at, now, revision, body, trace, v, id, conversation,
                     seq, previous)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?,
            update: conn.prepare(
                "UPDATE event SET state = ?1, kind = ?2, attempts = ?3, accepted_at = ?4, now = ?5, revision = ?6,
                     body = ?7, trace = ?8, v = ?9 WHERE id = ?10",
            )?,
            open: conn.prepare(
                "SELECT id FROM event INDEXED BY event_open WHERE state <> 'done' AND conversation = ?1 AND seq = ?2",
            )?,
            step: conn.prepare("SELECT seq, previous FROM event WHERE id = ?1 AND conversation = ?2")?,
            open_row: conn.prepare(
                "SELECT event FROM outbox INDEXED BY outbox_open
                 WHERE state <> 'sent' AND state <> 'withdrawn' AND state <> 'expired' AND conversation = ?1 AND seq = ?2
                 LIMIT 1",
            )?,
            next: conn.query_row("SELECT ifnull(max(id), 0) + 1 FROM event", [], |row| row.get(0))?,
        })
    }

    /// What is stored of a conversation.
    pub fn thread<'u>(&mut self, id: &'u ConversationId) -> Found<Thread<'u>> {
        let read = |row: &Row<'_>| {
            let head = Head { num: row.get(0)?, version: row.get::<_, i64>(1)? as u64, contact_mark: row.get(2)? };
            Ok(Thread { id, head: Some(head), newest: row.get(3)?, seq: row.get::<_, i64>(4)? as u64, grown: false })
        };
        let found = self.thread.query_row([id.as_str()], read).optional()?;
        Ok(found.unwrap_or(Thread { id, head: None, newest: None, seq: 0, grown: false }))
    }

    /// Find an event its place: its own where it is there already, else behind the newest.
    pub fn place<'u>(&mut self, row: &'u EventRow, thread: &mut Thread<'_>) -> Found<Place<'u>> {
        let known = if row.seq.0 > thread.seq { None } else { self.find(&row.conversation, row.seq, thread.newest)? };
        if let Some(id) = known {
            return Ok(Place { row, id, chained: Chained::Already });
        }
        let id = self.next;
        self.next += 1;
        let after = thread.newest.replace(id);
        thread.seq = thread.seq.max(row.seq.0);
        thread.grown = true;
        Ok(Place { row, id, chained: Chained::After(after) })
    }

    /// Write an event where it belongs.
    pub fn write(&mut self, place: &Place<'_>) -> Found<()> {
        let Place { row, id, chained } = place;
        let (state, kind) = (word(&EVENT_STATES, row.state), row.event.body.name());
        let (now, revision) = (row.now.map(|now| now.0), row.revision.as_ref().map(RevisionId::as_str));
        let (body, trace) = (forms::to_json(&row.event)?, row.trace.as_ref().map(forms::to_json).transpose()?);
        let (conversation, seq) = (row.conversation.as_str(), row.seq.0 as i64);
        let (attempts, accepted_at) = (row.attempts, row.accepted_at.0);
        match chained {
            Chained::Already => self.update.execute(params![
                state,
                kind,
                attempts,
                accepted_at,
                now,
                revision,
                body,
                trace,
                FORM_VERSION,
                id
            ])?,
            Chained::After(previous) => self.insert.execute(params![
                state,
                kind,
                attempts,
                accepted_at,
                now,
                revision,
                body,
                trace,
                FORM_VERSION,
                id,
                conversation,
                seq,
                previous
            ])?,
        };
        Ok(())
    }

    /// The conversation's row learns of its new events.
    pub fn lengthen(&mut self, thread: &Thread<'_>) -> Found<()> {
        let Some(head) = thread.head else {
            return Err(Problem::Told(format!("the events of {} have no conversation", thread.id)));
        };
        self.lengthen.execute(params![head.num, thread.newest, thread.seq as i64])?;
        Ok(())
    }

    /// The row of the event that decided a row of the outbox; `None` where it is forgotten.
    pub fn event_of(&mut self, key: &RowKey) -> Found<Option<i64>> {
        let RowKey { conversation, seq, .. } = key;
        let open =
            self.open_row.query_row(params![conversation.as_str(), seq.0 as i64], |row| row.get(0)).optional()?;
        if open.is_some() {
            return Ok(open);
        }
        let newest = self.thread(conversation)?.newest;
        self.find(conversation, *seq, newest)
    }

    /// The row of an event.
    fn find(&mut self, conversation: &ConversationId, seq: Seq, newest: Option<i64>) -> Found<Option<i64>> {
        let wanted = seq.0 as i64;
        let open = self.open.query_row(params![conversation.as_str(), wanted], |row| row.get(0)).optional()?;
        if open.is_some() {
            return Ok(open);
        }
        let mut at = newest;
        for _ in 0..LOOKED_THROUGH {
            let Some(id) = at else { return Ok(None) };
            let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?));
            match self.step.query_row(params![id, conversation.as_str()], read).optional()? {
                Some((seq, _)) if seq == wanted => return Ok(Some(id)),
                // Forgotten rows' numbers may be given again: the chain leads back or ends.
                Some((_, previous)) => at = previous.filter(|previous| *previous < id),
                None => return Ok(None),
            }
        }
        Ok(None)
    }
}
