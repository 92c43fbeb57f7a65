//! `http` steps over real HTTP, with the real program: what is answered, refused, tried again, and what a crash in the middle leaves.

use std::fs;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk::domain::AccountName;
use frontdesk::store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::desk::Desk;
use crate::harness::wait_for;

/// No log, trace, page or file may hold it.
const CRM_KEY: &str = "the-key-of-the-crm";

/// A program outside that bots call.
struct Outside {
    address: String,
    seen: Arc<Seen>,
    _events: tokio::runtime::Runtime,
}

/// What came, and whether slow answers may go.
struct Seen {
    calls: Mutex<Vec<Call>>,
    release: watch::Sender<bool>,
}

/// A call as it came.
#[derive(Clone, Debug)]
struct Call {
    what: String,
    headers: HeaderMap,
    body: String,
}

impl Outside {
    fn open() -> Self {
        let events = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let seen = Arc::new(Seen { calls: Mutex::default(), release: watch::Sender::new(false) });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&seen));
        let address = events.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(frontdesk::server::serve(listener, router, std::future::pending()));
            format!("http://{address}")
        });
        Self { address, seen, _events: events }
    }

    /// A desk whose bot calls it.
    fn desk(&self) -> Desk {
        let elsewhere = self.address.replace("127.0.0.1", "localhost");
        let bot = include_str!("../data/serve/http.yaml");
        let bot = bot.replace("OUTSIDE", &self.address).replace("ELSEWHERE", &elsewhere);
        Desk::with("v1", &format!("secrets: {{crm: {CRM_KEY}}}\nhttp: {{allow: [127.0.0.1]}}\n"), &bot)
    }

    fn calls(&self, what: &str) -> Vec<Call> {
        let calls = self.seen.calls.lock().unwrap();
        calls.iter().filter(|call| call.what.starts_with(what)).cloned().collect()
    }

    /// Slow answers go.
    fn release(&self) {
        self.seen.release.send_replace(true);
    }
}

async fn answer(State(seen): State<Arc<Seen>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let what = format!("{} {}", parts.method, parts.uri);
    let call = Call { what, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() };
    let nth = {
        let mut calls = seen.calls.lock().unwrap();
        calls.push(call);
        calls.len()
    };
    let uri = parts.uri;
    match uri.path() {
        "/lead" => (StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], "{\"id\": 7}").into_response(),
        "/redirect" => {
            let to = uri.query().and_then(|query| query.strip_prefix("to=")).unwrap_or_default().to_owned();
            (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
        }
        "/round" => (StatusCode::FOUND, [(header::LOCATION, "/round".to_owned())]).into_response(),
        "/large" => "x".repeat(300 << 10).into_response(),
        "/flaky" if nth < 3 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "/slow" => {
            let _ = seen.release.subscribe().wait_for(|released| *released).await;
            "done".into_response()
        }
        _ => "fine".into_response(),
    }
}

/// The bot says this next, and nothing else.
fn hears(desk: &Desk, conversation: u64, texts: &[&str]) {
    wait_for("the reply", || (desk.provider.received(conversation).len() >= texts.len()).then_some(()));
    desk.expect(conversation, texts);
}

#[test]
fn what_is_called_answers_and_the_secret_stays_one() {
    let outside = Outside::open();
    let mut desk = outside.desk();
    desk.provider.say(1, "lead one&two");
    hears(&desk, 1, &["Noted as 7."]);
    desk.provider.say(1, "elsewhere");
    hears(&desk, 1, &["Noted as 7.", "Found 7."]);
    let calls = outside.calls("POST /lead");
    let [lead] = &calls[..] else { panic!("{calls:?}") };
    assert_eq!(lead.what, "POST /lead?from=lead%20one%26two");
    assert_eq!(lead.headers["x-key"], CRM_KEY);
    assert_eq!(lead.headers["content-type"], "application/json");
    assert_eq!(lead.body, r#"{"key":"none","text":"lead one&two"}"#);
    // To another origin nothing goes along that only the first may see.
    let calls = outside.calls("GET /lead");
    let [found] = &calls[..] else { panic!("{calls:?}") };
    assert!(!found.headers.contains_key("x-key") && !found.headers.contains_key("authorization"), "{found:?}");
    assert_eq!(found.headers["x-plain"], "plain");
    // The log may be a moment behind what the contact reads.
    desk.server.running.log.wait("the call", |line| line.contains("\"outcome\":\"answered\""));
    desk.server.running.kill();
    let log = desk.server.running.log.all().join("\n");
    assert!(!log.contains(CRM_KEY));
    let is_database = |name: &str| name.starts_with("frontdesk.db");
    let kept =
        |file: &fs::DirEntry| is_database(&file.file_name().to_string_lossy()) && file.file_type().unwrap().is_file();
    for file in fs::read_dir(desk.home.path()).unwrap().map(Result::unwrap).filter(kept) {
        let bytes = fs::read(file.path()).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!holds(CRM_KEY), "{:?}", file.path());
    }
}

#[test]
fn a_slow_answer_delays_no_message() {
    let outside = Outside::open();
    let desk = outside.desk();
    desk.provider.say(1, "slow");
    wait_for("the call", || (!outside.calls("GET /slow").is_empty()).then_some(()));
    desk.provider.say(1, "price");
    desk.provider.say(2, "price");
    hears(&desk, 1, &["It is 30."]);
    hears(&desk, 2, &["It is 30."]);
    outside.release();
    hears(&desk, 1, &["It is 30.", "It says done."]);
}

#[test]
fn what_cannot_be_had_is_said() {
    let outside = Outside::open();
    let desk = outside.desk();
    let cases = [
        ("private", "refused"),
        ("redirected", "refused"),
        ("round", "refused"),
        ("large", "too_large"),
        ("late", "timeout"),
        ("nobody", "unreachable"),
    ];
    for (conversation, (text, error)) in (1..).zip(cases) {
        desk.provider.say(conversation, text);
        hears(&desk, conversation, &[&format!("It came to: {error}")]);
    }
    // The first and five redirects.
    assert_eq!(outside.calls("GET /round").len(), 5);
}

#[test]
fn what_may_get_better_is_tried_again() {
    let outside = Outside::open();
    let desk = outside.desk();
    desk.provider.say(1, "flaky");
    hears(&desk, 1, &["In the end: fine"]);
    assert_eq!(outside.calls("POST /flaky").len(), 3);
}

/// What may be done twice is called again after a crash in the middle; what may not is not, and the flow is told.
#[test]
fn a_crash_in_the_middle_of_a_call_is_made_up_for() {
    let outside = Outside::open();
    let mut desk = outside.desk();
    desk.provider.say(1, "slow");
    desk.provider.say(2, "post");
    wait_for("both calls", || (outside.seen.calls.lock().unwrap().len() == 2).then_some(()));
    desk.server.running.kill();
    outside.release();
    desk.restart();
    hears(&desk, 1, &["It says done."]);
    hears(&desk, 2, &["It came to: lost"]);
    assert_eq!((outside.calls("GET /slow").len(), outside.calls("POST /slow").len()), (2, 1));
    let store = desk.store();
    let due = async { store.due_calls(&[AccountName::from("desk")], &[], frontdesk::domain::Time(i64::MAX), 5).await };
    assert_eq!(desk.provider.block_on(due).unwrap(), []);
    assert_eq!(desk.provider.block_on(store.calls_under_way()).unwrap(), []);
}
