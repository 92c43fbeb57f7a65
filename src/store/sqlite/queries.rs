//! The reads, as SQL, and rows turned back into what they were.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row, params};

use super::chain::LOOKED_THROUGH;
use super::problem::Problem;
use crate::domain::{
    AccountName, BotName, CALL_VERSION, CallRow, Catalogue, Contact, ContactId, ConversationId, DueTimer, EventRow,
    EventState, JobId, KeptAccounts, Loaded, MessageId, OutboxRow, Progress, RowKey, RowState, Seq, Session,
    SessionsPage, Span, StoredRevision, TaggedPage, TeamFigures, Time, Timer, Token, UnfitBody, Upload,
};
use crate::store::forms::{
    self, CALL_STATES, EVENT_STATES, FORM_VERSION, ROW_STATES, check_version, from_json, state_of, word,
};

type Found<T> = Result<T, Problem>;

/// For echoes, the rows of a conversation's so many latest events are looked at: more do not happen in the hours that matter.
const RECENT_EVENTS: usize = 100;

/// Sent rows are loaded for echoes that come this late after the conversation's newest row.
const ECHO_SPAN: Span = Span::hours(6);

/// Calls of the last minutes are looked for among the rows of so many latest events: some tenths of a second to read. With more events
/// than that in some minutes, no provider's limit would be kept anyway.
const CALLED_AMONG: usize = 100_000;

const EVENT: &str = "SELECT conversation, seq, state, attempts, accepted_at, now, revision, body, trace, v FROM event";

const ROW: &str = "SELECT conversation, seq, n, account, state, at, not_before, expires_at, attempt, looks, called_at,
     decided, sent_as, progress, message, job, why, v FROM outbox";

// The small indexes of what is open are named: SQLite's planner would rather walk the whole table in order of `id`. Where a query
// cannot use the index named, preparing it fails, so that no list ever becomes slow unseen.

/// The rows of a conversation's events, from its newest backwards. `?1` is the conversation; what follows says how far.
const BACK: &str = "WITH RECURSIVE back (id, seq, previous, n) AS (
         SELECT e.id, e.seq, e.previous, 1 FROM conversation c JOIN event e ON e.id = c.newest
             WHERE c.id = ?1 AND e.conversation = ?1
         UNION ALL
         SELECT e.id, e.seq, e.previous, n + 1 FROM back JOIN event e ON e.id = back.previous
             WHERE e.conversation = ?1 AND e.id < back.id";

/// Events that are not done.
const OPEN_EVENT: &str = "INDEXED BY event_open WHERE state <> 'done'";

/// Rows to do or to look at.
const OPEN_ROW: &str = "INDEXED BY outbox_open WHERE state <> 'sent' AND state <> 'withdrawn' AND state <> 'expired'";

/// The conversation behind a provider's id.
pub fn find(conn: &Connection, account: &AccountName, key: &str) -> Found<Option<ConversationId>> {
    let mut find = conn.prepare_cached("SELECT conversation FROM alias WHERE account = ?1 AND key = ?2")?;
    Ok(find.query_row([account.as_str(), key], |row| id(row, 0)).optional()?)
}

/// All that working on a conversation needs.
pub fn load(conn: &Connection, conversation: &ConversationId) -> Found<Option<Loaded>> {
    let mut find = conn.prepare_cached(
        "SELECT c.state, c.v, c.version, c.seq,
             p.id, p.name, p.phone, p.language, p.vars, p.opted_out, p.marks, p.members
         FROM conversation c JOIN contact p ON p.id = c.contact WHERE c.id = ?1",
    )?;
    let mut rows = find.query([conversation.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let state = forms::state_from_json(text(row, 0)?, row.get(1)?, contact(row, 4)?)?;
    Ok(Some(Loaded {
        state,
        version: row.get::<_, i64>(2)? as u64,
        seq: seq(row, 3)?,
        events: open_events(conn, conversation)?,
        rows: recent_rows(conn, conversation)?,
    }))
}

fn open_events(conn: &Connection, conversation: &ConversationId) -> Found<Vec<EventRow>> {
    let sql = format!("{EVENT} {OPEN_EVENT} AND state <> 'dead' AND conversation = ?1 ORDER BY seq");
    all(conn.prepare_cached(&sql)?, [conversation.as_str()], event_row)
}

fn recent_rows(conn: &Connection, conversation: &ConversationId) -> Found<Vec<OutboxRow>> {
    let sql = format!(
        "{BACK} AND n < {RECENT_EVENTS})
         {ROW} WHERE event IN (SELECT event FROM outbox {OPEN_ROW} AND conversation = ?1 UNION SELECT id FROM back)
         ORDER BY seq, n"
    );
    let mut rows = all(conn.prepare_cached(&sql)?, [conversation.as_str()], outbox_row)?;
    let newest = rows.iter().map(|row| row.at).max().unwrap_or_default();
    rows.retain(|row| !row.state.is_final() || (row.state == RowState::Sent && row.at >= newest - ECHO_SPAN));
    Ok(rows)
}

/// The row that a message or a job of an account belongs to.
pub fn sent_by(
    conn: &Connection,
    account: &AccountName,
    message: Option<&MessageId>,
    job: Option<&JobId>,
) -> Found<Option<OutboxRow>> {
    let by = |column: &str, value: Option<&str>| -> Found<Option<OutboxRow>> {
        let Some(value) = value else { return Ok(None) };
        // The newest, should a provider ever use an id twice.
        let sql = format!("{ROW} WHERE {column} = ?1 AND account = ?2 ORDER BY event DESC, n DESC LIMIT 1");
        one(conn.prepare_cached(&sql)?, [value, account.as_str()], outbox_row)
    };
    match by("message", message.map(MessageId::as_str))? {
        Some(row) => Ok(Some(row)),
        None => by("job", job.map(JobId::as_str)),
    }
}

/// Conversations with pending or undecided events, or with unfinished rows.
pub fn unfinished(conn: &Connection) -> Found<Vec<ConversationId>> {
    let sql = format!(
        "SELECT conversation FROM event {OPEN_EVENT} AND state <> 'dead'
         UNION SELECT conversation FROM outbox {OPEN_ROW} AND state <> 'failed'"
    );
    all(conn.prepare_cached(&sql)?, [], |row| Ok(id(row, 0)?))
}

/// Whose turn it is in a team of a bot, and who has how many of its other conversations.
pub fn team_figures(
    conn: &Connection,
    bot: &BotName,
    team: &str,
    but: &ConversationId,
    now: Time,
) -> Found<TeamFigures> {
    let mut round = conn.prepare_cached("SELECT n FROM cursor WHERE bot = ?1 AND team = ?2")?;
    let round: Option<i64> = round.query_row([bot.as_str(), team], |row| row.get(0)).optional()?;
    let handed = conn.prepare_cached(
        "SELECT member, count(*) FROM handed WHERE bot = ?1 AND until > ?2 AND conversation <> ?3 GROUP BY member",
    )?;
    let handed = all(handed, params![bot.as_str(), now.0, but.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(TeamFigures { round: round.unwrap_or(0) as u64, handed: handed.into_iter().collect() })
}

/// Timers of these accounts' conversations due by then, earliest first.
pub fn due(conn: &Connection, accounts: &[AccountName], by: Time, limit: usize) -> Found<Vec<DueTimer>> {
    let due = conn.prepare_cached(
        "SELECT conversation, token, due FROM timer
         WHERE due <= ?1 AND (SELECT account FROM conversation WHERE id = timer.conversation) IN (SELECT value FROM json_each(?2))
         ORDER BY due LIMIT ?3",
    )?;
    all(due, params![by.0, names(accounts), limit as i64], |row| {
        let timer = Timer { token: Token(row.get::<_, i64>(1)? as u64), due: Time(row.get(2)?) };
        Ok(DueTimer { conversation: id(row, 0)?, timer })
    })
}

const CALL: &str = "SELECT conversation, token, state, at, not_before, attempt, call, v FROM call";

/// Calls of these accounts' conversations to be begun by then, the longest due first; none to the hosts named.
pub fn due_calls(
    conn: &Connection,
    accounts: &[AccountName],
    busy: &[String],
    by: Time,
    limit: usize,
) -> Found<Vec<CallRow>> {
    let sql = format!(
        "{CALL} INDEXED BY call_due WHERE state = 'waiting' AND not_before <= ?1 AND host NOT IN (SELECT value FROM json_each(?3))
         AND (SELECT account FROM conversation WHERE id = call.conversation) IN (SELECT value FROM json_each(?2))
         ORDER BY not_before LIMIT ?4"
    );
    let busy: serde_json::Value = busy.iter().map(String::as_str).collect();
    all(conn.prepare_cached(&sql)?, params![by.0, names(accounts), busy.to_string(), limit as i64], call_row)
}

/// Calls that were under way, of which nothing was heard.
pub fn calls_under_way(conn: &Connection) -> Found<Vec<CallRow>> {
    all(conn.prepare_cached(&format!("{CALL} WHERE state = 'calling'"))?, [], call_row)
}

fn call_row(row: &Row<'_>) -> Found<CallRow> {
    check_version("call", row.get(7)?, CALL_VERSION)?;
    Ok(CallRow {
        conversation: id(row, 0)?,
        token: Token(row.get::<_, i64>(1)? as u64),
        state: state_of(&CALL_STATES, text(row, 2)?)?,
        at: Time(row.get(3)?),
        not_before: Time(row.get(4)?),
        attempt: row.get(5)?,
        call: from_json(text(row, 6)?)?,
    })
}

/// Conversations looked at for one page: a few milliseconds of a reader.
const PAGE: i64 = 1_000;

/// Those of some of these accounts' conversations that have a label.
pub fn tagged(conn: &Connection, accounts: &[AccountName], tag: &str, after: i64) -> Found<TaggedPage> {
    let page = conn.prepare_cached(
        "SELECT num, id, account IN (SELECT value FROM json_each(?2))
             AND EXISTS (SELECT 1 FROM json_each(state, '$.conversation.tags') WHERE value = ?3)
         FROM conversation WHERE num > ?1 ORDER BY num LIMIT ?4",
    )?;
    let looked = all(page, params![after, names(accounts), tag, PAGE], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(2)?.then(|| id(row, 1)).transpose()?))
    })?;
    let next = looked.last().map(|(num, _)| *num).filter(|_| looked.len() as i64 == PAGE);
    Ok(TaggedPage { conversations: looked.into_iter().filter_map(|(_, found)| found).collect(), next })
}

/// The sessions of some of these accounts' conversations.
pub fn sessions(conn: &Connection, accounts: &[AccountName], after: i64) -> Found<SessionsPage> {
    let page = conn.prepare_cached(
        "SELECT num, iif(account IN (SELECT value FROM json_each(?2)), json_extract(state, '$.session'), NULL)
         FROM conversation WHERE num > ?1 ORDER BY num LIMIT ?3",
    )?;
    let looked = all(page, params![after, names(accounts), PAGE], |row| {
        Ok((row.get::<_, i64>(0)?, json_or_none::<Session>(row, 1)?))
    })?;
    let next = looked.last().map(|(num, _)| *num).filter(|_| looked.len() as i64 == PAGE);
    Ok(SessionsPage { sessions: looked.into_iter().filter_map(|(_, session)| session).collect(), next })
}

/// The conversation of these accounts in which the contact with that phone wrote last.
pub fn of_phone(conn: &Connection, accounts: &[AccountName], phone: &str) -> Found<Option<ConversationId>> {
    let find = conn.prepare_cached(
        "SELECT id FROM conversation WHERE id IN (
             SELECT id FROM contact WHERE phone = ?1
             UNION SELECT m.conversation FROM member m JOIN contact p ON p.id = m.contact WHERE p.phone = ?1)
         AND account IN (SELECT value FROM json_each(?2)) ORDER BY last_in_at DESC LIMIT 1",
    )?;
    one(find, params![phone, names(accounts)], |row| Ok(id(row, 0)?))
}

/// Who of a bot's contacts is known by a phone: the first, should there be several. A contact bears the id of its first conversation.
pub const KNOWN_BY: &str = "SELECT p.id, p.name, p.phone, p.language, p.vars, p.opted_out, p.marks, p.members
     FROM contact p JOIN conversation c ON c.id = p.id
     WHERE p.phone = ?1 AND json_extract(c.state, '$.conversation.bot') = ?2 ORDER BY p.id LIMIT 1";

/// The contact of a bot that is known by that phone.
pub fn contact_of(conn: &Connection, bot: &BotName, phone: &str) -> Found<Option<Contact>> {
    one(conn.prepare_cached(KNOWN_BY)?, [phone, bot.as_str()], |row| contact(row, 0))
}

/// Until when a bot's schedules have been seen to.
pub fn ticks(conn: &Connection, bot: &BotName) -> Found<Vec<(String, Time)>> {
    let ticks = conn.prepare_cached("SELECT schedule, at FROM tick WHERE bot = ?1")?;
    all(ticks, [bot.as_str()], |row| Ok((row.get(0)?, Time(row.get(1)?))))
}

/// As a parameter of `json_each`.
fn names(accounts: &[AccountName]) -> String {
    accounts.iter().map(AccountName::as_str).collect::<serde_json::Value>().to_string()
}

/// Events in that state, oldest first.
pub fn events(conn: &Connection, state: EventState, limit: usize) -> Found<Vec<EventRow>> {
    let among = if state == EventState::Done { "WHERE TRUE" } else { OPEN_EVENT };
    let sql = format!("{EVENT} {among} AND state = ?1 ORDER BY id LIMIT ?2");
    all(conn.prepare_cached(&sql)?, params![word(&EVENT_STATES, state), limit as i64], event_row)
}

/// The latest events of a conversation, newest first.
pub fn history(conn: &Connection, conversation: &ConversationId, limit: usize) -> Found<Vec<EventRow>> {
    let sql = format!("{BACK} AND n < ?2) {EVENT} WHERE id IN (SELECT id FROM back) ORDER BY seq DESC");
    all(conn.prepare_cached(&sql)?, params![conversation.as_str(), limit as i64], event_row)
}

/// The row of event `?2` of conversation `?1`: an open one by the index, another by walking back to it.
fn event_id() -> String {
    format!(
        "ifnull((SELECT id FROM event {OPEN_EVENT} AND conversation = ?1 AND seq = ?2),
             ifnull((SELECT event FROM outbox {OPEN_ROW} AND conversation = ?1 AND seq = ?2),
                 ({BACK} AND back.seq <> ?2 AND n < {LOOKED_THROUGH}) SELECT id FROM back WHERE seq = ?2)))"
    )
}

/// One event.
pub fn event(conn: &Connection, conversation: &ConversationId, seq: Seq) -> Found<Option<EventRow>> {
    let sql = format!("{EVENT} WHERE id = {}", event_id());
    one(conn.prepare_cached(&sql)?, params![conversation.as_str(), seq.0 as i64], event_row)
}

/// Rows in those states, oldest first.
pub fn rows(conn: &Connection, states: &[RowState], limit: usize) -> Found<Vec<OutboxRow>> {
    let words: Vec<_> = states.iter().map(|state| format!("'{}'", word(&ROW_STATES, *state))).collect();
    let open = states.iter().all(|state| !state.is_final() || *state == RowState::Failed);
    let among = if open { OPEN_ROW } else { "WHERE TRUE" };
    let sql = format!("{ROW} {among} AND state IN ({}) ORDER BY event, n LIMIT ?1", words.join(", "));
    all(conn.prepare_cached(&sql)?, [limit as i64], outbox_row)
}

/// One row.
pub fn row(conn: &Connection, key: &RowKey) -> Found<Option<OutboxRow>> {
    let sql = format!("{ROW} WHERE event = {} AND n = ?3", event_id());
    one(conn.prepare_cached(&sql)?, params![key.conversation.as_str(), key.seq.0 as i64, key.n], outbox_row)
}

/// The rows of an account whose last call began since then, as far as they belong to the latest events.
pub fn called_since(conn: &Connection, account: &AccountName, since: Time) -> Found<Vec<OutboxRow>> {
    let sql = format!(
        "{ROW} WHERE event > (SELECT ifnull(max(id), 0) FROM event) - {CALLED_AMONG} AND called_at >= ?1 AND account = ?2"
    );
    all(conn.prepare_cached(&sql)?, params![since.0, account.as_str()], outbox_row)
}

/// The last valid revision of a bot.
pub fn last_revision(conn: &Connection, bot: &BotName) -> Found<Option<StoredRevision>> {
    let head = conn.prepare_cached("SELECT hash, activated_at FROM revision WHERE bot = ?1")?;
    let found = one(head, [bot.as_str()], |row| Ok((text(row, 0)?.to_owned(), Time(row.get(1)?))))?;
    let Some((hash, at)) = found else { return Ok(None) };
    let files = conn.prepare_cached("SELECT path, content FROM revision_file WHERE bot = ?1 ORDER BY n")?;
    let files = all(files, [bot.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Some(StoredRevision { files, id: hash.into(), at }))
}

fn all<T, P: Params>(mut query: CachedStatement<'_>, with: P, read: impl Fn(&Row<'_>) -> Found<T>) -> Found<Vec<T>> {
    let mut rows = query.query(with)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn one<T, P: Params>(mut query: CachedStatement<'_>, with: P, read: impl Fn(&Row<'_>) -> Found<T>) -> Found<Option<T>> {
    let mut rows = query.query(with)?;
    rows.next()?.map(read).transpose()
}

fn event_row(row: &Row<'_>) -> Found<EventRow> {
    check_version("event", row.get(9)?, FORM_VERSION)?;
    Ok(EventRow {
        conversation: id(row, 0)?,
        seq: seq(row, 1)?,
        state: state_of(&EVENT_STATES, text(row, 2)?)?,
        attempts: row.get(3)?,
        accepted_at: Time(row.get(4)?),
        now: time(row, 5)?,
        revision: id_or_none(row, 6)?,
        event: from_json(text(row, 7)?)?,
        trace: json_or_none(row, 8)?,
    })
}

fn outbox_row(row: &Row<'_>) -> Found<OutboxRow> {
    check_version("row of the outbox", row.get(17)?, FORM_VERSION)?;
    Ok(OutboxRow {
        key: RowKey { conversation: id(row, 0)?, seq: seq(row, 1)?, n: row.get(2)? },
        account: id(row, 3)?,
        decided: Arc::new(from_json(text(row, 11)?)?),
        state: state_of(&ROW_STATES, text(row, 4)?)?,
        at: Time(row.get(5)?),
        not_before: Time(row.get(6)?),
        expires_at: time(row, 7)?,
        attempt: row.get(8)?,
        looks: row.get(9)?,
        called_at: time(row, 10)?,
        sent_as: json_or_none(row, 12)?,
        progress: json_or_none(row, 13)?.unwrap_or(Progress::Null),
        message: id_or_none(row, 14)?,
        job: id_or_none(row, 15)?,
        why: row.get(16)?,
    })
}

/// A contact from the columns that begin here.
fn contact(row: &Row<'_>, from: usize) -> Found<Contact> {
    let id: ContactId = id(row, from)?;
    Ok(Contact {
        id,
        name: row.get(from + 1)?,
        phone: row.get(from + 2)?,
        language: row.get(from + 3)?,
        vars: from_json(text(row, from + 4)?)?,
        opted_out: row.get(from + 5)?,
        marks: from_json(text(row, from + 6)?)?,
        members: from_json(text(row, from + 7)?)?,
    })
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r str> {
    Ok(row.get_ref(column)?.as_str()?)
}

fn id<T: for<'a> From<&'a str>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    text(row, column).map(T::from)
}

fn id_or_none<T: for<'a> From<&'a str>>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.map(T::from))
}

fn json_or_none<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Found<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    Ok(text.map(from_json).transpose()?)
}

fn seq(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    Ok(Seq(row.get::<_, i64>(column)? as u64))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Time>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Time))
}

/// What is kept of the accounts.
pub fn kept_accounts(conn: &Connection) -> Found<KeptAccounts> {
    let mut kept = KeptAccounts::default();
    let mut catalogues = conn.prepare("SELECT account, fetched_at, templates, v FROM catalogue")?;
    let mut rows = catalogues.query([])?;
    while let Some(row) = rows.next()? {
        check_version("list of templates", row.get(3)?, FORM_VERSION)?;
        let catalogue = Catalogue { fetched_at: Some(Time(row.get(1)?)), templates: from_json(text(row, 2)?)? };
        kept.catalogues.push((AccountName::from(text(row, 0)?), catalogue));
    }
    let mut uploads = conn.prepare("SELECT account, hash, ref, until FROM upload")?;
    let mut rows = uploads.query([])?;
    while let Some(row) = rows.next()? {
        let upload = Upload { hash: row.get(1)?, id: row.get(2)?, until: Time(row.get(3)?) };
        kept.uploads.push((AccountName::from(text(row, 0)?), upload));
    }
    Ok(kept)
}

/// Bodies that fitted nothing, newest first.
pub fn unfit(conn: &Connection, account: Option<&AccountName>, limit: usize) -> Found<Vec<UnfitBody>> {
    let mut find = conn.prepare_cached(
        "SELECT id, account, at, body, why FROM unfit WHERE ?1 IS NULL OR account = ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let mut rows = find.query(params![account.map(AccountName::as_str), limit as i64])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let account = AccountName::from(text(row, 1)?);
        found.push(UnfitBody { id: row.get(0)?, account, at: Time(row.get(2)?), body: row.get(3)?, why: row.get(4)? });
    }
    Ok(found)
}
