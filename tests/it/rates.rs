//! What providers allow is kept before they have to say so: the real program against the emulated provider, which counts by the document.

use serde_json::json;

use crate::desk::Desk;
use crate::harness::wait_for;

/// Calls that were refused for too much at once.
fn refused(desk: &Desk) -> usize {
    desk.provider.statuses().iter().filter(|(status, _)| *status == 429).count()
}

/// Pact V2 takes five messages a second: more than that wait, and what one turn says goes as one message then.
#[test]
fn limits_are_kept_and_texts_that_wait_are_joined() {
    let desk = Desk::speaking("v2");
    for conversation in 1..=10 {
        desk.provider.write(conversation, &json!({"text": "twins", "wait": false}));
    }
    let mut joined = 0;
    for conversation in 1..=10 {
        wait_for("a reply", || (!desk.provider.received(conversation).is_empty()).then_some(()));
        desk.settle(conversation);
        let received = desk.provider.received(conversation);
        match received.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["Same.", "Same."] => {}
            ["Same.\n\nSame."] => joined += 1,
            _ => panic!("conversation {conversation} received {received:?}"),
        }
    }
    assert!(joined >= 5, "only {joined} of 10 were joined");
    assert_eq!(refused(&desk), 0, "{:?}", desk.provider.statuses());
    let (_, metrics) = desk.get("/metrics");
    assert!(metrics.contains(r#"frontdesk_rows_waiting{account="desk"} 0"#), "{metrics}");
    assert!(metrics.contains(r#"frontdesk_calls_left{account="desk",rate="sends"}"#), "{metrics}");
    // Where the text went is told in the outbox.
    let store = desk.store();
    let rows =
        desk.provider.block_on(frontdesk::store::Store::rows(&store, &[frontdesk::domain::RowState::Withdrawn], 50));
    let whys: Vec<_> = rows.unwrap().into_iter().filter_map(|row| row.why).collect();
    assert_eq!(whys.iter().filter(|why| why.starts_with("its text went with ")).count(), joined, "{whys:?}");
}

#[test]
fn a_flood_of_one_delays_nobody_else() {
    let desk = Desk::speaking("v2");
    desk.provider.say(2, "hello");
    desk.settle(2);
    for _ in 0..20 {
        desk.provider.write(1, &json!({"text": "price", "wait": false}));
    }
    wait_for("the flood to be answered", || (desk.provider.received(1).len() >= 5).then_some(()));
    desk.provider.say(2, "price");
    wait_for("the reply to the other", || (desk.provider.received(2).len() == 2).then_some(()));
    let flooded = desk.provider.received(1).len();
    assert!(flooded <= 12, "{flooded} of 20 went first");
    desk.settle(1);
    assert_eq!(desk.provider.received(1).len(), 20);
    assert_eq!(refused(&desk), 0, "{:?}", desk.provider.statuses());
}

/// A refusal is the whole credential's, not the row's: the others do not try their luck.
#[test]
fn a_refusal_holds_the_whole_credential() {
    let desk = Desk::open();
    for conversation in 1..=4 {
        desk.provider.say(conversation, "hello");
        desk.settle(conversation);
    }
    desk.provider.faults(&json!({"next": ["429:2"]}));
    desk.provider.say(1, "price");
    wait_for("the refusal", || (refused(&desk) == 1).then_some(()));
    let before = desk.provider.statuses().len();
    for conversation in 2..=4 {
        desk.provider.say(conversation, "price");
    }
    assert_eq!(desk.provider.statuses().len(), before, "nothing goes while it is shut");
    for conversation in 1..=4 {
        desk.expect(conversation, &["You said: hello", "It is 30."]);
    }
    assert_eq!(refused(&desk), 1);
}
