//! `provider: sandbox` in the real server: what it does wrong by its configuration, its WebSocket, and the commands that ask it.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::harness::{Home, Server, wait_for};
use crate::provider::client;

const BOT: &str = "bot: desk\nflows:\n  numbers: {on: {matches: '^n(?<n>\\d+)$'}, do: [{say: \"got {{ n }}\"}]}\n";

/// A server with one account of the sandbox, `trial`.
struct Own {
    home: Home,
    server: Server,
    events: tokio::runtime::Runtime,
}

impl Own {
    fn with(keys: &str) -> Self {
        let config = format!("listen: 127.0.0.1:0\naccounts:\n  trial:\n    provider: sandbox\n    bot: desk\n{keys}");
        let home = Home::new(&[("frontdesk.yaml", &config), ("bots/desk/bot.yaml", BOT)]);
        let server = home.serve();
        Self { home, server, events: tokio::runtime::Runtime::new().unwrap() }
    }

    fn ask(&self, request: reqwest::RequestBuilder) -> Json {
        let text = self.events.block_on(async { request.send().await.unwrap().text().await.unwrap() });
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
    }

    fn post(&self, path: &str, body: &Json) -> Json {
        self.ask(client().post(self.server.url(&format!("/sandbox/trial/{path}"))).body(body.to_string()))
    }

    fn get(&self, path: &str) -> Json {
        self.ask(client().get(self.server.url(&format!("/sandbox/trial/{path}"))))
    }

    fn write(&self, text: &str, wait: bool) -> Json {
        self.post("conversations/1/messages", &json!({"text": text, "wait": wait}))
    }

    /// What the bot has said, once it has said so much.
    fn said(&self, count: usize) -> Vec<String> {
        let shown = self.get(&format!("conversations/1?bot={count}&within=20000"));
        let messages = shown["messages"].as_array().unwrap().iter();
        messages.filter(|one| one["from"] == "bot").map(|one| one["text"].as_str().unwrap().to_owned()).collect()
    }

    fn log(&self, kind: &str) -> Vec<Json> {
        let log = self.get("calls")["log"].as_array().unwrap().clone();
        log.into_iter().filter(|entry| entry["kind"] == kind).collect()
    }
}

#[test]
fn each_so_many_sends_fails() {
    let own = Own::with("    imitates: pact\n    faults: {every: {2: \"429:1\"}}\n");
    for n in 1..=4 {
        assert_eq!(own.write(&format!("n{n}"), true)["webhook"], 200);
    }
    let said = || own.said(1).join("|").replace("\n\n", "|");
    wait_for("all replies", || (said() == "got 1|got 2|got 3|got 4").then_some(()));
    let sends: Vec<Json> = own.log("call").into_iter().filter(|call| call["method"] == "POST").collect();
    let statuses: Vec<_> = sends.iter().map(|call| call["status"].as_u64()).collect();
    assert_eq!(statuses[..3], [Some(200), Some(429), Some(200)], "{sends:#?}");
}

#[test]
fn webhooks_come_late_twice_and_out_of_order() {
    let own =
        Own::with("    imitates: pact\n    faults: {webhooks: {duplicates: true, disorder: true, delay: 200ms}}\n");
    let began = Instant::now();
    // Each message is told of by several webhooks; every second one is overtaken by the next.
    own.write("n1", false);
    own.write("n2", true);
    assert!(began.elapsed() >= Duration::from_millis(400), "each is 200 ms late");
    let mut said = own.said(2);
    said.sort();
    assert_eq!(said, ["got 1", "got 2"]);
    let twice = |log: &[Json]| log.iter().filter(|one| one["attempt"] == 2 && one["status"] == 200).count() >= 2;
    wait_for("each to come twice", || twice(&own.log("webhook")).then_some(()));
    assert_eq!(own.said(2).len(), 2, "and is answered once");
}

#[test]
fn whoever_imitates_getchat_can_be_listened_to() {
    let own = Own::with("    imitates: getchat\n    receive: websocket\n");
    own.server.running.log.wait("the stream", |line| line.contains("the stream is up"));
    own.write("n1", false);
    assert_eq!(own.said(1), ["got 1"]);
    assert!(own.log("webhook").is_empty(), "nothing is posted to who listens");
    let checked = own.home.run(&["accounts", "check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.stdout.contains("no webhook is needed"), "{checked:?}");
}

#[test]
fn the_commands_ask_the_server_of_its_sandbox() {
    for imitates in ["pact", "pact-v2", "getchat", "pabbly", "whatsapp-cloud"] {
        let mut own = Own::with(&format!("    imitates: {imitates}\n"));
        let templates =
            json!([{"waba_id": "1", "name": "visit", "body": "On {{1}}"}, {"waba_id": "2", "name": "sale"}]);
        own.post("settings", &json!({ "templates": templates }));
        let checked = own.home.run(&["accounts", "check"]);
        assert_eq!(checked.code, Some(0), "{imitates}: {checked:?}");
        assert!(checked.stdout.contains("the phone is at"), "{checked:?}");
        let listed = own.home.run(&["accounts", "templates", "trial", "--refresh"]);
        assert_eq!(listed.code, Some(0), "{imitates}: {listed:?}");
        assert!(listed.stderr.contains("trial: 2 templates"), "{listed:?}");
        assert!(listed.stdout.contains("visit") && listed.stdout.contains("approved"), "{listed:?}");
        let json = own.home.run(&["accounts", "templates", "--format", "json"]);
        let json: Json = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(json[0]["templates"].as_array().unwrap().len(), 2, "{imitates}: {json}");
        own.server.running.kill();
        for command in [["accounts", "check", "trial"].as_slice(), &["accounts", "templates", "--refresh"]] {
            let refused = own.home.run(command);
            assert_eq!(refused.code, Some(1), "{refused:?}");
            let told = format!("{}{}", refused.stdout, refused.stderr);
            assert!(told.contains("no server runs"), "{told}");
        }
    }
}

/// A provider that gives no list is told of once, however often it is asked.
#[test]
fn a_list_that_cannot_be_had_is_told_of_once() {
    let own = Own::with("    imitates: whatsapp-cloud\n    faults: {standing: \"500\"}\n");
    let told = |line: &str| line.contains("the templates could not be fetched;");
    own.server.running.log.wait("the warning", told);
    let asked = || own.log("call").iter().filter(|call| call["path"].as_str().unwrap().contains("template")).count();
    wait_for("it to be asked again", || (asked() > 1).then_some(()));
    assert_eq!(own.server.running.log.all().iter().filter(|line| told(line)).count(), 1);
}
