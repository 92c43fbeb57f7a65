//! The real program before a Pabbly that is as strict as its document.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post, put};
use axum::{Json as Body, Router};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::desk::now;
use crate::harness::{Home, Server, wait_for};

const TOKEN: &str = "the-right-token";
const CONTACT: &str = "69d5f9e61a8e351b00000001";
const PHONE: &str = "79260000001";

/// What Pabbly took, in order.
#[derive(Default)]
struct Taken {
    messages: Vec<Json>,
    changes: Vec<Json>,
    known: bool,
}

type Shared = State<Arc<Mutex<Taken>>>;
type Answer = (StatusCode, Body<Json>);

fn refused(status: StatusCode, why: &str) -> Answer {
    (status, Body(json!({"success": false, "error": why})))
}

fn allowed(headers: &HeaderMap) -> Result<(), Answer> {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let right = authorization == Some(&format!("Bearer {TOKEN}"));
    right.then_some(()).ok_or_else(|| refused(StatusCode::UNAUTHORIZED, "Unauthorized"))
}

/// Keys that must be there, keys that may.
fn keys(message: &Json) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match (message["type"].as_str()?, message["interactiveType"].as_str()) {
        ("text", None) => (&["to", "type", "message"], &["contact"]),
        ("template", None) => (
            &["to", "type", "templateName"],
            &["languageCode", "headerParams", "bodyParams", "link", "filename", "urlVariables", "copyCodeParam"],
        ),
        ("interactive", Some("list")) => {
            (&["to", "type", "interactiveType", "bodyText", "buttonText", "sections"], &["headerText", "footerText"])
        }
        _ => return None,
    })
}

async fn send(State(taken): Shared, headers: HeaderMap, Body(message): Body<Json>) -> Result<Answer, Answer> {
    allowed(&headers)?;
    let bad = |why: &str| refused(StatusCode::BAD_REQUEST, why);
    let (must, may) = keys(&message).ok_or_else(|| bad("unknown type"))?;
    let given: Vec<&str> = message.as_object().unwrap().keys().map(String::as_str).collect();
    let complete = must.iter().all(|key| given.contains(key));
    if !complete || !given.iter().all(|key| must.contains(key) || may.contains(key)) || !message["to"].is_u64() {
        return Err(bad("missing or malformed parameters"));
    }
    let mut taken = taken.lock().unwrap();
    taken.messages.push(message);
    let id = format!("wamid.{}", taken.messages.len());
    let data = json!({"chatId": "67923764346bcdc8", "metaResponse": {"messages": [{"id": id}], "status": 200}});
    Ok((StatusCode::OK, Body(json!({"status": "success", "message": "Message sent", "data": data}))))
}

async fn find(
    State(taken): Shared,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Answer, Answer> {
    allowed(&headers)?;
    let is_theirs = taken.lock().unwrap().known && query.get("mobile").is_some_and(|mobile| mobile == PHONE);
    let contacts = if is_theirs { json!([{"_id": CONTACT, "countryCode": "7", "mobile": PHONE}]) } else { json!([]) };
    Ok((StatusCode::OK, Body(json!({"status": "success", "data": {"contacts": contacts}}))))
}

async fn create(State(taken): Shared, headers: HeaderMap, Body(contact): Body<Json>) -> Result<Answer, Answer> {
    allowed(&headers)?;
    if contact["mobile"] != PHONE {
        return Err(refused(StatusCode::BAD_REQUEST, "mobile is required"));
    }
    taken.lock().unwrap().known = true;
    Ok((StatusCode::OK, Body(json!({"status": "success", "data": {"createdContacts": [contact], "failedCount": 0}}))))
}

async fn update(
    State(taken): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
    Body(change): Body<Json>,
) -> Result<Answer, Answer> {
    allowed(&headers)?;
    if id != CONTACT {
        return Err(refused(StatusCode::NOT_FOUND, "Contact not found"));
    }
    taken.lock().unwrap().changes.push(change);
    Ok((StatusCode::OK, Body(json!({"status": "success", "message": "Contact updated successfully", "data": {}}))))
}

struct Desk {
    taken: Arc<Mutex<Taken>>,
    server: Server,
    client: reqwest::Client,
    events: tokio::runtime::Runtime,
    _home: Home,
}

impl Desk {
    fn open() -> Self {
        let events = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        // Installed already is installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let taken = Arc::new(Mutex::new(Taken::default()));
        let router = Router::new()
            .route("/api/v1/messages", post(send))
            .route("/api/v1/contacts/", get(find))
            .route("/api/v1/contacts", post(create))
            .route("/api/v1/contacts/{id}", put(update))
            .with_state(Arc::clone(&taken));
        let address = events.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(frontdesk::server::serve(listener, router, std::future::pending()));
            address
        });
        let config = format!(
            "listen: 127.0.0.1:0\naccounts:\n  desk:\n    provider: pabbly\n    bot: desk\n    base_url: http://{address}\n    \
             token: {TOKEN}\n    webhook_secret: s3cret\n    notes: tag\n"
        );
        let bot = include_str!("../../data/pabbly/bot.yaml");
        let files =
            [("frontdesk.yaml", config.as_str()), ("bots/desk/bot.yaml", bot), ("bots/desk/map.jpg", "a picture")];
        let home = Home::new(&files);
        let server = home.serve();
        Self { taken, server, client: reqwest::Client::builder().no_proxy().build().unwrap(), events, _home: home }
    }

    fn hook(&self, query: &str, body: &Json) -> u16 {
        let url = self.server.url(&format!("/webhooks/desk{query}"));
        let request = self.client.post(url).body(body.to_string());
        self.events.block_on(async { request.send().await.unwrap().status().as_u16() })
    }

    fn say(&self, id: &str, text: &str, age: u64) {
        let body = json!({"from": PHONE, "name": "Ann", "text": text, "id": id, "at": now() - age});
        assert_eq!(self.hook("?auth=s3cret", &body), 200);
    }

    /// Wait for so many messages; the last of them.
    fn message(&self, count: usize) -> Json {
        wait_for(&format!("message {count}"), || self.taken.lock().unwrap().messages.get(count - 1).cloned())
    }
}

#[test]
fn messages_are_answered_and_notes_become_tags() {
    let desk = Desk::open();
    assert_eq!(desk.hook("", &json!({"from": PHONE, "text": "price"})), 401);
    assert_eq!(desk.hook("?auth=s3cret", &json!({"weather": "fine"})), 200);
    desk.say("m1", "price", 0);
    assert_eq!(desk.message(1), json!({"type": "text", "message": "It is 30.", "to": 79_260_000_001_u64}));
    desk.say("m1", "price", 0);
    // Our own message comes back and silences nobody.
    let echo = json!({"sentBy": "bot", "to": PHONE, "message": {"id": "wamid.1", "body": "It is 30."}});
    assert_eq!(desk.hook("?auth=s3cret", &echo), 200);
    desk.say("m2", "book", 0);
    let list = desk.message(2);
    assert_eq!((&list["interactiveType"], &list["bodyText"]), (&json!("list"), &json!("Which day?")));
    let row = &list["sections"][0]["rows"][1];
    let choice = json!({"from": PHONE, "id": "m3", "interactive": {"list_reply": row}});
    assert_eq!(desk.hook("?auth=s3cret", &choice), 200);
    assert_eq!(desk.message(3)["message"], "Tuesday it is.");
    let changes = wait_for("the tag", || Some(desk.taken.lock().unwrap().changes.clone()).filter(|c| !c.is_empty()));
    assert_eq!(changes, [json!({"tagsToAdd": ["booking"]})]);
}

/// Pabbly takes files by address alone: of one of the folder the text goes.
#[test]
fn the_text_of_a_file_of_the_folder_goes() {
    let desk = Desk::open();
    desk.say("m1", "map", 0);
    assert_eq!(desk.message(1), json!({"type": "text", "message": "See the map.", "to": 79_260_000_001_u64}));
}

#[test]
fn outside_the_window_the_template_goes() {
    let desk = Desk::open();
    desk.say("m1", "price", 30 * 3600);
    let template = json!({
        "type": "template", "templateName": "reopen", "languageCode": "en", "bodyParams": ["Ann"], "to": 79_260_000_001_u64,
    });
    assert_eq!(desk.message(1), template);
    desk.say("m2", "price", 0);
    assert_eq!(desk.message(2)["message"], "It is 30.");
}

/// A body with several events is accepted whole: everybody is answered once, in the order written, however often it comes.
#[test]
fn all_events_of_a_body_are_answered_once() {
    let desk = Desk::open();
    let text = |from: &str, id: &str| json!({"from": from, "id": id, "timestamp": now().to_string(), "type": "text", "text": {"body": "price"}});
    let messages = [text(PHONE, "b1"), text("79260000002", "b2"), text(PHONE, "b3"), text(PHONE, "b1")];
    let contacts =
        json!([{"profile": {"name": "Ann"}, "wa_id": PHONE}, {"profile": {"name": "Bob"}, "wa_id": "79260000002"}]);
    let value = json!({
        "messaging_product": "whatsapp", "metadata": {"display_phone_number": "1", "phone_number_id": "2"},
        "contacts": contacts, "messages": messages,
    });
    let changes = json!([{"field": "messages", "value": value}]);
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "3", "changes": changes}]});
    for _ in 0..3 {
        assert_eq!(desk.hook("?auth=s3cret", &body), 200);
    }
    desk.message(3);
    desk.say("b4", "book", 0);
    let last = desk.message(4);
    assert_eq!(last["bodyText"], "Which day?", "nothing was answered twice");
    let sent = desk.taken.lock().unwrap().messages.clone();
    let to = |number: u64| sent.iter().filter(|message| message["to"] == json!(number)).count();
    assert_eq!((to(79_260_000_001), to(79_260_000_002)), (3, 1));
}
