//! What every store must do. The cases are written against `dyn Store` and run on each store of the list, each in a database of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use frontdesk::domain::{
    Body, CallRow, CallState, Change, Channel, Committed, ConversationId, Decided, Effect, Event, EventKey, EventRow,
    EventState, HttpBody, HttpCall, HttpMethod, Message, NewCall, OutboxRow, Outside, ReadVersion, RowKey, RowState,
    Sealed, SealedPart, Seq, Span, State, StoredRevision, Thread, Time, Timer, Token, Trace, TraceEntry, TraceKind,
    Unit, Value,
};
use frontdesk::store::sqlite::{Options, SqliteStore};
use frontdesk::store::{AnyStore, Store as _};

/// A store of the list: opened (again) on a database kept at this path.
type Open = fn(&Path) -> AnyStore;

const STORES: &[(&str, Open)] = &[("sqlite", |path| Arc::new(SqliteStore::open(path).unwrap()))];

const NOW: Time = Time(1_772_000_000_000);

/// A database of its own, open.
struct Bench {
    name: &'static str,
    open: Open,
    store: AnyStore,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(name: &'static str, open: Open) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("frontdesk.db"));
        Self { name, open, store, folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("frontdesk.db")
    }

    /// Close and open again.
    fn reopen(self) -> Self {
        let path = self.path();
        let Self { name, open, store, folder } = self;
        drop(store);
        Self { name, open, store: open(&path), folder }
    }

    async fn commit(&self, unit: Unit) -> Committed {
        self.store.commit(vec![unit]).await.unwrap()[0]
    }
}

fn benches() -> impl Iterator<Item = Bench> {
    STORES.iter().map(|(name, open)| Bench::new(name, *open))
}

/// From JSON, so that a new field with a default needs no change here.
fn state(id: &str, incoming: u64) -> State {
    let json = serde_json::json!({
        "conversation": {
            "id": id, "account": "clinic", "bot": "clinic", "channel": "whatsapp", "external_id": "17", "channel_id": "3",
            "owner": "waiting", "handed_off_by": 4, "hush": 2, "quiet_until": NOW.0, "last_in_at": NOW.0, "facts_at": NOW.0,
            "incoming": incoming, "assignee": {"team": "sales", "member": null, "id": "9"}, "tags": ["vip"],
            "notes": ["an entry"], "last_reply": "Здравствуйте",
        },
        "contact": {
            "id": format!("person of {id}"), "name": "Анна", "language": "ru",
            "vars": {"age": 30, "since": Value::Time(NOW)}, "opted_out": false,
        },
        "session": {"started_at": NOW.0, "last_event_at": NOW.0, "vars": {"day": "Monday"}},
        "marks": {"greeting": NOW.0}, "next_run": 5, "next_token": 6,
    });
    serde_json::from_value(json).unwrap()
}

fn event(id: &str, seq: u64, state: EventState) -> EventRow {
    EventRow {
        conversation: id.into(),
        seq: Seq(seq),
        state,
        attempts: 1,
        accepted_at: NOW,
        now: Some(NOW),
        revision: Some("abc".into()),
        event: Arc::new(Event {
            account: "clinic".into(),
            thread: Thread {
                conversation: "17".into(),
                also: Vec::new(),
                channel: Some(Channel("whatsapp".into())),
                channel_id: None,
                name: Some("Анна".into()),
                phone: None,
                group: false,
            },
            key: Some(EventKey(format!("message/{seq}/0"))),
            at: NOW,
            body: Body::Message(Message { text: "hi \u{1F600}".into(), ..Message::default() }),
        }),
        trace: Some(Trace {
            revision: Some("abc".into()),
            entries: vec![TraceEntry { kind: TraceKind::Flow, text: "matched".into(), place: None }],
        }),
    }
}

fn row(id: &str, seq: u64, n: u32, state: RowState) -> OutboxRow {
    OutboxRow {
        key: RowKey { conversation: id.into(), seq: Seq(seq), n },
        account: "clinic".into(),
        decided: Arc::new(Decided {
            effect: Effect::Say { text: "Hello".into() },
            outside: Outside::Drop,
            hush: 2,
            nested: false,
            speaks: false,
            unprompted: false,
            parting: false,
            reply_to: None,
        }),
        state,
        at: NOW,
        not_before: NOW,
        expires_at: Some(NOW + Span::hours(1)),
        attempt: 1,
        looks: 2,
        called_at: Some(NOW),
        sent_as: Some(Box::new(Effect::Note { text: "x".into(), to: None })),
        progress: serde_json::json!({"phone": "+7"}),
        message: None,
        job: None,
        why: Some("because".into()),
    }
}

fn seen(key: &str) -> Change {
    Change::Seen { account: "clinic".into(), key: EventKey(key.into()), at: NOW }
}

fn alias(key: &str, id: &str) -> Change {
    Change::Alias { account: "clinic".into(), key: key.into(), conversation: id.into() }
}

fn reads(id: &str, version: u64) -> Vec<ReadVersion> {
    vec![ReadVersion { conversation: id.into(), version }]
}

/// One message handled: what the runtime commits when the lane is free.
fn handled(id: &str, version: u64, seq: u64) -> Unit {
    Unit {
        reads: reads(id, version),
        changes: vec![
            seen(&format!("{id}/{seq}")),
            Change::State(Arc::new(state(id, seq))),
            Change::Event(Box::new(event(id, seq, EventState::Done))),
            Change::Row(Box::new(row(id, seq, 0, RowState::Dispatching))),
        ],
    }
}

fn changes(changes: Vec<Change>) -> Unit {
    Unit { reads: Vec::new(), changes }
}

#[tokio::test]
async fn what_is_committed_comes_back_whole() {
    for bench in benches() {
        let timer = Timer { token: Token(2), due: NOW };
        let mut unit = handled("a", 0, 1);
        unit.changes.push(alias("17", "a"));
        unit.changes.push(Change::SetTimer { conversation: "a".into(), timer });
        assert_eq!(bench.commit(unit).await, Committed::Done);
        assert_eq!(bench.commit(handled("a", 1, 2)).await, Committed::Done);
        let bench = bench.reopen();
        let store = &bench.store;

        let a = ConversationId::from("a");
        let loaded = store.load(&a).await.unwrap().unwrap();
        assert_eq!(*loaded.state, state("a", 2), "{}", bench.name);
        assert_eq!((loaded.version, loaded.seq), (2, Seq(2)));
        assert_eq!(loaded.events, []);
        assert_eq!(loaded.rows, [row("a", 1, 0, RowState::Dispatching), row("a", 2, 0, RowState::Dispatching)]);
        assert_eq!(store.find(&"clinic".into(), "17").await.unwrap(), Some(a.clone()));
        assert_eq!(store.find(&"other".into(), "17").await.unwrap(), None);
        assert_eq!(store.event(&a, Seq(1)).await.unwrap(), Some(event("a", 1, EventState::Done)));
        assert_eq!(store.event(&a, Seq(3)).await.unwrap(), None);
        let newest_first = [event("a", 2, EventState::Done), event("a", 1, EventState::Done)];
        assert_eq!(store.history(&a, 5).await.unwrap(), newest_first);
        assert_eq!(store.history(&a, 1).await.unwrap(), newest_first[..1]);
        let due = store.due(&["clinic".into()], NOW, 5).await.unwrap();
        assert_eq!((due.len(), due[0].timer), (1, timer));
        assert_eq!(store.unfinished().await.unwrap(), [a]);
        assert!(store.load(&"b".into()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_known_key_changes_nothing() {
    for bench in benches() {
        let two_keys = |first: &str, second: &str| {
            let row = Change::Row(Box::new(row("a", 9, 0, RowState::Waiting)));
            changes(vec![seen(first), seen(second), row])
        };
        let cases = [
            (changes(vec![seen("k1")]), Committed::Done),
            (changes(vec![seen("k1")]), Committed::Duplicate),
            (two_keys("k2", "k1"), Committed::Duplicate),
            // The refused unit left no key of its own behind.
            (changes(vec![seen("k2")]), Committed::Done),
            // One body that tells the same event twice.
            (changes(vec![seen("k3"), seen("k3")]), Committed::Done),
            (changes(vec![seen("k3")]), Committed::Duplicate),
            (
                changes(vec![Change::Seen { account: "other".into(), key: EventKey("k1".into()), at: NOW }]),
                Committed::Done,
            ),
        ];
        let (units, wanted): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
        // All in one group first, then one by one on the same store: everything is known by then.
        assert_eq!(bench.store.commit(units.clone()).await.unwrap(), wanted, "{}", bench.name);
        for unit in units {
            assert_eq!(bench.commit(unit).await, Committed::Duplicate);
        }
        assert_eq!(bench.store.rows(&[RowState::Waiting], 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn the_same_event_five_times_at_once_is_handled_once() {
    for bench in benches() {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let store = Arc::clone(&bench.store);
            tasks.spawn(async move { store.commit(vec![handled("a", 0, 1)]).await.unwrap()[0] });
        }
        let results = tasks.join_all().await;
        let done = results.iter().filter(|result| **result == Committed::Done).count();
        let duplicates = results.iter().filter(|result| **result == Committed::Duplicate).count();
        assert_eq!((done, duplicates), (1, 4), "{}", bench.name);
        assert_eq!(bench.store.load(&"a".into()).await.unwrap().unwrap().version, 1);
    }
}

#[tokio::test]
async fn a_version_that_moved_is_a_conflict() {
    for bench in benches() {
        let put = |version| Unit {
            reads: reads("a", version),
            changes: vec![seen("k"), Change::State(Arc::new(state("a", 7)))],
        };
        let fresh = |version, key: &str| Unit { reads: reads("a", version), changes: vec![seen(key)] };
        let cases = [
            ("not stored, but read", put(1), Committed::Conflict),
            ("begins", put(0), Committed::Done),
            ("begins again, as the same event", put(0), Committed::Duplicate),
            ("read before the beginning", fresh(0, "k2"), Committed::Conflict),
            ("read as it is", fresh(1, "k2"), Committed::Done),
            ("only a state raises the version", fresh(1, "k3"), Committed::Done),
            ("from the future", fresh(2, "k4"), Committed::Conflict),
        ];
        for (name, unit, wanted) in cases {
            assert_eq!(bench.commit(unit).await, wanted, "{name}, {}", bench.name);
        }
        // Two that read the same version in one call: the second sees the first.
        let next =
            |key: &str| Unit { reads: reads("a", 1), changes: vec![seen(key), Change::State(Arc::new(state("a", 8)))] };
        let results = bench.store.commit(vec![next("k5"), next("k6"), fresh(2, "k7")]).await.unwrap();
        assert_eq!(results, [Committed::Done, Committed::Conflict, Committed::Done]);
    }
}

#[tokio::test]
async fn an_alias_leads_to_one_conversation() {
    for bench in benches() {
        let cases = [
            (vec![seen("1"), alias("17", "a")], Committed::Done),
            (vec![seen("2"), alias("17", "a"), alias("+7926", "a")], Committed::Done),
            (vec![seen("3"), alias("18", "b"), alias("17", "b")], Committed::Conflict),
            // Nothing of the refused one is left, its key of duplicates neither.
            (vec![seen("3"), alias("18", "c")], Committed::Done),
        ];
        for (changes_, wanted) in cases {
            let said = format!("{changes_:?}");
            assert_eq!(bench.commit(changes(changes_)).await, wanted, "{said}");
        }
        let found = bench.store.find(&"clinic".into(), "18").await.unwrap();
        assert_eq!(found, Some("c".into()), "{}", bench.name);
    }
}

#[tokio::test]
async fn a_contact_is_written_when_it_changes() {
    for bench in benches() {
        let mut changed = state("a", 1);
        changed.contact.phone = Some("+79260000001".into());
        for (version, state) in [(0, state("a", 1)), (1, state("a", 2)), (2, changed.clone())] {
            let unit = Unit { reads: reads("a", version), changes: vec![Change::State(Arc::new(state))] };
            assert_eq!(bench.commit(unit).await, Committed::Done);
        }
        assert_eq!(*bench.store.load(&"a".into()).await.unwrap().unwrap().state, changed, "{}", bench.name);
    }
}

#[tokio::test]
async fn events_and_rows_move_on_and_are_listed_by_state() {
    for bench in benches() {
        let id = ConversationId::from("a");
        assert_eq!(bench.commit(handled("a", 0, 1)).await, Committed::Done);
        let states = [EventState::Pending, EventState::Undecided, EventState::Done, EventState::Dead];
        let put = (2..).zip(states).map(|(seq, state)| Change::Event(Box::new(event("a", seq, state)))).collect();
        assert_eq!(bench.commit(changes(put)).await, Committed::Done);
        let loaded = bench.store.load(&id).await.unwrap().unwrap();
        assert_eq!(loaded.events, [event("a", 2, EventState::Pending), event("a", 3, EventState::Undecided)]);
        assert_eq!(loaded.seq, Seq(5));
        for (seq, state) in (2..).zip(states) {
            let listed = bench.store.events(state, 10).await.unwrap();
            assert!(listed.contains(&event("a", seq, state)), "{state:?} of {}", bench.name);
            assert!(listed.iter().all(|event| event.state == state));
        }

        let mut rows: Vec<_> = ROWS.iter().zip(0..).map(|(state, n)| row("a", 2, n, *state)).collect();
        let put = rows.iter().cloned().map(|row| Change::Row(Box::new(row))).collect();
        assert_eq!(bench.commit(changes(put)).await, Committed::Done);
        for wanted in &rows {
            let listed = bench.store.rows(&[wanted.state], 10).await.unwrap();
            assert!(listed.contains(wanted), "{:?} of {}", wanted.state, bench.name);
            assert_eq!(bench.store.row(&wanted.key).await.unwrap().as_ref(), Some(wanted));
        }
        assert_eq!(bench.store.rows(&ROWS, 100).await.unwrap().len(), ROWS.len() + 1);
        // Loaded is what is unfinished, and what was sent lately.
        let loaded = bench.store.load(&id).await.unwrap().unwrap();
        rows.retain(|row| !row.state.is_final() || row.state == RowState::Sent);
        rows.insert(0, row("a", 1, 0, RowState::Dispatching));
        assert_eq!(loaded.rows, rows);

        let done = (2..6).map(|seq| Change::Event(Box::new(event("a", seq, EventState::Done))));
        let sent = rows.iter().cloned().map(|row| Change::Mark(Box::new(OutboxRow { state: RowState::Sent, ..row })));
        assert_eq!(bench.commit(changes(done.chain(sent).collect())).await, Committed::Done);
        assert_eq!(bench.store.unfinished().await.unwrap(), []);
        assert_eq!(bench.store.load(&id).await.unwrap().unwrap().events, []);
    }
}

const ROWS: [RowState; 7] = [
    RowState::Waiting,
    RowState::Dispatching,
    RowState::Unknown,
    RowState::Sent,
    RowState::Failed,
    RowState::Withdrawn,
    RowState::Expired,
];

#[tokio::test]
async fn a_mark_changes_what_became_of_a_row_and_not_what_was_decided() {
    for bench in benches() {
        assert_eq!(bench.commit(handled("a", 0, 1)).await, Committed::Done);
        let decided = row("a", 1, 0, RowState::Dispatching);
        let other = Decided { effect: Effect::Say { text: "Bye".into() }, ..Decided::clone(&decided.decided) };
        let mark = OutboxRow {
            decided: Arc::new(other),
            state: RowState::Sent,
            not_before: NOW + Span::seconds(1),
            expires_at: None,
            attempt: 3,
            looks: 4,
            called_at: None,
            sent_as: None,
            progress: serde_json::Value::Null,
            message: Some("m1".into()),
            job: Some("j1".into()),
            why: None,
            ..decided.clone()
        };
        let gone = row("nobody", 1, 0, RowState::Sent);
        let marks = changes(vec![Change::Mark(Box::new(mark.clone())), Change::Mark(Box::new(gone))]);
        assert_eq!(bench.commit(marks).await, Committed::Done);
        let stored = bench.store.row(&decided.key).await.unwrap();
        assert_eq!(stored, Some(OutboxRow { decided: decided.decided, ..mark }), "{}", bench.name);
    }
}

#[tokio::test]
async fn a_row_without_its_event_is_refused() {
    for bench in benches() {
        let unit = changes(vec![seen("k"), Change::Row(Box::new(row("a", 9, 0, RowState::Waiting)))]);
        let error = bench.store.commit(vec![unit]).await.unwrap_err().to_string();
        assert!(error.contains("the row a/9/0 has no event"), "{error}");
        assert_eq!(bench.commit(changes(vec![seen("k")])).await, Committed::Done, "{}", bench.name);
    }
}

#[tokio::test]
async fn old_sent_rows_are_not_loaded_and_old_unfinished_ones_are() {
    for bench in benches() {
        let long_ago = NOW - Span::days(3);
        let old = |n, state| OutboxRow { at: long_ago, ..row("a", 1, n, state) };
        let rows = [old(0, RowState::Sent), old(1, RowState::Waiting), row("a", 2, 0, RowState::Sent)];
        let mut put: Vec<_> = (1..=2).map(|seq| Change::Event(Box::new(event("a", seq, EventState::Done)))).collect();
        put.extend(rows.iter().cloned().map(|row| Change::Row(Box::new(row))));
        put.push(Change::State(Arc::new(state("a", 1))));
        assert_eq!(bench.commit(Unit { reads: reads("a", 0), changes: put }).await, Committed::Done);
        let loaded = bench.store.load(&"a".into()).await.unwrap().unwrap();
        assert_eq!(loaded.rows, rows[1..], "{}", bench.name);
    }
}

/// Events of two conversations in turns, some accepted before those with a lower number, some handled long after.
#[tokio::test]
async fn an_event_and_its_rows_are_found_whatever_came_between() {
    for bench in benches() {
        for n in 1..=3 {
            assert_eq!(bench.commit(handled("a", n - 1, n)).await, Committed::Done);
            assert_eq!(bench.commit(handled("b", n - 1, n)).await, Committed::Done);
        }
        for seq in [5, 4] {
            let pending = Change::Event(Box::new(event("a", seq, EventState::Pending)));
            assert_eq!(bench.commit(changes(vec![pending])).await, Committed::Done);
        }
        for seq in [4, 5] {
            let done = Change::Event(Box::new(event("a", seq, EventState::Done)));
            assert_eq!(bench.commit(changes(vec![done])).await, Committed::Done);
        }
        // Written again although done, and a finished row that fails after all.
        let again = EventRow { attempts: 7, ..event("a", 2, EventState::Done) };
        assert_eq!(bench.commit(changes(vec![Change::Event(Box::new(again.clone()))])).await, Committed::Done);
        for state in [RowState::Sent, RowState::Failed] {
            assert_eq!(
                bench.commit(changes(vec![Change::Mark(Box::new(row("a", 1, 0, state)))])).await,
                Committed::Done
            );
        }

        let bench = bench.reopen();
        let (a, b) = ("a".into(), "b".into());
        let numbers = |events: Vec<EventRow>| events.iter().map(|event| event.seq.0).collect::<Vec<_>>();
        assert_eq!(numbers(bench.store.history(&a, 10).await.unwrap()), [5, 4, 3, 2, 1], "{}", bench.name);
        assert_eq!(numbers(bench.store.history(&b, 2).await.unwrap()), [3, 2]);
        assert_eq!(bench.store.event(&a, Seq(2)).await.unwrap(), Some(again));
        assert_eq!(bench.store.event(&a, Seq(6)).await.unwrap(), None);
        assert_eq!(
            bench.store.row(&row("a", 1, 0, RowState::Sent).key).await.unwrap().unwrap().state,
            RowState::Failed
        );
        assert_eq!(bench.store.load(&a).await.unwrap().unwrap().seq, Seq(5));
    }
}

/// All is forgotten, and the rows' numbers begin anew after a restart: what a conversation remembers of its newest event leads nowhere.
#[tokio::test]
async fn a_chain_ends_where_all_before_it_was_forgotten() {
    for bench in benches() {
        for seq in 1..=2 {
            assert_eq!(bench.commit(handled("a", seq - 1, seq)).await, Committed::Done);
            assert_eq!(
                bench.commit(changes(vec![Change::Mark(Box::new(row("a", seq, 0, RowState::Sent)))])).await,
                Committed::Done
            );
        }
        bench.store.prune(NOW + Span::days(31)).await.unwrap();
        let bench = bench.reopen();
        let a = ConversationId::from("a");
        assert_eq!(bench.store.event(&a, Seq(2)).await.unwrap(), None, "{}", bench.name);
        for seq in 3..=5 {
            assert_eq!(bench.commit(handled("a", seq - 1, seq)).await, Committed::Done);
        }
        let numbers: Vec<_> = bench.store.history(&a, 4).await.unwrap().iter().map(|event| event.seq.0).collect();
        assert_eq!(numbers, [5, 4, 3], "{}", bench.name);
        let rows = bench.store.load(&a).await.unwrap().unwrap().rows;
        assert_eq!(rows.iter().map(|row| row.key.seq.0).collect::<Vec<_>>(), [3, 4, 5]);
    }
}

#[tokio::test]
async fn a_file_of_an_older_release_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frontdesk.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    for sql in [
        include_str!("../../src/store/sqlite/schema.sql"),
        include_str!("../../src/store/sqlite/schema_2.sql"),
        include_str!("../../src/store/sqlite/schema_3.sql"),
        include_str!("../../src/store/sqlite/schema_4.sql"),
        include_str!("../../src/store/sqlite/schema_5.sql"),
        include_str!("../../src/store/sqlite/schema_6.sql"),
        include_str!("../../src/store/sqlite/schema_7.sql"),
        "PRAGMA application_id = 0x4644736b; PRAGMA user_version = 7;",
    ] {
        conn.execute_batch(sql).unwrap();
    }
    let body = serde_json::to_string(&event("a", 1, EventState::Done).event).unwrap();
    for (id, conversation, seq, state) in
        [(3, "a", 1, "done"), (4, "b", 1, "done"), (7, "a", 2, "done"), (9, "a", 3, "pending")]
    {
        let sql = "INSERT INTO event (id, conversation, seq, state, kind, attempts, accepted_at, body, v) VALUES (?1, ?2, ?3, ?4, 'message', 0, 5, ?5, 1)";
        conn.execute(sql, rusqlite::params![id, conversation, seq, state, body]).unwrap();
    }
    for id in ["a", "b"] {
        let sql = "INSERT INTO conversation (id, account, channel, contact, contact_mark, version, seq, owner, state, v) VALUES (?1, 'clinic', 'whatsapp', ?1, 0, 1, 1, 'bot', '{}', 1)";
        conn.execute(sql, [id]).unwrap();
    }
    drop(conn);

    let store = SqliteStore::open(&path).unwrap();
    let numbers = async |id: &str| {
        let events = store.history(&id.into(), 10).await.unwrap();
        events.iter().map(|event| event.seq.0).collect::<Vec<_>>()
    };
    assert_eq!((numbers("a").await, numbers("b").await), (vec![3, 2, 1], vec![1]));
    let open = store.events(EventState::Pending, 10).await.unwrap();
    assert_eq!(open.iter().map(|event| event.seq.0).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn a_row_is_found_by_its_message_or_its_job() {
    for bench in benches() {
        let by_message = OutboxRow { message: Some("m1".into()), ..row("a", 1, 0, RowState::Sent) };
        let by_job = OutboxRow { job: Some("j1".into()), ..row("a", 1, 1, RowState::Sent) };
        let foreign =
            OutboxRow { account: "other".into(), message: Some("m1".into()), ..row("b", 1, 0, RowState::Sent) };
        let begun =
            |id| [Change::State(Arc::new(state(id, 1))), Change::Event(Box::new(event(id, 1, EventState::Done)))];
        let begun = ["a", "b"].into_iter().flat_map(begun);
        let rows = [&by_message, &by_job, &foreign].into_iter().cloned().map(|row| Change::Row(Box::new(row)));
        assert_eq!(bench.commit(changes(begun.chain(rows).collect())).await, Committed::Done);
        let cases = [
            ("clinic", Some("m1"), None, Some(&by_message)),
            ("clinic", None, Some("j1"), Some(&by_job)),
            ("clinic", Some("unknown"), Some("j1"), Some(&by_job)),
            ("clinic", Some("m1"), Some("j1"), Some(&by_message)),
            ("other", Some("m1"), Some("j1"), Some(&foreign)),
            ("other", None, Some("j1"), None),
            ("clinic", None, None, None),
        ];
        for (account, message, job, wanted) in cases {
            let (message_id, job_id) = (message.map(Into::into), job.map(Into::into));
            let found = bench.store.sent_by(&account.into(), message_id.as_ref(), job_id.as_ref()).await.unwrap();
            assert_eq!(found.as_ref(), wanted, "{account} {message:?} {job:?} of {}", bench.name);
        }
    }
}

#[tokio::test]
async fn conversations_are_found_by_label_and_by_phone() {
    for bench in benches() {
        let born = |id: &str, account: &str, tag: &str, phone: Option<&str>, minutes: i64| {
            let mut state = state(id, 1);
            state.conversation.account = account.into();
            state.conversation.tags = vec!["all".into(), tag.into()];
            state.conversation.last_in_at = Some(NOW + Span::minutes(minutes));
            state.contact.id = id.into();
            state.contact.phone = phone.map(str::to_owned);
            Unit { reads: reads(id, 0), changes: vec![Change::State(Arc::new(state))] }
        };
        let units = vec![
            born("a", "clinic", "vip", Some("+1"), 2),
            born("b", "clinic", "new", Some("+2"), 1),
            born("c", "other", "vip", Some("+1"), 3),
            born("d", "clinic", "it's \"odd\"", None, 0),
        ];
        bench.store.commit(units).await.unwrap();
        let clinic = ["clinic".into()];
        for (tag, wanted) in
            [("vip", vec!["a"]), ("all", vec!["a", "b", "d"]), ("it's \"odd\"", vec!["d"]), ("none", vec![])]
        {
            let page = bench.store.tagged(&clinic, tag, 0).await.unwrap();
            let wanted: Vec<ConversationId> = wanted.into_iter().map(Into::into).collect();
            assert_eq!((page.conversations, page.next), (wanted, None), "{tag} of {}", bench.name);
        }
        let both = ["clinic".into(), "other".into()];
        for (accounts, phone, wanted) in
            [(&clinic[..], "+1", Some("a")), (&both[..], "+1", Some("c")), (&both[..], "+3", None), (&[], "+1", None)]
        {
            let found = bench.store.of_phone(accounts, phone).await.unwrap();
            assert_eq!(found, wanted.map(Into::into), "{phone} of {}", bench.name);
        }
    }
}

#[tokio::test]
async fn a_contact_of_several_conversations_is_never_overwritten() {
    for bench in benches() {
        let told = |id: &str, version: u64, contact: &str, var: &str| {
            let mut state = state(id, version + 1);
            state.contact.id = contact.into();
            state.contact.phone = Some("+1".into());
            state.contact.vars.insert(var.into(), Value::Int(1));
            let phone = Change::Phone { bot: "clinic".into(), contact: contact.into(), phone: "+1".into() };
            Unit { reads: reads(id, version), changes: vec![phone, Change::State(Arc::new(state))] }
        };
        let cases = [
            ("the first with the phone", told("a", 0, "a", "x"), Committed::Done),
            ("another with it", told("b", 0, "b", "y"), Committed::Conflict),
            ("who took the first one's contact over", told("b", 0, "a", "y"), Committed::Done),
            ("the first does not know what changed", told("a", 1, "a", "z"), Committed::Conflict),
            ("having looked", told("a", 2, "a", "z"), Committed::Done),
            ("now it is the other that has to look", told("b", 1, "a", "w"), Committed::Conflict),
            ("and again", told("b", 2, "a", "w"), Committed::Done),
        ];
        for (name, unit, wanted) in cases {
            assert_eq!(bench.commit(unit).await, wanted, "{name}, {}", bench.name);
        }
        let known = bench.store.contact_of(&"clinic".into(), "+1").await.unwrap().unwrap();
        assert_eq!(known.id.as_str(), "a");
        assert_eq!(bench.store.contact_of(&"other".into(), "+1").await.unwrap(), None);
        let loaded = bench.store.load(&"a".into()).await.unwrap().unwrap();
        assert_eq!((&loaded.state.contact, loaded.version), (&known, 4), "{}", bench.name);
        // Either of them is found by it.
        assert!(bench.store.of_phone(&["clinic".into()], "+1").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_schedule_remembers_until_when_it_was_seen_to() {
    for bench in benches() {
        let tick = |bot: &str, schedule: &str, days: i64| Change::Tick {
            bot: bot.into(),
            schedule: schedule.into(),
            at: NOW + Span::days(days),
        };
        let put = vec![tick("a", "old", 0), tick("a", "new", 1), tick("a", "new", 8), tick("b", "other", 0)];
        assert_eq!(bench.commit(changes(put)).await, Committed::Done);
        let bench = bench.reopen();
        // What is a week older than the newest is of no schedule any more.
        assert_eq!(bench.store.ticks(&"a".into()).await.unwrap(), [("new".to_owned(), NOW + Span::days(8))]);
        assert_eq!(bench.store.ticks(&"b".into()).await.unwrap().len(), 1);
        assert_eq!(bench.store.ticks(&"c".into()).await.unwrap(), []);
    }
}

#[tokio::test]
async fn timers_come_due_in_order() {
    for bench in benches() {
        let timer = |token, after| Timer { token: Token(token), due: NOW + Span::minutes(after) };
        let set = |timer| Change::SetTimer { conversation: "a".into(), timer };
        let drop_ = |token| Change::DropTimer { conversation: "a".into(), token: Token(token) };
        let put = vec![set(timer(1, 9)), set(timer(2, 2)), set(timer(3, 3)), set(timer(1, 1)), drop_(3), drop_(7)];
        // Of an account that nobody asks about, and due before all others.
        let mut foreign = state("b", 1);
        foreign.conversation.account = "other".into();
        let theirs = Change::SetTimer { conversation: "b".into(), timer: timer(1, 0) };
        let born = |id: &str, state| Unit { reads: reads(id, 0), changes: vec![Change::State(Arc::new(state))] };
        for unit in [born("a", state("a", 1)), born("b", foreign), changes(put), changes(vec![theirs])] {
            assert_eq!(bench.commit(unit).await, Committed::Done);
        }
        let clinic = ["clinic".into()];
        for (by, limit, wanted) in [
            (0, 9, vec![]),
            (1, 9, vec![timer(1, 1)]),
            (2, 9, vec![timer(1, 1), timer(2, 2)]),
            (2, 1, vec![timer(1, 1)]),
        ] {
            let due = bench.store.due(&clinic, NOW + Span::minutes(by), limit).await.unwrap();
            let due: Vec<_> = due.into_iter().map(|due| due.timer).collect();
            assert_eq!(due, wanted, "{by} {limit} of {}", bench.name);
        }
    }
}

fn call(token: u64, host: &str) -> CallRow {
    let mut url = Sealed::default();
    url.push(&format!("https://{host}/x"));
    url.0.push(SealedPart::Secret { name: "crm".into(), encoded: true });
    let call = HttpCall {
        method: HttpMethod::Post,
        url,
        headers: vec![("X-Key".into(), Sealed(vec![SealedPart::Secret { name: "crm".into(), encoded: false }]))],
        body: Some(HttpBody::Json(serde_json::json!({"a": [1, null]}))),
        timeout: Span::seconds(10),
        retries: 2,
    };
    CallRow::new("c1".into(), NewCall { token: Token(token), call }, NOW)
}

#[tokio::test]
async fn calls_come_due_in_order_and_come_back_whole() {
    for mut bench in benches() {
        let born = vec![Change::State(Arc::new(state("c1", 1)))];
        bench.commit(Unit { reads: vec![ReadVersion { conversation: "c1".into(), version: 0 }], changes: born }).await;
        let put = |row: CallRow| Unit { reads: Vec::new(), changes: vec![Change::Call(row)] };
        let first = CallRow { not_before: NOW - Span::minutes(1), attempt: 1, ..call(2, "b.example") };
        let later = CallRow { not_before: NOW + Span::minutes(1), ..call(3, "a.example") };
        let under_way = CallRow { state: CallState::Calling, ..call(4, "a.example") };
        for row in [call(1, "a.example"), first.clone(), later, under_way.clone()] {
            bench.commit(put(row)).await;
        }
        bench = bench.reopen();
        let clinic = ["clinic".into()];
        let due = bench.store.due_calls(&clinic, &[], NOW, 5).await.unwrap();
        assert_eq!(due, [first.clone(), call(1, "a.example")], "{}", bench.name);
        let busy = ["a.example".to_owned()];
        assert_eq!(bench.store.due_calls(&clinic, &busy, NOW, 5).await.unwrap(), [first]);
        assert_eq!(bench.store.due_calls(&["other".into()], &[], NOW, 5).await.unwrap(), []);
        assert_eq!(bench.store.calls_under_way().await.unwrap(), [under_way]);
        let gone = Change::DropCall { conversation: "c1".into(), token: Token(4) };
        bench.commit(Unit { reads: Vec::new(), changes: vec![gone] }).await;
        assert_eq!(bench.store.calls_under_way().await.unwrap(), []);
    }
}

#[tokio::test]
async fn the_last_revision_of_a_bot_is_kept() {
    for bench in benches() {
        let revision = |id: &str, files: &[(&str, &[u8])]| StoredRevision {
            files: files.iter().map(|(path, content)| ((*path).to_owned(), content.to_vec())).collect(),
            id: id.into(),
            at: NOW,
        };
        let clinic = "clinic".into();
        assert_eq!(bench.store.last_revision(&clinic).await.unwrap(), None);
        let last = revision("r2", &[("z.yaml", b"\xff\x00"), ("a.yaml", b"")]);
        for revision in [revision("r1", &[("z.yaml", b"1"), ("b.yaml", b"2"), ("c.yaml", b"3")]), last.clone()] {
            bench.store.keep_revision(&clinic, revision).await.unwrap();
        }
        assert_eq!(bench.store.last_revision(&clinic).await.unwrap(), Some(last), "{}", bench.name);
        assert_eq!(bench.store.last_revision(&"shop".into()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_is_past_its_time_is_forgotten_and_no_number_is_given_twice() {
    for bench in benches() {
        let a = ConversationId::from("a");
        assert_eq!(bench.commit(handled("a", 0, 1)).await, Committed::Done);
        // More than one batch of keys, one of them from a clock that was wrong.
        let future =
            Change::Seen { account: "clinic".into(), key: EventKey("future".into()), at: NOW + Span::days(400) };
        let keys = (0..1200).map(|n| seen(&format!("k{n}")));
        assert_eq!(bench.commit(changes([future].into_iter().chain(keys).collect())).await, Committed::Done);
        let done_late = Change::Event(Box::new(event("a", 2, EventState::Done)));
        let pending = Change::Event(Box::new(event("a", 3, EventState::Pending)));
        let sent = Change::Row(Box::new(row("a", 2, 0, RowState::Sent)));
        let unfit = Change::Unfit { account: "clinic".into(), at: NOW, body: b"{}".to_vec(), why: "odd".into() };
        assert_eq!(bench.commit(changes(vec![done_late, pending, sent, unfit])).await, Committed::Done);

        assert_eq!(bench.store.prune(NOW + Span::days(7)).await.unwrap(), 0, "{}", bench.name);
        assert_eq!(bench.store.prune(NOW + Span::days(9)).await.unwrap(), 1201);
        assert_eq!(bench.commit(changes(vec![seen("future")])).await, Committed::Duplicate);
        assert_eq!(bench.commit(changes(vec![seen("k7")])).await, Committed::Done);
        // The sent row and its event, the unfit body; `k7` came back with its old time. Event 1 stays as long as its row is open.
        assert_eq!(bench.store.prune(NOW + Span::days(31)).await.unwrap(), 4);
        let loaded = bench.store.load(&a).await.unwrap().unwrap();
        assert_eq!((loaded.seq, loaded.events.len(), loaded.rows.len()), (Seq(3), 1, 1));
        let finished = Change::Mark(Box::new(row("a", 1, 0, RowState::Sent)));
        assert_eq!(bench.commit(changes(vec![finished])).await, Committed::Done);
        assert_eq!(bench.store.prune(NOW + Span::days(31)).await.unwrap(), 2);
        assert_eq!(bench.store.event(&a, Seq(1)).await.unwrap(), None);

        // The highest number is the conversation's own, and its event may go.
        let last = Unit {
            reads: reads("a", 1),
            changes: vec![
                Change::State(Arc::new(state("a", 3))),
                Change::Event(Box::new(event("a", 3, EventState::Done))),
            ],
        };
        assert_eq!(bench.commit(last).await, Committed::Done);
        assert_eq!(bench.store.prune(NOW + Span::days(31)).await.unwrap(), 1);
        assert_eq!(bench.store.load(&a).await.unwrap().unwrap().seq, Seq(3));
    }
}

#[tokio::test]
async fn calls_from_many_tasks_all_get_their_own_results() {
    for bench in benches() {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..200 {
            let store = Arc::clone(&bench.store);
            tasks.spawn(async move {
                let id = format!("c{n}");
                let units = vec![handled(&id, 0, 1), handled(&id, 0, 1), handled(&id, 0, 2), handled(&id, 1, 2)];
                store.commit(units).await.unwrap()
            });
        }
        for results in tasks.join_all().await {
            let wanted = [Committed::Done, Committed::Duplicate, Committed::Conflict, Committed::Done];
            assert_eq!(results, wanted, "{}", bench.name);
        }
        assert_eq!(bench.store.unfinished().await.unwrap().len(), 200);
    }
}

/// What a power cut leaves: the files as they are while the store is still open.
#[tokio::test]
async fn what_was_answered_is_in_the_files_at_once() {
    let bench = Bench::new("sqlite", STORES[0].1);
    assert_eq!(bench.commit(handled("a", 0, 1)).await, Committed::Done);
    let left = tempfile::tempdir().unwrap();
    for name in ["frontdesk.db", "frontdesk.db-wal"] {
        std::fs::copy(bench.path().with_file_name(name), left.path().join(name)).unwrap();
    }
    let store = SqliteStore::open(&left.path().join("frontdesk.db")).unwrap();
    assert_eq!(store.load(&"a".into()).await.unwrap().unwrap().rows.len(), 1);
    assert_eq!(store.commit(vec![handled("a", 0, 1)]).await.unwrap(), [Committed::Duplicate]);
}

#[tokio::test]
async fn a_full_disk_is_said_and_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frontdesk.db");
    let store = SqliteStore::open_with(&path, Options { max_pages: Some(60), ..Options::default() }).unwrap();
    let mut written = 0;
    let error = loop {
        match store.commit(vec![handled(&format!("c{written}"), 0, 1)]).await {
            Ok(results) => assert_eq!(results, [Committed::Done]),
            Err(error) => break error.to_string(),
        }
        written += 1;
    };
    assert!(error.contains("the disk is full") && !error.contains('\n'), "{error}");
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.unfinished().await.unwrap().len(), written);
    assert!(store.load(&format!("c{written}").as_str().into()).await.unwrap().is_none());
    let again = store.commit(vec![handled(&format!("c{written}"), 0, 1)]).await.unwrap();
    assert_eq!(again, [Committed::Done]);
}

#[tokio::test]
async fn one_process_writes_and_others_read() {
    let bench = Bench::new("sqlite", STORES[0].1);
    assert_eq!(bench.commit(handled("a", 0, 1)).await, Committed::Done);
    let refused = SqliteStore::open(&bench.path()).unwrap_err().to_string();
    assert!(refused.contains(&format!("in use by process {}", std::process::id())), "{refused}");

    let reader = SqliteStore::open_read_only(&bench.path()).unwrap();
    assert_eq!(reader.unfinished().await.unwrap(), ["a".into()]);
    assert_eq!(bench.commit(handled("b", 0, 1)).await, Committed::Done);
    assert_eq!(reader.unfinished().await.unwrap().len(), 2);
    let refused = reader.commit(vec![handled("c", 0, 1)]).await.unwrap_err().to_string();
    assert!(refused.contains("for reading only"), "{refused}");

    // Closed by the server, it can be read still, and opened again.
    let bench = bench.reopen();
    drop(bench);
    drop(reader);
}

#[test]
fn a_file_that_is_not_ours_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("text.db"), "this is no database at all, but long enough to look at ".repeat(40)).unwrap();
    let sql = |name: &str, sql: &str| rusqlite::Connection::open(at(name)).unwrap().execute_batch(sql).unwrap();
    sql("other.db", "CREATE TABLE theirs (x)");
    drop(SqliteStore::open(&at("newer.db")).unwrap());
    sql("newer.db", "PRAGMA user_version = 99");
    let cases = [
        ("text.db", "no SQLite database"),
        ("other.db", "a database of another program"),
        ("newer.db", "written by a newer release"),
        ("missing/frontdesk.db", "is the folder there"),
    ];
    for (name, wanted) in cases {
        let error = SqliteStore::open(&at(name)).unwrap_err().to_string();
        assert!(error.contains(wanted) && !error.contains('\n'), "{name}: {error}");
    }
    let error = SqliteStore::open_read_only(&at("none.db")).unwrap_err().to_string();
    assert!(error.contains("there is no store"), "{error}");
}

#[tokio::test]
async fn what_was_forgotten_gives_its_room_back() {
    let bench = Bench::new("sqlite", STORES[0].1);
    let keys = (0..20_000).map(|n| seen(&format!("a key that takes its room/{n}")));
    assert_eq!(bench.commit(changes(keys.collect())).await, Committed::Done);
    let bench = bench.reopen();
    let full = std::fs::metadata(bench.path()).unwrap().len();
    assert_eq!(bench.store.prune(NOW + Span::days(9)).await.unwrap(), 20_000);
    let bench = bench.reopen();
    let left = std::fs::metadata(bench.path()).unwrap().len();
    assert!(left < full / 5, "{left} of {full}");
}

#[test]
fn the_file_is_private_and_set_up_as_promised() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frontdesk.db");
    let store = SqliteStore::open(&path).unwrap();
    let conn = rusqlite::Connection::open(&path).unwrap();
    let number = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((number("auto_vacuum"), number("user_version")), (2, 8));
    #[cfg(unix)]
    for name in ["frontdesk.db", "frontdesk.db-wal"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(store);
}
