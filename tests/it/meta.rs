//! Meta's envelope of WhatsApp webhooks: public samples with what they mean, cases of our own with snapshots, and bodies that nobody should send.

use std::path::Path;

use frontdesk::domain::{AccountName, Body, DeliveryStatus, Event, MessageKind, News, Received, Time};
use frontdesk::providers::meta::{GIVEN_BACK, Reader};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::cases;

/// 2026-03-02T10:00:00Z. Samples from later get this time.
pub const NOW: Time = Time(1_772_445_600_000);

fn read(json: &Json) -> Received {
    let account = AccountName::from("clinic");
    Reader { account: &account, now: NOW, number: None, job: GIVEN_BACK }.body(json)
}

fn json_of(file: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Each sample becomes exactly the messages and statuses that its manifest says, with sender, text, choice, file and errors.
#[test]
fn public_samples_mean_what_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/whatsapp-cloud/samples");
    let manifest = json_of(&folder.join("manifest.json"));
    let samples = manifest.as_array().unwrap();
    assert_eq!(samples.len(), 43);
    for sample in samples {
        let file = sample["file"].as_str().unwrap();
        let Received::News(news) = read(&json_of(&folder.join(file))) else { panic!("{file} is refused") };
        let derived = sample["derived"].as_array().unwrap();
        assert_eq!(news.len(), derived.len(), "{file}");
        for (one, wanted) in news.iter().zip(derived) {
            let News::Event(event) = one else { panic!("{file}: {one:?}") };
            assert_means(event, wanted, file);
        }
    }
}

fn assert_means(event: &Event, wanted: &Json, file: &str) {
    let id = |json: &Json| json.as_str().map(str::to_owned);
    let at = wanted["timestamp"].as_i64().or_else(|| wanted["timestamp"].as_str()?.parse().ok()).map(Time::from_unix);
    assert_eq!(event.at, at.filter(|at| *at <= NOW).unwrap_or(NOW), "{file}");
    match &event.body {
        Body::Message(message) => {
            assert_eq!(wanted["kind"], "message", "{file}");
            let everybody: Vec<&String> = [&event.thread.conversation].into_iter().chain(&event.thread.also).collect();
            for who in [&wanted["sender"], &wanted["sender_user_id"]] {
                assert!(id(who).is_none_or(|who| everybody.contains(&&who)), "{file}: {who}");
            }
            assert!(id(&wanted["sender"]).is_none_or(|who| who == event.thread.conversation), "{file}");
            assert_eq!(event.thread.name, id(&wanted["name"]), "{file}");
            assert_eq!(message.id.as_ref().map(ToString::to_string), id(&wanted["id"]), "{file}");
            assert_eq!(message.text, wanted["text"].as_str().unwrap_or_default(), "{file}");
            assert_eq!(message.option, id(&wanted["reply_id"]), "{file}");
            assert_eq!(message.reply_to.as_ref().map(ToString::to_string), id(&wanted["context_id"]), "{file}");
            let kind = match wanted["type"].as_str().unwrap() {
                "interactive" => "option",
                "unknown" => "unsupported",
                other => other,
            };
            assert_eq!(message.kind.name(), kind, "{file}");
            let files: Vec<Json> = message
                .attachments
                .iter()
                .map(|a| json!({"id": a.id, "mime_type": a.mime, "filename": a.name}))
                .collect();
            let wanted_files: Vec<Json> =
                Some(wanted["media"].clone()).into_iter().filter(|media| !media.is_null()).collect();
            assert_eq!(files, wanted_files, "{file}");
            assert_faults(message.error.as_deref(), wanted, file);
        }
        Body::Delivery(delivery) => {
            assert_eq!(wanted["kind"], "status", "{file}");
            assert_eq!(delivery.message.as_ref().map(ToString::to_string), id(&wanted["id"]), "{file}");
            assert_eq!(Some(event.thread.conversation.clone()), id(&wanted["recipient"]), "{file}");
            let (word, reason) = match &delivery.status {
                DeliveryStatus::Sent => ("sent", None),
                DeliveryStatus::Delivered => ("delivered", None),
                DeliveryStatus::Read => ("read", None),
                DeliveryStatus::Failed { reason, .. } => ("failed", Some(reason.as_str())),
            };
            assert_eq!(wanted["status"], word, "{file}");
            assert_faults(reason, wanted, file);
        }
        other => panic!("{file}: {other:?}"),
    }
}

fn assert_faults(told: Option<&str>, wanted: &Json, file: &str) {
    let wanted = wanted["errors"].as_array().and_then(|errors| errors.first()).map(ToString::to_string);
    let told = told.map(|words| words.split(':').next().unwrap_or_default().to_owned());
    assert_eq!(told, wanted, "{file}");
}

/// What the samples do not have: each kind of message, status, call, echo and news of the account.
#[test]
fn webhooks_become_events() {
    for (name, file, settings) in cases::files("whatsapp-cloud/webhooks", "json", 35) {
        settings.bind(|| insta::assert_debug_snapshot!(name, read(&json_of(&file))));
    }
}

/// A form's answers, an order and a referral stay reachable under Meta's names.
#[test]
fn what_else_a_message_tells_is_kept() {
    let samples = |name: &str| {
        let name = format!("tests/data/whatsapp-cloud/samples/meta_cloud__{name}.json");
        let Received::News(news) = read(&json_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name))) else {
            panic!("unfit")
        };
        let [News::Event(event)] = news.as_slice() else { panic!("{news:?}") };
        let Body::Message(message) = &event.body else { panic!("{event:?}") };
        (message.kind, Json::from(message.data.clone()))
    };
    let (kind, data) = samples("chatwoot__nfm_reply");
    assert_eq!(kind, MessageKind::Option);
    assert_eq!(data["form"]["appointment"]["windows"][1], "afternoon");
    let (_, data) = samples("chatwoot__nfm_reply_invalid_json");
    assert_eq!(
        (&data["form"], &data["interactive"]["nfm_reply"]["response_json"]),
        (&Json::Null, &json!("{invalid-json"))
    );
    let (_, data) = samples("netflie__build_from_payload_can_build_an_order_notification");
    assert_eq!(data["order"]["product_items"][1]["product_retailer_id"], "the-product-SKU-identifier-2");
    assert_eq!(data["order"]["text"], "text-message-sent-along-with-the-order");
    let (_, data) = samples("netflie__build_from_payload_can_build_a_notification");
    assert_eq!((&data["referral"]["headline"], &data["context"]["forwarded"]), (&json!("AD_TITLE"), &json!(true)));
    let (_, data) = samples("netflie__build_from_payload_can_build_a_contact_notification");
    assert_eq!(data["contacts"][0]["phones"][0]["phone"], "CONTACT_PHONE");
    let (_, data) = samples("netflie__build_from_payload_can_build_a_reaction_notification");
    assert_eq!(data["reaction"]["message_id"], "MESSAGE_ID");
    let (_, data) = samples("chatwoot__bsuid_only");
    assert_eq!(data["profile"]["username"], "muhsin");
    let (_, data) = samples("netflie__build_from_payload_can_build_a_text_notification");
    assert_eq!(data, Json::Null, "a plain text carries nothing twice");
}

/// The key of an event is the same for the same body, and another for another message without an id.
#[test]
fn the_same_again_has_the_same_key() {
    let key = |body: &str| {
        let text =
            json!({"messages": [{"from": "16505551234", "timestamp": "1", "type": "text", "text": {"body": body}}]});
        let Received::News(news) = read(&text) else { panic!("unfit") };
        let [News::Event(event)] = news.as_slice() else { panic!("{news:?}") };
        event.key.clone().unwrap()
    };
    assert_eq!(key("a"), key("a"));
    assert_ne!(key("a"), key("b"));
}

/// Any JSON at all.
pub fn any_json() -> impl Strategy<Value = Json> {
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

/// All bodies of both folders.
pub fn bodies() -> Vec<Json> {
    let folders = [("whatsapp-cloud/webhooks", 35), ("whatsapp-cloud/samples", 44)];
    let files = folders.into_iter().flat_map(|(folder, least)| cases::files(folder, "json", least));
    files.filter(|(name, ..)| name != "manifest").map(|(_, file, _)| json_of(&file)).collect()
}

/// All places of a JSON value, as pointers.
pub fn places(json: &Json, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match json {
        Json::Object(object) => object.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), all)),
        Json::Array(items) => items.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), all)),
        _ => {}
    }
}

proptest! {
    /// Whatever stands in any place of a body, it is read or kept, never refused.
    #[test]
    fn no_mutated_envelope_panics(which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), with in any_json()) {
        let mut bodies = bodies();
        let at = which.index(bodies.len());
        let body = &mut bodies[at];
        let mut all = Vec::new();
        places(body, "", &mut all);
        *body.pointer_mut(&all[place.index(all.len())]).unwrap() = with;
        let received = read(body);
        prop_assert!(matches!(received, Received::News(_) | Received::Unfit { .. }), "{received:?}");
    }
}
