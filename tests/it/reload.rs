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
    // A busy machine takes a message in before its turn is over: whoever was not asked yet has no place to keep.
    visitors.clone().chain(buyers.clone()).chain(others.clone()).for_each(|person| _ = last(person));

    // A busy machine takes a message before it handles it: the places are told of those who have one.
    let store = desk.store();
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
