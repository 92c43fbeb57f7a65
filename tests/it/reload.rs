//! An edit while a thousand people are in the middle of something: nobody loses a place or an answer, and the log says how many of each.

use frontdesk::domain::Value;

use crate::desk::Desk;
use crate::harness::wait_for;

const VISIT: &str = "
  visit:
    on: {keywords: [visit]}
    do:
      - form: visit
        fields: [{ask: name, text: Name?}, {ask: day, text: Day?}]
      - say: \"{{ name }} on {{ day }}.\"
";
const BEFORE: &str = "
  order:
    on: {keywords: [order]}
    do:
      - form: order
        fields: [{ask: size, text: Size?}, {ask: colour, text: Colour?}, {ask: town, text: Town?}]
  old:
    on: {keywords: [old]}
    on_orphan: {say: We begin anew.}
    do: [{ask: gone, text: Gone?}]
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
  old:
    on: {keywords: [old]}
    on_orphan: {say: We begin anew.}
    do: [{say: There is nothing here.}]
";

/// People in each of the three flows; together a thousand.
const VISITORS: u64 = 400;
const BUYERS: u64 = 400;
const OTHERS: u64 = 200;
/// Webhooks posted at once.
const AT_ONCE: usize = 50;

fn bot(flows: &str) -> String {
    format!("bot: desk\nloop_guard: false\nflows:{VISIT}{flows}")
}

/// Each of these people writes this.
fn all_write(desk: &Desk, people: std::ops::Range<u64>, text: impl Fn(u64) -> String) {
    let bodies: Vec<_> = people.map(|person| desk.incoming(person, &text(person))).collect();
    for bodies in bodies.chunks(AT_ONCE) {
        let statuses = desk.hook_all(bodies);
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    }
}

#[test]
fn a_thousand_people_keep_their_places_and_answers_over_an_edit() {
    let desk = Desk::open();
    let loaded = |flows: usize| format!("\"flows\":{flows}");
    desk.home.write("bots/desk/bot.yaml", &bot(BEFORE));
    desk.server.running.log.wait("the bot", |line| line.contains("bot loaded") && line.contains(&loaded(3)));
    let (visitors, buyers) = (1..1 + VISITORS, 1001..1001 + BUYERS);
    let others = 2001..2001 + OTHERS;
    all_write(&desk, visitors.clone(), |_| "visit".into());
    all_write(&desk, buyers.clone(), |_| "order".into());
    all_write(&desk, others.clone(), |_| "old".into());
    all_write(&desk, visitors.clone(), |person| format!("Ann{person}"));
    all_write(&desk, buyers.clone(), |person| format!("size{person}"));
    let store = desk.store();
    let last = |person: u64| {
        wait_for("the turns", || desk.stored(&store, person).filter(|stored| stored.events.is_empty())).state
    };

    // A busy machine takes a message before it handles it: the places are told of those who have one.
    for person in visitors.clone().chain(buyers.clone()).chain(others.clone()) {
        wait_for("the turns before the edit", || {
            desk.stored(&store, person).filter(|stored| {
                stored.events.is_empty()
                    && stored.state.session.as_ref().is_some_and(|session| !session.asking.is_empty())
            })
        });
    }
    desk.home.write("bots/desk/bot.yaml", &bot(AFTER));
    let told = desk.server.running.log.wait("the places", |line| {
        line.contains("places of people in the middle of something")
            && !line.contains("\"kept\":0,\"renamed\":0,\"orphaned\":0")
    });
    let counts = format!("\"kept\":{VISITORS},\"renamed\":{BUYERS},\"orphaned\":{OTHERS}");
    assert!(told.contains(&counts), "{told}");

    all_write(&desk, visitors.clone(), |_| "Friday".into());
    all_write(&desk, buyers.clone(), |_| "red".into());
    all_write(&desk, others.clone(), |_| "hello?".into());
    for person in visitors {
        assert_eq!(last(person).conversation.last_reply, Some(format!("Ann{person} on Friday.")));
    }
    for person in buyers {
        let state = last(person);
        assert_eq!(state.conversation.last_reply.as_deref(), Some("Town?"), "{person}");
        let vars = &state.session.as_ref().unwrap().vars;
        let text = |name: &str| vars.get(name).cloned();
        assert_eq!(text("size"), Some(Value::Text(format!("size{person}"))));
        assert_eq!((text("color"), text("colour")), (Some(Value::Text("red".into())), None));
    }
    for person in others {
        assert_eq!(last(person).conversation.last_reply.as_deref(), Some("We begin anew."), "{person}");
    }
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
