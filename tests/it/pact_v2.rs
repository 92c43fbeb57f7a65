//! Pact V2 over real HTTP: the emulated provider as strict as the document, the provider's own code against it, and the real program.

use std::sync::Arc;

use frontdesk::domain::{
    AssetRef, Assignee, Body, DeliveryStatus, Effect, Finding, Found, Inquiry, Location, Media, MediaKind, MediaSource,
    MessageId, Outcome, Pin, Undelivered,
};
use serde_json::{Value as Json, json};

use crate::desk::{Desk, now};
use crate::sandbox::{Stage, kind, names, row, say, state, template};

#[tokio::test]
async fn rows_are_sent() {
    let stage = Stage::with_customer_of("v2").await;
    let outcome = stage.send(&mut row(&say("Hello & welcome\n+ 5 ₽")), &state()).await;
    let Outcome::Accepted { message: Some(id), job: None } = outcome else { panic!("{outcome:?}") };
    let events = stage.events(&stage.take(2).await);
    assert_eq!(names(&events), ["outgoing", "delivery"]);
    assert!(matches!(&events[0].body, Body::Outgoing(out) if out.message.as_ref() == Some(&id)), "{events:?}");
    let to = Assignee { id: "42".into(), ..Assignee::default() };
    for effect in [
        template(&["Anna", "5 March"]),
        Effect::Note { text: "two\nlines".into(), to: None },
        Effect::Assign { to: Some(to) },
        Effect::Pin(Pin {
            at: Location { latitude: 55.75, longitude: 37.62 },
            name: "The clinic".into(),
            address: String::new(),
        }),
    ] {
        let outcome = stage.send(&mut row(&effect), &state()).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{effect:?}: {outcome:?}");
    }
    let shown = stage.get("conversations/1?bot=3").await;
    assert_eq!((&shown["note"], &shown["assignee"]), (&json!("two\nlines"), &json!(42)));
    assert_eq!(shown["messages"][2]["template"]["parameters"], json!(["Anna", "5 March"]));
    assert_eq!(shown["messages"][3]["text"], "The clinic\nhttps://www.google.com/maps?q=55.75,37.62");
    stage.send(&mut row(&Effect::Assign { to: None }), &state()).await;
    assert_eq!(stage.get("conversations/1").await["assignee"], Json::Null);
    for (effect, archived) in [(Effect::Resolve, true), (Effect::Reopen, false)] {
        assert_eq!(kind(&stage.send(&mut row(&effect), &state()).await), "accepted", "{effect:?}");
        assert_eq!(stage.get("conversations/1").await["archived"], archived, "{effect:?}");
    }
}

fn picture(source: MediaSource, caption: &str) -> Effect {
    Effect::Media(Media { kind: MediaKind::Image, source, name: None, caption: caption.into() })
}

/// In both versions: a file is uploaded and sent, its address is handed on, and the list has it.
#[tokio::test]
async fn files_are_sent() {
    for api in ["v1", "v2"] {
        let stage = Stage::with_customer_of(api).await;
        let file = AssetRef { path: "map.png".into(), hash: "ab".repeat(32), mime: "image/png".into(), size: 0 };
        let mut sent = row(&picture(MediaSource::File(file), "See the map"));
        let outcome = stage.send(&mut sent, &state()).await;
        assert_eq!(kind(&outcome), "accepted", "{api}: {outcome:?}");
        let url = MediaSource::Url("https://example.com/a.jpg".into());
        assert_eq!(kind(&stage.send(&mut row(&picture(url, "")), &state()).await), "accepted");
        let shown = stage.get("conversations/1?bot=2").await;
        let files = |n: usize| shown["messages"][n]["files"][0].clone();
        assert_eq!((&files(1)["name"], &files(1)["mime"]), (&json!("map.png"), &json!("image/png")), "{shown}");
        assert_eq!(
            (&shown["messages"][1]["text"], &files(2)["url"]),
            (&json!("See the map"), &json!("https://example.com/a.jpg"))
        );
        let url = format!("{}/sandbox/files/{}", stage.address, files(1)["id"]);
        let answer = stage.client.get(url).send().await.unwrap();
        assert_eq!(
            (answer.headers()["content-type"].as_bytes(), answer.headers()["x-content-type-options"].as_bytes()),
            (&b"image/png"[..], &b"nosniff"[..])
        );
        assert_eq!(answer.text().await.unwrap(), "a picture");
        let found = async {
            while !matches!(stage.look_up(&mut sent, &state()).await, Found::Sent { .. }) {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(std::time::Duration::from_secs(10), found).await.is_ok(), "{api}");
    }
}

#[tokio::test]
async fn a_reply_quotes_what_it_answers() {
    let stage = Stage::with_customer_of("v2").await;
    stage.post("conversations/1/messages", json!({"text": "this one?"})).await;
    let events = stage.events(&stage.take(1).await);
    let Body::Message(message) = &events[0].body else { panic!("{events:?}") };
    let mut sent = row(&say("Yes."));
    Arc::make_mut(&mut sent.decided).reply_to = message.id.clone();
    stage.send(&mut sent, &state()).await;
    assert_eq!(
        stage.get("conversations/1?bot=1").await["messages"][2]["reply_to"],
        json!(message.id.as_ref().map(MessageId::as_str))
    );
}

#[tokio::test]
async fn the_window_closes_by_an_update() {
    let stage = Stage::speaking("v2").await;
    let yesterday = now() - 30 * 3600;
    stage.post("conversations/1/messages", json!({"text": "hi", "created_at_timestamp": yesterday})).await;
    stage.take(2).await;
    assert_eq!(kind(&stage.send(&mut row(&say("too late")), &state()).await), "accepted");
    let events = stage.events(&stage.take(2).await);
    let closed = |body: &Body| matches!(body, Body::Delivery(delivery) if matches!(delivery.status, DeliveryStatus::Failed { why: Undelivered::WindowClosed, .. }));
    assert!(closed(&events[1].body), "{events:?}");
}

/// In both versions: an account without a webhook says so, set-up registers it, and then all is well; the list of templates is read whole.
#[tokio::test]
async fn an_account_is_set_up_and_checked() {
    for api in ["v1", "v2"] {
        let stage = Stage::speaking(api).await;
        let url = format!("{}/webhooks/c", stage.server);
        let is_well =
            |finding: &Finding| matches!(finding, Finding::Report(lines) if lines.iter().all(|line| line.well));
        let check = Inquiry::Check { url: Some(url.clone()) };
        let before = stage.ask(&check).await;
        assert!(!is_well(&before), "{api}: {before:?}");
        let done = stage.ask(&Inquiry::Setup { url: url.clone() }).await;
        assert!(is_well(&done), "{api}: {done:?}");
        let after = stage.ask(&check).await;
        assert!(is_well(&after), "{api}: {after:?}");
        let template = |n: u32| json!({"waba_id": format!("t{n}"), "name": format!("T {n}"), "substitutions_count": 1});
        let templates: Vec<_> = (0..120).map(template).collect();
        stage.post("settings", json!({ "templates": templates })).await;
        let Finding::Templates(found) = stage.ask(&Inquiry::Templates).await else { panic!("no templates") };
        assert_eq!((found.len(), found[119].id.as_str(), found[119].params), (120, "t119", 1), "{api}");
    }
}

/// Method, path under `/api/p2`, body, and the status that it must get.
type Strict = (&'static str, &'static str, &'static str, u16);

#[tokio::test]
async fn calls_are_checked_strictly() {
    let stage = Stage::with_customer_of("v2").await;
    let cases: &[Strict] = &[
        ("GET", "/conversations", r#"{"company_id": 154, "page": 1}"#, 200),
        ("GET", "/conversations", r#"{"page": 1}"#, 422),
        ("GET", "/conversations", r#"{"company_id": "154"}"#, 422),
        ("GET", "/conversations", r#"{"company_id": 155}"#, 404),
        ("GET", "/conversations", "company_id=154", 422),
        ("GET", "/conversations/1", r#"{"company_id": 154}"#, 200),
        ("GET", "/conversations/2", r#"{"company_id": 154}"#, 404),
        ("PUT", "/conversations/1", r#"{"company_id": 154, "operational_state": "archived"}"#, 200),
        ("PUT", "/conversations/1", r#"{"company_id": 154, "operational_state": "gone"}"#, 422),
        ("PUT", "/conversations/1", r#"{"company_id": 154, "assignee_id": "anna"}"#, 422),
        ("PUT", "/conversations/1", r#"{"company_id": 154, "note": "x"}"#, 422),
        ("GET", "/conversations/1/messages", r#"{"company_id": 154}"#, 200),
        ("GET", "/conversations/1/messages", r#"{"company_id": 154, "page": "1"}"#, 422),
        ("GET", "/conversations/1/messages/101", r#"{"company_id": 154}"#, 200),
        ("GET", "/conversations/1/messages/1", r#"{"company_id": 154}"#, 404),
        ("POST", "/conversations/1/messages", r#"{"company_id": 154}"#, 422),
        ("POST", "/conversations/1/messages", r#"{"company_id": 154, "message": "hi"}"#, 422),
        ("POST", "/conversations/1/messages", r#"{"company_id": 154, "text": 1}"#, 422),
        (
            "POST",
            "/messages",
            r#"{"company_id": 154, "provider": "whatsapp_business", "phone": "79250000001", "text": "hi"}"#,
            422,
        ),
        ("POST", "/messages", r#"{"company_id": 154, "provider": "viber", "phone": "79250000001", "text": "hi"}"#, 422),
        (
            "POST",
            "/messages",
            r#"{"company_id": 154, "provider": "whatsapp", "phone": "+79250000001", "text": "hi"}"#,
            422,
        ),
        ("GET", "/waba_templates", r#"{"company_ids": [154]}"#, 200),
        ("GET", "/waba_templates", r#"{"company_ids": "154"}"#, 422),
        ("GET", "/companies/154/webhooks", "", 200),
        ("POST", "/companies/154/webhooks", r"{}", 422),
        ("POST", "/companies/155/webhooks", r#"{"url": "http://x.test"}"#, 404),
        ("PUT", "/companies/154/webhooks/99", r#"{"url": "http://x.test", "active": true}"#, 404),
    ];
    for (method, path, body, want) in cases {
        let url = format!("{}/api/p2{path}", stage.address);
        let request = stage.client.request(method.parse().unwrap(), url).header("X-Private-Api-Token", "token");
        let answer = request.header("content-type", "application/json").body(*body).send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, *want, "{method} {path} {body}: {text}");
    }
    let bare = stage.client.get(format!("{}/api/p2/conversations", stage.address)).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    assert!(bare.text().await.unwrap().contains("No token provided"));
}

/// The sixth send within a second is refused, with the seconds in words, and read so.
#[tokio::test]
async fn limits_are_kept() {
    let stage = Stage::with_customer_of("v2").await;
    let mut outcomes = Vec::new();
    for n in 0..31 {
        outcomes.push(stage.send(&mut row(&say(&n.to_string())), &state()).await);
    }
    let waits = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Limited { after: Some(_), .. })).count();
    let taken = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Accepted { .. })).count();
    assert!(waits > 0 && taken <= 30 && waits + taken == 31, "{outcomes:?}");
}

/// Webhooks doubled, overtaken and late, every third send refused: in both versions each message gets its reply once, and no echo
/// silences the bot.
#[test]
fn trouble_on_the_way_changes_nothing() {
    for api in ["v1", "v2"] {
        let desk = Desk::speaking(api);
        desk.provider.faults(&json!({
            "every": [{"nth": 3, "fault": "429:1"}],
            "webhooks": {"duplicates": true, "disorder": true, "delay_ms": 20},
        }));
        for _ in 0..4 {
            desk.provider.say(1, "price");
            desk.settle(1);
        }
        desk.expect(1, &["It is 30."; 4]);
    }
}

/// The real program: texts, doubled webhooks, a human, and the template outside the window.
#[test]
fn the_program_speaks_v2() {
    let desk = Desk::speaking("v2");
    for text in ["What is the PRICE?", "twins"] {
        assert_eq!(desk.provider.say(1, text), Some(200), "{text}");
        desk.settle(1);
    }
    desk.expect(1, &["It is 30.", "Same.", "Same."]);
    let webhook = json!({"event": "create", "type": "message", "object": {
        "id": 7_000_001, "external_id": "wamid.A==", "company_id": 154, "conversation_id": 1, "contact_id": 3,
        "replied_to_id": null, "created_at": "2025-02-05T09:01:48.514Z", "external_created_at": now().to_string(),
        "income": true, "status": "created", "message": "price", "reactions": [], "details": null, "attachments": [],
    }});
    assert_eq!(desk.hook_all(&vec![webhook; 5]), [200; 5]);
    assert_eq!(desk.hook(&desk.incoming(1, "price")), 200, "V1's description is answered, and nothing more");
    desk.expect(1, &["It is 30.", "Same.", "Same.", "It is 30."]);
    desk.provider.human(1, "Anna here");
    desk.provider.say(1, "price");
    desk.expect(1, &["It is 30.", "Same.", "Same.", "It is 30."]);
    let late = json!({
        "text": "price", "name": "Ann", "phone": "+79260000002", "channel": "whatsapp_business",
        "created_at_timestamp": now() - 30 * 3600,
    });
    assert_eq!(desk.provider.write(2, &late), Some(200));
    desk.expect(2, &["template \"reopen\" [\"Ann\"]"]);
    // The template's echo silences nobody, and the customer's answer opens the window.
    desk.provider.say(2, "price");
    desk.expect(2, &["template \"reopen\" [\"Ann\"]", "It is 30."]);
}
