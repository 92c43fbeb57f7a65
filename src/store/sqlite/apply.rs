//! One unit, applied inside the group's transaction: first all that can refuse it, then its writes.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::{Connection, OptionalExtension, Statement, ToSql, params};

use super::problem::Problem;
use super::queries::KNOWN_BY;
use crate::domain::{
    AccountName, CALL_VERSION, CallRow, Change, Committed, Contact, ConversationId, EventKey, EventRow, JobId,
    MessageId, OutboxRow, RevisionId, STATE_VERSION, Span, State, Time, Timer, Unit,
};
use crate::store::forms::{self, CALL_STATES, EVENT_STATES, FORM_VERSION, OWNERS, ROW_STATES, word};

/// What came round is made up for within a day, so that older ticks of schedules long gone say nothing.
const TICKS_KEPT: Span = Span::days(7);

/// The prepared statements of the writer.
pub struct Statements<'c> {
    head: Statement<'c>,
    seen_known: Statement<'c>,
    seen_insert: Statement<'c>,
    seen_remove: Statement<'c>,
    alias_find: Statement<'c>,
    alias_insert: Statement<'c>,
    catalogue_put: Statement<'c>,
    upload_put: Statement<'c>,
    conversation_insert: Statement<'c>,
    conversation_update: Statement<'c>,
    contact_put: Statement<'c>,
    known_by: Statement<'c>,
    member_put: Statement<'c>,
    siblings_tell: Statement<'c>,
    event_put: Statement<'c>,
    row_put: Statement<'c>,
    row_mark: Statement<'c>,
    timer_put: Statement<'c>,
    timer_drop: Statement<'c>,
    calls: CallStatements<'c>,
    tick_put: Statement<'c>,
    tick_prune: Statement<'c>,
    round: Statement<'c>,
    round_put: Statement<'c>,
    handed_put: Statement<'c>,
    handed_drop: Statement<'c>,
    unfit_insert: Statement<'c>,
}

/// Those of calls.
struct CallStatements<'c> {
    put: Statement<'c>,
    drop: Statement<'c>,
}

impl<'c> CallStatements<'c> {
    fn prepare(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            put: conn.prepare(
                "INSERT OR REPLACE INTO call (conversation, token, state, host, at, not_before, attempt, call, v)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?,
            drop: conn.prepare("DELETE FROM call WHERE conversation = ?1 AND token = ?2")?,
        })
    }
}

/// What the checks learn of a stored conversation and the writes need again.
#[derive(Clone, Copy)]
struct Head {
    num: i64,
    version: u64,
    contact_mark: i64,
}

type Applied<T> = Result<T, Problem>;

impl<'c> Statements<'c> {
    /// Prepare all.
    pub fn prepare(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            head: conn.prepare("SELECT num, version, contact_mark FROM conversation WHERE id = ?1")?,
            seen_known: conn.prepare("SELECT 1 FROM seen WHERE account = ?1 AND key = ?2")?,
            seen_insert: conn.prepare(
                "INSERT INTO seen (account, key, at) VALUES (?1, ?2, ?3) ON CONFLICT (account, key) DO NOTHING",
            )?,
            seen_remove: conn.prepare("DELETE FROM seen WHERE account = ?1 AND key = ?2")?,
            alias_find: conn.prepare("SELECT conversation FROM alias WHERE account = ?1 AND key = ?2")?,
            alias_insert: conn.prepare(
                "INSERT INTO alias (account, key, conversation) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?,
            catalogue_put: conn.prepare(
                "INSERT OR REPLACE INTO catalogue (account, fetched_at, templates, v) VALUES (?1, ?2, ?3, ?4)",
            )?,
            upload_put: conn
                .prepare("INSERT OR REPLACE INTO upload (account, hash, ref, until) VALUES (?1, ?2, ?3, ?4)")?,
            conversation_insert: conn.prepare(
                "INSERT INTO conversation (account, channel, contact, contact_mark, version, seq, owner, last_in_at,
                     state, v, id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?,
            conversation_update: conn.prepare(
                "UPDATE conversation SET account = ?1, channel = ?2, contact = ?3, contact_mark = ?4, version = ?5,
                     seq = max(seq, ?6), owner = ?7, last_in_at = ?8, state = ?9, v = ?10
                 WHERE num = ?11",
            )?,
            contact_put: conn.prepare(
                "INSERT INTO contact (id, version, name, phone, language, vars, opted_out, marks, members)
                 VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (id) DO UPDATE SET version = version + 1, name = ?2, phone = ?3, language = ?4, vars = ?5,
                     opted_out = ?6, marks = ?7, members = ?8",
            )?,
            known_by: conn.prepare(KNOWN_BY)?,
            member_put: conn.prepare("INSERT INTO member (contact, conversation) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            siblings_tell: conn.prepare(
                "UPDATE conversation SET version = version + 1, contact_mark = ?1
                 WHERE id IN (SELECT conversation FROM member WHERE contact = ?2) AND id <> ?3",
            )?,
            event_put: conn.prepare(
                "INSERT INTO event (conversation, seq, state, kind, attempts, accepted_at, now, revision, body, trace, v)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT (conversation, seq) DO UPDATE SET state = ?3, kind = ?4, attempts = ?5, accepted_at = ?6,
                     now = ?7, revision = ?8, body = ?9, trace = ?10, v = ?11",
            )?,
            // A row without its event is no row: then nothing is inserted, and the unit fails.
            row_put: conn.prepare(
                "INSERT INTO outbox (event, conversation, seq, n, account, kind, state, at, not_before, expires_at, attempt,
                     looks, called_at, decided, sent_as, progress, message, job, why, v)
                 SELECT id, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19
                     FROM event WHERE conversation = ?1 AND seq = ?2
                 ON CONFLICT (event, n) DO UPDATE SET account = ?4, kind = ?5, state = ?6, at = ?7,
                     not_before = ?8, expires_at = ?9, attempt = ?10, looks = ?11, called_at = ?12, decided = ?13,
                     sent_as = ?14, progress = ?15, message = ?16, job = ?17, why = ?18, v = ?19",
            )?,
            row_mark: conn.prepare(
                "UPDATE outbox SET state = ?4, not_before = ?5, expires_at = ?6, attempt = ?7, looks = ?8, called_at = ?9,
                     sent_as = ?10, progress = ?11, message = ?12, job = ?13, why = ?14
                 WHERE event = (SELECT id FROM event WHERE conversation = ?1 AND seq = ?2) AND n = ?3",
            )?,
            timer_put: conn.prepare(
                "INSERT INTO timer (conversation, token, due) VALUES (?1, ?2, ?3)
                 ON CONFLICT (conversation, token) DO UPDATE SET due = ?3",
            )?,
            timer_drop: conn.prepare("DELETE FROM timer WHERE conversation = ?1 AND token = ?2")?,
            calls: CallStatements::prepare(conn)?,
            tick_put: conn.prepare(
                "INSERT INTO tick (bot, schedule, at) VALUES (?1, ?2, ?3) ON CONFLICT (bot, schedule) DO UPDATE SET at = ?3",
            )?,
            tick_prune: conn.prepare("DELETE FROM tick WHERE bot = ?1 AND at < ?2")?,
            round: conn.prepare("SELECT n FROM cursor WHERE bot = ?1 AND team = ?2")?,
            round_put: conn.prepare("INSERT OR REPLACE INTO cursor (bot, team, n) VALUES (?1, ?2, ?3)")?,
            handed_put: conn
                .prepare("INSERT OR REPLACE INTO handed (conversation, bot, member, until) VALUES (?1, ?2, ?3, ?4)")?,
            handed_drop: conn.prepare("DELETE FROM handed WHERE conversation = ?1")?,
            unfit_insert: conn.prepare("INSERT INTO unfit (account, at, body, why) VALUES (?1, ?2, ?3, ?4)")?,
        })
    }

    /// Apply one unit. Unless it is `Done`, nothing of it is left. After an error the transaction must be rolled back.
    pub fn apply(&mut self, unit: &Unit) -> Applied<Committed> {
        let mut heads = Vec::with_capacity(1);
        if !self.versions_fit(unit, &mut heads)?
            || !self.aliases_fit(unit)?
            || !self.phones_fit(unit)?
            || !self.rounds_fit(unit)?
        {
            // The same event once more often reads what its first copy changed: it is the event that is known.
            return Ok(if self.any_known(unit)? { Committed::Duplicate } else { Committed::Conflict });
        }
        if !self.remember(unit)? {
            return Ok(Committed::Duplicate);
        }
        let seq = highest_seq(unit);
        for change in &unit.changes {
            self.write(change, &heads, seq)?;
        }
        Ok(Committed::Done)
    }

    fn find_head(&mut self, conversation: &ConversationId) -> Applied<Option<Head>> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Head { num: row.get(0)?, version: row.get::<_, i64>(1)? as u64, contact_mark: row.get(2)? })
        };
        Ok(self.head.query_row([conversation.as_str()], read).optional()?)
    }

    fn versions_fit<'u>(
        &mut self,
        unit: &'u Unit,
        heads: &mut Vec<(&'u ConversationId, Option<Head>)>,
    ) -> Applied<bool> {
        for read in &unit.reads {
            let head = self.find_head(&read.conversation)?;
            if head.map_or(0, |head| head.version) != read.version {
                return Ok(false);
            }
            heads.push((&read.conversation, head));
        }
        Ok(true)
    }

    fn aliases_fit(&mut self, unit: &Unit) -> Applied<bool> {
        for change in &unit.changes {
            let Change::Alias { account, key, conversation } = change else { continue };
            let owner: Option<String> =
                self.alias_find.query_row([account.as_str(), key], |row| row.get(0)).optional()?;
            if owner.is_some_and(|owner| owner != conversation.as_str()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn phones_fit(&mut self, unit: &Unit) -> Applied<bool> {
        for change in &unit.changes {
            let Change::Phone { bot, contact, phone } = change else { continue };
            let known: Option<String> =
                self.known_by.query_row([phone.as_str(), bot.as_str()], |row| row.get(0)).optional()?;
            if known.is_some_and(|known| known != contact.as_str()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Nobody was picked since. Of several picks of one team, the first is what was read.
    fn rounds_fit(&mut self, unit: &Unit) -> Applied<bool> {
        let mut picked_here: Vec<(&str, &str)> = Vec::new();
        for change in &unit.changes {
            let Change::Round { bot, picked } = change else { continue };
            let team = (bot.as_str(), picked.team.as_str());
            if picked_here.contains(&team) {
                continue;
            }
            picked_here.push(team);
            let n: Option<i64> = self.round.query_row([team.0, team.1], |row| row.get(0)).optional()?;
            if n.unwrap_or(0) as u64 != picked.from {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn any_known(&mut self, unit: &Unit) -> Applied<bool> {
        for (account, key, _) in keys(unit) {
            if self.seen_known.exists([account.as_str(), key.0.as_str()])? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Insert the unit's keys; when one is known, take back those before it.
    fn remember(&mut self, unit: &Unit) -> Applied<bool> {
        for (n, (account, key, at)) in keys(unit).enumerate() {
            let fresh = self.seen_insert.execute(params![account.as_str(), key.0, at.0])? == 1;
            // One body may tell the same event twice; that does not make it known.
            let own = || keys(unit).take(n).any(|before| (before.0, before.1) == (account, key));
            if !fresh && !own() {
                for (account, key, _) in keys(unit).take(n) {
                    self.seen_remove.execute([account.as_str(), key.0.as_str()])?;
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn write(&mut self, change: &Change, heads: &[(&ConversationId, Option<Head>)], seq: u64) -> Applied<()> {
        match change {
            Change::Seen { .. } | Change::Phone { .. } => {}
            Change::Alias { account, key, conversation } | Change::Also { account, key, conversation } => {
                self.alias_insert.execute([account.as_str(), key, conversation.as_str()])?;
            }
            Change::State(state) => self.write_state(state, heads, seq)?,
            Change::Event(event) => self.write_event(event)?,
            Change::Row(row) => self.write_row(row)?,
            Change::Mark(row) => self.mark_row(row)?,
            Change::SetTimer { conversation, timer: Timer { token, due } } => {
                self.timer_put.execute(params![conversation.as_str(), token.0 as i64, due.0])?;
            }
            Change::DropTimer { conversation, token } => {
                self.timer_drop.execute(params![conversation.as_str(), token.0 as i64])?;
            }
            Change::Call(row) => self.write_call(row)?,
            Change::DropCall { conversation, token } => {
                self.calls.drop.execute(params![conversation.as_str(), token.0 as i64])?;
            }
            Change::Tick { bot, schedule, at } => {
                self.tick_put.execute(params![bot.as_str(), schedule, at.0])?;
                self.tick_prune.execute(params![bot.as_str(), (*at - TICKS_KEPT).0])?;
            }
            Change::Round { bot, picked } => {
                self.round_put.execute(params![bot.as_str(), picked.team, picked.to as i64])?;
            }
            Change::Handed { bot, conversation, to: Some((member, until)) } => {
                self.handed_put.execute(params![conversation.as_str(), bot.as_str(), member, until.0])?;
            }
            Change::Handed { conversation, to: None, .. } => {
                self.handed_drop.execute([conversation.as_str()])?;
            }
            Change::Catalogue { account, catalogue } => {
                let (at, templates) = (catalogue.fetched_at.unwrap_or_default(), forms::to_json(&catalogue.templates)?);
                self.catalogue_put.execute(params![account.as_str(), at.0, templates, FORM_VERSION])?;
            }
            Change::Upload { account, upload } => {
                self.upload_put.execute(params![account.as_str(), upload.hash, upload.id, upload.until.0])?;
            }
            Change::Unfit { account, at, body, why } => {
                self.unfit_insert.execute(params![account.as_str(), at.0, body, why])?;
            }
        }
        Ok(())
    }

    fn write_call(&mut self, row: &CallRow) -> Applied<()> {
        self.calls.put.execute(params![
            row.conversation.as_str(),
            row.token.0 as i64,
            word(&CALL_STATES, row.state),
            row.call.host(),
            row.at.0,
            row.not_before.0,
            row.attempt,
            forms::to_json(&row.call)?,
            CALL_VERSION,
        ])?;
        Ok(())
    }

    fn write_state(&mut self, state: &State, heads: &[(&ConversationId, Option<Head>)], seq: u64) -> Applied<()> {
        let conversation = &state.conversation;
        let head = match heads.iter().find(|(id, _)| **id == conversation.id) {
            Some((_, head)) => *head,
            None => self.find_head(&conversation.id)?,
        };
        let mark = mark(&state.contact)?;
        if head.is_none_or(|head| head.contact_mark != mark) {
            self.write_contact(&state.contact)?;
            self.tell_siblings(state, mark)?;
        }
        let id = conversation.id.as_str();
        let (statement, key): (_, &dyn ToSql) = match &head {
            Some(head) => (&mut self.conversation_update, &head.num),
            None => (&mut self.conversation_insert, &id),
        };
        statement.execute(params![
            conversation.account.as_str(),
            conversation.channel.0,
            state.contact.id.as_str(),
            mark,
            head.map_or(1, |head| head.version as i64 + 1),
            seq as i64,
            word(&OWNERS, conversation.owner),
            conversation.last_in_at.map(|at| at.0),
            forms::state_to_json(state)?,
            STATE_VERSION,
            key,
        ])?;
        Ok(())
    }

    fn write_contact(&mut self, contact: &Contact) -> Applied<()> {
        let Contact { id, name, phone, language, vars, opted_out, marks, members } = contact;
        let (vars, marks, members) = (forms::to_json(vars)?, forms::to_json(marks)?, forms::to_json(members)?);
        self.contact_put.execute(params![id.as_str(), name, phone, language, vars, opted_out, marks, members])?;
        Ok(())
    }

    /// The contact changed: the other conversations that share it have a new version, so that whoever works with the old contact has a conflict.
    fn tell_siblings(&mut self, state: &State, mark: i64) -> Applied<()> {
        let (contact, conversation) = (state.contact.id.as_str(), state.conversation.id.as_str());
        if contact != conversation {
            self.member_put.execute([contact, conversation])?;
            self.member_put.execute([contact, contact])?;
        }
        self.siblings_tell.execute(params![mark, contact, conversation])?;
        Ok(())
    }

    fn write_event(&mut self, row: &EventRow) -> Applied<()> {
        self.event_put.execute(params![
            row.conversation.as_str(),
            row.seq.0 as i64,
            word(&EVENT_STATES, row.state),
            row.event.body.name(),
            row.attempts,
            row.accepted_at.0,
            row.now.map(|now| now.0),
            row.revision.as_ref().map(RevisionId::as_str),
            forms::to_json(&row.event)?,
            row.trace.as_ref().map(forms::to_json).transpose()?,
            FORM_VERSION,
        ])?;
        Ok(())
    }

    fn write_row(&mut self, row: &OutboxRow) -> Applied<()> {
        let written = self.row_put.execute(params![
            row.key.conversation.as_str(),
            row.key.seq.0 as i64,
            row.key.n,
            row.account.as_str(),
            row.decided.effect.name(),
            word(&ROW_STATES, row.state),
            row.at.0,
            row.not_before.0,
            row.expires_at.map(|at| at.0),
            row.attempt,
            row.looks,
            row.called_at.map(|at| at.0),
            forms::to_json(&row.decided)?,
            row.sent_as.as_ref().map(forms::to_json).transpose()?,
            progress(row)?,
            row.message.as_ref().map(MessageId::as_str),
            row.job.as_ref().map(JobId::as_str),
            row.why,
            FORM_VERSION,
        ])?;
        if written == 0 {
            return Err(Problem::Told(format!("the row {} has no event", row.key)));
        }
        Ok(())
    }

    /// A row that is gone (what is finished is forgotten in time) needs no mark.
    fn mark_row(&mut self, row: &OutboxRow) -> Applied<()> {
        self.row_mark.execute(params![
            row.key.conversation.as_str(),
            row.key.seq.0 as i64,
            row.key.n,
            word(&ROW_STATES, row.state),
            row.not_before.0,
            row.expires_at.map(|at| at.0),
            row.attempt,
            row.looks,
            row.called_at.map(|at| at.0),
            row.sent_as.as_ref().map(forms::to_json).transpose()?,
            progress(row)?,
            row.message.as_ref().map(MessageId::as_str),
            row.job.as_ref().map(JobId::as_str),
            row.why,
        ])?;
        Ok(())
    }
}

fn progress(row: &OutboxRow) -> Applied<Option<String>> {
    Ok(if row.progress.is_null() { None } else { Some(forms::to_json(&row.progress)?) })
}

fn keys(unit: &Unit) -> impl Iterator<Item = (&AccountName, &EventKey, Time)> {
    unit.changes.iter().filter_map(|change| match change {
        Change::Seen { account, key, at } => Some((account, key, *at)),
        _ => None,
    })
}

fn highest_seq(unit: &Unit) -> u64 {
    let seqs = unit.changes.iter().map(|change| if let Change::Event(row) = change { row.seq.0 } else { 0 });
    seqs.max().unwrap_or(0)
}

/// A hash that changes with the contact. Should another release compute another one, the contact is written once more.
fn mark(contact: &Contact) -> Applied<i64> {
    let mut hasher = DefaultHasher::new();
    forms::to_json(contact)?.hash(&mut hasher);
    Ok(hasher.finish() as i64)
}
