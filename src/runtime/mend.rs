//! Repairs by hand: what retrying and dropping make of a dead letter or an outbox row. Pure; the lanes of a running server and the
//! command line without one both ask here.

use crate::domain::{
    Change, ConversationId, EventRow, EventState, Mend, OutboxRow, RowKey, RowState, Seq, Span, Time, Trace,
    TraceEntry, TraceKind, Unit,
};
use crate::store::Store;

/// What a repair writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Mended {
    /// This event.
    Event(EventRow),
    /// This row.
    Row(OutboxRow),
}

impl Mended {
    /// As a change of a unit.
    pub fn change(self) -> Change {
        match self {
            Self::Event(row) => Change::Event(Box::new(row)),
            Self::Row(row) => Change::Row(Box::new(row)),
        }
    }
}

/// What a repair is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An event of the inbox.
    Event(ConversationId, Seq),
    /// A row of the outbox.
    Row(RowKey),
}

/// Read the id of a repair. The error says how it is written.
pub fn target(mend: &Mend) -> Result<Target, String> {
    match mend {
        Mend::InboxRetry(id) | Mend::InboxDrop(id) => event_target(id),
        Mend::OutboxRetry(id) | Mend::OutboxDrop(id) => row_target(id),
    }
}

fn event_target(id: &str) -> Result<Target, String> {
    let parsed = id.rsplit_once('/').and_then(|(conversation, seq)| Some((conversation, seq.parse().ok()?)));
    let (conversation, seq) = parsed.ok_or_else(|| format!("`{id}` is no event: write CONVERSATION/SEQ, as listed"))?;
    Ok(Target::Event(conversation.into(), Seq(seq)))
}

fn row_target(id: &str) -> Result<Target, String> {
    let parsed = id.parse().map(Target::Row);
    parsed.map_err(|_| format!("`{id}` is no row: write CONVERSATION/SEQ/N, as listed"))
}

/// Retry or drop a dead letter.
pub fn event(mut row: EventRow, mend: &Mend) -> Result<EventRow, String> {
    if row.state != EventState::Dead {
        return Err("it is no dead letter".into());
    }
    let (state, words) = match mend {
        Mend::InboxRetry(_) => (EventState::Pending, "retried by hand"),
        _ => (EventState::Done, "dropped by hand"),
    };
    row.state = state;
    row.attempts = 0;
    let entry = TraceEntry { kind: TraceKind::Event, text: words.into(), place: None };
    row.trace.get_or_insert_with(Trace::default).entries.push(entry);
    Ok(row)
}

/// Retry or drop an outbox row.
pub fn row(row: OutboxRow, mend: &Mend, now: Time) -> Result<OutboxRow, String> {
    if matches!(mend, Mend::OutboxRetry(_)) { retried(row, now) } else { dropped(row) }
}

fn retried(row: OutboxRow, now: Time) -> Result<OutboxRow, String> {
    match row.state {
        RowState::Waiting | RowState::Queued | RowState::Failed | RowState::Expired => {}
        RowState::Sent => return Err("it has been sent".into()),
        RowState::Withdrawn => return Err("it was withdrawn on purpose".into()),
        RowState::Dispatching | RowState::Unknown => {
            return Err("whether it was sent is being looked up; repeating it might say it twice".into());
        }
    }
    // It gets the same time again to be sent in.
    let lives = row.expires_at.map(|end| end.since(row.at).max(Span(0)));
    Ok(OutboxRow {
        state: RowState::Waiting,
        not_before: now,
        expires_at: lives.map(|span| now + span),
        attempt: 0,
        looks: 0,
        called_at: None,
        sent_as: None,
        progress: serde_json::Value::Null,
        message: None,
        job: None,
        why: Some("retried by hand".into()),
        ..row
    })
}

fn dropped(row: OutboxRow) -> Result<OutboxRow, String> {
    match row.state {
        RowState::Sent => Err("it has been sent".into()),
        RowState::Dispatching => Err("it is being sent right now".into()),
        _ => Ok(OutboxRow { state: RowState::Withdrawn, why: Some("dropped by hand".into()), ..row }),
    }
}

/// Mend in a store that no server has open. Returns what was done.
pub async fn directly(store: &dyn Store, mend: &Mend, now: Time) -> Result<String, String> {
    let mended = match target(mend)? {
        Target::Event(conversation, seq) => {
            let found = store.event(&conversation, seq).await.map_err(|why| why.0)?;
            Mended::Event(event(found.ok_or("there is no such event")?, mend)?)
        }
        Target::Row(key) => {
            let found = store.row(&key).await.map_err(|why| why.0)?;
            Mended::Row(row(found.ok_or("there is no such row")?, mend, now)?)
        }
    };
    let unit = Unit { reads: Vec::new(), changes: vec![mended.change()] };
    store.commit(vec![unit]).await.map_err(|why| why.0)?;
    Ok(done(mend))
}

/// What was done, for people.
pub fn done(mend: &Mend) -> String {
    match mend {
        Mend::InboxRetry(id) => format!("{id} is handled again"),
        Mend::OutboxRetry(id) => format!("{id} is sent again"),
        Mend::InboxDrop(id) | Mend::OutboxDrop(id) => format!("{id} is dropped"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{Decided, Effect, Outside};

    fn some_row(state: RowState) -> OutboxRow {
        let key = RowKey { conversation: "c".into(), seq: Seq(1), n: 0 };
        let effect = Effect::Say { text: "hi".into() };
        let decided = Decided {
            effect,
            outside: Outside::Drop,
            hush: 0,
            nested: false,
            speaks: false,
            unprompted: false,
            parting: false,
            reply_to: None,
        };
        OutboxRow {
            key,
            account: "clinic".into(),
            decided: Arc::new(decided),
            state,
            at: Time(1_000),
            not_before: Time(1_000),
            expires_at: Some(Time(61_000)),
            attempt: 7,
            looks: 2,
            called_at: Some(Time(2_000)),
            sent_as: None,
            progress: serde_json::json!({"step": 2}),
            message: None,
            job: None,
            why: Some("no such number".into()),
        }
    }

    #[test]
    fn rows_are_mended_only_where_nothing_is_said_twice() {
        use RowState::{Dispatching, Expired, Failed, Sent, Unknown, Waiting, Withdrawn};
        let cases = [
            (Waiting, true, true),
            (Failed, true, true),
            (Expired, true, true),
            (Unknown, false, true),
            (Dispatching, false, false),
            (Sent, false, false),
            (Withdrawn, false, true),
        ];
        for (state, retry, drop) in cases {
            let now = Time(100_000);
            let again = row(some_row(state), &Mend::OutboxRetry(String::new()), now);
            assert_eq!(again.is_ok(), retry, "{state:?}");
            if let Ok(again) = again {
                assert_eq!((again.state, again.attempt, again.expires_at), (Waiting, 0, Some(Time(160_000))));
            }
            let gone = row(some_row(state), &Mend::OutboxDrop(String::new()), now);
            assert_eq!(gone.is_ok(), drop, "{state:?}");
            assert!(gone.is_err() || gone.is_ok_and(|gone| gone.state == Withdrawn), "{state:?}");
        }
    }

    #[test]
    fn ids_are_read_as_they_are_listed() {
        let cases = [
            (Mend::InboxDrop("a-b/12".into()), Some(Target::Event("a-b".into(), Seq(12)))),
            (
                Mend::OutboxRetry("a-b/12/3".into()),
                Some(Target::Row(RowKey { conversation: "a-b".into(), seq: Seq(12), n: 3 })),
            ),
            (Mend::OutboxRetry("a-b/12".into()), None),
            (Mend::InboxRetry("12".into()), None),
            (Mend::InboxRetry("a/x".into()), None),
        ];
        for (mend, want) in cases {
            assert_eq!(target(&mend).ok(), want, "{mend:?}");
        }
    }
}
