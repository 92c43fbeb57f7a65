//! One unit, applied inside the group's transaction: first all that can refuse it, then its writes.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::{Connection, OptionalExtension, Statement, ToSql, params};

use super::chain::{Chain, Place, Thread};
use super::problem::Problem;
use super::queries::KNOWN_BY;
use crate::domain::{
    AccountName, CALL_VERSION, CallRow, Change, Committed, Contact, ConversationId, EventKey, JobId, MessageId,
    OutboxRow, STATE_VERSION, Span, State, Time, Timer, Unit,
};
use crate::store::forms::{self, CALL_STATES, FORM_VERSION, OWNERS, ROW_STATES, word};

/// What came round is made up for within a day, so that older ticks of schedules long gone say nothing.
const TICKS_KEPT: Span = Span::days(7);

/// The prepared statements of the writer.
pub struct Statements<'c> {
    chain: Chain<'c>,
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

type Applied<T> = Result<T, Problem>;

impl<'c> Statements<'c> {
    /// Prepare all.
    pub fn prepare(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            chain: Chain::prepare(conn)?,
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
                "INSERT INTO conversation (account, channel, contact, contact_mark, version, seq, newest, owner,
                     last_in_at, state, v, id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?,
            conversation_update: conn.prepare(
                "UPDATE conversation SET account = ?1, channel = ?2, contact = ?3, contact_mark = ?4, version = ?5,
                     seq = ?6, newest = ?7, owner = ?8, last_in_at = ?9, state = ?10, v = ?11
                 WHERE num = ?12",
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
            row_put: conn.prepare(
                "INSERT INTO outbox (event, conversation, seq, n, account, kind, state, at, not_before, expires_at, attempt,
                     looks, called_at, decided, sent_as, progress, message, job, why, v)
                 VALUES (?20, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
                 ON CONFLICT (event, n) DO UPDATE SET account = ?4, kind = ?5, state = ?6, at = ?7,
                     not_before = ?8, expires_at = ?9, attempt = ?10, looks = ?11, called_at = ?12, decided = ?13,
                     sent_as = ?14, progress = ?15, message = ?16, job = ?17, why = ?18, v = ?19",
            )?,
            row_mark: conn.prepare(
                "UPDATE outbox SET state = ?3, not_before = ?4, expires_at = ?5, attempt = ?6, looks = ?7, called_at = ?8,
                     sent_as = ?9, progress = ?10, message = ?11, job = ?12, why = ?13
                 WHERE event = ?1 AND n = ?2",
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
        let mut threads = Vec::with_capacity(1);
        if !self.versions_fit(unit, &mut threads)?
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
        let places = self.place_events(unit, &mut threads)?;
        for change in &unit.changes {
            self.write(change, &mut threads, &places)?;
        }
        for thread in threads.iter().filter(|thread| thread.grown) {
            self.chain.lengthen(thread)?;
        }
        Ok(Committed::Done)
    }

    fn versions_fit<'u>(&mut self, unit: &'u Unit, threads: &mut Vec<Thread<'u>>) -> Applied<bool> {
        for read in &unit.reads {
            let thread = self.chain.thread(&read.conversation)?;
            if thread.head.map_or(0, |head| head.version) != read.version {
                return Ok(false);
            }
            threads.push(thread);
        }
        Ok(true)
    }

    /// Events are placed before anything is written, so that each conversation's row is written once.
    fn place_events<'u>(&mut self, unit: &'u Unit, threads: &mut Vec<Thread<'u>>) -> Applied<Vec<Place<'u>>> {
        let mut places = Vec::with_capacity(1);
        for change in &unit.changes {
            let Change::Event(row) = change else { continue };
            let thread = self.thread_of(&row.conversation, threads)?;
            let place = match places.iter().find(|place: &&Place<'_>| place.is_of(&row.conversation, row.seq)) {
                Some(before) => before.again(row),
                None => self.chain.place(row, thread)?,
            };
            places.push(place);
        }
        Ok(places)
    }

    fn thread_of<'t, 'u>(
        &mut self,
        id: &'u ConversationId,
        threads: &'t mut Vec<Thread<'u>>,
    ) -> Applied<&'t mut Thread<'u>> {
        let at = threads.iter().position(|thread| thread.id == id);
        if at.is_none() {
            threads.push(self.chain.thread(id)?);
        }
        let at = at.unwrap_or(threads.len() - 1);
        threads.get_mut(at).ok_or_else(|| Problem::Told(format!("{id} was lost on the way")))
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

    fn write<'u>(&mut self, change: &'u Change, threads: &mut Vec<Thread<'u>>, places: &[Place<'u>]) -> Applied<()> {
        match change {
            Change::Seen { .. } | Change::Phone { .. } => {}
            Change::Alias { account, key, conversation } | Change::Also { account, key, conversation } => {
                self.alias_insert.execute([account.as_str(), key, conversation.as_str()])?;
            }
            Change::State(state) => self.write_state(state, threads)?,
            Change::Event(event) => {
                if let Some(place) = places.iter().find(|place| place.is_for(event)) {
                    self.chain.write(place)?;
                }
            }
            Change::Row(row) => self.write_row(row, places)?,
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

    fn write_state<'u>(&mut self, state: &'u State, threads: &mut Vec<Thread<'u>>) -> Applied<()> {
        let conversation = &state.conversation;
        let thread = self.thread_of(&conversation.id, threads)?;
        // The row is about to know its events.
        thread.grown = false;
        let (head, seq, newest) = (thread.head, thread.seq, thread.newest);
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
            newest,
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

    fn write_row(&mut self, row: &OutboxRow, places: &[Place<'_>]) -> Applied<()> {
        let event = match places.iter().find(|place| place.is_of(&row.key.conversation, row.key.seq)) {
            Some(place) => Some(place.id()),
            None => self.chain.event_of(&row.key)?,
        };
        let Some(event) = event else { return Err(Problem::Told(format!("the row {} has no event", row.key))) };
        self.row_put.execute(params![
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
            event,
        ])?;
        Ok(())
    }

    /// A row that is gone (what is finished is forgotten in time) needs no mark.
    fn mark_row(&mut self, row: &OutboxRow) -> Applied<()> {
        let Some(event) = self.chain.event_of(&row.key)? else { return Ok(()) };
        self.row_mark.execute(params![
            event,
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

/// A hash that changes with the contact. Should another release compute another one, the contact is written once more.
fn mark(contact: &Contact) -> Applied<i64> {
    let mut hasher = DefaultHasher::new();
    forms::to_json(contact)?.hash(&mut hasher);
    Ok(hasher.finish() as i64)
}
