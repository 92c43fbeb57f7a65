//! WhatsApp Cloud API: who may write, rows and the calls they take, what answers mean, what is asked beside the sends.

use std::collections::BTreeMap;
use std::sync::Arc;

use frontdesk::config;
use frontdesk::domain::{
    Call, CallAnswer, CallBody, Catalogue, Errand, Finding, Inquiring, Inquiry, Kept, Next, OutboxRow, Outcome,
    Progress, Received, State, Time, WebhookRequest, Whose,
};
use frontdesk::providers::Account;
use frontdesk::yaml::Source;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use sha2::Sha256;

mod http;

use crate::cases;
use crate::meta::{NOW, any_json, bodies, places};

fn read(keys: &str) -> (Option<Arc<dyn Account>>, Vec<String>) {
    let text =
        format!("accounts: {{clinic: {{provider: whatsapp-cloud, bot: clinic, base_url: http://meta.test, {keys}}}}}");
    let source = Source::new("frontdesk.yaml", text.as_bytes()).unwrap();
    let (config, problems) = config::read(&source, &|_| None);
    (
        config.map(|mut config| config.accounts.remove(0).account),
        problems.into_iter().map(|problem| problem.message).collect(),
    )
}

const KEYS: &str = "token: secret-token, phone_number_id: 106540352242922, business_account_id: 102290129340398, app_secret: s3cret, verify_token: our word";

fn account(more: &str) -> Arc<dyn Account> {
    let (account, problems) = read(&format!("{KEYS}{more}"));
    account.unwrap_or_else(|| panic!("{problems:?}"))
}

fn post(body: &[u8], signature: Option<String>) -> WebhookRequest {
    let headers = signature.map(|hex| ("x-hub-signature-256".to_owned(), hex)).into_iter().collect();
    WebhookRequest { method: "POST".into(), query: String::new(), headers, body: body.to_vec() }
}

fn signed(body: &[u8], secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[test]
fn keys_of_an_account() {
    let cases = [
        ("token: t, app_secret: s", "account `clinic` has no `phone_number_id`"),
        ("phone_number_id: 1, app_secret: s", "account `clinic` has no `token`"),
        ("token: t, phone_number_id: 1", "account `clinic` has no `app_secret`"),
        ("token: t, phone_number_id: '+7 926', app_secret: s", "`phone_number_id` must be an id of digits"),
        ("token: t, phone_number_id: 1, app_secret: s, version: 23", "`version` must be a version like `v23.0`"),
        (
            "token: t, phone_number_id: 1, app_secret: s, notes: {message_to: Anna}",
            "`message_to` must be a phone with its country's code, or a team of the bot",
        ),
    ];
    for (keys, want) in cases {
        assert_eq!(read(keys).1, [want], "{keys}");
    }
    assert!(read("token: t, phone_number_id: 1, insecure: true").0.is_some());
}

#[test]
fn the_signature_is_demanded() {
    let account = account("");
    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    let cases = [
        (Some(signed(body, "s3cret")), false),
        (Some(signed(body, "s3cret").to_uppercase().replace("SHA256=", "sha256=")), false),
        (Some(signed(body, "other")), true),
        (Some(signed(b"another body", "s3cret")), true),
        (Some(signed(body, "s3cret").replace("sha256=", "sha1=")), true),
        (Some("sha256=".into()), true),
        (Some(format!("sha256={}", "я".repeat(32))), true),
        (None, true),
    ];
    for (signature, want) in cases {
        let received = account.receive(&post(body, signature.clone()), NOW);
        assert_eq!(matches!(received, Received::Refused { status: 401, .. }), want, "{signature:?} {received:?}");
    }
    let broken = account.receive(&post(b"{", Some(signed(b"{", "s3cret"))), NOW);
    assert!(matches!(broken, Received::Refused { status: 400, .. }), "{broken:?}");
    assert!(!account.admits(&post(b"", None)));
}

#[test]
fn the_handshake() {
    let account = account("");
    let cases = [
        ("hub.mode=subscribe&hub.verify_token=our+word&hub.challenge=1158201444", "200 1158201444"),
        ("hub.mode=subscribe&hub.verify_token=our&hub.challenge=1", "401"),
        ("hub.mode=subscribe&hub.challenge=1", "401"),
        ("hub.verify_token=our+word&hub.challenge=1", "400"),
        ("hub.mode=subscribe&hub.verify_token=our+word&hub.challenge=%3Cscript%3E", "400"),
    ];
    for (query, want) in cases {
        let request = WebhookRequest { method: "GET".into(), query: query.into(), headers: vec![], body: vec![] };
        assert!(account.admits(&request));
        let got = match account.receive(&request, NOW) {
            Received::Answer { status, body } => format!("{status} {body}"),
            Received::Refused { status, .. } => status.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(got, want, "{query}");
    }
}

/// Another number of the same app is another account's.
#[test]
fn other_numbers_are_passed_over() {
    let body = br#"{"entry":[{"changes":[{"value":{"metadata":{"phone_number_id":"7"},"messages":[{"from":"16505551234","text":{"body":"x"}}]}}]}]}"#;
    let received = account("").receive(&post(body, Some(signed(body, "s3cret"))), NOW);
    assert!(format!("{received:?}").contains("other_number"), "{received:?}");
}

fn state(external: &str, phone: Option<&str>) -> State {
    serde_json::from_value(json!({
        "conversation": {"id": "ours", "account": "clinic", "bot": "clinic", "channel": "whatsapp_business", "external_id": external,
            "owner": "bot", "hush": 0, "incoming": 1},
        "contact": {"id": "person", "phone": phone},
    }))
    .unwrap()
}

fn row(effect: &Json, reply_to: Option<&str>) -> OutboxRow {
    let mut decided = json!({"effect": effect, "outside": "drop", "hush": 0, "nested": false});
    if let Some(id) = reply_to {
        decided["reply_to"] = json!(id);
    }
    serde_json::from_value(json!({
        "key": {"conversation": "ours", "seq": 1, "n": 0}, "account": "clinic", "decided": decided, "state": "dispatching",
        "at": NOW.0, "not_before": NOW.0, "expires_at": null, "attempt": 1, "looks": 0, "called_at": null, "sent_as": null,
        "progress": null, "message": null, "job": null, "why": null,
    }))
    .unwrap()
}

fn shown(call: &Call) -> Json {
    let body = match &call.body {
        CallBody::Json(json) => json.clone(),
        CallBody::Multipart { fields, file_field, file } => {
            json!({"multipart": fields, file_field.to_owned(): file.path})
        }
        other => json!(format!("{other:?}")),
    };
    json!({"call": format!("{} {}", call.method, call.url), "body": body, "delivers": call.delivers})
}

fn next(account: &dyn Account, row: &OutboxRow, state: &State, kept: Kept<'_>, answer: Option<&CallAnswer>) -> Next {
    account.next(Errand { row, state, taken: &[], kept, now: NOW }, answer)
}

fn ok(body: &Json) -> CallAnswer {
    CallAnswer::Http { status: 200, retry_after: None, body: body.to_string().into_bytes() }
}

/// Each file holds effects; their calls are in its snapshot.
#[test]
fn effects_become_calls() {
    let account = account(", notes: {message_to: '+79260000009'}, read_marks: true");
    for (name, file, settings) in cases::files("whatsapp-cloud/calls", "json", 1) {
        let all: Vec<Json> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let mut calls = Vec::new();
        for case in &all {
            let row = row(&case["effect"], case["reply_to"].as_str());
            let state = state(case["to"].as_str().unwrap_or("16505551234"), case["phone"].as_str());
            let catalogue: Catalogue = serde_json::from_value(case["catalogue"].clone()).unwrap_or_default();
            let kept = Kept { catalogue: &catalogue, ..Kept::nothing() };
            let done = match next(account.as_ref(), &row, &state, kept, None) {
                Next::Call { call, .. } => shown(&call),
                Next::Done { outcome, .. } => json!(format!("{outcome:?}")),
            };
            calls.push(json!({"about": case["about"], "becomes": done}));
        }
        settings.bind(|| insta::assert_snapshot!(name, serde_json::to_string_pretty(&calls).unwrap()));
    }
}

/// A file of the folder goes up once; its id is told to the runtime, and used where it is known.
#[test]
fn files_are_uploaded_once() {
    let account = account("");
    let state = state("16505551234", None);
    let file = json!({"file": {"path": "map.png", "hash": "abc", "mime": "image/png"}});
    let mut row = row(&json!({"do": "media", "kind": "image", "source": file, "name": null, "caption": "here"}), None);
    let Next::Call { call, progress } = next(account.as_ref(), &row, &state, Kept::nothing(), None) else {
        panic!("no upload")
    };
    assert!(!call.delivers && call.url.ends_with("/106540352242922/media"), "{call:?}");
    row.progress = progress;
    let failed = CallAnswer::Http { status: 500, retry_after: None, body: vec![] };
    let after = next(account.as_ref(), &row, &state, Kept::nothing(), Some(&failed));
    assert!(matches!(after, Next::Done { outcome: Outcome::NotSent { .. }, .. }), "{after:?}");
    let after = next(account.as_ref(), &row, &state, Kept::nothing(), Some(&ok(&json!({"id": "4490709327384033"}))));
    let Next::Call { call, progress } = after else { panic!("no send") };
    assert_eq!(shown(&call)["body"]["image"], json!({"id": "4490709327384033", "caption": "here"}));
    row.progress = progress;
    let sent = ok(&json!({"contacts": [{"wa_id": "16505551234", "user_id": "US.1"}], "messages": [{"id": "wamid.1"}]}));
    let Next::Done { outcome, learned } = next(account.as_ref(), &row, &state, Kept::nothing(), Some(&sent)) else {
        panic!("not done")
    };
    assert_eq!(outcome, Outcome::Accepted { message: Some("wamid.1".into()), job: Some("ours/1/0".into()) });
    assert_eq!(learned.thread.unwrap().also, ["US.1"]);
    assert_eq!(learned.uploads[0].id, "4490709327384033");
    row.progress = Progress::Null;
    let uploads = BTreeMap::from([("abc".to_owned(), "77".to_owned())]);
    let kept = Kept { uploads: &uploads, ..Kept::nothing() };
    let Next::Call { call, .. } = next(account.as_ref(), &row, &state, kept, None) else { panic!("no send") };
    assert_eq!(shown(&call)["body"]["image"]["id"], "77");
}

/// A carousel of three pictures, two of which are one: each file goes up once, and all are told to the runtime.
#[test]
fn all_files_of_a_carousel_are_remembered() {
    let account = account("");
    let state = state("16505551234", None);
    let card = |hash: &str| {
        let source = json!({"file": {"path": format!("{hash}.png"), "hash": hash, "mime": "image/png"}});
        json!({"header": {"media": {"kind": "image", "source": source, "name": null, "caption": ""}}, "params": [], "buttons": []})
    };
    let cards = ["a", "b", "c", "a"].map(card);
    let effect = json!({"do": "template", "name": "spring", "language": "en", "params": [],
        "cards": cards});
    let mut row = row(&effect, None);
    let mut answer: Option<CallAnswer> = None;
    for n in 0..3 {
        let Next::Call { call, progress } = next(account.as_ref(), &row, &state, Kept::nothing(), answer.as_ref())
        else {
            panic!("no upload {n}")
        };
        assert!(call.url.ends_with("/media"), "{call:?}");
        row.progress = progress;
        answer = Some(ok(&json!({"id": format!("{n}")})));
    }
    let Next::Call { call, progress } = next(account.as_ref(), &row, &state, Kept::nothing(), answer.as_ref()) else {
        panic!("no send")
    };
    assert!(call.delivers && call.url.ends_with("/messages"), "{call:?}");
    row.progress = progress;
    let sent = ok(&json!({"messages": [{"id": "wamid.1"}]}));
    let told = |kept: Kept<'_>| match next(account.as_ref(), &row, &state, kept, Some(&sent)) {
        Next::Done { learned, .. } => learned.uploads.into_iter().map(|upload| upload.hash).collect::<Vec<_>>(),
        Next::Call { .. } => panic!("not done"),
    };
    assert_eq!(told(Kept::nothing()), ["a", "b", "c"]);
    let known = BTreeMap::from([("b".to_owned(), "1".to_owned())]);
    assert_eq!(told(Kept { uploads: &known, ..Kept::nothing() }), ["a", "c"], "what is known lasts no longer");
}

/// By number, whatever the status of HTTP; by the status where no number is known.
#[test]
fn errors_by_number() {
    let cases = [
        (400, 131_047, "window"),
        (200, 470, "window"),
        (400, 130_429, "limited"),
        (400, 131_048, "limited"),
        (400, 131_056, "limited Conversation"),
        (400, 131_053, "again"),
        (400, 133_016, "again"),
        (400, 80_007, "limited"),
        (400, 4, "limited"),
        (401, 190, "denied"),
        (400, 10, "denied"),
        (403, 200, "denied"),
        (400, 131_026, "rejected"),
        (400, 131_049, "rejected"),
        (400, 131_050, "rejected"),
        (400, 132_001, "rejected"),
        (200, 100, "rejected"),
        (500, 131_000, "unknown"),
        (503, 131_016, "again"),
        (429, 1, "limited"),
    ];
    let account = account("");
    let (state, row) = (state("16505551234", None), row(&json!({"do": "say", "text": "hi"}), None));
    for (status, code, want) in cases {
        let body =
            json!({"error": {"message": "words", "code": code, "error_data": {"details": "more words"}}}).to_string();
        let answer = CallAnswer::Http { status, retry_after: None, body: body.into_bytes() };
        let Next::Done { outcome, .. } = next(account.as_ref(), &row, &state, Kept::nothing(), Some(&answer)) else {
            panic!("a call")
        };
        let got = match outcome {
            Outcome::WindowClosed { .. } => "window".to_owned(),
            Outcome::Limited { whose: Whose::Conversation, .. } => "limited Conversation".to_owned(),
            Outcome::Limited { .. } => "limited".to_owned(),
            Outcome::NotSent { .. } => "again".to_owned(),
            Outcome::Denied { .. } => "denied".to_owned(),
            Outcome::Rejected { .. } => "rejected".to_owned(),
            Outcome::Unknown { .. } => "unknown".to_owned(),
            Outcome::Accepted { .. } => "accepted".to_owned(),
        };
        assert_eq!(got, want, "{status} {code}");
    }
}

/// All pages of templates are read.
#[test]
fn templates_are_listed() {
    let account = account("");
    let one = json!({"id": "1", "name": "visit", "language": "en_US", "status": "APPROVED", "category": "UTILITY", "parameter_format": "NAMED", "components": [
        {"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Dear {{name}}, {{ day }} for {{name}}"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY"}, {"type": "URL", "url": "https://x.test/{{1}}"}]}]});
    let two = json!({"id": "2", "name": "old", "language": "en", "status": "PAUSED"});
    let ask = |progress: &Progress, answer: Option<&CallAnswer>| {
        account.inquire(&Inquiry::Templates, Kept::nothing(), progress, answer)
    };
    let Inquiring::Call { progress, .. } = ask(&Progress::Null, None) else { panic!("no call") };
    let page = ok(&json!({"data": [one], "paging": {"cursors": {"after": "MQ=="}, "next": "https://…"}}));
    let Inquiring::Call { call, progress } = ask(&progress, Some(&page)) else { panic!("no second page") };
    assert!(call.url.ends_with("&after=MQ%3D%3D"), "{}", call.url);
    let Inquiring::Done(Finding::Templates(found)) = ask(&progress, Some(&ok(&json!({"data": [two, 7]})))) else {
        panic!("no end")
    };
    insta::assert_debug_snapshot!(found);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Signed bodies with anything in any place: taken, kept or refused as no JSON, never worse.
    #[test]
    fn no_signed_body_panics(which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), with in any_json(), cut in 0usize..4000) {
        thread_local! {
            static KNOWN: (Arc<dyn Account>, Vec<Json>) = (account(""), bodies());
        }
        KNOWN.with(|(account, bodies)| {
            let mut body = bodies[which.index(bodies.len())].clone();
            let mut all = Vec::new();
            places(&body, "", &mut all);
            *body.pointer_mut(&all[place.index(all.len())]).unwrap() = with;
            let mut bytes = body.to_string().into_bytes();
            if cut % 7 == 0 { bytes.truncate(cut); }
            let received = account.receive(&post(&bytes, Some(signed(&bytes, "s3cret"))), Time(NOW.0));
            let fine = matches!(received, Received::News(_) | Received::Unfit { .. } | Received::Refused { status: 400, .. });
            prop_assert!(fine, "{received:?}");
            Ok(())
        })?;
    }
}
