//! The real program before each provider in trouble, on the demo's clock: down for an hour, and a window that is closed after all.

use std::sync::LazyLock;

use frontdesk::sandbox::DIALECTS;
use serde_json::{Value as Json, json};

use crate::harness::{Home, Running, wait_for};
use crate::provider::client;

const BOT: &str = "bot: desk\nlanguages: [en]\noutside_window: {template: reopen, params: [x]}\nflows:\n  two: {on: message, do: [{say: One.}, {say: Two.}]}\n";

static EVENTS: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());

/// A demo of the bot at one provider.
struct Demo {
    page: String,
    server: String,
    running: Running,
    _home: Home,
}

impl Demo {
    fn of(dialect: &str) -> Self {
        let home = Home::new(&[("bots/desk/bot.yaml", BOT)]);
        let running = home.start(&["demo", "--bot", "desk", "--dialect", dialect]);
        let line = running.log.wait("the page", |line| line.contains("Open the phone"));
        let page = format!("{}sandbox", line.split_whitespace().last().unwrap());
        let line = running.log.wait("the server", |line| line.contains("/readyz"));
        let server = line.split_whitespace().find(|word| word.contains("/readyz")).unwrap().to_owned();
        let demo = Self { page, server, running, _home: home };
        demo.post("settings", &json!({"delivery_after_ms": 1}));
        demo
    }

    fn ask(request: reqwest::RequestBuilder) -> Json {
        let text = EVENTS.block_on(async { request.send().await.unwrap().text().await.unwrap() });
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
    }

    fn post(&self, path: &str, body: &Json) -> Json {
        Self::ask(client().post(format!("{}/{path}", self.page)).body(body.to_string()))
    }

    fn pass(&self, seconds: u64) {
        self.post("clock", &json!({"pass_ms": seconds * 1000}));
    }

    /// The bot's messages that arrived, or are about to: texts, and templates by name.
    fn received(&self) -> Vec<String> {
        let shown = Self::ask(client().get(format!("{}/conversations/1", self.page)));
        let bots = shown["messages"].as_array().unwrap().iter().filter(|message| message["from"] == "bot");
        let arrived = bots.filter(|message| message["status"] != "failed");
        let text = |message: &Json| match message["template"]["id"].as_str() {
            Some(template) => format!("template {template}"),
            None => message["text"].as_str().unwrap().replace("\n\n", "|"),
        };
        arrived.map(text).collect()
    }

    fn account(&self) -> Json {
        Self::ask(client().get(&self.server))["accounts"]["demo"].clone()
    }
}

fn at_all(play: fn(&str)) {
    std::thread::scope(|scope| {
        let plays: Vec<_> =
            DIALECTS.iter().map(|dialect| (dialect.name, scope.spawn(move || play(dialect.name)))).collect();
        let failed: Vec<_> =
            plays.into_iter().filter_map(|(name, play)| play.join().is_err().then_some(name)).collect();
        assert!(failed.is_empty(), "not at {failed:?}: what went wrong stands above");
    });
}

#[test]
fn an_hour_without_the_provider_is_told_of_and_made_up_for() {
    at_all(|dialect| {
        let demo = Demo::of(dialect);
        demo.post("faults", &json!({"standing": "503"}));
        assert_eq!(demo.post("conversations/1/messages", &json!({"text": "hi"}))["webhook"], 200, "{dialect}");
        let sick = wait_for(&format!("{dialect} to be sick"), || {
            demo.pass(2);
            Some(demo.account()).filter(|account| account["healthy"] == false)
        });
        assert!(sick["waiting"].as_u64().unwrap() > 0 && sick["since"].is_string(), "{dialect}: {sick}");
        let line = demo.running.log.wait("a line of it", |line| line.contains("fails again and again"));
        assert!(["demo", "since", "waiting"].iter().all(|word| line.contains(word)), "{dialect}: {line}");
        demo.pass(3600);
        demo.post("faults", &json!({"standing": ""}));
        wait_for(&format!("the messages at {dialect}"), || {
            demo.pass(60);
            (demo.received().join("|") == "One.|Two.").then_some(())
        });
        wait_for(&format!("{dialect} to be well"), || (demo.account()["healthy"] == true).then_some(()));
        demo.running.log.wait("a line of its end", |line| line.contains("works again"));
        assert_eq!(demo.received().join("|"), "One.|Two.", "{dialect}: once");
    });
}

#[test]
fn a_window_that_was_closed_after_all_gets_one_template() {
    at_all(|dialect| {
        let demo = Demo::of(dialect);
        let closed = "not_delivered:131047: Re-engagement message";
        demo.post("faults", &json!({"next": [closed, closed]}));
        assert_eq!(demo.post("conversations/1/messages", &json!({"text": "hi"}))["webhook"], 200, "{dialect}");
        wait_for(&format!("the template at {dialect}"), || (demo.received() == ["template reopen"]).then_some(()));
        wait_for(&format!("{dialect} to be done"), || (demo.account()["waiting"] == 0).then_some(()));
        assert_eq!(demo.received(), ["template reopen"], "{dialect}: once");
    });
}
