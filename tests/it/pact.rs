//! Pact, both versions: bodies of webhooks and what they become, rows and the calls they take. Cases are files, expectations their snapshots.

use std::fmt::Write as _;
use std::sync::Arc;

use frontdesk::config;
use frontdesk::domain::{
    AccountName, Assignable, Call, CallAnswer, CallBody, Capabilities, Catalogue, Channel, Errand, Finding, Inquiring,
    Inquiry, Kept, Lookup, MessageId, News, Next, Notes, OutboxRow, Received, Resolving, Span, State, TemplateEntry,
    Time, WebhookRequest,
};
use frontdesk::providers::{Account, pact};
use frontdesk::yaml::Source;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::cases;

/// 2026-03-02T10:00:00Z.
const NOW: Time = Time(1_772_445_600_000);

fn account(keys: &str) -> Arc<dyn Account> {
    let text = format!(
        "accounts: {{clinic: {{provider: pact, bot: clinic, base_url: http://pact.test, token: secret-token, company_id: 154, {keys}}}}}"
    );
    let source = Source::new("frontdesk.yaml", text.as_bytes()).unwrap();
    let (config, problems) = config::read(&source, &|_| None);
    config.unwrap_or_else(|| panic!("{problems:?}")).accounts.remove(0).account
}

fn request(query: &str, headers: &[(&str, &str)], body: &[u8]) -> WebhookRequest {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    WebhookRequest { method: "POST".into(), query: query.into(), headers, body: body.to_vec() }
}

/// Every webhook of the document, and some that live beside it.
#[test]
fn webhooks_become_events() {
    let (first, second) = (account("insecure: true"), account("insecure: true, api: v2"));
    for (name, file, settings) in cases::files("pact/webhooks", "json", 60) {
        let account = if name.starts_with("v2_") { &second } else { &first };
        let received = account.receive(&request("", &[], &std::fs::read(file).unwrap()), NOW);
        settings.bind(|| insta::assert_debug_snapshot!(name, received));
    }
}

/// Each line of `odd_bodies.txt` is a body that nobody should send. All are answered, none panics, none becomes nonsense.
#[test]
fn odd_bodies_are_answered() {
    let account = account("insecure: true");
    for (name, file, settings) in cases::files("pact", "txt", 1) {
        let mut shown = String::new();
        for body in std::fs::read_to_string(file).unwrap().lines() {
            let received = account.receive(&request("", &[], body.as_bytes()), NOW);
            writeln!(shown, "{}\n    {}", body.chars().take(200).collect::<String>(), line(&received)).unwrap();
        }
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

fn line(received: &Received) -> String {
    match received {
        Received::News(news) => {
            let one = |one: &News| match one {
                News::Event(event) => serde_json::to_string(event).unwrap(),
                other => format!("{other:?}"),
            };
            news.iter().map(one).collect::<Vec<_>>().join("\n    ")
        }
        other => format!("{other:?}"),
    }
}

/// Query, headers, and whether they let in.
type Head<'a> = (&'a str, &'a [(&'a str, &'a str)], bool);

/// The secret may come in the address or as a bearer token; nothing else lets in, and 401 goes before 400.
#[test]
fn the_secret_is_demanded() {
    let locked = account("webhook_secret: 's3cret+/= ü'");
    let test = br#"{"source":"pact.im","operation":"test"}"#;
    let cases: &[Head<'_>] = &[
        ("auth=s3cret%2B%2F%3D%20%C3%BC", &[], true),
        ("a=b&auth=s3cret%2B/=+%C3%BC", &[], true),
        ("auth=s3cret+/= ü", &[], true),
        ("", &[("authorization", "Bearer s3cret+/= ü")], true),
        ("auth=wrong", &[("authorization", "bearer s3cret+/= ü")], true),
        ("auth=wrong", &[], false),
        ("auth=s3cret", &[], false),
        ("auth=", &[], false),
        ("auth", &[], false),
        ("", &[], false),
        ("Auth=s3cret+/= ü", &[], false),
        ("", &[("authorization", "s3cret+/= ü")], false),
        ("", &[("authorization", "Basic s3cret+/= ü")], false),
        ("", &[("authorization", "Bearer")], false),
        ("", &[("x-authorization", "Bearer s3cret+/= ü")], false),
    ];
    for (query, headers, admitted) in cases {
        assert_eq!(locked.admits(&request(query, headers, b"")), *admitted, "{query} {headers:?}");
        for body in [test.as_slice(), b"{", b"{'source':'pact.im','operation':'test'}"] {
            let received = locked.receive(&request(query, headers, body), NOW);
            let refused = matches!(received, Received::Refused { status: 401, .. });
            assert_eq!(refused, !admitted, "{query} {headers:?} {received:?}");
        }
    }
    assert!(account("insecure: true").admits(&request("", &[], b"")));
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    #[serde(default)]
    api: String,
    /// Further keys of the account.
    keys: Option<String>,
    reply_to: Option<String>,
    #[serde(default)]
    templates: Vec<TemplateEntry>,
    effect: Json,
    phone: Option<String>,
    /// WhatsApp's unless given.
    channel: Option<String>,
    channel_id: Option<String>,
    job: Option<String>,
    #[serde(default)]
    look_up: bool,
    #[serde(default)]
    taken: Vec<String>,
    called_at: Option<String>,
    /// Where earlier uploads lie, by hash.
    #[serde(default)]
    uploads: std::collections::BTreeMap<String, String>,
    runs: Vec<Vec<Json>>,
}

/// Each run of a case answers the calls of a row (or of its look-up) one after the other; `"again"` is a new attempt.
#[test]
fn rows_become_calls() {
    let (first, second) = (account("insecure: true"), account("insecure: true, api: v2"));
    for (name, file, settings) in cases::files("pact/calls", "json", 30) {
        let case: Case = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let other = case.keys.as_ref().map(|keys| account(&format!("insecure: true, {keys}")));
        let account = other.as_ref().unwrap_or(if case.api == "v2" { &second } else { &first });
        let mut shown = format!("{}\n", case.about);
        for run in &case.runs {
            shown.push('\n');
            show_run(&mut shown, account.as_ref(), &case, run);
        }
        assert!(!shown.contains("secret-token"), "{name} shows the token");
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

fn show_run(shown: &mut String, account: &dyn Account, case: &Case, answers: &[Json]) {
    let (state, mut row) = (state(case), row(case));
    let catalogue = Catalogue { fetched_at: Some(NOW), templates: case.templates.clone() };
    let kept = Kept { catalogue: &catalogue, uploads: &case.uploads, ..Kept::nothing() };
    let taken: Vec<MessageId> = case.taken.iter().map(|id| MessageId::from(id.as_str())).collect();
    let mut answers = answers.iter();
    let mut answer: Option<CallAnswer> = None;
    loop {
        let errand = Errand { row: &row, state: &state, taken: &taken, kept, now: NOW };
        let step = if case.look_up {
            match account.look_up(errand, answer.as_ref()) {
                Lookup::Call { call, progress } => Ok((call, progress)),
                Lookup::Done(found) => Err(format!("{found:?}")),
            }
        } else {
            match account.next(errand, answer.as_ref()) {
                Next::Call { call, progress } => Ok((call, progress)),
                Next::Done { outcome, learned } => {
                    let kept =
                        learned.uploads.iter().map(|upload| format!(", kept: {} until {}", upload.id, upload.until));
                    let facts = learned.thread.map(|facts| format!(" {facts:?}")).unwrap_or_default();
                    Err(format!("{outcome:?}{facts}{}", kept.collect::<String>()))
                }
            }
        };
        match step {
            Ok((call, progress)) => {
                show_call(shown, &call);
                row.progress = progress;
                answer = Some(answer_of(shown, answers.next().unwrap()));
            }
            Err(done) => {
                writeln!(shown, "= {done}").unwrap();
                match answers.next() {
                    None => return,
                    Some(again) => assert_eq!(again, "again"),
                }
                answer = None;
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    about: String,
    #[serde(default)]
    api: String,
    inquiry: String,
    url: Option<String>,
    runs: Vec<Vec<Json>>,
}

/// Each run of a case answers the calls of a question one after the other. What is found never shows the secret.
#[test]
fn questions_are_asked() {
    let secret = |api: &str| account(&format!("webhook_secret: s3cret, api: {api}"));
    let (first, second) = (secret("v1"), secret("v2"));
    for (name, file, settings) in cases::files("pact/inquiries", "json", 7) {
        let case: Question = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let account = if case.api == "v2" { &second } else { &first };
        let inquiry = match (case.inquiry.as_str(), case.url) {
            ("templates", _) => Inquiry::Templates,
            ("check", url) => Inquiry::Check { url },
            ("setup", Some(url)) => Inquiry::Setup { url },
            odd => panic!("{odd:?}"),
        };
        let mut shown = format!("{}\n", case.about);
        for run in &case.runs {
            shown.push('\n');
            ask(&mut shown, account.as_ref(), &inquiry, run);
        }
        let found = shown.lines().filter(|line| line.starts_with('='));
        assert!(!found.collect::<String>().contains("s3cret"), "{name} shows the secret");
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

fn ask(shown: &mut String, account: &dyn Account, inquiry: &Inquiry, answers: &[Json]) {
    let (mut progress, mut answer, mut answers) = (Json::Null, None, answers.iter());
    loop {
        match account.inquire(inquiry, Kept::nothing(), &progress, answer.as_ref()) {
            Inquiring::Call { call, progress: far } => {
                show_call(shown, &call);
                progress = far;
                answer = Some(answer_of(shown, answers.next().unwrap()));
            }
            Inquiring::Done(Finding::Report(lines)) => {
                for line in lines {
                    let todo = line.todo.map(|todo| format!(" -> {todo}")).unwrap_or_default();
                    writeln!(shown, "= {} {}{todo}", if line.well { "well:" } else { "amiss:" }, line.what).unwrap();
                }
                return;
            }
            Inquiring::Done(Finding::Templates(found)) => {
                for entry in found {
                    writeln!(shown, "= {}", serde_json::to_string(&entry).unwrap()).unwrap();
                }
                return;
            }
            Inquiring::Done(finding) => return writeln!(shown, "= {finding:?}").unwrap(),
        }
    }
}

fn show_call(shown: &mut String, call: &Call) {
    let delivers = if call.delivers { " (delivers)" } else { "" };
    let headers: Vec<_> = call.headers.iter().map(|(name, _)| *name).collect();
    let spends = call.spends.map(|rate| format!(" (one of its {rate})")).unwrap_or_default();
    writeln!(shown, "{} {} [{}]{delivers}{spends}", call.method, call.url, headers.join(", ")).unwrap();
    match &call.body {
        CallBody::Empty => {}
        CallBody::Form(fields) => show_fields(shown, fields),
        CallBody::Json(json) => writeln!(shown, "    {json}").unwrap(),
        CallBody::Multipart { fields, file_field, file } => {
            show_fields(shown, fields);
            writeln!(shown, "    {file_field} = the file {} ({})", file.path, file.mime).unwrap();
        }
        CallBody::File(file) => writeln!(shown, "    the file {}", file.path).unwrap(),
    }
}

fn show_fields(shown: &mut String, fields: &[(String, String)]) {
    for (name, value) in fields {
        writeln!(shown, "    {name} = {value:?}").unwrap();
    }
}

fn answer_of(shown: &mut String, json: &Json) -> CallAnswer {
    writeln!(shown, "< {json}").unwrap();
    if let Some(why) = json.get("lost").and_then(Json::as_str) {
        return CallAnswer::Lost(why.into());
    }
    if let Some(why) = json.get("not_sent").and_then(Json::as_str) {
        return CallAnswer::NotSent(why.into());
    }
    let body = json.get("body").map(ToString::to_string).or_else(|| Some(json.get("text")?.as_str()?.to_owned()));
    CallAnswer::Http {
        status: u16::try_from(json["status"].as_u64().unwrap()).unwrap(),
        retry_after: json.get("retry_after").and_then(Json::as_i64).map(Span::seconds),
        body: body.unwrap().into_bytes(),
    }
}

fn state(case: &Case) -> State {
    let json = json!({
        "conversation": {
            "id": "ours", "account": "clinic", "bot": "clinic", "channel": case.channel.as_deref().unwrap_or("whatsapp_business"), "external_id": "8741",
            "channel_id": case.channel_id, "owner": "bot", "hush": 0, "incoming": 1,
        },
        "contact": {"id": "person", "phone": case.phone},
    });
    serde_json::from_value(json).unwrap()
}

fn row(case: &Case) -> OutboxRow {
    let called_at =
        case.called_at.as_deref().map(|at| chrono::DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis());
    let json = json!({
        "key": {"conversation": "ours", "seq": 1, "n": 0}, "account": "clinic",
        "decided": {"effect": case.effect, "outside": "drop", "hush": 0, "nested": false, "reply_to": case.reply_to},
        "state": "unknown", "at": NOW.0, "not_before": NOW.0, "expires_at": null, "attempt": 1, "looks": 0,
        "called_at": called_at, "sent_as": case.effect, "progress": null, "message": null, "job": case.job, "why": null,
    });
    serde_json::from_value(json).unwrap()
}

/// Limits and windows by channel, in both versions.
#[test]
fn capabilities_by_channel() {
    let channels = [
        "whatsapp_business",
        "whatsapp",
        "telegram",
        "telegram_personal",
        "facebook",
        "instagram",
        "instagram_business",
        "viber",
        "vkontakte",
        "vkontakte_direct",
        "avito",
        "smoke_signals",
    ];
    let (first, second) = (account("insecure: true"), account("insecure: true, api: v2"));
    let mut shown = String::new();
    for channel in channels {
        let can = first.capabilities(&Channel(channel.into()));
        writeln!(shown, "{channel}: {can:?}\n").unwrap();
        assert_eq!((can.notes, can.assign), (Notes::Field(2000), Assignable::Users), "{channel}");
        let replies = channel != "smoke_signals";
        let differs = Capabilities { replies, resolve: Resolving::ClosesAndOpens, ..can };
        assert_eq!(second.capabilities(&Channel(channel.into())), differs, "{channel}");
    }
    let (_, _, settings) = cases::files("pact", "txt", 1).remove(0);
    settings.bind(|| insta::assert_snapshot!("capabilities", shown));
}

/// The document's limits of V2, all of them counted by token; of V1 those of Telegram.
#[test]
fn rates_by_version() {
    let first = account("insecure: true");
    let shown: Vec<_> =
        first.rates().iter().map(|rate| (rate.most, rate.within.0 / 1000, rate.per_conversation)).collect();
    assert_eq!(shown, [(30, 1, false), (20, 20, true)]);
    let second = account("insecure: true, api: v2");
    let shown: Vec<_> = second.rates().iter().map(|rate| (rate.name, rate.most, rate.within.0 / 1000)).collect();
    let want = [
        ("sends", 5, 1),
        ("sends", 30, 60),
        ("first messages", 5, 1),
        ("first messages", 30, 60),
        ("attachments", 5, 1),
        ("attachments", 30, 60),
        ("messages", 20, 60),
        ("conversations", 10, 60),
        ("templates", 20, 60),
    ];
    assert_eq!(shown, want);
    assert!(second.rates().iter().all(|rate| !rate.per_conversation));
}

/// Any JSON at all, and the documented bodies with any part of them replaced by it.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((".{0,8}", inner), 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

fn documented() -> Vec<Json> {
    let read = |file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    cases::files("pact/webhooks", "json", 60).into_iter().map(|(_, file, _)| read(file)).collect()
}

/// All places of a JSON value, as pointers.
fn places(json: &Json, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    if let Some(object) = json.as_object() {
        object.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), all));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = account("insecure: true").receive(&request("", &[], &body), NOW);
    }

    #[test]
    fn no_mutated_webhook_panics(which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), with in any_json()) {
        let mut bodies = documented();
        let count = bodies.len();
        let body = bodies.get_mut(which.index(count)).unwrap();
        let mut all = Vec::new();
        places(body, "", &mut all);
        *body.pointer_mut(&all[place.index(all.len())]).unwrap() = with;
        for api in ["v1", "v2"] {
            let account = account(&format!("insecure: true, api: {api}"));
            let received = account.receive(&request("", &[], body.to_string().as_bytes()), NOW);
            let refused = matches!(received, Received::Refused { .. });
            prop_assert!(!refused, "well-formed JSON is never refused");
        }
        let _ = pact::parse(&AccountName::from("clinic"), body.to_string().as_bytes(), NOW);
    }

    #[test]
    fn no_answer_panics(with in any_json(), status in 100u16..600, look_up: bool, second: bool) {
        let case: Case = serde_json::from_value(json!({
            "about": "", "effect": {"do": "template", "name": "x", "language": "en", "params": ["a"]}, "look_up": look_up, "runs": [],
        })).unwrap();
        let (account, state, mut row) = (account(&format!("insecure: true, api: {}", if second { "v2" } else { "v1" })), state(&case), row(&case));
        let body = json!({"status": "ok", "data": with, "message": with, "conversation": with, "messages": with, "meta": with});
        let answer = CallAnswer::Http { status, retry_after: None, body: body.to_string().into_bytes() };
        let first = account.next(Errand { row: &row, state: &state, taken: &[], kept: Kept::nothing(), now: NOW }, None);
        let Next::Call { progress, .. } = first else { panic!("the details are asked for first") };
        row.progress = progress;
        let errand = Errand { row: &row, state: &state, taken: &[], kept: Kept::nothing(), now: NOW };
        if look_up { let _ = account.look_up(errand, Some(&answer)); } else { let _ = account.next(errand, Some(&answer)); }
    }
}
