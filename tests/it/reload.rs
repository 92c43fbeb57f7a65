//! An edit while a thousand people are in the middle of something: nobody loses a place or an answer, and the log says how many of each.

use std::ops::Range;
use std::sync::Arc;

use frontdesk::domain::{State, Value};
use frontdesk::store::Store;
use frontdesk::store::sqlite::SqliteStore;

use crate::desk::Desk;
use crate::harness::wait_for;

const VISIT: &str = "
  visit:
    on: {keywords: [visit]}
    do:
      - form: visit
        fields: [{ask: name, text: Name?}, {ask: day, text: Day?}, {ask: guests, text: How many?, kind: integer}]
        review: \"{{ name }}, {{ day }}, {{ guests }}?\"
      - say: \"{{ name }} on {{ day }}, {{ guests }} of you.\"
  rest: {on: fallback, do: {say: Nothing fits.}}
";
const BEFORE: &str = "
  order:
    on: {keywords: [order]}
    do:
      - form: order
        fields: [{ask: size, text: Size?}, {ask: colour, text: Colour?}, {ask: town, text: Town?}]
        review: \"{{ size }}, {{ colour }}, {{ town }}?\"
      - say: \"{{ size }} {{ colour }} to {{ town }}.\"
  old:
    on: {keywords: [old]}
    on_orphan: [{say: We begin anew.}, {go: visit}]
    do:
      - form: old
        fields: [{ask: first, text: First?}, {ask: second, text: Second?}, {ask: third, text: Third?}]
        review: Right?
  poll:
    on: {keywords: [poll]}
    do: {form: poll, fields: [{ask: mood, text: Mood?}, {ask: why, text: Why?}, {ask: since, text: Since?}]}
";
const AFTER: &str = "
  purchase:
    was: order
    on: {keywords: [order]}
    do:
      - say: A new step before.
      - form: goods
        was: order
        fields: [{ask: size, text: Size?}, {ask: color, was: colour, text: Color?}, {ask: town, text: Town?}]
        review: \"{{ size }}, {{ color }}, {{ town }}, is it?\"
      - say: \"{{ size }} {{ color }} to {{ town }}!\"
  old:
    on: {keywords: [old]}
    on_orphan: [{say: We begin anew.}, {go: visit}]
    do: [{say: There is nothing here.}]
  poll:
    on: {keywords: [poll]}
    do: {form: poll, fields: [{ask: age, text: Age?}]}
";

/// People who go through one form, each at their own question when the edit comes: the first, the second … or the review.
struct People {
    ids: Range<u64>,
    /// What begins it.
    word: &'static str,
    /// The places at which they stand: question by question, the review behind the last.
    places: u64,
    /// What each of them answers, place by place.
    answers: fn(u64) -> [String; 4],
}

/// They keep their places.
const VISITORS: People =
    People { ids: 1..401, word: "visit", places: 4, answers: |id| visit(&format!("Ann{id}"), &format!("day{id}")) };
/// Their flow, their form and one of its questions bear new names.
const BUYERS: People = People {
    ids: 1001..1401,
    word: "order",
    places: 4,
    answers: |id| [format!("size{id}"), format!("red{id}"), format!("town{id}"), "yes".into()],
};
/// Their form is gone, and the flow has `on_orphan`.
const ORPHANS: People = People { ids: 2001..2101, word: "old", places: 4, answers: told };
/// Their questions are gone, and nothing says what then.
const STRANDED: People = People { ids: 3001..3101, word: "poll", places: 3, answers: told };

fn visit(name: &str, day: &str) -> [String; 4] {
    [name.to_owned(), day.to_owned(), "3".to_owned(), "yes".to_owned()]
}

fn told(id: u64) -> [String; 4] {
    [format!("one{id}"), format!("two{id}"), format!("three{id}"), "yes".into()]
}

/// Webhooks posted at once.
const AT_ONCE: usize = 50;

impl People {
    /// The place at which this one stands when the edit comes.
    fn place(&self, id: u64) -> usize {
        (id % self.places) as usize
    }

    /// They begin, and each comes to their place.
    fn come_to_their_places(&self, desk: &Desk) {
        all_write(desk, self.ids.clone().map(|id| (id, self.word.to_owned())));
        for place in 0..self.places as usize {
            let further = self.ids.clone().filter(|id| self.place(*id) > place);
            all_write(desk, further.map(|id| (id, self.answer(id, place))));
        }
    }

    /// Each goes on from there to the end.
    fn go_on(&self, desk: &Desk) {
        for place in 0..self.places as usize {
            let there = self.ids.clone().filter(|id| self.place(*id) <= place);
            all_write(desk, there.map(|id| (id, self.answer(id, place))));
        }
    }

    fn answer(&self, id: u64, place: usize) -> String {
        (self.answers)(id)[place].clone()
    }

    /// How they stand, once all that they wrote is handled.
    fn states<'a>(&'a self, desk: &'a Desk, store: &'a SqliteStore) -> impl Iterator<Item = (u64, Arc<State>)> + 'a {
        self.ids.clone().map(|id| {
            let handled = || desk.stored(store, id).filter(|stored| stored.events.is_empty());
            (id, wait_for("the turns", handled).state)
        })
    }
}

fn bot(flows: &str) -> String {
    format!("bot: desk\nloop_guard: false\nflows:{VISIT}{flows}")
}

/// Each of these people writes this.
fn all_write(desk: &Desk, texts: impl Iterator<Item = (u64, String)>) {
    let bodies: Vec<_> = texts.map(|(person, text)| desk.incoming(person, &text)).collect();
    for bodies in bodies.chunks(AT_ONCE) {
        let statuses = desk.hook_all(bodies);
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    }
}

/// The variables of these names.
fn vars<const N: usize>(state: &State, names: [&str; N]) -> [Option<String>; N] {
    let vars = &state.session.as_ref().unwrap().vars;
    names.map(|name| match vars.get(name)? {
        Value::Text(text) => Some(text.clone()),
        other => Some(serde_json::Value::from(other.clone()).to_string()),
    })
}

#[test]
fn a_thousand_people_in_forms_keep_their_places_and_answers_over_an_edit() {
    let desk = Desk::open();
    let store = desk.store();
    desk.home.write("bots/desk/bot.yaml", &bot(BEFORE));
    desk.server.running.log.wait("the bot", |line| line.contains("bot loaded") && line.contains("\"flows\":5"));
    let all = [&VISITORS, &BUYERS, &ORPHANS, &STRANDED];
    for people in all {
        people.come_to_their_places(&desk);
    }
    // A busy machine takes a message before it handles it: the places are told of those who have one.
    for people in all {
        for (id, state) in people.states(&desk, &store) {
            let session = state.session.as_ref().unwrap();
            assert_eq!(session.asking.len(), 1, "{id}");
        }
    }

    desk.home.write("bots/desk/bot.yaml", &bot(AFTER));
    let told = desk.server.running.log.wait("the places", |line| {
        line.contains("places of people in the middle of something")
            && !line.contains("\"kept\":0,\"renamed\":0,\"orphaned\":0")
    });
    assert!(told.contains("\"kept\":400,\"renamed\":400,\"orphaned\":200"), "{told}");

    VISITORS.go_on(&desk);
    for (id, state) in VISITORS.states(&desk, &store) {
        assert_eq!(
            vars(&state, ["name", "day", "guests"]),
            (VISITORS.answers)(id).first_chunk::<3>().unwrap().clone().map(Some)
        );
        assert_eq!(state.conversation.last_reply, Some(format!("Ann{id} on day{id}, 3 of you.")));
    }
    BUYERS.go_on(&desk);
    for (id, state) in BUYERS.states(&desk, &store) {
        assert_eq!(
            vars(&state, ["size", "color", "town"]),
            (BUYERS.answers)(id).first_chunk::<3>().unwrap().clone().map(Some)
        );
        assert_eq!(vars(&state, ["colour"]), [None], "{id}");
        assert_eq!(state.conversation.last_reply, Some(format!("size{id} red{id} to town{id}!")));
    }
    orphans_begin_anew(&desk, &store);
    all_write(&desk, STRANDED.ids.clone().map(|id| (id, "hello?".into())));
    for (id, state) in STRANDED.states(&desk, &store) {
        assert_eq!(state.conversation.last_reply.as_deref(), Some("Nothing fits."), "{id}");
        assert_eq!(vars(&state, ["mood", "why"]), given(&STRANDED, id), "{id}");
    }
}

/// What they had answered before the edit, of the first two questions.
fn given(people: &People, id: u64) -> [Option<String>; 2] {
    [0, 1].map(|place| Some(people.answer(id, place)).filter(|_| people.place(id) > place))
}

/// `on_orphan` speaks and leads to another form, which they go through to its end. What they had answered is kept.
fn orphans_begin_anew(desk: &Desk, store: &SqliteStore) {
    all_write(desk, ORPHANS.ids.clone().map(|id| (id, "hello?".into())));
    for (id, state) in ORPHANS.states(desk, store) {
        assert_eq!(state.conversation.last_reply.as_deref(), Some("Name?"), "{id}");
        assert!(is_traced(desk, store, id, "We begin anew."), "{id}");
    }
    for place in 0..4 {
        all_write(desk, ORPHANS.ids.clone().map(|id| (id, visit(&format!("Eve{id}"), "Friday")[place].clone())));
    }
    for (id, state) in ORPHANS.states(desk, store) {
        assert_eq!(vars(&state, ["first", "second"]), given(&ORPHANS, id), "{id}");
        assert_eq!(state.conversation.last_reply, Some(format!("Eve{id} on Friday, 3 of you.")));
    }
}

/// Does the trace of some turn of this conversation tell of these words?
fn is_traced(desk: &Desk, store: &SqliteStore, conversation: u64, words: &str) -> bool {
    let id = desk.stored(store, conversation).unwrap().state.conversation.id.clone();
    let events = desk.provider.block_on(store.history(&id, 100)).unwrap();
    let mut entries = events.iter().filter_map(|event| event.trace.as_ref()).flat_map(|trace| &trace.entries);
    entries.any(|entry| entry.text.contains(words))
}

type Edit = fn(&Desk);

/// Edits made to do harm, each with the code of what is said of it.
const HOSTILE: &[(&str, Edit)] = &[
    ("yaml-anchor", |desk| {
        let levels = (1..30).map(|n| format!("  a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", ")));
        let bomb = format!("vars:\n  a0: &a0 [x, x, x, x]\n{}", levels.collect::<String>());
        desk.home.write("bots/desk/more.yaml", &bomb);
    }),
    ("regex-too-big", |desk| {
        desk.home.write(
            "bots/desk/more.yaml",
            "flows: {more: {on: {matches: '((((a{99}){99}){99}){99}){99}'}, do: {say: x}}}\n",
        );
    }),
    ("not-utf8", |desk| std::fs::write(more(desk), b"vars: {a: \"\xff\xfe\"}\n").unwrap()),
    ("link-outside", |desk| {
        std::fs::remove_file(more(desk)).unwrap();
        std::os::unix::fs::symlink("/dev/zero", more(desk)).unwrap();
    }),
    ("too-deep", |desk| desk.home.write("bots/desk/more.yaml", &format!("vars: {{a: {}", "[".repeat(100_000)))),
];

fn more(desk: &Desk) -> std::path::PathBuf {
    desk.home.path().join("bots/desk/more.yaml")
}

#[test]
fn a_hostile_edit_leaves_the_old_bot_answering_and_is_told_once() {
    let desk =
        Desk::with("v1", "", "bot: desk\nloop_guard: false\nflows: {hello: {on: message, do: {say: As before.}}}\n");
    let log = &desk.server.running.log;
    desk.home.write("bots/desk/more.yaml", "vars: {}\n");
    let said = |words: &str| log.all().iter().filter(|line| line.contains(words)).count();
    let told = |code: &str| said(&format!("[{code}]"));
    for ((code, edit), n) in HOSTILE.iter().zip(1..) {
        edit(&desk);
        log.wait(code, |line| line.contains("the edit is broken") && line.contains(&format!("[{code}]")));
        desk.provider.say(n, "hi");
        desk.expect(n, &["As before."]);
        // The same again, and many looks at the folder later: it is known.
        if *code != "link-outside" {
            edit(&desk);
        }
        let loaded = said("bot loaded");
        let _ = std::fs::remove_file(more(&desk));
        desk.home.write("bots/desk/more.yaml", &format!("vars: {{n: {n}}}\n"));
        wait_for("the mended bot", || (said("bot loaded") > loaded).then_some(()));
        assert_eq!(told(code), 1, "{code}:\n{}", log.all().join("\n"));
    }
    assert_eq!(said("the edit is broken"), HOSTILE.len());
}
