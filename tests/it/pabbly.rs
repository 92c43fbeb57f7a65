//! Pabbly Chatflow: bodies of webhooks and what they become, rows and the calls they take; then the real program before a strict Pabbly.

use std::fmt::Write as _;
use std::sync::Arc;

use frontdesk::config;
use frontdesk::domain::{
    Call, CallAnswer, CallBody, Catalogue, Channel, Errand, Finding, Found, Inquiring, Inquiry, Kept, Lookup, Next,
    OutboxRow, Progress, Received, Span, State, TemplateEntry, Time, WebhookRequest,
};
use frontdesk::providers::Account;
use frontdesk::yaml::Source;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::cases;

mod http;

/// 2026-03-02T10:00:00Z.
const NOW: Time = Time(1_772_445_600_000);

fn opened(keys: &str) -> Result<Arc<dyn Account>, String> {
    let text = format!("accounts: {{clinic: {{provider: pabbly, bot: clinic, base_url: http://pabbly.test, {keys}}}}}");
    let source = Source::new("frontdesk.yaml", text.as_bytes()).unwrap();
    let (config, problems) = config::read(&source, &|_| None);
    let said = || problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ");
    config.map(|mut config| config.accounts.remove(0).account).ok_or_else(said)
}

fn account(keys: &str) -> Arc<dyn Account> {
    let keys = [keys, "token: secret-token, insecure: true"].join(if keys.is_empty() { "" } else { ", " });
    opened(&keys).unwrap_or_else(|why| panic!("{why}"))
}

fn request(query: &str, body: &[u8]) -> WebhookRequest {
    WebhookRequest { method: "POST".into(), query: query.into(), headers: Vec::new(), body: body.to_vec() }
}

/// Meta's envelope first, then by the mapping; what fits neither is kept.
#[test]
fn webhooks_become_events() {
    let account = account("");
    for (name, file, settings) in cases::files("pabbly/webhooks", "json", 20) {
        let received = account.receive(&request("", &std::fs::read(file).unwrap()), NOW);
        settings.bind(|| insta::assert_debug_snapshot!(name, received));
    }
}

/// The account's own pointers stand in for the likely ones.
#[test]
fn the_mapping_is_the_accounts() {
    let account = account(
        "webhook: {from: /who/tel, text: /what, id: /n, at: /when, name: /who/called, reply_to: /quoted, data: /ad}",
    );
    let body = json!({"who": {"tel": "79260000001", "called": "Ann"}, "what": "hello", "n": 7, "when": 1_772_445_500, "text": "not this", "quoted": 6, "ad": {"id": "spring"}});
    let received = account.receive(&request("", body.to_string().as_bytes()), NOW);
    let Received::News(news) = received else { panic!("{received:?}") };
    let shown = format!("{news:?}");
    for part in [
        "79260000001",
        "\"Ann\"",
        "\"hello\"",
        "message/7",
        "1772445500000",
        "MessageId(\"6\")",
        "data: Map({\"id\": Text(\"spring\")})",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let likely = json!({"from": "79260000001", "text": "hello"});
    let received = account.receive(&request("", likely.to_string().as_bytes()), NOW);
    assert!(matches!(received, Received::Unfit { .. }), "{received:?}");
}

/// A message without an id and a time is known again for a minute.
#[test]
fn equal_messages_are_one_for_a_minute() {
    let account = account("");
    let key = |text: &str, now: Time| {
        let body = json!({"from": "79260000001", "text": text}).to_string();
        match account.receive(&request("", body.as_bytes()), now) {
            Received::News(news) => format!("{news:?}").split("sha256:").nth(1).unwrap()[..32].to_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(key("hello", NOW), key("hello", NOW + Span::seconds(59)));
    assert_ne!(key("hello", NOW), key("hello", NOW + Span::seconds(60)));
    assert_ne!(key("hello", NOW), key("hello!", NOW));
}

/// What a note to a colleague says comes back by webhook and is no human's word.
#[test]
fn notes_to_a_colleague_are_no_news() {
    let account = account("message_to: '+79261111111'");
    let body = json!({"sentBy": "bot", "to": "79261111111", "text": "booked"}).to_string();
    let received = account.receive(&request("", body.as_bytes()), NOW);
    assert!(format!("{received:?}").contains("kind: \"note\""), "{received:?}");
}

/// WhatsApp's limits hold behind Pabbly: what reaches contacts counts, and nothing else.
#[test]
fn whatsapps_rates_are_kept() {
    let account = account("");
    let shown: Vec<_> = account.rates().iter().map(|rate| (rate.most, rate.within, rate.per_conversation)).collect();
    assert_eq!(shown, [(80, Span::seconds(1), false), (45, Span::seconds(270), true)]);
    assert_eq!(account.probe(Kept::nothing()).spends, None);
}

#[test]
fn accounts_open_or_say_why_not() {
    let cases = [
        ("token: x, webhook_secret: y", ""),
        ("webhook_secret: y", "account `clinic` has no `token`"),
        ("token: x", "account `clinic` has no `webhook_secret`"),
        ("token: x, insecure: true, notes: field", "`notes` must say where notes go"),
        ("token: x, insecure: true, notes: tag, attribute: note", "notes can go one way only"),
        (
            "token: x, insecure: true, message_to: Anna",
            "`message_to` must be a phone with its country's code, or a team of the bot",
        ),
        ("token: x, insecure: true, attributes: [Home town]", "`attributes` must be a list of up to 50 variables"),
        ("token: x, insecure: true, attributes: [city, size]", ""),
        ("token: x, insecure: true, webhook: {from: from}", "`from` must be a JSON Pointer like `/message/from`"),
        ("token: x, insecure: true, webhook: {phone: /from}", "`webhook` has no such key"),
        ("token: x, insecure: true, webhook: yes", "`webhook` must be a mapping of JSON Pointers"),
    ];
    for (keys, want) in cases {
        assert_eq!(opened(keys).map(|_| ()).err().unwrap_or_default(), want, "{keys}");
    }
    let locked = opened("token: x, webhook_secret: s3cret").unwrap();
    assert!(locked.admits(&request("auth=s3cret", b"")));
    assert!(matches!(locked.receive(&request("auth=no", b"{"), NOW), Received::Refused { status: 401, .. }));
    assert!(matches!(locked.receive(&request("auth=s3cret", b"{"), NOW), Received::Refused { status: 400, .. }));
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    templates: Vec<Json>,
    effect: Json,
    phone: Option<String>,
    external: Option<String>,
    runs: Vec<Vec<Json>>,
}

/// Each run of a case answers the calls of a row one after the other; `"again"` is a new attempt.
#[test]
fn rows_become_calls() {
    for (name, file, settings) in cases::files("pabbly/calls", "json", 30) {
        let case: Case = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let account = account(&case.account);
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
    let (state, mut row) = (state(case), row(&case.effect));
    let entry = |json: &Json| -> TemplateEntry { serde_json::from_value(json.clone()).unwrap() };
    let catalogue = Catalogue {
        fetched_at: (!case.templates.is_empty()).then_some(NOW),
        templates: case.templates.iter().map(entry).collect(),
    };
    let kept = Kept { catalogue: &catalogue, ..Kept::nothing() };
    let mut answers = answers.iter();
    let mut answer: Option<CallAnswer> = None;
    loop {
        let errand = Errand { row: &row, state: &state, taken: &[], kept, now: NOW };
        assert!(matches!(account.look_up(errand, None), Lookup::Done(Found::Absent)));
        match account.next(errand, answer.as_ref()) {
            Next::Call { call, progress } => {
                show_call(shown, &call);
                row.progress = progress;
                answer = Some(answer_of(shown, answers.next().unwrap()));
            }
            Next::Done { outcome, .. } => {
                writeln!(shown, "= {outcome:?}").unwrap();
                match answers.next() {
                    None => return,
                    Some(again) => assert_eq!(again, "again"),
                }
                answer = None;
            }
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
        other => panic!("Pabbly takes JSON alone: {other:?}"),
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
    let external = case.external.as_deref().unwrap_or("79260000001");
    let json = json!({
        "conversation": {
            "id": "ours", "account": "clinic", "bot": "clinic", "channel": "whatsapp_business", "external_id": external,
            "channel_id": null, "owner": "bot", "hush": 0, "incoming": 1,
        },
        "contact": {"id": "person", "phone": case.phone, "name": "Ann"},
    });
    serde_json::from_value(json).unwrap()
}

fn row(effect: &Json) -> OutboxRow {
    let json = json!({
        "key": {"conversation": "ours", "seq": 1, "n": 0}, "account": "clinic",
        "decided": {"effect": effect, "outside": "drop", "hush": 0, "nested": false},
        "state": "dispatching", "at": NOW.0, "not_before": NOW.0, "expires_at": null, "attempt": 1, "looks": 0,
        "called_at": null, "sent_as": null, "progress": null, "message": null, "job": null, "why": null,
    });
    serde_json::from_value(json).unwrap()
}

#[test]
fn capabilities_by_account() {
    let mut shown = String::new();
    for keys in ["", "notes: tag", "attribute: note", "message_to: '+79261111111'"] {
        let can = account(keys).capabilities(&Channel("whatsapp_business".into()));
        writeln!(shown, "{keys}: {can:?}\n").unwrap();
    }
    let (_, _, settings) = cases::files("pabbly/webhooks", "json", 1).remove(0);
    settings.bind(|| insta::assert_snapshot!("../capabilities", shown));
}

fn http(status: u16, body: &Json) -> CallAnswer {
    CallAnswer::Http { status, retry_after: None, body: body.to_string().into_bytes() }
}

/// The list of the document, in two pages.
#[test]
fn templates_are_listed_page_by_page() {
    let account = account("");
    let ask = |progress: &Progress, answer: Option<&CallAnswer>| {
        account.inquire(&Inquiry::Templates, Kept::nothing(), progress, answer)
    };
    let template = |id: &str, status: &str| {
        json!({"_id": id, "waTemplateId": "584789171207477", "name": "interactive_marketing", "language": "en_GB", "status": status,
            "category": "MARKETING", "components": [
                {"type": "HEADER", "format": "TEXT", "text": "Hello {{1}}"},
                {"type": "BODY", "text": "Hope you are {{1}}. Our {{2}} {{3}}. {{3}} is it."},
                {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "text": "Copy"}, {"type": "QUICK_REPLY", "text": "Okay"},
                    {"type": "URL", "text": "Go", "url": "https://example.com/{{1}}"}, {"type": "URL", "text": "Go", "url": "https://example.com"}]}]})
    };
    let page = |template: Json, more: bool| json!({"status": "success", "data": {"templates": [template], "pagination": {"hasNextPage": more}}});
    let Inquiring::Call { call, progress } = ask(&Json::Null, None) else { panic!("a page is asked for") };
    assert_eq!(call.url, "http://pabbly.test/api/v1/templates?limit=50&page=1");
    let first = http(200, &page(template("a1", "APPROVED"), true));
    let Inquiring::Call { call, progress } = ask(&progress, Some(&first)) else { panic!("the next page is asked for") };
    assert_eq!(call.url, "http://pabbly.test/api/v1/templates?limit=50&page=2");
    let found = ask(&progress, Some(&http(200, &page(template("a2", "PAUSED"), false))));
    insta::assert_debug_snapshot!(found);
    let failed = ask(&progress, Some(&http(401, &json!({"success": false, "error": "Unauthorized"}))));
    assert!(format!("{failed:?}").contains("401: Unauthorized"), "{failed:?}");
}

/// Of what the list does not say, the details are asked for.
#[test]
fn a_template_without_its_parts_is_asked_for_by_itself() {
    let account = account("");
    let ask = |progress: &Progress, answer: Option<&CallAnswer>| {
        account.inquire(&Inquiry::Templates, Kept::nothing(), progress, answer)
    };
    let brief =
        |id: &str| json!({"_id": id, "name": id, "language": "en", "status": "APPROVED", "category": "UTILITY"});
    let list = json!({"status": "success", "data": {"templates": [brief("a1"), brief("a2")]}});
    let mut whole = brief("a2");
    whole["components"] = json!([{"type": "BODY", "text": "You come at {{1}}."}]);
    let details = json!({"status": "success", "data": {"template": whole, "customFields": {}}});
    let Inquiring::Call { progress, .. } = ask(&Json::Null, None) else { panic!("a page is asked for") };
    let Inquiring::Call { call, progress } = ask(&progress, Some(&http(200, &list))) else {
        panic!("the first's details")
    };
    assert_eq!(call.url, "http://pabbly.test/api/v1/templates/a1?by=id");
    let odd = json!({"status": "success", "data": {"template": 7}});
    let Inquiring::Call { call, progress } = ask(&progress, Some(&http(200, &odd))) else {
        panic!("the second's details")
    };
    assert_eq!(call.url, "http://pabbly.test/api/v1/templates/a2?by=id");
    let found = ask(&progress, Some(&http(200, &details)));
    let Inquiring::Done(Finding::Templates(found)) = found else { panic!("{found:?}") };
    let params: Vec<_> = found.iter().map(|entry| (entry.name.as_str(), entry.params)).collect();
    assert_eq!(params, [("a1", 0), ("a2", 1)]);
}

/// What can be tried is; what is done by hand is told.
#[test]
fn checks_and_setup() {
    let account = account("");
    let url = "https://bot.example.com/webhooks/clinic".to_owned();
    let check = Inquiry::Check { url: Some(url.clone()) };
    let ask = |inquiry: &Inquiry, answer: Option<&CallAnswer>| {
        format!("{:?}", account.inquire(inquiry, Kept::nothing(), &Json::Null, answer))
    };
    assert!(ask(&check, None).contains("http://pabbly.test/api/v1/settings/tags"));
    let well = ask(&check, Some(&http(200, &json!({"status": "success", "data": {"tags": []}}))));
    assert!(well.contains("takes the API key") && !well.contains("well: false"), "{well}");
    let refused = ask(&check, Some(&http(401, &json!({"success": false, "error": "Unauthorized"}))));
    assert!(refused.contains("well: false") && refused.contains("copy the API key again"), "{refused}");
    let setup = ask(&Inquiry::Setup { url }, None);
    assert!(setup.contains("https://bot.example.com/webhooks/clinic?auth=SECRET"), "{setup}");
    assert!(ask(&Inquiry::Login, None).contains("Unsupported"));
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
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

fn places(json: &Json, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    if let Some(object) = json.as_object() {
        object.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), all));
    }
}

proptest! {
    #[test]
    fn no_mutated_webhook_panics(which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), with in any_json()) {
        let read = |file| -> Json { serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap() };
        let files = cases::files("pabbly/webhooks", "json", 20);
        let mut body = read(files[which.index(files.len())].1.clone());
        let mut all = Vec::new();
        places(&body, "", &mut all);
        *body.pointer_mut(&all[place.index(all.len())]).unwrap() = with;
        let received = account("").receive(&request("", body.to_string().as_bytes()), NOW);
        let refused = matches!(received, Received::Refused { .. });
        prop_assert!(!refused, "well-formed JSON is never refused");
    }

    #[test]
    fn no_answer_panics(with in any_json(), status in 100u16..600, tags: bool) {
        let effect = if tags { json!({"do": "tags", "add": ["a"], "remove": []}) } else { json!({"do": "say", "text": "x"}) };
        let case = Case {
            about: String::new(), account: String::new(), templates: Vec::new(), effect: effect.clone(), phone: None, external: None, runs: Vec::new(),
        };
        let (account, state, mut row) = (account(""), state(&case), row(&effect));
        let errand = Errand { row: &row, state: &state, taken: &[], kept: Kept::nothing(), now: NOW };
        let Next::Call { progress, .. } = account.next(errand, None) else { panic!("a call is made") };
        row.progress = progress;
        let answer = http(status, &json!({"status": "success", "data": with}));
        let errand = Errand { row: &row, state: &state, taken: &[], kept: Kept::nothing(), now: NOW };
        let _ = account.next(errand, Some(&answer));
        let _ = account.inquire(&Inquiry::Templates, Kept::nothing(), &with, Some(&answer));
    }
}
