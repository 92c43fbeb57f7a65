//! What must hold over real HTTP, with the real program and the emulated provider.

use std::thread;
use std::time::Duration;

use frontdesk::domain::{EventState, TraceKind};
use frontdesk::store::Store;
use serde_json::json;

use crate::desk::{Desk, PATIENCE, SECRET, now};
use crate::harness::{Home, wait_for, wait_within};
use crate::provider::TOKEN;

#[test]
fn each_message_gets_its_reply() {
    let desk = Desk::open();
    let cases: &[(&[&str], &[&str])] = &[
        (&["What is the PRICE?"], &["It is 30."]),
        (&["my gold please"], &["Gold it is."]),
        (&["my gold"], &["You said: my gold"]),
        // Two equal texts are two messages, and their echoes silence nobody.
        (&["twins", "price"], &["Same.", "Same.", "It is 30."]),
        (&["ünïcødé 🌿\nend"], &["You said: ünïcødé 🌿\nend"]),
    ];
    for (conversation, (user, bot)) in (1..).zip(cases) {
        for text in *user {
            assert_eq!(desk.provider.say(conversation, text), Some(200), "{text}");
            desk.settle(conversation);
        }
        desk.expect(conversation, bot);
    }
}

#[test]
fn a_webhook_counts_once() {
    let desk = Desk::open();
    desk.provider.say(1, "hello");
    desk.settle(1);
    let webhook = desk.incoming(1, "price");
    for _ in 0..5 {
        assert_eq!(desk.hook(&webhook), 200);
    }
    assert_eq!(desk.hook_all(&vec![webhook; 5]), [200; 5]);
    let webhook = desk.incoming(1, "price");
    assert_eq!(desk.hook_all(&vec![webhook; 5]), [200; 5]);
    desk.expect(1, &["You said: hello", "It is 30.", "It is 30."]);
}

#[test]
fn questions_are_answered_in_order_however_fast() {
    let desk = Desk::open();
    desk.provider.say(1, "hello");
    for text in ["book", "Ann", "many", "3"] {
        assert_eq!(desk.hook(&desk.incoming(1, text)), 200);
    }
    desk.expect(1, &["You said: hello", "Your name?", "How many?", "A number, please.", "Thanks, Ann.", "Done."]);
    let conversation = desk.provider.conversation(1);
    assert_eq!((&conversation["note"], &conversation["assignee"]), (&json!("Ann: 3"), &json!(42)));
    let calls = desk.provider.calls();
    let writes: Vec<&str> = calls.iter().map(String::as_str).filter(|call| !call.starts_with("GET")).collect();
    let end = ["POST messages", "PUT note", "PUT assign", "POST messages"];
    assert_eq!(writes[writes.len() - 4..], end, "{writes:?}");
}

#[test]
fn a_hand_off_ends_the_bot() {
    let desk = Desk::open();
    for text in ["book", "operator please", "are you there?", "price"] {
        desk.provider.say(1, text);
        desk.settle(1);
    }
    desk.expect(1, &["Your name?", "One moment.", "Anna is coming."]);
    assert_eq!(desk.provider.conversation(1)["assignee"], json!(42));
}

#[test]
fn a_human_is_not_talked_over() {
    let desk = Desk::open();
    desk.provider.say(1, "price");
    desk.settle(1);
    // The first reply is refused and waits to be repeated when the human speaks.
    desk.provider.faults(&json!({"standing": "503"}));
    desk.provider.say(1, "twins");
    wait_for("the refused reply", || desk.provider.block_on(refused(&desk)));
    desk.provider.human(1, "Anna here");
    desk.provider.faults(&json!({"standing": ""}));
    desk.provider.say(1, "price");
    desk.expect(1, &["It is 30."]);
}

async fn refused(desk: &Desk) -> Option<()> {
    let rows = desk.store().rows(&[frontdesk::domain::RowState::Waiting], 10).await.unwrap();
    rows.iter().any(|row| row.attempt > 0).then_some(())
}

/// Our own message comes back by webhook, before or after the answer to the send, in any mixture: the bot goes on.
#[test]
fn our_own_echo_silences_nobody() {
    for (echo, fault) in
        [("before", "slow:0"), ("after", "slow:0"), ("after", "slow_after:400"), ("before", "slow_after:400")]
    {
        let desk = Desk::open();
        desk.provider.set(&json!({ "echo": echo }));
        desk.provider.faults(&json!({"next": [fault, fault]}));
        desk.provider.say(1, "twins");
        desk.settle(1);
        desk.provider.say(1, "price");
        desk.expect(1, &["Same.", "Same.", "It is 30."]);
    }
}

#[test]
fn outside_the_window_only_the_template_goes() {
    let desk = Desk::open();
    let write = |conversation, age: u64| {
        let phone = format!("+7926000000{conversation}");
        let message = json!({
            "text": "price", "name": "Ann", "phone": phone, "channel": "whatsapp_business", "created_at_timestamp": now() - age,
        });
        assert_eq!(desk.provider.write(conversation, &message), Some(200));
    };
    write(1, 30 * 3600);
    write(2, 60 * 86_400);
    write(3, 60);
    desk.expect(1, &["template \"reopen\" [\"Ann\"]"]);
    desk.expect(2, &[]);
    desk.expect(3, &["It is 30."]);
    // The template's echo silences nobody, and the customer's answer opens the window.
    desk.provider.say(1, "price");
    desk.expect(1, &["template \"reopen\" [\"Ann\"]", "It is 30."]);
}

#[test]
fn strangers_and_nonsense_are_answered_and_harm_nothing() {
    let desk = Desk::open();
    let path = format!("/webhooks/desk?auth={SECRET}");
    let large = format!("{{\"x\": \"{}\"}}", "x".repeat(1 << 20));
    let message = |data: serde_json::Value| json!({"type": "message", "event": "new", "data": data}).to_string();
    let cases: Vec<(&str, String, &[u16])> = vec![
        ("/webhooks/desk?auth=wrong", desk.incoming(1, "price").to_string(), &[401]),
        ("/webhooks/desk", desk.incoming(1, "price").to_string(), &[401]),
        ("/webhooks/desk?auth=", large.clone(), &[401]),
        ("/webhooks/nobody?auth=x", large.clone(), &[404]),
        (&path, large, &[413]),
        (&path, "{".into(), &[400]),
        (&path, String::new(), &[400]),
        (&path, "{'source':'pact.im','operation':'test'}".into(), &[200]),
        (&path, r#"{"source":"pact.im","operation":"test"}"#.into(), &[200]),
        (&path, r#"{"type":"weather","event":"new","data":{}}"#.into(), &[200]),
        (&path, r#"{"type":"message","event":"shrug","data":{}}"#.into(), &[200]),
        (&path, "[]".into(), &[200, 400]),
        (&path, "null".into(), &[200, 400]),
        (&path, "[".repeat(100_000), &[400]),
        (&path, message(json!(null)), &[200, 400]),
        (&path, message(json!({})), &[200, 400]),
        (
            &path,
            message(json!({"external_id": null, "conversation_id": null, "message": null, "income": null})),
            &[200, 400],
        ),
        (
            &path,
            message(json!({"external_id": 1, "conversation_id": {}, "message": [1], "income": "maybe"})),
            &[200, 400],
        ),
        (
            &path,
            message(json!({"external_id": 2, "conversation_id": 7, "message": "x", "income": true,
            "created_at_timestamp": i64::MAX, "channel_id": -1, "channel_type": "\u{0}", "attachments": "none"})),
            &[200, 400],
        ),
        (
            &path,
            message(json!({"external_id": 3, "conversation_id": 7, "message": "x", "income": true,
            "created_at_timestamp": i64::MIN})),
            &[200, 400],
        ),
        (
            &path,
            message(
                json!({"external_id": "4".repeat(100_000), "conversation_id": "8", "message": "x", "income": true}),
            ),
            &[200, 400],
        ),
    ];
    for (path, body, statuses) in cases {
        let status = desk.post(path, body.clone());
        assert!(
            statuses.contains(&status),
            "{status}: {} {}",
            path.split('?').next().unwrap(),
            body.chars().take(100).collect::<String>()
        );
    }
    assert!(desk.stored(&desk.store(), 1).is_none(), "a stranger's message was stored");
    desk.provider.say(9, "price");
    desk.expect(9, &["It is 30."]);
    let (status, metrics) = desk.get("/metrics");
    assert_eq!(status, 200);
    assert!(metrics.contains("unknown"), "unknown kinds are counted: {metrics}");
    let log = desk.server.running.log.all().join("\n");
    assert!(!log.contains(SECRET) && !log.contains("PRICE"), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}

/// What the provider does wrong with the first send; the reply arrives once each time.
#[test]
fn whatever_the_provider_does_the_reply_arrives_once() {
    let faults = ["503", "429:1", "500", "500_after", "break_before", "break_after", "garbage", "slow_after:40000"];
    let one = |fault: &str| {
        let desk = Desk::open();
        desk.provider.say(1, "hello");
        desk.settle(1);
        desk.provider.faults(&json!({"next": [fault]}));
        desk.provider.say(1, "price");
        desk.settle(1);
        (fault.to_owned(), desk.provider.received(1))
    };
    let all: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = faults.iter().map(|fault| scope.spawn(move || one(fault))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (fault, received) in all {
        assert_eq!(received, ["You said: hello", "It is 30."], "{fault}");
    }
}

#[test]
fn an_account_whose_token_stops_working_recovers_by_itself() {
    let desk = Desk::open();
    desk.provider.faults(&json!({"token": "another-token"}));
    desk.provider.say(1, "price");
    wait_for("the account to be reported", || (desk.account()["healthy"] == json!(false)).then_some(()));
    assert_eq!(desk.get("/readyz").0, 200, "one account does not cut off the others");
    desk.server.running.log.wait("the account in the log", |line| line.contains("desk") && line.contains("401"));
    desk.provider.say(1, "twins");
    assert_eq!(desk.provider.received(1), Vec::<String>::new());
    desk.provider.faults(&json!({"token": TOKEN}));
    desk.expect(1, &["It is 30.", "Same.", "Same."]);
    assert_eq!(desk.account()["healthy"], json!(true));
}

/// One line when it begins and one when it is over, however many rows it meets.
#[test]
fn a_provider_that_fails_is_told_of_once() {
    let desk = Desk::open();
    desk.provider.faults(&json!({"standing": "503"}));
    for conversation in 1..=4 {
        desk.provider.say(conversation, "twins");
    }
    let begun = desk.server.running.log.wait("the begin of it", |line| line.contains("fails again and again"));
    for part in ["desk", "503", "since", "waiting"] {
        assert!(begun.contains(part), "{begun}");
    }
    let account = desk.account();
    assert_eq!((&account["healthy"], account["waiting"].as_u64().is_some_and(|rows| rows > 0)), (&json!(false), true));
    desk.provider.faults(&json!({"standing": ""}));
    for conversation in 1..=4 {
        desk.expect(conversation, &["Same.", "Same."]);
    }
    let over = desk.server.running.log.wait("the end of it", |line| line.contains("the provider works again"));
    assert!(over.contains("desk") && over.contains("since"), "{over}");
    let log = desk.server.running.log.all();
    let lines = log.iter().filter(|line| line.contains("503:") || line.contains("works again"));
    let lines = lines.filter(|line| !line.contains("templates")).count();
    assert_eq!(lines, 2, "{log:#?}");
    assert_eq!(desk.account()["healthy"], json!(true));
}

#[test]
fn a_crash_under_load_loses_nothing_and_repeats_nothing() {
    const CONVERSATIONS: u64 = 300;
    let mut desk = Desk::open();
    for conversation in 1..=CONVERSATIONS {
        desk.provider.write(conversation, &json!({"text": "price", "wait": false}));
        if conversation == CONVERSATIONS / 2 {
            // In the middle of it: some are answered, others are on their way.
            desk.server.running.kill();
        }
    }
    desk.restart();
    let answered = |desk: &Desk| (1..=CONVERSATIONS).all(|id| !desk.provider.received(id).is_empty());
    wait_within(PATIENCE, "all to be answered", || answered(&desk).then_some(()));
    for conversation in 1..=CONVERSATIONS {
        desk.expect(conversation, &["It is 30."]);
    }
}

/// The provider has sent it, and the server dies before it hears so.
#[test]
fn a_crash_between_answer_and_record_is_looked_up() {
    let mut desk = Desk::open();
    desk.provider.say(1, "hello");
    desk.settle(1);
    desk.provider.faults(&json!({"next": ["slow_after:60000"]}));
    desk.provider.say(1, "price");
    wait_for("the send", || (desk.provider.received(1).len() == 2).then_some(()));
    desk.server.running.kill();
    desk.restart();
    desk.provider.say(1, "price");
    desk.expect(1, &["You said: hello", "It is 30.", "It is 30."]);
}

#[test]
fn a_script_without_end_ends_and_nobody_waits_for_it() {
    let desk = Desk::open();
    for (conversation, text) in [(1, "endless"), (2, "huge")] {
        assert_eq!(desk.provider.say(conversation, text), Some(200));
        desk.provider.say(3, "price");
        desk.settle(conversation);
        let store = desk.store();
        wait_for("a trace that says why", || {
            let id = desk.stored(&store, conversation)?.state.conversation.id.clone();
            let history = desk.provider.block_on(store.history(&id, 10)).ok()?;
            let mut entries = history.iter().filter_map(|row| row.trace.as_ref()).flat_map(|trace| &trace.entries);
            entries.any(|entry| entry.kind == TraceKind::Error).then_some(())
        });
        // It is in nobody's way, the same person's included.
        desk.provider.say(conversation, "price");
        desk.expect(conversation, &["It is 30."]);
    }
    desk.expect(3, &["It is 30.", "It is 30."]);
    let dead = desk.provider.block_on(desk.store().events(EventState::Dead, 10)).unwrap();
    assert!(dead.is_empty());
}

#[test]
fn an_edit_goes_live_and_a_broken_one_never() {
    let desk = Desk::open();
    let bot = include_str!("../data/serve/bot.yaml");
    let file = "bots/desk/bot.yaml";
    desk.provider.say(2, "book");
    desk.settle(2);
    desk.home.write(file, &bot.replace("It is 30.", "It is 31."));
    wait_within(Duration::from_secs(10), "the edit", || {
        desk.provider.say(1, "price");
        desk.settle(1);
        (desk.provider.received(1).last()? == "It is 31.").then_some(())
    });
    desk.home.write(file, &bot.replace("- say: It is 30.", "- sey: It is 32."));
    desk.server.running.log.wait("the diagnostic", |line| line.contains("sey"));
    desk.provider.say(3, "price");
    desk.expect(3, &["It is 31."]);
    let said = desk.server.running.log.all().iter().filter(|line| line.contains("sey")).count();
    assert_eq!(said, 1, "the diagnostic is printed once");
    // Who was in the middle of the form still is.
    desk.provider.say(2, "Ann");
    desk.expect(2, &["Your name?", "How many?"]);
}

#[test]
fn a_signal_ends_it_gracefully() {
    for signal in ["TERM", "INT"] {
        let mut desk = Desk::open();
        desk.provider.say(1, "price");
        desk.server.running.signal(signal);
        let status = desk.server.running.ended();
        assert!(status.success(), "{status}");
        assert!(!desk.home.path().join("frontdesk.db.sock").exists());
        desk.restart();
        desk.expect(1, &["It is 30."]);
    }
}

#[test]
fn what_is_left_over_is_mended_beside_a_running_server() {
    let desk = Desk::open();
    desk.provider.faults(&json!({"token": "another-token"}));
    desk.provider.say(1, "twins");
    let listed = wait_for("the rows that wait", || {
        let ran = desk.home.run(&["outbox", "list", "--format", "json"]);
        let rows: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).unwrap();
        (rows.len() == 2 && rows.iter().all(|row| row["state"] == "waiting")).then_some(rows)
    });
    let ids: Vec<&str> = listed.iter().filter_map(|row| row["id"].as_str()).collect();
    let ran = desk.home.run(&["outbox", "drop", ids[0]]);
    assert_eq!((ran.code, ran.stdout), (Some(0), format!("{} is dropped\n", ids[0])));
    assert_eq!(desk.home.run(&["outbox", "retry", ids[0]]).code, Some(1), "it was withdrawn on purpose");
    desk.provider.faults(&json!({"token": TOKEN}));
    assert_eq!(desk.home.run(&["outbox", "retry", ids[1]]).code, Some(0));
    desk.expect(1, &["Same."]);
    assert_eq!(desk.home.run(&["outbox", "list"]).stdout, "nothing is left over\n");
    assert_eq!(desk.home.run(&["health", &desk.server.address]).code, Some(0));
}

/// What the README promises first: one command, a page with a phone, nothing left behind.
#[test]
fn the_demo_answers_and_leaves_nothing_behind() {
    let home = Home::new(&[("temporary/keep", "")]);
    let mut demo = home.start_with(&["demo"], &[("TMPDIR", home.path().join("temporary"))]);
    let line = demo.log.wait("the address of the page", |line| line.contains("Open the phone"));
    let page = line.split_whitespace().last().unwrap().trim_end_matches('/').to_owned();
    let events = tokio::runtime::Runtime::new().unwrap();
    // Whichever test of the process comes first installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = |url: String| events.block_on(async { client.get(url).send().await.unwrap().text().await.unwrap() });
    assert!(get(page.clone()).contains("<html") || get(page.clone()).contains("<!doctype html>"));
    let messages = format!("{page}/sandbox/conversations/1/messages");
    events.block_on(client.post(&messages).body(r#"{"text": "hi"}"#).send()).unwrap();
    assert!(get(format!("{messages}?bot=1&within=20000")).contains(r#""from":"bot""#));
    demo.signal("INT");
    assert!(demo.ended().success());
    let left: Vec<_> = std::fs::read_dir(home.path().join("temporary")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
