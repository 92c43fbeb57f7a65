//! The emulated get.chat, Pabbly and Cloud API over real HTTP: what the providers' own code makes of each, and what each refuses.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use frontdesk::config::IMITATIONS;
use frontdesk::domain::{
    AssetRef, Assigned, Assignee, Body, Card, DeliveryStatus, Effect, Event, Finding, Found, Inquiry, Interactive,
    Location, Media, MediaKind, MediaSource, Menu, MessageKind, Outcome, Pin, Pressable, ShownOption, State,
    Undelivered, WhatsAppForm,
};
use frontdesk::sandbox::DIALECTS;
use serde_json::{Value as Json, json};

use crate::cases;
use crate::harness::{Home, wait_for};
use crate::sandbox::{Stage, kind, names, row, say, template};

/// The three over WhatsApp.
const WHATSAPP: [&str; 3] = ["getchat", "pabbly", "whatsapp-cloud"];
/// The phone of conversation 1.
const PHONE: &str = "79260000001";

#[test]
fn every_dialect_is_an_imitation() {
    let dialects: BTreeSet<_> = DIALECTS.iter().map(|dialect| (dialect.name, dialect.provider)).collect();
    let imitations: BTreeSet<_> = IMITATIONS.iter().map(|one| (one.dialect, one.provider)).collect();
    assert_eq!(dialects, imitations);
}

fn state() -> State {
    let json = json!({
        "conversation": {
            "id": "ours", "account": "c", "bot": "c", "channel": "whatsapp_business", "external_id": PHONE, "channel_id": null,
            "owner": "bot", "hush": 0, "incoming": 1,
        },
        "contact": {"id": "person", "phone": format!("+{PHONE}")},
    });
    serde_json::from_value(json).unwrap()
}

impl Stage {
    /// A customer does something; so many webhooks tell of it, and the account understands each.
    async fn customer(&self, what: Json, webhooks: usize) -> Vec<Event> {
        let told = self.post("conversations/1/messages", what).await;
        assert_eq!(told["webhook"], 200);
        let bodies = self.take(webhooks).await;
        self.events(&bodies)
    }

    /// The last message of conversation 1, once it is on the phone.
    async fn arrived(&self, count: usize) -> Json {
        let shown = self.get(&format!("conversations/1?bot={count}")).await;
        shown["messages"].as_array().unwrap().last().unwrap().clone()
    }
}

/// get.chat tells of a customer's message twice.
fn told_times(name: &str) -> usize {
    if name == "getchat" { 2 } else { 1 }
}

async fn written(name: &str) -> Stage {
    let stage = Stage::imitating(name, "").await;
    stage.customer(json!({"text": "hi", "name": "Anna"}), told_times(name)).await;
    stage
}

#[tokio::test]
async fn customers_write_send_and_press() {
    for name in WHATSAPP {
        let stage = Stage::imitating(name, "").await;
        let times = told_times(name);
        let events = stage.customer(json!({"text": "hi", "name": "Anna"}), times).await;
        let keys: HashSet<_> = events.iter().map(|event| event.key.clone()).collect();
        assert_eq!((events.len(), keys.len()), (times, 1), "{name}: one message, however often it is told of");
        let thread = &events[0].thread;
        assert_eq!((thread.conversation.as_str(), thread.name.as_deref()), (PHONE, Some("Anna")), "{name}");
        let put = stage.client.post(format!("{}/sandbox/files?name=tooth.png", stage.address)).body("a picture");
        let put: Json = serde_json::from_str(&put.send().await.unwrap().text().await.unwrap()).unwrap();
        let events = stage.customer(json!({"text": "my tooth", "files": [{"id": put["id"]}]}), times).await;
        let Body::Message(message) = &events[0].body else { panic!("{name}: {events:?}") };
        assert_eq!((message.kind, message.text.as_str()), (MessageKind::Image, "my tooth"), "{name}");
        let url = message.attachments[0].url.clone().unwrap();
        assert_eq!(stage.client.get(url).send().await.unwrap().text().await.unwrap(), "a picture", "{name}");
        let events = stage.customer(json!({"location": {"latitude": 55.75, "longitude": 37.62}}), times).await;
        assert!(matches!(&events[0].body, Body::Message(m) if m.location.is_some()), "{name}: {events:?}");
        stage.send(&mut row(&menu(true)), &state()).await;
        let shown = stage.arrived(1).await;
        stage.take(if name == "getchat" { 3 } else { 2 }).await;
        let press = json!({"press": {"message": shown["id"], "option": "b"}});
        let events = stage.customer(press, times).await;
        let Body::Message(message) = &events[0].body else { panic!("{name}: {events:?}") };
        assert_eq!((message.option.as_deref(), message.text.as_str()), (Some("b"), "Book"), "{name}");
        let odd = stage.client.post(format!("{}/sandbox/conversations/1/messages", stage.address));
        let odd = odd.body(json!({"press": {"message": shown["id"], "option": "z"}}).to_string()).send().await.unwrap();
        assert_eq!(odd.status(), 400, "{name}: what is not there cannot be pressed");
    }
}

fn menu(is_list: bool) -> Effect {
    let option = |id: &str, title: &str| ShownOption { id: id.into(), title: title.into(), description: String::new() };
    let list = is_list.then(|| "Choose".to_owned());
    Effect::Menu(Menu { text: "What?".into(), list, options: vec![option("a", "Ask"), option("b", "Book")] })
}

fn picture(source: MediaSource) -> Effect {
    Effect::Media(Media { kind: MediaKind::Image, source, name: None, caption: "The map".into() })
}

fn form() -> Effect {
    let form =
        WhatsAppForm { id: "987".into(), button: "Fill in".into(), screen: "START".into(), data: json!({"a": 1}) };
    Effect::Interactive(Interactive { text: "Tell us".into(), what: Pressable::Form(form) })
}

fn cards() -> Effect {
    let card = Card { name: "Anna Berg".into(), phones: vec!["+49 151 1".into()], ..Card::default() };
    Effect::Contacts { cards: vec![card] }
}

fn pin() -> Effect {
    let at = Location { latitude: 55.75, longitude: 37.62 };
    Effect::Pin(Pin { at, name: "The clinic".into(), address: String::new() })
}

#[tokio::test]
async fn all_that_can_be_sent_is_on_the_phone() {
    let link = || picture(MediaSource::Url("https://example.com/map.png".into()));
    let file = || {
        picture(MediaSource::File(AssetRef {
            path: "map.png".into(),
            hash: "ab".repeat(32),
            mime: "image/png".into(),
            size: 0,
        }))
    };
    for name in WHATSAPP {
        let stage = written(name).await;
        let cases = [
            (say("Hello\nthere"), "accepted", json!({"text": "Hello\nthere", "status": "delivered"})),
            (menu(true), "accepted", json!({"text": "What?", "pressable": {"kind": "list", "opener": "Choose"}})),
            (
                menu(false),
                "accepted",
                json!({"pressable": {"kind": if name == "pabbly" { "list" } else { "buttons" }}}),
            ),
            (link(), "accepted", json!({"text": "The map", "files": [{"name": "map.png", "mime": "image/png"}]})),
            (file(), if name == "pabbly" { "rejected" } else { "accepted" }, json!({"files": [{"mime": "image/png"}]})),
            (
                pin(),
                if name == "pabbly" { "rejected" } else { "accepted" },
                json!({"location": {"name": "The clinic"}}),
            ),
            (form(), if name == "pabbly" { "rejected" } else { "accepted" }, json!({"pressable": {"kind": "form"}})),
            (cards(), if name == "pabbly" { "rejected" } else { "accepted" }, json!({"text": "Anna Berg\n+49 151 1"})),
            (template(&["Anna"]), "accepted", json!({"template": {"id": "reopen_chat", "parameters": ["Anna"]}})),
        ];
        let mut sent = 0;
        for (effect, want, shows) in cases {
            let outcome = stage.send(&mut row(&effect), &state()).await;
            assert_eq!(kind(&outcome), want, "{name} {effect:?}: {outcome:?}");
            if want == "accepted" {
                sent += 1;
                let shown = settled(&stage, sent).await;
                assert!(holds(&shown, &shows), "{name} {shows}: {shown}");
            }
        }
    }
}

/// The last message, once nothing is on its way.
async fn settled(stage: &Stage, count: usize) -> Json {
    loop {
        let last = stage.arrived(count).await;
        if last["status"] != "sending" {
            return last;
        }
        tokio::task::yield_now().await;
    }
}

/// Is all of `part` in `whole`?
fn holds(whole: &Json, part: &Json) -> bool {
    match (whole, part) {
        (Json::Object(whole), Json::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| holds(whole, part)))
        }
        (Json::Array(whole), Json::Array(part)) => {
            whole.len() >= part.len() && whole.iter().zip(part).all(|(whole, part)| holds(whole, part))
        }
        _ => whole == part,
    }
}

#[tokio::test]
async fn statuses_follow_until_the_message_is_read() {
    for name in WHATSAPP {
        let stage = written(name).await;
        let outcome = stage.send(&mut row(&say("Hello")), &state()).await;
        assert_eq!(kind(&outcome), "accepted");
        settled(&stage, 1).await;
        stage.post("conversations/1/read", json!({})).await;
        let count = if name == "getchat" { 4 } else { 3 };
        let events = stage.events(&stage.take(count).await);
        let statuses: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.body {
                Body::Delivery(delivery) => Some((delivery.status.clone(), delivery.message.clone())),
                _ => None,
            })
            .collect();
        let words: Vec<_> = statuses.iter().map(|(status, _)| status.clone()).collect();
        assert_eq!(words, [DeliveryStatus::Sent, DeliveryStatus::Delivered, DeliveryStatus::Read], "{name}");
        let Outcome::Accepted { message, .. } = outcome else { unreachable!() };
        assert!(statuses.iter().all(|(_, of)| *of == message), "{name}: {statuses:?} of {message:?}");
    }
}

#[tokio::test]
async fn a_closed_window_is_told_by_a_status() {
    for name in WHATSAPP {
        let stage = Stage::imitating(name, "").await;
        let yesterday = chrono::Utc::now().timestamp() - 30 * 3600;
        stage.customer(json!({"text": "hi", "created_at_timestamp": yesterday}), told_times(name)).await;
        assert_eq!(kind(&stage.send(&mut row(&say("too late")), &state()).await), "accepted", "{name}");
        let events = stage.events(&stage.take(if name == "getchat" { 3 } else { 2 }).await);
        let closed = |event: &Event| matches!(&event.body, Body::Delivery(of) if matches!(of.status, DeliveryStatus::Failed { why: Undelivered::WindowClosed, .. }));
        assert!(events.iter().any(closed), "{name}: {events:?}");
        assert_eq!(kind(&stage.send(&mut row(&template(&["Anna"])), &state()).await), "accepted", "{name}");
    }
}

#[tokio::test]
async fn faults_read_as_they_should() {
    for name in WHATSAPP {
        let stage = written(name).await;
        let cases = [
            ("503", "not sent"),
            ("429:1", "limited"),
            ("500", "unknown"),
            ("break_before", "unknown"),
            ("break_after", "unknown"),
            ("garbage", "unknown"),
            ("401", "denied"),
            ("404", "rejected"),
            ("not_delivered:131026: no such contact", "accepted"),
        ];
        for (fault, want) in cases {
            stage.post("faults", json!({"next": [fault]})).await;
            let outcome = stage.send(&mut row(&say(fault)), &state()).await;
            assert_eq!(kind(&outcome), want, "{name} {fault}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn getchat_finds_what_was_sent_and_answered_by_nobody() {
    let stage = written("getchat").await;
    stage.post("faults", json!({"next": ["break_after", "break_before"]})).await;
    let (mut sent, mut lost) = (row(&say("sent")), row(&say("lost")));
    for row in [&mut sent, &mut lost] {
        assert_eq!(kind(&stage.send(row, &state()).await), "unknown");
    }
    assert!(matches!(stage.look_up(&mut sent, &state()).await, Found::Sent { .. }));
    assert_eq!(stage.look_up(&mut lost, &state()).await, Found::Absent);
}

#[tokio::test]
async fn getchat_assigns_labels_and_is_told_of_it() {
    let stage = written("getchat").await;
    let to = |id: &str, group| Effect::Assign { to: Some(Assignee { id: id.into(), group, ..Assignee::default() }) };
    let tags = |add: &[&str], remove: &[&str]| Effect::Tags {
        add: add.iter().map(|tag| (*tag).to_owned()).collect(),
        remove: remove.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    let cases = [
        (to("7", false), json!({"assignee": 7, "group": null})),
        (to("1", true), json!({"assignee": null, "group": 1})),
        (Effect::Assign { to: None }, json!({"assignee": null, "group": null})),
        (tags(&["vip", "booking"], &[]), json!({"tags": ["booking", "vip"]})),
        (tags(&["new"], &["vip"]), json!({"tags": ["booking", "new"]})),
    ];
    for (effect, shows) in cases {
        let outcome = stage.send(&mut row(&effect), &state()).await;
        assert_eq!(kind(&outcome), "accepted", "{effect:?}: {outcome:?}");
        let shown = stage.get("conversations/1").await;
        assert!(holds(&shown, &shows), "{shows}: {shown}");
    }
    assert_eq!(kind(&stage.send(&mut row(&to("99", false)), &state()).await), "rejected", "there is no such user");
    assert_eq!(kind(&stage.send(&mut row(&Effect::Resolve), &state()).await), "accepted");
    assert_eq!(stage.get("conversations/1").await["archived"], true);
    // Three assignments and four labels of its own are no news to it; who closed the chat get.chat does not say.
    assert_eq!(names(&stage.events(&stage.take(8).await)), ["resolved"]);
    let cases = [
        (json!({"assign": 8}), 1, "assigned"),
        (json!({"assign": 23}), 2, "assigned"),
        (json!({"assign": null}), 1, "assigned"),
        (json!({"assign_group": 3}), 1, "assigned"),
        (json!({"tag": "urgent"}), 1, "tagged"),
        (json!({"untag": "urgent"}), 1, "tagged"),
        (json!({"resolve": true}), 1, "resolved"),
    ];
    for (deed, webhooks, want) in cases {
        stage.post("conversations/1/people", deed.clone()).await;
        let events = stage.events(&stage.take(webhooks).await);
        assert_eq!(events[0].body.name(), want, "{deed}: {events:?}");
        if deed == json!({"assign": 23}) {
            assert!(matches!(&events[0].body, Body::Assigned(Assigned::Us)), "{events:?}");
        }
    }
    stage.post("conversations/1/human", json!({"text": "Boris here"})).await;
    let events = stage.events(&stage.take(1).await);
    assert!(matches!(&events[0].body, Body::Outgoing(out) if out.text == "Boris here"), "{events:?}");
}

#[tokio::test]
async fn pabbly_keeps_tags_and_notes_of_the_contact() {
    let stage = written("pabbly").await;
    let tags = Effect::Tags { add: vec!["vip".into()], remove: Vec::new() };
    for effect in [tags, Effect::Note { text: "two\nlines".into(), to: None }] {
        let outcome = stage.send(&mut row(&effect), &state()).await;
        assert_eq!(kind(&outcome), "accepted", "{effect:?}: {outcome:?}");
    }
    let shown = stage.get("conversations/1").await;
    assert!(holds(&shown, &json!({"tags": ["vip"], "attributes": {"note": "two\nlines"}})), "{shown}");
    stage.post("settings", json!({"tags": ["vip"]})).await;
    let unknown = Effect::Tags { add: vec!["unheard of".into()], remove: Vec::new() };
    assert_eq!(kind(&stage.send(&mut row(&unknown), &state()).await), "rejected");
    stage.post("conversations/1/human", json!({"text": "Boris here"})).await;
    let events = stage.events(&stage.take(1).await);
    assert!(matches!(&events[0].body, Body::Outgoing(out) if out.text == "Boris here"), "{events:?}");
}

#[tokio::test]
async fn the_cloud_is_set_up_checked_and_limited() {
    let stage = written("whatsapp-cloud").await;
    let is_well = |finding: &Finding| matches!(finding, Finding::Report(lines) if lines.iter().all(|line| line.well));
    let url = format!("{}/webhooks/c", stage.server);
    for inquiry in [Inquiry::Setup { url: url.clone() }, Inquiry::Check { url: Some(url) }] {
        let finding = stage.ask(&inquiry).await;
        assert!(is_well(&finding), "{finding:?}");
    }
    stage.post("conversations/1/human", json!({"text": "Boris here"})).await;
    let events = stage.events(&stage.take(1).await);
    assert!(matches!(&events[0].body, Body::Outgoing(out) if out.text == "Boris here"), "{events:?}");
    let mut outcome = stage.send(&mut row(&say("1")), &state()).await;
    for n in 2..=46 {
        assert_eq!(kind(&outcome), "accepted", "{n}");
        outcome = stage.send(&mut row(&say(&n.to_string())), &state()).await;
    }
    assert!(matches!(&outcome, Outcome::Limited { why, .. } if why.contains("131056")), "{outcome:?}");
}

#[tokio::test]
async fn templates_are_listed_page_by_page() {
    for name in WHATSAPP {
        let stage = written(name).await;
        let one = |n: usize| json!({"waba_id": n.to_string(), "name": format!("t{n}"), "body": "Hello {{1}}"});
        stage.post("settings", json!({"templates": (0..120).map(one).collect::<Vec<_>>()})).await;
        let Finding::Templates(found) = stage.ask(&Inquiry::Templates).await else { panic!("{name}") };
        assert_eq!((found.len(), found[119].name.as_str(), found[119].params), (120, "t119", 1), "{name}");
    }
}

/// Of what Pabbly's list leaves out, each template is asked for by itself.
#[tokio::test]
async fn pabbly_is_asked_for_what_its_list_leaves_out() {
    let stage = written("pabbly").await;
    let one = |n: usize| json!({"waba_id": n.to_string(), "name": format!("t{n}"), "body": "Hello {{1}}", "brief": n.is_multiple_of(2)});
    stage.post("settings", json!({"templates": (0..60).map(one).collect::<Vec<_>>()})).await;
    let Finding::Templates(found) = stage.ask(&Inquiry::Templates).await else { panic!("no templates") };
    let params: Vec<_> = found.iter().map(|entry| entry.params).collect();
    assert_eq!(params, vec![1; 60]);
}

/// Method and path, body, status, and words of the answer.
type Strict = (String, Json, u16, String);

/// Each dialect refuses what its document does not allow, and says why: `tests/data/dialects/NAME.json`.
#[tokio::test]
async fn calls_are_checked_strictly() {
    let templates = json!([
        {"waba_id": "1", "name": "visit", "body": "See you on {{1}}"}, {"waba_id": "2", "name": "paused", "status": "PAUSED"},
    ]);
    for (name, file, _) in cases::files("dialects", "json", WHATSAPP.len()) {
        let stage = written(&name).await;
        stage.post("settings", json!({"templates": templates})).await;
        if name == "pabbly" {
            stage.post("settings", json!({"tags": ["vip"]})).await;
        }
        let cases: Vec<Strict> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let scheme = if name == "getchat" { "Token token" } else { "Bearer token" };
        for (call, body, want, words) in &cases {
            let (status, text) = asked(&stage, call, body, scheme).await;
            assert!(status == *want && text.contains(words.as_str()), "{name} {call} {body}: {status} {text}");
        }
        let (call, body, ..) = &cases
            .iter()
            .find(|case| case.0.starts_with("POST") && case.0.contains("/messages") && case.2 < 300)
            .unwrap();
        let denied = if name == "getchat" { [403, 401, 403] } else { [401, 401, 401] };
        for (scheme, want) in ["", &scheme.replace(" token", " guess"), "Basic token"].into_iter().zip(denied) {
            assert_eq!(asked(&stage, call, body, scheme).await.0, want, "{name}: `{scheme}`");
        }
        let (method, path) = call.split_once(' ').unwrap();
        let plain = stage.client.request(method.parse().unwrap(), format!("{}{path}", stage.address));
        let plain = plain.header("authorization", scheme).header("content-type", "text/plain").body(body.to_string());
        let status = plain.send().await.unwrap().status();
        assert!(status.is_client_error(), "{name}: JSON must say that it is JSON, {status}");
    }
}

async fn asked(stage: &Stage, call: &str, body: &Json, authorization: &str) -> (u16, String) {
    let (method, path) = call.split_once(' ').unwrap();
    let mut request = stage.client.request(method.parse().unwrap(), format!("{}{path}", stage.address));
    if !authorization.is_empty() {
        request = request.header("authorization", authorization);
    }
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.timeout(Duration::from_secs(20)).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// `provider: sandbox`: the server is its own provider, whoever that imitates, with what goes wrong there, and serves the phone.
#[test]
fn a_server_is_its_own_provider() {
    let account = |one: &frontdesk::config::Imitation| {
        format!(
            "  my-{}: {{provider: sandbox, imitates: {}, bot: desk, faults: {{next: [503], webhooks: {{duplicates: true}}}}}}\n",
            one.name, one.name
        )
    };
    let accounts: String = IMITATIONS.iter().map(account).collect();
    let home = Home::new(&[
        ("frontdesk.yaml", &format!("listen: 127.0.0.1:0\naccounts:\n{accounts}")),
        ("bots/desk/bot.yaml", "bot: desk\nflows: {hello: {on: message, do: [{say: Hello!}]}}\n"),
    ]);
    let server = home.serve();
    let events = tokio::runtime::Runtime::new().unwrap();
    let client = crate::provider::client();
    let send = |request: reqwest::RequestBuilder| {
        events.block_on(async { request.send().await.unwrap().text().await.unwrap() })
    };
    for one in IMITATIONS {
        let page = server.url(&format!("/sandbox/my-{}", one.name));
        assert!(send(client.get(&page)).contains(&format!("data-page=\"/sandbox/my-{}\"", one.name)), "{page}");
        let messages = format!("{page}/conversations/1/messages");
        let told = send(client.post(&messages).body(r#"{"text": "hi"}"#));
        assert!(told.contains(r#""webhook":200"#), "{}: {told}", one.name);
        let shown: Json = serde_json::from_str(&send(client.get(format!("{messages}?bot=1&within=30000")))).unwrap();
        assert_eq!(shown["messages"][1]["text"], "Hello!", "{}: {shown}", one.name);
        let passed = send(client.post(format!("{page}/clock")).body(r#"{"pass_ms": 1}"#));
        assert!(passed.contains("only a demo's can be moved"), "{passed}");
    }
    let ready: Json = serde_json::from_str(&send(client.get(server.url("/readyz")))).unwrap();
    assert!(ready["accounts"].as_object().unwrap().values().all(|account| account["healthy"] == true), "{ready}");
}

/// What is known of a contact stands in the provider's address book, too, as far as the account says so.
#[test]
fn variables_of_the_contact_are_kept_in_the_address_book() {
    let bot = "bot: desk
flows:
  city: {on: {matches: 'in (?<city>\\w+)'}, do: [{set: {contact.vars.city: '{{ city }}', contact.vars.secret: yes}}, {say: Noted.}]}
  forget: {on: {keywords: [forget]}, do: [{set: {contact.vars.city: ''}}, {say: Forgotten.}]}
";
    let accounts = "  shop: {provider: sandbox, imitates: pabbly, bot: desk, attributes: [city, size]}\n";
    let home = Home::new(&[
        ("frontdesk.yaml", &format!("listen: 127.0.0.1:0\naccounts:\n{accounts}")),
        ("bots/desk/bot.yaml", bot),
    ]);
    let server = home.serve();
    let events = tokio::runtime::Runtime::new().unwrap();
    let client = crate::provider::client();
    let conversation = server.url("/sandbox/shop/conversations/1");
    let send = |request: reqwest::RequestBuilder| {
        events.block_on(async { request.send().await.unwrap().text().await.unwrap() })
    };
    for (text, want) in [("I live in Paris", json!({"city": "Paris"})), ("forget it", json!({}))] {
        send(client.post(format!("{conversation}/messages")).body(json!({"text": text}).to_string()));
        wait_for(&format!("{want} after `{text}`"), || {
            let shown: Json = serde_json::from_str(&send(client.get(&conversation))).unwrap();
            (shown["attributes"] == want).then_some(())
        });
    }
}

/// Reactions, cards, orders and forms of WhatsApp's own reach the bot where they are passed on; elsewhere nobody can send them.
#[test]
fn customers_send_what_whatsapp_alone_has() {
    let account = |name: &&str| format!("  my-{name}: {{provider: sandbox, imitates: {name}, bot: desk}}\n");
    let names = ["getchat", "whatsapp-cloud", "pabbly"];
    let accounts: String = names.iter().map(account).collect();
    let bot = "bot: desk
flows:
  hello: {on: {keywords: [hi]}, do: {say: Hello.}}
  liked: {on: reaction, do: {say: '{{ message.text }}!'}}
  card: {on: contacts, do: {say: '{{ message.contacts[0].name }} {{ message.contacts[0].phones[0] }}'}}
  order: {on: order, do: {say: '{{ message.data.order.product_items[0].quantity }} of {{ message.data.order.product_items[0].product_retailer_id }}'}}
  form: {on: {keywords: [sent]}, do: {say: 'In {{ message.data.form.city }}.'}}
";
    let home = Home::new(&[
        ("frontdesk.yaml", &format!("listen: 127.0.0.1:0\naccounts:\n{accounts}")),
        ("bots/desk/bot.yaml", bot),
    ]);
    let server = home.serve();
    let events = tokio::runtime::Runtime::new().unwrap();
    let client = crate::provider::client();
    let send = |request: reqwest::RequestBuilder| {
        events.block_on(async { request.send().await.unwrap().text().await.unwrap() })
    };
    let cases = [
        (json!({"reaction": {"emoji": "👍"}}), "👍!"),
        (json!({"contacts": [{"name": "Ann Lee", "phones": ["+44 20 7183 8750"]}]}), "Ann Lee +44 20 7183 8750"),
        (json!({"order": {"catalogue": "7", "products": [{"id": "tea", "quantity": 3}]}}), "3 of tea"),
        (json!({"form": {"city": "Paris"}}), "In Paris."),
    ];
    for name in names {
        let messages = server.url(&format!("/sandbox/my-{name}/conversations/1/messages"));
        let said = |count: usize| {
            let shown: Json =
                serde_json::from_str(&send(client.get(format!("{messages}?bot={count}&within=30000")))).unwrap();
            shown["messages"].as_array().unwrap().last().unwrap()["text"].clone()
        };
        let first: Json = serde_json::from_str(&send(client.post(&messages).body(r#"{"text": "hi"}"#))).unwrap();
        assert_eq!(said(1), "Hello.", "{name}");
        for (n, (what, want)) in cases.clone().iter_mut().enumerate() {
            if let Some(reaction) = what.get_mut("reaction") {
                reaction["message"] = first["id"].clone();
            }
            let told = send(client.post(&messages).body(what.to_string()));
            if name == "pabbly" {
                assert!(told.contains("passes on no reactions"), "{told}");
            } else {
                assert!(told.contains(r#""webhook":200"#), "{name}: {told}");
                assert_eq!(said(n + 2), *want, "{name}: {what}");
            }
        }
        let lost = send(client.post(&messages).body(r#"{"reaction": {"message": 1, "emoji": "👍"}}"#));
        assert!(lost.contains("there is no message 1 to react to") != (name == "pabbly"), "{name}: {lost}");
    }
}

/// Where a provider tells the id of a file alone, the bot has an address of it at the server, which passes the file on.
#[test]
fn files_of_contacts_have_an_address_at_the_server() {
    let account = |name: &&str| format!("  my-{name}: {{provider: sandbox, imitates: {name}, bot: desk}}\n");
    let names = ["getchat", "whatsapp-cloud"];
    let accounts: String = names.iter().map(account).collect();
    let bot = "bot: desk\nflows:\n  photo: {on: {attachment: image}, do: {say: '{{ message.attachments[0].url }}'}}\n";
    let home = Home::new(&[
        ("frontdesk.yaml", &format!("listen: 127.0.0.1:0\npublic_url: https://bot.example.com\naccounts:\n{accounts}")),
        ("bots/desk/bot.yaml", bot),
    ]);
    let server = home.serve();
    let events = tokio::runtime::Runtime::new().unwrap();
    let client = crate::provider::client();
    let send = |request: reqwest::RequestBuilder| {
        events.block_on(async {
            let answer = request.send().await.unwrap();
            let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
            (answer.status().as_u16(), kind.unwrap_or_default(), answer.text().await.unwrap())
        })
    };
    for name in names {
        let page = server.url(&format!("/sandbox/my-{name}"));
        let put: Json =
            serde_json::from_str(&send(client.post(format!("{page}/files?name=tooth.png")).body("a picture")).2)
                .unwrap();
        let messages = format!("{page}/conversations/1/messages");
        send(client.post(&messages).body(json!({"files": [{"id": put["id"]}]}).to_string()));
        let shown: Json = serde_json::from_str(&send(client.get(format!("{messages}?bot=1&within=30000"))).2).unwrap();
        let link = shown["messages"][1]["text"].as_str().unwrap();
        let path = link.strip_prefix("https://bot.example.com").unwrap_or_else(|| panic!("{name}: {link}"));
        assert!(path.starts_with(&format!("/media/my-{name}/{}?type=image%2Fpng&key=", put["id"])), "{path}");
        let had = send(client.get(server.url(path)));
        assert_eq!(had, (200, "image/png".into(), "a picture".into()), "{name}");
        let bent = path.replacen(&format!("/{}?", put["id"]), "/999?", 1);
        assert_eq!(send(client.get(server.url(&bent))).0, 404, "{name}: an address opens its own file alone");
    }
}

/// A provider that takes addresses alone is given one of this server for each file of the bot's folder.
#[test]
fn files_of_the_folder_have_an_address_where_none_can_be_put_up() {
    let bot = "bot: desk\nflows:\n  map: {on: message, do: {say: See the map., image: map.png}}\n";
    let home = Home::new(&[
        (
            "frontdesk.yaml",
            "listen: 127.0.0.1:0\npublic_url: https://bot.example.com\naccounts:\n  shop: {provider: sandbox, imitates: pabbly, bot: desk}\n",
        ),
        ("bots/desk/bot.yaml", bot),
        ("bots/desk/map.png", "a map"),
    ]);
    let checked = home.run(&["check"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(0), ""), "with `public_url` the file fits");
    let server = home.serve();
    let events = tokio::runtime::Runtime::new().unwrap();
    let client = crate::provider::client();
    let send = |request: reqwest::RequestBuilder| {
        events.block_on(async { request.send().await.unwrap().text().await.unwrap() })
    };
    let messages = server.url("/sandbox/shop/conversations/1/messages");
    send(client.post(&messages).body(r#"{"text": "hi"}"#));
    let shown: Json = serde_json::from_str(&send(client.get(format!("{messages}?bot=1&within=30000")))).unwrap();
    let file = &shown["messages"][1]["files"][0];
    let path = file["url"].as_str().and_then(|url| url.strip_prefix("https://bot.example.com"));
    let path = path.unwrap_or_else(|| panic!("{shown}"));
    assert!(path.starts_with("/media/shop/own-"), "{path}");
    assert_eq!(send(client.get(server.url(path))), "a map");
}
