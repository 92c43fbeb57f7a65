//! The store alone: what one message handled costs to keep, by how many ask at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use frontdesk::domain::{
    AccountName, Body, Change, Channel, Committed, ConversationId, Decided, Effect, Event, EventKey, EventRow,
    EventState, Message, OutboxRow, Outside, Progress, ReadVersion, RowKey, RowState, Seq, State, Thread, Time, Trace,
    TraceEntry, TraceKind, Unit,
};
use frontdesk::engine;
use frontdesk::store::AnyStore;
use frontdesk::store::sqlite::SqliteStore;

use crate::report::Report;
use crate::{Outcome, Settings};

/// Callers at the same time.
const CALLERS: [usize; 4] = [1, 10, 100, 500];

/// The provider's numbers of messages.
static IDS: AtomicU64 = AtomicU64::new(100_000_000);

const NOW: Time = Time(1_772_434_800_000);

/// For each number of callers: units a second, and the writer's own time a unit.
pub fn run(settings: &Settings, report: &mut Report) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for callers in CALLERS {
        let (rate, cpu) = runtime.block_on(measure(callers, settings.measure / 3))?;
        report.add(format!("store: units a second, {callers} at the same time"), rate, "/s");
        report.add(format!("store: writer's time a unit, {callers} at the same time"), cpu, "us");
    }
    Ok(())
}

async fn measure(callers: usize, duration: Duration) -> Outcome<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let store: AnyStore = Arc::new(SqliteStore::open(&folder.path().join("frontdesk.db"))?);
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..callers {
        tasks.spawn(write(Arc::clone(&store), caller, begun + duration));
    }
    let mut units = 0;
    while let Some(done) = tasks.join_next().await {
        units += done??;
    }
    let wall = begun.elapsed();
    let cpu = writer_time()?;
    Ok((units as f64 / wall.as_secs_f64(), cpu.as_secs_f64() * 1e6 / units as f64))
}

/// One conversation, message after message.
async fn write(store: AnyStore, caller: usize, end: Instant) -> Outcome<u64> {
    let conversation = ConversationId::from(format!("019a0f5e-8c1b-7000-8000-{caller:012}"));
    let event = event(caller);
    let begun = engine::begin(&event, conversation.clone(), &"bench".into(), NOW);
    let state = Arc::new(begun.ok_or("a message does not begin a conversation")?);
    let mut n = 0;
    while Instant::now() < end {
        let results = store.commit(vec![unit(&conversation, &state, &event, n)]).await?;
        if results != [Committed::Done] {
            return Err(format!("unit {n} of caller {caller} came back as {results:?}").into());
        }
        n += 1;
    }
    Ok(n)
}

fn unit(conversation: &ConversationId, state: &Arc<State>, event: &Event, n: u64) -> Unit {
    let account = AccountName::from("bench");
    // As at a provider, one count for all conversations.
    let id = IDS.fetch_add(1, Ordering::Relaxed);
    let key = EventKey(format!("message/{id}/new"));
    Unit {
        reads: vec![ReadVersion { conversation: conversation.clone(), version: n }],
        changes: vec![
            Change::Seen { account, key, at: NOW },
            Change::State(Arc::clone(state)),
            Change::Event(Box::new(event_row(conversation, event, n + 1))),
            Change::Row(Box::new(outbox_row(conversation, n + 1, id))),
        ],
    }
}

fn event(caller: usize) -> Event {
    let thread = Thread {
        conversation: caller.to_string(),
        also: Vec::new(),
        channel: Some(Channel("whatsapp".into())),
        channel_id: Some("1".into()),
        name: None,
        phone: None,
        group: false,
    };
    let body = Body::Message(Message { text: "What is the price of a visit?".into(), ..Message::default() });
    Event { account: "bench".into(), thread, key: None, at: NOW, body }
}

fn event_row(conversation: &ConversationId, event: &Event, seq: u64) -> EventRow {
    let entry = |text: &str| TraceEntry { kind: TraceKind::Step, text: text.into(), place: None };
    let entries =
        ["`price` matched the keyword `price`", "say: A visit is 30", "sent after nothing"].map(entry).to_vec();
    EventRow {
        conversation: conversation.clone(),
        seq: Seq(seq),
        state: EventState::Done,
        attempts: 0,
        accepted_at: NOW,
        now: Some(NOW),
        revision: Some("5f1d7a84db00d2fce00b31a7fc73224f".into()),
        event: Arc::new(event.clone()),
        trace: Some(Trace { revision: None, entries }),
    }
}

fn outbox_row(conversation: &ConversationId, seq: u64, id: u64) -> OutboxRow {
    let effect = Effect::Say { text: "A visit is 30, the first one is free.".into() };
    OutboxRow {
        key: RowKey { conversation: conversation.clone(), seq: Seq(seq), n: 0 },
        account: "bench".into(),
        decided: Arc::new(Decided {
            effect,
            outside: Outside::Drop,
            hush: 0,
            nested: false,
            speaks: false,
            unprompted: false,
            parting: false,
            reply_to: None,
        }),
        state: RowState::Sent,
        at: NOW,
        not_before: NOW,
        expires_at: None,
        attempt: 1,
        looks: 0,
        called_at: Some(NOW),
        sent_as: None,
        progress: Progress::Null,
        message: Some(id.to_string().into()),
        job: None,
        why: None,
    }
}

/// The processor time of the thread that writes, while its store is still open.
fn writer_time() -> Outcome<Duration> {
    for task in std::fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        if std::fs::read_to_string(path.join("comm"))?.trim() == "store-write" {
            let stat = std::fs::read_to_string(path.join("schedstat"))?;
            let nanoseconds = stat.split_whitespace().next().ok_or("no time is counted")?.parse()?;
            return Ok(Duration::from_nanos(nanoseconds));
        }
    }
    Err("the store has no thread that writes".into())
}
