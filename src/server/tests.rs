use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;
use crate::domain::{
    Ask, BoxFuture, Chunks, FileAsked, FileThere, Health, HealthPart, Mend, NoFile, Post, PostRefused, PostTaken, Time,
    WebhookAnswer, WebhookRequest,
};

/// Knows `clinic`, whose secret is `s`; answers with what it was given; panics on `boom`, and holds `slow` until told.
struct Stub {
    store: bool,
    begun: Notify,
    go_on: Notify,
}

impl Intake for Stub {
    fn webhook<'a>(&'a self, _: &'a str, request: WebhookRequest) -> BoxFuture<'a, WebhookAnswer> {
        Box::pin(async move {
            assert_ne!(request.body, b"boom");
            if request.body == b"slow" {
                self.begun.notify_one();
                self.go_on.notified().await;
            }
            let header = request.headers.iter().find(|(name, _)| name == "x-seen").map(|(_, v)| v.clone());
            let body = format!("{} {} {}", request.method, request.body.len(), header.unwrap_or_default());
            WebhookAnswer { status: 200, body }
        })
    }
    fn knows(&self, account: &str) -> bool {
        account == "clinic"
    }
    fn admits(&self, _: &str, head: &WebhookRequest) -> bool {
        assert!(head.body.is_empty());
        head.query == "auth=s"
    }
}

impl Desk for Stub {
    fn file(&self, asked: FileAsked) -> BoxFuture<'_, Result<FileThere, NoFile>> {
        let parts = vec![Ok(b"a pic".to_vec()), Ok(b"ture".to_vec())];
        let there = FileThere { mime: "image/png".into(), size: Some(9), content: Box::new(Parts(parts)) };
        let found = match asked.id.as_str() {
            "gone" => Err(NoFile::Gone),
            "busy" => Err(NoFile::Busy),
            _ if (asked.account.as_str(), asked.mime.as_str(), asked.key.as_str()) == ("clinic", "image/png", "k") => {
                Ok(there)
            }
            _ => Err(NoFile::Unknown),
        };
        Box::pin(async { found })
    }
    fn health(&self) -> BoxFuture<'_, Health> {
        let part = |healthy| HealthPart { healthy, ..HealthPart::well(Time(0)) };
        let accounts = BTreeMap::from([("clinic".to_owned(), part(false))]);
        let health = Health { store: part(self.store), bots: BTreeMap::new(), accounts };
        Box::pin(async { health })
    }
    fn metrics(&self) -> String {
        "# EOF\n".into()
    }
    fn ask(&self, _: Ask) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { Err("not here".into()) })
    }
    fn mend(&self, _: Mend) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { Err("not here".into()) })
    }
    fn post(&self, post: Post) -> BoxFuture<'_, Result<PostTaken, PostRefused>> {
        let conversation = "c1".into();
        let taken = if post.event == "paid" {
            Ok(PostTaken { conversation, outcome: "handled" })
        } else {
            Err(PostRefused::NoConversation)
        };
        Box::pin(async { taken })
    }
}

/// A file in pieces.
struct Parts(Vec<Result<Vec<u8>, String>>);

impl Chunks for Parts {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Vec<u8>, String>>> {
        let next = (!self.0.is_empty()).then(|| self.0.remove(0));
        Box::pin(async { next })
    }
}

struct Running {
    address: SocketAddr,
    stub: Arc<Stub>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

async fn start(store: bool) -> Running {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stub = Arc::new(Stub { store, begun: Notify::new(), go_on: Notify::new() });
    let (stop, stopped) = oneshot::channel::<()>();
    // The server ends with the test that holds the other end.
    let router = router(stub.clone(), stub.clone()).merge(api(stub.clone(), &"t".to_owned().into()));
    let serving = tokio::spawn(serve(listener, router, async { drop(stopped.await) }));
    Running { address, stub, stop, serving }
}

/// Send raw bytes, read all that comes until the other side ends.
async fn raw(address: SocketAddr, request: Vec<u8>) -> String {
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    })
    .await
    .unwrap()
}

fn request(line: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Seen: yes\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_refused_in_order() {
    let running = start(true).await;
    let large = vec![b'x'; MAX_BODY + 1];
    let cases: [(&str, &[u8], &str, &str); 9] = [
        ("POST /webhooks/nobody?auth=s", &large, "404", "no such account"),
        ("POST /webhooks/clinic", &large, "401", "secret"),
        ("POST /webhooks/clinic?auth=t", b"{}", "401", "secret"),
        ("POST /webhooks/clinic?auth=s", &large, "413", "1 MiB"),
        ("POST /webhooks/clinic?auth=s", &large[1..], "200", "POST 1048576 yes"),
        ("GET /webhooks/clinic?auth=s", b"", "200", "GET 0 yes"),
        ("PUT /webhooks/clinic?auth=s", b"", "405", ""),
        ("POST /webhooks/clinic?auth=s", b"boom", "500", ""),
        ("GET /elsewhere", b"", "404", ""),
    ];
    for (line, body, status, words) in cases {
        let answer = raw(running.address, request(line, body)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
        assert!(answer.contains(words), "{line}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_posted_with_the_token_alone() {
    let running = start(true).await;
    let event = |name: &str| format!(r#"{{"event": "{name}", "conversation": "c1"}}"#);
    let cases = [
        ("POST /api/events", "t", event("paid"), "200", r#"{"conversation":"c1","outcome":"handled"}"#),
        ("POST /api/events", "t", event("lost"), "404", r#"{"error":"there is no such conversation"}"#),
        ("POST /api/events", "t", "{".into(), "400", "not understood"),
        ("POST /api/events", "t", event(&"x".repeat(20_000)), "413", ""),
        ("POST /api/events", "x", event("paid"), "401", "Authorization: Bearer"),
        ("POST /api/events", "", "{".into(), "401", "Authorization: Bearer"),
        ("GET /api/events", "t", String::new(), "405", ""),
        ("POST /api/else", "t", event("paid"), "404", ""),
    ];
    for (line, token, body, status, words) in cases {
        let line = format!("{line} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nX-Rest:");
        let answer = raw(running.address, request(&line, body.as_bytes())).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
        assert!(answer.contains(words), "{line}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_given_to_whoever_has_their_address() {
    let running = start(true).await;
    let cases = [
        ("/media/clinic/7?type=image%2Fpng&key=k", "200", "a picture"),
        ("/media/clinic/7?type=text%2Fhtml&key=k", "404", "no such file"),
        ("/media/clinic/7", "404", "no such file"),
        ("/media/clinic/gone", "410", "any more"),
        ("/media/clinic/busy", "503", "later"),
        ("/media/clinic/a/b?key=k", "404", ""),
    ];
    for (path, status, words) in cases {
        let answer = raw(running.address, request(&format!("GET {path}"), b"")).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} "))
                && answer.ends_with(&format!("{words}{}", if status == "200" || words.is_empty() { "" } else { "\n" })),
            "{path}: {answer}"
        );
        if status == "200" {
            for header in [
                "content-type: image/png",
                "content-length: 9",
                "nosniff",
                "sandbox",
                "content-disposition: attachment",
            ] {
                assert!(answer.contains(header), "{header}: {answer}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_what_is_wrong() {
    for (store, status) in [(true, "200"), (false, "503")] {
        let running = start(store).await;
        let answer = raw(running.address, request("GET /readyz", b"")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains(r#""accounts":{"clinic":{"healthy":false,"since":"1970"#), "{answer}");
        let answer = raw(running.address, request("GET /healthz", b"")).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("ok\n"), "{answer}");
        let answer = raw(running.address, request("GET /metrics", b"")).await;
        assert!(answer.contains("openmetrics-text") && answer.ends_with("# EOF\n"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_finishes_what_is_under_way_and_takes_nothing_new() {
    let running = start(true).await;
    let address = running.address;
    let idle = TcpStream::connect(address).unwrap();
    let asking = tokio::spawn(raw(address, request("POST /webhooks/clinic?auth=s", b"slow")));
    running.stub.begun.notified().await;
    drop(running.stop);
    // An idle connection is closed at once, and nobody listens any more.
    let closed = tokio::task::spawn_blocking(move || (&idle).read(&mut [0]).unwrap());
    assert_eq!(closed.await.unwrap(), 0);
    assert!(TcpStream::connect(address).is_err());
    running.stub.go_on.notify_one();
    let answer = asking.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    running.serving.await.unwrap();
}
