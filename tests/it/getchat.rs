//! get.chat: bodies of webhooks and what they become, rows and the calls they take. Cases are files, expectations their snapshots.

mod login;
mod stream;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use frontdesk::config;
use frontdesk::domain::{
    Call, CallAnswer, CallBody, Catalogue, Errand, Finding, Inquiring, Inquiry, Kept, Lookup, MessageId, News, Next,
    OutboxRow, Progress, Received, Span, State, TemplateEntry, Time, WebhookRequest,
};
use frontdesk::providers::Account;
use frontdesk::yaml::Source;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::cases;

/// 2026-03-02T10:00:00Z.
const NOW: Time = Time(1_772_445_600_000);

fn opened(keys: &str) -> Result<Arc<dyn Account>, String> {
    let text = format!("accounts: {{inbox: {{provider: getchat, bot: clinic, {keys}}}}}");
    let source = Source::new("frontdesk.yaml", text.as_bytes()).unwrap();
    let (config, problems) = config::read(&source, &|_| None);
    let told = problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ");
    config.map(|mut config| config.accounts.remove(0).account).ok_or(told)
}

fn account() -> Arc<dyn Account> {
    account_with("")
}

fn account_with(keys: &str) -> Arc<dyn Account> {
    opened(&format!("base_url: http://getchat.test, token: secret-token, user_id: 23, webhook_secret: word{keys}"))
        .unwrap()
}

fn request(query: &str, body: &[u8]) -> WebhookRequest {
    WebhookRequest { method: "POST".into(), query: query.into(), headers: Vec::new(), body: body.to_vec() }
}

/// The shapes of the document, one message told several times, and some that nobody should send.
#[test]
fn webhooks_become_events() {
    for (name, file, settings) in cases::files("getchat/webhooks", "json", 25) {
        let received = account().receive(&request("auth=word", &std::fs::read(file).unwrap()), NOW);
        let mut shown = String::new();
        match &received {
            Received::News(news) => news.iter().for_each(|news| match news {
                News::Event(event) => writeln!(shown, "{}", serde_json::to_string_pretty(event).unwrap()).unwrap(),
                other => writeln!(shown, "{other:?}").unwrap(),
            }),
            other => writeln!(shown, "{other:?}").unwrap(),
        }
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

#[test]
fn the_secret_is_demanded() {
    for (query, body, refused) in [("", "{}", 401), ("auth=words", "{}", 401), ("auth=word", "{", 400)] {
        let received = account().receive(&request(query, body.as_bytes()), NOW);
        assert!(matches!(received, Received::Refused { status, .. } if status == refused), "{query} {received:?}");
    }
}

#[test]
fn keys_of_an_account() {
    let good = "base_url: http://x, token: t, user_id: 23";
    let cases = [
        (format!("{good}, insecure: true"), ""),
        (format!("{good}, webhook_secret: w, receive: webhook"), ""),
        (good.to_owned(), "account `inbox` has no `webhook_secret`"),
        ("base_url: https://shop.inbox.getchat.360dialog.io, token: t, user_id: 23, receive: websocket".into(), ""),
        (format!("{good}, receive: websocket"), "account `inbox` has no `websocket_url`"),
        (format!("{good}, receive: websocket, websocket_url: 'ws://x/'"), ""),
        (
            format!("{good}, receive: websocket, websocket_url: 'http://x/'"),
            "`websocket_url` must be an address like `wss://websockets-NAME.inbox.getchat.360dialog.io/`",
        ),
        (format!("{good}, insecure: true, receive: pigeon"), "`receive` must be `webhook` or `websocket`"),
        (
            format!("{good}, insecure: true, username: bot, password: p"),
            "`token` stands beside `username` or `password`",
        ),
        ("base_url: http://x, username: bot, password: p, user_id: 23, insecure: true".into(), ""),
        ("base_url: http://x, username: bot, user_id: 23, insecure: true".into(), "account `inbox` has no `password`"),
        ("base_url: http://x, password: p, user_id: 23, insecure: true".into(), "account `inbox` has no `username`"),
        (format!("{good}, insecure: true, notes: tag"), ""),
        (format!("{good}, insecure: true, notes: {{message_to: '+7 926 000-00-01'}}"), ""),
        (format!("{good}, insecure: true, notes: {{attribute: note}}"), "`notes` must say where notes go"),
        (format!("{good}, insecure: true, inferred: {{webhooks: /hooks/}}"), ""),
        (format!("{good}, insecure: true, inferred: {{webhook: x}}"), "nothing called `webhook` is inferred here"),
        (format!("{good}, insecure: true, inferred: {{webhooks: [x]}}"), "`webhooks` must be a short text"),
        (format!("{good}, insecure: true, inferred: {{webhooks: a b}}"), "`webhooks` must be a short text"),
        (format!("{good}, insecure: true, inferred: webhooks"), "`inferred` must be a mapping"),
        ("insecure: true, token: t, user_id: 23".into(), "account `inbox` has no `base_url`"),
        ("insecure: true, base_url: http://x, user_id: 23".into(), "account `inbox` has no `token`"),
        ("insecure: true, base_url: http://x, token: t".into(), "account `inbox` has no `user_id`"),
        (
            "insecure: true, base_url: http://x, token: t, user_id: 0".into(),
            "`user_id` must be a whole number above zero",
        ),
    ];
    for (keys, told) in cases {
        assert_eq!(opened(&keys).err().unwrap_or_default(), told, "{keys}");
    }
}

/// WhatsApp's limits hold behind get.chat: what reaches contacts counts, and nothing else.
#[test]
fn whatsapps_rates_are_kept() {
    let account = account();
    let shown: Vec<_> = account.rates().iter().map(|rate| (rate.most, rate.within, rate.per_conversation)).collect();
    assert_eq!(shown, [(80, Span::seconds(1), false), (45, Span::seconds(270), true)]);
    assert_eq!(account.probe(Kept::nothing()).spends, None);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    /// Further keys of the account.
    #[serde(default)]
    keys: String,
    #[serde(default)]
    templates: Vec<TemplateEntry>,
    #[serde(default)]
    uploads: BTreeMap<String, String>,
    effect: Json,
    #[serde(default)]
    look_up: bool,
    #[serde(default)]
    taken: Vec<String>,
    runs: Vec<Vec<Json>>,
}

/// Each run of a case answers the calls of a row (or of its look-up) one after the other; `"again"` is a new attempt.
#[test]
fn rows_become_calls() {
    for (name, file, settings) in cases::files("getchat/calls", "json", 20) {
        let case: Case = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let mut shown = format!("{}\n", case.about);
        for run in &case.runs {
            shown.push('\n');
            show_run(&mut shown, &case, run);
        }
        assert!(!shown.contains("secret-token"), "{name} shows the token");
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

fn show_run(shown: &mut String, case: &Case, answers: &[Json]) {
    let (account, state, mut row) = (account_with(&case.keys), state(), row(case));
    let fetched_at = (!case.templates.is_empty()).then_some(NOW);
    let catalogue = Catalogue { fetched_at, templates: case.templates.clone() };
    let kept = Kept { catalogue: &catalogue, token: None, uploads: &case.uploads };
    let taken: Vec<MessageId> = case.taken.iter().map(|id| MessageId::from(id.as_str())).collect();
    let (mut answers, mut answer) = (answers.iter(), None);
    loop {
        let errand = Errand { row: &row, state: &state, taken: &taken, kept, now: NOW };
        match step(account.as_ref(), errand, case.look_up, answer.as_ref()) {
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

type Stepped = Result<(Box<Call>, Progress), String>;

fn step(account: &dyn Account, errand: Errand<'_>, look_up: bool, answer: Option<&CallAnswer>) -> Stepped {
    if look_up {
        return match account.look_up(errand, answer) {
            Lookup::Call { call, progress } => Ok((call, progress)),
            Lookup::Done(found) => Err(format!("{found:?}")),
        };
    }
    match account.next(errand, answer) {
        Next::Call { call, progress } => Ok((call, progress)),
        Next::Done { outcome, learned } => {
            let uploads: Vec<String> = learned.uploads.iter().map(|upload| format!(" {upload:?}")).collect();
            Err(format!("{outcome:?}{}", uploads.concat()))
        }
    }
}

fn show_call(shown: &mut String, call: &Call) {
    let delivers = if call.delivers { " (delivers)" } else { "" };
    assert_eq!(call.spends, call.delivers.then_some("messages"));
    let headers: Vec<_> = call.headers.iter().map(|(name, _)| *name).collect();
    writeln!(shown, "{} {} [{}]{delivers}", call.method, call.url, headers.join(", ")).unwrap();
    match &call.body {
        CallBody::Empty => {}
        CallBody::Json(json) => writeln!(shown, "    {json}").unwrap(),
        CallBody::Multipart { file_field, file, .. } => {
            writeln!(shown, "    {file_field} = the file {} ({})", file.path, file.mime).unwrap();
        }
        other => panic!("get.chat takes no {other:?}"),
    }
}

fn answer_of(shown: &mut String, json: &Json) -> CallAnswer {
    writeln!(shown, "< {json}").unwrap();
    let word = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
    if let Some(why) = word("lost") {
        return CallAnswer::Lost(why);
    }
    if let Some(why) = word("not_sent") {
        return CallAnswer::NotSent(why);
    }
    CallAnswer::Http {
        status: u16::try_from(json["status"].as_u64().unwrap()).unwrap(),
        retry_after: json.get("retry_after").and_then(Json::as_i64).map(Span::seconds),
        body: word("text").unwrap_or_else(|| json["body"].to_string()).into_bytes(),
    }
}

fn state() -> State {
    let json = json!({
        "conversation": {
            "id": "ours", "account": "inbox", "bot": "clinic", "channel": "whatsapp_business",
            "external_id": "48123123123", "channel_id": null, "owner": "bot", "hush": 0, "incoming": 1,
        },
        "contact": {"id": "person", "phone": "+48123123123"},
    });
    serde_json::from_value(json).unwrap()
}

fn row(case: &Case) -> OutboxRow {
    let json = json!({
        "key": {"conversation": "ours", "seq": 1, "n": 0}, "account": "inbox",
        "decided": {"effect": case.effect, "outside": "drop", "hush": 0, "nested": false, "reply_to": null},
        "state": "unknown", "at": NOW.0, "not_before": NOW.0, "expires_at": null, "attempt": 1, "looks": 0,
        "called_at": NOW.0, "sent_as": case.effect, "progress": null, "message": null, "job": null, "why": null,
    });
    serde_json::from_value(json).unwrap()
}

/// Asked, answered so, and what came of it.
fn found(inquiry: &Inquiry, answers: &[Json]) -> String {
    found_by(&account(), inquiry, answers)
}

fn found_by(account: &Arc<dyn Account>, inquiry: &Inquiry, answers: &[Json]) -> String {
    let (mut shown, mut progress, mut answer) = (String::new(), Progress::Null, None);
    let mut answers = answers.iter();
    loop {
        match account.inquire(inquiry, Kept::nothing(), &progress, answer.as_ref()) {
            Inquiring::Call { call, progress: next } => {
                write!(shown, "{} {} ", call.method, call.url).unwrap();
                if let CallBody::Json(json) = &call.body {
                    write!(shown, "{} ", json["url"]).unwrap();
                }
                progress = next;
                answer = Some(answer_of(&mut String::new(), answers.next().unwrap()));
            }
            Inquiring::Done(Finding::Report(lines)) => {
                return lines.iter().fold(shown, |shown, line| format!("{shown}{} {}", line.well, line.what));
            }
            Inquiring::Done(Finding::News(news)) => return format!("{shown}{} news", news.len()),
            Inquiring::Done(Finding::Templates(found)) => {
                let names: Vec<_> = found.iter().map(|entry| entry.name.as_str()).collect();
                return format!("{shown}Templates {}", names.join(", "));
            }
            Inquiring::Done(other) => return format!("{shown}{other:?}"),
        }
    }
}

#[test]
fn paths_that_the_document_leaves_out_are_the_accounts() {
    let account = account_with(", inferred: {webhooks: /hooks/, tag_events: tagged/}");
    let empty = json!({"status": 200, "body": {"results": []}});
    let asked = |inquiry: Inquiry, answers: usize| found_by(&account, &inquiry, &vec![empty.clone(); answers]);
    let setup = asked(Inquiry::Setup { url: "https://bot.example.com/webhooks/inbox".into() }, 2);
    assert!(
        setup.starts_with("GET http://getchat.test/api/v1/hooks/?limit=200 POST http://getchat.test/api/v1/hooks/ "),
        "{setup}"
    );
    let since = asked(Inquiry::Since(NOW), 4);
    assert!(since.contains(" GET http://getchat.test/api/v1/tagged/?since_time="), "{since}");
}

#[test]
fn inquiries_are_answered() {
    let answer = |body: Json| json!({"status": 200, "body": body});
    let url = "https://bot.example.com/webhooks/inbox".to_owned();
    let (check, setup) = (Inquiry::Check { url: None }, Inquiry::Setup { url });
    let ours = "https://bot.example.com/webhooks/inbox?auth=word";
    let user = "GET http://getchat.test/api/v1/users/current/";
    let hooks = "GET http://getchat.test/api/v1/webhooks/?limit=200";
    let templates = "GET http://getchat.test/api/v1/templates/?limit=100&offset=";
    let all_of =
        |url: &str| json!({"url": url, "on_incoming_message": true, "on_outgoing_message": true, "on_assigned": true});
    let template = |name: &str| json!({"name": name, "language": "en", "status": "approved", "components": []});
    let cases: &[(&Inquiry, &[Json], String)] = &[
        (
            &check,
            &[answer(json!({"id": 23, "username": "bot"})), answer(json!({"results": [{"url": ours}]}))],
            format!(
                "{user} {hooks} true the token is that of `bot`, user 23true webhooks go to https://bot.example.com/webhooks/inbox"
            ),
        ),
        (
            &check,
            &[answer(json!({"id": 1, "username": "anna"})), answer(json!([]))],
            format!(
                "{user} {hooks} false the token is that of `anna`, user 1, and not of user 23false the bot's user has no webhook"
            ),
        ),
        (
            &check,
            &[json!({"status": 403, "body": {"detail": "Invalid token."}})],
            format!("{user} false get.chat refuses the credentials: 403: Invalid token."),
        ),
        (
            &setup,
            &[answer(json!({"results": [all_of(ours)]}))],
            format!("{hooks} true the webhook https://bot.example.com/webhooks/inbox is registered already"),
        ),
        (
            &setup,
            &[answer(json!({"results": [{"url": "https://other"}]})), json!({"status": 201, "body": {"id": 5}})],
            format!(
                "{hooks} POST http://getchat.test/api/v1/webhooks/ \"{ours}\" true the webhook https://bot.example.com/webhooks/inbox was registered"
            ),
        ),
        (
            &Inquiry::Templates,
            &[
                answer(json!({"next": "http://more", "results": [template("a")]})),
                answer(json!({"next": null, "results": [template("b")]})),
            ],
            format!("{templates}0 {templates}100 Templates a, b"),
        ),
        (
            &Inquiry::Templates,
            &[answer(json!({"detail": "no list"}))],
            format!("{templates}0 Failed {{ why: \"an answer that is no list of templates\" }}"),
        ),
        (&Inquiry::Login, &[], "Unsupported".into()),
    ];
    for (inquiry, answers, want) in cases {
        assert_eq!(&found(inquiry, answers), want);
    }
}

/// What was missed: messages, and what people did with chats.
#[test]
fn what_was_missed_is_asked_for() {
    let answer = |body: Json| json!({"status": 200, "body": body});
    let since = "GET http://getchat.test/api/v1/messages/?since_time=1772445600";
    let assigned = "GET http://getchat.test/api/v1/chat_assignment_events/?since_time=1772445600";
    let labels = "GET http://getchat.test/api/v1/chat_tagging_events/?since_time=1772445600";
    let (chats, first) = ("GET http://getchat.test/api/v1/chats/?", "limit=200&offset=0");
    let page = format!("&{first}");
    let message = |id: &str, from: &str, after: i64| {
        let at = NOW.0 / 1000 + after;
        let payload =
            json!({"id": id, "from": from, "timestamp": at.to_string(), "type": "text", "text": {"body": "hi"}});
        json!({"id": id, "from_us": false, "customer_wa_id": from, "waba_payload": payload})
    };
    let assignment = |user: u64, after: i64| json!({"wa_id": "48123123123", "timestamp": NOW.0 / 1000 + after, "assigned_to_user_set": {"id": user}, "done_by": {"id": 9}});
    let label = |action: &str, after: i64| json!({"chat": "48123123123", "timestamp": NOW.0 / 1000 + after, "action": action, "tag": {"name": "vip"}, "done_by": {"id": 9}});
    let resolved = |number: &str, after: i64| {
        let payload = json!({"timestamp": (NOW.0 / 1000 + after).to_string()});
        json!({"wa_id": number, "resolved": true, "last_message": {"waba_payload": payload}})
    };
    let cases: &[(&Inquiry, &[Json], String)] = &[
        (
            // A chat that people took meanwhile is not given back because it was resolved before.
            &Inquiry::Since(NOW),
            &[
                answer(json!({"results": [message("m1", "48123123123", 1)]})),
                answer(json!({"results": [assignment(7, 2)]})),
                answer(json!({"results": [label("added", 3), label("removed", 4)]})),
                answer(json!([
                    resolved("48123123123", 1),
                    resolved("48111222333", -60),
                    resolved("48111222334", -999_999)
                ])),
            ],
            format!("{since}{page} {assigned}{page} {labels}{page} {chats}{first} 5 news"),
        ),
        (
            // Without the right to see what people did the messages count all the same.
            &Inquiry::Since(NOW),
            &[
                answer(json!([message("m1", "48123123123", 1)])),
                json!({"status": 403, "body": {"detail": "no"}}),
                json!({"status": 404, "body": {"detail": "Not found."}}),
                answer(json!({"what": "no list"})),
            ],
            format!("{since}{page} {assigned}{page} {labels}{page} {chats}{first} 1 news"),
        ),
        (
            &Inquiry::Since(NOW),
            &[
                answer(json!({"results": vec![message("m", "48123123123", 1); 200]})),
                answer(json!({"results": []})),
                answer(json!({"results": []})),
                answer(json!({"results": []})),
                answer(json!({"results": []})),
            ],
            format!(
                "{since}{page} {since}&limit=200&offset=200 {assigned}{page} {labels}{page} {chats}{first} 200 news"
            ),
        ),
    ];
    for (inquiry, answers, want) in cases {
        assert_eq!(&found(inquiry, answers), want);
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,40}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z_]{1,12}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn places(json: &Json, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match json {
        Json::Object(map) => map.iter().for_each(|(key, value)| places(value, &format!("{here}/{key}"), all)),
        Json::Array(items) => items.iter().enumerate().for_each(|(n, item)| places(item, &format!("{here}/{n}"), all)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn no_mutated_webhook_panics(which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), with in any_json()) {
        let files = cases::files("getchat/webhooks", "json", 25);
        let (_, file, _) = &files[which.index(files.len())];
        let mut body: Json = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let mut all = Vec::new();
        places(&body, "", &mut all);
        *body.pointer_mut(&all[place.index(all.len())]).unwrap() = with;
        let received = account().receive(&request("auth=word", body.to_string().as_bytes()), NOW);
        prop_assert!(!matches!(received, Received::Refused { .. }), "well-formed JSON is never refused");
    }

    /// Whatever a stream brings is heard, and nothing of it is ever an answer to somebody.
    #[test]
    fn no_frame_panics(kind in "waba_webhook|getchat_webhook|token|response|[a-z]{0,8}", with in any_json(), raw in prop::collection::vec(any::<u8>(), 0..60)) {
        let account = account_with(", receive: websocket, websocket_url: 'ws://x/'");
        account.hear(&raw, NOW);
        for key in ["waba_payload", "getchat_payload", "status", "message"] {
            account.hear(json!({"type": kind, key: with}).to_string().as_bytes(), NOW);
        }
    }
}
